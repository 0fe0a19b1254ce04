"""What confines a pod: its own address, its own files, its own rights (Linux)."""
