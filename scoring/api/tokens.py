"""Tokens: issued and shown once, listed without their secrets, revoked at once. For the facilitator alone."""

from fastapi import APIRouter

from scoring.api.answers import IssuedToken, TokenList
from scoring.api.bodies import NewToken, TokenInPath
from scoring.api.parts import Facilitator, Service
from scoring.api.reading import StrictRoute

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"], route_class=StrictRoute)


@router.post("", status_code=201, response_model=IssuedToken, summary="Issue a token")
def issue_token(body: NewToken, service: Service, _: Facilitator) -> IssuedToken:
    """Its secret is in this answer and nowhere else."""
    issued = service.tokens.issue(body.role, body.name, body.person, body.expires_at)
    return IssuedToken(id=issued.id, secret=issued.secret, role=body.role, name=body.name)


@router.get("", response_model=TokenList, summary="List tokens")
def list_tokens(service: Service, _: Facilitator) -> TokenList:
    """Without their secrets."""
    return TokenList(tokens=service.tokens.all())


@router.delete("/{token_id}", status_code=204, summary="Revoke a token")
def revoke_token(token_id: TokenInPath, service: Service, _: Facilitator) -> None:
    """Whoever holds it is refused from now on; by another process of the service within five seconds."""
    service.tokens.revoke(token_id)
    service.doorkeeper.forget()
