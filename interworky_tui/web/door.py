"""Where connections come in: no more of them than the desk beside it can bear.

Each connection that is taken on costs a parser and a task, and in a program of threads that is
paid by the desk's keys. One beyond the limits is closed before it costs anything.
"""

import asyncio
import math
import os
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from interworky_tui.config import is_loopback
from interworky_tui.jobs import log_fault
from interworky_tui.web.limits import Kind, Limits, network

BACKLOG = 512
"""Connections that the system keeps until they are looked at; beyond, callers try again later."""
AT_A_TIME = 64
"""Connections that are looked at before everything else has its turn."""
PAUSE = 0.02
"""Seconds in which nothing is taken on after one was turned away: one wake-up for many."""
RECOVERY = 0.2
"""Seconds that are waited when the system gives no connection, as with too many open files."""
SAY_AGAIN = 600.0
"""Seconds without such a fault after which the next one is news."""

_AT_ONCE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


def cut(connection: socket.socket) -> None:
    """When it is closed, the system does not keep what was not taken either."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)


async def let_in(
    listening: socket.socket, protocol: Callable[[], asyncio.BaseProtocol], limits: Limits
) -> None:
    """Take on connections until it is cancelled; no fault ends it. ``listening`` stays open."""
    loop = asyncio.get_running_loop()
    listening.setblocking(False)
    failed = -math.inf
    while True:
        try:
            if await _turned_one_away(listening, protocol, limits):
                await asyncio.sleep(PAUSE)
        except ConnectionError:
            await asyncio.sleep(0)  # whoever knocked has gone; others have their turn
        except Exception as error:
            if loop.time() - failed > SAY_AGAIN:
                log_fault("taking on a connection to the web pages", error)
            failed = loop.time()
            await asyncio.sleep(RECOVERY)


async def _turned_one_away(
    listening: socket.socket, protocol: Callable[[], asyncio.BaseProtocol], limits: Limits
) -> bool:
    """Wait for a connection and look at it and at those behind it; whether there were too many."""
    loop = asyncio.get_running_loop()
    first = await _first(listening)
    too_many = False
    for arrived, address in chain(first, _waiting(listening)):
        if limits.allows(Kind.CONNECT, whose(address[0])):
            await loop.connect_accepted_socket(protocol, arrived)
        else:
            too_many = True
            with suppress(OSError):
                cut(arrived)
            arrived.close()
    return too_many


async def _first(listening: socket.socket) -> Sequence[tuple[socket.socket, Any]]:
    """Wait until somebody is there, and leave them there where the system can say so.

    The loop's own accept loses, open, who comes just as it is cancelled.
    """
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(listening, came.set)
    except NotImplementedError:  # on Windows
        return (await loop.sock_accept(listening),)
    try:
        await came.wait()
    finally:
        loop.remove_reader(listening)
    return ()


def _waiting(listening: socket.socket) -> Iterator[tuple[socket.socket, Any]]:
    """Who has come already."""
    with suppress(BlockingIOError, InterruptedError):
        for _ in range(AT_A_TIME):
            yield listening.accept()


def whose(host: str) -> str | None:
    """Who is counted by themselves: nobody on this machine, who may be a proxy for everybody."""
    return None if is_loopback(host) or is_loopback(network(host)) else host
