"""The application under drill, as its `gameday.yaml` describes it."""
