"""What the desk shows: header, tabs, list, card, status line and keys."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from interworky_tui.config import Settings
from interworky_tui.domain import lifecycle
from interworky_tui.domain.appointment import Status
from interworky_tui.domain.calendar import office_day, say_moment
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.events import Channel
from interworky_tui.storage.card import Card
from interworky_tui.storage.rows import Counts
from interworky_tui.ui import keys
from interworky_tui.ui.ahead import Ahead
from interworky_tui.ui.arrivals import ArrivalWatch
from interworky_tui.ui.card_content import card_body, card_title
from interworky_tui.ui.channel_content import header_notices, said_of_unresolved, said_of_work
from interworky_tui.ui.closing import is_closed
from interworky_tui.ui.curtain import Curtain
from interworky_tui.ui.hands import Hands
from interworky_tui.ui.next_up import Standing
from interworky_tui.ui.reads import Reads
from interworky_tui.ui.screens.office_screen import OfficeScreen
from interworky_tui.ui.widgets.appointment_list import AppointmentList
from interworky_tui.ui.widgets.bars import HeaderBar, KeyBar, Line, TabBar
from interworky_tui.ui.widgets.card_view import CardView
from interworky_tui.ui.widgets.list_columns import with_shorter

if TYPE_CHECKING:
    from interworky_tui.ui.widgets.search_box import SearchBox

_ASKING = (lifecycle.Verb.COLLECT_FEEDBACK, lifecycle.Verb.RESEND)
COUNT_DELAY = 0.15
"""Seconds that a search rests before its finds are counted in all tabs."""

_FRESH = timedelta(seconds=20)
"""What was done last goes before all that waits for so long."""

EMPTY = {
    Status.REQUESTED: "No open requests.\n\nn  file a new one\no  take over a CSV file",
    Status.SCHEDULED: "No visits are set.\n\n1  go to the requests; t sets a time",
    Status.ATTENDED: "Nobody to ask for feedback.\n\nA visit comes here when a confirms it.",
    Status.FEEDBACK_PENDING: "No answer is awaited.\n\nf asks for feedback in tab 3.",
    Status.FEEDBACK_COLLECTED: "No feedback yet.\n\nw writes an answer down in tab 4.",
    Status.CANCELLED: "Nothing was cancelled.",
}
WELCOME = (
    "Welcome. The desk is empty.\n\n"
    "n  file the first request\n"
    "o  take over a list from a CSV file\n"
    "?  see what else can be done"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A tab of the desk and the appointment in it that the cursor is on."""

    status: Status = Status.REQUESTED
    appointment_id: int | None = None


