"""The counts behind the insights. Each is one statement over an index; rows never come out.

States stand in the SQL as literals, word for word as in the partial indexes: with bound values
SQLite would not use them.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import product

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    and_,
    case,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
    values,
)

from interworky_tui.domain.appointment import CancelReason, Status
from interworky_tui.domain.events import Channel, MessageState
from interworky_tui.storage.measures import minutes_between
from interworky_tui.storage.models.office import GIVES_A_TIME, MOVES_A_TIME, UNDOING
from interworky_tui.storage.models.outbox import ARRIVED, NEVER_LEFT, SENT
from interworky_tui.storage.tables import (
    APPOINTMENT,
    EVENT,
    FEEDBACK_REQUEST,
    NOTIFICATION,
    SMS_RECEIPT,
    SURVEY_RESPONSE,
)

Span = tuple[datetime, datetime]
"""From a moment on, and until before another."""

CAME = (Status.ATTENDED, Status.FEEDBACK_PENDING, Status.FEEDBACK_COLLECTED)
STAYED = (MessageState.PREVIEWED, MessageState.FAILED, MessageState.HELD)
_COUNT = func.count()


def _within(column: ColumnElement[datetime], span: Span) -> ColumnElement[bool]:
    return and_(column >= span[0], column < span[1])


def answers(
    connection: Connection, parts: Sequence[Span]
) -> Sequence[Row[int, int, str | None, int]]:
    """The number of the part, rating, whether the client would recommend, and how many."""
    answer = SURVEY_RESPONSE.c
    moment = answer.at.type
    spans = (
        values(column("part", Integer), column("since", moment), column("until", moment))
        .data([(part, *span) for part, span in enumerate(parts)])
        .cte("spans")
        .c
    )
    query = (
        select(spans.part, answer.rating, answer.recommend, _COUNT)
        .where(answer.at >= spans.since, answer.at < spans.until)
        .group_by(spans.part, answer.rating, answer.recommend)
    )
    return connection.execute(query).all()


def minutes_to_answer(connection: Connection, span: Span) -> dict[int | None, int]:
    """How many visits that were first asked in the span were answered after so many minutes."""
    return _by_minutes(connection, to_answer(span))


def to_answer(span: Span) -> Select[int]:
    asked, earlier = FEEDBACK_REQUEST.c, FEEDBACK_REQUEST.alias("earlier").c
    # Of a column of the index, for * would be looked up in the table.
    before = exists(earlier.id).where(
        earlier.appointment_id == asked.appointment_id,
        # The order in which they were made, whatever the clock said.
        earlier.id < asked.id,
    )
    answer = SURVEY_RESPONSE.c
    return (
        select(minutes_between(asked.at, answer.at).label("minutes"))
        .select_from(FEEDBACK_REQUEST)
        .outerjoin(SURVEY_RESPONSE, answer.appointment_id == asked.appointment_id)
        .where(_within(asked.at, span), ~before)
    )


def minutes_to_time(connection: Connection, span: Span) -> dict[int | None, int]:
    """How many requests of the span were given a time after so many minutes."""
    return _by_minutes(connection, to_time(span))


def to_time(span: Span) -> Select[int]:
    one, line = APPOINTMENT.c, EVENT.c
    # A request is given a time anew only after the first was undone, and that took it away.
    first = (
        select(func.max(line.at))
        .where(line.appointment_id == one.id, literal_column(GIVES_A_TIME))
        .scalar_subquery()
    )
    moved = select(line.appointment_id).where(literal_column(MOVES_A_TIME))
    # The history of a visit that was never moved need not be read.
    given = case((one.id.in_(moved), first), else_=one.scheduled_at)
    return select(minutes_between(one.requested_at, given).label("minutes")).where(
        _within(one.requested_at, span), one.starts_at.is_not(None)
    )


def _by_minutes(connection: Connection, cases: Select[int]) -> dict[int | None, int]:
    # SQLite would work each of them out twice, once for the group.
    took = cases.cte("took").prefix_with("MATERIALIZED")
    query = select(took.c.minutes, _COUNT).group_by(took.c.minutes)
    return dict(connection.execute(query).all())


def _stands() -> ColumnElement[bool]:
    """Not a request whose filing was undone: only that undo makes something cancelled."""
    line, cancelled = EVENT.c, Status.CANCELLED.value
    undone = exists(line.appointment_id).where(
        line.appointment_id == APPOINTMENT.c.id,
        literal_column(UNDOING),
        line.to_status == cancelled,
    )
    return or_(APPOINTMENT.c.status != cancelled, ~undone)


def requests(connection: Connection, span: Span) -> Sequence[Row[str, str, int]]:
    """Status, source, and how many."""
    one = APPOINTMENT.c
    query = (
        select(one.status, one.source, _COUNT)
        .where(_within(one.requested_at, span), _stands())
        .group_by(one.status, one.source)
    )
    return connection.execute(query).all()


def wishes(connection: Connection, span: Span) -> Sequence[Row[str | None, str, int]]:
    """Band, the date that is wished for, and how many."""
    one = APPOINTMENT.c
    query = (
        select(one.band, one.requested_date, _COUNT)
        .where(_within(one.requested_at, span), _stands())
        .group_by(one.band, one.requested_date)
    )
    return connection.execute(query).all()


def visits(connection: Connection, span: Span, now: datetime) -> tuple[int, int, int]:
    """Who came, who did not, and of whom nobody has said it."""
    one = APPOINTMENT.c
    # Of what has a start it is sort_at, which has an index with the status.
    in_time = _within(one.sort_at, span), one.sort_at <= now
    known = (
        select(one.status, _COUNT)
        .where(one.status.in_([status.value for status in (*CAME, Status.SCHEDULED)]), *in_time)
        .group_by(one.status)
    )
    counts: dict[str, int] = dict(connection.execute(known).all())
    missed = connection.execute(
        select(_COUNT).where(
            one.status == Status.CANCELLED.value,
            one.cancel_reason == CancelReason.NO_SHOW.value,
            *in_time,
        )
    ).scalar_one()
    came = sum(counts.get(status, 0) for status in CAME)
    return came, missed, counts.get(Status.SCHEDULED.value, 0)


def cancelled(connection: Connection, span: Span) -> dict[str, int]:
    """By reason."""
    one = APPOINTMENT.c
    query = (
        select(one.cancel_reason, _COUNT)
        .where(_within(one.cancelled_at, span), _stands())
        .group_by(one.cancel_reason)
    )
    return dict(connection.execute(query).all())


def sent(connection: Connection, span: Span) -> dict[str, int]:
    """By channel."""
    row = NOTIFICATION.c
    counts = {}
    # One range of the index for each.
    for channel in Channel:
        query = select(_COUNT).where(
            row.channel == channel.value, literal_column(SENT), _within(row.sent_at, span)
        )
        counts[channel.value] = connection.execute(query).scalar_one()
    return counts


def stayed(connection: Connection, span: Span) -> dict[tuple[str, str], int]:
    """What never left, by channel and state: previewed, failed or held."""
    row, counts = NOTIFICATION.c, {}
    for channel, state in product(Channel, STAYED):
        query = select(_COUNT).where(
            row.channel == channel.value,
            literal_column(NEVER_LEFT),
            row.state == state.value,
            _within(row.created_at, span),
        )
        counts[channel.value, state.value] = connection.execute(query).scalar_one()
    return counts


def delivered(connection: Connection, span: Span) -> int:
    return connection.execute(
        select(_COUNT)
        .select_from(SMS_RECEIPT)
        .where(literal_column(ARRIVED), _within(SMS_RECEIPT.c.accepted_at, span))
    ).scalar_one()
