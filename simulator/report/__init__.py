"""What happened, for people and pipelines: a live view while drills run, and reports of the whole game day.

Everything here is a rendering of `models.GameDay`, or of what the runner tells a `view.View` as it happens.
"""
