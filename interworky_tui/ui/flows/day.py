"""The day: opening it, turning to a typed one, moving a visit, and the verbs of a visit there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from interworky_tui.domain.calendar import office_day, say_moment
from interworky_tui.domain.errors import NotFound
from interworky_tui.domain.lifecycle import Verb, refusal
from interworky_tui.domain.text import clean_line
from interworky_tui.domain.typed_time import Reading
from interworky_tui.services import day as days
from interworky_tui.services import diary, notice_preview, scheduling
from interworky_tui.services.context import Changed
from interworky_tui.services.notice_preview import Preview
from interworky_tui.services.scheduling import Booked
from interworky_tui.storage.card import Card
from interworky_tui.ui import flows, keys
from interworky_tui.ui.flows import refill
from interworky_tui.ui.flows.held import Held
from interworky_tui.ui.hands import Hands
from interworky_tui.ui.modals.go_to_day import GoToDayDialog
from interworky_tui.ui.modals.move_visit import MoveDialog

if TYPE_CHECKING:
    from interworky_tui.domain.slots import Span
    from interworky_tui.services.day import Visit
    from interworky_tui.ui.screens.day import DayScreen
    from interworky_tui.ui.screens.desk import DeskScreen


async def day(desk: DeskScreen) -> None:
    from interworky_tui.ui.screens.day import DayScreen

    today = office_day(desk.clock(), desk.zone)
    desk.ahead.days = True
    found = await desk.ahead.ask(days.look, today, but=None)
    screen = DayScreen(desk, today, found)
    await desk.app.push_screen(screen, desk.go_to)
    await screen.settled()


async def go_to(screen: DayScreen) -> date | None:
    """The day that the person typed, or None."""

    async def read(text: str) -> date:
        return await screen.hands.ask(days.read_day, text)

    today = office_day(screen.clock(), screen.zone)
    return await screen.app.push_screen_wait(GoToDayDialog(read, today))


@dataclass(frozen=True)
class Mover:
    """The office as the modal asks it, for one visit and the day that is shown."""

    hands: Hands
    visit: Visit
    day: date
    held: Held

    async def read(self, text: str) -> Reading:
        return await self.hands.ask(scheduling.read_when, text, self.day)

    async def in_the_way(self, starts_at: datetime) -> Sequence[Booked]:
        ends_at = starts_at + self.visit.length
        return await self.hands.ask(scheduling.conflicts, starts_at, ends_at, but=self.visit.id)

    async def against(self, starts_at: datetime) -> Sequence[str]:
        return await self.hands.ask(diary.against, starts_at, starts_at + self.visit.length)

    async def preview(self, starts_at: datetime) -> Preview:
        return await self.hands.ask(notice_preview.schedule, self.visit.id, starts_at)

    async def save(self, starts_at: datetime, override: bool) -> Changed:
        return await self.held.save(scheduling.schedule, starts_at, override=override)


async def move(screen: DayScreen, visit: Visit, gap: Span | None) -> Changed | None:
    """Ask for the time, beginning with that of the gap; None when the person thought better."""
    held = Held(screen.hands, visit.id, visit.version)
    mover = Mover(screen.hands, visit, screen.day, held)
    before = (await _card(screen, visit.id)).appointment
    changed = await screen.app.push_screen_wait(MoveDialog(visit, gap, screen.told(), mover))
    if changed and changed.appointment.starts_at:
        moment = say_moment(changed.appointment.starts_at, screen.zone)
        screen.desk.say_done(f"{clean_line(changed.client.name)} moved to {moment}", changed)
        await refill.freed(screen.desk, held.current or before, changed)
    return changed


async def fill(screen: DayScreen, gap: Span) -> None:
    """Give free time to somebody who waits: of a long stretch as much as the longest visit."""
    slot = screen.settings.slots
    longest = timedelta(minutes=max(slot.minutes, *slot.services.values(), 0))
    await refill.fill(screen.desk, gap[0], min(gap[1], gap[0] + longest))


async def verb(screen: DayScreen, name: str, appointment_id: int) -> None:
    """What a key of the desk does, for a visit of the day. Raises what stands against it."""
    card = await _card(screen, appointment_id)
    key = keys.OF_NAME[name]
    if key.verb in (Verb.ATTEND, Verb.CANCEL):
        against = refusal(card.appointment, key.verb, screen.clock())
        if against:
            raise against
    await flows.find(key.flow)(screen.desk, card)


async def _card(screen: DayScreen, appointment_id: int) -> Card:
    card = await screen.reads.card(appointment_id)
    if card is None:
        raise NotFound(f"There is no appointment {appointment_id}.")
    return card
