"""Free slots: which comes first, how it is explained, and what the calendar says against a time."""

from datetime import date, datetime, time, timedelta

import pytest

from interworky_tui.domain.slots import (
    Rules,
    Slot,
    Span,
    Wish,
    against,
    free_starts,
    gaps,
    open_spans,
    suggest,
)
from tests.domain.slot_rules import (
    BERLIN,
    EARLY,
    EVENING,
    FRIDAY,
    GOOD_FRIDAY,
    HALF_HOUR,
    MONDAY_0910,
    MORNING,
    at,
    rules,
    visit,
)


def said(slots: tuple[Slot, ...]) -> list[str]:
    """``20 10:00 why``: the day of the month, the local start, the reason."""
    starts = [slot.starts_at.astimezone(BERLIN) for slot in slots]
    return [
        f"{start.day} {start:%H:%M} {slot.why}" for start, slot in zip(starts, slots, strict=True)
    ]


def offered(
    wish: Wish, *taken: Span, now: datetime = MONDAY_0910, told: Rules | None = None, count: int = 3
) -> list[str]:
    return said(suggest(told or rules(), wish, HALF_HOUR, lambda _: taken, now, count))


def test_a_morning_that_is_free_is_offered_from_its_beginning() -> None:
    assert offered(Wish(FRIDAY, MORNING)) == [
        "20 10:00 first free in the morning you asked for",
        "20 10:30 free in the morning you asked for",
        "20 11:00 free in the morning you asked for",
    ]


def test_a_slot_that_leaves_no_gap_goes_before_one_that_is_not_much_earlier() -> None:
    taken = visit(11, 0, (11, 30)), visit(9, 20, (9, 45))
    assert offered(Wish(FRIDAY, MORNING), *taken) == [
        "20 10:30 just before the 11:00, no gap",
        "20 10:00 first free in the morning you asked for",
        "20 11:30 right after the 11:00, no gap",
    ]
    assert offered(Wish(FRIDAY, MORNING), *taken, count=1) == [
        "20 10:30 just before the 11:00, no gap"
    ]
    later = visit(11, 30, (12, 0)), visit(9, 20, (9, 45))
    assert offered(Wish(FRIDAY, MORNING), *later)[0].startswith("20 10:00 first free")


def test_a_gap_of_the_right_size_is_filled() -> None:
    taken = visit(9, 0, (10, 30)), visit(11, 0, (12, 0))
    assert offered(Wish(FRIDAY, MORNING), *taken, count=1) == [
        "20 10:30 first free in the morning you asked for"
    ]
    taken = visit(10, 0, (10, 10)), visit(10, 40, (11, 30))
    assert offered(Wish(FRIDAY, MORNING), *taken)[:2] == [
        "20 10:10 first free in the morning you asked for",
        "20 11:30 right after the 10:40, no gap",
    ]
    between = visit(10, 30, (11, 0)), visit(11, 30, (12, 0))
    assert "20 11:00 between the 10:30 and the 11:30, no gap" in offered(
        Wish(FRIDAY, MORNING), *between
    )


def test_a_visit_off_the_steps_is_joined_to_five_minutes() -> None:
    taken = visit(10, 0, (10, 50)), visit(11, 40, (12, 30))
    starts = [line[3:8] for line in offered(Wish(FRIDAY, MORNING), *taken)]
    assert starts[:1] == ["10:50"]
    odd = visit(10, 0, (10, 53)), visit(11, 30, (12, 30))
    assert offered(Wish(FRIDAY, MORNING), *odd)[0][3:8] == "11:00"


def test_when_the_band_is_full_the_nearest_is_offered_and_one_on_another_day() -> None:
    assert offered(Wish(FRIDAY, MORNING), visit(10, 0, (12, 0))) == [
        "20 09:30 the morning is full; nearest free before it",
        "20 12:00 right after the 10:00, no gap",
        "23 10:00 the next free morning",
    ]
    assert offered(Wish(FRIDAY, EARLY), visit(8, 0, (11, 0)))[:2] == [
        "20 11:00 the early morning is full; nearest free after it",
        "20 11:30 later than the early morning you asked for",
    ]


