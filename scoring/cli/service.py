"""The service from start to end: opens the record, says where it listens, and serves until it is told to stop."""

import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import typer
import uvicorn
from sqlalchemy import Engine

from scoring.api.app import build_app
from scoring.api.auth import Role
from scoring.api.feeds import Feeds
from scoring.cli.databases import Place, history_of, key_folder, opened
from scoring.cli.listening import url_of
from scoring.cli.showing import emphasised
from scoring.errors import ScoringError
from scoring.record.tokens import Tokens
from scoring.signing import own_key

if TYPE_CHECKING:
    from scoring.notify import Notifier


@dataclass(frozen=True)
class Service:
    """What a service was asked to be.

    `hosts` are names by which a proxy asks for it; `are_secrets_shown` lets it print a link to sign in and new tokens.
    """

    database: str
    door: socket.socket
    notify: Path | None
    hosts: frozenset[str]
    are_secrets_shown: bool


@dataclass(frozen=True)
class Told:
    """What is told of an occasion when the service listens: lines for people, fields for a program."""

    lines: tuple[str, ...] = ()
    plain: Mapping[str, Any] = field(default_factory=dict)


Occasion = Callable[[Place, str], AbstractContextManager[Told]]
"""What the service is started for, by its record and its address; it is over when the service has ended."""


def run(service: Service, occasion: Occasion | None = None) -> None:
    """Serve until SIGINT or SIGTERM. Raises ScoringError for what keeps it from starting."""
    given = {role: token for role in Role if (token := os.environ.get(f"GAMEDAY_{role.upper()}_TOKEN", ""))}
    is_read_by_a_program = not sys.stdout.isatty()
    is_told_tokens = is_read_by_a_program and service.are_secrets_shown
    made = {role: secrets.token_urlsafe(24) for role in Role if role not in given} if is_told_tokens else {}
    url = url_of(service.door)
    with (
        opened(service.database, is_made=True) as place,
        _remembering(service.database) as past,
        _notifying(service.notify, url) as notifier,
        occasion(place, url) if occasion is not None else nullcontext(Told()) as told,
    ):
        app = build_app(
            place.engine,
            {**given, **made},
            notifier=notifier,
            key=own_key(key_folder(place.name), os.environ),
            hosts=service.hosts,
            past=past,
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=2,
            timeout_keep_alive=75,  # longer than any client pauses, so that none meets a connection just closing
        )
        server = _Server(config, app.state.parts.feeds)
        _end_on_signals(server)
        link = _sign_in_link(url, place) if service.are_secrets_shown else None
        if is_read_by_a_program:
            typer.echo(_hello(url, made, link, told))
        else:
            _greet(url, place.name, given, link, told)
        server.run(sockets=[service.door])


class _Server(uvicorn.Server):
    """Lets viewers go first, as their streams would hold up the end."""

    def __init__(self, config: uvicorn.Config, feeds: Feeds) -> None:
        super().__init__(config)
        self._feeds = feeds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._feeds.close()
        await super().shutdown(sockets)


def _end_on_signals(server: uvicorn.Server) -> None:
    """End in order on a signal that comes before the server listens to signals itself, or that it raises again."""

    def end(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _sign_in_link(url: str, place: Place) -> str:
    return f"{url}/sign-in?code={Tokens(place.engine).issue_code(Role.FACILITATOR, 'whoever started the service')}"


@contextmanager
def _remembering(database: str) -> "Iterator[Engine | None]":
    """The record of what was played before, for the database of a run, which does without one that cannot be read."""
    history = history_of(database, os.environ.get("GAMEDAY_DATABASE"))
    with ExitStack() as opening:
        past = None
        try:
            past = opening.enter_context(opened(history)).engine if history is not None else None
        except ScoringError as error:
            typer.echo(f"what earlier drills left open is not asked about: {error}", err=True)
        yield past


@contextmanager
def _notifying(config: Path | None, url: str) -> "Iterator[Notifier | None]":
    """Who tells people, if anybody is to be told; at the end, what still waits is sent."""
    if config is None:
        yield None
        return
    from scoring.notify import Notifier

    notifier = Notifier(config, lambda drill: f"{url}/drills/{drill}")
    try:
        yield notifier
    finally:
        notifier.stop()


def _hello(url: str, made: Mapping[Role, str], link: str | None, told: Told) -> str:
    """One JSON line for the program that started us."""
    said: dict[str, Any] = {"url": url}
    if made:
        said["tokens"] = {role.value: token for role, token in made.items()}
    if link is not None:
        said["sign_in"] = link
    return orjson.dumps({**said, **told.plain}).decode()


def _greet(url: str, database: str, given: Mapping[Role, str], link: str | None, told: Told) -> None:
    typer.echo(f"{emphasised(url)} keeps its record in {database}; Ctrl-C ends it")
    if told.lines:
        typer.echo("\n".join(told.lines))
        return
    if link is not None:
        typer.echo(f"sign in as facilitator, once, within ten minutes: {link}")
    if given:
        typer.echo(f"tokens from the environment: {', '.join(given)}")
    typer.echo("a token for a program: gameday tokens new ingest --name prometheus")
