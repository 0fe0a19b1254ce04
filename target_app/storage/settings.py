"""Where the object store is, and as whom it is asked."""

from dataclasses import dataclass, field

from target_app.settings import Reader


@dataclass(frozen=True)
class StorageSettings:
    """Durations are in seconds. Without an `endpoint` there is no object store."""

    endpoint: str
    bucket: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    timeout_s: float


def read_storage_settings(read: Reader) -> StorageSettings:
    """The variables `S3_*`. Raises `BadSetting`."""
    has_store = bool(read.text("S3_ENDPOINT_URL", ""))
    return StorageSettings(
        endpoint=read.url("S3_ENDPOINT_URL", None, ("http", "https")).rstrip("/") if has_store else "",
        bucket=read.text("S3_BUCKET", "datasets"),
        region=read.text("S3_REGION", "us-east-1"),
        access_key_id=read.text("S3_ACCESS_KEY_ID", ""),
        secret_access_key=read.text("S3_SECRET_ACCESS_KEY", ""),
        timeout_s=read.seconds("S3_TIMEOUT", 1.5),
    )
