"""Scoring: a drill's timeline and a playbook in, a scorecard out; and the service that keeps the record."""
