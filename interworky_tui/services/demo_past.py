"""The demo office's months before: written at once, for to play them would take too long.

Each visit goes by the domain's own rules and has its history; of its messages nothing is kept.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from interworky_tui.domain.appointment import Appointment, CancelReason, Status
from interworky_tui.domain.calendar import at_local, office_day
from interworky_tui.domain.feedback import Recommend, Source
from interworky_tui.domain.lifecycle import Change, Verb, advance
from interworky_tui.services import chain, clients, intake, records
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import APPOINTMENT, FEEDBACK_REQUEST, SURVEY_RESPONSE

VISITS = 130
FIRST_DAY, LAST_DAY = 150, 17
"""Days before today between which the visits lie; after them the told visits begin."""
SOURCES = ("desk", "desk", "web", "web", "api", "import")
BANDS = (("early_morning", 8), ("morning", 10), ("morning", 11), ("afternoon", 13), ("evening", 17))
RATINGS = (5, 5, 5, 5, 4, 4, 4, 3, 2, 5, 4, 1)
_NO_MORE = (CancelReason.CLIENT_ASKED, CancelReason.NO_SHOW, CancelReason.OFFICE)


@dataclass
class _Visit:
    """An appointment on its way, and the lines that tell of it."""

    office: Context
    appointment: Appointment
    lines: list[dict[str, Any]]

    def go(self, verb: Verb, at: datetime, change: Change | None = None) -> None:
        before, after = self.appointment, advance(self.appointment, verb, at, change)
        self.lines.append(records.history_line(before, after, verb, actor=self.office.actor, at=at))
        self.appointment = after


def remember(office: Context, told: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """File visits of the told clients in the months before. Returns how many."""
    chance = random.Random(20260316)  # the same past whenever it is opened
    with office.database.write() as connection:
        for number in range(VISITS):
            ago = FIRST_DAY - (FIRST_DAY - LAST_DAY) * number // VISITS
            _remember(connection, office, told[number % len(told)], ago, now, chance)
    return VISITS


def _remember(
    connection: Connection,
    office: Context,
    who: Mapping[str, Any],
    ago: int,
    now: datetime,
    chance: random.Random,
) -> None:
    day = office_day(now, office.zone) - timedelta(days=ago)
    # Nobody comes on Sunday, and few on Saturday.
    day -= timedelta(days=chance.randint(1, 3) if day.weekday() > 4 else 0)
    band, hour = chance.choice(BANDS)
    start = at_local(day, time(hour, chance.choice((0, 15, 30))), office.zone)
    asked = start - timedelta(days=chance.randint(2, 9), minutes=chance.randint(0, 300))
    new = intake.NewRequest(
        name=who["name"],
        phone=who.get("phone", ""),
        email=who.get("email", ""),
        date=day,
        band=band,
        service=who.get("service", ""),
    )
    known = intake.clean(office, new)
    client = clients.find_or_create(connection, known.name, known.phone, known.email, asked)
    one = Appointment(
        id=0,
        client_id=client.id,
        status=Status.REQUESTED,
        requested_date=day,
        band=band,
        wish_time=None,
        requested_until=intake.window_end(office, known),
        service=known.service,
    )
    filed = records.history_line(None, one, Verb.REQUEST, actor=office.actor, at=asked)
    visit = _Visit(office, one, [filed])
    steps = _steps(asked, start, chance)
    for verb, at, change in steps:
        visit.go(verb, at, change)
    values = records.to_columns(visit.appointment)
    values |= {"requested_at": asked, "source": chance.choice(SOURCES)}
    made = records.inserted_id(connection.execute(insert(APPOINTMENT).values(values)))
    chain.append(connection, [line | {"appointment_id": made} for line in visit.lines])
    _answer(connection, office, visit.appointment, made, chance)


def _steps(
    asked: datetime, start: datetime, chance: random.Random
) -> Iterator[tuple[Verb, datetime, Change | None]]:
    slot = Change(starts_at=start, ends_at=start + timedelta(minutes=30))
    yield Verb.SCHEDULE, asked + timedelta(minutes=chance.choice((8, 25, 40, 90, 200, 900))), slot
    if chance.random() < 0.1:
        reason = chance.choice(_NO_MORE)
        late = start + timedelta(minutes=25)
        at = late if reason is CancelReason.NO_SHOW else start - timedelta(hours=20)
        yield Verb.CANCEL, at, Change(reason=reason)
        return
    yield Verb.ATTEND, start + timedelta(minutes=5), None
    yield Verb.COLLECT_FEEDBACK, start + timedelta(hours=1), None
    if chance.random() < 0.62:
        wait = timedelta(minutes=chance.choice((4, 12, 35, 80, 240, 700, 1500, 2800)))
        yield Verb.SUBMIT_FEEDBACK, start + timedelta(hours=1) + wait, None


def _answer(
    connection: Connection,
    office: Context,
    one: Appointment,
    appointment_id: int,
    chance: random.Random,
) -> None:
    if one.feedback_requested_at is None:
        return
    asked = one.feedback_requested_at
    connection.execute(
        insert(FEEDBACK_REQUEST).values(
            appointment_id=appointment_id,
            office_day=office_day(asked, office.zone).isoformat(),
            at=asked,
            appointment_version=4,
        )
    )
    if one.feedback_collected_at is None:
        return
    rating = chance.choice(RATINGS)
    happy = Recommend.YES if rating > 3 else Recommend.MAYBE if rating == 3 else Recommend.NO
    connection.execute(
        insert(SURVEY_RESPONSE).values(
            appointment_id=appointment_id,
            rating=rating,
            recommend=happy.value if chance.random() < 0.8 else None,
            publish=0,
            source=chance.choice((Source.WEB, Source.SMS)).value,
            at=one.feedback_collected_at,
            read_at=one.feedback_collected_at,
        )
    )
