"""A typed day alone: the grammar of typed time, ISO dates, and days that have passed."""

import re
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.errors import TimeNotUnderstood
from interworky_tui.domain.typed_date import read_day

MONDAY = date(2026, 3, 16)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", MONDAY),
        ("Tomorrow", date(2026, 3, 17)),
        ("yesterday", date(2026, 3, 15)),
        ("fri", date(2026, 3, 20)),
        ("friday", date(2026, 3, 20)),
        ("20", date(2026, 3, 20)),
        ("9", date(2026, 4, 9)),
        ("20th", date(2026, 3, 20)),
        ("fri 20", date(2026, 3, 20)),
        ("20 mar", date(2026, 3, 20)),
        ("20/3", date(2026, 3, 20)),
        ("in 2 weeks", date(2026, 3, 30)),
        ("fri next week", date(2026, 3, 27)),
        ("2026-03-20", date(2026, 3, 20)),
        (" 2019-01-02 ", date(2019, 1, 2)),
        ("12 mar 2026", date(2026, 3, 12)),
        ("20 mar 2031", date(2031, 3, 20)),
    ],
)
def test_a_day_is_read(typed, day):
    assert read_day(typed, today=MONDAY) == day


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "type a day, for example"),
        ("easter", "'easter' was not understood; type a day"),
        ("14:30", "'14:30' is not a day"),
        ("fri 14:30", "is not a day"),
        ("fri morning", "is not a day"),
        ("next fri", "Fri 20 Mar 2026 or Fri 27 Mar 2026"),
        ("next week", "which day of next week"),
        ("last friday", "with its year, for example '13 mar 2026'"),
        ("2 days ago", "with its year"),
        ("1 mar", "has passed; add the year"),
        ("2026-02-30", "There is no 2026-02-30"),
        ("31 feb", "There is no 31 February"),
        ("sat 20 mar", "is a Friday, not a Saturday"),
        ("9999-01-01", "too far away"),
        ("0", "is not a day"),
        ("00", "is not a day"),
        ("x" * 101, "too long"),
    ],
)
def test_a_day_is_refused_plainly(typed, said):
    with pytest.raises(TimeNotUnderstood, match=re.escape(said)):
        read_day(typed, today=MONDAY)


def test_the_office_says_whether_the_day_comes_first():
    assert read_day("4/5", today=MONDAY) == date(2026, 5, 4)
    assert read_day("4/5", today=MONDAY, day_first=False) == date(2026, 4, 5)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_every_date_is_read_as_it_is_written_in_full(day, today):
    assert read_day(day.isoformat(), today=today) == day


@given(st.dates(date(2001, 1, 1), date(2100, 1, 1)), st.integers(0, 300))
def test_a_date_as_the_program_prints_it_is_read_back(today, ahead):
    day = today + timedelta(days=ahead)
    assert read_day(f"{day:%a} {day.day} {day:%b %Y}", today=today) == day


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_day_or_refused(text):
    with suppress(TimeNotUnderstood):
        assert isinstance(read_day(text, today=MONDAY), date)
