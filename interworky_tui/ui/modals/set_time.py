"""Set or update the time: typed, read back in full, and warned of before it is saved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from textual import on, work
from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui.domain.calendar import office_day, say_moment, say_span
from interworky_tui.domain.errors import BadInput, DoubleBooked, Refusal, TimeNotUnderstood
from interworky_tui.services.context import Changed
from interworky_tui.ui.card_content import Told, wish
from interworky_tui.ui.modals.dialog import Dialog, field, reading
from interworky_tui.ui.notice_content import in_short, texts

if TYPE_CHECKING:
    from interworky_tui.domain.appointment import Appointment
    from interworky_tui.domain.typed_time import Reading
    from interworky_tui.services.notice_preview import Preview
    from interworky_tui.services.scheduling import Booked

_BOOKED_SHOWN = 2
TWICE = (
    "The clock shows this time twice that night: Ctrl+E takes the earlier one, Ctrl+L the later."
)


class TimeDesk(Protocol):
    """What the modal asks of the office while the person types."""

    async def read(self, text: str) -> Reading: ...

    async def in_the_way(self, starts_at: datetime, ends_at: datetime) -> list[Booked]: ...

    async def preview(self, starts_at: datetime, minutes: int) -> Preview: ...

    async def save(self, starts_at: datetime, minutes: int, override: bool) -> Changed: ...


class SetTimeDialog(Dialog[Changed]):
    BINDINGS = [  # noqa: RUF012
        Binding("ctrl+o", "override", "Book both", priority=True),
        Binding("ctrl+e", "half(False)", "The earlier one", priority=True),
        Binding("ctrl+l", "half(True)", "The later one", priority=True),
    ]

    keys = (("Enter", "Save", "submit"), ("Esc", "Back", "leave"), ("PgDn", "Read on", "scroll(3)"))

    def __init__(self, name: str, appointment: Appointment, told: Told, desk: TimeDesk) -> None:
        super().__init__()
        self.title_text = f"{'Update' if appointment.starts_at else 'Set'} the time: {name}"
        self._appointment, self._told, self._desk = appointment, told, desk
        self._override = False
        self._later: bool | None = None

    def content(self) -> Iterable[Widget]:
        appointment = self._appointment
        yield Static(
            f"Wished for: {wish(appointment, self._told.bands)}", classes="said", markup=False
        )
        yield field(
            "When",
            "when",
            value=self._exact_wish(),
            placeholder="fri 14:30, tomorrow 3pm, in 45 min, 20 march 10:00",
        )
        yield field("Minutes", "minutes", value=str(self._length()), short=True)
        yield Static("", id="echo", classes="said", markup=False)
        yield reading("texts")

    def _exact_wish(self) -> str:
        """Offered as it stands: typing replaces it, Enter takes it."""
        wished = self._appointment.wish_time
        return f"{wished:%H:%M}" if wished and not self._appointment.starts_at else ""

    def _length(self) -> int:
        appointment = self._appointment
        if appointment.starts_at and appointment.ends_at:
            return int((appointment.ends_at - appointment.starts_at) / timedelta(minutes=1))
        return 30

    def _minutes(self) -> int:
        text = self.typed("minutes").strip()
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 24 * 60):
            raise BadInput("Minutes: a whole number from 1 to 1440.", "minutes")
        return int(text)

    @on(Input.Changed)
    def _typed(self) -> None:
        self._override, self._later = False, None
        self.tell("")
        self._echo()

    @work(group="echo", exclusive=True)
    async def _echo(self) -> None:
        said = wording = Content("")
        if self.typed("when").strip():
            try:
                said, wording = await self._reading_back()
            except Refusal as refused:
                said = Content.styled(refused.sentence, "$warning")
        self.say("echo", said)
        self.say("texts", wording)

    async def _reading_back(self) -> tuple[Content, Content]:
        """How the typed time is understood with what speaks against it, and the texts."""
        reading = await self._desk.read(self.typed("when"))
        minutes = self._minutes()
        moment = reading.other if reading.other and self._later else reading.starts_at
        ends = moment + timedelta(minutes=minutes)
        parts = [self._say(moment, ends)]
        if reading.other:
            parts.append(self._say_fold())
        taken = await self._desk.in_the_way(moment, ends)
        parts += [self._say_booked(booked) for booked in taken[:_BOOKED_SHOWN]]
        if len(taken) > _BOOKED_SHOWN:
            more = f"and {len(taken) - _BOOKED_SHOWN} more at that time"
            parts.append(Content.styled(more, "$warning bold"))
        parts += self._outside_wish(moment)
        preview = await self._desk.preview(moment, minutes)
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

    def _outside_wish(self, moment: datetime) -> list[Content]:
        appointment, told = self._appointment, self._told
        notes = []
        if office_day(moment, told.zone) != appointment.requested_date:
            notes.append("another day than wished for")
        elif appointment.band:
            band = told.bands.get(appointment.band)
            at = moment.astimezone(told.zone).time()
            if band and not band.start <= at < band.end:
                notes.append(f"outside the wished {band.label}")
        return [Content.styled(f"Note: {note}.", "$text-muted") for note in notes]

    async def send(self) -> Changed:
        reading = await self._desk.read(self.typed("when"))
        if reading.other and self._later is None:
            raise TimeNotUnderstood(TWICE)
        moment = reading.other if reading.other and self._later else reading.starts_at
        return await self._desk.save(moment, self._minutes(), self._override)

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
