"""Typed times of another office: month first, open 7 to 19, Wednesday 4 November, 13:40."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from interworky_tui.domain.errors import TimeNotUnderstood
from interworky_tui.domain.typed_time import read_time

NEW_YORK = ZoneInfo("America/New_York")
WEDNESDAY = datetime(2026, 11, 4, 18, 40, tzinfo=UTC)

# phrase | local result, the year only when it is not 2026; - is a refusal
PHRASES = """
11/5 8 | 11-05 08:00
11/5 at 8:15 | 11-05 08:15
5/11 8 | 2027-05-11 08:00
13/11 8 | 11-13 08:00
11/13 8 | 11-13 08:00
11/5/26 8am | 11-05 08:00
nov 5 8 | 11-05 08:00
november 5th at 8 | 11-05 08:00
5 nov 8 | -
5 nov at 8 | 11-05 08:00
20 nov 8 | 11-20 08:00
thu nov 5 8 | 11-05 08:00
fri nov 5 8 | -
thursday, november 5, 2026, 8:00 am | 11-05 08:00
thurs 6:59 | 11-05 18:59
thurs 6:30 | 11-05 18:30
thurs 7 | 11-05 07:00
thurs 7:30 | 11-05 07:30
thurs 6 | 11-05 18:00
thurs 18 | 11-05 18:00
thurs 19 | -
thurs 5 | -
thurs 5pm | 11-05 17:00
fri 6 | -
fri 6pm | 11-06 18:00
wed 2 | 11-04 14:00
wed 1 | 11-11 13:00
wed 1:45 | 11-04 13:45
wed | -
today 1 | -
today 2 | 11-04 14:00
2:15 | 11-04 14:15
1:15 | -
8 | -
tomorrow 8 | 11-05 08:00
next wed 8 | 11-11 08:00
next thu 8 | -
next mon 8 | 11-09 08:00
next sun 8 | -
this sat 8 | 11-07 08:00
sat this week 8 | 11-07 08:00
tue this week 8 | -
next week wed 8 | 11-11 08:00
in 2 weeks thu 8 | 11-19 08:00
in 2 weeks tue 8 | -
in 90 min | 11-04 15:10
the 4th 3pm | 11-04 15:00
the 3rd 3pm | 12-03 15:00
the 31st 3pm | -
1st 3pm | 12-01 15:00
nov 4 9am | -
nov 3 9am | -
oct 4 9am | 2027-10-04 09:00
oct 6 9am | -
12/25 9 | 12-25 09:00
25/12 9 | 12-25 09:00
12.25 9 | 12-25 09:00
25.12. 9 | 12-25 09:00
12-25 9 | -
12-25-2026 9 | 12-25 09:00
25-12-2026 9 | 12-25 09:00
1/2/27 9 | 2027-01-02 09:00
02/29/2028 9 | 2028-02-29 09:00
02/29/2027 9 | -
2/30/2027 9 | -
3/14/2027 2:30 am | -
3/14/2027 3:30 am | 2027-03-14 03:30
2 weeks from friday | -
two weeks from friday | -
2 weeks from friday 9 | 11-20 09:00
9 2 weeks from friday | -
at 9 2 weeks from friday | 11-20 09:00
2 days after tomorrow | -
3 days from now at 9 | 11-07 09:00
a week from today | -
a week from today 9am | 11-11 09:00
eleven thirty | -
11 thirty | -
1130 tomorrow | 11-05 11:30
730 tomorrow | 11-05 07:30
7.30 tomorrow | 11-05 07:30
tomorrow 7,30 | -
noonish tomorrow | -
12 midnight tomorrow | -
12:00am tomorrow | -
0000 tomorrow | 11-05 00:00
tomorrow 12:00pm | 11-05 12:00
tomorrow 12a | -
tomorrow 12p | 11-05 12:00
tomorrow 1a | 11-05 01:00
q to 5 tomorrow | -
quarter of 5 tomorrow | -
5 of 5 tomorrow | -
tomorrow 5 sharp | -
1/11 1/12 9 | -
thu/fri 9 | -
9am est thu | -
9:00-0500 thu | -
thu 9:00+30 | -
=9 thu | -
thu 9:00:00.000 | -
-9 thu | -
thu 9. | -
thu 9:00. | 11-05 09:00
thu., 9:00 | 11-05 09:00
thu 9:00,, | 11-05 09:00
"""
ROWS = [tuple(line.rsplit(" | ", 1)) for line in PHRASES.strip().splitlines()]


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_phrase(text: str, expected: str) -> None:
    try:
        reading = read_time(
            text, now=WEDNESDAY, zone=NEW_YORK, day_first=False, opens=time(7), closes=time(19)
        )
    except TimeNotUnderstood:
        result = "-"
    else:
        result = f"{reading.starts_at.astimezone(NEW_YORK):%Y-%m-%d %H:%M}".removeprefix("2026-")
    assert result == expected
