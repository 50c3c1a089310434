"""Typed time against the truth: whatever is generated is read as it is meant, or refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from interworky_tui.domain.calendar import moments_of, say_moment
from interworky_tui.domain.errors import TimeNotUnderstood
from interworky_tui.domain.typed_time import Reading, read_time

unhurried = settings(deadline=None)

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = tuple(
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/New_York",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Africa/Casablanca",
        "Pacific/Chatham",
        "UTC",
    )
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip

VOCABULARY = """
mon tue wed thu fri sat sunday next this coming last week weeks day days month after tomorrow
today tonight tmrw yesterday morning afternoon evening night in at on the of from now a an and or
to past half quarter noon midday midnight oclock o'clock am pm a.m. p.m. h hrs hours min minutes
one three nine twelve twenty 0 1 3 9 09 12 13 20 24 31 99 930 0930 1430 1930 2026 2027 9:30 09:30
14:30 24:00 9.30 9.10 20.3 20.3. 12/3 4/5 13/4 20/3/26 2026-03-20 2026-03-20T14:00 20-mar 1st 20th
22th march mar april may feb '26 3pm 12am 9h 9h30 - , . @ | / 2h 45min 1.5 fortnight 3p
"""
WORDS = VOCABULARY.split()

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
moments = st.integers(0, 6 * 365 * 86_400).map(lambda second: FIRST + timedelta(seconds=second))
zones = st.sampled_from(ZONES)
minutes_of_day = st.integers(0, 24 * 60 - 1).map(lambda minute: time(*divmod(minute, 60)))


def attempt(text: str, now: datetime, zone: ZoneInfo = BERLIN, **settings: Any) -> Reading | None:
    """The reading, or None for a refusal. Anything else that is raised fails the test."""
    try:
        return read_time(text, now=now, zone=zone, **settings)
    except TimeNotUnderstood:
        return None


def truth(day: date, at: time, zone: ZoneInfo) -> Reading | None:
    """None when the clock never shows it."""
    found = moments_of(datetime.combine(day, at), zone)
    return Reading(*found) if found else None


def ordinal(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{'th' if 10 < day < 20 else ending}"


DAYS_WITH_YEAR: tuple[Callable[[date], str], ...] = (
    lambda d: f"{d:%Y-%m-%d}",
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.day}.{d.month}.{d.year}",
    lambda d: f"{d.day}. {d.month}. {d.year}",
    lambda d: f"{d:%d/%m/%Y}",
    lambda d: f"{d:%d-%m-%Y}",
    lambda d: f"{d.day}/{d.month}/{d:%y}",
    lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}",
    lambda d: f"{MONTHS[d.month - 1][:3]} {d.day}, {d.year}",
    lambda d: f"{ordinal(d.day)} of {MONTHS[d.month - 1].upper()}, {d.year}",
    lambda d: f"the {ordinal(d.day)} {MONTHS[d.month - 1][:4]} '{d:%y}",
    lambda d: f"{d.day}-{MONTHS[d.month - 1][:3]}-{d.year}",
    lambda d: f"{WEEKDAYS[d.weekday()]} {d.day} {MONTHS[d.month - 1]} {d.year}",
    lambda d: f"{WEEKDAYS[d.weekday()][:3]}, {d.day}.{d.month}.{d:%y}",
)
DAYS_WITHOUT_YEAR: tuple[Callable[[date], str], ...] = (
    lambda d: f"{d.day}/{d.month}",
    lambda d: f"{d:%d/%m}",
    lambda d: f"{d.day}.{d.month}.",
    lambda d: f"{d.day} {MONTHS[d.month - 1]}",
    lambda d: f"{MONTHS[d.month - 1][:3]} {ordinal(d.day)}",
    lambda d: f"{WEEKDAYS[d.weekday()][:2]} {d.day} {MONTHS[d.month - 1][:3]}",
    lambda d: f"on {WEEKDAYS[d.weekday()]} the {ordinal(d.day)} of {MONTHS[d.month - 1]}",
)


def half(at: time) -> str:
    return f"{at.hour % 12 or 12}:{at:%M}{'am' if at.hour < 12 else 'pm'}"


TIMES: tuple[Callable[[time], str], ...] = (
    lambda t: f"{t:%H:%M}" if not 10 <= t.hour <= 12 else half(t),
    half,
    lambda t: half(t).upper().replace(":", "."),
    lambda t: half(t).replace("am", " a.m.").replace("pm", " p.m."),
    lambda t: f"{t:%H%M} hrs" if not 1 <= t.hour <= 12 else half(t).replace(":", ""),
)


@unhurried
@given(st.text(max_size=120), moments, zones, st.booleans())
def test_any_text_is_read_or_refused(
    text: str, now: datetime, zone: ZoneInfo, day_first: bool
) -> None:
    attempt(text, now, zone, day_first=day_first)


@unhurried
@given(
    st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join),
    moments,
    st.booleans(),
    minutes_of_day,
    minutes_of_day,
    st.none() | st.dates(),
)
def test_any_words_of_the_trade_are_read_or_refused(
    text: str, now: datetime, day_first: bool, opens: time, closes: time, wished: date | None
) -> None:
    reading = attempt(
        text, now, day_first=day_first, opens=opens, closes=closes, default_day=wished
    )
    if reading is not None:
        assert reading.starts_at.tzinfo is UTC
        assert reading.starts_at.second == reading.starts_at.microsecond == 0
        assert reading.starts_at < now + timedelta(days=734)
        assert reading.other is None or reading.other > reading.starts_at


@unhurried
@given(
    moments,
    zones,
    st.integers(0, 720),
    minutes_of_day,
    st.sampled_from(DAYS_WITH_YEAR),
    st.sampled_from(TIMES),
    st.sampled_from(["{day} {time}", "{day}, {time}", "{day} at {time}", "{time} {day}"]),
)
def test_full_date_in_any_writing_is_the_truth(
    now: datetime,
    zone: ZoneInfo,
    ahead: int,
    at: time,
    write_day: Callable[[date], str],
    write_time: Callable[[time], str],
    form: str,
) -> None:
    day = now.astimezone(zone).date() + timedelta(days=ahead)
    text = form.format(day=write_day(day), time=write_time(at))
    # "12:20am" is refused while the office is closed: open it for the night.
    reading = attempt(text, now, zone, opens=time(0), closes=time(12))
    expected = truth(day, at, zone)
    if expected and expected.starts_at < now <= (expected.other or expected.starts_at):
        return
    assert reading == expected


@unhurried
@given(
    moments,
    st.integers(1, 330),
    minutes_of_day,
    st.sampled_from(DAYS_WITHOUT_YEAR),
    st.sampled_from(TIMES),
)
def test_date_without_year_is_the_next_such_date(
    now: datetime,
    ahead: int,
    at: time,
    write_day: Callable[[date], str],
    write_time: Callable[[time], str],
) -> None:
    day = now.astimezone(BERLIN).date() + timedelta(days=ahead)
    text = f"{write_day(day)} {write_time(at)}"
    assert attempt(text, now, opens=time(0), closes=time(12)) == truth(day, at, BERLIN)


@unhurried
@given(moments, st.integers(335, 364), minutes_of_day, st.sampled_from(DAYS_WITHOUT_YEAR))
def test_date_that_has_just_passed_is_never_next_year(
    now: datetime, ahead: int, at: time, write_day: Callable[[date], str]
) -> None:
    day = now.astimezone(BERLIN).date() + timedelta(days=ahead)
    assert attempt(f"{write_day(day)} {at:%H%M}h", now) is None


@unhurried
@given(moments, st.integers(0, 6), minutes_of_day)
def test_weekday_is_within_the_week_and_ahead(now: datetime, weekday: int, at: time) -> None:
    reading = attempt(f"{WEEKDAYS[weekday]} {half(at)}", now, opens=time(0), closes=time(12))
    assume(reading is not None)
    assert reading is not None
    local = reading.starts_at.astimezone(BERLIN)
    assert (local.weekday(), local.time()) == (weekday, at)
    assert now - timedelta(minutes=1) < reading.starts_at <= now + timedelta(days=7, hours=1)


@unhurried
@given(moments, st.integers(0, 6), st.integers(1, 12), st.sampled_from(["", ":00", ".30", ":05"]))
def test_half_of_the_day_is_the_one_within_the_office_hours(
    now: datetime, weekday: int, hour: int, minute: str
) -> None:
    reading = attempt(f"{WEEKDAYS[weekday]} at {hour}{minute}", now)
    assume(reading is not None)
    assert reading is not None
    local = reading.starts_at.astimezone(BERLIN)
    assert time(8) <= local.time() < time(20)
    assert local.hour % 12 == hour % 12


@unhurried
@given(moments, zones, st.integers(-60 * 24 * 30, 60 * 24 * 720), minutes_of_day, minutes_of_day)
def test_what_the_program_prints_is_read_back(
    now: datetime, zone: ZoneInfo, minutes: int, opens: time, closes: time
) -> None:
    moment = now.replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    assume(moment.year >= 2000)
    reading = attempt(say_moment(moment, zone), now, zone, opens=opens, closes=closes)
    assert reading is not None
    assert moment in (reading.starts_at, reading.other) or now >= moment
    iso = moment.astimezone(zone).isoformat()
    assert attempt(iso, now, zone) == Reading(moment)


@unhurried
@given(moments, st.integers(1, 700), minutes_of_day, st.data())
def test_words_in_another_order_mean_the_same_or_nothing(
    now: datetime, ahead: int, at: time, data: st.DataObject
) -> None:
    day = now.astimezone(BERLIN).date() + timedelta(days=ahead)
    words = (WEEKDAYS[day.weekday()], str(day.day), MONTHS[day.month - 1], str(day.year), half(at))
    text = " ".join(data.draw(st.sampled_from(list(permutations(words)))))
    reading = attempt(text, now, opens=time(0), closes=time(12))
    assert reading in (None, truth(day, at, BERLIN))


@unhurried
@given(moments, st.integers(1, 700), minutes_of_day, st.sampled_from(WORDS), st.integers(0, 4))
def test_a_word_too_many_never_moves_a_full_date(
    now: datetime, ahead: int, at: time, extra: str, place: int
) -> None:
    day = now.astimezone(BERLIN).date() + timedelta(days=ahead)
    words = [WEEKDAYS[day.weekday()], str(day.day), MONTHS[day.month - 1], str(day.year), half(at)]
    words.insert(place, extra)
    reading = attempt(" ".join(words), now, opens=time(0), closes=time(12))
    assert reading in (None, truth(day, at, BERLIN))


@unhurried
@given(st.sampled_from([2026, 2027, 2028]), st.integers(0, 59), st.booleans())
def test_skipped_time_is_refused_and_repeated_time_is_offered_twice(
    year: int, minute: int, typed_as_iso: bool
) -> None:
    now = datetime(year, 1, 2, tzinfo=UTC)
    spring = _last_sunday(year, 3)
    autumn = _last_sunday(year, 10)
    write = "{:%Y-%m-%d} 02:{:02}" if typed_as_iso else "{0:%a} {0.day} {0:%b} {0.year} 2:{1:02}am"
    assert attempt(write.format(spring, minute), now) is None
    reading = attempt(write.format(autumn, minute), now)
    first = datetime(year, 10, autumn.day, 0, minute, tzinfo=UTC)
    assert reading == Reading(first, first + timedelta(hours=1))


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 10, 25, 0, 0, tzinfo=UTC), (0, 1)),
        (datetime(2026, 10, 25, 0, 30, 59, tzinfo=UTC), (0, 1)),
        (datetime(2026, 10, 25, 0, 31, tzinfo=UTC), (1,)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), (1,)),
    ],
)
def test_repeated_time_offers_only_what_is_still_ahead(
    now: datetime, expected: tuple[int, ...]
) -> None:
    moments = tuple(datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in expected)
    assert attempt("today 02:30", now) == Reading(*moments)


def test_repeated_time_that_has_passed_is_refused() -> None:
    assert attempt("today 02:30", datetime(2026, 10, 25, 1, 31, tzinfo=UTC)) is None
