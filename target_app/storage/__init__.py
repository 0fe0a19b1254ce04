"""The object store: datasets of researchers, by the protocol of S3."""

from target_app.storage.client import ObjectStore, StorageRefused, StorageUnavailable

__all__ = ["ObjectStore", "StorageRefused", "StorageUnavailable"]
