"""Who asks: the administrator whose token the kubeconfig holds, or a pod with its service account's token.

Pods get tokens as JSON Web Tokens (RFC 7519, HS256), signed with a key that only this server has and that ends with it.
A token is good as long as its pod's object lives.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

ISSUER = "https://kubernetes.default.svc.cluster.local"
LIFE_S = 3600 * 24 * 365
"""As long as kube-apiserver lets a projected token live for clients that never read it again."""
_HEADER = {"alg": "HS256", "typ": "JWT"}


@dataclass(frozen=True)
class User:
    """Somebody who was let in."""

    name: str
    groups: tuple[str, ...]
    is_admin: bool = False


ADMINS = "system:masters"
"""The group that may do everything."""
SERVICE_ACCOUNT = "system:serviceaccount:"
ADMIN = User("kubernetes-admin", (ADMINS, "system:authenticated"), is_admin=True)


def service_account(namespace: str, name: str) -> User:
    """A service account, as RBAC names it."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return User(f"{SERVICE_ACCOUNT}{namespace}:{name}", groups)


class Tokens:
    """The tokens of one server."""

    def __init__(self, admin: str, pod_lives: Callable[[str, str, str], bool]) -> None:
        """`admin` is the administrator's token; `pod_lives` tells of a namespace, a name and a uid."""
        self._admin = admin.encode()
        self._pod_lives = pod_lives
        self._key = secrets.token_bytes(32)

    def for_pod(self, namespace: str, account: str, pod: str, uid: str, audience: str = ISSUER) -> str:
        """A token for the service account of a pod."""
        now = int(time.time())
        claims = {
            "aud": [audience],
            "exp": now + LIFE_S,
            "iat": now,
            "iss": ISSUER,
            "kubernetes.io": {
                "namespace": namespace,
                "pod": {"name": pod, "uid": uid},
                "serviceaccount": {"name": account},
            },
            "sub": f"system:serviceaccount:{namespace}:{account}",
        }
        signed = _encoded(orjson.dumps(_HEADER)) + b"." + _encoded(orjson.dumps(claims))
        return (signed + b"." + _encoded(self._signature(signed))).decode()

    def user_of(self, token: str) -> User | None:
        """Whose token it is; None for one that was not issued here, is out of date, or whose pod is gone."""
        raw = token.encode()
        if hmac.compare_digest(raw, self._admin):
            return ADMIN
        signed, _, signature = raw.rpartition(b".")
        if not hmac.compare_digest(_encoded(self._signature(signed)), signature):
            return None
        claims = _decoded(signed.partition(b".")[2])
        about = claims["kubernetes.io"]
        pod = about["pod"]
        is_good = claims["exp"] > time.time() and ISSUER in claims["aud"]
        if not is_good or not self._pod_lives(about["namespace"], pod["name"], pod["uid"]):
            return None
        return service_account(about["namespace"], about["serviceaccount"]["name"])

    def _signature(self, signed: bytes) -> bytes:
        return hmac.digest(self._key, signed, hashlib.sha256)


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _decoded(text: bytes) -> Any:
    return orjson.loads(base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)))
