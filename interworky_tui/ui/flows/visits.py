"""The visit itself: its time, who came, and what will not take place."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from interworky_tui.domain.appointment import Appointment, CancelReason
from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.slots import Slot
from interworky_tui.domain.typed_time import Reading
from interworky_tui.services import diary, notice_preview, proposing, scheduling, visits
from interworky_tui.services.context import Changed
from interworky_tui.services.notice_preview import Preview
from interworky_tui.services.proposing import Outlook
from interworky_tui.storage.card import Card
from interworky_tui.ui.flows import refill
from interworky_tui.ui.flows.held import Held
from interworky_tui.ui.flows.words import client_name, say_start
from interworky_tui.ui.hands import Hands
from interworky_tui.ui.modals.cancel import CancelDialog
from interworky_tui.ui.modals.confirm import ConfirmDialog, Question
from interworky_tui.ui.modals.set_time import SetTimeDialog

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen


class TimeDesk:
    """The office as the time modal asks it, for one appointment."""

    def __init__(self, hands: Hands, appointment: Appointment) -> None:
        self._hands, self._appointment = hands, appointment
        self.held = Held(hands, appointment.id, appointment.version)

    async def suggest(self, minutes: int) -> tuple[Slot, ...]:
        return await self._hands.ask(diary.suggest, self._appointment.id, minutes)

    async def read(self, text: str) -> Reading:
        day = self._appointment.requested_date
        return await self._hands.ask(scheduling.read_when, text, day)

    async def outlook(self, starts_at: datetime, ends_at: datetime) -> Outlook:
        return await self._hands.ask(proposing.outlook, self._appointment.id, starts_at, ends_at)

    async def save(self, starts_at: datetime, minutes: int, override: bool) -> Changed:
        return await self.held.save(
            scheduling.schedule, starts_at, minutes=minutes, override=override
        )


async def set_time(desk: DeskScreen, card: Card) -> None:
    """The field has the focus."""
    await _give_time(desk, card, offers_first=False)


async def take_slot(desk: DeskScreen, card: Card) -> None:
    """The free slots have the focus: a digit takes one."""
    await _give_time(desk, card, offers_first=True)


async def _give_time(desk: DeskScreen, card: Card, *, offers_first: bool) -> None:
    appointment = card.appointment
    begun = await desk.ahead.ask(proposing.begin, appointment.id)
    office = TimeDesk(desk.hands, appointment)
    dialog = SetTimeDialog(
        client_name(card),
        appointment,
        desk.told(),
        office,
        begun,
        offers_first=offers_first,
    )
    changed = await desk.app.push_screen_wait(dialog)
    if changed and changed.appointment.starts_at:
        moment = say_moment(changed.appointment.starts_at, desk.zone)
        moved = changed.verb is Verb.RESCHEDULE
        desk.say_done(f"{client_name(card)} {'moved to' if moved else 'set for'} {moment}", changed)
        await refill.freed(desk, office.held.current or appointment, changed)


async def attended(desk: DeskScreen, card: Card) -> None:
    appointment = card.appointment
    held = Held(desk.hands, appointment.id, appointment.version)

    async def ask() -> Question:
        now = say_start(desk, held.current or appointment)
        question = f"Did {client_name(card)} come to the visit of {now}?"
        return Question(question, await desk.hands.ask(notice_preview.attend, appointment.id))

    dialog = ConfirmDialog(
        "Attended",
        "Yes, attended",
        await ask(),
        desk.told(),
        lambda: held.save(visits.attend),
        ask,
    )
    changed = await desk.app.push_screen_wait(dialog)
    if changed:
        desk.say_done(f"{client_name(card)} attended", changed)


async def cancel(desk: DeskScreen, card: Card) -> None:
    appointment = card.appointment
    held = Held(desk.hands, appointment.id, appointment.version)

    async def preview(reason: CancelReason, text: str) -> Preview:
        return await desk.hands.ask(notice_preview.cancel, appointment.id, reason, text)

    async def save(reason: CancelReason, text: str) -> Changed:
        return await held.save(scheduling.cancel, reason, text)

    due = appointment.is_due(desk.clock())
    dialog = CancelDialog(client_name(card), due, desk.told(), preview, save)
    changed = await desk.app.push_screen_wait(dialog)
    if changed:
        desk.say_done(f"{client_name(card)} is cancelled", changed)
        await refill.freed(desk, held.current or appointment, changed)
