"""The verifier: a tool of its own that jobs call. It decides propositional statements."""