def test_what_is_left_of_the_band_comes_first() -> None:
    assert offered(Wish(FRIDAY, MORNING), visit(10, 0, (11, 30))) == [
        "20 11:30 first free in the morning you asked for",
        "20 09:30 just before the 10:00, no gap",
        "23 10:00 the next free morning",
    ]


def test_an_exact_wish() -> None:
    assert offered(Wish(FRIDAY, MORNING, time(10, 10))) == [
        "20 10:10 free at the very time you asked for",
        "20 10:45 later than you asked for",
        "23 10:10 the next day with 10:10 free",
    ]
    taken = visit(10, 0, (10, 20))
    assert offered(Wish(FRIDAY, MORNING, time(10, 10)), taken) == [
        "20 10:20 10:10 is taken; nearest free after it",
        "20 09:30 just before the 10:00, no gap",
        "23 10:10 the next day with 10:10 free",
    ]


@pytest.mark.parametrize(
    ("wish", "first"),
    [
        (Wish(GOOD_FRIDAY, MORNING), "6 10:00 closed: Good Friday; the next free morning"),
        (
            Wish(date(2026, 3, 22), MORNING),
            "23 10:00 closed on Sundays; the next free morning",
        ),
        (Wish(FRIDAY, EVENING), "20 19:30 not open in the evening; nearest free before it"),
        (
            Wish(FRIDAY, None, time(13, 10)),
            "20 12:30 in the break 13:00–14:00; nearest free before it",
        ),
        (
            Wish(FRIDAY, None, time(7, 0)),
            "20 08:00 outside the hours 08:00–20:00; nearest free after it",
        ),
        (Wish(FRIDAY), "20 08:00 first free on the day you asked for"),
        (Wish(date(2026, 3, 16), EARLY), "16 09:30 first free in the early morning you asked for"),
        (Wish(date(2026, 3, 16), None, time(9, 15)), "16 09:30 09:15 is too soon; nearest free"),
    ],
)
def test_why_it_cannot_be_as_wished(wish: Wish, first: str) -> None:
    assert offered(wish)[0].startswith(first)


def test_a_wish_that_has_passed_is_looked_for_from_today_on() -> None:
    assert offered(Wish(date(2026, 3, 10), MORNING)) == [
        "16 10:00 that day has passed; first free this morning",
        "16 10:30 free this morning",
        "16 11:00 free this morning",
    ]
    noon = at(date(2026, 3, 16), 12)
    assert offered(Wish(date(2026, 3, 10), MORNING), now=noon)[:2] == [
        "17 10:00 that day has passed; the next free morning",
        "18 10:00 another free morning",
    ]
    assert offered(Wish(date(2026, 3, 16), MORNING), now=noon)[0] == (
        "16 12:15 the morning is over; nearest free after it"
    )


def test_a_time_that_a_visit_has_is_no_other_time() -> None:
    wish = Wish(FRIDAY, MORNING, but=at(FRIDAY, 10))
    assert [line[3:8] for line in offered(wish)] == ["10:15", "10:45", "11:15"]


def test_an_office_that_is_never_open_has_no_slots() -> None:
    assert offered(Wish(FRIDAY, MORNING), told=rules(hours=(None,) * 7)) == []
    assert offered(Wish(FRIDAY, MORNING), told=rules(closed=lambda day: "moved away")) == []


def test_when_nothing_fits_the_band_on_any_day_the_nearest_of_each_is_offered() -> None:
    taken = visit(8, 0, (20, 0))
    assert offered(Wish(FRIDAY, EVENING), taken) == [
        "23 19:30 not open in the evening; nearest to the evening on a later day",
        "24 19:30 nearest to the evening on a later day",
        "25 19:30 nearest to the evening on a later day",
    ]


