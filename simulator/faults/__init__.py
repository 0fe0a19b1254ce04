"""Faults: Chaos Toolkit actions and probes for what chaostoolkit-kubernetes has none, and the control that reports.

Each works in a plain `chaos run` too; only the control knows of a drill.
"""
