"""The ways to cut a typed line into a clock time and a day, and why a cut is in doubt."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from interworky_tui.domain.calendar import say_day
from interworky_tui.domain.errors import TimeNotUnderstood
from interworky_tui.domain.typed_clock import Clock, Shape, match_clock, read_clock
from interworky_tui.domain.typed_day import Day, DayReader
from interworky_tui.domain.typed_words import EXAMPLE, HOURS, MONTHS, PART, any_of, quote

_LONGEST_CLOCK = 7
"""Words: ``at 20 minutes past 3 oclock pm``."""

_HALF_OF = re.compile(rf"(?<!\S)half (?:\d{{1,2}}|{any_of(HOURS)})(?!\S)")
_NO_HOUR = re.compile(r"(?:half|quarter|\d) (?:past|to)(?: (?!\d)|$)")


@dataclass(frozen=True, slots=True)
class Cut:
    """One way to read a line: a clock time, and the day that is all the rest (None: nothing).

    ``before`` and ``after`` are the words on the two sides of the clock time.
    """

    clock: Clock
    day: Day | None
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def hour_before_month(self) -> bool:
        """``10 march 5``, cut so that the 10 is the hour."""
        return (
            self.clock.shape is Shape.NUMBER
            and len(self.after) > 1
            and self.after[0] in MONTHS
            and _is_number(self.after[1])
        )


def find_cuts(
    words: tuple[str, ...], reader: DayReader
) -> tuple[list[Cut], list[TimeNotUnderstood]]:
    """All cuts of a line, and the refusals of those whose clock time or day cannot be."""
    cuts: list[Cut] = []
    refusals: list[TimeNotUnderstood] = []
    taken: list[tuple[int, int]] = []
    for start, end in _spans(len(words)):
        # "half past 3" leaves no room for a reading that takes the 3 alone.
        inside = any(first <= start and end <= last for first, last in taken)
        if inside or _is_day_by_custom(words[start : end + 3], reader.day_first):
            continue
        try:
            cut = _cut(words, start, end, reader)
        except TimeNotUnderstood as refusal:
            refusals.append(refusal)
            taken.append((start, end))
            continue
        if cut is not None:
            cuts.append(cut)
            taken.append((start, end))
    return cuts, refusals


def refuse_doubts(cut: Cut, reader: DayReader) -> None:
    """Raise TimeNotUnderstood when the clock time of a cut may as well be something else."""
    clock, day = cut.clock, cut.day
    if clock.shape is Shape.NUMBER:
        _refuse_neighbours(cut)
    if clock.shape is Shape.DOTTED and reader.may_be_date(clock.said) and (not day or day.rolls):
        raise TimeNotUnderstood(
            f"{quote(clock.said)} may be a time or a date; write {clock.said.replace('.', ':')}"
            " for the time, or add a clock time to the date."
        )
    if clock.shape is Shape.PACKED and not (day and day.year_said):
        year = int(clock.said)
        dated = day is not None and day.month_said and bool(cut.before)
        if abs(year - reader.today.year) <= 3 or (dated and 1900 <= year < 2100):
            raise TimeNotUnderstood(
                f"{quote(clock.said)} may be a year or a time;"
                f" add a clock time, or write {clock.said[:-2]}:{clock.said[-2:]}."
            )


def puzzled(
    line: str, words: tuple[str, ...], part: str | None, reader: DayReader
) -> TimeNotUnderstood:
    """The refusal of a line that has no cut at all, as helpful as can be."""
    half = _HALF_OF.search(line)
    if half:
        return TimeNotUnderstood(
            f"{quote(half[0])} is not the same time everywhere; write 'half past' or the minutes."
        )
    if _NO_HOUR.search(line):
        return TimeNotUnderstood(f"{quote(line)} lacks the hour; write it as 'quarter past 9'.")
    if "to" in words or "and" in words:
        return TimeNotUnderstood(
            f"{quote(line)} may be more than one time; give the start only, as in 'fri 14:30'."
        )
    rest = " ".join(_tidy(words))
    day = reader.read(rest) if rest else None
    if day or not rest:
        missing = say_day(day.date) if day else f"The {part}"
        return TimeNotUnderstood(f"{missing} needs a clock time; add one, for example '14:30'.")
    times = [word for word in words if match_clock(word)]
    if len(times) > 1:
        return TimeNotUnderstood(
            f"{quote(line)} may hold two times, {times[0]} and {times[1]}; give one, as in 9:30."
        )
    return TimeNotUnderstood(f"{quote(line)} was not understood as one day and time; {EXAMPLE}.")


def _cut(words: tuple[str, ...], start: int, end: int, reader: DayReader) -> Cut | None:
    found = match_clock(" ".join(words[start:end]))
    if found is None:
        return None
    rest = " ".join(_tidy((*words[:start], PART, *words[end:])))
    day, refused = None, None
    try:
        day = reader.read(rest) if rest else None
    except TimeNotUnderstood as refusal:
        refused = refusal
    if rest and day is None and refused is None:
        return None
    clock = read_clock(found)
    if clock is None:
        return None
    if refused is not None:
        raise refused
    return Cut(clock, day, words[:start], words[end:])


def _spans(count: int) -> Iterator[tuple[int, int]]:
    for length in range(min(count, _LONGEST_CLOCK), 0, -1):
        for start in range(count - length + 1):
            yield start, start + length


def _tidy(words: tuple[str, ...]) -> list[str]:
    """The words with one PART at most in a row and none at the ends."""
    kept: list[str] = []
    for word in words:
        if word != PART or (kept and kept[-1] != PART):
            kept.append(word)
    return kept[:-1] if kept and kept[-1] == PART else kept


def _is_day_by_custom(words: tuple[str, ...], day_first: bool) -> bool:
    """Whether the first of the words is a day, as in ``10 march 5``: at 5 on 10 March.

    It is wherever the day comes before the month, and the 20 of ``20 march 5`` is anywhere.
    """
    if len(words) < 3 or not (words[0].isdecimal() and words[1] in MONTHS):
        return False
    hour_follows = words[2] in HOURS or (_is_number(words[2]) and 0 < int(words[2]) < 24)
    ends = len(words) == 3 or not re.fullmatch(r"\d{4}", words[3])
    return hour_follows and ends and (day_first or int(words[0]) > 12)


def _refuse_neighbours(cut: Cut) -> None:
    """A number is an hour only when no other bare number beside it could change places."""
    clock, before, after = cut.clock, cut.before, cut.after
    if cut.hour_before_month:
        raise TimeNotUnderstood(
            f"The {clock.said} may be the hour or the day; write the time as 9:30 or 9am."
        )
    beside = after[0] if after and _is_number(after[0]) else None
    if before and _is_number(before[-1]) and not (len(before) > 1 and before[-2] in MONTHS):
        beside = before[-1]
    if after and after[0] in ("day", "week"):
        raise TimeNotUnderstood(
            f"The {clock.said} may be the hour or count the {after[0]}s; write the time as 9:30."
        )
    if beside or (cut.day and cut.day.bare_number):
        raise TimeNotUnderstood(
            f"The {clock.said} is beside another number; write the time as 9:30 or 9am."
        )


def _is_number(word: str) -> bool:
    return word in HOURS or (word.isdecimal() and len(word) <= 2)
