"""Connections without end: few are taken on, nobody else is locked out, no fault is for ever."""

import asyncio
import errno
import gc
import socket
import time
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress

import pytest

from interworky_tui.web import door
from interworky_tui.web.limits import BY_ADDRESS, IN_TOTAL, Kind, Limits
from tests.web.conftest import Serve, Site, Steady

TOTAL, EACH_SECOND = int(IN_TOTAL[Kind.CONNECT].burst), int(IN_TOTAL[Kind.CONNECT].per_second)
OWN = int(BY_ADDRESS[Kind.CONNECT].burst)
HERE = "127.0.0.1"


class Listening(socket.socket):
    """Whoever comes in comes from where the test says, or not at all."""

    comes_from = HERE
    fault: OSError | None = None
    taken = tries = 0

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        self.tries += 1
        if self.fault is not None:
            raise self.fault
        arrived, (_, port) = super().accept()
        self.taken += 1
        self.tries = 0
        return arrived, (self.comes_from, port)


class House:
    """What is behind the door: who was let in stays, and says nothing."""

    def __init__(self, listening: Listening, steady: Steady) -> None:
        self.listening, self.steady = listening, steady
        self.guests: list[asyncio.BaseTransport] = []

    def protocol(self) -> asyncio.Protocol:
        guests = self.guests

        class Guest(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                guests.append(transport)

        return Guest()

    async def lets_in(self, count: int, comes_from: str = HERE) -> int:
        """How many of so many who come at once."""
        self.listening.comes_from = comes_from
        before, all_taken = len(self.guests), self.listening.taken + count
        with ExitStack() as stack:
            for _ in range(count):
                stack.enter_context(socket.create_connection(self.listening.getsockname()))
            await until(lambda: self.listening.taken == all_taken and self.listening.tries > 0)
        return len(self.guests) - before


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not seen():
            await asyncio.sleep(0)


@asynccontextmanager
async def opened() -> AsyncIterator[House]:
    with Listening() as listening:
        listening.bind((HERE, 0))
        listening.listen(door.BACKLOG)
        house = House(listening, Steady())
        limits = Limits(house.steady)
        letting_in = asyncio.create_task(door.let_in(listening, house.protocol, limits))
        yield house
        letting_in.cancel()
        with suppress(asyncio.CancelledError):
            await letting_in
        for guest in house.guests:
            guest.close()
        await asyncio.sleep(0)


async def test_so_many_and_after_a_while_more() -> None:
    async with opened() as house:
        assert await house.lets_in(TOTAL + 100) == TOTAL
        assert await house.lets_in(3) == 0
        house.steady.now += 2
        assert await house.lets_in(100) == 2 * EACH_SECOND


async def test_one_address_leaves_room_for_the_others() -> None:
    async with opened() as house:
        assert await house.lets_in(400, "192.0.2.1") == OWN
        assert await house.lets_in(OWN, "192.0.2.2") == OWN
        assert await house.lets_in(1, "192.0.2.1") == 0


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("192.0.2.1", True),
        ("2001:db8::1", True),
        ("::ffff:192.0.2.1", True),
        ("fe80::1%eth0", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
    ],
)
def test_who_may_be_a_proxy_for_everybody(host: str, alone: bool) -> None:
    assert (door.whose(host) is not None) is alone


async def test_who_is_turned_away_is_told_at_once() -> None:
    async with opened() as house:
        await house.lets_in(TOTAL)
        with socket.create_connection(house.listening.getsockname()) as late:
            late.setblocking(False)
            with pytest.raises(ConnectionResetError):
                await asyncio.get_running_loop().sock_recv(late, 1)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EPROTO])
async def test_a_fault_of_the_system_passes_and_is_told_once(
    number: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(door, "RECOVERY", 0.001)
    async with opened() as house:
        for _ in range(2):
            await outage(house, OSError(number, "no more"))
    assert [record.getMessage().splitlines()[0] for record in caplog.records] == [
        "taking on a connection to the web pages: OSError"
    ]


async def test_who_has_gone_before_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    async with opened() as house:
        await outage(house, ConnectionAbortedError())
    assert caplog.records == []


async def outage(house: House, fault: OSError) -> None:
    """Whoever comes in it is let in when it is over."""
    guests = len(house.guests)
    house.listening.fault, house.listening.tries = fault, 0
    with socket.create_connection(house.listening.getsockname()):
        await until(lambda: house.listening.tries > 5)
        house.listening.fault = None
        await until(lambda: len(house.guests) > guests)


def connect(site: Site, times: int) -> None:
    """Come and hang up."""
    for _ in range(times):
        with suppress(ConnectionResetError):  # turned away before it was told that it had come
            socket.create_connection(site.at, timeout=10).close()


def test_a_flood_of_the_pages_ends(site: Site) -> None:
    connect(site, TOTAL + 400)
    with pytest.raises(ConnectionError):
        site.get("/health")
    site.steady.now += 1
    assert [site.get("/health").status for _ in range(5)] == [200] * 5


def test_the_pages_end_in_the_midst_of_a_flood(serve: Serve) -> None:
    with serve() as site:
        connect(site, TOTAL + 100)
        begun = time.monotonic()
        assert site.server.stop()
        assert time.monotonic() - begun < 1.5


async def test_who_comes_just_as_it_ends_is_not_left_open() -> None:
    with socket.create_server((HERE, 0)) as listening, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for turns in range(4):
            ending = asyncio.create_task(door.let_in(listening, asyncio.Protocol, Limits(Steady())))
            await asyncio.sleep(0.01)
            with socket.create_connection(listening.getsockname()):
                for _ in range(turns):
                    await asyncio.sleep(0)
                ending.cancel()
                with suppress(asyncio.CancelledError):
                    await ending
            gc.collect()
    assert [str(one.message) for one in told if one.category is ResourceWarning] == []
