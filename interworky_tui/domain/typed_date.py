"""A typed day alone -> one date, past or coming, or a refusal."""

import re
from datetime import date, timedelta

from interworky_tui.domain.calendar import YEARS
from interworky_tui.domain.errors import TimeNotUnderstood
from interworky_tui.domain.typed_day import DayReader
from interworky_tui.domain.typed_words import prepare, quote

EXAMPLE = "type a day, for example 'fri', '20 mar' or '2026-03-20'"
_NEAR = {"today": 0, "yesterday": -1}
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_BACK = re.compile(r"(?<![a-z])(?:last|ago)(?![a-z])")


def read_day(text: str, *, today: date, day_first: bool = True) -> date:
    """The grammar of the day in typed time, and days that have passed: with their year.

    A number alone is the next such day of the month. Raises TimeNotUnderstood.
    """
    said = text.strip().lower()
    if said in _NEAR:
        return today + timedelta(days=_NEAR[said])
    if _BACK.search(said):
        raise TimeNotUnderstood(
            "Write a day that has passed with its year, for example '13 mar 2026'."
        )
    found = _iso(said) or _typed(text, DayReader(today, day_first))
    if found.year not in YEARS:
        raise TimeNotUnderstood("That day is too far away; check the year.")
    return found


def _iso(said: str) -> date | None:
    if not _ISO.fullmatch(said):
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise TimeNotUnderstood(f"There is no {said}; correct the date.") from None


def _typed(text: str, reader: DayReader) -> date:
    line = prepare(text, EXAMPLE)
    alone = re.fullmatch(r"0?[1-9]|[12]\d|3[01]", line)
    day = reader.read(f"the {int(line)}" if alone else line)
    if day is None:
        raise TimeNotUnderstood(f"{quote(line)} is not a day; {EXAMPLE}.")
    return day.date
