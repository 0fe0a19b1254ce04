"""Letters of an outbox brought to scoring in the background: nobody at a keyboard waits for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path

import httpx

from simulator.drill.seat import Seat
from simulator.drill.shell.outbox import Letter, Outbox

PACE_S, SLOWEST_PACE_S = 0.2, 2.0
"""Wall seconds between tries while the service is away, at first and in the end."""
FLUSH_LIMIT_S = 5.0
"""Wall seconds for which a shell that is left still tries."""
_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class Sender:
    """Sends what is in `outbox`, in order. Each letter has a key, so that one sent twice counts once."""

    def __init__(self, http: httpx.AsyncClient, outbox: Outbox) -> None:
        self._http = http
        self._outbox = outbox
        self.refused: list[str] = []
        """What scoring would not take, a sentence each."""

    async def send_forever(self) -> None:
        """Each letter as soon as it is there, until cancelled."""
        while True:
            self._outbox.news.clear()
            await self.send_all()
            await self._outbox.news.wait()

    async def send_all(self) -> None:
        """What waits now; while scoring is away, again and again."""
        pace_s = PACE_S
        while not await self._send():
            await asyncio.sleep(pace_s)
            pace_s = min(2 * pace_s, SLOWEST_PACE_S)

    async def _send(self) -> bool:
        """False if scoring is away, and the rest still waits."""
        for letter in self._outbox.letters():
            if not await self._post(letter):
                return False
            letter.path.unlink()
        return True

    async def _post(self, letter: Letter) -> bool:
        try:
            answer = await self._http.post(f"/api/v1/drills/{letter.drill}/events", json=letter.event)
        except httpx.TransportError:
            return False
        if answer.is_server_error or answer.status_code in _LATER:
            return False
        if answer.is_error:
            command = letter.event["data"]["command"]
            self.refused.append(f"'{command:.60}' is not on the timeline: {answer.status_code} {answer.text:.200}")
        return True


@asynccontextmanager
async def sending(seat: Seat, outbox: Outbox, root: Path) -> AsyncIterator[Sender]:
    """A sender at work, which as it is left still brings what waits, for `FLUSH_LIMIT_S` at most.

    Meanwhile it also brings what shells before this one left in the working folder `root`. What they had to tell of
    another run's drill scoring does not know, and it is dropped.
    """
    headers = {"Authorization": f"Bearer {seat.token}"}
    async with httpx.AsyncClient(base_url=seat.url, headers=headers, timeout=10.0, trust_env=False) as http:
        sender = Sender(http, outbox)
        sending_ours = asyncio.create_task(sender.send_forever())
        sending_left = asyncio.create_task(_send_left(http, root))
        try:
            yield sender
        finally:
            sending_ours.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_LIMIT_S):
                    await asyncio.gather(sending_ours, return_exceptions=True)
                    await sender.send_all()
                    await sending_left
            sending_left.cancel()
            await asyncio.gather(sending_ours, sending_left, return_exceptions=True)


async def _send_left(http: httpx.AsyncClient, root: Path) -> None:
    for outbox in Outbox.left(root):
        try:
            await Sender(http, outbox).send_all()
        finally:
            outbox.close()
