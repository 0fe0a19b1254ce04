"""Objects by key in one bucket, which is made when it turns out to be missing."""

import logging
import re
from datetime import UTC, datetime
from time import perf_counter

import aiohttp
from yarl import URL

from target_app.storage.metrics import StorageMetrics
from target_app.storage.settings import StorageSettings
from target_app.storage.signing import encoded, signed_headers

logger = logging.getLogger("target_app.storage")

_CODE = re.compile(rb"<Code>([A-Za-z]+)</Code>")


class StorageUnavailable(Exception):
    """The object store was not reached, was too late, or broke."""


class StorageRefused(Exception):
    """The object store took the request and refused it, such as for want of permission."""


class ObjectStore:
    """`trouble` is None, or what went wrong last and has not gone right since."""

    def __init__(self, settings: StorageSettings, metrics: StorageMetrics) -> None:
        self.trouble: str | None = None
        self._settings = settings
        self._metrics = metrics
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Connects when it is first asked, so that an absent store keeps nobody from starting."""
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout_s)
        self._session = aiohttp.ClientSession(timeout=timeout, auto_decompress=False)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def upload(self, key: str, data: bytes) -> None:
        """Keep an object, in place of any of that key. Raises `StorageUnavailable` or `StorageRefused`."""
        status, body = await self._call("upload", "PUT", f"/{encoded(key)}", data)
        if status == 404:  # no bucket: the store is new
            await self._call("create_bucket", "PUT", "", b"")
            status, body = await self._call("upload", "PUT", f"/{encoded(key)}", data)
        self._judge("upload", status, body)

    async def download(self, key: str) -> bytes | None:
        """An object, or None if there is none. Raises `StorageUnavailable` or `StorageRefused`."""
        status, body = await self._call("download", "GET", f"/{encoded(key)}", b"")
        if status == 404:
            self.trouble = None
            return None
        self._judge("download", status, body)
        return body

    async def _call(self, operation: str, method: str, path: str, data: bytes) -> tuple[int, bytes]:
        settings = self._settings
        if self._session is None or not settings.endpoint:
            raise StorageUnavailable("no object store is set")
        url = f"{settings.endpoint}/{settings.bucket}{path}"
        headers = signed_headers(
            method,
            url,
            data,
            region=settings.region,
            access_key_id=settings.access_key_id,
            secret_access_key=settings.secret_access_key,
            now=datetime.now(UTC),
        )
        began, status = perf_counter(), "unreachable"
        try:
            async with self._session.request(
                method, URL(url, encoded=True), data=data or None, headers=headers
            ) as answer:
                status = str(answer.status)
                return answer.status, await answer.read()
        except TimeoutError:
            status = "timeout"
            raise self._failed(f"S3 {operation}: no answer within {settings.timeout_s:g} s") from None
        except aiohttp.ClientError as error:
            raise self._failed(f"S3 {operation}: {error}") from error
        finally:
            self._metrics.requests.labels(operation, status).inc()
            self._metrics.seconds.labels(operation).observe(perf_counter() - began)

    def _judge(self, operation: str, status: int, body: bytes) -> None:
        if status < 300:
            self.trouble = None
            return
        code = _CODE.search(body)
        said = code[1].decode() if code else "AccessDenied" if status == 403 else "no reason given"
        failed = self._failed(f"S3 {operation}: HTTP {status} {said}")
        raise failed if status >= 500 else StorageRefused(str(failed))

    def _failed(self, message: str) -> StorageUnavailable:
        logger.error("object store error: %s", message)
        self.trouble = message
        return StorageUnavailable(message)
