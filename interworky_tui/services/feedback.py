"""Feedback: asking for it at most once a day, and recording the answer."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select

from interworky_tui.domain.appointment import Appointment, Status
from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.feedback import Survey
from interworky_tui.domain.lifecycle import Change, Verb
from interworky_tui.domain.text import clean_text
from interworky_tui.services import change
from interworky_tui.services.context import Changed, Context
from interworky_tui.storage.tables import FEEDBACK_REQUEST, SURVEY_RESPONSE


def collect(office: Context, appointment_id: int, *, version: int | None = None) -> Changed:
    """Ask for feedback, or ask again. Raises AskedToday, which says from when it may be."""

    def extra(
        connection: Connection, _before: Appointment, after: Appointment, now: datetime
    ) -> None:
        connection.execute(
            insert(FEEDBACK_REQUEST).values(
                appointment_id=after.id,
                office_day=office_day(now, office.zone).isoformat(),
                at=now,
                appointment_version=after.version,
            )
        )

    return change.apply(
        office,
        appointment_id,
        collect_verb,
        lambda connection, before, now: ask_change(office, connection, before, now),
        version=version,
        extra=extra,
    )


def collect_verb(appointment: Appointment) -> Verb:
    pending = appointment.status is Status.FEEDBACK_PENDING
    return Verb.RESEND if pending else Verb.COLLECT_FEEDBACK


def ask_change(
    office: Context, connection: Connection, appointment: Appointment, now: datetime
) -> Change:
    return Change(today=office_day(now, office.zone), asked_on=asked_on(connection, appointment.id))


def asked_on(connection: Connection, appointment_id: int) -> date | None:
    """The latest office day on which feedback was asked for."""
    day = connection.execute(
        select(func.max(FEEDBACK_REQUEST.c.office_day)).where(
            FEEDBACK_REQUEST.c.appointment_id == appointment_id
        )
    ).scalar()
    return date.fromisoformat(day) if day else None


def record(
    office: Context, appointment_id: int, survey: Survey, *, version: int | None = None
) -> Changed:
    """Keep the answer; the first one wins."""
    answer = replace(survey, good=clean_text(survey.good), bad=clean_text(survey.bad))

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
            )
        )

    return change.apply(
        office,
        appointment_id,
        lambda _before: Verb.SUBMIT_FEEDBACK,
        lambda *_: Change(),
        version=version,
        extra=extra,
        survey=answer,
    )
