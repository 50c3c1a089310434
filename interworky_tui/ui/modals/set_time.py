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
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui.domain.calendar import office_day, say_moment, say_span
from interworky_tui.domain.errors import BadInput, DoubleBooked, Refusal, TimeNotUnderstood
from interworky_tui.services.context import Changed
from interworky_tui.ui.card_content import Told, wish
from interworky_tui.ui.messages import KeysReady
from interworky_tui.ui.modals.dialog import Dialog, field, reading
from interworky_tui.ui.notice_content import in_short, texts
from interworky_tui.ui.widgets.suggestions import NOT_TYPED, Suggestions

if TYPE_CHECKING:
    from interworky_tui.domain.appointment import Appointment
    from interworky_tui.domain.slots import Slot
    from interworky_tui.domain.typed_time import Reading
    from interworky_tui.services.notice_preview import Preview
    from interworky_tui.services.scheduling import Booked

_BOOKED_SHOWN = 2
_ROOM = 5
"""Lines about the choice that a low screen has room for beside the slots and the texts."""
_ENTER = frozenset({"enter"})
_FIRST_KEYS = _ENTER | frozenset(ascii_letters + digits) - frozenset(NOT_TYPED)
TWICE = (
    "The clock shows this time twice that night: Ctrl+E takes the earlier one, Ctrl+B the later."
)
GONE = "That slot was taken in the meantime; here is what is free now."


class TimeDesk(Protocol):
    """What the modal asks of the office while the person types."""

    async def suggest(self, minutes: int) -> tuple[Slot, ...]: ...

    async def read(self, text: str) -> Reading: ...

    async def in_the_way(self, starts_at: datetime, ends_at: datetime) -> list[Booked]: ...

    async def against(self, starts_at: datetime, ends_at: datetime) -> tuple[str, ...]: ...

    async def preview(self, starts_at: datetime, minutes: int) -> Preview: ...

    async def save(self, starts_at: datetime, minutes: int, override: bool) -> Changed: ...


