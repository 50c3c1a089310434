"""Free slots: what no suggestion may ever be, which comes first, and how it is explained."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interworky_tui.domain.bands import Band
from interworky_tui.domain.calendar import moments_of
from interworky_tui.domain.slots import (
    Rules,
    Slot,
    Span,
    Wish,
    against,
    crowd,
    free_starts,
    gaps,
    open_spans,
    suggest,
)

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = date(2026, 3, 20)
MONDAY_0910 = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)
MINUTE, HALF_HOUR = timedelta(minutes=1), timedelta(minutes=30)
EARLY = Band("early_morning", time(8), time(10))
MORNING = Band("morning", time(10), time(12))
EVENING = Band("evening", time(20), time(22))
GOOD_FRIDAY = date(2026, 4, 3)


def rules(**other: object) -> Rules:
    """Weekdays from eight to eight without lunch, one visit at a time."""
    told: dict[str, object] = {
        "zone": BERLIN,
        "hours": ((time(8), time(20)),) * 5 + (None, None),
        "breaks": ((time(13), time(14)),),
        "closed": lambda day: "Good Friday" if day == GOOD_FRIDAY else None,
        "capacity": 1,
        "step": timedelta(minutes=15),
        "lead": timedelta(minutes=15),
    }
    return Rules(**(told | other))  # type: ignore[arg-type]


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), BERLIN).astimezone(UTC)


def visit(hour: int, minute: int, until: tuple[int, int], day: date = FRIDAY) -> Span:
    return at(day, hour, minute), at(day, *until)


def said(slots: tuple[Slot, ...]) -> list[str]:
    """``20 10:00 why``: the day of the month, the local start, the reason."""
    starts = [slot.starts_at.astimezone(BERLIN) for slot in slots]
    return [
        f"{start.day} {start:%H:%M} {slot.why}" for start, slot in zip(starts, slots, strict=True)
    ]


def offered(
    wish: Wish, *taken: Span, now: datetime = MONDAY_0910, told: Rules | None = None, count: int = 3
) -> list[str]:
    return said(suggest(told or rules(), wish, HALF_HOUR, taken, now, count))


# The order, and the words


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


# Days, gaps, and what the calendar says against a time


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


# Whatever the office and its day are like

ZONES = [
    ZoneInfo(name)
    for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
]
clock_times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
spans_of_day = st.tuples(clock_times, clock_times).filter(lambda span: span[0] < span[1])
# Around both changes of the clock, in both halves of the world.
days = st.sampled_from([date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 4), date(2026, 10, 25)])


@st.composite
def offices(draw: st.DrawFn) -> tuple[Rules, Wish, timedelta, list[Span], datetime]:
    zone = draw(st.sampled_from(ZONES))
    day = draw(days) + timedelta(days=draw(st.integers(-2, 2)))
    now = datetime.combine(day, draw(clock_times), zone).astimezone(UTC)
    now += timedelta(days=draw(st.integers(-3, 1)), seconds=draw(st.integers(0, 59)))
    shut = draw(st.frozensets(st.integers(-3, 5), max_size=4))
    closed = {day + timedelta(days=number) for number in shut}
    told = Rules(
        zone=zone,
        hours=tuple(draw(st.none() | spans_of_day) for _ in range(7)),
        breaks=tuple(draw(st.lists(spans_of_day, max_size=2))),
        closed=lambda day: "shut" if day in closed else None,
        capacity=draw(st.integers(1, 3)),
        step=draw(st.sampled_from([5, 10, 15, 20, 30, 60])) * MINUTE,
        lead=draw(st.sampled_from([0, 15, 24 * 60])) * MINUTE,
    )
    band = draw(st.none() | st.builds(lambda span: Band("morning", *span), spans_of_day))
    wish = Wish(day, band, draw(st.none() | clock_times))
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    taken = [
        (start + begin * MINUTE, start + (begin + minutes) * MINUTE)
        for begin, minutes in draw(
            st.lists(
                st.tuples(st.integers(-300, 3 * 1440), st.sampled_from([5, 20, 30, 45, 600])),
                max_size=12,
            )
        )
    ]
    return told, wish, draw(st.sampled_from([5, 30, 45, 90])) * MINUTE, taken, now


BUSY = [visit(10, 0, (10, 30)), visit(10, 0, (10, 30)), visit(10, 30, (11, 0))]


@settings(deadline=None, max_examples=200)
@example((rules(capacity=2), Wish(FRIDAY, MORNING), HALF_HOUR, BUSY, MONDAY_0910), 4)
@given(offices(), st.integers(1, 6))
def test_no_slot_is_ever_what_it_may_not_be(
    case: tuple[Rules, Wish, timedelta, list[Span], datetime], count: int
) -> None:
    told, wish, length, taken, now = case
    found = suggest(told, wish, length, taken, now, count)
    assert len(found) <= count
    for slot in found:
        start = slot.starts_at.astimezone(told.zone)
        end = slot.ends_at.astimezone(told.zone)
        hours = told.hours[start.weekday()]
        assert slot.ends_at - slot.starts_at == length
        assert slot.starts_at >= now + told.lead, "in the past, or too soon"
        assert told.closed(start.date()) is None, "on a closed day"
        assert hours is not None
        assert start.date() == end.date(), "over night"
        assert hours[0] <= start.time() < end.time() <= hours[1], "outside the hours"
        assert not any(a < end.time() and b > start.time() for a, b in told.breaks), "in a break"
        local = start.replace(tzinfo=None, fold=0)
        assert moments_of(local, told.zone) == (slot.starts_at,), "skipped, or there twice"
        assert most_at_once(taken, slot) < told.capacity, "over the capacity"
        assert start.date() >= wish.day, "before the wished day"
        assert against(told, slot.starts_at, slot.ends_at) == ()
        assert slot.why
        assert not slot.why.endswith(".")
    ordered = sorted(found, key=lambda slot: slot.starts_at)
    assert all(a.ends_at <= b.starts_at for a, b in pairwise(ordered))


def most_at_once(taken: list[Span], slot: Slot) -> int:
    """By looking at every minute."""
    minutes = int((slot.ends_at - slot.starts_at) / MINUTE)
    return max(
        sum(start <= slot.starts_at + n * MINUTE < end for start, end in taken)
        for n in range(minutes)
    )


@settings(deadline=None, max_examples=60)
@given(offices())
def test_as_wished_goes_before_near_it_and_that_before_other_days(
    case: tuple[Rules, Wish, timedelta, list[Span], datetime],
) -> None:
    told, wish, length, taken, now = case
    found = suggest(told, wish, length, taken, now, 4)

    def rank(slot: Slot) -> int:
        local = slot.starts_at.astimezone(told.zone)
        if local.date() != max(wish.day, now.astimezone(told.zone).date()):
            return 2
        if wish.at is not None:
            return int(local.time() != wish.at)
        return int(wish.band is not None and not wish.band.start <= local.time() < wish.band.end)

    ranks = [rank(slot) for slot in found]
    assert ranks == sorted(ranks)


@settings(deadline=None, max_examples=60)
@given(offices())
def test_what_is_free_as_wished_is_never_passed_over(
    case: tuple[Rules, Wish, timedelta, list[Span], datetime],
) -> None:
    """If any moment of the wished day would do, something of that day is offered."""
    told, wish, length, taken, now = case
    found = suggest(told, wish, length, taken, now, 1)
    for start in free_starts(told, wish.day, length, taken, now):
        local = start.astimezone(told.zone).time()
        if wish.at is None and (wish.band is None or wish.band.start <= local < wish.band.end):
            assert found
            assert found[0].starts_at.astimezone(told.zone).date() == wish.day


minute_spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 30)).map(
        lambda span: (MONDAY_0910 + span[0] * MINUTE, MONDAY_0910 + sum(span) * MINUTE)
    ),
    max_size=8,
)


@given(minute_spans, st.integers(0, 60), st.integers(1, 40))
def test_a_crowd_is_counted_as_by_looking_at_every_minute(
    taken: list[Span], begin: int, minutes: int
) -> None:
    start = MONDAY_0910 + begin * MINUTE
    slot = Slot(start, start + minutes * MINUTE, "")
    assert crowd(taken, slot.starts_at, slot.ends_at) == most_at_once(taken, slot)


@settings(deadline=None, max_examples=60)
@given(offices())
def test_a_gap_is_every_open_minute_with_room(
    case: tuple[Rules, Wish, timedelta, list[Span], datetime],
) -> None:
    told, wish, _, taken, _ = case
    found = gaps(told, wish.day, taken)
    assert all(a[1] < b[0] for a, b in pairwise(found)) or told.breaks
    for start, end in open_spans(told, wish.day):
        for n in range(0, int((end - start) / MINUTE), 7):
            moment = start + n * MINUTE
            room = crowd(taken, moment, moment + timedelta(seconds=1)) < told.capacity
            assert any(a <= moment < b for a, b in found) == room
