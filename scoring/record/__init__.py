"""The record on disk: drills, their events and load windows, and what was earned."""
