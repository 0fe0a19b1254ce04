"""The worker's client of the verifier."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from target_app.jobs.settings import VerifierSettings


class VerifierUnavailable(Exception):
    """The verifier broke, could not be reached or did not answer in time: worth another attempt."""


@dataclass(frozen=True)
class Verdict:
    """How a job ends: `status` is one of `metrics.OUTCOMES`, `result` what its owner may read."""

    status: str
    result: dict[str, Any]


class VerifierClient:
    """`open` before the first question."""

    def __init__(self, settings: VerifierSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def verify(self, statement: str) -> Verdict:
        """Ask the configured backend, in the version that the statements are for. Raises `VerifierUnavailable`.

        A verifier that does not do what is asked, for it has another version or no such backend, is asked in vain
        however often: the job fails.
        """
        assert self._session is not None, "open() comes first"
        settings = self._settings
        body = {"statement": statement, "backend": settings.backend, "version": settings.version}
        try:
            async with self._session.post(f"{settings.url}/verify", json=body) as response:
                status, answer = response.status, await response.json()
        except TimeoutError:
            raise VerifierUnavailable(f"the verifier did not answer within {settings.timeout_s:g} s") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise VerifierUnavailable(f"the verifier could not be asked: {error}") from error
        if status >= 500:
            raise VerifierUnavailable(f"the verifier answered {status}: {answer}")
        match status:
            case 200:
                return Verdict("proved" if answer["proved"] else "refuted", {"backend": settings.backend, **answer})
            case 422:
                return Verdict("invalid", answer)
            case _:
                return Verdict("failed", answer)
