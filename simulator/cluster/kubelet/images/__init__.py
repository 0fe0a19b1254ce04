"""What an image name stands for, and PostgreSQL as its image."""
