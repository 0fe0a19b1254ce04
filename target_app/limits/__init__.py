"""What protects the API from more requests than it can serve: a rate for each client, and a bounded queue for all."""
