"""The clock time within typed time: how it is written, and which half of the day is meant."""

import re
from dataclasses import dataclass, replace
from datetime import time
from enum import Enum, auto

from interworky_tui.domain.errors import TimeNotUnderstood
from interworky_tui.domain.typed_words import HOURS, MINUTES, any_of, quote

_HALF_DAY = 12 * 60
_NOON = 12 * 60
_PART_SPANS = {
    "morning": (5 * 60, _NOON),
    "afternoon": (_NOON, 19 * 60),
    "evening": (16 * 60, 24 * 60),
    "night": (18 * 60, 24 * 60),
}


class Sure(Enum):
    """How far the writing itself settles the half of the day."""

    YES = auto()
    IF_OPEN = auto()
    """Exact as written, yet a likely slip unless the office is open then: 12am, 3h, 22."""
    NO = auto()


class Shape(Enum):
    """How it is written, as far as the same writing may mean something else."""

    NUMBER = auto()
    """``9``, which may also be a day."""
    DOTTED = auto()
    """``9.10``, which may also be a date."""
    PACKED = auto()
    """``1930``, which may also be a year."""
    PLAIN = auto()


@dataclass(frozen=True, slots=True)
class Clock:
    """``minutes`` after midnight; below 720 and either half of the day when ``sure`` is NO."""

    minutes: int
    sure: Sure
    shape: Shape
    said: str


@dataclass(frozen=True, slots=True)
class Hours:
    """The office's local hours, the closing time excluded; they may run past midnight."""

    opens: time
    closes: time

    def hold(self, minutes: int) -> bool:
        opens = self.opens.hour * 60 + self.opens.minute
        closes = self.closes.hour * 60 + self.closes.minute
        if opens < closes:
            return opens <= minutes < closes
        return minutes >= opens or minutes < closes


_WRITTEN = re.compile(
    rf"""(?P<at>at\ )?(?:
    (?P<hour>\d{{1,2}}) (?:(?P<sep>[:.h])(?P<minute>\d\d)(?P<seconds>:00)?)?
    | (?P<packed>\d{{3,4}})
    | (?P<word>{any_of(HOURS)}) )
    (?: \ ?(?P<half>[ap]m) | (?P<letter>[ap]) | \ ?(?P<clock24>h|hrs|hours)
    | (?P<oclock>\ oclock)(?:\ (?P<oclock_half>[ap]m))? )?""",
    re.VERBOSE,
)
_PAST = re.compile(
    rf"(?P<at>at )?(?:(?P<thirty>half)|(?:a )?(?P<quarter>quarter)"
    rf"|(?P<count>\d{{1,2}}|{any_of(MINUTES)})(?P<unit> (?:minutes?|mins?))?)"
    rf" (?P<way>past|to) (?P<hour>\d{{1,2}}|{any_of(HOURS)})(?: oclock)?(?: ?(?P<half>[ap]m))?"
)
_NOON_SAID = re.compile(r"(?:at )?(?:12 )?(?:noon|midday)")


def match_clock(text: str) -> re.Match[str] | None:
    """Whether prepared words are written like a clock time; they may still be impossible."""
    for pattern in (_WRITTEN, _PAST, _NOON_SAID):
        found = pattern.fullmatch(text)
        if found:
            return found
    return None


def read_clock(found: re.Match[str]) -> Clock | None:
    """What a match says. None when it is rather something else, such as a day or a date.

    Raises TimeNotUnderstood for an hour or a minute that no clock shows.
    """
    if found.re is _NOON_SAID:
        return Clock(_NOON, Sure.YES, Shape.PLAIN, found[0])
    return _read_past(found) if found.re is _PAST else _read_written(found)


def on_24h(clock: Clock) -> Clock:
    """The clock time beside an ISO date: ``10:30`` is exact, ``3:30`` only while open then."""
    if clock.sure is not Sure.NO or ":" not in clock.said:
        return clock
    literal = clock.minutes + (_HALF_DAY if clock.minutes < 60 else 0)
    sure = Sure.IF_OPEN if literal < 600 else Sure.YES
    return replace(clock, minutes=literal, sure=sure)


