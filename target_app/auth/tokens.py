"""Tokens: JWTs signed with a secret that issuer and verifier share (HS256)."""

from datetime import datetime, timedelta
from enum import Enum

import jwt

ALGORITHM = "HS256"
_LEEWAY_S = 1


class Reason(Enum):
    """Why a token is refused, as metrics show it."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    BAD_SIGNATURE = "bad_signature"
    MALFORMED = "malformed"


class Refused(Exception):
    """A token that is not good; the message is the library's own words."""

    def __init__(self, reason: Reason, error: Exception) -> None:
        super().__init__(str(error))
        self.reason = reason


def issue(user: str, secret: str, lifetime_s: float) -> str:
    """A token for `user`, good from now on."""
    now = datetime.now()  # noqa: DTZ005 - PyJWT takes a time without a zone for UTC, and pods run in UTC
    claims = {"sub": user, "iat": now, "nbf": now, "exp": now + timedelta(seconds=lifetime_s)}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def verify(token: str, secret: str) -> str:
    """The user whose token it is. Raises `Refused`."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            leeway=_LEEWAY_S,
            options={"require": ["sub", "iat", "nbf", "exp"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise Refused(Reason.EXPIRED, error) from None
    except jwt.ImmatureSignatureError as error:
        raise Refused(Reason.NOT_YET_VALID, error) from None
    except jwt.InvalidSignatureError as error:
        raise Refused(Reason.BAD_SIGNATURE, error) from None
    except jwt.InvalidTokenError as error:
        raise Refused(Reason.MALFORMED, error) from None
    return str(claims["sub"])
