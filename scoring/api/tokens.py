"""Tokens: issued and shown once, listed without their secrets, revoked at once; links that sign a browser in.

For the facilitator alone.
"""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter

from scoring.api.answers import IssuedToken, SignInLink, TokenList
from scoring.api.bodies import NewLink, NewToken, TokenInPath
from scoring.api.parts import Facilitator, Service
from scoring.api.reading import StrictRoute
from scoring.record.people import id_of

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"], route_class=StrictRoute)


@router.post("", status_code=201, response_model=IssuedToken, summary="Issue a token")
def issue_token(body: NewToken, service: Service, _: Facilitator) -> IssuedToken:
    """Its secret is in this answer and nowhere else."""
    issued = service.tokens.issue(body.role, body.name, body.person, body.expires_at)
    return IssuedToken(id=issued.id, secret=issued.secret, role=body.role, name=body.name)


@router.post("/links", status_code=201, response_model=SignInLink, summary="Make a link that signs in once")
def issue_link(body: NewLink, service: Service, _: Facilitator) -> SignInLink:
    """Whoever opens it first is signed in, for as long as a sign-in lasts; nobody is by it ever after."""
    lasts = timedelta(seconds=body.lasts_s)
    person = id_of(body.person or "") or None
    code = service.tokens.issue_code(body.role, body.name, person, ttl=lasts)
    wished = {"code": code} | ({"to": body.to} if body.to != "/" else {})
    path = f"/sign-in?{urlencode(wished, safe='/:')}"
    return SignInLink(path=path, role=body.role, name=body.name, expires_at=datetime.now(UTC) + lasts)


@router.get("", response_model=TokenList, summary="List tokens")
def list_tokens(service: Service, _: Facilitator) -> TokenList:
    """Without their secrets."""
    return TokenList(tokens=service.tokens.all())


@router.delete("/{token_id}", status_code=204, summary="Revoke a token")
def revoke_token(token_id: TokenInPath, service: Service, _: Facilitator) -> None:
    """Whoever holds it is refused from now on; by another process of the service within five seconds."""
    service.tokens.revoke(token_id)
    service.doorkeeper.forget()
