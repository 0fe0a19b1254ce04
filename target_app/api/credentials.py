"""Whether a request may be served: a token of sign-in, or an API key."""

import hmac
import logging

from fastapi import Request

from target_app.api.problems import Problem
from target_app.auth.metrics import CredentialMetrics, Sources
from target_app.auth.settings import VerificationSettings
from target_app.auth.tokens import Reason, Refused, verify

logger = logging.getLogger("target_app.auth")

_NOT_THE_USERS_MISTAKE = (Reason.BAD_SIGNATURE, Reason.NOT_YET_VALID)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="llm-research"'}


class Credentials:
    """A FastAPI dependency that lets a request pass or ends it with 401.

    `trouble` is None, or why the last token was refused if that speaks against us rather than against its user.
    """

    def __init__(self, settings: VerificationSettings, metrics: CredentialMetrics) -> None:
        self.trouble: str | None = None
        self._settings = settings
        self._metrics = metrics
        self._sources = Sources()

    async def __call__(self, request: Request) -> None:
        """Look at `X-API-Key`, else at `Authorization: Bearer` with a token or a key."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        key = request.headers.get("x-api-key") or (bearer if bearer.count(".") != 2 else "")
        if key:
            self._check_key(key, request)
        elif bearer:
            self._check_token(bearer)
        else:
            self._metrics.anonymous_refused.labels("none").inc()
            raise _unauthorized("sign in and send the token as Authorization: Bearer, or an API key as X-API-Key")

    def _check_token(self, token: str) -> None:
        try:
            verify(token, self._settings.jwt_secret)
        except Refused as refused:
            self._metrics.tokens_refused.labels(refused.reason.value).inc()
            logger.warning("401 jwt refused, %s: %s", refused.reason.value, refused)
            if refused.reason in _NOT_THE_USERS_MISTAKE:
                self.trouble = str(refused)
            raise _unauthorized(str(refused)) from None
        self.trouble = None

    def _check_key(self, key: str, request: Request) -> None:
        source = request.client.host if request.client else "unknown"
        for name, known in self._settings.api_keys.items():
            if hmac.compare_digest(key.encode(), known.encode()):
                self._metrics.api_key_requests.labels(name, self._sources.label(source)).inc()
                logger.info("api key %s used from %s: %s %s", name, source, request.method, request.url.path)
                return
        self._metrics.anonymous_refused.labels("api_key").inc()
        logger.warning("401 api key refused, from %s: %s %s", source, request.method, request.url.path)
        raise _unauthorized("there is no such API key")


def _unauthorized(detail: str) -> Problem:
    return Problem(401, "Unauthorized", detail, headers=_CHALLENGE)
