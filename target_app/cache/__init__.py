"""The cache: Valkey, which may be away, full or empty; what it holds can always be had elsewhere."""

from target_app.cache.client import Cache, CacheUnavailable

__all__ = ["Cache", "CacheUnavailable"]
