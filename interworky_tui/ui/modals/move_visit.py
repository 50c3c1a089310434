"""Put a visit at another time: where it goes, what is in the way, who will be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from textual import on, work
from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.errors import DoubleBooked, Refusal, TimeNotUnderstood
from interworky_tui.domain.text import clean_line
from interworky_tui.services.context import Changed
from interworky_tui.ui.card_content import Told
from interworky_tui.ui.modals.dialog import Dialog, field, reading
from interworky_tui.ui.notice_content import in_short, texts

if TYPE_CHECKING:
    from interworky_tui.domain.slots import Span
    from interworky_tui.domain.typed_time import Reading
    from interworky_tui.services.day import Visit
    from interworky_tui.services.notice_preview import Preview
    from interworky_tui.services.scheduling import Booked

TWICE = (
    "The clock shows this time twice that night: Ctrl+E takes the earlier one, Ctrl+B the later."
)
_SHOWN = 2


class MoveDesk(Protocol):
    """What the modal asks of the office about the visit that is moved."""

    async def read(self, text: str) -> Reading:
        """A typed time; alone it is on the day that is shown."""
        ...

    async def in_the_way(self, starts_at: datetime) -> Sequence[Booked]: ...

    async def against(self, starts_at: datetime) -> Sequence[str]: ...

    async def preview(self, starts_at: datetime) -> Preview: ...

    async def save(self, starts_at: datetime, override: bool) -> Changed: ...


class MoveDialog(Dialog[Changed]):
    """Opens with the start of the gap that was chosen; a typed time takes its place."""

    BINDINGS = [  # noqa: RUF012
        Binding("ctrl+o", "override", "Book both", priority=True),
        Binding("ctrl+e", "half(False)", "The earlier one", priority=True),
        Binding("ctrl+b", "half(True)", "The later one", priority=True),
    ]
    keys = (("Enter", "Move", "submit"), ("Esc", "Back", "leave"), ("PgDn", "Read on", "scroll(3)"))

    def __init__(self, visit: Visit, gap: Span | None, told: Told, desk: MoveDesk) -> None:
        super().__init__()
        self.title_text = f"Move {clean_line(visit.client_name)}"
        self._visit, self._gap, self._told, self._desk = visit, gap, told, desk
        self._override = False
        self._later: bool | None = None
        self._offered = f"{gap[0].astimezone(told.zone):%H:%M}" if gap else ""

    def content(self) -> Iterable[Widget]:
        yield Static(f"From {self._say(self._visit.starts_at)}", classes="said", markup=False)
        yield field("To", "when", value=self._offered, placeholder="14:30, fri 9:00, tomorrow 3pm")
        yield Static("", id="echo", classes="said", markup=False)
        yield reading("texts")

    def on_mount(self) -> None:
        self._echo()

    def _say(self, start: datetime) -> str:
        end = (start + self._visit.length).astimezone(self._told.zone)
        minutes = self._visit.length // timedelta(minutes=1)
        return f"{say_moment(start, self._told.zone)}-{end:%H:%M}, {minutes} min"

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
        """Where it would go, what speaks against that, and the texts."""
        start, twice = await self._start()
        parts = [Content.styled(self._say(start), "bold $success")]
        if twice and self._later is None:
            parts.append(Content.styled(TWICE, "$warning"))
        taken = await self._desk.in_the_way(start)
        parts += [self._say_booked(booked) for booked in taken[:_SHOWN]]
        if len(taken) > _SHOWN:
            more = f"and {len(taken) - _SHOWN} more at that time"
            parts.append(Content.styled(more, "$warning bold"))
        notes = await self._desk.against(start)
        parts += [Content.styled(f"Note: {note}.", "$warning") for note in notes]
        preview = await self._desk.preview(start)
        parts.append(in_short(preview.messages, self._told))
        return Content("\n").join(parts), texts(preview.messages)

    async def _start(self) -> tuple[datetime, bool]:
        """The moment that is meant, and whether the clock shows it twice."""
        typed = self.typed("when").strip()
        if self._gap and typed == self._offered:
            return self._gap[0], False
        found = await self._desk.read(typed)
        if found.other and self._later:
            return found.other, True
        return found.starts_at, found.other is not None

    def _say_booked(self, booked: Booked) -> Content:
        zone = self._told.zone
        start, end = booked.starts_at.astimezone(zone), booked.ends_at.astimezone(zone)
        return Content.styled(
            f"DOUBLE BOOKING: {clean_line(booked.client_name)} has {start:%H:%M}-{end:%H:%M}."
            " Ctrl+O books both.",
            "$warning bold",
        )

    async def send(self) -> Changed:
        start, twice = await self._start()
        if twice and self._later is None:
            raise TimeNotUnderstood(TWICE)
        return await self._desk.save(start, self._override)

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
