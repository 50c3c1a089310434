"""Put a visit at another time: where it goes, what is in the way, who will be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.text import clean_line
from interworky_tui.domain.typed_time import Reading
from interworky_tui.services.context import Changed
from interworky_tui.ui.card_content import Told
from interworky_tui.ui.modals.dialog import field, reading
from interworky_tui.ui.modals.time_choice import TimeChoice, minutes_of

if TYPE_CHECKING:
    from interworky_tui.domain.slots import Span
    from interworky_tui.services.day import Visit
    from interworky_tui.services.notice_preview import Preview
    from interworky_tui.services.scheduling import Booked


class MoveDesk(Protocol):
    """What the modal asks of the office about the visit that is moved."""

    async def read(self, text: str) -> Reading:
        """A typed time; alone it is on the day that is shown."""
        ...

    async def in_the_way(self, starts_at: datetime) -> Sequence[Booked]: ...

    async def against(self, starts_at: datetime) -> Sequence[str]: ...

    async def preview(self, starts_at: datetime) -> Preview: ...

    async def save(self, starts_at: datetime, override: bool) -> Changed: ...


class MoveDialog(TimeChoice):
    """Opens with the start of the gap that was chosen; a typed time takes its place."""

    keys = (("Enter", "Move", "submit"), ("Esc", "Back", "leave"), ("PgDn", "Read on", "scroll(3)"))

    def __init__(self, visit: Visit, gap: Span | None, told: Told, desk: MoveDesk) -> None:
        super().__init__(told)
        self.title_text = f"Move {clean_line(visit.client_name)}"
        self._visit, self._gap, self._desk = visit, gap, desk
        self._offered = f"{gap[0].astimezone(told.zone):%H:%M}" if gap else ""

    def content(self) -> Iterable[Widget]:
        visit, zone = self._visit, self.told.zone
        end = (visit.starts_at + visit.length).astimezone(zone)
        before = f"From {say_moment(visit.starts_at, zone)}–{end:%H:%M}, {self._minutes}"
        yield Static(before, classes="said", markup=False)
        yield field("To", "when", value=self._offered, placeholder="14:30, fri 9:00, tomorrow 3pm")
        yield Static("", id="echo", classes="said", markup=False)
        yield reading("texts")

    def on_mount(self) -> None:
        self.echo()

    @property
    def _minutes(self) -> str:
        return f"{minutes_of(self._visit.length)} min"

    def chosen(self) -> bool:
        return bool(self.typed("when").strip())

    async def read_back(self) -> tuple[Content, Content]:
        reading = await self._reading()
        start = self.meant(reading)
        parts = [
            self.say_time(start, start + self._visit.length, self._minutes),
            *self.say_twice(reading),
            *self.say_against(await self._desk.in_the_way(start), await self._desk.against(start)),
        ]
        return self.say_all(parts, await self._desk.preview(start))

    async def _reading(self) -> Reading:
        """The gap's start as long as nothing else is typed, even in an hour that comes twice."""
        typed = self.typed("when").strip()
        if self._gap and typed == self._offered:
            return Reading(self._gap[0])
        return await self._desk.read(typed)

    async def send(self) -> Changed:
        return await self._desk.save(self.settled(await self._reading()), self.override)
