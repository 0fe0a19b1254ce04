"""How a server is reached: its certificate authority, our certificate, our credentials."""

import base64
import os
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from simulator.monitor.errors import BadConfig


@dataclass(frozen=True, slots=True)
class Connection:
    """`authorization` and `tls_config` of Prometheus, or the same things out of a kubeconfig."""

    credentials_type: str = "Bearer"
    credentials: str = ""
    credentials_file: Path | None = None
    ca_file: Path | None = None
    ca_data: str = ""
    cert_file: Path | None = None
    key_file: Path | None = None
    server_name: str = ""
    is_verified: bool = True

    def headers(self) -> dict[str, str]:
        """The Authorization header, if there are credentials; their file is read each time, as it may change.

        Raises OSError if it cannot be read.
        """
        secret = self.credentials_file.read_text().strip() if self.credentials_file else self.credentials
        return {"Authorization": f"{self.credentials_type} {secret}"} if secret else {}

    def ssl_context(self) -> ssl.SSLContext:
        """For https. Raises OSError (ssl.SSLError is one) if a file cannot be used."""
        context = ssl.create_default_context(
            cafile=str(self.ca_file) if self.ca_file else None, cadata=self.ca_data or None
        )
        if not self.is_verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file)
        return context


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kubernetes API server as a kubeconfig's current context names it."""

    server: str
    connection: Connection
    certificate: bytes = b""
    """Certificate and key in PEM, where the kubeconfig carries them itself."""

    def ssl_context(self) -> ssl.SSLContext:
        context = self.connection.ssl_context()
        if self.certificate:
            handle, name = tempfile.mkstemp()
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(self.certificate)
                context.load_cert_chain(name)
            finally:
                Path(name).unlink()
        return context


def read_kubeconfig(path: Path) -> Cluster:
    """The current context of a kubeconfig. Raises BadConfig for what is not there or cannot be used."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        context = _named(document["contexts"], document["current-context"], "context")
        cluster = _named(document["clusters"], context["cluster"], "cluster")
        user = _named(document["users"], context["user"], "user")
        server = str(cluster["server"]).rstrip("/")
    except (OSError, yaml.YAMLError, KeyError, TypeError, StopIteration) as error:
        raise BadConfig(
            f"{path}:1: cannot be used as a kubeconfig ({error!r}); it needs a current-context that names "
            "one of its contexts, clusters and users"
        ) from error
    for name in ("exec", "auth-provider", "username"):
        if name in user:
            raise BadConfig(f"{path}:1: field 'users[].user.{name}': is not supported; use a token or a certificate")

    def file(fields: dict[str, Any], name: str) -> Path | None:
        return path.parent / fields[name] if fields.get(name) else None

    def data(fields: dict[str, Any], name: str) -> bytes:
        return base64.b64decode(fields[name]) if fields.get(name) else b""

    connection = Connection(
        credentials=str(user.get("token", "")),
        credentials_file=file(user, "tokenFile"),
        ca_file=file(cluster, "certificate-authority"),
        ca_data=data(cluster, "certificate-authority-data").decode(),
        cert_file=file(user, "client-certificate"),
        key_file=file(user, "client-key"),
        is_verified=not cluster.get("insecure-skip-tls-verify", False),
    )
    pair = data(user, "client-certificate-data"), data(user, "client-key-data")
    found = Cluster(server, connection, b"\n".join(pair) if all(pair) else b"")
    _check(found.ssl_context, path)
    return found


def _named(entries: list[dict[str, Any]], name: str, kind: str) -> dict[str, Any]:
    return next(entry[kind] for entry in entries if entry["name"] == name) or {}


def _check(build: Callable[[], object], path: Path) -> None:
    try:
        build()
    except OSError as error:
        raise BadConfig(f"{path}:1: its certificates cannot be used: {error}; correct them") from error
