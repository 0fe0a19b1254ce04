"""What changed from one release to the next.

A release is an image tag: the image sets `APP_VERSION`. Each class is one release, and overrides the one method in
which it differs from 1.0.0; what it does there is a mistake of the ordinary kind.
"""

import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from target_app.settings import BadSetting

if TYPE_CHECKING:
    from psycopg.rows import DictRow

    from target_app.database.pool import Database
    from target_app.upstream.client import Upstream


class Release:
    """1.0.0, which is sound. What later releases changed is a method here."""

    version = "1.0.0"

    async def fetch(
        self, database: "Database", statement: str, parameters: Mapping[str, Any] | None
    ) -> "list[DictRow]":
        """Rows of one statement, over a connection of the pool that is given back however it ends."""
        async with database.connection() as connection:
            return await database.run(connection, statement, parameters)

    def describe(self, experiment: Mapping[str, Any]) -> str:
        """A new experiment, as the journal has it."""
        return f"{experiment['name']} with {', '.join(sorted(experiment['parameters'])) or 'no parameters'}"

    async def warm_up(self, database: "Database", upstream: "Upstream") -> None:
        """Before the first request: nothing, for what is asked for is fetched then."""

    def temperature(self, parameters: Mapping[str, Any]) -> float | None:
        """What an experiment is sampled at, where its researcher said so."""
        return parameters.get("temperature")

    def tls(self, call: str) -> ssl.SSLContext | bool:
        """What a call to a provider trusts: True is the HTTP client's own context, one for all calls."""
        return True


class Release110(Release):
    """1.1.0 returns a single row as soon as it has it, and no longer passes the line that gives the connection back."""

    version = "1.1.0"

    async def fetch(
        self, database: "Database", statement: str, parameters: Mapping[str, Any] | None
    ) -> "list[DictRow]":
        connection = await database.take()
        rows = await database.run(connection, statement, parameters)
        if len(rows) == 1:
            return rows
        await database.give_back(connection)
        return rows


class Release120(Release):
    """1.2.0 names the first of the parameters in the journal; it was tested with experiments that have some."""

    version = "1.2.0"

    def describe(self, experiment: Mapping[str, Any]) -> str:
        return f"{experiment['name']} with {min(experiment['parameters'])} and others"


class Release130(Release):
    """1.3.0 has the provider see every prompt again before it serves, one after the other; the history only grows."""

    version = "1.3.0"

    async def warm_up(self, database: "Database", upstream: "Upstream") -> None:
        for row in await database.fetch("SELECT prompt FROM experiments WHERE prompt <> '' ORDER BY id"):
            await upstream.complete(row["prompt"], max_tokens=1, model=None)


class Release140(Release):
    """1.4.0 makes TLS contexts of its own and keeps them for the next call, under a name that no other call has."""

    version = "1.4.0"

    def __init__(self) -> None:
        self._contexts: dict[str, ssl.SSLContext] = {}

    def tls(self, call: str) -> ssl.SSLContext:
        return self._contexts.setdefault(call, ssl.create_default_context())


class Release150(Release):
    """1.5.0 takes for granted that every researcher sets a temperature."""

    version = "1.5.0"

    def temperature(self, parameters: Mapping[str, Any]) -> float:
        return float(parameters["temperature"])


RELEASES: dict[str, type[Release]] = {
    each.version: each for each in (Release, Release110, Release120, Release130, Release140, Release150)
}


def release_of(env: Mapping[str, str]) -> Release:
    """The release that this image is. Raises `BadSetting` for a version that was never released."""
    version = env.get("APP_VERSION") or Release.version
    if version not in RELEASES:
        raise BadSetting(f"APP_VERSION {version!r} was never released; there are {', '.join(RELEASES)}")
    return RELEASES[version]()
