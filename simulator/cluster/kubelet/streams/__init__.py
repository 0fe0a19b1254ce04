"""What clients run in a container, join, and forward to."""