class DeskView(OfficeScreen[None]):
    """``ready`` says that the store exists and its rows can be read at once. ``place`` is where
    it begins.
    """

    AUTO_FOCUS = "#list"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (128, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-middling"), (22, "-roomy")]  # noqa: RUF012

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        reads: Reads,
        hands: Hands,
        *,
        previews: Path,
        ready: bool,
        demo: bool,
        place: Place | None = None,
    ) -> None:
        super().__init__(settings, clock, reads, hands)
        self.header, self.tabs = HeaderBar(id="header"), TabBar(id="tabs")
        self.title_line, self.actions = Line(id="title"), KeyBar(id="actions")
        self.card_text = CardView(id="card")
        self.status_line, self.key_bar = Line(id="status"), KeyBar(id="keys")
        self.search_box: SearchBox | None = None
        self.rows = AppointmentList(
            reads,
            zone=settings.zone,
            now=clock,
            band_label=self.bands.label,
            id="list",
        )
        self._begins = place or Place()
        self.current = self._begins.status
        self.arrivals = ArrivalWatch(reads, settings.feedback.low_rating, settings.zone)
        self.query_text = ""
        self.card: Card | None = None
        self.counts: Counts | None = None
        self.previews, self.ready, self._demo = previews, ready, demo
        self._shown_card: int | None = None
        self.last: tuple[str, str, datetime | None] | None = None
        self.freed = ""
        self.done_at: datetime | None = None
        self.found = ""
        self.standing = Standing()
        self.ahead = Ahead(hands)

    @property
    def here(self) -> Place:
        row = self.rows.cursor_row
        return Place(self.current, row.id if row else None)

    @property
    def about(self) -> int | None:
        return self.card.appointment.id if self.card else None

    def begin_list(self) -> None:
        """Show the list for the first time."""
        self.show_list()
        if self._begins.appointment_id is not None:
            self.rows.select(self._begins.appointment_id)

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.banner
        yield self.tabs
        with Vertical(id="body"):
            yield self.rows
            with Vertical(id="pane"):
                yield self.title_line
                yield self.card_text
                yield self.actions
        yield self.status_line
        yield self.key_bar

    def show_everything(self) -> None:
        self.show_header()
        self.show_tabs()
        self.show_keys()
        self.show_card()
        self.show_status()

    def show_header(self) -> None:
        now = self.clock()
        local = now.astimezone(self.zone)
        moments = (
            say_moment(now, self.zone),
            f"{local:%a} {local.day} {local:%b}, {local:%H:%M}",
            f"{local:%H:%M}",
        )
        labels = self.settings.previewed
        notices = header_notices(
            self.channels,
            [channel for channel in Channel if channel.label in labels],
            self.counts,
            demo=self._demo,
            curtain=self.hands.curtain.drawn,
            now=now,
            worker=self.company.worker,
        )
        self.header.show(self.settings.office.name, moments, notices)

    def show_channels(self) -> None:
        super().show_channels()
        self.show_header()

    def show_company(self) -> None:
        self.show_header()
        self.show_card()

    def show_tabs(self) -> None:
        self.tabs.show(self.current, self.counts)

    def show_keys(self) -> None:
        bar = [key for key in keys.KEYS if key.bar or (self._demo and key.name == "guide")]
        self.key_bar.show([(key.face, key.label, key.action) for key in bar], keep=("?", "q"))

    def show_list(self) -> None:
        self.rows.empty_hint = self._empty_hint()
        self.rows.show(self.current, self.query_text)
        self.recount(COUNT_DELAY if self.query_text else 0)

    @work(group="counts", exclusive=True)
    async def recount(self, after: float = 0) -> None:
        """Count what the tabs hold, or what of it the search finds; ``after`` some seconds."""
        await asyncio.sleep(after)
        self.counts = await self.reads.counts(self.clock(), self.query_text)
        self.rows.empty_hint = self._empty_hint()
        self.show_header()
        self.show_tabs()
        self.show_status()

    def _empty_hint(self) -> str:
        if self.query_text:
            return self._search_hint()
        if self.counts is not None and not any(self.counts.of.values()):
            return WELCOME
        return EMPTY[self.current]

    def _search_hint(self) -> str:
        found = self.counts.of if self.counts else {}
        elsewhere = [
            f"{number} {status.label}: {found[status]}"
            for number, status in enumerate(Status, 1)
            if status is not self.current and found.get(status)
        ]
        if elsewhere:
            return "Nobody here matches. Elsewhere:\n\n" + "\n".join(elsewhere)
        return "Nobody matches.\n\nEsc  leave the search\nn  file a new request"

    def show_card(self) -> None:
        card, told = self.card, self.told()
        if card is None:
            self.title_line.say(Content(""))
            self.card_text.show(Content(""), from_top=True)
            self.actions.show([])
            return
        appointment = card.appointment
        self.title_line.say(card_title(card, told, self.company.said_of(appointment.id)))
        self.card_text.show(card_body(card, told), from_top=appointment.id != self._shown_card)
        self._shown_card = appointment.id
        self.actions.show([(key.face, label, key.action) for key, label in self.offered()])

    def show_status(self) -> None:
        self.status_line.say(self._status())

    def _status(self) -> Content:
        """The most pressing of what there is to say."""
        done, counts, now = self.done_line(), self.counts, self.clock()
        undoable = self.last is not None and self.last[2] is not None and now < self.last[2]
        fresh = self.done_at is not None and now - self.done_at < _FRESH
        if self.found:
            undo = Content.styled(" u Undo ", "bold reverse") if undoable else Content("")
            return Content.assemble(" ", Content.styled(self.found, "bold"), "  ", undo)
        if done is not None and (undoable or fresh):
            return done
        closed = is_closed(self.settings.office, self.zone, now)
        if counts and counts.due and closed and not self.query_text:
            return Content.styled(f" {said_of_unresolved(counts)}: S", "$warning bold")
        if done is None and counts and (counts.trouble or counts.waiting):
            return Content.styled(f" {said_of_work(counts)}: press m", "$error bold")
        return done or Content("")

    def say_found(self, text: str) -> None:
        """What the cursor was led to; said until it moves on."""
        self.found = text
        self.show_status()

    def done_line(self) -> Content | None:
        """What was done last, and how long it can be undone; None before anything was."""
        if self.last is None:
            return None
        text, name, until = self.last
        left = (until - self.clock()).total_seconds() if until else 0
        if left <= 0:
            return Content.styled(f" {self.freed or text}", "$text-muted")
        seconds, key = max(1, round(left)), Content.styled(" u Undo ", "bold reverse")
        undo = Content.assemble(f"; word of it leaves in {seconds} s ", key)
        room = (self.size.width or self.app.size.width) - undo.cell_length - 1
        if self.freed:
            both = f"{text}. {self.freed}"
            if cell_len(both) > room:
                return Content.assemble(f" {self.freed}; {seconds} s ", key)
            text = both
        return Content.assemble(" ", with_shorter(name, text, room), undo)

    def say_freed(self, text: str) -> None:
        """After what was done: the time that it has freed."""
        self.freed = text
        self.show_status()

    def cover(self, curtain: Curtain) -> None:
        self.rows.cover(curtain.over)
        self.card = curtain.over(self.card)
        if self.last is not None:
            text, name, until = self.last
            named = curtain.over({"name": name})["name"]
            self.last = (curtain.scrub(text), named, until)
        self.found = ""
        if self.search_box is not None:
            self.search_box.entry.password = curtain.drawn
        self.show_header()
        self.show_card()
        self.show_status()

    def verb_of(self, key: keys.Key) -> lifecycle.Verb | None:
        status = self.card.appointment.status if self.card else None
        if key.verb is lifecycle.Verb.SCHEDULE and status is Status.SCHEDULED:
            return lifecycle.Verb.RESCHEDULE
        if key.verb is lifecycle.Verb.COLLECT_FEEDBACK and status is Status.FEEDBACK_PENDING:
            return lifecycle.Verb.RESEND
        if key.verb is lifecycle.Verb.ARRIVE and self.card and self.card.appointment.arrived_at:
            return lifecycle.Verb.NOT_ARRIVED
        return key.verb

    def offered(self) -> list[tuple[keys.Key, str]]:
        """The keys that the selected appointment's status allows, with what each says."""
        if self.card is None:
            return []
        appointment, now = self.card.appointment, self.clock()
        found = []
        for key in keys.VERB_KEYS:
            verb = self.verb_of(key)
            if verb is None:
                if appointment.status in key.statuses:
                    found.append((key, key.label))
            elif lifecycle.refusal(appointment, verb, now, self._known(verb)) is None:
                found.append((key, self._asked_today(verb) or keys.label_of(verb)))
        return found

    def _known(self, verb: lifecycle.Verb) -> lifecycle.Change | None:
        """What is known of a change before anybody is asked about it."""
        if verb is lifecycle.Verb.ARRIVE and self.card:
            return lifecycle.coming(self.card.appointment, self.clock(), self.zone)
        return None

    def _asked_today(self, verb: lifecycle.Verb) -> str:
        """From when the client may be asked again, when that is not now."""
        asked_on = self.card.asked_on if self.card else None
        today = office_day(self.clock(), self.zone)
        if verb not in _ASKING or asked_on is None or asked_on < today:
            return ""
        again = lifecycle.next_ask(asked_on)
        return "Again tomorrow" if asked_on == today else f"Again {again:%a} {again.day} {again:%b}"
