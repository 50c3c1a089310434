"""Free slots: when an office could see a client, the best first, and why each is offered.

Slots begin at the office's steps of the hour, or right at a visit that is there, and never at a
time that the clock shows twice.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from interworky_tui.domain.bands import Band
from interworky_tui.domain.calendar import at_local, jump_over, moments_of, office_day, say_day
from interworky_tui.domain.crowd import Crowd
from interworky_tui.domain.slot_words import Asked, say_beside

Span = tuple[datetime, datetime]
"""From, and until but not including; aware and in UTC."""

TakenOn = Callable[[date], Sequence[Span]]
"""All spans that overlap or touch a local day; others do no harm."""

LOOK_AHEAD = timedelta(days=62)
"""How far after the wished day a slot is looked for; longer than an office is closed at a time."""

_MINUTE = timedelta(minutes=1)
_ROUND = 5
"""Beside a visit a slot may begin off the steps, but at no odd minute."""
_NO_GAP = timedelta(minutes=45)
"""So much earlier a slot would have to be to go before one that leaves no gap."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When an office gives visits. ``hours`` are by weekday, Monday first; times are local.

    ``closed`` says why a day is closed: the name of a holiday or closure, or None.
    """

    zone: ZoneInfo
    hours: tuple[tuple[time, time] | None, ...]
    breaks: tuple[tuple[time, time], ...]
    closed: Callable[[date], str | None]
    capacity: int
    step: timedelta
    lead: timedelta


@dataclass(frozen=True, slots=True)
class Wish:
    """A local day and a band or an exact local time on it; neither is any time of the day.

    ``but`` is a start that is no answer: the one that a visit has already.
    """

    day: date
    band: Band | None = None
    at: time | None = None
    but: datetime | None = None

    def say(self) -> str:
        """``Fri 20 Mar 2026, Morning 10:00–12:00``"""
        if self.at is not None:
            return f"{say_day(self.day)}, {self.at:%H:%M}"
        if self.band is None:
            return say_day(self.day)
        return f"{say_day(self.day)}, {self.band.label} {_say((self.band.start, self.band.end))}"


@dataclass(frozen=True, slots=True)
class Slot:
    """``why`` is for the person who offers it, without a full stop."""

    starts_at: datetime
    ends_at: datetime
    why: str


def open_spans(rules: Rules, day: date) -> tuple[Span, ...]:
    """The hours of a day less its breaks, in order; none on a day that is closed.

    Where the clock shows an edge twice, the span is the one that no reading is outside of.
    """
    hours = rules.hours[day.weekday()]
    if hours is None or rules.closed(day) is not None:
        return ()
    first = _moment(day, hours[0], rules.zone, late=True)
    last = _moment(day, hours[1], rules.zone, late=False)
    spans = []
    for start, end in sorted(_break(rules, day, pause) for pause in rules.breaks):
        if start > first:
            spans.append((first, min(start, last)))
        first = max(first, end)
    spans.append((first, last))
    return tuple((start, end) for start, end in spans if start < end)


def crowd(taken: Iterable[Span], start: datetime, end: datetime) -> int:
    """The most visits at once at any moment of a span."""
    return Crowd(taken).most(start, end)


def gaps(rules: Rules, day: date, taken: Sequence[Span]) -> tuple[Span, ...]:
    """The open stretches of a day with room for one more visit at once, however short, in order."""
    found: list[Span] = []
    there = Crowd(taken)
    for start, end in open_spans(rules, day):
        joined = False
        for first, last in pairwise(there.moments(start, end)):
            free = there.most(first, last) < rules.capacity
            if free and joined:
                found[-1] = (found[-1][0], last)
            elif free:
                found.append((first, last))
            joined = free
    return tuple(found)


def against(rules: Rules, start: datetime, end: datetime) -> tuple[str, ...]:
    """What the office's calendar says against a visit then, in a few words each."""
    day = office_day(start, rules.zone)
    hours = rules.hours[day.weekday()]
    name = rules.closed(day)
    if name is not None:
        return (f"closed: {name}",)
    if hours is None:
        return (f"closed on {day:%A}s",)
    said = []
    opens = _moment(day, hours[0], rules.zone, late=False)
    if start < opens or end > _moment(day, hours[1], rules.zone, late=True):
        said.append(f"outside the hours {_say(hours)}")
    for pause in rules.breaks:
        begins, ends = _break(rules, day, pause)
        if start < ends and end > begins:
            said.append(f"in the break {_say(pause)}")
    return tuple(said)


