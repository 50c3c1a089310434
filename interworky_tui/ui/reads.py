"""The desk's reads, in threads of their own, so that the event loop never waits for one."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from interworky_tui import lanes
from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import StoreAway
from interworky_tui.domain.events import Channel, MessageState
from interworky_tui.storage.arrivals import Arrivals, Seen
from interworky_tui.storage.attention import Place, Waiting
from interworky_tui.storage.callers import Callers, ClientCard
from interworky_tui.storage.card import Card, MessageLine
from interworky_tui.storage.inbox import InboundLine
from interworky_tui.storage.queries import Reader, open_reader
from interworky_tui.storage.rows import PAGE, Counts, Key, Row
from interworky_tui.storage.waiting import CAP
from interworky_tui.ui.curtain import Curtain

T = TypeVar("T")


class Lane:
    """One connection in one thread; what is asked is answered in order, through the curtain."""

    def __init__(self, url: str, name: str, low_rating: int, curtain: Curtain) -> None:
        self._url, self._low_rating, self._curtain = url, low_rating, curtain
        self._reader: Reader | None = None
        self._thread = lanes.Lane(name)

    async def ask(self, question: Callable[[Reader], T]) -> T:
        found = await self._thread.ask(lambda: self._answer(question))
        return self._curtain.over(found)

    def close(self) -> None:
        self._thread.submit(self._close)
        self._thread.close()

    def _answer(self, question: Callable[[Reader], T]) -> T:
        try:
            return question(self._opened())
        except StoreAway:
            # This connection may have been lost, or cut, long ago; another one may be had.
            return question(self._opened())

    def _opened(self) -> Reader:
        if self._reader is None:
            self._reader = open_reader(self._url, low_rating=self._low_rating)
        return self._reader

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()


class Reads:
    """Rows have a lane of their own: a key never waits behind a count. Raises StoreProblem.

    ``low_rating`` and worse is low. What is personal is masked while the ``curtain`` is drawn.
    """

    def __init__(self, url: str, low_rating: int, curtain: Curtain | None = None) -> None:
        curtain = curtain or Curtain()
        self._rows = Lane(url, "rows", low_rating, curtain)
        self._side = Lane(url, "reads", low_rating, curtain)

    async def page(
        self,
        status: Status,
        *,
        after: Key | None = None,
        before: Key | None = None,
        limit: int = PAGE,
        search: str = "",
    ) -> list[Row]:
        return await self._rows.ask(
            lambda r: r.page(status, after=after, before=before, limit=limit, search=search)
        )

    async def last_page(self, status: Status, *, limit: int = PAGE, search: str = "") -> list[Row]:
        return await self._rows.ask(lambda r: r.last_page(status, limit=limit, search=search))

    async def page_at(
        self, status: Status, offset: int, *, limit: int = PAGE, search: str = ""
    ) -> list[Row]:
        return await self._rows.ask(lambda r: r.page_at(status, offset, limit=limit, search=search))

    async def row(self, appointment_id: int) -> Row | None:
        return await self._rows.ask(lambda r: r.row(appointment_id))

    async def among(self, status: Status, ids: Sequence[int]) -> Sequence[int]:
        return await self._rows.ask(lambda r: r.among(status, ids))

    async def position(self, status: Status, key: Key, *, search: str = "") -> tuple[int, int]:
        return await self._side.ask(lambda r: r.position(status, key, search=search))

    async def card(self, appointment_id: int) -> Card | None:
        return await self._rows.ask(lambda r: r.card(appointment_id))

    async def counts(self, now: datetime, search: str = "") -> Counts:
        return await self._side.ask(lambda r: r.counts(now, search=search))

    async def messages(
        self, limit: int, states: Sequence[MessageState] | None = None
    ) -> list[MessageLine]:
        return await self._side.ask(lambda r: r.messages(states, limit=limit))

    async def inbox(self, limit: int) -> list[InboundLine]:
        return await self._side.ask(lambda r: r.inbox(limit))

    async def callers(self, query: str, begins: Sequence[str] = ()) -> Callers:
        return await self._rows.ask(lambda r: r.callers(query, begins))

    async def client(self, client_id: int) -> ClientCard | None:
        return await self._rows.ask(lambda r: r.client(client_id))

    async def next_waiting(self, now: datetime, after: Place | None) -> Waiting | None:
        return await self._rows.ask(lambda r: r.next_waiting(now, after))

    async def arrivals(self, since: Seen | None) -> Arrivals:
        return await self._side.ask(lambda r: r.arrivals(since))

    async def waiting(self) -> dict[Channel, int]:
        """How many messages are still to leave by each channel, CAP at most in all."""
        lines = await self.messages(CAP, (MessageState.PENDING, MessageState.SENDING))
        return Counter(Channel(line.channel) for line in lines)

    def close(self) -> None:
        self._rows.close()
        self._side.close()
