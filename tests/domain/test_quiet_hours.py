"""Quiet hours by the office's clock, over midnight and over the changes of the clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.events import Event, Recipient
from interworky_tui.domain.quiet_hours import WAITS, quiet_until, waits_until

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = (time(20), time(8))
NOON = (time(12), time(14))
MICROSECOND = timedelta(microseconds=1)


def at(text: str, fold: int = 0) -> datetime:
    """A moment of Berlin's clock, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


def until(now: datetime, quiet: tuple[time, time] | None = NIGHT) -> datetime | None:
    return quiet_until(now, quiet, BERLIN)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-03-16T19:59:59", None),
        ("2026-03-16T20:00:00", "2026-03-17T08:00"),
        ("2026-03-16T23:59:59", "2026-03-17T08:00"),
        ("2026-03-17T00:00:00", "2026-03-17T08:00"),
        ("2026-03-17T07:59:59.999999", "2026-03-17T08:00"),
        ("2026-03-17T08:00:00", None),
    ],
)
def test_the_start_of_a_night_is_quiet_and_its_end_is_not(now: str, end: str | None) -> None:
    assert until(at(now)) == (at(end) if end else None)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-03-16T11:59:59.999999", None),
        ("2026-03-16T12:00", "2026-03-16T14:00"),
        ("2026-03-16T13:59", "2026-03-16T14:00"),
        ("2026-03-16T14:00", None),
        ("2026-03-16T00:00", None),
    ],
)
def test_quiet_hours_may_be_of_one_day(now: str, end: str | None) -> None:
    assert until(at(now), NOON) == (at(end) if end else None)


def test_without_quiet_hours_it_never_is_quiet() -> None:
    assert until(at("2026-03-16T03:00"), None) is None


def test_a_night_is_shorter_in_spring_and_longer_in_autumn() -> None:
    for evening, morning, hours in (
        ("2026-03-28T20:00", "2026-03-29T08:00", 11),
        ("2026-10-24T20:00", "2026-10-25T08:00", 13),
    ):
        assert until(at(evening)) == at(morning)
        assert at(morning) - at(evening) == timedelta(hours=hours)


def test_an_end_that_the_clock_leaps_over_is_the_leap() -> None:
    leap = datetime(2026, 3, 29, 1, tzinfo=UTC)
    quiet = (time(20), time(2, 30))
    assert until(leap - MICROSECOND, quiet) == leap
    assert until(leap, quiet) is None


def test_a_start_that_the_clock_leaps_over_is_the_leap() -> None:
    leap = datetime(2026, 3, 29, 1, tzinfo=UTC)
    quiet = (time(2, 30), time(5))
    assert until(leap - MICROSECOND, quiet) is None
    assert until(leap, quiet) == at("2026-03-29T05:00")


def test_a_time_that_is_shown_twice_lengthens_the_night() -> None:
    ends = (time(20), time(2, 30))
    assert until(at("2026-10-25T02:45"), ends) == at("2026-10-25T02:30", fold=1)
    assert until(at("2026-10-25T02:30", fold=1), ends) is None
    starts = (time(2, 30), time(5))
    assert until(at("2026-10-25T02:29"), starts) is None
    assert until(at("2026-10-25T02:10", fold=1), starts) == at("2026-10-25T05:00")


def test_nights_that_meet_in_a_leap_are_one() -> None:
    """All day but for the minute that is leapt over on this day."""
    quiet = (time(2, 31), time(2, 30))
    assert until(at("2026-03-28T12:00"), quiet) == at("2026-03-30T02:30")


def test_a_day_that_an_island_skipped_is_skipped() -> None:
    apia = ZoneInfo("Pacific/Apia")
    evening = datetime(2011, 12, 29, 21, tzinfo=apia)
    assert quiet_until(evening, NIGHT, apia) == datetime(2011, 12, 31, 8, tzinfo=apia)


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
nights = st.tuples(clock_times, clock_times).filter(lambda quiet: quiet[0] != quiet[1])
moments = st.integers(0, 400 * 24 * 60).map(
    lambda minutes: datetime(2025, 12, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
CHANGES = ["2026-03-08T07", "2026-03-29T01", "2026-04-04T15", "2026-10-03T15:30", "2026-10-25T01"]
near_changes = st.builds(
    lambda change, minutes: (
        datetime.fromisoformat(change).replace(tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(CHANGES),
    st.integers(-2000, 2000),
)


def shows_quiet(now: datetime, quiet: tuple[time, time], zone: ZoneInfo) -> bool:
    shown = now.astimezone(zone).time()
    starts, ends = quiet
    return starts <= shown < ends if starts < ends else shown >= starts or shown < ends


@given(moments | near_changes, nights, st.sampled_from(ZONES).map(ZoneInfo))
def test_they_are_what_the_clock_shows_and_they_end(
    now: datetime, quiet: tuple[time, time], zone: ZoneInfo
) -> None:
    end = quiet_until(now, quiet, zone)
    offsets = {(now + timedelta(hours=h)).astimezone(zone).utcoffset() for h in range(-30, 31, 3)}
    if shows_quiet(now, quiet, zone):
        assert end is not None
    elif len(offsets) == 1:
        assert end is None
    if end is not None:
        assert now < end <= now + timedelta(hours=50)
        assert quiet_until(end, quiet, zone) is None
        assert not shows_quiet(end, quiet, zone)
        assert quiet_until(end - MICROSECOND, quiet, zone) == end
        assert quiet_until(now + (end - now) / 2, quiet, zone) == end


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("recipient", Recipient)
def test_only_what_can_wait_waits_and_only_for_the_client(
    event: Event, recipient: Recipient
) -> None:
    now = at("2026-03-16T21:00")
    waits = waits_until(event, recipient, now, NIGHT, BERLIN)
    assert (waits is not None) == (event in WAITS and recipient is Recipient.CLIENT)
    assert waits in (None, at("2026-03-17T08:00"))
    assert waits_until(event, recipient, at("2026-03-16T19:00"), NIGHT, BERLIN) is None