def free_starts(
    rules: Rules,
    day: date,
    length: timedelta,
    taken: Sequence[Span],
    now: datetime,
    also: time | None = None,
) -> tuple[datetime, ...]:
    """All moments of a day at which a visit of that length may begin, in order, in UTC.

    ``also`` is a local time that is looked at although it is not on the steps.
    """
    first, last = at_local(day, time(), rules.zone), at_local(day, time.max, rules.zone)
    near = [span for span in taken if span[0] <= last and span[1] >= first]
    there = Crowd(near)
    earliest = now + rules.lead
    found = set()
    for opens, closes in open_spans(rules, day):
        for start in _beginnings(rules, day, (opens, closes), length, near, also):
            end = start + length
            inside = opens <= start and end <= closes and start >= earliest
            if inside and there.most(start, end) < rules.capacity:
                found.add(start)
    return tuple(sorted(found))


def suggest(
    rules: Rules,
    wish: Wish,
    length: timedelta,
    taken_on: TakenOn,
    now: datetime,
    count: int = 3,
) -> tuple[Slot, ...]:
    """The best free slots for a wish, the best first; none overlaps another.

    Those in the wished band on the wished day come first, then the nearest to it on that day,
    then one a day in the band on later days. While the band has not enough of them, one place
    is kept for a later day. A wish for a day that has passed is one for today. ``taken_on`` is
    asked of one day after the other, and of none after there are enough slots.
    """
    return _Search(rules, wish, length, taken_on, now).best(count)


class _Search:
    """One wish, looked for day by day; what was worked out of a day is kept."""

    def __init__(
        self,
        rules: Rules,
        wish: Wish,
        length: timedelta,
        taken_on: TakenOn,
        now: datetime,
    ) -> None:
        self.rules, self.wish, self.length, self.now = rules, wish, length, now
        self.day = max(wish.day, office_day(now, rules.zone))
        self.asked = Asked(wish.band, wish.at, self.day != wish.day)
        self._taken_on = taken_on
        self._starts: set[datetime] = set()
        self._start_by_end: dict[datetime, datetime] = {}
        self._free: dict[date, tuple[datetime, ...]] = {}

    def best(self, count: int) -> tuple[Slot, ...]:
        inside = _apart(self.inside(self.day), (), count, self.length)
        near: list[datetime] = []
        if not self.asked.passed:
            left = count - len(inside)
            near = _apart(self.near(self.day), inside, min(left, max(1, left - 1)), self.length)
        later = self._on_later_days(self.inside, count - len(inside) - len(near), ())
        missing = count - len(inside) - len(near) - len(later)
        near += _apart(self.near(self.day), (*inside, *near), missing, self.length)
        missing = count - len(inside) - len(near) - len(later)
        later += self._on_later_days(self.near, missing, later)
        return (
            *self._say_inside(inside),
            *self._say_near(inside, near),
            *self._say_later(later, alone=not inside and not near),
        )

    def _on_later_days(
        self, look: Callable[[date], list[datetime]], count: int, others: Sequence[datetime]
    ) -> list[datetime]:
        """One a day, until there are enough."""
        found: list[datetime] = []
        for number in range(1, LOOK_AHEAD.days):
            if len(found) >= count:
                break
            day = self.day + number * timedelta(days=1)
            found += _apart(look(day), others, 1, self.length)
        return found

    def inside(self, day: date) -> list[datetime]:
        """As wished; what leaves no gap goes before what is not much earlier."""
        wished = (start for start in self._free_on(day) if self._is_wished(start))
        return sorted(wished, key=lambda s: s - _NO_GAP if any(self._beside(s)) else s)

    def near(self, day: date) -> list[datetime]:
        """All others of a day, the nearest to the wish first."""
        others = (start for start in self._free_on(day) if not self._is_wished(start))
        return sorted(others, key=lambda start: (self._distance(day, start), start))

    def _free_on(self, day: date) -> tuple[datetime, ...]:
        if day not in self._free:
            taken = self._taken_on(day)
            self._starts.update(start for start, _ in taken)
            self._start_by_end.update({end: start for start, end in sorted(taken)})
            starts = free_starts(self.rules, day, self.length, taken, self.now, self.wish.at)
            self._free[day] = tuple(start for start in starts if start != self.wish.but)
        return self._free[day]

    def _is_wished(self, start: datetime) -> bool:
        at = start.astimezone(self.rules.zone).time()
        if self.wish.at is not None:
            return at == self.wish.at
        band = self.wish.band
        return band is None or band.start <= at < band.end

    def _window(self, day: date) -> Span:
        """The wished part of a day; for an exact time as long as the visit."""
        at, band = self.wish.at, self.wish.band
        if at is not None:
            start = at_local(day, at, self.rules.zone)
            return start, start + self.length
        first, last = (band.start, band.end) if band else (time(), time.max)
        return at_local(day, first, self.rules.zone), at_local(day, last, self.rules.zone)

    def _distance(self, day: date, start: datetime) -> timedelta:
        first, last = self._window(day)
        if self.wish.at is not None:
            return abs(start - first)
        return max(first - start - self.length, start - last, timedelta())

    def _beside(self, start: datetime) -> tuple[datetime | None, datetime | None]:
        """The starts of the visits that end and begin where a slot touches them."""
        end = start + self.length
        return self._start_by_end.get(start), end if end in self._starts else None

    def _obstacle(self) -> str:
        """Why the wish cannot be had as it is."""
        day, rules, when = self.day, self.rules, self.asked.when
        if self.asked.passed:
            return "that day has passed"
        first, last = self._window(day)
        stands = against(rules, first, last)
        opened = any(start < last and end > first for start, end in open_spans(rules, day))
        if stands and (not opened or self.wish.at is not None):
            return stands[0] if self.wish.at or not self.wish.band else self._shut(stands[0])
        if (first if self.wish.at else last) < self.now + rules.lead:
            return f"{when} {'is too soon' if self.wish.at else 'is over'}"
        return f"{when} is {'taken' if self.wish.at else 'full'}"

    def _shut(self, stands: str) -> str:
        return stands if stands.startswith("closed") else f"not open in {self.asked.when}"

    def _slot(self, start: datetime, why: str) -> Slot:
        return Slot(start, start + self.length, why)

    def _said_beside(self, start: datetime) -> str:
        return say_beside(*self._beside(start), self.rules.zone)

    def _say_inside(self, starts: Sequence[datetime]) -> Iterator[Slot]:
        earliest = min(self.inside(self.day), default=None)
        for start in starts:
            first = start == earliest
            beside = self._said_beside(start)
            yield self._slot(start, self.asked.inside(first=first, beside=beside))

    def _say_near(self, inside: Sequence[datetime], starts: Sequence[datetime]) -> Iterator[Slot]:
        obstacle = "" if inside else self._obstacle()
        for start in starts:
            earlier = start < self._window(self.day)[0]
            beside = self._said_beside(start)
            why = self.asked.near(obstacle=obstacle, earlier=earlier, beside=beside)
            yield self._slot(start, why)
            obstacle = ""

    def _say_later(self, starts: Sequence[datetime], *, alone: bool) -> Iterator[Slot]:
        obstacle = self._obstacle() if alone else ""
        for number, start in enumerate(starts):
            wished = self._is_wished(start)
            why = self.asked.later(obstacle=obstacle, first=number == 0, wished=wished)
            yield self._slot(start, why)
            obstacle = ""


