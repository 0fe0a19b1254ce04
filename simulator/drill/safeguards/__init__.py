"""Safeguards: conditions of the user's own that stop a drill, written and meant as chaostoolkit-addons does.

A safeguard is a Chaos Toolkit probe with a tolerance. One with a `frequency` is looked at again and again, all
through the drill; one with `background` once; any other once before the drill starts.
"""
