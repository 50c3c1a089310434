"""Typed times that are refused, and that the sentence says why."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from interworky_tui.domain.errors import TimeNotUnderstood
from interworky_tui.domain.typed_time import read_time

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)

# phrase | words of the sentence, for a day-first office
REFUSED = """
fri 14:30 with bob | 'with bob' was not understood
friday please 3 | 'please'
wendesday 3pm | 'wendesday'
fri 3pm! | '3pm!'
fri 3ish | 'fri 3ish'
(fri 3pm) | '(fri 3pm)'
fri|3pm | 'fri|3pm'
fri ３pm | '３' was not understood
fri ٣pm | '٣' was not understood
, | Nothing was typed
fri | Fri 20 Mar 2026 needs a clock time
20 march 2027 | 2027' may be a year or a time
may 9 | Sat 9 May 2026 needs a clock time
in 3 days | Thu 19 Mar 2026 needs a clock time
tomorrow morning | Tue 17 Mar 2026 needs a clock time
fri evening | Fri 20 Mar 2026 needs a clock time
morning | The morning needs a clock time
next week 10 | which day of next week
this week 10 | which day of this week
next fri 10 | Fri 20 Mar 2026 or Fri 27 Mar 2026
next tue 10 | Tue 17 Mar 2026 or Tue 24 Mar 2026
next sun 10 | Sun 22 Mar 2026 or Sun 29 Mar 2026
sunday next week 10 | Sun 22 Mar 2026 or Sun 29 Mar 2026
in 2 weeks sun 10 | Sun 29 Mar 2026 or Sun 5 Apr 2026
monday week 10 | Mon 23 Mar 2026 or Mon 30 Mar 2026
a week from monday 10 | Mon 23 Mar 2026 or Mon 30 Mar 2026
midnight | two days
fri midnight | two days
fri 12am | 00:00 or 12:00
fri 12:30am | 00:30 or 12:30
fri 3h | 03:00 or 15:00
fri 07 | 07:00 or 19:00
fri 22 | outside the office hours; write 22:00.
2026-03-20 3:30 | 03:30 or 15:30
fri 24:00 | '24:00' is not a time of day
fri 25:00 | '25:00' is not a time of day
9:75 | '9:75' is not a time of day
fri 1275 | '1275' is not a time of day
fri 030 | '030' is not a time of day
fri 13pm | '13pm' is not a time of day
fri 0am | '0am' is not a time of day
half past 24 | not a time of day
75 past 3 | not a time of day
fri 3 in the morning | '3' is not in the morning
3pm in the morning fri | '3pm' is not in the morning
fri 9am tonight | not a Friday
tomorrow morning 9 in the evening | Two parts of the day
9 | Mon 16 Mar 2026, 09:00 has passed; add the day
today 9am | Mon 16 Mar 2026, 09:00 has passed
this mon 9 | Mon 16 Mar 2026, 09:00 has passed
16 march 8:00 | Mon 16 Mar 2026, 08:00 has passed
yesterday 3pm | Yesterday has passed
last fri 10 | has passed
12/3 9 | 12 March has passed; add the year if 2027 is meant
13/3 9:00 | 13 March has passed
march 5 10 | 5 March has passed
15 feb 9am | 15 February has passed
29 feb 9am | leap year; add the year if 2028 is meant
31 feb 10:00 | There is no 31 February
30.2.2027 10:00 | '30.2.2027' is not a date
29/2/2027 10:00 | There is no 29 February 2027
31/4 10:00 | '31/4' is not a date
13/13 10:00 | '13/13' is not a date
0/5 10:00 | '0/5' is not a date
2026-13-01 10:00 | '2026-13-01' is not a date
2026-02-30T10:00+01:00 | is not a date and time
the 32nd 10:00 | There is no 32 March 2026
22th 10:00 | did you mean 22nd
20-03-26 10:00 | four digits
20 march 1999 10:00 | 1999 is too long ago
20 march 2029 10:00 | more than two years ahead
20.3.2099 10:00 | more than two years ahead
in 999 weeks 10:00 | more than two years ahead
2030-01-01T10:00Z | more than two years ahead
mon 17 march 10:00 | 17 March 2026 is a Tuesday, not a Monday
fri 21 mar 2026 9am | 21 March 2026 is a Saturday, not a Friday
fri tomorrow 9am | 17 March 2026 is a Tuesday, not a Friday
tue the 15th 9am | 15 April 2026 is a Wednesday, not a Tuesday
fri 24 9am | 24 March 2026 is a Tuesday, not a Friday
fri in 3 days 9am | is a Thursday, not a Friday
fri 20 | '20' is outside the office hours
mon 16 | 16 may be the hour or Mon 16 Mar 2026
tue 17 | 17 may be the hour or Tue 17 Mar 2026
thu 19 | 19 may be the hour or Thu 19 Mar 2026
fri 10 20 | beside another number
fri 20 10 | beside another number
9 fri 20 | beside another number
9 20 march | beside another number
fri 10 30 | two times, 10 and 30
20 march 10 30 | two times
fri 9:30 10:30 | two times, 9:30 and 10:30
3pm 4pm fri | two times, 3pm and 4pm
5 5 5 | two times
fri 14:30 - 15:00 | more than one time or day
fri 2–3pm | more than one time or day
mon-fri 10 | more than one time or day
20-3 10:00 | more than one time or day
monday or tuesday 3pm | more than one time or day
fri 10 to 5 | may be more than one time
mon and tue 10 | may be more than one time
april 9, 10 | '9, 10' may be two numbers or one
fri 9,30 | '9,30' may be two numbers or one
fri 2,5pm | '2,5' may be two numbers or one
20-mar-12 | Tue 20 Mar 2012 needs a clock time
fri 10.12 | '10.12' may be a time or a date
10.12 | '10.12' may be a time or a date
20.03 14.10 | Fri 20 Mar 2026, 14:10 or Wed 14 Oct 2026, 20:03
20 march 2026 | '2026' may be a year or a time
20 march 1930 | '1930' may be a year or a time
fri 2027 | '2027' may be a year or a time
half 3 tomorrow | 'half 3' is not the same time everywhere
quarter past | lacks the hour
half past noon | lacks the hour
in a month 9am | Write the date
next month 10 | Write the date
fri sat 3pm | was not understood as one day and time
fri 3pm sat | was not understood as one day and time
tomorrow 12/4 9:00 | was not understood as one day and time
in 45 min fri | was not understood as one day and time
fri in 2 hours | was not understood as one day and time
2 hours | was not understood as one day and time
in 2 | was not understood as one day and time
in 0 min | was not understood as one day and time
in 1h75 | was not understood as one day and time
0 | was not understood as one day and time
27 | was not understood as one day and time
fri 14:30:15 | was not understood as one day and time
fri 2 week | was not understood as one day and time
coming 2 fri | was not understood as one day and time
on 2 fri | was not understood as one day and time
2 weeks from friday | Fri 3 Apr 2026 needs a clock time
two weeks from today | Mon 30 Mar 2026 needs a clock time
2 week from friday | may be the hour or count the weeks
2 days after tomorrow | was not understood as one day and time
2 day after tomorrow | may be the hour or count the days
9 2 weeks from friday | beside another number
five april 10 | The five may be the hour or the day
9 march 25 | The 9 may be the hour or the day
10 next | was not understood as one day and time
20 3pm march | two times, 20 and 3pm
10 in the morning march 5 | 5 March has passed
"""

# The same for an office that writes the month first.
REFUSED_MONTH_FIRST = """
3/12 9 | 12 March has passed; add the year if 2027 is meant
10 april 5 | 10 may be the hour or the day
fri 9.30 | '9.30' may be a time or a date
mon 4/5 9 | 5 April 2026 is a Sunday, not a Monday
"""


def rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(line.rsplit(" | ", 1)) for line in table.strip("\n").split("\n")]


def refusal(text: str, *, day_first: bool = True) -> str:
    with pytest.raises(TimeNotUnderstood) as caught:
        read_time(text, now=MONDAY, zone=BERLIN, day_first=day_first)
    return caught.value.sentence


@pytest.mark.parametrize(("text", "words"), rows(REFUSED))
def test_refusal_says_why(text: str, words: str) -> None:
    assert words in refusal(text)


@pytest.mark.parametrize(("text", "words"), rows(REFUSED_MONTH_FIRST))
def test_refusal_says_why_with_the_month_first(text: str, words: str) -> None:
    assert words in refusal(text, day_first=False)


@pytest.mark.parametrize("text", ["", " ", "\t\r\n", ",", " , "])
def test_nothing_typed(text: str) -> None:
    assert refusal(text).startswith("Nothing was typed")


@pytest.mark.parametrize(
    "text",
    [
        "fri 14:30 😀",
        "fri 14:30\x1b[31m",
        "fri\x0014:30",
        "fri\n14:30",
        "fri\r14:30",
        "\u202efri 14:30",
        "fri 14:3\u200d0",
        "\ud800 fri 14:30",
        "\x85fri 14:30",
    ],
)
def test_characters_that_a_terminal_may_obey_are_refused_and_not_repeated(text: str) -> None:
    sentence = refusal(text)
    assert "not a letter or digit" in sentence
    assert sentence.isascii()
    assert sentence.isprintable()


def test_letters_that_only_look_or_fold_like_ascii_are_refused() -> None:
    for text in ("fri 14:30 \u212a", "mаr 20 9am", "frİ 9"):
        assert "was not understood" in refusal(text)


@pytest.mark.parametrize("text", ["fri 14:30" + " " * 100, "9 " * 200, "x" * 1_000_000])
def test_long_text_is_refused_unread_and_not_repeated(text: str) -> None:
    sentence = refusal(text)
    assert "too long" in sentence
    assert len(sentence) < 120


def test_long_words_are_cut_in_the_sentence() -> None:
    assert refusal("x" * 90).startswith("'" + "x" * 37 + "...' was not understood")


@pytest.mark.parametrize(
    ("zone", "now", "text", "words"),
    [
        ("Europe/Berlin", "2026-03-16", "sun 29 mar 02:30", "from 02:00 to 03:00"),
        ("Europe/Berlin", "2026-03-16", "29/3 2am", "from 02:00 to 03:00, so there is no 02:00"),
        ("America/New_York", "2026-03-01", "8/3/2026 02:59", "from 02:00 to 03:00"),
        ("Australia/Lord_Howe", "2026-09-01", "2026-10-04 02:10", "from 02:00 to 02:30"),
        ("Asia/Beirut", "2026-03-16", "2026-03-29 00:30", "from 00:00 to 01:00"),
    ],
)
def test_time_that_the_clock_skips(zone: str, now: str, text: str, words: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    with pytest.raises(TimeNotUnderstood, match=words):
        read_time(text, now=moment, zone=ZoneInfo(zone))


def test_refusal_is_for_the_field_of_the_time() -> None:
    with pytest.raises(TimeNotUnderstood) as caught:
        read_time("soon", now=MONDAY, zone=BERLIN)
    assert caught.value.field == "when"


@pytest.mark.parametrize(("text", "words"), rows(REFUSED))
def test_sentence_is_one_line_that_ends(text: str, words: str) -> None:
    sentence = refusal(text)
    assert sentence.endswith((".", "?"))
    assert sentence.isprintable()
