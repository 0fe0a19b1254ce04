"""The cluster's own certificate authority, server certificate and token, and the kubeconfig that names them.

kubectl sends a token over TLS only, so even a cluster on loopback needs certificates.
"""

import base64
import os
import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme
import yaml

NAME = "gameday"


@dataclass(frozen=True)
class Credentials:
    """What a client needs to trust the server and to be trusted by it."""

    token: str
    ca_pem: bytes
    server_tls: ssl.SSLContext


_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")


def make_credentials(*hosts: str) -> Credentials:
    """A fresh CA, a server certificate and a random token; all in memory.

    The certificate is for 127.0.0.1, localhost, the names of the Service `kubernetes`, and `hosts`.
    """
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert("127.0.0.1", "localhost", *_NAMES, *hosts).configure_cert(context)
    return Credentials(secrets.token_urlsafe(32), authority.cert_pem.bytes(), context)


def kubeconfig(server: str, credentials: Credentials) -> dict[str, object]:
    """A kubeconfig with one context, cluster and user, all named `gameday`; namespace `default`."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": NAME,
                "cluster": {
                    "server": server,
                    "certificate-authority-data": base64.b64encode(credentials.ca_pem).decode(),
                },
            }
        ],
        "users": [{"name": NAME, "user": {"token": credentials.token}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME, "namespace": "default"}}],
        "current-context": NAME,
    }


def write_kubeconfig(path: Path, server: str, credentials: Credentials) -> None:
    """Write it so that nobody else ever sees the token: mode 0600 from the first byte, in place by rename."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yaml.safe_dump(kubeconfig(server, credentials), file, sort_keys=False)
    draft.replace(path)
