"""Signature version 4 of one request without a query (AWS documentation: "Create a signed AWS API request"). Pure."""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote, urlsplit

_SERVICE = "s3"


def signed_headers(
    method: str, url: str, body: bytes, *, region: str, access_key_id: str, secret_access_key: str, now: datetime
) -> dict[str, str]:
    """The headers that show who asks; `url` is percent-encoded, `now` aware and in UTC."""
    parts = urlsplit(url)
    at, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": at}
    names = ";".join(headers)
    lines = [method, parts.path or "/", parts.query, *(f"{name}:{value}" for name, value in headers.items()), ""]
    request = "\n".join([*lines, names, digest])
    scope = f"{day}/{region}/{_SERVICE}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{secret_access_key}".encode()
    for word in (day, region, _SERVICE, "aws4_request"):
        key = _hmac(key, word)
    credential = f"Credential={access_key_id}/{scope}"
    signature = f"Signature={_hmac(key, to_sign).hex()}"
    authorization = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, {signature}"
    return {**headers, "authorization": authorization}


def encoded(key: str) -> str:
    """An object's key as a path: every byte but unreserved ones and slashes is percent-encoded."""
    return quote(key, safe="/-_.~")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
