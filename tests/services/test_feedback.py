"""Feedback: asked for once a day of the office's calendar, and answered once."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.errors import AskedToday, BadInput, ChangedElsewhere, IllegalMove
from interworky_tui.domain.feedback import Recommend, Source, Survey
from interworky_tui.services import undo
from interworky_tui.services.asking import Asked, last_asked
from interworky_tui.services.feedback import collect, mark_read, record, take
from interworky_tui.storage.tables import (
    FEEDBACK_REQUEST,
    NOTIFICATION,
    SURVEY_NOTE,
    SURVEY_RESPONSE,
)

MONDAY = date(2026, 3, 16)


def try_to_ask(desk: Any, number: int) -> date | None:
    """None when it was asked, else the day from which it may be."""
    try:
        collect(desk.office, number)
    except AskedToday as told:
        return told.next_allowed
    return None


def test_feedback_is_asked_for_after_the_visit(desk: Any) -> None:
    made = collect(desk.office, desk.attended().appointment.id)
    row = desk.appointment(made.appointment.id)
    assert (row["status"], row["feedback_requested_at"]) == ("feedback_pending", desk.clock.now)
    (asked,) = desk.rows(FEEDBACK_REQUEST)
    assert (asked["office_day"], asked["at"], asked["appointment_version"]) == (
        "2026-03-16",
        desk.clock.now,
        row["version"],
    )
    assert made.queued == 4


def test_asking_again_is_for_tomorrow_and_says_so(desk: Any) -> None:
    number = desk.asked().appointment.id
    before = desk.dump()
    with pytest.raises(AskedToday) as caught:
        collect(desk.office, number)
    assert caught.value.next_allowed == date(2026, 3, 17)
    assert caught.value.sentence == (
        f"The client was asked today at {desk.clock.now.astimezone(desk.office.zone):%H:%M};"
        " next: tomorrow, Tue 17 Mar 2026."
    )
    assert desk.dump() == before
    desk.clock.now = desk.local(MONDAY, 23, 59).astimezone(UTC)
    with pytest.raises(AskedToday):
        collect(desk.office, number)
    desk.clock.forward(minutes=1)
    made = collect(desk.office, number)
    assert (made.verb, made.appointment.status) == ("resend", "feedback_pending")
    assert len(desk.rows(FEEDBACK_REQUEST)) == 2
    with desk.office.database.read() as connection:
        assert last_asked(connection, number) == Asked(date(2026, 3, 17), desk.clock.now)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/New_York", date(2026, 11, 1)),
        ("Pacific/Auckland", date(2026, 4, 5)),
        ("America/Havana", date(2026, 3, 8)),
    ],
)
def test_the_day_is_the_offices_even_when_the_clocks_change(
    desk: Any, zone: str, day: date
) -> None:
    desk.set(office={"timezone": zone})
    desk.clock.now = desk.local(day - timedelta(days=1), 12).astimezone(UTC)
    number = desk.attended().appointment.id
    collect(desk.office, number)
    allowed: list[date] = []
    for _ in range(3 * 24 * 2):
        desk.clock.forward(minutes=30)
        today = office_day(desk.clock.now, desk.office.zone)
        not_before = try_to_ask(desk, number)
        if not_before is None:
            allowed.append(today)
        else:
            assert not_before == today + timedelta(days=1)
    assert allowed == [day, day + timedelta(days=1), day + timedelta(days=2)]


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(-20 * 60, 40 * 60), min_size=1, max_size=8))
def test_never_twice_on_one_day_however_the_clock_is_set(desk: Any, minutes: list[int]) -> None:
    number = desk.asked().appointment.id
    started = desk.clock.now
    for step in minutes:
        desk.clock.forward(minutes=step)
        before = asked_days(desk, number)
        not_before = try_to_ask(desk, number)
        if not_before is not None:
            assert office_day(desk.clock.now, desk.office.zone) <= max(before) < not_before
    days = asked_days(desk, number)
    assert len(set(days)) == len(days)
    desk.clock.now = started


def asked_days(desk: Any, number: int) -> list[date]:
    rows = desk.rows(FEEDBACK_REQUEST, appointment_id=number)
    return [date.fromisoformat(row["office_day"]) for row in rows]


def test_of_several_desks_at_once_one_asks(desk: Any) -> None:
    number = desk.attended().appointment.id
    for turn in range(4):
        gate = threading.Barrier(4)
        told: list[str] = []

        def ask(gate: Any = gate, told: Any = told) -> None:
            gate.wait()
            try:
                told.append(collect(desk.office, number).verb)
            except AskedToday:
                told.append("asked today")

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told)[:3] == ["asked today"] * 3, turn
        desk.clock.forward(days=1)
    assert len(desk.rows(FEEDBACK_REQUEST)) == 4
    assert len(desk.rows(NOTIFICATION, event="feedback_requested")) == 16


@pytest.mark.parametrize("before", ["request", "scheduled", "answered"])
def test_feedback_is_asked_for_only_then(desk: Any, before: str) -> None:
    number = getattr(desk, before)().appointment.id
    kept = desk.dump()
    with pytest.raises(IllegalMove):
        collect(desk.office, number)
    assert desk.dump() == kept


def test_an_answer_is_kept_whole(desk: Any) -> None:
    number = desk.asked().appointment.id
    answer = Survey(4, " kind\x1b staff\r\n", "wait\u202e", Recommend.MAYBE, True, Source.WEB)
    made = record(desk.office, number, answer)
    (row,) = desk.rows(SURVEY_RESPONSE)
    assert {k: v for k, v in row.items() if k not in ("id", "appointment_id")} == {
        "rating": 4,
        "good": "kind staff",
        "bad": "wait",
        "recommend": "maybe",
        "publish": 1,
        "source": "web",
        "at": desk.clock.now,
        "read_at": None,
    }
    assert desk.appointment(number)["feedback_collected_at"] == desk.clock.now
    assert made.queued == 4


def test_the_first_answer_wins(desk: Any) -> None:
    number = desk.answered(5).appointment.id
    before = desk.dump()
    with pytest.raises(IllegalMove, match="feedback collected"):
        record(desk.office, number, Survey(1))
    assert desk.dump() == before


def test_of_two_answers_at_once_one_is_kept(desk: Any) -> None:
    number = desk.asked().appointment.id
    gate = threading.Barrier(2)
    told: list[object] = []

    def answer(rating: int) -> None:
        gate.wait()
        try:
            record(desk.office, number, Survey(rating))
            told.append(rating)
        except IllegalMove:
            told.append("too late")

    threads = [threading.Thread(target=answer, args=(rating,)) for rating in (1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = desk.rows(SURVEY_RESPONSE)
    assert sorted(map(str, told)) == [str(row["rating"]), "too late"]


@pytest.mark.parametrize("before", ["request", "scheduled", "attended"])
def test_nobody_answers_who_was_not_asked(desk: Any, before: str) -> None:
    number = getattr(desk, before)().appointment.id
    kept = desk.dump()
    with pytest.raises(IllegalMove):
        record(desk.office, number, Survey(5))
    assert desk.dump() == kept


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 5, "good": "x" * 2001}, "good"),
        ({"rating": 5, "bad": "x" * 2001}, "bad"),
    ],
)
def test_an_answer_that_is_none(values: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        Survey(**values)
    assert caught.value.field == field


@pytest.mark.sqlite_only
@pytest.mark.parametrize("rating", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("limit", [0, 3, 5])
def test_the_office_hears_at_once_of_a_low_rating(desk: Any, rating: int, limit: int) -> None:
    desk.set(feedback={"low_rating": limit})
    made = desk.answered(rating)
    events = [row["event"] for row in desk.messages(made.appointment.id, 5)]
    assert events.count("feedback_collected") == 4
    low = desk.rows(NOTIFICATION, event="low_rating")
    assert [row["recipient"] for row in low] == (["office"] * 2 if rating <= limit else [])
    assert made.queued == len(events)
    undo.undo(desk.office)
    assert {row["state"] for row in desk.rows(NOTIFICATION, event="low_rating")} <= {"cancelled"}


def test_who_saw_an_older_version_asks_and_records_nothing(desk: Any) -> None:
    number = desk.attended().appointment.id
    before = desk.dump()
    with pytest.raises(ChangedElsewhere):
        collect(desk.office, number, version=2)
    assert desk.dump() == before
    collect(desk.office, number, version=3)
    with pytest.raises(ChangedElsewhere):
        record(desk.office, number, Survey(5), version=3)
    assert desk.rows(SURVEY_RESPONSE) == []


def test_a_day_of_the_far_end_of_the_world(desk: Any) -> None:
    """Asked late on a Monday in Auckland, then the office moves west, where it is Monday again."""
    desk.set(office={"timezone": "Pacific/Auckland"})
    desk.clock.now = datetime(2026, 3, 16, 12, tzinfo=UTC)
    number = desk.asked().appointment.id
    assert asked_days(desk, number) == [date(2026, 3, 17)]
    desk.set(office={"timezone": "America/Los_Angeles"})
    with pytest.raises(AskedToday) as caught:
        collect(desk.office, number)
    assert caught.value.next_allowed == date(2026, 3, 18)


def test_who_types_an_answer_in_has_read_it(desk: Any) -> None:
    number = desk.answered(1).appointment.id
    (row,) = desk.rows(SURVEY_RESPONSE)
    assert row["read_at"] == row["at"]
    assert mark_read(desk.office, number) is False


@pytest.mark.parametrize("source", [Source.WEB, Source.SMS])
def test_what_came_by_itself_is_read_once(desk: Any, source: Source) -> None:
    number = desk.asked().appointment.id
    record(desk.office, number, Survey(1, source=source))
    history = desk.history(number)
    desk.clock.forward(hours=1)
    read = desk.clock.now
    assert mark_read(desk.office, number) is True
    desk.clock.forward(hours=1)
    assert mark_read(desk.office, number) is False
    assert [row["read_at"] for row in desk.rows(SURVEY_RESPONSE)] == [read]
    assert desk.history(number) == history


def test_there_is_nothing_to_read_before_the_answer(desk: Any) -> None:
    assert mark_read(desk.office, desk.asked().appointment.id) is False


@pytest.mark.parametrize("before", ["request", "scheduled", "attended"])
def test_nothing_is_taken_from_who_was_not_asked(desk: Any, before: str) -> None:
    number = getattr(desk, before)().appointment.id
    kept = desk.dump()
    with pytest.raises(IllegalMove), desk.office.database.write() as connection:
        take(connection, desk.office, number, Survey(5, source=Source.SMS), desk.clock.now)
    assert desk.dump() == kept


def test_the_words_of_a_text_stay_as_they_came(desk: Any) -> None:
    number = desk.answered(5).appointment.id
    with desk.office.database.write() as connection:
        said = Survey(2, bad="too slow\nsorry", source=Source.SMS)
        assert take(connection, desk.office, number, said, desk.clock.now) is None
    (note,) = desk.rows(SURVEY_NOTE)
    assert (note["source"], note["rating"], note["text"]) == ("sms", 2, "too slow\nsorry")
