"""What routes work with, made once per app and handed to them."""

from dataclasses import dataclass
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends, Request
from sqlalchemy import Engine

from scoring.api.auth import Doorkeeper, Role, allow
from scoring.api.boards import Boards
from scoring.api.desks import Desks
from scoring.api.feeds import Feeds
from scoring.api.keeping import Keeper
from scoring.api.known import KnownDrills
from scoring.record.drafts import Drafts
from scoring.record.history import History
from scoring.record.items import Items
from scoring.record.overview import Overview
from scoring.record.people import People
from scoring.record.runbooks import Runbooks
from scoring.record.store import Store
from scoring.record.tokens import Tokens
from scoring.record.writer import Writer


@dataclass(frozen=True)
class Parts:
    """The record and what stands around it; `key` signs archives, `past` is a record of earlier drills."""

    engine: Engine
    store: Store
    writer: Writer
    people: People
    tokens: Tokens
    history: History
    items: Items
    drafts: Drafts
    runbooks: Runbooks
    doorkeeper: Doorkeeper
    known: KnownDrills
    feeds: Feeds
    boards: Boards
    desks: Desks
    keeper: Keeper
    overview: Overview
    key: Ed25519PrivateKey | None = None
    past: Engine | None = None


async def the_parts(request: Request) -> Parts:
    """What this app works with."""
    parts: Parts = request.app.state.parts
    return parts


Service = Annotated[Parts, Depends(the_parts)]
Reader = Annotated[Role, Depends(allow(*Role))]
Responder = Annotated[Role, Depends(allow(Role.FACILITATOR, Role.RESPONDER, Role.INGEST))]
Recorder = Annotated[Role, Depends(allow(Role.FACILITATOR, Role.INGEST))]
Facilitator = Annotated[Role, Depends(allow(Role.FACILITATOR))]
