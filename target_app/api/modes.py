"""Less than the whole service, on purpose: read-only, or closed for maintenance.

Set for all processes by `READ_ONLY` and `MAINTENANCE_MODE`, and for one at once by `POST /admin/{mode}/{on|off}`.
"""

import logging

from fastapi import Request

from target_app.api.problems import Problem

logger = logging.getLogger("target_app.modes")

_READS = ("GET", "HEAD", "OPTIONS")
_AGAIN_AFTER_S = 60.0


class Modes:
    """The modes of one process. Its methods are dependencies of the routes that they are for."""

    def __init__(self, *, read_only: bool, maintenance: bool) -> None:
        self.read_only = read_only
        self.maintenance = maintenance

    async def serves(self) -> None:
        """For every route of users. Raises `Problem` during maintenance."""
        if self.maintenance:
            raise Problem(503, "Maintenance", "the service is closed for maintenance", retry_after_s=_AGAIN_AFTER_S)

    async def keeps_data(self, request: Request) -> None:
        """For routes whose requests, unless they read, change what is kept. Raises `Problem` in either mode."""
        await self.serves()
        if self.read_only and request.method not in _READS:
            raise Problem(
                503, "Read-only", "data can be read and not changed at the moment", retry_after_s=_AGAIN_AFTER_S
            )

    def switch(self, mode: str, *, on: bool) -> dict[str, bool]:
        """Turn `read-only` or `maintenance` on or off; returns both as they are then."""
        setattr(self, {"read-only": "read_only", "maintenance": "maintenance"}[mode], on)
        logger.warning("%s is %s by an operator", mode, "on" if on else "off")
        return {"read_only": self.read_only, "maintenance": self.maintenance}