def settle(clock: Clock, part: str | None, hours: Hours) -> time:
    """The local time of day that is meant.

    A part of the day settles the half; without one the office's hours do, when exactly one
    half lies within them. Raises TimeNotUnderstood otherwise.
    """
    options = [clock.minutes]
    if clock.sure is Sure.NO:
        options.append(clock.minutes + _HALF_DAY)
    if part is not None:
        start, end = _PART_SPANS[part]
        fitting = [option for option in options if start <= option < end]
        if not fitting:
            raise TimeNotUnderstood(f"{quote(clock.said)} is not in the {part}; correct one.")
        return _time(fitting[0])
    if clock.sure is Sure.YES:
        return _time(clock.minutes)
    fitting = [option for option in options if hours.hold(option)]
    if len(fitting) == 1:
        return _time(fitting[0])
    first = f"{_time(clock.minutes):%H:%M}"
    other = f"{_time(clock.minutes % _HALF_DAY + _HALF_DAY):%H:%M}"
    if clock.sure is Sure.IF_OPEN:
        raise TimeNotUnderstood(
            f"{quote(clock.said)} is outside the office hours;"
            f" write {first}{f' or {other}' if other != first else ''}."
        )
    raise TimeNotUnderstood(
        f"{quote(clock.said)} may be {first} or {other}; write am or pm, or the 24-hour clock."
    )


def _time(minutes: int) -> time:
    return time(*divmod(minutes, 60))


def _read_written(found: re.Match[str]) -> Clock | None:
    shape = _shape(found)
    if found["packed"]:
        digits, minute = found["packed"][:-2], int(found["packed"][-2:])
    else:
        digits, minute = found["hour"] or str(HOURS[found["word"]]), int(found["minute"] or 0)
    hour, padded = int(digits), len(digits) == 2 and digits[0] == "0"
    half = found["half"] or found["oclock_half"] or found["letter"]
    if shape is Shape.NUMBER and (hour > 23 or hour == 0):
        return None
    if found["clock24"] in ("hrs", "hours") and not (found["minute"] or found["packed"]):
        return None
    if (found["seconds"] and found["sep"] != ":") or (found["clock24"] and found["sep"] == "h"):
        return None
    if shape is Shape.DOTTED and (hour > 23 or minute > 59):
        return None
    packed_short = len(found["packed"] or "") == 3 and hour == 0
    if hour > 23 or minute > 59 or packed_short or (half and not 1 <= hour <= 12):
        raise TimeNotUnderstood(f"{quote(_bare(found))} is not a time of day.")
    return _clock(found, hour * 60 + minute, half, shape, certain=padded or not 1 <= hour <= 12)


def _clock(
    found: re.Match[str], minutes: int, half: str | None, shape: Shape, *, certain: bool
) -> Clock:
    said = _bare(found)
    if half:
        slip = half[0] == "a" and minutes >= _NOON
        at = minutes % _HALF_DAY + (0 if half[0] == "a" else _HALF_DAY)
        return Clock(at, Sure.IF_OPEN if slip else Sure.YES, shape, said)
    if certain:
        # A bare 22 or 07 outside the office hours is more likely a day of the month.
        sure = Sure.IF_OPEN if shape is Shape.NUMBER else Sure.YES
        return Clock(minutes, sure, shape, said)
    if found.re is _WRITTEN and (found["clock24"] or found["sep"] == "h"):
        return Clock(minutes, Sure.IF_OPEN, shape, said)
    return Clock(minutes % _HALF_DAY, Sure.NO, shape, said)


def _shape(found: re.Match[str]) -> Shape:
    tailed = any(found[name] for name in ("at", "half", "letter", "clock24", "oclock"))
    if tailed:
        return Shape.PLAIN
    if found["packed"]:
        return Shape.PACKED
    if found["sep"]:
        return Shape.DOTTED if found["sep"] == "." else Shape.PLAIN
    return Shape.NUMBER


def _read_past(found: re.Match[str]) -> Clock | None:
    """``10 to 5`` without a unit may as well be a span, so it is not read."""
    count = found["count"]
    if found["way"] == "to" and (found["thirty"] or (count and not found["unit"])):
        return None
    amount = 30 if found["thirty"] else 15 if found["quarter"] else MINUTES.get(count) or int(count)
    hour = HOURS.get(found["hour"]) or int(found["hour"])
    half = found["half"]
    if not 1 <= amount <= 59 or not 1 <= hour <= 23 or (half and hour > 12):
        raise TimeNotUnderstood(f"{quote(_bare(found))} is not a time of day.")
    shift = amount if found["way"] == "past" else -amount
    if hour > 12 or found["hour"].startswith("0"):
        return Clock(hour * 60 + shift, Sure.YES, Shape.PLAIN, _bare(found))
    if half:
        base = hour * 60 % _HALF_DAY + (_HALF_DAY if half == "pm" else 0)
        slip = half == "am" and hour == 12
        at = (base + shift) % (2 * _HALF_DAY)
        return Clock(at, Sure.IF_OPEN if slip else Sure.YES, Shape.PLAIN, _bare(found))
    return Clock((hour * 60 + shift) % _HALF_DAY, Sure.NO, Shape.PLAIN, _bare(found))


def _bare(found: re.Match[str]) -> str:
    return found[0].removeprefix("at ")
