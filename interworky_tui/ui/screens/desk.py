"""The desk: what its keys and the outside world do to what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Input

from interworky_tui.domain import lifecycle
from interworky_tui.domain.appointment import Status
from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.errors import Refusal, StoreProblem
from interworky_tui.domain.text import clean_line
from interworky_tui.storage.card import Card
from interworky_tui.storage.rows import Row
from interworky_tui.ui import flows, keys, next_up
from interworky_tui.ui.caller_digits import CallerDigits
from interworky_tui.ui.messages import (
    FirstRowsShown,
    KeysReady,
    MinutePassed,
    OfficeOpened,
    StoreChanged,
    VisitsCameDue,
)
from interworky_tui.ui.screens.desk_marks import DeskMarks
from interworky_tui.ui.widgets.appointment_list import AppointmentList
from interworky_tui.ui.widgets.bars import TabBar, TooSmall

if TYPE_CHECKING:
    from interworky_tui.services.context import Changed
    from interworky_tui.ui.app import DeskApp
    from interworky_tui.ui.help_content import HelpPart

SMALLEST = (60, 16)
CARD_DELAY = 0.1
"""Seconds that the cursor rests before the card is read, so that a held key stays quick."""
AHEAD_DELAY = 1.0
"""Seconds after a change before anything is read that only a key shows."""


_NOT_HERE = {
    "view": "There is no feedback to read here yet.",
    "survey": "The survey is shown once feedback was asked for, and until it is answered.",
}
_BY_INTEREST = (Status.SCHEDULED, *Status)


class DeskScreen(CallerDigits, DeskMarks):
    BINDINGS = [key.binding() for key in keys.KEYS]  # noqa: RUF012
    opening_keys = frozenset(pressed for key in keys.OPENING for pressed in key.keys.split(","))

    _card_timer: Timer | None = None
    _minute: datetime | None = None
    _changed_here: Collection[int] = ()

    def on_mount(self) -> None:
        if self.ready:
            self.begin_list()
        self._first_rows()

    @work(name="first rows")
    async def _first_rows(self) -> None:
        if self.ready:
            await self.rows.settled()
        self.call_after_refresh(self.post_message, FirstRowsShown())
        if self.ready:
            self._look_for_arrivals()

    @on(Resize)
    def _fit(self, event: Resize) -> None:
        width, height = event.size
        tiny = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(tiny, "-tiny")
        self.query(TooSmall).remove()
        if tiny:
            self.mount(TooSmall(width, height))
        self.call_after_refresh(self.show_everything)

    @on(OfficeOpened)
    def _opened(self) -> None:
        from interworky_tui.services.contacts import show_phone

        country = self.settings.office.country
        self.phone = lambda number: show_phone(number, country)
        self.rows.phone = self.phone
        if not self.ready:
            self.ready = True
            self.show_list()
        self._look_for_arrivals()
        self.show_card()

    @on(StoreChanged)
    @on(VisitsCameDue)
    def refresh_all(self) -> None:
        """Read again what is on screen; the cursor stays on its row."""
        self.ahead.drop()
        self.read_ahead()
        if self.ready:
            self.rows.reload()
            self.recount()
            self._read_card()

    @work(group="ahead", exclusive=True)
    async def read_ahead(self) -> None:
        """What a key may open next, once it is quiet here."""
        if not self.is_current or not (self.ahead.days or self.freed):
            return
        from interworky_tui.services import day, refill

        await asyncio.sleep(AHEAD_DELAY)
        wanted: list[Callable[[], Awaitable[object]]] = []
        if self.freed:
            wanted.append(partial(self.ahead.ask, refill.latest))
        if self.ahead.days:
            today = office_day(self.clock(), self.zone)
            wanted.append(partial(self.ahead.ask, day.look, today, but=None))
        await self.ahead.read(*wanted)

    @on(StoreChanged)
    @work(group="arrivals")
    async def _look_for_arrivals(self) -> None:
        for toast in await self.arrivals.look():
            if toast.rings:
                self.app.bell()
            self.notify(
                toast.message,
                title=toast.title,
                severity=toast.severity,
                timeout=toast.timeout,
                markup=False,
            )

    @on(MinutePassed)
    def _tick(self) -> None:
        if self.last and self.last[2]:
            self.show_status()
            self.show_card()
        minute = self.clock().replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            self.show_header()
            self.refresh_all()

    # The selected appointment

    @on(AppointmentList.CursorMoved)
    def _selected(self, event: AppointmentList.CursorMoved) -> None:
        if self.found and (event.row is None or event.row.id != self.standing.row):
            self.say_found("")
        if self._card_timer is not None:
            self._card_timer.stop()
        self._card_timer = self.set_timer(CARD_DELAY, self._read_card)

    @work(group="card", exclusive=True)
    async def _read_card(self) -> None:
        card = await self.fetch_card()
        if card and card.appointment.status is Status.REQUESTED and self.is_current:
            await self.ahead.read(partial(self._begin_time, card.appointment.id))

    async def _begin_time(self, appointment_id: int) -> None:
        """What is shown before a request is given a time."""
        # What it needs is imported as the office is opened, behind the first rows.
        await self.hands.office()
        from interworky_tui.services import proposing

        await self.ahead.ask(proposing.begin, appointment_id)

    async def fetch_card(self) -> Card | None:
        """The card of the row under the cursor, as it is in the store now."""
        row = await self.rows.settled()
        try:
            self.card = await self.reads.card(row.id) if row else None
        except StoreProblem:
            if row and self.card and self.card.appointment.id != row.id:
                # So that nobody takes it for that of this row.
                self.card = None
            raise
        finally:
            self.show_card()
        cast("DeskApp", self.app).say_where()
        return self.card

    @on(AppointmentList.CursorRowLeft)
    def _row_left(self, event: AppointmentList.CursorRowLeft) -> None:
        if event.id in self._changed_here:
            return
        self.notify(f"{event.name} is no longer in this tab.", markup=False, timeout=4)

    @on(AppointmentList.LoadFailed)
    def _not_read(self, event: AppointmentList.LoadFailed) -> None:
        if isinstance(event.problem, StoreProblem):
            cast("DeskApp", self.app).not_read(event.problem)
        else:
            self.notify(event.problem.sentence, severity="error", markup=False)

    @on(AppointmentList.RowChosen)
    async def _chosen(self) -> None:
        await self.run_action("natural")

    # Verbs: the domain says whether, a flow asks the person and calls the service

    def action_natural(self) -> None:
        self._begin(self._natural)

    async def _natural(self, card: Card) -> None:
        verb, row = lifecycle.natural_verb(card.appointment, self.clock()), self.rows.cursor_row
        before = self.last
        if verb is not None:
            await self._verb(keys.key_of(verb), card, natural=True)
        elif card.survey is not None:
            await self._verb(keys.OF_NAME["view"], card)
        else:
            raise Refusal("Nothing is left to do here.")
        if row and (self.last is not before or row.unread_low):
            await self._go_on(row)

    async def _go_on(self, row: Row) -> None:
        """From a row that is done with to the next in its tab that needs a person."""
        following = await next_up.following(self.reads, row, self.clock(), self.query_text)
        here = await self.rows.settled()
        if following is not None and here is not None and here.id != following:
            self.rows.select(following)

    def action_do(self, name: str) -> None:
        """Start the flow of a key, by the key's name."""
        key = keys.OF_NAME[name]
        if key.group == keys.VISIT:
            self._begin(partial(self._verb, key))
        else:
            self.begin(lambda: flows.find(key.flow)(self))

    def _begin(self, verb: Callable[[Card], Awaitable[None]]) -> None:
        async def begin() -> None:
            card = await self.fetch_card()
            if card is None:
                raise Refusal("Select an appointment first.")
            await verb(card)

        self.begin(begin)

    async def _verb(self, key: keys.Key, card: Card, *, natural: bool = False) -> None:
        verb = self.verb_of(key)
        if verb is not None:
            against = lifecycle.refusal(card.appointment, verb, self.clock())
            if against is not None:
                raise against
        elif card.appointment.status not in key.statuses:
            raise Refusal(_NOT_HERE[key.name])
        await flows.find((natural and key.natural) or key.flow)(self, card)

    def say_done(self, text: str, changed: Changed) -> None:
        """What was just done, with the time in which it can be undone."""
        self.last = (text, clean_line(changed.client.name), changed.undo_until)
        self.freed = ""
        self.found, self.done_at = "", self.clock()
        self._changed_here = {changed.appointment.id, *changed.also}
        self.show_status()
        self.refresh_all()

    # The desk

    def go_to(self, target: int | str | None) -> None:
        self.begin(partial(self.turn_to, target))

    async def turn_to(self, target: int | str | None) -> None:
        """Turn to an appointment, by its id, or to the first tab that has a client's number."""
        row = await self.reads.row(target) if isinstance(target, int) else None
        if row is not None:
            await self.leave_search()
            self.action_tab(row.status.value)
            self.rows.select(row.id)
        elif isinstance(target, str):
            self.hands.curtain.check()
            await self._find(target)

    async def _find(self, number: str) -> None:
        found = (await self.reads.counts(self.clock(), number)).of
        first = next((status for status in _BY_INTEREST if found.get(status)), self.current)
        await self.action_search()
        if self.search_box is not None:
            self.search_box.entry.value = number
        self.query_text = number
        self.action_tab(first.value)
        self.rows.focus()

    def help_parts(self) -> list[HelpPart]:
        from interworky_tui.ui.help_content import of_desk

        status = self.card.appointment.status if self.card else None
        return of_desk(status, self.offered(), self.counts, self.settings.previewed)

    def action_palette(self) -> None:
        self.app.action_command_palette()

    async def action_theme(self) -> None:
        await self.app.run_action("next_theme")

    async def action_leave(self) -> None:
        await self.app.run_action("leave")

    # Tabs, search and scrolling

    @on(TabBar.TabChosen)
    def _tab_chosen(self, event: TabBar.TabChosen) -> None:
        self.action_tab(event.status.value)

    def action_tab(self, status: str) -> None:
        self.current = Status(status)
        self.show_tabs()
        self.show_list()

    def action_next_tab(self, step: int) -> None:
        order = list(Status)
        following = order[(order.index(self.current) + step) % len(order)]
        self.action_tab(following.value)

    async def action_search(self) -> None:
        if self.search_box is None:
            from interworky_tui.ui.widgets.search_box import SearchBox

            self.search_box = SearchBox()
            self.search_box.entry.password = self.hands.curtain.drawn
            await self.mount(self.search_box, after=self.tabs)
        self.set_focus(self.search_box.entry)
        self.post_message(KeysReady())

    @on(Input.Changed, "#query")
    def _searched(self, event: Input.Changed) -> None:
        self.query_text = event.value.strip()
        self.show_list()

    @on(Input.Submitted, "#query")
    def _search_done(self) -> None:
        self.rows.focus()

    async def action_clear(self) -> None:
        if not self.rows.unmark():
            await self.leave_search()

    async def leave_search(self) -> None:
        if self.search_box is not None:
            box, self.search_box = self.search_box, None
            self.rows.focus()
            await box.remove()
            self.query_text = ""
            self.show_list()

    def action_scroll_card(self, step: int) -> None:
        self.card_text.scroll_by(step * 4)
