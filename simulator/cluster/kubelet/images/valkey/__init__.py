"""Valkey as its image: the server from a wheel, and a client that is ours, as the wheel has none."""
