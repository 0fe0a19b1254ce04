"""Which node a pod goes to: filters, scores, and the scheduler's words for why none will do. Pure."""
