"""Who is asking: tokens known by their digest, the role each one carries, and what a role may do."""

import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from scoring.api.problems import Problem

_FRESH_S = 5.0
"""How long a token read from the record is believed: so long can one live on that another process revoked."""
_MOST_REMEMBERED = 1024


class Role(StrEnum):
    """What a token allows.

    Facilitators everything; responders to read and respond; observers to read and note; ingest to read and to write.
    """

    FACILITATOR = "facilitator"
    RESPONDER = "responder"
    OBSERVER = "observer"
    INGEST = "ingest"


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever holds a token. `token_id` is None for the tokens that the service was started with."""

    role: Role
    name: str = ""
    person: str | None = None
    token_id: str | None = None


class Holder(Protocol):
    """What the record says of a token."""

    @property
    def id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def person(self) -> str | None: ...


class Register(Protocol):
    """The tokens of the record."""

    def holder(self, secret: str) -> Holder | None:
        """Whose secret this is, unless it was revoked or has expired."""


class Doorkeeper:
    """Knows the digests of the tokens it was given, asks the record for the others, and keeps no token itself."""

    def __init__(self, given: Mapping[Role, str], register: Register | None = None) -> None:
        self._given = {role: sha256(token.encode()).digest() for role, token in given.items()}
        self._register = register
        self._remembered: dict[bytes, tuple[float, Asker]] = {}

    async def asker(self, secret: str) -> Asker | None:
        """Who holds this secret; None for nobody."""
        shown = sha256(secret.encode("utf-8", "surrogateescape")).digest()
        matches = [role for role, known in self._given.items() if hmac.compare_digest(shown, known)]
        if matches:
            return Asker(matches[0], name=matches[0].value)
        if self._register is None:
            return None
        until, remembered = self._remembered.get(shown, (0.0, None))
        if remembered is not None and time.monotonic() < until:
            return remembered
        holder = await run_in_threadpool(self._register.holder, secret)
        self._remembered.pop(shown, None)
        if holder is None:
            return None
        asker = Asker(Role(holder.role), holder.name, holder.person, holder.id)
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[shown] = (time.monotonic() + _FRESH_S, asker)
        return asker

    def forget(self) -> None:
        """Believe no token any longer without asking the record: one was revoked."""
        self._remembered.clear()


def asker_of(request: Request) -> Asker:
    """Who sent this request. Raises Problem 401 when nobody said."""
    asker: Asker | None = request.scope.get("gameday.asker")
    if asker is None:
        raise Problem(401, "Who are you?", "give a token of this service as `Authorization: Bearer <token>`")
    return asker


def allow(*roles: Role) -> Callable[[Request], Awaitable[Role]]:
    """A dependency that answers the asker's role. Raises Problem 401, and 403 for any role but these."""

    async def check(request: Request) -> Role:
        return permitted(request, *roles)

    return check


def permitted(request: Request, *roles: Role) -> Role:
    """The asker's role, if it is one of these. Raises Problem 401 and 403."""
    role = asker_of(request).role
    if role not in roles:
        raise Problem(403, "Not yours to do", f"this is for a {' or '.join(roles)} token, and yours is of {role}")
    return role
