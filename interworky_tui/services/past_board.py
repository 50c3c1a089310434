"""The board of any moment that has passed, rebuilt from the history alone.

The history keeps each status and each time, and who did it; names and services are those of now.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, select

from interworky_tui.domain.appointment import CancelReason, Status
from interworky_tui.domain.calendar import day_bounds, office_day
from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.typed_time import read_time
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT

AT_ONCE = 5_000
NAMED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PastState:
    """An appointment as it stood. ``facts`` are what records.TRACKED names, as they are kept."""

    appointment_id: int
    version: int
    status: Status
    facts: Mapping[str, str | None]

    def moment(self, name: str) -> datetime | None:
        kept = self.facts.get(name)
        return datetime.fromisoformat(kept) if kept else None

    def is_due(self, moment: datetime) -> bool:
        start = self.moment("starts_at") if self.status is Status.SCHEDULED else None
        return start is not None and start <= moment


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit as it stood, those that were cancelled by then among them."""

    appointment_id: int
    client_id: int
    client_name: str
    service: str
    status: Status
    starts_at: datetime
    ends_at: datetime
    due: bool
    arrived_at: datetime | None
    cancel_reason: CancelReason | None


@dataclass(frozen=True, slots=True)
class PastBoard:
    """``counts`` has every tab, ``due`` are among the scheduled. ``visits`` are those of the
    moment's ``day`` in the office's zone, by time.
    """

    moment: datetime
    day: date
    counts: Mapping[Status, int]
    due: int
    visits: tuple[PastVisit, ...]


def board_at(office: Context, moment: datetime) -> PastBoard:
    """The office at a moment (aware). What happened at that very moment has happened.

    Where the clock was put back, a change counts once the clock had passed it or a later one.
    """
    day = office_day(moment, office.zone)
    start, end = day_bounds(day, office.zone)
    counts, due = Counter[Status](), 0
    of_day: list[PastState] = []
    with office.database.read() as connection:
        for state in states_at(connection, moment):
            counts[state.status] += 1
            due += state.is_due(moment)
            begins = state.moment("starts_at")
            if begins is not None and start <= begins < end:
                of_day.append(state)
        names = _names(connection, [state.appointment_id for state in of_day])
    visits = (_visit(state, names[state.appointment_id], moment) for state in of_day)
    return PastBoard(
        moment=moment,
        day=day,
        counts={status: counts[status] for status in Status},
        due=due,
        visits=tuple(sorted(visits, key=lambda one: (one.starts_at, one.appointment_id))),
    )


def states_at(connection: Connection, moment: datetime) -> Iterator[PastState]:
    """Every appointment that there was at a moment, as it stood, by its number."""
    line = EVENT.c
    query = select(line.appointment_id, line.version, line.at, line.to_status, line.detail)
    # The lines of one appointment follow one another by their versions, whatever the clock said.
    ordered = query.order_by(line.appointment_id, line.version)
    streamed = connection.execute(ordered, execution_options={"yield_per": AT_ONCE})
    for number, lines in groupby(streamed, itemgetter(0)):
        state = _state(number, lines, moment)
        if state is not None:
            yield state


def _state(number: int, lines: Iterable[Sequence[Any]], moment: datetime) -> PastState | None:
    stood, version, status = 0, 0, ""
    details: list[str] = []
    for _, at_version, at, to_status, detail in lines:
        details.append(detail)
        if at <= moment:
            stood, version, status = len(details), at_version, to_status
    if not stood:
        return None
    facts: dict[str, str | None] = {}
    for detail in details[:stood]:
        if '"now"' in detail:
            facts |= json.loads(detail).get("now", {})
    return PastState(number, version, Status(status), facts)


def _names(connection: Connection, numbers: list[int]) -> dict[int, tuple[int, str, str]]:
    found: dict[int, tuple[int, str, str]] = {}
    one = APPOINTMENT.c
    for first in range(0, len(numbers), NAMED_AT_ONCE):
        query = (
            select(one.id, CLIENT.c.id, CLIENT.c.name, one.service)
            .join(CLIENT, CLIENT.c.id == one.client_id)
            .where(one.id.in_(numbers[first : first + NAMED_AT_ONCE]))
        )
        for number, client_id, name, service in connection.execute(query):
            found[number] = client_id, name, service
    return found


def _visit(state: PastState, known: tuple[int, str, str], moment: datetime) -> PastVisit:
    starts_at, ends_at = state.moment("starts_at"), state.moment("ends_at")
    assert starts_at
    assert ends_at
    reason = state.facts.get("cancel_reason")
    return PastVisit(
        state.appointment_id,
        *known,
        status=state.status,
        starts_at=starts_at,
        ends_at=ends_at,
        due=state.is_due(moment),
        arrived_at=state.moment("arrived_at"),
        cancel_reason=CancelReason(reason) if reason else None,
    )


def read_moment(office: Context, typed: str) -> datetime:
    """A typed moment that has passed, in the office's zone; of two, the later one.

    Raises TimeNotUnderstood, and BadInput for one that is still to come.
    """
    now = office.clock()
    if typed.strip().casefold() == "now":
        return now  # Of a time to come it means the next full minute.
    read = read_time(typed, now=now, zone=office.zone, day_first=office.settings.office.day_first)
    moment = read.other or read.starts_at
    if moment > now:
        raise BadInput("That moment is still to come; give one that has passed.", "board")
    return moment


def board_json(office: Context, board: PastBoard) -> dict[str, Any]:
    def say(moment: datetime | None) -> str | None:
        return moment.astimezone(office.zone).isoformat() if moment else None

    return {
        "at": say(board.moment),
        "counts": {status.value: count for status, count in board.counts.items()},
        "due": board.due,
        "visits": [
            {
                "appointment_id": one.appointment_id,
                "client": {"id": one.client_id, "name": one.client_name},
                "service": one.service,
                "status": one.status.value,
                "due": one.due,
                "starts_at": say(one.starts_at),
                "ends_at": say(one.ends_at),
                "arrived_at": say(one.arrived_at),
                "cancel_reason": one.cancel_reason.value if one.cancel_reason else None,
            }
            for one in board.visits
        ],
    }
