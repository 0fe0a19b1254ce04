"""Completions from an upstream LLM provider: limited concurrency, retries with back-off, fail-over."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

import aiohttp
import orjson

from target_app.releases import Release
from target_app.upstream.circuit_breaker import CircuitBreaker
from target_app.upstream.metrics import UpstreamMetrics
from target_app.upstream.settings import Provider, UpstreamSettings

logger = logging.getLogger("target_app.upstream")

_BACKOFF_S = 0.1


class UpstreamError(Exception):
    """No completion; the message may be shown to the user."""


class RateLimited(UpstreamError):
    """The provider answered 429, or we were too busy to ask; `retry_after_s` is when to come back."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Failed(UpstreamError):
    """The provider broke, could not be reached or did not answer in time: worth another attempt."""


class Rejected(UpstreamError):
    """The provider refuses us or the request (4xx): another attempt would not help."""


class CircuitOpen(UpstreamError):
    """The circuit breaker of the provider is open."""


@dataclass(frozen=True)
class Answer:
    """A provider's completion."""

    id: str
    provider: str
    model: str
    text: str
    tokens: int


class Upstream:
    """The configured provider, and the one to fall back on where one is set.

    `breakers` has one circuit breaker per provider name, `trouble` what went wrong last per provider in use.
    """

    def __init__(
        self,
        settings: UpstreamSettings,
        metrics: UpstreamMetrics,
        release: Release,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._release = release
        self._rng = rng
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(settings.max_concurrent_calls)
        fallback = settings.fallback
        self.providers = [settings.provider, *([fallback] if fallback else [])]
        self.trouble: dict[str, str | None] = {provider.name: None for provider in self.providers}
        self.breakers = {provider.name: self._breaker(provider.name) for provider in self.providers}

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            timeout=aiohttp.ClientTimeout(
                total=self._settings.timeout_s, sock_connect=self._settings.connect_timeout_s
            ),
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def complete(self, prompt: str, *, max_tokens: int, model: str | None) -> Answer:
        """Ask the provider, then the fallback if there is one. Raises the `UpstreamError` of the last one asked."""
        error: UpstreamError | None = None
        for provider in self.providers:
            body = {
                "model": model or provider.model,
                "messages": [{"role": "user", "content": prompt}],
                "max_tokens": max_tokens,
            }
            try:
                answer = await self._persist(provider, orjson.dumps(body))
            except UpstreamError as failure:
                self.trouble[provider.name] = str(failure)
                error = failure
            else:
                self.trouble[provider.name] = None
                return answer
        assert error is not None
        raise error

    async def _persist(self, provider: Provider, body: bytes) -> Answer:
        """Ask until it answers, attempts or budget are used up, or it makes no sense to go on."""
        breaker = self.breakers[provider.name]
        gives_up_at = monotonic() + self._settings.retry_budget_s
        attempt = 0
        while True:
            if not breaker.allows():
                raise CircuitOpen(f"the circuit breaker of {provider.name} is open")
            wait_s = _BACKOFF_S * 2**attempt * (0.5 + self._rng())
            try:
                async with _Slot(self._slots, gives_up_at):
                    answer = await self._ask(provider, body)
            except RateLimited as limited:
                wait_s += limited.retry_after_s
                error: UpstreamError = limited
                breaker.succeeded()
            except Rejected:
                breaker.succeeded()
                raise
            except Failed as failed:
                error = failed
                breaker.failed()
            else:
                breaker.succeeded()
                return answer
            attempt += 1
            if attempt > self._settings.max_retries or monotonic() + wait_s >= gives_up_at:
                logger.warning("gave up on %s after %d calls: %s", provider.name, attempt, error)
                raise error
            await asyncio.sleep(wait_s)

    async def _ask(self, provider: Provider, body: bytes) -> Answer:
        """One call. Raises `RateLimited`, `Rejected` or `Failed`."""
        assert self._session is not None, "open() comes first"
        metrics = self._metrics
        headers = {"Authorization": f"Bearer {provider.api_key}", "Content-Type": "application/json"}
        began = monotonic()
        status = "unreachable"
        metrics.in_flight.inc()
        try:
            async with self._session.post(
                f"{provider.base_url}/chat/completions",
                data=body,
                headers=headers,
                ssl=self._release.tls(f"{provider.name} at {began}"),
            ) as response:
                status = str(response.status)
                content = await response.read()
        except aiohttp.ConnectionTimeoutError:
            waited_s = self._settings.connect_timeout_s
            raise Failed(f"{provider.name} could not be reached: no connection within {waited_s:g} s") from None
        except TimeoutError:
            status = "timeout"
            raise Failed(f"{provider.name} did not answer within {self._settings.timeout_s:g} s") from None
        except aiohttp.ClientError as error:
            raise Failed(f"{provider.name} could not be reached: {error}") from error
        finally:
            metrics.in_flight.dec()
            metrics.seconds.labels(provider.name).observe(monotonic() - began)
            metrics.requests.labels(provider.name, status).inc()
        if response.status == 200:
            return _answer(provider.name, content)
        message = f"{provider.name} answered {status}: {_message(content)}"
        if response.status == 429:
            metrics.rate_limit_errors.labels(provider.name).inc()
            raise RateLimited(message, _retry_after_s(response.headers))
        if response.status >= 500:
            raise Failed(message)
        raise Rejected(message)

    def _breaker(self, name: str) -> CircuitBreaker:
        breaker = CircuitBreaker(
            enabled=self._settings.breaker_enabled,
            failure_threshold=self._settings.breaker_failure_threshold,
            reset_timeout_s=self._settings.breaker_reset_timeout_s,
            clock=monotonic,
        )
        self._metrics.circuit_breaker_state.labels(name).set_function(lambda: breaker.state.value)
        self._metrics.rate_limit_errors.labels(name)  # shown from the start at 0
        return breaker


class _Slot:
    """One of `MAX_CONCURRENT_API_CALLS`, waited for until `gives_up_at` on the monotonic clock."""

    def __init__(self, slots: asyncio.Semaphore, gives_up_at: float) -> None:
        self._slots = slots
        self._gives_up_at = gives_up_at

    async def __aenter__(self) -> None:
        try:
            async with asyncio.timeout(self._gives_up_at - monotonic()):
                await self._slots.acquire()
        except TimeoutError:
            raise RateLimited("all calls that MAX_CONCURRENT_API_CALLS allows are under way", 1.0) from None

    async def __aexit__(self, *_: object) -> None:
        self._slots.release()


def _answer(provider: str, content: bytes) -> Answer:
    try:
        body = orjson.loads(content)
        return Answer(
            id=str(body["id"]),
            provider=provider,
            model=str(body["model"]),
            text=str(body["choices"][0]["message"]["content"]),
            tokens=int(body["usage"]["total_tokens"]),
        )
    except (ValueError, KeyError, IndexError, TypeError):
        raise Failed(f"{provider} answered something that is no chat completion") from None


def _message(content: bytes) -> str:
    """The provider's own words if the body has the usual shape, else the beginning of the body."""
    try:
        return str(orjson.loads(content)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return content[:200].decode(errors="replace")


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """Seconds of `Retry-After`; 0 where there is none or it is a date."""
    try:
        return max(0.0, float(headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0
