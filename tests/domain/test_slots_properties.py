"""Free slots, whatever the office and its day are like."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from interworky_tui.domain.bands import Band
from interworky_tui.domain.calendar import day_bounds, moments_of
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
from tests.domain.slot_rules import FRIDAY, HALF_HOUR, MINUTE, MONDAY_0910, MORNING, rules, visit

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
    found = suggest(told, wish, length, lambda _: taken, now, count)
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
    found = suggest(told, wish, length, lambda _: taken, now, 4)

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
    found = suggest(told, wish, length, lambda _: taken, now, 1)
    for start in free_starts(told, wish.day, length, taken, now):
        local = start.astimezone(told.zone).time()
        if wish.at is None and (wish.band is None or wish.band.start <= local < wish.band.end):
            assert found
            assert found[0].starts_at.astimezone(told.zone).date() == wish.day


@settings(deadline=None, max_examples=100)
@given(offices(), st.integers(1, 4))
def test_what_is_taken_on_other_days_makes_no_difference(
    case: tuple[Rules, Wish, timedelta, list[Span], datetime], count: int
) -> None:
    told, wish, length, taken, now = case

    def on(day: date) -> list[Span]:
        first, last = day_bounds(day, told.zone)
        return [span for span in taken if span[0] <= last and span[1] >= first]

    found = suggest(told, wish, length, on, now, count)
    assert found == suggest(told, wish, length, lambda _: taken, now, count)


def test_no_day_is_looked_at_after_there_are_enough() -> None:
    asked: list[date] = []

    def on(day: date) -> list[Span]:
        asked.append(day)
        return BUSY

    suggest(rules(), Wish(FRIDAY, MORNING), HALF_HOUR, on, MONDAY_0910, 2)
    assert asked == [FRIDAY]


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
