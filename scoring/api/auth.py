"""Who is asking: three tokens, three roles, compared in constant time."""

import hmac
from collections.abc import Callable, Mapping
from enum import StrEnum
from hashlib import sha256

from fastapi import Request

from scoring.api.problems import Problem


class Role(StrEnum):
    """What a token allows: facilitators everything, responders to read and respond, ingest to write the record."""

    FACILITATOR = "facilitator"
    RESPONDER = "responder"
    INGEST = "ingest"


class Doorkeeper:
    """Knows the digests of the tokens, never the tokens."""

    def __init__(self, tokens: Mapping[Role, str]) -> None:
        self._digests = {role: sha256(token.encode()).digest() for role, token in tokens.items()}

    def role_of(self, authorization: str) -> Role:
        """The role of an Authorization header. Raises Problem 401."""
        scheme, _, token = authorization.partition(" ")
        given = sha256(token.strip().encode()).digest()
        matches = [role for role, known in self._digests.items() if hmac.compare_digest(given, known)]
        if scheme.lower() != "bearer" or not matches:
            raise Problem(401, "Who are you?", "give a token of this service as `Authorization: Bearer <token>`")
        return matches[0]


def allow(*roles: Role) -> Callable[[Request], Role]:
    """A dependency that answers the asker's role. Raises Problem 401, and 403 for any role but these."""

    def check(request: Request) -> Role:
        doorkeeper: Doorkeeper = request.app.state.doorkeeper
        role = doorkeeper.role_of(request.headers.get("authorization", ""))
        if role not in roles:
            needed = " or ".join(roles)
            raise Problem(403, "Not yours to do", f"this is for a {needed} token, and yours is a {role} token")
        return role

    return check
