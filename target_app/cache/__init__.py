"""The cache: Valkey, which may be away, full or empty; what it holds can always be had elsewhere."""
