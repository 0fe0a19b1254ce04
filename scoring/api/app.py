"""The scoring service as an ASGI app."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlalchemy import Engine

from scoring.api import (
    archives,
    desk,
    drills,
    events,
    game_days,
    guided,
    history,
    hooks,
    items,
    pages,
    people,
    person_pages,
    playbooks,
    reviews,
    runbook_pages,
    runbooks,
    scorecards,
    seats,
    session,
    stream,
    tabletop_pages,
    tabletop_reports,
    tabletops,
    tokens,
)
from scoring.api.answers import Health
from scoring.api.auth import Doorkeeper, Role
from scoring.api.boards import Boards
from scoring.api.committed import Committed, Notifier
from scoring.api.desks import Desks
from scoring.api.feeds import Feeds
from scoring.api.guard import Guard
from scoring.api.keeping import Keeper
from scoring.api.known import KnownDrills
from scoring.api.openapi import describe
from scoring.api.parts import Parts
from scoring.api.problems import answer_problems
from scoring.record.drafts import Drafts
from scoring.record.history import History
from scoring.record.items import Items
from scoring.record.overview import Overview
from scoring.record.people import People
from scoring.record.runbooks import Runbooks
from scoring.record.store import Store
from scoring.record.tokens import Tokens
from scoring.record.writer import Writer

_SETTLES_S = 5.0
_ROUTES = (
    events,
    guided,
    stream,
    desk,
    drills,
    runbooks,
    tabletops,
    scorecards,
    archives,
    playbooks,
    game_days,
    people,
    history,
    hooks,
    tokens,
)
_PAGES = (session, reviews, items, pages, person_pages, runbook_pages, tabletop_reports, tabletop_pages, seats)


def build_app(
    engine: Engine,
    given: Mapping[Role, str],
    *,
    notifier: Notifier | None = None,
    key: Ed25519PrivateKey | None = None,
    hosts: Iterable[str] = (),
    past: Engine | None = None,
) -> FastAPI:
    """The app over a record, open to the given tokens and to those in the record.

    `key` signs archives; without one none can be exported. `hosts` are names, such as a proxy's, by which it may be
    asked for on the loopback interface. Action items of earlier drills are looked for in `past`, too. The app has to be
    run with its lifespan: that is what writes.
    """
    store, history_, tokens_ = Store(engine), History(engine), Tokens(engine)
    known, boards = KnownDrills(store), Boards(store)
    feeds = Feeds(boards.scorecard)
    keeper = Keeper(store, boards, history_)
    committed = Committed(known, feeds, boards, keeper, notifier)
    writer = Writer(store, committed)
    doorkeeper = Doorkeeper(given, tokens_)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        writer.start()
        following = asyncio.create_task(committed.run())
        try:
            yield
        finally:
            await writer.stop()
            await committed.settled(_SETTLES_S)
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    app = FastAPI(
        title="gameday scoring", version="1", docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=running
    )
    app.state.parts = Parts(
        engine=engine,
        store=store,
        writer=writer,
        people=People(engine),
        tokens=tokens_,
        history=history_,
        items=Items(engine),
        drafts=Drafts(engine),
        runbooks=Runbooks(engine),
        doorkeeper=doorkeeper,
        known=known,
        feeds=feeds,
        boards=boards,
        desks=Desks(store),
        keeper=keeper,
        overview=Overview(engine),
        key=key,
        past=past,
    )
    app.state.store, app.state.writer, app.state.notifier = store, writer, notifier
    for module in _ROUTES:
        app.include_router(module.router)
    for module in _PAGES:
        app.include_router(module.router, include_in_schema=False)
    app.add_api_route("/health", health, response_model=Health, tags=["service"], summary="Ask whether it is up")
    app.add_middleware(Guard, doorkeeper=doorkeeper, hosts=frozenset(hosts), own_guard=hooks.SELF_GUARDED)
    answer_problems(app)
    describe(app)
    return app


async def health() -> Health:
    """No token is needed."""
    return Health(status="ok")
