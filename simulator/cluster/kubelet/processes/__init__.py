"""Processes of pods: started, watched, measured, ended."""
