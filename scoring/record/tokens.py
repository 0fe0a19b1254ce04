"""Tokens: who may come in, and in which role. A secret is shown once, when it is made; what is kept is its digest.

One-time codes are for signing in: whoever shows one first gets in as the holder that it was made out to.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Engine, Row, bindparam, insert, select, update

from scoring.canonical import write_instant
from scoring.errors import ScoringError
from scoring.record.tables import SIGN_IN_CODE, TOKEN
from scoring.record.transactions import reading, writing

ROLES = ("facilitator", "responder", "observer", "ingest")
_BY_ID = select(TOKEN).where(TOKEN.c.id == bindparam("token"))


@dataclass(frozen=True)
class Holder:
    """Whoever holds a token or came with a code; `person` is the id of the person that it stands for."""

    id: str
    role: str
    name: str
    person: str | None = None


@dataclass(frozen=True)
class Issued:
    """A new token. `secret` is what its holder shows; it is nowhere else."""

    id: str
    secret: str


@dataclass(frozen=True)
class TokenEntry(Holder):
    """A token as a list shows it."""

    created_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class NoSuchToken(ScoringError):
    """There is no token of that id."""


class Tokens:
    """The tokens of a record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def issue(self, role: str, name: str, person: str | None = None, expires_at: datetime | None = None) -> Issued:
        """A new token for a role. Raises ScoringError for a role that there is not."""
        _check_role(role)
        token_id, proof = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = {
            "id": token_id,
            "role": role,
            "name": name,
            "person": person,
            "digest": _digest(proof),
            "created_at": write_instant(datetime.now(UTC)),
            "expires_at": write_instant(expires_at) if expires_at else None,
        }
        with writing(self._engine) as connection:
            connection.execute(insert(TOKEN), row)
        return Issued(token_id, f"gd_{token_id}_{proof}")

    def holder(self, secret: str) -> Holder | None:
        """Who holds this secret; None for one that is unknown, expired or revoked.

        The token is found by the id within the secret, and the rest compared in constant time, by digest.
        """
        prefix, _, rest = secret.partition("_")
        token_id, _, proof = rest.partition("_")
        with reading(self._engine) as connection:
            row = connection.execute(_BY_ID, {"token": token_id if token_id.isalnum() else ""}).first()
        known = row.digest if row is not None else ""
        is_right = hmac.compare_digest(_digest(proof), known) and prefix == "gd"
        return _holder(row) if row is not None and is_right and _is_valid(row) else None

    def revoke(self, token_id: str) -> None:
        """From now on nobody gets in with this token. Raises NoSuchToken."""
        now = write_instant(datetime.now(UTC))
        with writing(self._engine) as connection:
            row = connection.execute(_BY_ID, {"token": token_id}).first()
            if row is None:
                raise NoSuchToken(f"there is no token '{token_id}'")
            if row.revoked_at is None:
                connection.execute(update(TOKEN).where(TOKEN.c.id == token_id).values(revoked_at=now))

    def all(self) -> list[TokenEntry]:
        """All tokens, oldest first, those that no longer work too."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(TOKEN).order_by(TOKEN.c.created_at, TOKEN.c.id))
            return [_entry(row) for row in rows]

    def issue_code(
        self,
        role: str = "facilitator",
        name: str = "",
        person: str | None = None,
        *,
        ttl: timedelta = timedelta(minutes=10),
    ) -> str:
        """A code that lets its bearer in once within `ttl`. Raises ScoringError for a role that there is not."""
        _check_role(role)
        code, until = secrets.token_urlsafe(24), write_instant(datetime.now(UTC) + ttl)
        row = {"digest": _digest(code), "role": role, "name": name or role, "person": person, "expires_at": until}
        with writing(self._engine) as connection:
            connection.execute(insert(SIGN_IN_CODE), row)
        return code

    def redeem(self, code: str) -> Holder | None:
        """Who the code was made out to, the first time and while it holds; None ever after."""
        now, digest = write_instant(datetime.now(UTC)), _digest(code)
        its, is_new = SIGN_IN_CODE.c.digest == digest, SIGN_IN_CODE.c.redeemed_at.is_(None)
        use = update(SIGN_IN_CODE).where(its, is_new, SIGN_IN_CODE.c.expires_at > now).values(redeemed_at=now)
        with writing(self._engine) as connection:
            if connection.execute(use).rowcount != 1:
                return None
            row = connection.execute(select(SIGN_IN_CODE).where(its)).one()
        return Holder(f"code-{digest[:12]}", row.role, row.name, row.person)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise ScoringError(f"there is no role '{role}'; there are: {', '.join(ROLES)}")


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _is_valid(token: Row[Any]) -> bool:
    now = write_instant(datetime.now(UTC))
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


def _holder(token: Row[Any]) -> Holder:
    return Holder(token.id, token.role, token.name, token.person)


def _entry(token: Row[Any]) -> TokenEntry:
    made_at, expires_at, revoked_at = (_at(text) for text in (token.created_at, token.expires_at, token.revoked_at))
    return TokenEntry(token.id, token.role, token.name, token.person, made_at, expires_at, revoked_at)


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
