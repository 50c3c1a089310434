"""Texts that answer a feedback request: which visit each is about, and what it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, func, literal_column, select

from interworky_tui.domain.appointment import Appointment, Status
from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.errors import TooManyNotes
from interworky_tui.domain.events import Channel, Event, MessageState, Recipient
from interworky_tui.domain.feedback import Source, Survey
from interworky_tui.domain.replies import Rating, misses_a_rating, read_rating
from interworky_tui.messages.render import render
from interworky_tui.services import feedback, notices, records
from interworky_tui.services.context import Context
from interworky_tui.services.facts import office_facts
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, INBOUND_SMS, NOTIFICATION

SLACK = timedelta(minutes=2)
"""Between this machine's clock and the provider's."""
LATE = timedelta(days=30)
"""A rating that comes so long after the answer, or after the question lapsed, is a note still."""
GOOD = 4
"""The words beside this rating and better ones are praise."""

# What may have left, too: an answer to it says that it arrived.
_LEFT = (MessageState.SENT.value, MessageState.PREVIEWED.value, MessageState.HELD.value)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``about`` is the visit beside which the text stands, None when no one visit is meant.

    ``rated``: it was kept as a rating; ``waits``: a person has to read it; ``queued``: there is
    something to send. ``clarify``: the client is to be asked for one number.
    """

    about: Appointment | None = None
    rated: bool = False
    waits: bool = True
    queued: bool = False
    clarify: bool = False


@dataclass(frozen=True, slots=True)
class _Survey:
    """A feedback request that reached the number; ``asked_at`` is when it last did."""

    visit: Appointment
    asked_at: datetime
    lapses_at: datetime

    def is_open(self, at: datetime) -> bool:
        return self.visit.status is Status.FEEDBACK_PENDING and at < self.lapses_at

    def is_late(self, at: datetime) -> bool:
        """Whether a rating at that time comes too late, but not so late that it means nothing."""
        answered = self.visit.feedback_collected_at
        if self.visit.status is Status.FEEDBACK_COLLECTED:
            return answered is not None and at < answered + LATE
        return self.lapses_at <= at < self.lapses_at + LATE


def take(
    connection: Connection, office: Context, number: str, text: str, at: datetime, now: datetime
) -> Outcome:
    """Do what a text that is no keyword does to the surveys of the number that it came from."""
    surveys = _surveys(connection, number, at, timedelta(days=office.settings.feedback.survey_days))
    waiting = [survey for survey in surveys if survey.is_open(at)]
    meant = waiting or [survey for survey in surveys if survey.is_late(at)]
    rating = read_rating(text)
    if rating is None or len(meant) != 1:
        visit = _beside(office, surveys, at)
        odd = visit is not None and len(waiting) == 1 and misses_a_rating(text)
        clear = odd and not asked_since(connection, number, waiting[0].asked_at, at)
        return Outcome(visit, clarify=clear)
    asked = asked_since(connection, number, meant[0].asked_at, at)
    # A reminder asks for a letter; but some texts for other offices are confirmed by a figure.
    if Event.REPLY in asked or (asked and not rating.comment):
        return Outcome(meant[0].visit)
    return _rated(connection, office, meant[0], rating, at, now)


def beside(
    connection: Connection, office: Context, number: str, at: datetime
) -> Appointment | None:
    """The visit that a text belongs to which says something else: of the one open survey, or of
    the one that was answered on the same day.
    """
    days = timedelta(days=office.settings.feedback.survey_days)
    return _beside(office, _surveys(connection, number, at, days), at)


def is_asked(connection: Connection, office: Context, number: str, at: datetime) -> bool:
    """Whether the number has been asked for feedback and may still answer."""
    good_for = timedelta(days=office.settings.feedback.survey_days)
    return any(one.is_open(at) for one in _surveys(connection, number, at, good_for))


