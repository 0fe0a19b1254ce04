"""What users were served over a drill, with its events on it: as values, and as a drawing of our own."""
