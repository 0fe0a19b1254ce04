"""Usage reports: a machine that reads experiments with an API key of its own, and shows how much is used of what.

`python -m target_app usage-reports`. Whether it is ready depends on its key alone: an API that is down is not mended by
another reporter, a key that is refused is.
"""
