"""The data canary: something of the app's data that has to read the same before a drill and after it."""

import hashlib
from collections.abc import Awaitable, Callable

import httpx
import psycopg

from simulator.drill.app.description import Canary
from simulator.drill.reach import Addresses

LIMIT_S = 2
ReadCanary = Callable[[], Awaitable[str]]
"""Reads it now; raises whatever keeps it from being read."""


def canary_reader(canary: Canary | None, addresses: Addresses) -> ReadCanary | None:
    """How the canary is read at these addresses; None for an app that has none."""
    if canary is None:
        return None
    if canary.get is not None:
        return _get(f"{addresses.app_url}{canary.get}")
    assert canary.database is not None
    assert canary.sql is not None
    return _query(addresses.variables[canary.database], canary.sql)


def _query(url: str, sql: str) -> ReadCanary:
    async def read() -> str:
        connection = await psycopg.AsyncConnection.connect(
            url, connect_timeout=LIMIT_S, application_name="gameday-oracle"
        )
        async with connection, connection.cursor() as cursor:
            await cursor.execute(sql.encode())
            row = await cursor.fetchone()
        return str(row[0]) if row else "no row"

    return read


def _get(url: str) -> ReadCanary:
    async def read() -> str:
        async with httpx.AsyncClient(timeout=LIMIT_S, trust_env=False) as http:
            answer = (await http.get(url)).raise_for_status()
        return f"{len(answer.content)} bytes, sha256 {hashlib.sha256(answer.content).hexdigest()[:16]}"

    return read