def test_with_room_for_two_a_slot_is_free_until_both_places_are_taken() -> None:
    one, two = visit(10, 0, (10, 30)), visit(10, 0, (10, 30))
    roomy = rules(capacity=2)
    assert at(FRIDAY, 10) in free_starts(roomy, FRIDAY, HALF_HOUR, [one], MONDAY_0910)
    full = free_starts(roomy, FRIDAY, HALF_HOUR, [one, two], MONDAY_0910)
    assert at(FRIDAY, 9, 30) in full
    assert at(FRIDAY, 10, 30) in full
    assert not any(at(FRIDAY, 9, 30) < start < at(FRIDAY, 10, 30) for start in full)


def test_the_hours_of_a_day_are_less_its_breaks() -> None:
    told = rules(breaks=((time(12, 30), time(14)), (time(13), time(13, 30)), (time(7), time(9))))
    assert open_spans(told, FRIDAY) == (
        (at(FRIDAY, 9), at(FRIDAY, 12, 30)),
        (at(FRIDAY, 14), at(FRIDAY, 20)),
    )
    assert open_spans(told, date(2026, 3, 21)) == open_spans(told, GOOD_FRIDAY) == ()
    assert open_spans(rules(breaks=((time(7), time(21)),)), FRIDAY) == ()


def test_gaps_are_where_one_more_has_room() -> None:
    day = rules(breaks=())
    taken = [visit(8, 0, (9, 0)), visit(10, 0, (12, 0)), visit(11, 0, (13, 0))]
    assert gaps(day, FRIDAY, taken) == (
        (at(FRIDAY, 9), at(FRIDAY, 10)),
        (at(FRIDAY, 13), at(FRIDAY, 20)),
    )
    assert gaps(rules(breaks=(), capacity=2), FRIDAY, taken) == (
        (at(FRIDAY, 8), at(FRIDAY, 11)),
        (at(FRIDAY, 12), at(FRIDAY, 20)),
    )
    assert gaps(day, GOOD_FRIDAY, []) == ()


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (at(FRIDAY, 8), at(FRIDAY, 13), ()),
        (at(FRIDAY, 14), at(FRIDAY, 20), ()),
        (at(FRIDAY, 7, 59), at(FRIDAY, 9), ("outside the hours 08:00–20:00",)),
        (at(FRIDAY, 19, 45), at(FRIDAY, 20, 15), ("outside the hours 08:00–20:00",)),
        (at(FRIDAY, 12, 45), at(FRIDAY, 13, 1), ("in the break 13:00–14:00",)),
        (at(GOOD_FRIDAY, 10), at(GOOD_FRIDAY, 11), ("closed: Good Friday",)),
        (at(date(2026, 3, 21), 10), at(date(2026, 3, 21), 11), ("closed on Saturdays",)),
        (
            at(FRIDAY, 7),
            at(FRIDAY, 13, 30),
            ("outside the hours 08:00–20:00", "in the break 13:00–14:00"),
        ),
    ],
)
def test_what_the_calendar_says_against(
    start: datetime, end: datetime, words: tuple[str, ...]
) -> None:
    assert against(rules(), start, end) == words


def test_in_the_hour_that_is_skipped_nothing_is_open() -> None:
    night = rules(hours=((time(1), time(4)),) * 7, breaks=())
    spring = date(2026, 3, 29)
    (span,) = open_spans(night, spring)
    assert span[1] - span[0] == timedelta(hours=2)
    shown = [
        start.astimezone(BERLIN).strftime("%H:%M")
        for start in free_starts(night, spring, HALF_HOUR, (), MONDAY_0910)
    ]
    assert shown == ["01:00", "01:15", "01:30", "01:45", "03:00", "03:15", "03:30"]
    inside = rules(hours=((time(2, 15), time(2, 45)),) * 7, breaks=())
    assert open_spans(inside, spring) == ()


def test_an_hour_that_comes_twice_is_not_offered() -> None:
    night = rules(hours=((time(1), time(4)),) * 7, breaks=())
    autumn = date(2026, 10, 25)
    shown = [
        start.astimezone(BERLIN).strftime("%H:%M")
        for start in free_starts(night, autumn, HALF_HOUR, (), MONDAY_0910)
    ]
    assert shown == ["01:00", "01:15", "01:30", "01:45", "03:00", "03:15", "03:30"]
