"""What a runner says it is at."""

STEADY = "waiting for a steady state"
NOTHING_INJECTED = "nothing is injected"
INJECTING = "injecting"
INCIDENT = "incident"
TAKING_BACK = "taking the fault back"
TELLING = frozenset({NOTHING_INJECTED, INJECTING, INCIDENT, TAKING_BACK})
"""What would tell a responder whether there is a fault, and since when."""
