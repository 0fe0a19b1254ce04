"""What changed from one release to the next.

A release is an image tag: the image sets `APP_VERSION`. Each class is one release, and overrides the one method in
which it differs from 1.0.0; what it does there is a mistake of the ordinary kind.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from target_app.settings import BadSetting

if TYPE_CHECKING:
    from psycopg.rows import DictRow

    from target_app.database import Database


class Release:
    """1.0.0, which is sound. What later releases changed is a method here."""

    version = "1.0.0"

    async def fetch(
        self, database: "Database", statement: str, parameters: Mapping[str, Any] | None
    ) -> "list[DictRow]":
        """Rows of one statement, over a connection of the pool that is given back however it ends."""
        async with database.connection() as connection:
            return await database.run(connection, statement, parameters)


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


RELEASES: dict[str, type[Release]] = {each.version: each for each in (Release, Release110)}


def release_of(env: Mapping[str, str]) -> Release:
    """The release that this image is. Raises `BadSetting` for a version that was never released."""
    version = env.get("APP_VERSION") or Release.version
    if version not in RELEASES:
        raise BadSetting(f"APP_VERSION {version!r} was never released; there are {', '.join(RELEASES)}")
    return RELEASES[version]()
