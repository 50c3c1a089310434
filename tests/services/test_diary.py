"""The office's diary: its rules by the settings, what is taken, and slots for a wish."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.calendar import day_bounds
from interworky_tui.domain.errors import BadInput, DoubleBooked, IllegalMove, NotFound
from interworky_tui.services import diary, scheduling
from interworky_tui.storage.tables import EVENT, SLOT_OFFER, SLOT_OFFER_TO

FRIDAY = date(2026, 3, 20)
TEN = datetime(2026, 3, 20, 9, tzinfo=UTC)
"""Friday, 10:00 in Berlin."""
MINUTE, HALF_HOUR = timedelta(minutes=1), timedelta(minutes=30)


def starts(desk: Any, number: int, **how: Any) -> list[str]:
    found = diary.suggest(desk.office, number, **how)
    return [f"{slot.starts_at.astimezone(desk.office.zone):%d %H:%M}" for slot in found]


def ask(desk: Any, **values: Any) -> int:
    return int(desk.request(**values).appointment.id)


def hold(desk: Any, start: datetime, *numbers: int, minutes: int = 60) -> None:
    """Offer a half hour by SMS to those appointments."""
    now = desk.clock.now
    messages = {number: desk.messages(number)[0]["id"] for number in numbers}
    with desk.office.database.write() as connection:
        made = connection.execute(
            insert(SLOT_OFFER).values(
                starts_at=start,
                ends_at=start + HALF_HOUR,
                made_at=now,
                made_by="ana",
                expires_at=now + minutes * MINUTE,
            )
        )
        assert made.inserted_primary_key
        for number in numbers:
            connection.execute(
                insert(SLOT_OFFER_TO).values(
                    offer_id=made.inserted_primary_key[0],
                    appointment_id=number,
                    number=f"+4930{number}",
                    notification_id=messages[number],
                )
            )


def test_the_rules_are_those_of_the_settings(desk: Any) -> None:
    desk.set(
        office={
            "hours": {"mon": "09:00-17:00", "wed": ""},
            "breaks": ["12:00-13:00"],
            "closures": ["2026-08-01..2026-08-21"],
            "holidays_country": "DE-BY",
        },
        slots={"capacity": 2, "step_minutes": 20, "lead_minutes": 60},
    )
    rules = diary.rules(desk.office)
    assert [f"{day[0]:%H:%M}" if day else "" for day in rules.hours[:3]] == ["09:00", "08:00", ""]
    assert [f"{a:%H:%M}-{b:%H:%M}" for a, b in rules.breaks] == ["12:00-13:00"]
    assert (rules.capacity, rules.step, rules.lead) == (2, 20 * MINUTE, 60 * MINUTE)
    assert rules.closed(date(2026, 7, 31)) is None
    assert rules.closed(date(2026, 8, 1)) == rules.closed(date(2026, 8, 21)) == "days off"
    assert rules.closed(date(2026, 6, 4)) == "Corpus Christi"


@pytest.mark.parametrize(
    ("country", "day", "name"),
    [
        ("DE", date(2026, 4, 3), "Good Friday"),
        ("", date(2026, 4, 3), "Good Friday"),
        ("none", date(2026, 4, 3), None),
        ("DE", date(2026, 6, 4), None),
        ("DE-QQ", date(2026, 4, 3), "Good Friday"),
        ("DE-QQ", date(2026, 6, 4), None),
        ("ZZ", date(2026, 1, 1), None),
        ("US", date(2026, 7, 3), "Independence Day (observed)"),
        ("GB-ENG", date(2030, 12, 25), "Christmas Day"),
    ],
)
def test_public_holidays(desk: Any, country: str, day: date, name: str | None) -> None:
    desk.set(office={"holidays_country": country})
    assert diary.rules(desk.office).closed(day) == name


def test_a_service_takes_its_own_time(desk: Any) -> None:
    desk.set(slots={"minutes": 20, "services": {"Root canal": 60, "Prophylaxe für Kinder": 25}})
    for service, minutes in (
        ("", 20),
        ("Massage", 20),
        ("root  CANAL ", 60),
        ("Prophylaxe fur Kinder", 25),
    ):
        assert diary.length_of(desk.office, service) == minutes * MINUTE
    made = scheduling.schedule(desk.office, ask(desk, service="Root canal"), TEN).appointment
    assert made.ends_at == TEN + 60 * MINUTE
    assert diary.length(desk.office, made) == 60 * MINUTE
    assert diary.length(desk.office, made, 5) == 5 * MINUTE
    with pytest.raises(BadInput):
        diary.length(desk.office, made, 0)


def test_a_request_gets_slots_in_its_band(desk: Any) -> None:
    number = ask(desk)
    assert starts(desk, number) == ["20 10:00", "20 10:30", "20 11:00"]
    assert starts(desk, number, minutes=60, count=1) == ["20 10:00"]
    scheduling.schedule(desk.office, ask(desk), TEN)
    assert starts(desk, number) == ["20 10:30", "20 11:00", "20 11:30"]


def test_what_is_taken_on_a_day_is_what_touches_it_however_it_was_read(desk: Any) -> None:
    """Over the night in which the clock is put forward."""
    midnight = datetime(2026, 3, 28, 23, tzinfo=UTC)
    for hours, minutes in ((-25, 90), (-1, 60), (-1, 120), (0, 15), (23, 30)):
        at = midnight + timedelta(hours=hours)
        scheduling.schedule(desk.office, ask(desk), at, minutes=minutes, override=True)
    desk.clock.now = midnight - timedelta(hours=30)
    hold(desk, midnight + timedelta(hours=4), ask(desk), minutes=24 * 60)
    with desk.office.database.read() as connection:
        days = diary.Days(connection, desk.office.zone, desk.clock.now)
        for day in (date(2026, 3, 26) + timedelta(days=number) for number in range(12)):
            first, last = day_bounds(day, desk.office.zone)
            wide = diary.taken(connection, first - MINUTE, last + MINUTE, None, desk.clock.now)
            touching = [span for span in wide if span[0] <= last and span[1] >= first]
            assert days.taken_on(day) == touching
            assert len(touching) == {27: 1, 28: 4, 29: 5, 30: 1}.get(day.day, 0)


def test_what_is_cancelled_or_over_takes_no_room(desk: Any) -> None:
    number = ask(desk)
    other = scheduling.schedule(desk.office, ask(desk), TEN).appointment.id
    scheduling.cancel(desk.office, other, CancelReason.OFFICE)
    assert starts(desk, number)[0] == "20 10:00"


def test_a_visit_is_moved_from_its_day_to_any_time_but_its_own(desk: Any) -> None:
    number = ask(desk)
    scheduling.schedule(desk.office, number, TEN + timedelta(days=3))
    assert starts(desk, number) == ["23 10:15", "23 10:45", "23 11:15"]
    scheduling.schedule(desk.office, number, TEN + timedelta(days=3), minutes=90)
    assert starts(desk, number, count=1) == ["23 10:15"]


def test_an_old_request_is_looked_for_from_today_on(desk: Any) -> None:
    number = ask(desk)
    desk.clock.now = datetime(2026, 4, 1, 12, tzinfo=UTC)
    # Thursday; then Good Friday, the weekend and Easter Monday.
    assert starts(desk, number) == ["02 10:00", "07 10:00", "08 10:00"]


def test_who_can_be_given_no_time_is_offered_none(desk: Any) -> None:
    with pytest.raises(NotFound):
        diary.suggest(desk.office, 77)
    with pytest.raises(IllegalMove):
        diary.suggest(desk.office, desk.attended().appointment.id)
    with pytest.raises(BadInput):
        diary.suggest(desk.office, ask(desk), 24 * 60 + 1)


def test_a_slot_that_is_offered_by_text_is_held_until_it_expires(desk: Any) -> None:
    number, asked, late = ask(desk), ask(desk), ask(desk)
    hold(desk, TEN, asked)
    assert starts(desk, number)[0] == "20 10:30"
    assert starts(desk, asked)[0] == "20 10:00"
    with pytest.raises(DoubleBooked) as caught:
        scheduling.schedule(desk.office, number, TEN)
    assert caught.value.sentence.startswith("An offer by SMS has Fri 20 Mar 2026, 10:00;")
    assert caught.value.appointment_ids == ()
    (booked,) = scheduling.conflicts(desk.office, TEN, TEN + MINUTE)
    assert (booked.appointment_id, booked.client_name) == (None, scheduling.OFFERED)
    desk.clock.forward(minutes=60)
    assert starts(desk, number)[0] == "20 10:00"
    scheduling.schedule(desk.office, late, TEN)


def test_whom_a_slot_is_offered_to_may_have_it(desk: Any) -> None:
    asked = ask(desk)
    hold(desk, TEN, asked, ask(desk))
    scheduling.schedule(desk.office, asked, TEN)
    assert "override" not in desk.rows(EVENT)[-1]["detail"]


def test_as_many_as_there_is_room_for(desk: Any) -> None:
    desk.set(slots={"capacity": 2})
    first, second, third = (ask(desk) for _ in range(3))
    scheduling.schedule(desk.office, first, TEN)
    assert scheduling.conflicts(desk.office, TEN, TEN + HALF_HOUR) == []
    scheduling.schedule(desk.office, second, TEN + 15 * MINUTE)
    # One after the other they fill one place, not two.
    scheduling.schedule(desk.office, ask(desk), TEN - HALF_HOUR)
    before = desk.dump()
    with pytest.raises(DoubleBooked) as caught:
        scheduling.schedule(desk.office, third, TEN)
    assert desk.dump() == before
    assert caught.value.appointment_ids == (first, second)
    assert caught.value.sentence == (
        "Ada Lovelace 1 has Fri 20 Mar 2026, 10:00 and 1 more, and there is room for 2 at once;"
        " choose another time, or override to book it as well."
    )
    scheduling.schedule(desk.office, third, TEN, override=True)
    detail = desk.rows(EVENT)[-1]["detail"]
    assert f'"override":true,"count":2,"over":[{first},{second}]' in detail


def test_the_last_place_is_that_of_the_fullest_moment(desk: Any) -> None:
    desk.set(slots={"capacity": 2})
    for minutes in (0, 30, 40):
        scheduling.schedule(desk.office, ask(desk), TEN + minutes * MINUTE)
    number = ask(desk)
    with pytest.raises(DoubleBooked):
        scheduling.schedule(desk.office, number, TEN + 15 * MINUTE)
    scheduling.schedule(desk.office, number, TEN + 10 * MINUTE, minutes=30)


def test_the_calendar_warns_and_forbids_nothing(desk: Any) -> None:
    good_friday = TEN + timedelta(days=14)
    assert diary.against(desk.office, good_friday, good_friday + HALF_HOUR) == (
        "closed: Good Friday",
    )
    assert diary.against(desk.office, TEN, TEN + HALF_HOUR) == ()
    scheduling.schedule(desk.office, ask(desk), good_friday)