def asked_since(
    connection: Connection, number: str, asked_at: datetime, at: datetime
) -> set[Event]:
    """What else the number was asked after a question, and has not said anything to."""
    sent, came = NOTIFICATION.c, INBOUND_SMS.c
    before = select(func.max(came.received_at)).where(
        came.from_number == number, came.received_at < at
    )
    last_said = connection.execute(before).scalar()
    rows = connection.execute(
        select(sent.event, sent.sent_at, sent.due_at).where(
            sent.channel == literal_column("'sms'"),
            sent.to_address == number,
            sent.event.in_((Event.REMINDER.value, Event.REPLY.value)),
            sent.state.in_(_LEFT),
        )
    )
    return {
        Event(row["event"])
        for row in rows.mappings()
        if max(asked_at, last_said or asked_at) < _left_at(row) <= at + SLACK
    }


def clarify(
    connection: Connection,
    office: Context,
    inbound: int,
    visit: Appointment,
    number: str,
    now: datetime,
) -> bool:
    """Ask for one number from 1 to 5, once for each visit. False when that was done before."""
    client = records.load_client(connection, visit.client_id)
    text = render(
        Event.CLARIFY,
        Recipient.CLIENT,
        Channel.SMS,
        office_facts(office, client),
        office.catalogue,
        client.language,
    )
    return notices.queue_beside(
        connection,
        office,
        event=Event.CLARIFY,
        recipient=Recipient.CLIENT,
        channel=Channel.SMS,
        to=number,
        text=text,
        client_id=client.id,
        appointment=visit,
        dedupe_key=f"clarify:{visit.id}",
        now=now,
        in_reply_to=inbound,
    )


def _beside(office: Context, surveys: Sequence[_Survey], at: datetime) -> Appointment | None:
    today = office_day(at, office.zone)
    found = [survey.visit for survey in surveys if survey.is_open(at)] or [
        survey.visit
        for survey in surveys
        if survey.visit.feedback_collected_at
        and office_day(survey.visit.feedback_collected_at, office.zone) == today
    ]
    return found[0] if len(found) == 1 else None


def _rated(
    connection: Connection,
    office: Context,
    survey: _Survey,
    rating: Rating,
    at: datetime,
    now: datetime,
) -> Outcome:
    """The first rating is the answer, and people hear of it; of a note nobody does."""
    visit, words = survey.visit, rating.comment
    good, bad = (words, "") if rating.rating >= GOOD else ("", words)
    said = Survey(rating.rating, good, bad, source=Source.SMS)
    if visit.status is Status.FEEDBACK_PENDING and not survey.is_open(at):
        feedback.keep_as_note(connection, visit.id, said, now)
        return Outcome(visit, rated=True)
    try:
        changed = feedback.take(connection, office, visit.id, said, now)
    except TooManyNotes:
        return Outcome(visit)
    if changed is None:
        low = rating.rating <= office.settings.feedback.low_rating
        return Outcome(visit, rated=True, waits=low or bool(words))
    return Outcome(visit, rated=True, waits="?" in words, queued=changed.queued > 0)


def _surveys(
    connection: Connection, number: str, at: datetime, good_for: timedelta
) -> list[_Survey]:
    """Of each visit whose client still has the number, when its survey last reached it."""
    sent, visit = NOTIFICATION.c, APPOINTMENT.c
    rows = connection.execute(
        select(APPOINTMENT, sent.sent_at, sent.due_at)
        .join(NOTIFICATION, visit.id == sent.appointment_id)
        .join(CLIENT, CLIENT.c.id == visit.client_id)
        .where(
            sent.channel == literal_column("'sms'"),
            sent.to_address == number,
            sent.event == Event.FEEDBACK_REQUESTED.value,
            sent.recipient == Recipient.CLIENT.value,
            sent.state.in_(_LEFT),
            visit.status.in_((Status.FEEDBACK_PENDING.value, Status.FEEDBACK_COLLECTED.value)),
            CLIENT.c.phone == number,
        )
        .order_by(sent.id)
    )
    found: dict[int, _Survey] = {}
    for row in rows.mappings():
        asked_at = _left_at(row)
        if asked_at <= at + SLACK:
            asked = records.to_appointment(row)
            found[asked.id] = _Survey(asked, asked_at, asked_at + good_for)
    return list(found.values())


def _left_at(row: RowMapping) -> datetime:
    left: datetime = row["sent_at"] or row["due_at"]
    return left
