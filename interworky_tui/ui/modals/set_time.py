"""Set or update the time: typed, read back in full, and warned of before it is saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Protocol

from textual import on, work
from textual.binding import Binding
from textual.content import Content
from textual.events import DescendantFocus, Key
from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui.domain.calendar import office_day, say_span
from interworky_tui.domain.errors import BadInput, DoubleBooked, Refusal
from interworky_tui.services.context import Changed
from interworky_tui.ui.card_content import Told, wish
from interworky_tui.ui.messages import KeysReady
from interworky_tui.ui.modals.dialog import field, reading
from interworky_tui.ui.modals.time_choice import TimeChoice, minutes_of
from interworky_tui.ui.widgets.suggestions import NOT_TYPED, Suggestions

if TYPE_CHECKING:
    from interworky_tui.domain.appointment import Appointment
    from interworky_tui.domain.slots import Slot
    from interworky_tui.domain.typed_time import Reading
    from interworky_tui.services.proposing import Beginning, Outlook

_ROOM = 5
"""Lines about the choice that a low screen has room for beside the slots and the texts."""
_REST = 0.03
"""Seconds on a slot before what it means is read, so that the cursor moves first."""
_ENTER = frozenset({"enter"})
_FIRST_KEYS = _ENTER | frozenset(ascii_letters + digits) - frozenset(NOT_TYPED)
GONE = "That slot was taken in the meantime; here is what is free now."


class TimeDesk(Protocol):
    """What the modal asks of the office while the person types."""

    async def suggest(self, minutes: int) -> tuple[Slot, ...]: ...

    async def read(self, text: str) -> Reading: ...

    async def outlook(self, starts_at: datetime, ends_at: datetime) -> Outlook: ...

    async def save(self, starts_at: datetime, minutes: int, override: bool) -> Changed: ...


class SetTimeDialog(TimeChoice):
    """``begun`` is what is offered until another length is typed.

    ``offers_first``: the free slots have the focus, so that a digit takes one at once.
    """

    BINDINGS = [  # noqa: RUF012
        Binding("tab", "turn(1)", "Next field", priority=True, show=False),
        Binding("shift+tab", "turn(-1)", "Previous field", priority=True, show=False),
        Binding("down", "offers", "Free slots", show=False),
        Binding("up", "offers", "Free slots", show=False),
    ]

    AUTO_FOCUS = ""

    def __init__(
        self,
        name: str,
        appointment: Appointment,
        told: Told,
        desk: TimeDesk,
        begun: Beginning,
        *,
        offers_first: bool = False,
    ) -> None:
        super().__init__(told)
        self.title_text = f"{'Update' if appointment.starts_at else 'Set'} the time: {name}"
        self._appointment, self._desk = appointment, desk
        self._offers_first = offers_first
        self._first = begun.first if offers_first else None
        self._picked: Slot | None = None
        self._looked_for = begun.minutes
        self._said_lines = 0
        self.keys = self._keys()
        self.offers = Suggestions(
            told.zone,
            self.begin_typing,
            begun.slots,
            focused=offers_first and bool(begun.slots),
            id="offers",
        )

    def _keys(self) -> Sequence[tuple[str, str, str]]:
        save, back = ("Enter", "Save", "submit"), ("Esc", "Back", "leave")
        more = ("PgDn", "Read on", "scroll(3)")
        if self._offers_first:
            return (("1-3", "Take", ""), save, ("Tab", "Type a time", "turn(1)"), back, more)
        return (save, ("↓", "Free slots", "offers"), back, more)

    def opens(self, event: Key) -> bool:
        """A digit may save; the character that begins a typed time goes before those after it."""
        return event.key in (_FIRST_KEYS if self._offering else _ENTER)

    @property
    def _offering(self) -> bool:
        """The slots have the focus; the screen knows it before they do."""
        return self.focused is self.offers

    def content(self) -> Iterable[Widget]:
        appointment = self._appointment
        yield Static(
            f"Wished for: {wish(appointment, self.told.bands)}", classes="said", markup=False
        )
        when = field(
            "When",
            "when",
            value=self._exact_wish(),
            placeholder="fri 14:30, tomorrow 3pm, in 45 min, 20 march 10:00",
        )
        yield from (self.offers, when) if self._offers_first else (when, self.offers)
        yield field("Minutes", "minutes", value=str(self._looked_for), short=True)
        said = wording = Content("")
        if self._offers_first and self.offers.current and self._first:
            said, wording = self._say_slot(self.offers.current, self._first)
        self._said_lines = len(said.plain.splitlines())
        yield Static(said, id="echo", classes="said", markup=False)
        yield reading("texts", wording)

    def on_mount(self) -> None:
        begins = self._offers_first and self.offers.slots
        self.set_focus(self.offers if begins else self.query_one("#when", Input))
        self._fit(error=False)

    def _exact_wish(self) -> str:
        """Offered as it stands: typing replaces it, Enter takes it."""
        wished = self._appointment.wish_time
        if self._offers_first or self._appointment.starts_at or not wished:
            return ""
        return f"{wished:%H:%M}"

    def _minutes(self) -> int:
        text = self.typed("minutes").strip()
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 24 * 60):
            raise BadInput("Minutes: a whole number from 1 to 1440.", "minutes")
        return int(text)

    # The free slots

    @work(group="look", exclusive=True)
    async def _look(self) -> None:
        """Look for slots of the length that is typed."""
        try:
            self._looked_for, self._first = self._minutes(), None
        except BadInput:
            # It is being typed anew, and looked for after that.
            return
        try:
            self.offers.show(await self._desk.suggest(self._looked_for))
        except Refusal as refused:
            self.tell(refused.sentence)
        self.echo()

    def begin_typing(self, text: str) -> None:
        """What is pressed beside the slots begins a typed time."""
        entry = self.query_one("#when", Input)
        entry.select_on_focus = False
        self.set_focus(entry)
        entry.value = ""
        entry.insert_text_at_cursor(text)
        self.post_message(KeysReady())

    @on(Suggestions.Taken)
    def _take(self, event: Suggestions.Taken) -> None:
        self._picked = event.slot
        self.action_submit()

    @on(Suggestions.Left)
    def _left(self) -> None:
        self.set_focus(self.query_one("#when", Input))

    @on(Suggestions.Moved)
    def _moved(self) -> None:
        self.tell("")
        self.echo(after=_REST)

    @on(DescendantFocus)
    def _entered(self) -> None:
        self.tell("")
        self.echo()

    def tell(self, sentence: str) -> None:
        super().tell(sentence)
        self._fit(bool(sentence))

    def _fit(self, error: bool) -> None:
        """On a low screen the slots or the texts give way to what is said of the choice."""
        crowded = error or self._said_lines > _ROOM
        self.offers.set_class(crowded and not self._offering, "-folded")
        self.set_class(crowded and self._offering, "-tight")

    def _slot(self) -> Slot | None:
        """The slot that Enter takes: under the cursor, or named in the field by its digit."""
        if self._offering:
            return self.offers.current
        return self.offers.of_digit(self.typed("when").strip())

    def action_offers(self) -> None:
        self.offers.remove_class("-folded")
        self.offers.focus()

    def action_turn(self, step: int) -> None:
        """To the next field, or the slots, in the order in which they stand."""
        when, minutes = self.query_one("#when", Input), self.query_one("#minutes", Input)
        ring: list[Widget] = [when, self.offers, minutes]
        if self._offers_first:
            ring = [self.offers, when, minutes]
        at = ring.index(self.focused) if self.focused in ring else 0
        self.offers.remove_class("-folded")
        there = ring[(at + step) % len(ring)]
        if isinstance(there, Input):
            # At once: the next letter may have been typed already.
            self.set_focus(there)
        else:
            # Once it is unfolded.
            there.focus()

    # What is typed

    @on(Input.Changed, "#minutes")
    def _minutes_typed(self, event: Input.Changed) -> None:
        text = event.value.strip()
        if text.isdecimal() and text != str(self._looked_for):
            with suppress(BadInput):
                self._minutes()
                self._look()

    def chosen(self) -> bool:
        return bool(self._slot() or self.typed("when").strip())

    def echoed(self, said: Content) -> None:
        self._said_lines = len(said.plain.splitlines())
        self._fit(any(error.has_class("-told") for error in self.query(".error")))

    async def read_back(self) -> tuple[Content, Content]:
        slot = self._slot()
        if slot is not None:
            # What was read before it opened is said once more as it gets the focus.
            first, self._first = self._first, None
            if first is None or slot is not self.offers.slots[0]:
                first = await self._desk.outlook(slot.starts_at, slot.ends_at)
            return self._say_slot(slot, first)
        reading = await self._desk.read(self.typed("when"))
        moment = self.meant(reading)
        ends = moment + timedelta(minutes=self._minutes())
        outlook = await self._desk.outlook(moment, ends)
        return self._say_outlook(moment, ends, self.say_twice(reading), outlook)

    def _say_slot(self, slot: Slot, outlook: Outlook) -> tuple[Content, Content]:
        return self._say_outlook(slot.starts_at, slot.ends_at, [], outlook)

    def _say_outlook(
        self, moment: datetime, ends: datetime, twice: Sequence[Content], outlook: Outlook
    ) -> tuple[Content, Content]:
        notes = [*self._outside_wish(moment), *outlook.notes]
        parts = [
            self.say_time(moment, ends, self._away(moment)),
            *twice,
            *self.say_against(outlook.taken, notes),
        ]
        return self.say_all(parts, outlook.preview)

    def _away(self, moment: datetime) -> str:
        until = (moment - self.told.now).total_seconds()
        span = say_span(until)
        return span if span == "now" else f"in {span}" if until > 0 else f"{span} ago"

    def _outside_wish(self, moment: datetime) -> list[str]:
        appointment, told = self._appointment, self.told
        if office_day(moment, told.zone) != appointment.requested_date:
            return ["another day than wished for"]
        band = told.bands.get(appointment.band)
        at = moment.astimezone(told.zone).time()
        if band and not band.start <= at < band.end:
            return [f"outside the wished {band.label}"]
        return []

    async def send(self) -> Changed:
        slot, self._picked = self._picked or self._slot(), None
        if slot is not None:
            return await self._take_slot(slot)
        moment = self.settled(await self._desk.read(self.typed("when")))
        return await self._desk.save(moment, self._minutes(), self.override)

    async def _take_slot(self, slot: Slot) -> Changed:
        minutes = minutes_of(slot.ends_at - slot.starts_at)
        try:
            return await self._desk.save(slot.starts_at, minutes, False)
        except DoubleBooked:
            self._look()
            raise Refusal(GONE) from None
