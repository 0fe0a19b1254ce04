"""Which proof assistants are installed."""

from collections.abc import Mapping
from dataclasses import dataclass

from target_app.settings import Reader


@dataclass(frozen=True)
class VerifierServerSettings:
    """`installed` maps a backend to its version."""

    installed: Mapping[str, str]
    host: str
    port: int


def read_verifier_settings(env: Mapping[str, str]) -> VerifierServerSettings:
    """The variables `LEAN_VERSION` and `ISABELLE_VERSION`; what has none is not installed. Raises `BadSetting`."""
    read = Reader(env)
    versions = {"lean": read.text("LEAN_VERSION", ""), "isabelle": read.text("ISABELLE_VERSION", "")}
    return VerifierServerSettings(
        installed={backend: version for backend, version in versions.items() if version},
        host=read.text("POD_IP", "0.0.0.0"),
        port=read.integer("PORT", 8070, 0, 65535),
    )
