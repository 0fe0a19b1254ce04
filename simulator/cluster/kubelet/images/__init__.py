"""What an image name stands for, and PostgreSQL and Valkey as their images."""