def _apart(
    starts: Iterable[datetime], others: Sequence[datetime], count: int, length: timedelta
) -> list[datetime]:
    """The first of them that overlap neither one another nor the others."""
    found: list[datetime] = []
    for start in starts:
        if len(found) >= count:
            break
        if all(abs(start - other) >= length for other in (*others, *found)):
            found.append(start)
    return found


def _beginnings(
    rules: Rules,
    day: date,
    span: Span,
    length: timedelta,
    taken: Sequence[Span],
    also: time | None,
) -> Iterator[datetime]:
    """Where a slot of an open span may begin: at the steps of the hour, or with no gap."""
    first, last = (edge.astimezone(rules.zone) for edge in span)
    step = int(rules.step / _MINUTE)
    locals_ = {
        datetime.combine(day, time(hour, minute))
        for hour in range(first.hour, last.hour + 1)
        for minute in range(0, 60, step)
    }
    for moment in (span[0], *(end for _, end in taken), *(start - length for start, _ in taken)):
        local = moment.astimezone(rules.zone).replace(tzinfo=None, fold=0)
        if not (local.minute % _ROUND or local.second or local.microsecond):
            locals_.add(local)
    if also is not None:
        locals_.add(datetime.combine(day, also))
    for local in locals_:
        moments = moments_of(local, rules.zone)
        if len(moments) == 1:
            yield moments[0]


def _moment(day: date, at: time, zone: ZoneInfo, *, late: bool) -> datetime:
    """A local time's moment; of two the later or the earlier, and for none when it is skipped."""
    local = datetime.combine(day, at)
    moments = moments_of(local, zone)
    if not moments:
        return jump_over(local, zone)
    return moments[-1 if late else 0]


def _break(rules: Rules, day: date, pause: tuple[time, time]) -> Span:
    return (
        _moment(day, pause[0], rules.zone, late=False),
        _moment(day, pause[1], rules.zone, late=True),
    )


def _say(span: tuple[time, time]) -> str:
    return f"{span[0]:%H:%M}–{span[1]:%H:%M}"
