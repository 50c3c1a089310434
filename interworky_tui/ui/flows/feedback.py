"""Feedback: asked for, written down, shown as a code, and read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interworky_tui.config import Web
from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import IllegalMove
from interworky_tui.domain.feedback import Survey
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.services import feedback, notice_preview, survey_links
from interworky_tui.services.context import Changed
from interworky_tui.storage.card import Card
from interworky_tui.ui import survey_content
from interworky_tui.ui.curtain import in_clear
from interworky_tui.ui.flows.held import Held
from interworky_tui.ui.flows.words import client_name, say_start
from interworky_tui.ui.modals.confirm import ConfirmDialog, Question
from interworky_tui.ui.modals.feedback import RecordFeedbackDialog, ViewFeedbackDialog
from interworky_tui.ui.modals.survey_code import SurveyCodeDialog

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen


async def collect(desk: DeskScreen, card: Card) -> None:
    appointment = card.appointment
    held = Held(desk.hands, appointment.id, appointment.version)

    async def ask() -> Question:
        preview = await desk.hands.ask(notice_preview.collect, appointment.id)
        again = "again " if preview.verb is Verb.RESEND else ""
        now = say_start(desk, held.current or appointment)
        whom = f"Ask {client_name(card)} {again}for feedback on the visit of {now}?"
        return Question(whom, preview)

    dialog = ConfirmDialog(
        "Collect Feedback",
        "Yes, ask",
        await ask(),
        desk.told(),
        lambda: held.save(feedback.collect),
        ask,
    )
    changed = await desk.app.push_screen_wait(dialog)
    if changed:
        desk.say_done(f"{client_name(card)} is asked for feedback", changed)


@in_clear
async def record(desk: DeskScreen, card: Card) -> None:
    appointment = card.appointment
    held = Held(desk.hands, appointment.id, appointment.version)

    async def save(survey: Survey) -> Changed:
        with desk.arrivals.typing(appointment.id):
            return await held.save(feedback.record, survey)

    changed = await desk.app.push_screen_wait(RecordFeedbackDialog(client_name(card), save))
    if changed:
        desk.say_done(f"Feedback of {client_name(card)} is written down", changed)


@in_clear
async def view(desk: DeskScreen, card: Card) -> None:
    """Who opens the answer has read it."""
    first = await desk.hands.ask(feedback.mark_read, card.appointment.id)
    text = survey_content.in_full(card, desk.zone, first_read=first)
    await desk.app.push_screen_wait(ViewFeedbackDialog(client_name(card), text))


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

    dialog = SurveyCodeDialog(client_name(card), url, hints, is_open)
    if await desk.app.push_screen_wait(dialog):
        await record(desk, card)


def _beyond(web: Web) -> str:
    """Who cannot open the link, or nothing."""
    who = web.shut_out
    return who and f"{who[0].upper()}{who[1:]}: set web.public_url."
