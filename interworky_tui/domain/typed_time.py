"""What a receptionist types -> a moment, or a refusal that says what was not understood.

A strict grammar: every word must have its place, and whatever has two readings is refused.
A line is a clock time and at most one day, in any order, or a stretch of time from now. All
ways to cut a line in two are tried, so that a second reading is seen and not passed over.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from interworky_tui.domain.calendar import jump_over, moments_of, office_day, say_day, say_moment
from interworky_tui.domain.errors import TimeNotUnderstood
from interworky_tui.domain.typed_clock import Clock, Hours, Shape, on_24h, settle
from interworky_tui.domain.typed_cuts import find_cuts, puzzled, refuse_doubts
from interworky_tui.domain.typed_day import Day, DayReader
from interworky_tui.domain.typed_words import COUNTS, LONGEST, any_of, prepare, quote, take_part

_MINUTE = timedelta(minutes=1)
_FARTHEST = timedelta(days=731)

_FROM_NOW = re.compile(
    rf"(?P<in>in )?(?:(?P<half>half an hour)"
    rf"|(?P<count>\d{{1,3}}(?P<point>\.5)?|{any_of(COUNTS)}) ?(?:(?P<minutes>min(?:ute)?s?)"
    r"|(?:h|hrs?|hours?)"
    r"(?:(?<=h)(?P<packed>\d\d)| ?(?:and )?(?P<more>\d{1,2}) ?min(?:ute)?s?)?))"
    r"(?P<from> from now)?"
)
_AS_PRINTED = re.compile(r"(?:[a-z]{3} \d{1,2} [a-z]{3} \d{4}|\d{4}-\d\d-\d\d) \d\d:\d\d(?::00)?")
_WITH_OFFSET = re.compile(
    r"20\d\d-\d\d-\d\d[Tt ]\d\d:\d\d(?::00(?:\.0+)?)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Reading:
    """``starts_at`` is in UTC.

    ``other`` is set when the clock shows the local time twice, at the end of summer time:
    it is the later moment, and the person must choose.
    """

    starts_at: datetime
    other: datetime | None = None


def read_time(
    text: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    day_first: bool = True,
    opens: time = time(8),
    closes: time = time(20),
    default_day: date | None = None,
) -> Reading:
    """Read a typed time in the office's zone.

    ``opens`` and ``closes`` are local and decide between am and pm for ``9`` and ``9:30``;
    ``09:30``, ``14:30`` and ``9am`` are taken as written. ``default_day`` is the day meant by
    a time alone, unless it has passed; otherwise that is today while the time is still ahead.
    A moment in the past is returned only for a date with its year. Raises TimeNotUnderstood
    for everything without a single sure reading.
    """
    reader = _Reader(now, zone, day_first, Hours(opens, closes), default_day)
    if len(text) <= LONGEST and _WITH_OFFSET.fullmatch(text.strip()):
        return reader.exact(text.strip())
    line = prepare(text)
    return reader.from_now(line) or reader.at_clock(line)


@dataclass(frozen=True, slots=True)
class _Reader:
    now: datetime
    zone: ZoneInfo
    day_first: bool
    hours: Hours
    default_day: date | None

    @property
    def today(self) -> date:
        return office_day(self.now, self.zone)

    def exact(self, text: str) -> Reading:
        """ISO 8601 with an offset, as the program's own JSON has it."""
        try:
            moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
        except ValueError:
            raise TimeNotUnderstood(f"{quote(text)} is not a date and time.") from None
        self._check_reach(office_day(moment, self.zone))
        return Reading(moment)

    def from_now(self, line: str) -> Reading | None:
        """``now``, ``in 45 min``: elapsed time, to the minute and never before the present."""
        if line == "now":
            return Reading(self._up_to_minute(self.now))
        found = _FROM_NOW.fullmatch(line)
        if found is None or bool(found["in"]) == bool(found["from"]):
            return None
        minutes = 30
        if not found["half"]:
            count = found["count"].removesuffix(".5")
            minutes = COUNTS.get(count) or int(count)
            more = int(found["packed"] or found["more"] or 0)
            if found["point"] and (found["minutes"] or more):
                return None
            if not found["minutes"]:
                minutes = minutes * 60 + (30 if found["point"] else more)
            if minutes == 0 or more > 59:
                return None
        return Reading(self._up_to_minute(self.now + minutes * _MINUTE))

    def at_clock(self, line: str) -> Reading:
        rest, part = take_part(line)
        words = tuple(rest.split())
        reader = DayReader(self.today, self.day_first)
        cuts, refusals = find_cuts(words, reader)
        readings: set[Reading] = set()
        for cut in cuts:
            try:
                refuse_doubts(cut, reader)
                clock = cut.clock
                if _AS_PRINTED.fullmatch(line) or (cut.day and cut.day.iso):
                    clock = on_24h(clock)
                readings.add(self._land(cut.day, settle(clock, part, self.hours), clock))
            except TimeNotUnderstood as refusal:
                refusals.append(refusal)
        # A second reading that is refused is still a second reading.
        if refusals:
            raise refusals[0]
        if len(readings) > 1:
            first, second, *_ = sorted(reading.starts_at for reading in readings)
            raise TimeNotUnderstood(
                f"{quote(line)} may be {say_moment(first, self.zone)} or"
                f" {say_moment(second, self.zone)}; write it as '20 mar 2026 14:30'."
            )
        if not readings:
            raise puzzled(line, words, part, reader)
        return readings.pop()

    def _land(self, day: Day | None, at: time, clock: Clock) -> Reading:
        """The moment of a day and a local time, checked against the calendar and the present."""
        alone = day is None
        day = day or Day(max(self.today, self.default_day or self.today))
        if day.by_weekday and clock.shape is Shape.NUMBER and clock.said.isdecimal():
            _refuse_day_number(int(clock.said), day, at)
        moments = self._moments(day.date, at)
        ahead = self._ahead(moments)
        if not ahead and day.rolls:
            ahead = self._moments(day.date + timedelta(weeks=1), at)
        if not ahead and day.year_said:
            ahead = moments
        if not ahead:
            hint = "add the day" if alone else "give a time from now on"
            raise TimeNotUnderstood(f"{say_moment(moments[-1], self.zone)} has passed; {hint}.")
        return Reading(*ahead)

    def _moments(self, day: date, at: time) -> tuple[datetime, ...]:
        self._check_reach(day)
        local = datetime.combine(day, at)
        moments = moments_of(local, self.zone)
        if not moments:
            old, new = _gap_around(local, self.zone)
            raise TimeNotUnderstood(
                f"On {say_day(day)} the clock is put forward from {old:%H:%M} to {new:%H:%M},"
                f" so there is no {at:%H:%M}; choose another time."
            )
        return moments

    def _ahead(self, moments: tuple[datetime, ...]) -> tuple[datetime, ...]:
        this_minute = self.now.replace(second=0, microsecond=0)
        return tuple(moment for moment in moments if moment >= this_minute)

    def _check_reach(self, day: date) -> None:
        if day - self.today > _FARTHEST:
            raise TimeNotUnderstood(
                f"{say_day(day)} is more than two years ahead; correct the date."
            )

    def _up_to_minute(self, moment: datetime) -> datetime:
        whole = moment.replace(second=0, microsecond=0)
        return whole if whole == moment else whole + _MINUTE


def _refuse_day_number(number: int, day: Day, at: time) -> None:
    """``fri 20`` when that Friday is the 20th, or the one after it that is."""
    weeks = 2 if day.rolls and number > 12 else 1
    for named in (day.date + timedelta(weeks=week) for week in range(weeks)):
        if named.day == number:
            raise TimeNotUnderstood(
                f"{number} may be the hour or {say_day(named)}; write {at:%H:%M}, or add a time."
            )


def _gap_around(local: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """What the clock shows at the gap that holds a local time, before and after it is moved."""
    moved = jump_over(local, zone)
    offset = (moved - timedelta(seconds=1)).astimezone(zone).utcoffset() or timedelta()
    return moved + offset, moved.astimezone(zone)
