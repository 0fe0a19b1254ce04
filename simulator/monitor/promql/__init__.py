"""PromQL: `read` turns text into a plan, `evaluate` answers a plan from stored samples."""
