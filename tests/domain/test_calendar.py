"""Days, gaps and folds of the office's zone, checked by walking through UTC minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.calendar import (
    at_local,
    day_bounds,
    moments_of,
    office_day,
    say_day,
    say_moment,
    say_span,
)

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    BERLIN,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("America/Havana"),
    ZoneInfo("UTC"),
]
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
MINUTE = timedelta(minutes=1)


def naive(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 3, 16), 24)])
def test_a_day_goes_from_midnight_to_midnight(day: date, hours: int) -> None:
    start, end = day_bounds(day, BERLIN)
    assert end - start == timedelta(hours=hours)
    assert office_day(start, BERLIN) == day
    assert office_day(end - timedelta(microseconds=1), BERLIN) == day
    assert office_day(end, BERLIN) == day + timedelta(days=1)
    assert office_day(start - timedelta(microseconds=1), BERLIN) == day - timedelta(days=1)


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("day", [SPRING, AUTUMN, date(2026, 3, 8), date(2026, 11, 1)])
def test_the_moments_of_a_local_time_are_those_at_which_the_clock_shows_it(
    zone: ZoneInfo, day: date
) -> None:
    shown: dict[datetime, list[datetime]] = {}
    moment = datetime.combine(day, time(), UTC) - timedelta(hours=15)
    for _ in range(54 * 60):
        shown.setdefault(moment.astimezone(zone).replace(tzinfo=None, fold=0), []).append(moment)
        moment += MINUTE
    local = naive(day.year, day.month, day.day)
    for _ in range(24 * 60):
        assert list(moments_of(local, zone)) == shown.get(local, [])
        local += MINUTE


def test_a_time_that_comes_twice_means_the_first() -> None:
    first, second = moments_of(naive(2026, 10, 25, 2, 30), BERLIN)
    assert second - first == timedelta(hours=1)
    assert at_local(AUTUMN, time(2, 30), BERLIN) == first
    assert first.tzinfo is UTC


@given(
    st.datetimes(naive(1971, 1, 1), naive(2199, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
)
def test_every_moment_is_in_the_bounds_of_its_day(moment: datetime, zone: ZoneInfo) -> None:
    start, end = day_bounds(office_day(moment, zone), zone)
    assert start <= moment < end


def test_how_days_and_moments_read() -> None:
    assert say_day(date(2026, 3, 6)) == "Fri 6 Mar 2026"
    assert say_moment(datetime(2026, 3, 20, 13, 30, tzinfo=UTC), BERLIN) == (
        "Fri 20 Mar 2026, 14:30"
    )
    assert say_moment(datetime(2026, 3, 20, 23, 5, tzinfo=UTC), BERLIN) == (
        "Sat 21 Mar 2026, 00:05"
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "now"),
        (59.9, "now"),
        (-59, "now"),
        (60, "1 min"),
        (-3599, "59 min"),
        (3600, "1 h"),
        (48 * 3600 - 1, "47 h"),
        (48 * 3600, "2 d"),
        (-30 * 86400, "30 d"),
    ],
)
def test_how_a_distance_reads(seconds: float, said: str) -> None:
    assert say_span(seconds) == said
