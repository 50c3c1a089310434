"""From a key to a change: each flow asks the person by a modal and calls one service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

from interworky_tui.config import Web, is_loopback
from interworky_tui.domain.appointment import Appointment, CancelReason, Client, Status
from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.errors import IllegalMove
from interworky_tui.domain.feedback import Survey
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.text import clean_line
from interworky_tui.domain.typed_time import Reading
from interworky_tui.services import (
    clients,
    editing,
    feedback,
    inbox,
    intake,
    notice_preview,
    scheduling,
    survey_links,
    undo,
    visits,
    wishes,
)
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.notice_preview import Preview
from interworky_tui.services.scheduling import Booked
from interworky_tui.storage.card import Card
from interworky_tui.ui import survey_content
from interworky_tui.ui.hands import Hands
from interworky_tui.ui.modals.cancel import CancelDialog
from interworky_tui.ui.modals.confirm import ConfirmDialog
from interworky_tui.ui.modals.feedback import RecordFeedbackDialog, ViewFeedbackDialog
from interworky_tui.ui.modals.import_file import ImportDialog
from interworky_tui.ui.modals.people import EditDialog, NewRequestDialog, Typed
from interworky_tui.ui.modals.set_time import SetTimeDialog
from interworky_tui.ui.modals.survey_code import SurveyCodeDialog

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen


class TimeDesk:
    """The office as the time modal asks it, for one appointment."""

    def __init__(self, hands: Hands, appointment: Appointment) -> None:
        self._hands, self._appointment = hands, appointment

    async def read(self, text: str) -> Reading:
        day = self._appointment.requested_date
        return await self._hands.ask(scheduling.read_when, text, day)

    async def in_the_way(self, starts_at: datetime, ends_at: datetime) -> list[Booked]:
        return await self._hands.ask(
            scheduling.conflicts, starts_at, ends_at, but=self._appointment.id
        )

    async def preview(self, starts_at: datetime, minutes: int) -> Preview:
        return await self._hands.ask(
            notice_preview.schedule, self._appointment.id, starts_at, minutes
        )

    async def save(self, starts_at: datetime, minutes: int, override: bool) -> Changed:
        return await self._hands.ask(
            scheduling.schedule,
            self._appointment.id,
            starts_at,
            minutes=minutes,
            override=override,
            version=self._appointment.version,
        )


async def set_time(desk: DeskScreen, card: Card) -> None:
    dialog = SetTimeDialog(
        _name(card), card.appointment, desk.told(), TimeDesk(desk.hands, card.appointment)
    )
    changed = await desk.app.push_screen_wait(dialog)
    if changed and changed.appointment.starts_at:
        moment = say_moment(changed.appointment.starts_at, desk.zone)
        moved = changed.verb is Verb.RESCHEDULE
        desk.say_done(f"{_name(card)} {'moved to' if moved else 'set for'} {moment}", changed)


async def attended(desk: DeskScreen, card: Card) -> None:
    appointment = card.appointment
    preview = await desk.hands.ask(notice_preview.attend, appointment.id)
    dialog = ConfirmDialog(
        "Attended",
        f"Did {_name(card)} come to the visit of {_start(desk, appointment)}?",
        "Yes, attended",
        preview,
        desk.told(),
        lambda: desk.hands.ask(visits.attend, appointment.id, version=appointment.version),
    )
    changed = await desk.app.push_screen_wait(dialog)
    if changed:
        desk.say_done(f"{_name(card)} attended", changed)


async def collect(desk: DeskScreen, card: Card) -> None:
    appointment = card.appointment
    preview = await desk.hands.ask(notice_preview.collect, appointment.id)
    again = preview.verb is Verb.RESEND
    dialog = ConfirmDialog(
        "Collect Feedback",
        f"Ask {_name(card)} {'again ' if again else ''}for feedback"
        f" on the visit of {_start(desk, appointment)}?",
        "Yes, ask",
        preview,
        desk.told(),
        lambda: desk.hands.ask(feedback.collect, appointment.id, version=appointment.version),
    )
    changed = await desk.app.push_screen_wait(dialog)
    if changed:
        desk.say_done(f"{_name(card)} is asked for feedback", changed)


async def record(desk: DeskScreen, card: Card) -> None:
    appointment = card.appointment

    async def save(survey: Survey) -> Changed:
        with desk.arrivals.typing(appointment.id):
            return await desk.hands.ask(
                feedback.record, appointment.id, survey, version=appointment.version
            )

    changed = await desk.app.push_screen_wait(RecordFeedbackDialog(_name(card), save))
    if changed:
        desk.say_done(f"Feedback of {_name(card)} is written down", changed)


async def view(desk: DeskScreen, card: Card) -> None:
    """Who opens the answer has read it."""
    first = await desk.hands.ask(feedback.mark_read, card.appointment.id)
    text = survey_content.in_full(card, desk.zone, first_read=first)
    await desk.app.push_screen_wait(ViewFeedbackDialog(_name(card), text))


async def survey(desk: DeskScreen, card: Card) -> None:
    """Nothing is sent; the client answers on a phone, or staff write it down."""
    web, url = desk.settings.web, ""
    try:
        url = await desk.hands.ask(survey_links.link_for_screen, card.appointment.id)
        hints = [*filter(None, (desk.pages_problem, _beyond(web)))]
    except IllegalMove as refused:
        if web.enabled:
            raise
        hints = [refused.sentence, "interworky-tui config path says in which file."]

    async def is_open() -> bool:
        row = await desk.reads.row(card.appointment.id)
        return row is not None and row.status is Status.FEEDBACK_PENDING

    dialog = SurveyCodeDialog(_name(card), url, hints, is_open)
    if await desk.app.push_screen_wait(dialog):
        await record(desk, card)


def _beyond(web: Web) -> str:
    """Who cannot open the link, or nothing."""
    if web.public_url:
        return ""
    beyond = "this machine" if is_loopback(web.host) else "this network"
    return f"Phones outside {beyond} cannot open it: set web.public_url."


async def cancel(desk: DeskScreen, card: Card) -> None:
    appointment = card.appointment

    async def preview(reason: CancelReason, text: str) -> Preview:
        return await desk.hands.ask(notice_preview.cancel, appointment.id, reason, text)

    async def save(reason: CancelReason, text: str) -> Changed:
        return await desk.hands.ask(
            scheduling.cancel, appointment.id, reason, text, version=appointment.version
        )

    due = appointment.is_due(desk.clock())
    dialog = CancelDialog(_name(card), due, desk.told(), preview, save)
    changed = await desk.app.push_screen_wait(dialog)
    if changed:
        desk.say_done(f"{_name(card)} is cancelled", changed)


async def edit(desk: DeskScreen, card: Card) -> None:
    async def save(typed: Typed) -> str:
        mended = await desk.hands.ask(_mend, card, typed)
        return mended.name

    dialog = EditDialog(
        card.client,
        card.appointment,
        save,
        no_texts=not card.texts,
        office_language=desk.settings.messages.language,
    )
    name = await desk.app.push_screen_wait(dialog)
    if name:
        desk.notify(f"Saved: {clean_line(name)}.", markup=False, timeout=3)
        desk.refresh_all()


def _mend(office: Context, card: Card, typed: Typed) -> Client:
    client, appointment = card.client, card.appointment
    mended = editing.edit(
        office,
        client.id,
        appointment.id,
        name=typed.name,
        phone=typed.phone,
        email=typed.email,
        service=typed.service,
        note=typed.note,
        language=typed.language,
        client_version=client.version,
        version=appointment.version,
    )
    if typed.texts is not None and mended.phone:
        (inbox.allow_texts if typed.texts else inbox.stop_texts)(office, mended.phone)
    return mended


async def new(desk: DeskScreen) -> None:
    async def read(text: str) -> str:
        return (await desk.hands.ask(wishes.read_wish, text)).say()

    async def same(typed: Typed) -> list[Client]:
        return await desk.hands.ask(clients.likely_duplicates, typed.name, typed.phone, typed.email)

    async def file(typed: Typed) -> Changed:
        return await desk.hands.ask(_file, typed)

    changed = await desk.app.push_screen_wait(NewRequestDialog(read, same, file, desk.phone))
    if changed:
        desk.say_done(f"{clean_line(changed.client.name)} is on the list", changed)


def _file(office: Context, typed: Typed) -> Changed:
    clients.clean_contact(office, typed.name, typed.phone, typed.email)
    wish = wishes.require_wish(office, typed.when)
    return intake.request(
        office,
        intake.NewRequest(
            name=typed.name,
            phone=typed.phone,
            email=typed.email,
            date=wish.day,
            band=wish.band.key if wish.band else "",
            wish_time=wish.at,
            service=typed.service,
            note=typed.note,
        ),
    )


async def take_back(desk: DeskScreen) -> None:
    changed = await desk.hands.ask(undo.undo)
    status = changed.appointment.status.label.lower()
    desk.say_done(f"Undone: {clean_line(changed.client.name)} is {status} again", changed)


async def import_file(desk: DeskScreen) -> None:
    report = await desk.app.push_screen_wait(ImportDialog(desk.hands))
    if report:
        desk.notify(f"{report.added} requests were added.", markup=False)
        desk.refresh_all()


def _name(card: Card) -> str:
    return clean_line(card.client.name)


def _start(desk: DeskScreen, appointment: Appointment) -> str:
    return say_moment(appointment.starts_at, desk.zone) if appointment.starts_at else "no time"


OF_ACTION: dict[str, Callable[[DeskScreen, Card], Awaitable[None]]] = {
    "set_time": set_time,
    "attended": attended,
    "collect": collect,
    "record": record,
    "survey": survey,
    "view": view,
    "cancel": cancel,
    "edit": edit,
}

OF_DESK: dict[str, Callable[[DeskScreen], Awaitable[None]]] = {
    "new": new,
    "undo": take_back,
    "import_file": import_file,
}
