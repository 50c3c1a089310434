"""Bands: how people write them, and the window that a wish stands for."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.config import BandHours
from interworky_tui.domain.bands import Bands
from interworky_tui.domain.errors import BadInput

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
BANDS = Bands(BandHours().spans())
DAY = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("early_morning", "early_morning"),
        ("Early Morning", "early_morning"),
        ("  EARLY-morning ", "early_morning"),
        ("early   morning", "early_morning"),
        ("Morning", "morning"),
        ("afternoon", "afternoon"),
        ("Evening", "evening"),
    ],
)
def test_a_band_is_read_as_people_write_it(text: str, key: str) -> None:
    assert BANDS.parse(text).key == key


@pytest.mark.parametrize("text", ["", "noon", "earlymorn", "morning evening", "10-12"])
def test_what_is_no_band_is_answered_with_the_bands(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        BANDS.parse(text)
    assert caught.value.field == "band"
    assert "early_morning, morning, afternoon, evening" in caught.value.sentence


def test_a_refusal_repeats_no_control_sequence_and_no_novel() -> None:
    with pytest.raises(BadInput) as caught:
        BANDS.parse("\x1b[31m\u202e" + "noon " * 200)
    assert caught.value.sentence.isprintable()
    assert len(caught.value.sentence) < 200


def test_the_bands_stand_in_the_order_of_the_day_whatever_the_settings_order() -> None:
    shuffled = Bands(dict(reversed(BandHours().spans().items())))
    assert [band.key for band in shuffled.all] == [
        "early_morning",
        "morning",
        "afternoon",
        "evening",
    ]
    assert BANDS.all[0].label == "Early Morning"


@pytest.mark.parametrize(
    ("at", "key"),
    [
        (time(7, 59), None),
        (time(8), "early_morning"),
        (time(9, 59), "early_morning"),
        (time(10), "morning"),
        (time(19, 59), "evening"),
        (time(20), None),
    ],
)
def test_a_band_begins_at_its_start_and_ends_before_its_end(at: time, key: str | None) -> None:
    found = BANDS.containing(at)
    assert (found and found.key) == key


def test_a_window_is_the_band_on_that_day_in_the_offices_zone() -> None:
    assert BANDS.window(DAY, "morning", None, BERLIN) == (
        datetime(2026, 3, 20, 9, tzinfo=UTC),
        datetime(2026, 3, 20, 11, tzinfo=UTC),
    )
    assert BANDS.window(DAY, "morning", None, NEW_YORK)[0] == datetime(2026, 3, 20, 14, tzinfo=UTC)


def test_an_exact_wish_is_the_half_hour_from_it_inside_a_band_or_not() -> None:
    for band, wish in (("morning", time(10, 15)), (None, time(21, 0)), (None, time(23, 50))):
        start, end = BANDS.window(DAY, band, wish, BERLIN)
        assert start == datetime.combine(DAY, wish, BERLIN)
        assert end - start == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (DAY, 24)]
)
def test_a_band_that_the_settings_forgot_is_the_whole_day(day: date, hours: int) -> None:
    for band in ("lunch", None):
        start, end = BANDS.window(day, band, None, BERLIN)
        assert end - start == timedelta(hours=hours)
        assert start.astimezone(BERLIN).time() == time()
    assert BANDS.label("late_lunch") == "Late Lunch"
    assert BANDS.label(None) == ""


def test_a_band_over_the_change_of_the_clocks_is_as_long_as_the_day_makes_it() -> None:
    night = Bands({"night": (time(1), time(4))})
    spring = night.window(date(2026, 3, 29), "night", None, BERLIN)
    autumn = night.window(date(2026, 10, 25), "night", None, BERLIN)
    assert spring[1] - spring[0] == timedelta(hours=2)
    assert autumn[1] - autumn[0] == timedelta(hours=4)


wishes = st.none() | st.times().map(lambda t: t.replace(second=0, microsecond=0))


@given(
    st.dates(date(1970, 1, 1), date(2199, 12, 31)),
    st.sampled_from(["early_morning", "morning", "afternoon", "evening", "gone", None]),
    wishes,
    st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu"]),
)
def test_a_window_is_in_order_and_in_utc(
    day: date, band: str | None, wish: time | None, name: str
) -> None:
    start, end = BANDS.window(day, band, wish, ZoneInfo(name))
    assert start < end
    assert start.tzinfo is UTC
    assert end.tzinfo is UTC
    assert end - start <= timedelta(hours=25)
