"""Feedback: asking for it at most once a day, and recording the answer."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from interworky_tui.domain.appointment import Appointment, Status
from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.errors import TooManyNotes
from interworky_tui.domain.feedback import Source, Survey, in_words
from interworky_tui.domain.lifecycle import Change, Verb
from interworky_tui.domain.text import clean_text
from interworky_tui.services import asking, change, records
from interworky_tui.services.context import CLIENT_ACTOR, Changed, Context
from interworky_tui.services.survey_tokens import keep_link, link_url, new_token
from interworky_tui.storage.tables import SURVEY_NOTE, SURVEY_RESPONSE

NOTES_AT_MOST = 20
"""Of one visit, so that nobody fills the store with a link."""
_ANSWER = SURVEY_RESPONSE.c


def collect(office: Context, appointment_id: int, *, version: int | None = None) -> Changed:
    """Ask for feedback, or ask again. Raises AskedToday, which says from when it may be.

    With the web pages on, the request carries a link of its own, the same in every message.
    """
    extra, link = written_down(office)
    return change.apply(
        office,
        appointment_id,
        collect_verb,
        lambda connection, before, now: ask_change(office, connection, before, now),
        version=version,
        extra=extra,
        survey_link=link,
    )


def written_down(office: Context) -> tuple[change.Extra, str]:
    """What a request for feedback writes besides, and the link that it carries, or ""."""
    token = new_token() if office.settings.web.enabled else None

    def extra(
        connection: Connection, _before: Appointment, after: Appointment, now: datetime
    ) -> None:
        asking.write_down(connection, office, after, now)
        if token:
            keep_link(connection, office, after, token, now)

    return extra, link_url(office, token) if token else ""


def collect_verb(appointment: Appointment) -> Verb:
    pending = appointment.status is Status.FEEDBACK_PENDING
    return Verb.RESEND if pending else Verb.COLLECT_FEEDBACK


def ask_change(
    office: Context, connection: Connection, appointment: Appointment, now: datetime
) -> Change:
    asked = asking.last_asked(connection, appointment.id)
    return Change(
        today=office_day(now, office.zone),
        asked_on=asked.day if asked else None,
        asked_at=asked.at.astimezone(office.zone) if asked else None,
    )


def record(
    office: Context, appointment_id: int, survey: Survey, *, version: int | None = None
) -> Changed:
    """Keep the answer; the first one wins. What staff type in is read already."""
    answer = _clean(survey)
    return change.apply(
        office,
        appointment_id,
        lambda _before: Verb.SUBMIT_FEEDBACK,
        lambda *_: Change(),
        version=version,
        extra=_keeping(answer),
        survey=answer,
    )


def take(
    connection: Connection, office: Context, appointment_id: int, survey: Survey, now: datetime
) -> Changed | None:
    """What the client says, by web or SMS, in a transaction that does more.

    None when an answer was there already: this one is kept as a note, unless it says the same.
    The caller wakes the delivery after the commit. Raises IllegalMove when nobody asked, and
    TooManyNotes.
    """
    answer = _clean(survey)
    appointment, _client = records.load(connection, appointment_id)
    if appointment.status is Status.FEEDBACK_COLLECTED:
        _note(connection, appointment_id, answer, now)
        return None
    return change.within(
        connection,
        replace(office, actor=CLIENT_ACTOR),
        appointment_id,
        lambda _before: Verb.SUBMIT_FEEDBACK,
        lambda *_: Change(),
        now,
        extra=_keeping(answer),
        survey=answer,
    )


def mark_read(office: Context, appointment_id: int) -> bool:
    """Somebody of the office reads the answer. False when it was read before, or there is none."""
    with office.database.write() as connection:
        read = (
            update(SURVEY_RESPONSE)
            .where(_ANSWER.appointment_id == appointment_id, _ANSWER.read_at.is_(None))
            .values(read_at=office.clock())
        )
        return connection.execute(read).rowcount == 1


def keep_as_note(connection: Connection, appointment_id: int, survey: Survey, at: datetime) -> None:
    connection.execute(
        insert(SURVEY_NOTE).values(
            appointment_id=appointment_id,
            at=at,
            source=survey.source.value,
            rating=survey.rating,
            text=in_words(survey),
        )
    )


def _clean(survey: Survey) -> Survey:
    return replace(survey, good=clean_text(survey.good), bad=clean_text(survey.bad))


def _keeping(answer: Survey) -> change.Extra:
    def extra(
        connection: Connection, _before: Appointment, after: Appointment, now: datetime
    ) -> None:
        connection.execute(
            insert(SURVEY_RESPONSE).values(
                appointment_id=after.id,
                rating=answer.rating,
                good=answer.good,
                bad=answer.bad,
                recommend=answer.recommend.value if answer.recommend else None,
                publish=int(answer.publish),
                source=answer.source.value,
                at=now,
                read_at=now if answer.source is Source.STAFF else None,
            )
        )

    return extra


def _note(connection: Connection, appointment_id: int, answer: Survey, now: datetime) -> None:
    """A form that is sent twice says the same twice, and is kept once."""
    first = select(SURVEY_RESPONSE).where(_ANSWER.appointment_id == appointment_id)
    known = connection.execute(first).mappings().first()
    said = (answer.rating, answer.good, answer.bad, answer.recommend, answer.publish)
    if known and said == tuple(
        known[name] for name in ("rating", "good", "bad", "recommend", "publish")
    ):
        return
    note = SURVEY_NOTE.c
    of = note.appointment_id == appointment_id
    same = select(note.id).where(of, note.rating == answer.rating, note.text == in_words(answer))
    if connection.execute(same.limit(1)).first():
        return
    if connection.execute(select(func.count()).where(of)).scalar_one() >= NOTES_AT_MOST:
        raise TooManyNotes("We have your answers already; call us if there is more to say.")
    keep_as_note(connection, appointment_id, answer, now)
