"""gameday: incidents played on a live application, and the response scored."""
