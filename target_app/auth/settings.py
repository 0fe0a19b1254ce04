"""What sign-in is set to, on the side that issues tokens and on the side that verifies them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from target_app.auth.passwords import KeptPassword, read_lines
from target_app.settings import BadSetting, Reader

SHORTEST_SECRET = 32
"""Bytes; RFC 7518 § 3.2 asks for as many as the hash of HS256 has."""


@dataclass(frozen=True)
class AuthSettings:
    """One process that signs in. `sign_ins_per_minute` is how many a source may try; 0 is without limit."""

    jwt_secret: str = field(repr=False)
    users: Mapping[str, KeptPassword] = field(repr=False)
    token_lifetime_s: float
    sign_ins_per_minute: int
    host: str
    port: int


@dataclass(frozen=True)
class VerificationSettings:
    """What the API knows credentials by. `api_keys` maps the name that metrics show to the key."""

    jwt_secret: str = field(repr=False)
    api_keys: Mapping[str, str] = field(repr=False)


def read_auth_settings(env: Mapping[str, str]) -> AuthSettings:
    """Settings from `env`. Raises `BadSetting`."""
    read = Reader(env)
    try:
        users = read_lines(read.text("AUTH_USERS", None))
    except ValueError as error:
        raise BadSetting(f"AUTH_USERS: {error}") from None
    return AuthSettings(
        jwt_secret=_secret(read),
        users=users,
        token_lifetime_s=read.seconds("AUTH_TOKEN_LIFETIME", 900.0),
        sign_ins_per_minute=read.integer("SIGN_IN_RATE_LIMIT", 0, 0, 1_000_000),
        host=read.text("POD_IP", "0.0.0.0"),
        port=read.integer("PORT", 8060, 0, 65535),
    )


def read_verification_settings(read: Reader) -> VerificationSettings:
    """`JWT_SECRET`, and a variable `API_KEY_<NAME>` for each machine. Raises `BadSetting`."""
    keys = read.beginning_with("API_KEY_")
    return VerificationSettings(
        jwt_secret=_secret(read),
        api_keys={name.lower().replace("_", "-"): key for name, key in keys.items()},
    )


def _secret(read: Reader) -> str:
    secret = read.text("JWT_SECRET", None)
    if len(secret.encode()) < SHORTEST_SECRET:
        raise BadSetting(f"JWT_SECRET must have at least {SHORTEST_SECRET} characters")
    return secret
