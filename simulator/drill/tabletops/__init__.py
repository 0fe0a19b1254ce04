"""Tabletops made of drills that were played: a scenario file out of an experiment, its runbook and a recorded run."""
