"""Steady load on the target, and the user-impact signal that is measured from it.

`python -m simulator.load` is one Locust process. The drill reads its standard output (`windows.Window` as
JSON lines); a Prometheus scrapes its `/metrics`.
"""
