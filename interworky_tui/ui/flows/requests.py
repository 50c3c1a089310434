"""Requests: new ones, one at a time or from a file, and mending what is on file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interworky_tui.domain.appointment import Client
from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.text import clean_line, fold
from interworky_tui.services import clients, editing, inbox, intake, undo, wishes
from interworky_tui.services.context import Changed, Context
from interworky_tui.storage.card import Card
from interworky_tui.ui.curtain import in_clear
from interworky_tui.ui.flows.held import HeldCard
from interworky_tui.ui.modals.import_file import ImportDialog
from interworky_tui.ui.modals.people import NOTHING_YET, EditDialog, NewRequestDialog, Typed

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen

_UNDONE: dict[Verb | None, str] = {Verb.ARRIVE: "is not here", Verb.NOT_ARRIVED: "is here again"}
"""What leaves the status as it is."""


@in_clear
async def edit(desk: DeskScreen, card: Card) -> None:
    held = HeldCard(desk, card)

    async def save(typed: Typed) -> str:
        mended = await held.save(_mend, typed)
        return mended.name

    dialog = EditDialog(
        card.client,
        card.appointment,
        save,
        lambda: (held.card.client, held.card.appointment),
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


@in_clear
async def new(desk: DeskScreen) -> None:
    await ask(desk)


async def ask(
    desk: DeskScreen, begun: Typed = NOTHING_YET, client: Client | None = None
) -> int | None:
    """Ask for a request, begun with what is known, and file it: its id, or None.

    It is the ``client``'s, whose number and email are mended by it, unless another name is typed.
    """

    async def read(text: str) -> str:
        return (await desk.hands.ask(wishes.read_wish, text)).say()

    async def same(typed: Typed) -> list[Client]:
        return await desk.hands.ask(clients.likely_duplicates, typed.name, typed.phone, typed.email)

    async def file(typed: Typed) -> Changed:
        return await desk.hands.ask(_file, typed, client)

    dialog = NewRequestDialog(read, same, file, desk.phone, begun, client)
    changed = await desk.app.push_screen_wait(dialog)
    if changed is None:
        return None
    desk.say_done(f"{clean_line(changed.client.name)} is on the list", changed)
    return changed.appointment.id


def _file(office: Context, typed: Typed, client: Client | None) -> Changed:
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
        client_id=client.id if client and fold(typed.name) == fold(client.name) else None,
    )


async def take_back(desk: DeskScreen) -> None:
    verb, changed = await desk.hands.ask(_take_back)
    if changed.also:
        desk.say_done(f"Undone: all {1 + len(changed.also)} are as they were", changed)
        return
    said = _UNDONE.get(verb) or f"is {changed.appointment.status.label.lower()} again"
    start = changed.appointment.starts_at
    if verb is Verb.RESCHEDULE and start:
        said = f"is at {say_moment(start, desk.zone)} again"
    desk.say_done(f"Undone: {clean_line(changed.client.name)} {said}", changed)


def _take_back(office: Context) -> tuple[Verb | None, Changed]:
    """With the verb that is undone."""
    last = undo.latest(office)
    return last.verb if last else None, undo.undo(office)


@in_clear
async def import_file(desk: DeskScreen) -> None:
    report = await desk.app.push_screen_wait(ImportDialog(desk.hands))
    if report:
        desk.notify(f"{report.added} requests were added.", markup=False)
        desk.refresh_all()
