"""A suite as a gate: drills played until their verdict is beyond their own noise, and one exit status."""
