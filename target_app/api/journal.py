"""What researchers begin, on record in the log.

A process that cannot keep the record must not take more work: it ends, and Kubernetes starts another.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

logger = logging.getLogger("target_app.journal")

EX_SOFTWARE = 70  # sysexits.h: an internal error


class Journal:
    """One line for each new experiment, written beside the requests. `describe` makes the line."""

    def __init__(self, describe: Callable[[Mapping[str, Any]], str]) -> None:
        self._describe = describe
        self._entries: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._writing: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to write; needs a running loop."""
        self._writing = asyncio.create_task(self._write())

    async def close(self) -> None:
        """What is not written by now stays unwritten."""
        if self._writing is not None:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing

    def note(self, experiment: Mapping[str, Any]) -> None:
        """Put an experiment on record, soon."""
        self._entries.put_nowait(experiment)

    async def _write(self) -> None:
        while True:
            entry = await self._entries.get()
            try:
                logger.info("experiment %s: %s", entry["id"], self._describe(entry))
            except Exception:
                logger.critical("FATAL: the journal cannot be kept", exc_info=True)
                os._exit(EX_SOFTWARE)  # at once: what is still under way would be off the record
