"""The day within typed time: weekdays, dates and counted days -> one date, or a refusal."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from interworky_tui.domain.calendar import say_day
from interworky_tui.domain.errors import TimeNotUnderstood
from interworky_tui.domain.typed_words import (
    COUNTS,
    MONTH_NAMES,
    MONTHS,
    PART,
    WEEKDAY_NAMES,
    WEEKDAYS,
    any_of,
    quote,
)

_WEEK = timedelta(weeks=1)
_LONG_AHEAD = timedelta(days=334)
"""About 11 months: the next such date beyond it most likely means one that just passed."""
_OLDEST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Day:
    """A date, and what of it was said.

    ``rolls`` is a plain weekday: once its time has passed today, a week later is meant.
    ``bare_number`` is a day of the month such as the 20 of ``fri 20``, which alone looks
    like an hour.
    """

    date: date
    rolls: bool = False
    by_weekday: bool = False
    bare_number: bool = False
    month_said: bool = False
    year_said: bool = False
    iso: bool = False


_COUNT = rf"(?P<count>\d{{1,3}}|{any_of(COUNTS)})"
_TH = r"(?P<th>st|nd|rd|th|\.)?"
_YEAR = r"(?P<year>\d{4}|'\d\d|2[5-9]|[3-9]\d)"
_MONTH = rf"(?P<month>{any_of(MONTHS)})"
_NEAR = r"(?P<near>today|tomorrow|tmrw?)"

_AROUND_DAY = re.compile(
    rf"(?:on )?(?:(?P<first>{any_of(WEEKDAYS)})(?: |$))?(?P<rest>.*?)"
    rf"(?:(?: |^)(?P<on>on )?(?P<last>{any_of(WEEKDAYS)}))?"
)
_NEAR_DAY = re.compile(rf"{_NEAR}|(?:the )?day after tomorrow")
_COUNTED = re.compile(rf"(?P<in>in )?{_COUNT} (?P<unit>day|week)s?(?P<from> from (?:now|today))?")
_WEEKS_FROM_NEAR = re.compile(rf"(?:{_COUNT} weeks? (?:from )?|week from ){_NEAR}")
_NEAR_WEEK = re.compile(rf"{_NEAR} week")
_WEEKS_FROM_WEEKDAY = re.compile(rf"(?:{_COUNT} weeks?|week)(?P<from> from)?")
_IN_WEEKS = re.compile(rf"in {_COUNT} weeks?")
_WHOLE_WEEK = re.compile(r"(?P<of>of )?(?P<which>next week|this week|(?:the )?week after next)")

_DAY_MONTH = re.compile(rf"(?:the )?(?P<day>\d{{1,2}}){_TH} (?:of )?{_MONTH}(?: {_YEAR})?")
_MONTH_DAY = re.compile(rf"{_MONTH} (?:the )?(?P<day>\d{{1,2}}){_TH}(?: {_YEAR})?")
_NUMBERED = re.compile(r"(?:the )?(?P<day>\d{1,2})(?P<th>st|nd|rd|th)|the (?P<bare>\d{1,2})")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_WITH_YEAR = re.compile(
    r"(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<year>\d{4}|\d\d)"
    r"|(?P<a2>\d{1,2})\. ?(?P<b2>\d{1,2})\. (?P<year2>\d{4})"
)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})\. ?(\d{1,2})\.")
_DOTTED_ONCE = re.compile(r"(\d{1,2})\.(\d{1,2})")


@dataclass(frozen=True, slots=True)
class DayReader:
    """Reads the day of a prepared line; ``today`` is the office's own."""

    today: date
    day_first: bool

    def read(self, text: str) -> Day | None:
        """The day that the words name, or None when they are no day.

        Raises TimeNotUnderstood for a day that does not exist, has passed, does not fit its
        weekday, or may be one of two.
        """
        around = _AROUND_DAY.fullmatch(text)
        if around is None or f"on {PART}" in text:
            return None
        first, last = around["first"], around["last"]
        rest = around["rest"].removesuffix(PART).removeprefix(PART).strip()
        if not first and not last:
            return self._plain(rest)
        if first and last:
            return None
        weekday = WEEKDAYS[first or last]
        dates = self._in_a_week(rest, weekday, leads=bool(first))
        if not dates and PART not in around["rest"]:
            dates = self._beside(rest, weekday, leads=bool(first), on=bool(around["on"]))
        if dates:
            return Day(self._one(dates, text), rolls=not rest, by_weekday=True)
        day = self._plain(rest.removeprefix("on ") if first else rest)
        if day is None and first and re.fullmatch(r"[1-9]|[0-3]\d", around["rest"]):
            day = Day(self._next_numbered(int(rest)), bare_number=True)
        if day is not None and day.date.weekday() != weekday:
            raise TimeNotUnderstood(
                f"{_say(day.date)} is a {WEEKDAY_NAMES[day.date.weekday()]},"
                f" not a {WEEKDAY_NAMES[weekday]}; correct one of the two."
            )
        return day

    def may_be_date(self, text: str) -> bool:
        """Whether a dotted pair such as ``9.10`` could be meant as day and month."""
        found = _DOTTED_ONCE.fullmatch(text)
        return found is not None and self._ordered(found[1], found[2], swap=False) is not None

    def _beside(self, rest: str, weekday: int, *, leads: bool, on: bool) -> set[date]:
        """What a weekday may mean with words right beside it; nothing when they do not fit."""
        coming = self._coming(weekday, self.today)
        later = self._coming(weekday, self.today + timedelta(days=1))
        bare = not leads and not on
        if rest == "this" and bare:
            return {coming}
        if rest in ("coming", "this coming") and bare:
            return {later}
        if rest == "next" and bare:
            return {later, *self._in_week(1, weekday)}
        after = _WEEKS_FROM_WEEKDAY.fullmatch(rest)
        if after and (rest == "week" if leads else after["from"] or (on and after["count"])):
            start = coming + _count(after["count"] or "a") * _WEEK
            # On that very weekday, "friday week" may count from today or from the next one.
            return {start, start + _WEEK} if coming == self.today else {start}
        return set()

    def _in_a_week(self, rest: str, weekday: int, *, leads: bool) -> set[date]:
        """What a weekday may mean alone or with a calendar week that is named apart from it."""
        coming = self._coming(weekday, self.today)
        if rest == "":
            return {coming}
        whole = _WHOLE_WEEK.fullmatch(rest)
        if whole and (leads or not whole["of"]):
            return self._of_whole_week(whole["which"], weekday)
        counted = _IN_WEEKS.fullmatch(rest)
        if counted:
            weeks = _count(counted["count"])
            return {coming + weeks * _WEEK, *self._in_week(weeks, weekday)}
        return set()

    def _of_whole_week(self, which: str, weekday: int) -> set[date]:
        if which != "this week":
            return self._in_week(1 if which == "next week" else 2, weekday)
        ahead = {day for day in self._in_week(0, weekday) if day >= self.today}
        if not ahead:
            raise TimeNotUnderstood(
                f"{WEEKDAY_NAMES[weekday]} of this week has passed; give a day from today on."
            )
        return ahead

    def _in_week(self, weeks: int, weekday: int) -> set[date]:
        """The weekday so many calendar weeks on, whether weeks begin on Monday or on Sunday."""
        monday = self.today - timedelta(days=self.today.weekday())
        sunday = self.today - timedelta(days=(self.today.weekday() + 1) % 7)
        return {
            monday + weeks * _WEEK + timedelta(days=weekday),
            sunday + weeks * _WEEK + timedelta(days=(weekday + 1) % 7),
        }

    def _coming(self, weekday: int, start: date) -> date:
        return start + timedelta(days=(weekday - start.weekday()) % 7)

    def _one(self, dates: Iterable[date], said: str) -> date:
        found = sorted(dates)
        if len(found) > 1:
            choices = " or ".join(say_day(day) for day in found)
            raise TimeNotUnderstood(f"{quote(said)} may be {choices}; write the date.")
        return found[0]

    def _plain(self, rest: str) -> Day | None:
        """A day that needs no weekday."""
        if _WHOLE_WEEK.fullmatch(rest):
            raise TimeNotUnderstood(f"Say which day of {rest} is meant, for example 'tue {rest}'.")
        return self._relative(rest) or self._written(rest) or self._numeric(rest)

    def _relative(self, rest: str) -> Day | None:
        near = _NEAR_DAY.fullmatch(rest)
        if near:
            return Day(self._near(near["near"]))
        counted = _COUNTED.fullmatch(rest)
        if counted and bool(counted["in"]) != bool(counted["from"]):
            days = _count(counted["count"]) * (7 if counted["unit"] == "week" else 1)
            return Day(self.today + timedelta(days=days))
        weeks = _WEEKS_FROM_NEAR.fullmatch(rest)
        if weeks:
            return Day(self._near(weeks["near"]) + _count(weeks["count"] or "a") * _WEEK)
        near = _NEAR_WEEK.fullmatch(rest)
        return Day(self._near(near["near"]) + _WEEK) if near else None

    def _near(self, word: str | None) -> date:
        days = {"today": 0, None: 2}.get(word, 1)
        return self.today + timedelta(days=days)

    def _written(self, rest: str) -> Day | None:
        """With the month's name, or as a numbered day such as ``the 15th``."""
        found = _DAY_MONTH.fullmatch(rest) or _MONTH_DAY.fullmatch(rest)
        if found:
            _check_ending(found["day"], found["th"])
            day, month, year = int(found["day"]), MONTHS[found["month"]], found["year"]
            return self._dated(day, month, year and year.lstrip("'"))
        numbered = _NUMBERED.fullmatch(rest)
        if numbered is None:
            return None
        _check_ending(numbered["day"], numbered["th"])
        return Day(self._next_numbered(int(numbered["day"] or numbered["bare"])))

    def _numeric(self, rest: str) -> Day | None:
        found = _YEAR_FIRST.fullmatch(rest)
        if found:
            day, month = int(found[4]), int(found[3])
            _existing((day, month) if _exists(day, month) else None, rest)
            return self._dated(day, month, found[1], iso=found[2] == "-")
        found = _WITH_YEAR.fullmatch(rest)
        if found:
            year = found["year"] or found["year2"]
            if found["sep"] == "-" and len(year) == 2:
                raise TimeNotUnderstood(f"Write the year of {quote(rest)} with four digits.")
            pair = self._ordered(found["a"] or found["a2"], found["b"] or found["b2"])
            return self._dated(*_existing(pair, rest), year)
        found = _SLASHED.fullmatch(rest) or _DOTTED.fullmatch(rest)
        if found:
            return self._dated(*_existing(self._ordered(found[1], found[2]), rest), None)
        found = _DOTTED_ONCE.fullmatch(rest)
        if found is None:
            return None
        # With two digits after the dot it may be a time, so only the office's order counts.
        pair = self._ordered(found[1], found[2], swap=len(found[2]) == 1)
        return self._dated(*pair, None) if pair else None

    def _ordered(self, first: str, second: str, *, swap: bool = True) -> tuple[int, int] | None:
        """Day and month in the office's order, or in the only order that is a date."""
        pairs = [(int(first), int(second)), (int(second), int(first))]
        if not self.day_first:
            pairs.reverse()
        return next((pair for pair in pairs[: 1 + swap] if _exists(*pair)), None)

    def _dated(self, day: int, month: int, year: str | None, *, iso: bool = False) -> Day:
        if year is None:
            return Day(self._next_dated(day, month), month_said=True)
        full = int(year) if len(year) == 4 else 2000 + int(year)
        if full < _OLDEST_YEAR:
            raise TimeNotUnderstood(f"The year {full} is too long ago; correct it.")
        found = _date(full, month, day)
        if found is None:
            raise TimeNotUnderstood(f"There is no {_name(day, month)} {full}; correct the date.")
        return Day(found, month_said=True, year_said=True, iso=iso)

    def _next_dated(self, day: int, month: int) -> date:
        if not _exists(day, month):
            raise TimeNotUnderstood(f"There is no {_name(day, month)}; correct the date.")
        years = range(self.today.year, self.today.year + 9)
        dates = (_date(year, month, day) for year in years)
        ahead = next(found for found in dates if found and found >= self.today)
        if ahead - self.today > _LONG_AHEAD:
            gone = "comes only in a leap year" if (day, month) == (29, 2) else "has passed"
            raise TimeNotUnderstood(
                f"{_name(day, month)} {gone}; add the year if {ahead.year} is meant."
            )
        return ahead

    def _next_numbered(self, day: int) -> date:
        later = day < self.today.day
        month = self.today.month % 12 + 1 if later else self.today.month
        year = self.today.year + (later and month == 1)
        found = _date(year, month, day)
        if found is None:
            raise TimeNotUnderstood(
                f"There is no {day} {MONTH_NAMES[month - 1]} {year}; add the month that is meant."
            )
        return found


def _count(word: str) -> int:
    return COUNTS[word] if word in COUNTS else int(word)


def _date(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if _exists(day, month, year) else None


def _exists(day: int, month: int, year: int = 2000) -> bool:
    """Without a year: whether any year has such a day, 2000 being a leap year."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _existing(pair: tuple[int, int] | None, said: str) -> tuple[int, int]:
    if pair is None:
        raise TimeNotUnderstood(f"{quote(said)} is not a date; write it as '20 mar'.")
    return pair


def _name(day: int, month: int) -> str:
    return f"{day} {MONTH_NAMES[month - 1]}"


def _say(day: date) -> str:
    return f"{_name(day.day, day.month)} {day.year}"


def _check_ending(day: str | None, ending: str | None) -> None:
    if not day or ending in (None, "."):
        return
    teen = 10 < int(day) < 20
    right = "th" if teen else {"1": "st", "2": "nd", "3": "rd"}.get(day[-1], "th")
    if ending != right:
        raise TimeNotUnderstood(f"'{day}{ending}' is not a day; did you mean {int(day)}{right}?")
