"""What every request passes before any route: the host it asked for, who is asking, and whether a page of somebody
else made a signed-in browser ask. On the way back: the headers that keep an answer to itself.
"""

import re
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scoring.api.auth import Doorkeeper
from scoring.api.problems import Problem

SESSION = "gameday_session"
"""The cookie of a signed-in browser; its value is a token."""
MOST_BYTES = 16 * 1024 * 1024

_OPEN = frozenset({"/health", "/openapi.json", "/sign-in", "/style.css", "/icon.svg"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PORT = re.compile(r":\d*$")
_HEADERS = [
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_NO_STORE = (b"cache-control", b"no-store")


class Guard:
    """Lets through who may come in; the asker, if any, is `scope["gameday.asker"]`.

    Connections that arrive on a loopback address must ask for a loopback host or one of `hosts`: any other name was
    pointed here by a page that wants to read what only this machine may (DNS rebinding). The paths of `own_guard` ask
    who comes by themselves.
    """

    def __init__(
        self,
        app: ASGIApp,
        doorkeeper: Doorkeeper,
        hosts: frozenset[str] = frozenset(),
        own_guard: frozenset[str] = frozenset(),
    ) -> None:
        self._app = app
        self._doorkeeper = doorkeeper
        self._hosts = hosts
        self._open = _OPEN | own_guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _keeping_to_itself(send)
        try:
            await self._check(scope)
        except Problem as problem:
            await problem.answer(scope)(scope, receive, send)
            return
        await self._app(scope, bounded(scope, receive), send)

    async def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._check_host(scope, headers.get("host", ""))
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            raise Problem(422, "This cannot be read", "an address cannot hold a null byte")
        announced = headers.get("content-length", "0")
        if not (announced.isascii() and announced.isdigit()) or int(announced) > MOST_BYTES:
            raise Problem(413, "Too much at once", too_much())
        secret, by_cookie = _secret(headers)
        scope["gameday.secret"] = secret
        scope["gameday.asker"] = await self._doorkeeper.asker(secret) if secret else None
        if scope["gameday.asker"] is None:
            if scope["path"] not in self._open:
                raise Problem(401, "Who are you?", "give a token of this service as `Authorization: Bearer <token>`")
        elif by_cookie and scope["method"] not in _SAFE:
            _check_origin(headers)

    def _check_host(self, scope: Scope, asked: str) -> None:
        server = scope.get("server")
        host = _PORT.sub("", asked).strip("[]").lower()
        if server is None or server[1] is None or not _is_loopback(server[0]):
            return
        if host != "localhost" and not _is_loopback(host) and host not in self._hosts:
            raise Problem(421, "Not this host", f"this service is not '{host}'; ask for it by its loopback address")


def bounded(scope: Scope, receive: Receive) -> Receive:
    """`receive` that raises 413 once a body, announced or not, grows beyond the bound."""
    if scope["method"] in _SAFE:
        return receive
    taken = 0

    async def receive_bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BYTES:
            raise HTTPException(413, too_much())
        return message

    return receive_bounded


def too_much() -> str:
    """What to tell whoever sends a body that is too long."""
    return f"a body may have {MOST_BYTES} bytes; send it in parts"


def _secret(headers: Headers) -> tuple[str, bool]:
    given = headers.get("authorization")
    if given is not None:
        scheme, _, token = given.partition(" ")
        return (token.strip() if scheme.lower() == "bearer" else "", False)
    cookies = headers.get("cookie")
    if not cookies:
        return "", False
    try:
        morsel = SimpleCookie(cookies).get(SESSION)
    except CookieError:
        return "", False
    return (morsel.value if morsel else "", True)


def _check_origin(headers: Headers) -> None:
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise _refused(f"a signed-in browser was made to ask by a {site} page; sign in and ask from here")
        return
    for name in ("origin", "referer"):
        said = headers.get(name)
        if said is not None:
            if urlsplit(said).netloc != headers.get("host"):
                raise _refused(f"a signed-in browser was made to ask by {name} {said}; sign in and ask from here")
            return
    raise _refused(
        "a signed-in browser has to say where it asks from: Sec-Fetch-Site, Origin or Referer; or use a token"
    )


def _refused(why: str) -> Problem:
    return Problem(403, "Not from there", why)


@lru_cache(maxsize=256)
def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _keeping_to_itself(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = message["headers"] = list(message.get("headers", []))
            said += _HEADERS
            if not any(name == b"cache-control" for name, _ in said):
                said.append(_NO_STORE)
        await send(message)

    return send_with_headers
