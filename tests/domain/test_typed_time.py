"""Typed times that are understood, seen from Monday 16 March 2026, 09:10 in Berlin."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.errors import TimeNotUnderstood
from interworky_tui.domain.typed_time import Reading, read_time

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)

# phrase | local result, the year only when it is not 2026
ANY_ORDER = """
tomorrow 3pm | 03-17 15:00
fri 14:30 | 03-20 14:30
FRI 14:30 | 03-20 14:30
Friday, 14:30. | 03-20 14:30
fri. at 3 p.m. | 03-20 15:00
fri @ 3 | 03-20 15:00
fri 3 | 03-20 15:00
fri 9 | 03-20 09:00
fri 12 | 03-20 12:00
fri 7 | 03-20 19:00
fri 14 | 03-20 14:00
fri 09 | 03-20 09:00
fri 930 | 03-20 09:30
fri 0930 | 03-20 09:30
fri 1030 | 03-20 10:30
fri 0730 | 03-20 07:30
fri 1930 | 03-20 19:30
fri 07:30 | 03-20 07:30
fri 7:30 | 03-20 19:30
fri 3:30 | 03-20 15:30
fri 11:30 | 03-20 11:30
fri 12:30 | 03-20 12:30
fri 00:30 | 03-20 00:30
fri 2.30 | 03-20 14:30
fri 2.30pm | 03-20 14:30
fri 2:30 pm | 03-20 14:30
fri 14:30:00 | 03-20 14:30
fri 14.30h | 03-20 14:30
fri 14h30 | 03-20 14:30
fri 14h | 03-20 14:00
fri 9 h | 03-20 09:00
fri 1430 hrs | 03-20 14:30
fri 0900 hours | 03-20 09:00
fri 3p | 03-20 15:00
fri 3 o'clock | 03-20 15:00
fri 3 o’clock | 03-20 15:00
fri 3 oclock pm | 03-20 15:00
fri three pm | 03-20 15:00
fri at nine | 03-20 09:00
fri 12pm | 03-20 12:00
fri 3am | 03-20 03:00
fri 10pm | 03-20 22:00
fri at 22 | 03-20 22:00
fri 22:00 | 03-20 22:00
fri noon | 03-20 12:00
fri 12 noon | 03-20 12:00
noon tomorrow | 03-17 12:00
1430 friday | 03-20 14:30
9:30 fri | 03-20 09:30
3 on friday | 03-20 15:00
9 fri | 03-20 09:00
mo 9 | 03-23 09:00
mon 9:09 | 03-23 09:09
mon 9:10 | 03-16 09:10
mon 10 | 03-16 10:00
mon 8am | 03-23 08:00
tue 10 | 03-17 10:00
tues 10 | 03-17 10:00
we 10 | 03-18 10:00
weds 10 | 03-18 10:00
th 10 | 03-19 10:00
thurs 10 | 03-19 10:00
sa 10 | 03-21 10:00
sunday 10 | 03-22 10:00
today at half past 3 | 03-16 15:30
today 9:10 | 03-16 09:10
quarter to 5 tomorrow | 03-17 16:45
a quarter past 9 tomorrow | 03-17 09:15
quarter to 1 tomorrow | 03-17 12:45
half past twelve tomorrow | 03-17 12:30
ten past 3 tomorrow | 03-17 15:10
20 minutes to 4 tomorrow | 03-17 15:40
quarter to 12pm tomorrow | 03-17 11:45
half past 14 tomorrow | 03-17 14:30
day after tomorrow 10 | 03-18 10:00
9am on the day after tomorrow | 03-18 09:00
tmrw 9 | 03-17 09:00
tomorrow morning at 9 | 03-17 09:00
9 tomorrow morning | 03-17 09:00
tomorrow, 9 in the morning | 03-17 09:00
friday afternoon 3:30 | 03-20 15:30
tomorrow evening at 6 | 03-17 18:00
tomorrow night 7 | 03-17 19:00
tonight at 8 | 03-16 20:00
this afternoon 3 | 03-16 15:00
this morning 11 | 03-16 11:00
midday | 03-16 12:00
noon | 03-16 12:00
9:30 | 03-16 09:30
at 9:30 | 03-16 09:30
3 | 03-16 15:00
8pm | 03-16 20:00
1430 | 03-16 14:30
11.45 tomorrow | 03-17 11:45
9.10 tomorrow | 03-17 09:10
next week tue 11am | 03-24 11:00
next week on tuesday at 11 | 03-24 11:00
tuesday next week 11 | 03-24 11:00
tuesday 11am next week | 03-24 11:00
tue of next week 11 | 03-24 11:00
this week fri 10 | 03-20 10:00
sun this week 10 | 03-22 10:00
tue the week after next 11 | 03-31 11:00
week after next, tue, 11 | 03-31 11:00
this fri 10 | 03-20 10:00
coming fri 10 | 03-20 10:00
coming mon 10 | 03-23 10:00
this mon 10 | 03-16 10:00
next mon 10 | 03-23 10:00
a week from friday 2pm | 03-27 14:00
week from friday 2pm | 03-27 14:00
a week on friday 2pm | 03-27 14:00
friday week 2pm | 03-27 14:00
2 weeks from friday 2pm | 04-03 14:00
a fortnight on friday 2pm | 04-03 14:00
in 2 weeks mon 10am | 03-30 10:00
mon in 2 weeks 10am | 03-30 10:00
in two weeks on fri 11am | 04-03 11:00
in 2 weeks 10am | 03-30 10:00
in a fortnight 10am | 03-30 10:00
a week today 10 | 03-23 10:00
a week from tomorrow 10 | 03-24 10:00
tomorrow week 10 | 03-24 10:00
2 weeks from now 10 | 03-30 10:00
in 3 days 9am | 03-19 09:00
in three days at nine | 03-19 09:00
3 days from today 9 | 03-19 09:00
thu in 3 days 9am | 03-19 09:00
tue tomorrow 9am | 03-17 09:00
in 45 min | 03-16 09:55
in 45min | 03-16 09:55
45 minutes from now | 03-16 09:55
in 2 hours | 03-16 11:10
in two hours | 03-16 11:10
in an hour | 03-16 10:10
in half an hour | 03-16 09:40
in 1h30 | 03-16 10:40
in 1 hour and 30 min | 03-16 10:40
in 1.5 hours | 03-16 10:40
in 24 hours | 03-17 09:10
now | 03-16 09:10
13/4 9:00 | 04-13 09:00
4/13 9:00 | 04-13 09:00
9:00 13/4 | 04-13 09:00
20 march 10:00 | 03-20 10:00
20 march 10 | 03-20 10:00
fri 20 march 10 | 03-20 10:00
fri 10am 20 march | 03-20 10:00
20 march fri 10:00 | 03-20 10:00
20-mar 10:00 | 03-20 10:00
20-mar-2026 10:00 | 03-20 10:00
20-Mar-26 10:00 | 03-20 10:00
20 mar 26 10:00 | 03-20 10:00
20 mar '26 10:00 | 03-20 10:00
the 20th of march, 2026, at 10 a.m. | 03-20 10:00
march 20th 2.30pm | 03-20 14:30
march 20, 2026 10:00 | 03-20 10:00
march 20,2026 10:00 | 03-20 10:00
Mar 20, 10 a.m. | 03-20 10:00
april the 3rd at nine | 04-03 09:00
april 9 10 | 04-09 10:00
5 may 14:00 | 05-05 14:00
sept 3 9am | 09-03 09:00
feb 1 9am | 2027-02-01 09:00
1 jan 9am | 2027-01-01 09:00
20. march 10:00 | 03-20 10:00
20.3. 14h | 03-20 14:00
20.3 14:00 | 03-20 14:00
20. 3. 2026 14:00 | 03-20 14:00
20.3.2026 14.00 | 03-20 14:00
20.03.26 14:00 | 03-20 14:00
20/3/26 14:00 | 03-20 14:00
20-03-2026 14:00 | 03-20 14:00
mon 16 mar 9:30 | 03-16 09:30
mon 30 mar 9am | 03-30 09:00
mon 30 9am | 03-30 09:00
fri 20 at 3 | 03-20 15:00
fri the 20th 3 | 03-20 15:00
the 15th at 4pm | 04-15 16:00
the 31st at 9 | 03-31 09:00
3rd 3 | 04-03 15:00
the 3 at 3pm | 04-03 15:00
on friday the 20th at 3pm | 03-20 15:00
2026-03-20 14:00 | 03-20 14:00
2026-03-20T14:00 | 03-20 14:00
2026-03-20 10:30 | 03-20 10:30
2026-03-20 03:30 | 03-20 03:30
2026-3-20 9:30 | 03-20 09:30
2026/03/20 14:00 | 03-20 14:00
fri 2026-03-20 3pm | 03-20 15:00
2026-03-20T14:00:00+01:00 | 03-20 14:00
2026-03-20T14:00:00Z | 03-20 15:00
Fri 20 Mar 2026, 14:30 | 03-20 14:30
20 march 2026 1930 | 03-20 19:30
20 march 2025 9am | 2025-03-20 09:00
15/3/2026 9:00 | 03-15 09:00
"""

# phrase | day first | month first; - is a refusal
BY_ORDER = """
12/3 9 | - | 12-03 09:00
4/5 9 | 05-04 09:00 | 04-05 09:00
9 4/5 | 05-04 09:00 | 04-05 09:00
4.5. 9 | 05-04 09:00 | 04-05 09:00
4.5 9 | 05-04 09:00 | 04-05 09:00
4/5/2026 9 | 05-04 09:00 | 04-05 09:00
4.5.26 9 | 05-04 09:00 | 04-05 09:00
04-05-2026 9 | 05-04 09:00 | 04-05 09:00
1/4/27 9am | 2027-04-01 09:00 | 2027-01-04 09:00
mon 4/5 9 | 05-04 09:00 | -
sun 4/5 9 | - | 04-05 09:00
10 april 5 | 04-10 17:00 | -
5 may 3 | 05-05 15:00 | -
fri 9.30 | 03-20 09:30 | -
fri 9.12 | - | -
20.03 14.45 | 03-20 14:45 | -
"""


def rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in line.split("|")) for line in table.strip().splitlines()]


def local(moment: datetime) -> str:
    return f"{moment.astimezone(BERLIN):%Y-%m-%d %H:%M}".removeprefix("2026-")


def read(text: str, now: datetime = MONDAY, **settings: Any) -> str:
    """The local result, or ``-`` for a refusal."""
    try:
        reading = read_time(text, now=now, zone=BERLIN, **settings)
    except TimeNotUnderstood:
        return "-"
    assert reading.other is None
    return local(reading.starts_at)


@pytest.mark.parametrize(("text", "expected"), rows(ANY_ORDER))
def test_phrase_in_either_order_of_day_and_month(text: str, expected: str) -> None:
    assert read(text) == expected
    assert read(text, day_first=False) == expected


@pytest.mark.parametrize(("text", "day_first", "month_first"), rows(BY_ORDER))
def test_order_of_day_and_month_decides(text: str, day_first: str, month_first: str) -> None:
    assert (read(text), read(text, day_first=False)) == (day_first, month_first)


def test_spaces_of_other_kinds_are_spaces() -> None:
    assert read("  fri\t14:30\n") == "03-20 14:30"
    assert read("fri\u00a014:30") == "03-20 14:30"


def test_result_is_aware_and_in_utc() -> None:
    reading = read_time("fri 14:30", now=MONDAY, zone=BERLIN)
    assert reading == Reading(datetime(2026, 3, 20, 13, 30, tzinfo=UTC))
    assert reading.starts_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("wished", "text", "expected"),
    [
        (date(2026, 3, 27), "9:30", "03-27 09:30"),
        (date(2026, 3, 27), "8am", "03-27 08:00"),
        (date(2026, 3, 27), "3 in the afternoon", "03-27 15:00"),
        (date(2026, 3, 27), "noon", "03-27 12:00"),
        (date(2026, 3, 27), "fri 9:30", "03-20 09:30"),
        (date(2026, 3, 27), "today 9:30", "03-16 09:30"),
        (date(2026, 3, 27), "tonight 7", "03-16 19:00"),
        (date(2026, 3, 27), "in 45 min", "03-16 09:55"),
        (date(2026, 3, 16), "9:30", "03-16 09:30"),
        (date(2026, 3, 16), "9:00", "-"),
        (date(2026, 3, 15), "9:30", "03-16 09:30"),
        (date(2026, 3, 15), "9:00", "-"),
        (date.max, "9:30", "-"),
        (date.min, "9:30", "03-16 09:30"),
    ],
)
def test_time_alone_means_the_wished_for_day(wished: date, text: str, expected: str) -> None:
    assert read(text, default_day=wished) == expected


def test_time_alone_is_never_silently_tomorrow() -> None:
    assert read("9:10") == "03-16 09:10"
    assert read("9:09") == "-"
    assert read("9") == "-"


@pytest.mark.parametrize(
    ("opens", "closes", "text", "expected"),
    [
        (time(8), time(20), "fri 8", "03-20 08:00"),
        (time(8), time(20), "fri 7:59", "03-20 19:59"),
        (time(9), time(17), "fri 8", "-"),
        (time(9), time(17), "fri 5", "-"),
        (time(9), time(17), "fri 4:59", "03-20 16:59"),
        (time(8), time(22), "fri 9", "-"),
        (time(8), time(22), "fri 9am", "03-20 09:00"),
        (time(8), time(22), "fri 21", "03-20 21:00"),
        (time(8), time(22), "fri at 9 in the evening", "03-20 21:00"),
        (time(14), time(23), "fri 10:30", "03-20 22:30"),
        (time(14), time(23), "Fri 20 Mar 2026, 10:30", "03-20 10:30"),
        (time(14), time(23), "2026-03-20 10:30", "03-20 10:30"),
        (time(14), time(23), "2026-03-20 9:30", "-"),
        (time(18), time(2), "fri 1", "03-20 01:00"),
        (time(18), time(2), "fri 12am", "03-20 00:00"),
        (time(18), time(2), "fri 12:30", "03-20 00:30"),
        (time(18), time(2), "fri 7", "03-20 19:00"),
        (time(18), time(2), "fri 3", "-"),
        (time(0), time(0), "fri 3", "-"),
        (time(0), time(0), "fri 3pm", "03-20 15:00"),
        (time(8), time(0), "fri 7", "03-20 19:00"),
    ],
)
def test_office_hours_decide_the_half_of_the_day(
    opens: time, closes: time, text: str, expected: str
) -> None:
    assert read(text, opens=opens, closes=closes) == expected


FRIDAY = datetime(2026, 3, 20, 14, 30, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 21, 8, 0, tzinfo=UTC)
SUNDAY = datetime(2026, 3, 22, 8, 0, tzinfo=UTC)
NEW_YEARS_EVE = datetime(2026, 12, 31, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        (MONDAY - timedelta(weeks=1), "mon 16", "-"),
        (MONDAY - timedelta(weeks=1), "mon 17", "03-09 17:00"),
        (FRIDAY, "fri 16:00", "03-20 16:00"),
        (FRIDAY, "fri 15:00", "03-27 15:00"),
        (FRIDAY, "this fri 15:00", "-"),
        (FRIDAY, "next fri 10", "03-27 10:00"),
        (FRIDAY, "friday week 10", "-"),
        (FRIDAY, "a week from fri 10", "-"),
        (FRIDAY, "next sat 10", "-"),
        (FRIDAY, "next tue 10", "03-24 10:00"),
        (FRIDAY, "tue this week 10", "-"),
        (FRIDAY, "in 1 week tue 10", "-"),
        (FRIDAY, "in 2 weeks fri 10", "04-03 10:00"),
        (SATURDAY, "next mon 10", "03-23 10:00"),
        (SATURDAY, "this fri 10", "03-27 10:00"),
        (SATURDAY, "tue next week 10", "03-24 10:00"),
        # Whether the week has begun on a Sunday is a matter of country.
        (SUNDAY, "next tue 10", "-"),
        (SUNDAY, "tue next week 10", "-"),
        (SUNDAY, "tue 10", "03-24 10:00"),
        (NEW_YEARS_EVE, "tomorrow 9", "2027-01-01 09:00"),
        (NEW_YEARS_EVE, "1/1 9", "2027-01-01 09:00"),
        (NEW_YEARS_EVE, "the 1st 9", "2027-01-01 09:00"),
        (NEW_YEARS_EVE, "the 30th 9", "2027-01-30 09:00"),
        (NEW_YEARS_EVE, "30/12 9", "-"),
        (NEW_YEARS_EVE, "fri 9", "2027-01-01 09:00"),
        (datetime(2027, 6, 1, tzinfo=UTC), "29 feb 9", "2028-02-29 09:00"),
        (datetime(2027, 1, 31, 8, 0, tzinfo=UTC), "the 30th 9", "-"),
        (datetime(2026, 3, 16, 23, 30, tzinfo=UTC), "today 9", "03-17 09:00"),
    ],
)
def test_other_days_of_the_week_and_year(now: datetime, text: str, expected: str) -> None:
    assert read(text, now) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "03-16 09:55"), (1, "03-16 09:56"), (59, "03-16 09:56")],
)
def test_elapsed_time_is_rounded_up_to_the_minute(seconds: int, expected: str) -> None:
    assert read("in 45 min", MONDAY.replace(second=seconds)) == expected


def test_the_minute_on_the_clock_can_still_be_taken() -> None:
    assert read("9:10", MONDAY.replace(second=59)) == "03-16 09:10"


def test_elapsed_time_counts_real_hours_over_a_change_of_the_clock() -> None:
    before_spring = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert say_moment(before_spring, BERLIN) == "Sun 29 Mar 2026, 00:30"
    assert read("in 2 hours", before_spring) == "03-29 03:30"
    assert read("in 24 hours", before_spring) == "03-30 01:30"
