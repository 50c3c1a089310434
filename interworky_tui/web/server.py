"""The web server: a thread of its own beside the desk, on a socket that was bound before."""

import asyncio
import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from interworky_tui.domain.errors import Refusal
from interworky_tui.jobs import log_fault
from interworky_tui.services.context import Context
from interworky_tui.storage.database import Database
from interworky_tui.web import door
from interworky_tui.web.app import build_app
from interworky_tui.web.limits import Limits
from interworky_tui.web.security import RESTING

CONNECTIONS = 50
"""At once; more are told to come again."""
KEPT = 40
"""Of more, one that has not asked for anything yet is closed; so the others find room."""
GRACE = 0.25
"""Seconds that a connection may say nothing while others find room."""
PATIENCE = 10.0
"""Seconds that a request may take to arrive, and an answer to be taken."""


class WebProblem(Refusal):
    title = "The web pages are not served"


class WebServer:
    """The pages of one process. They use connections of their own to the office's store."""

    def __init__(
        self,
        office: Context,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._office, self._monotonic, self._patience = office, monotonic, patience
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._database: Database | None = None
        self._app: Starlette | None = None
        self._port = office.settings.web.port

    @property
    def url(self) -> str:
        """Where it listens, for a browser on this machine; no slash at the end."""
        host = self._office.settings.web.host
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    def start(self) -> None:
        """Take requests from now on. Raises WebProblem, one sentence that says why not."""
        web = self._office.settings.web
        listening = _listen(web.host, web.port)
        try:
            self._port = listening.getsockname()[1]
            self._database = Database(self._office.database.url)
            office = replace(self._office, database=self._database, actor="web")
            self._app = app = build_app(office, Limits(self._monotonic))
        except BaseException:
            listening.close()
            raise
        config = _config(app, self._patience)
        self._server = server = _Server(config, Limits(self._monotonic))
        self._thread = threading.Thread(
            target=_run, args=(server, listening), name="interworky-web", daemon=True
        )
        self._thread.start()

    def leave(self) -> None:
        """Take nothing more; does not wait. From any thread."""
        if self._server is not None:
            self._server.should_exit = True

    def stop(self, timeout: float = 5.0) -> bool:
        """Take nothing more and wait that many seconds for what is being answered.

        False when something was not done by then; it does not hold up the end of the program.
        """
        if self._server is None or self._thread is None or self._database is None:
            return True
        self.leave()
        self._thread.join(timeout)
        if self._app is not None:
            self._app.state.counter.close()
        self._database.close()
        return not self._thread.is_alive()


class _Server(uvicorn.Server):
    """Has a door of its own, and leaves the signals to the program that it is a part of."""

    def __init__(self, config: uvicorn.Config, limits: Limits) -> None:
        super().__init__(config)
        self._limits = limits
        self._doors: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        self._doors = [
            asyncio.create_task(door.let_in(listening, self._protocol, self._limits))
            for listening in sockets or ()
        ]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for one in self._doors:
            one.cancel()
        await asyncio.gather(*self._doors, return_exceptions=True)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.BaseProtocol:
        connection: Callable[..., asyncio.BaseProtocol] = self.config.http_protocol_class
        return connection(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Connection(H11Protocol):
    """Waits for a request and for its answer to be taken, but not for ever.

    When there are many, one that waits makes room for the newest: so nobody is locked out by
    connections that say nothing.
    """

    patience = PATIENCE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self._since = self.loop.time()
        self._deadline = self.loop.call_later(self.patience, self._too_long)
        if len(self.connections) > KEPT:
            self._make_room()
        # Those that made room are not counted, though their tasks take a moment to end.
        self.limit_concurrency = 0 if len(self.connections) > CONNECTIONS else None

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._since = self.loop.time()
        self._deadline.cancel()
        self._deadline = self.loop.call_later(self.patience, self._too_long)

    def shutdown(self) -> None:
        """The end of the program does not wait for a request that is not all there."""
        if self.waits:
            self.transport.abort()
        else:
            super().shutdown()

    @property
    def waits(self) -> bool:
        """No whole request has come since the last answer, or one too many."""
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            return True
        return bool(self.scope and self.scope.get(RESTING) and not self.cycle.response_started)

    def _too_long(self) -> None:
        # The office's store may be busy for longer; the answer gets as much time once more.
        if self.waits or self.loop.time() - self._since >= 2 * self.patience:
            # What was not taken is not kept by the system either.
            door.cut(self.transport.get_extra_info("socket"))
            self.transport.abort()
        else:
            self._deadline = self.loop.call_later(self.patience, self._too_long)

    def _make_room(self) -> None:
        """Of the address that has the most, the connection that has waited for the longest."""
        # Whoever has just come in is about to ask, unless there are too many of those.
        since = self.loop.time() - (GRACE if len(self.connections) <= CONNECTIONS else 0.0)
        waiting = [
            one
            for one in self.connections
            if isinstance(one, _Connection)
            and one is not self
            and one.waits
            and one._since <= since
        ]
        if not waiting:
            return
        hosts = [one.client[0] if one.client else "" for one in waiting]
        busiest = max(hosts, key=hosts.count)
        evicted = min(
            (one for one, host in zip(waiting, hosts, strict=True) if host == busiest),
            key=lambda one: one._since,
        )
        self.connections.discard(evicted)
        evicted.transport.abort()


def _config(app: Any, patience: float) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=type("Connection", (_Connection,), {"patience": patience}),
        ws="none",
        lifespan="off",
        log_config=None,
        # What anybody can cause from outside would fill the log.
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=16_384,
    )


def _run(server: _Server, listening: socket.socket) -> None:
    try:
        server.run(sockets=[listening])
    except Exception as error:
        log_fault("serving the web pages", error)
    finally:
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError):
        raise WebProblem(
            f"The web pages are not served: '{host}' is no address of this machine;"
            " correct [web] host."
        ) from None
    family, kind, protocol, _, address = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            # A port whose last connections are still being forgotten is free.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        # Now: two that only bind would both succeed.
        listening.listen(door.BACKLOG)
    except OSError as error:
        listening.close()
        raise WebProblem(_why(error, host, port)) from None
    return listening


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"The web pages are not served here: port {port} is in use, by another desk or"
            " another program; set [web] port to one that is free."
        )
    if error.errno == errno.EACCES:
        return (
            f"The web pages are not served: port {port} is not for every program;"
            " set [web] port to one above 1023."
        )
    return (
        f"The web pages are not served: {host}, port {port} cannot be used"
        f" ({os.strerror(error.errno) if error.errno else 'no reason was given'});"
        " correct [web] host and port."
    )
