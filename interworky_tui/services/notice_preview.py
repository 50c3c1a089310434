"""What a change would say and to whom, worked out without changing anything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from interworky_tui.domain.appointment import Appointment, CancelReason
from interworky_tui.domain.feedback import Survey
from interworky_tui.domain.lifecycle import Change, Verb, advance
from interworky_tui.services import asking, feedback, notices, records, scheduling
from interworky_tui.services.context import Context
from interworky_tui.services.facts import News
from interworky_tui.services.survey_tokens import placeholder_link

ChangeOf = Callable[[Connection, Appointment, datetime], Change]
WarningsOf = Callable[[Connection, Appointment, datetime], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Preview:
    """``verb`` is what it would be, from the status; ``messages`` what it would queue.

    ``warnings`` are sentences about what to think of before; none of them stands against it.
    """

    verb: Verb
    messages: tuple[notices.Planned, ...]
    warnings: tuple[str, ...] = ()


def schedule(
    office: Context, appointment_id: int, starts_at: datetime, minutes: int | None = None
) -> Preview:
    return _preview(
        office,
        appointment_id,
        scheduling.schedule_verb,
        lambda _connection, before, _now: scheduling.slot(office, before, starts_at, minutes),
    )


def attend(office: Context, appointment_id: int) -> Preview:
    return _preview(office, appointment_id, lambda _: Verb.ATTEND, lambda *_: Change())


def collect(office: Context, appointment_id: int) -> Preview:
    """Raises AskedToday, which is shown before it is tried. The survey link is a placeholder."""
    return _preview(
        office,
        appointment_id,
        feedback.collect_verb,
        lambda connection, before, now: feedback.ask_change(office, connection, before, now),
        survey_link=placeholder_link(office.settings),
        warnings_of=lambda connection, before, now: asking.warnings(
            connection, office, before, now
        ),
    )


def cancel(office: Context, appointment_id: int, reason: CancelReason, text: str = "") -> Preview:
    wanted = scheduling.cancel_change(reason, text)
    return _preview(office, appointment_id, lambda _: Verb.CANCEL, lambda *_: wanted)


def record(office: Context, appointment_id: int, survey: Survey) -> Preview:
    return _preview(
        office, appointment_id, lambda _: Verb.SUBMIT_FEEDBACK, lambda *_: Change(), survey
    )


def _preview(
    office: Context,
    appointment_id: int,
    verb_of: Callable[[Appointment], Verb],
    change_of: ChangeOf,
    survey: Survey | None = None,
    *,
    survey_link: str = "",
    warnings_of: WarningsOf = lambda *_: (),
) -> Preview:
    now = office.clock()
    with office.database.read() as connection:
        before, client = records.load(connection, appointment_id)
        verb = verb_of(before)
        after = advance(before, verb, now, change_of(connection, before, now))
        news = News(before, after, client, survey, survey_link)
        planned = tuple(notices.plan(connection, office, verb, news, now))
        return Preview(verb, planned, warnings_of(connection, before, now))
