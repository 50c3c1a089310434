"""The gate before the pages: whom it lets in, how much it takes, and the headers of each answer."""

import asyncio
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from interworky_tui.config import Web, is_loopback
from interworky_tui.jobs import log_fault
from interworky_tui.web.limits import Kind, Limits

LONGEST_BODY = 16_384
"""Bytes of a request's body."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

PAUSE = 0.5
"""Seconds before who asks too often is answered, so that the answers cost the desk little."""
RESTING = "interworky.resting"
"""In the scope of a request that waits for that: its connection may make room for another."""

_SEES = ("GET", "HEAD", "OPTIONS")
_EVERY = ("0.0.0.0", "::", "")

Refuse = Callable[[Request, int], Response]
"""What is answered instead of the page, by the status."""


class Gate:
    """ASGI middleware around everything. Whatever goes wrong inside is a 500 without detail."""

    def __init__(self, app: ASGIApp, web: Web, limits: Limits, refuse: Refuse) -> None:
        self._app, self._limits, self._refuse = app, limits, refuse
        self._web = web
        self._hosts = _hosts(web)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                _dress(MutableHeaders(scope=message))
            await send(message)

        request = Request(scope)
        try:
            body, refusal = b"", self._turn_away(request)
            if refusal is not None and refusal.status_code == 429:
                scope[RESTING] = True
                await _rest(receive)
            if refusal is None:
                body, refusal = await self._take(request, receive)
            inside = refusal or self._app
            await inside(scope, _given(body, receive), answer)
        except _Gone:
            return
        except Exception as error:
            log_fault("answering on the web", error)
            if not begun:
                await self._refuse(request, 500)(scope, receive, answer)

    def _turn_away(self, request: Request) -> Response | None:
        looks = request.method in _SEES
        wait = self._limits.wait(_kind(request, looks), address_of(request, self._web))
        if wait:
            refusal = self._refuse(request, 429)
            refusal.headers["Retry-After"] = str(wait)
            return refusal
        if not self._knows(request.headers.get("host", "")):
            return self._refuse(request, 400)
        if not looks and request.headers.get("sec-fetch-site") == "cross-site":
            return self._refuse(request, 403)
        return None

    def _knows(self, host: str) -> bool:
        """Other names lead here only when somebody else's site has pointed its own at us."""
        name = _host_name(host)
        if name in self._hosts:
            return True
        # Who listens on every address is called by any of them; those are nobody's names.
        return self._web.host in _EVERY and _is_address(name)

    async def _take(self, request: Request, receive: Receive) -> tuple[bytes, Response | None]:
        """The whole body, or the refusal of one that is too long."""
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            return b"", self._refuse(request, 413 if length.isdecimal() else 400)
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise _Gone
            more = message.get("more_body", False)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > LONGEST_BODY:
                return b"", self._refuse(request, 413)
        return b"".join(parts), None


class _Gone(Exception):
    """The other side left before it had said all."""


def address_of(request: Request, web: Web) -> str | None:
    """Who asks. Of a proxy on this machine, the last address that it names.

    Only with a ``public_url``, which says that there may be a proxy; what others write into the
    header before that last one is never believed.
    """
    peer = request.client.host if request.client else None
    named = request.headers.getlist("x-forwarded-for")
    if not (web.public_url and peer and is_loopback(peer) and named):
        return peer
    last = named[-1].rpartition(",")[2].strip()
    return last if _is_address(last) else peer


async def _rest(receive: Receive) -> None:
    """Raises _Gone when the other side does not wait for the answer."""
    try:
        async with asyncio.timeout(PAUSE):
            while (await receive())["type"] == "http.request":
                pass
    except TimeoutError:
        return
    raise _Gone


def _given(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, and after it whatever else comes."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _dress(headers: MutableHeaders) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")


def _kind(request: Request, looks: bool) -> Kind:
    if looks:
        return Kind.LOOK
    return Kind.API if for_programs(request) else Kind.SEND


def for_programs(request: Request) -> bool:
    """Whether an answer is read by a program, so that it is JSON and no page."""
    path = request.scope["path"]
    return bool(path == "/health" or path.startswith("/api/"))


def is_form(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/x-www-form-urlencoded"


def _hosts(web: Web) -> frozenset[str]:
    public = urlsplit(web.public_url).hostname or ""
    own = {"localhost", "127.0.0.1", "::1", public, web.host.lower()}
    return frozenset(own - set(_EVERY))


def _host_name(host: str) -> str:
    """``desk.example:8080`` without the port; "" for what is no host."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
