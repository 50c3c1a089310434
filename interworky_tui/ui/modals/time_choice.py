"""What the modals that choose a visit's time share: the echo, the warnings, and how to go on."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual import on, work
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input

from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.errors import DoubleBooked, Refusal, TimeNotUnderstood
from interworky_tui.domain.text import clean_line
from interworky_tui.services.context import Changed
from interworky_tui.ui.card_content import Told
from interworky_tui.ui.modals.dialog import Dialog
from interworky_tui.ui.notice_content import in_short, texts

if TYPE_CHECKING:
    from interworky_tui.domain.typed_time import Reading
    from interworky_tui.services.notice_preview import Preview
    from interworky_tui.services.scheduling import Booked

TWICE = (
    "The clock shows this time twice that night: Ctrl+E takes the earlier one, Ctrl+B the later."
)
BOTH = "Ctrl+O books both."
SHOWN = 2
"""Visits at the same time that are named; of others there is only room for their number."""


class TimeChoice(Dialog[Changed]):
    """A subclass yields ``#when``, ``#echo`` and ``#texts`` from its content."""

    of_visit = True
    BINDINGS = [  # noqa: RUF012
        Binding("ctrl+o", "override", "Book both", priority=True),
        Binding("ctrl+e", "half(False)", "The earlier one", priority=True),
        Binding("ctrl+b", "half(True)", "The later one", priority=True),
    ]

    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told = told
        self.override = False
        """Booked whoever is there already; not for a time that is typed afterwards."""
        self._later: bool | None = None
        self._known: list[str] = []

    @abstractmethod
    def chosen(self) -> bool:
        """Whether there is a choice to be read back."""

    @abstractmethod
    async def read_back(self) -> tuple[Content, Content]:
        """How the choice is understood with what speaks against it, and the texts."""

    @work(group="echo", exclusive=True)
    async def echo(self, after: float = 0) -> None:
        """Read the choice back, ``after`` some seconds without another."""
        await asyncio.sleep(after)
        said = wording = Content("")
        if self.chosen():
            try:
                said, wording = await self.read_back()
            except Refusal as refused:
                said = Content.styled(refused.sentence, "$warning")
        self.say("echo", said)
        self.say("texts", wording)
        self.echoed(said)

    def echoed(self, said: Content) -> None:
        """It is on the screen."""

    def on_mount(self) -> None:
        self._known = self._all_typed()

    def _all_typed(self) -> list[str]:
        return [entry.value for entry in self.query(Input)]

    @on(Input.Changed)
    def _begin_anew(self) -> None:
        # A field tells of what it opened with, too.
        if self._known == self._all_typed():
            return
        self._known = self._all_typed()
        self.override, self._later = False, None
        self.tell("")
        self.echo()

    def meant(self, reading: Reading) -> datetime:
        """Of a time that the clock shows twice, the earlier one until the other was taken."""
        return reading.other if reading.other and self._later else reading.starts_at

    def settled(self, reading: Reading) -> datetime:
        """Raises TimeNotUnderstood as long as two times are meant."""
        if reading.other and self._later is None:
            raise TimeNotUnderstood(TWICE)
        return self.meant(reading)

    def say_time(self, starts: datetime, ends: datetime, besides: str) -> Content:
        end = ends.astimezone(self.told.zone)
        return Content.assemble(
            Content.styled(f"{say_moment(starts, self.told.zone)}–{end:%H:%M}", "bold $success"),
            Content.styled(f"   {besides}", "$text-muted"),
        )

    def say_twice(self, reading: Reading) -> list[Content]:
        if not reading.other:
            return []
        if self._later is None:
            return [Content.styled(TWICE, "$warning")]
        return [Content.styled(f"The {'later' if self._later else 'earlier'} of two.", "bold")]

    def say_against(self, taken: Sequence[Booked], notes: Sequence[str]) -> list[Content]:
        said = [Content.styled(self._booked(one), "$warning bold") for one in taken[:SHOWN]]
        if len(taken) > SHOWN:
            more = f"and {len(taken) - SHOWN} more at that time"
            said.append(Content.styled(more, "$warning bold"))
        if notes:
            said.append(Content.styled(f"Note: {'; '.join(notes)}.", "$warning"))
        return said

    def _booked(self, booked: Booked) -> str:
        zone = self.told.zone
        start, end = booked.starts_at.astimezone(zone), booked.ends_at.astimezone(zone)
        name = clean_line(booked.client_name)
        return f"DOUBLE BOOKING: {name} has {start:%H:%M}–{end:%H:%M}. {BOTH}"

    def say_all(self, parts: Sequence[Content], preview: Preview) -> tuple[Content, Content]:
        """``parts`` and who is told, and the texts."""
        short = in_short(preview.messages, self.told)
        return Content("\n").join([*parts, short]), texts(preview.messages)

    def refuse(self, refused: Refusal) -> None:
        super().refuse(refused)
        if isinstance(refused, DoubleBooked):
            self.tell(f"{refused.sentence} {BOTH}")

    def overtaken(self) -> None:
        self.echo()

    def action_override(self) -> None:
        self.override = True
        self.action_submit()

    def action_half(self, later: bool) -> None:
        self._later = later
        self.echo()


def minutes_of(length: timedelta) -> int:
    return length // timedelta(minutes=1)
