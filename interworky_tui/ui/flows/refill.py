"""A time that came free: said at once, and filled by a booking or an offer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from interworky_tui.domain.appointment import Appointment
from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.slots import Span
from interworky_tui.domain.text import clean_line
from interworky_tui.services import offers, refill, scheduling
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.notice_preview import Preview
from interworky_tui.services.offers import Draft, Offer
from interworky_tui.services.refill import Candidate, Opening
from interworky_tui.ui.flows.held import Held
from interworky_tui.ui.hands import Hands
from interworky_tui.ui.modals.refill import OfferDialog, RefillDialog

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen


class RefillDesk:
    """The office as the modal asks it, for one gap."""

    def __init__(self, hands: Hands, gap: Span) -> None:
        self._hands, self._gap = hands, gap
        self._held: dict[int, Held] = {}

    async def look(self) -> Opening:
        return await self._hands.ask(refill.look, *self._gap)

    async def preview(self, candidate: Candidate) -> Preview:
        return await self._hands.ask(refill.preview, candidate)

    async def book(self, candidate: Candidate) -> Changed:
        one = candidate.appointment_id
        held = self._held.setdefault(one, Held(self._hands, one, candidate.version))
        return await held.save(scheduling.schedule, candidate.starts_at, minutes=candidate.minutes)

    async def draft(self, appointment_ids: Iterable[int]) -> Draft:
        return await self._hands.ask(offers.draft, *self._gap, list(appointment_ids))

    async def withdraw(self, offer: Offer) -> None:
        await self._hands.ask(offers.withdraw, offer.id)


async def latest(desk: DeskScreen) -> None:
    """The time to come that was freed last."""
    opening = await desk.ahead.ask(refill.latest)
    if opening is None:
        raise Refusal("No time to come was freed lately; the day view shows what is free.")
    await _fill(desk, opening)


async def fill(desk: DeskScreen, starts_at: datetime, ends_at: datetime) -> None:
    """Fill a gap: its first stretch that is free. Raises Refusal when none of it is."""
    await _fill(desk, await desk.ahead.ask(refill.look, starts_at, ends_at))


async def _fill(desk: DeskScreen, opening: Opening) -> None:
    office = RefillDesk(desk.hands, opening.gap)
    marked: set[int] | None = None
    while True:
        dialog = RefillDialog(opening, desk.told(), office, marked)
        chosen = await desk.app.push_screen_wait(dialog)
        if isinstance(chosen, Changed):
            await _booked(desk, chosen)
            return
        if chosen is None or await _offered(desk, chosen):
            return
        marked = dialog.marked
        opening = await office.look()


async def _booked(desk: DeskScreen, changed: Changed) -> None:
    name, starts_at = clean_line(changed.client.name), changed.appointment.starts_at
    assert starts_at
    moved = changed.verb is Verb.RESCHEDULE
    how = "moved to" if moved else "set for"
    desk.say_done(f"{name} {how} {say_moment(starts_at, desk.zone)}", changed)
    if moved:
        gap = await desk.hands.ask(refill.latest_gap)
        if gap:
            _tell_soon(desk, gap)


async def _offered(desk: DeskScreen, draft: Draft) -> bool:
    """False when the person went back."""
    ids = [letter.appointment_id for letter in draft.letters]

    async def make() -> Draft:
        return await desk.hands.ask(offers.make, draft.starts_at, draft.ends_at, ids)

    made = await desk.app.push_screen_wait(OfferDialog(draft, desk.told(), make))
    if made is None:
        return False
    count = sum(not letter.blocked for letter in made.letters)
    until = made.expires_at.astimezone(desk.zone)
    said = f"Offered to {count}; held until {until:%H:%M}. F takes it back or shows it."
    desk.notify(said, markup=False, timeout=6)
    desk.refresh_all()
    return True


async def freed(desk: DeskScreen, before: Appointment, changed: Changed) -> None:
    """After ``say_done`` of a cancel or a move: a time to come is free again, and how many would
    fit.
    """
    gap = refill.freed_by(before, changed.appointment, desk.clock())
    if gap is not None:
        _tell_soon(desk, gap)


def _tell_soon(desk: DeskScreen, gap: Span) -> None:
    """No key waits for it."""
    desk.run_worker(_tell(desk, gap), group="freed", exclusive=True)


async def _tell(desk: DeskScreen, gap: Span) -> None:
    done = desk.last
    fits = await desk.hands.ask(_fits, gap)
    if fits and desk.last is done:
        start = gap[0].astimezone(desk.zone)
        day = f"{start:%a} {start.day} {start:%b} {start:%H:%M}"
        desk.say_freed(f"{day} is free again, {fits} would fit: F fills it")


def _fits(office: Context, gap: Span) -> int:
    """How many could have it."""
    return len(refill.candidates(office, *gap))