class SetTimeDialog(Dialog[Changed]):
    """``minutes`` is how long the visit takes unless another length is typed.

    ``offers_first``: the free slots have the focus, so that a digit takes one at once.
    """

    BINDINGS = [  # noqa: RUF012
        Binding("ctrl+o", "override", "Book both", priority=True),
        Binding("ctrl+e", "half(False)", "The earlier one", priority=True),
        Binding("ctrl+b", "half(True)", "The later one", priority=True),
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
        minutes: int,
        *,
        offers_first: bool = False,
    ) -> None:
        super().__init__()
        self.title_text = f"{'Update' if appointment.starts_at else 'Set'} the time: {name}"
        self._appointment, self._told, self._desk = appointment, told, desk
        self._length, self._offers_first = minutes, offers_first
        self._override = False
        self._later: bool | None = None
        self._picked: Slot | None = None
        self._looked_for: int | None = None
        self._said_lines = 0
        self.offers = Suggestions(told.zone, self.begin_typing, id="offers")

    @property
    def keys(self) -> Sequence[tuple[str, str, str]]:  # type: ignore[override]
        save, back = ("Enter", "Save", "submit"), ("Esc", "Back", "leave")
        more = ("PgDn", "Read on", "scroll(3)")
        if self._offers_first:
            return (("1-3", "Take", ""), save, ("Tab", "Type a time", "turn(1)"), back, more)
        return (save, ("↓", "Free slots", "offers"), back, more)

    @property
    def opening_keys(self) -> frozenset[str]:  # type: ignore[override]
        """A digit may save; the character that begins a typed time goes before those after it."""
        return _FIRST_KEYS if self._offering else _ENTER

    @property
    def _offering(self) -> bool:
        """The slots have the focus; the screen knows it before they do."""
        return self.focused is self.offers

    def content(self) -> Iterable[Widget]:
        appointment = self._appointment
        yield Static(
            f"Wished for: {wish(appointment, self._told.bands)}", classes="said", markup=False
        )
        when = field(
            "When",
            "when",
            value=self._exact_wish(),
            placeholder="fri 14:30, tomorrow 3pm, in 45 min, 20 march 10:00",
        )
        yield from (self.offers, when) if self._offers_first else (when, self.offers)
        yield field("Minutes", "minutes", value=str(self._length), short=True)
        yield Static("", id="echo", classes="said", markup=False)
        yield reading("texts")

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#when", Input))
        self._look()

    def ready(self) -> None:
        """Not before there is a slot for the digit that may have been pressed."""
        if not self._offers_first:
            super().ready()

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
        """Look for slots of the length that is typed; the first time, the focus may go there."""
        first, self._looked_for = self._looked_for is None, self._minutes()
        try:
            self.offers.show(await self._desk.suggest(self._looked_for))
        except Refusal as refused:
            self.tell(refused.sentence)
        if first and self._offers_first:
            if self.offers.slots:
                self.set_focus(self.offers)
            super().ready()
        self._echo()

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
        self.query_one("#when", Input).focus()

    @on(Suggestions.Moved)
    @on(DescendantFocus)
    def _moved(self) -> None:
        self.tell("")
        self._echo()

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
        ring[(at + step) % len(ring)].focus()

    # What is typed

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._override, self._later = False, None
        self.tell("")
        text = event.value.strip()
        if event.input.id == "minutes" and text.isdecimal() and text != str(self._looked_for):
            with suppress(BadInput):
                self._minutes()
                self._look()
        self._echo()

    @work(group="echo", exclusive=True)
    async def _echo(self) -> None:
        said = wording = Content("")
        if self._slot() or self.typed("when").strip():
            try:
                said, wording = await self._reading_back()
            except Refusal as refused:
                said = Content.styled(refused.sentence, "$warning")
        self.say("echo", said)
        self.say("texts", wording)
        self._said_lines = len(said.plain.splitlines())
        self._fit(any(error.has_class("-told") for error in self.query(".error")))

    async def _reading_back(self) -> tuple[Content, Content]:
        """How the choice is understood with what speaks against it, and the texts."""
        slot, reading = self._slot(), None
        if slot is not None:
            moment, ends = slot.starts_at, slot.ends_at
        else:
            reading = await self._desk.read(self.typed("when"))
            moment = reading.other if reading.other and self._later else reading.starts_at
            ends = moment + timedelta(minutes=self._minutes())
        parts = [self._say(moment, ends)]
        if reading is not None and reading.other:
            parts.append(self._say_fold())
        taken = await self._desk.in_the_way(moment, ends)
        parts += [self._say_booked(booked) for booked in taken[:_BOOKED_SHOWN]]
        if len(taken) > _BOOKED_SHOWN:
            more = f"and {len(taken) - _BOOKED_SHOWN} more at that time"
            parts.append(Content.styled(more, "$warning bold"))
        notes = [*self._outside_wish(moment), *await self._desk.against(moment, ends)]
        if notes:
            parts.append(Content.styled(f"Note: {'; '.join(notes)}.", "$text-muted"))
        preview = await self._desk.preview(moment, (ends - moment) // timedelta(minutes=1))
        parts.append(in_short(preview.messages, self._told))
        return Content("\n").join(parts), texts(preview.messages)

    def _say(self, starts: datetime, ends: datetime) -> Content:
        told = self._told
        until = (starts - told.now).total_seconds()
        span = say_span(until)
        away = span if span == "now" else f"in {span}" if until > 0 else f"{span} ago"
        end = ends.astimezone(told.zone)
        return Content.assemble(
            Content.styled(f"{say_moment(starts, told.zone)}–{end:%H:%M}", "bold $success"),
            Content.styled(f"   {away}", "$text-muted"),
        )

    def _say_fold(self) -> Content:
        if self._later is None:
            return Content.styled(TWICE, "$warning")
        return Content.styled(f"The {'later' if self._later else 'earlier'} of two.", "bold")

    def _say_booked(self, booked: Booked) -> Content:
        zone = self._told.zone
        start, end = booked.starts_at.astimezone(zone), booked.ends_at.astimezone(zone)
        return Content.styled(
            f"DOUBLE BOOKING: {booked.client_name} has {start:%H:%M}–{end:%H:%M}."
            " Ctrl+O books both.",
            "$warning bold",
        )

    def _outside_wish(self, moment: datetime) -> list[str]:
        appointment, told = self._appointment, self._told
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
        reading = await self._desk.read(self.typed("when"))
        if reading.other and self._later is None:
            raise TimeNotUnderstood(TWICE)
        moment = reading.other if reading.other and self._later else reading.starts_at
        return await self._desk.save(moment, self._minutes(), self._override)

    async def _take_slot(self, slot: Slot) -> Changed:
        minutes = (slot.ends_at - slot.starts_at) // timedelta(minutes=1)
        try:
            return await self._desk.save(slot.starts_at, minutes, False)
        except DoubleBooked:
            self._look()
            raise Refusal(GONE) from None

    def refuse(self, refused: Refusal) -> None:
        super().refuse(refused)
        if isinstance(refused, DoubleBooked):
            self.tell(f"{refused.sentence} Ctrl+O books both.")

    def action_override(self) -> None:
        self._override = True
        self.action_submit()

    def action_half(self, later: bool) -> None:
        self._later = later
        self._echo()
