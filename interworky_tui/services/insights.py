"""How the office is doing: figures of a span of days beside those of the span before it.

A span is whole calendar days of the office's zone and ends with today, so that its bounds are
local midnights, however long a day is. What was undone counts nowhere. All figures of one call
are read in one view of the store.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from interworky_tui.domain.appointment import CancelReason, Status
from interworky_tui.domain.calendar import day_bounds, office_day
from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.events import Channel
from interworky_tui.services import insights_reads as reads
from interworky_tui.services.context import Context

SPANS = (30, 90, 365)
SOURCES = ("desk", "cli", "import", "web", "api")
ANSWERS = ("yes", "maybe", "no", "unsaid")


@dataclass(frozen=True, slots=True)
class Delay:
    """How long something took, in whole minutes, of ``count`` cases; None when there was none.

    By nearest rank: in half of the cases it took ``median`` at most, in nine of ten ``p90``.
    """

    count: int
    median: int | None
    p90: int | None


@dataclass(frozen=True, slots=True)
class Week:
    """The answers of a week from Monday on; of a week that the span cuts, those of its part."""

    monday: date
    count: int
    average: float | None


@dataclass(frozen=True, slots=True)
class Feedback:
    """``asked``: visits whose first asking (feedback_request.at) is in the span; ``answered``:
    those of them that have an answer by now, whenever it came; ``to_answer``: from that asking.
    An asking that was undone, or released because it reached nobody, is none.

    The rest counts answers (survey_response.at) in the span, whenever they were asked for:
    ``ratings`` from 1 to 5, ``weeks`` in order, ``recommend`` by yes, maybe, no, unsaid. What
    came after the first answer of a visit is a note, and not counted.
    """

    asked: int
    answered: int
    to_answer: Delay
    ratings: tuple[int, ...]
    weeks: tuple[Week, ...]
    recommend: Mapping[str, int]

    @property
    def answers(self) -> int:
        return sum(self.ratings)

    @property
    def average(self) -> float | None:
        return _average(self.ratings)

    @property
    def response_rate(self) -> float | None:
        return share(self.answered, self.asked)


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests by when they were filed (requested_at); a filing that was undone is none.

    ``by_status`` is what has become of them by now. ``by_band`` and ``by_weekday`` (Monday
    first) are of the date that the client wishes for; an exact wish outside every band is
    under "". ``to_time``: of those that have a time, from the filing to the last line of history
    that gave one to a request; moving the visit later is no part of it.
    """

    by_status: Mapping[str, int]
    by_source: Mapping[str, int]
    by_band: Mapping[str, int]
    by_weekday: tuple[int, ...]
    to_time: Delay

    @property
    def total(self) -> int:
        return sum(self.by_status.values())


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits by their start (starts_at) in the span, up to now: who came, who did not, and of
    whom nobody has said it yet. A visit that was cancelled for another reason is none.
    """

    came: int
    no_shows: int
    unsaid: int

    @property
    def no_show_rate(self) -> float | None:
        """Of the visits of which it is known."""
        return share(self.no_shows, self.came + self.no_shows)


@dataclass(frozen=True, slots=True)
class Carried:
    """One channel's messages. ``sent``: the far end took them (sent_at) and no word came since
    that they were lost. ``delivered``: texts taken in the span (accepted_at) of which the
    provider says that they arrived; of an email nobody says it, so None. ``previewed``,
    ``failed`` and ``held`` never left, or were lost, and count by when they were queued
    (created_at).
    """

    sent: int
    delivered: int | None
    previewed: int
    failed: int
    held: int


@dataclass(frozen=True, slots=True)
class Figures:
    """``first`` and ``last`` are days of the office's zone. ``cancelled`` is by reason and by
    when it was cancelled (cancelled_at).
    """

    first: date
    last: date
    feedback: Feedback
    requests: Requests
    visits: Visits
    cancelled: Mapping[str, int]
    messages: Mapping[str, Carried]

    @property
    def empty(self) -> bool:
        carried = [c.sent + c.previewed + c.failed + c.held for c in self.messages.values()]
        counts = (self.requests.total, self.feedback.answers, self.feedback.asked)
        due = self.visits.came + self.visits.no_shows + self.visits.unsaid
        return not (any(counts) or any(carried) or due or any(self.cancelled.values()))


@dataclass(frozen=True, slots=True)
class Insights:
    """``before`` is the span of as many days that ends the day before ``now`` begins."""

    days: int
    now: Figures
    before: Figures


def insights(office: Context, days: int) -> Insights:
    """The last 30, 90 or 365 days, today among them. Blocks; raises BadInput, StoreProblem."""
    if days not in SPANS:
        raise BadInput("Choose 30, 90 or 365 days.", "days")
    now = office.clock()
    today = office_day(now, office.zone)
    first = today - timedelta(days=days - 1)
    with office.database.read() as connection:
        current = _figures(connection, office, first, today, now)
        before_first = first - timedelta(days=days)
        before = _figures(connection, office, before_first, first - timedelta(days=1), now)
    return Insights(days, current, before)


def share(part: int, whole: int) -> float | None:
    """From 0 to 1; None of nothing."""
    return part / whole if whole else None


def _figures(
    connection: Connection, office: Context, first: date, last: date, now: datetime
) -> Figures:
    span = _moments(office, first, last)
    return Figures(
        first=first,
        last=last,
        feedback=_feedback(connection, office, first, last, span),
        requests=_requests(connection, office, span),
        visits=Visits(*reads.visits(connection, span, now)),
        cancelled=_counted([r.value for r in CancelReason], reads.cancelled(connection, span)),
        messages=_messages(connection, span),
    )


def _moments(office: Context, first: date, last: date) -> reads.Span:
    return day_bounds(first, office.zone)[0], day_bounds(last, office.zone)[1]


def _feedback(
    connection: Connection, office: Context, first: date, last: date, span: reads.Span
) -> Feedback:
    start = first - timedelta(days=first.weekday())
    mondays = [start + timedelta(days=days) for days in range(0, (last - start).days + 1, 7)]
    parts = [
        _moments(office, max(monday, first), min(monday + timedelta(days=6), last))
        for monday in mondays
    ]
    by_week, recommend = [[0] * 5 for _ in mondays], dict.fromkeys(ANSWERS, 0)
    for part, rating, said, count in reads.answers(connection, parts):
        by_week[part][rating - 1] += count
        recommend[said or "unsaid"] += count
    asked = reads.minutes_to_answer(connection, span)
    to_answer = _delay(asked)
    return Feedback(
        asked=sum(asked.values()),
        answered=to_answer.count,
        to_answer=to_answer,
        ratings=tuple(map(sum, zip(*by_week, strict=True))),
        weeks=tuple(
            Week(monday, sum(week), _average(week))
            for monday, week in zip(mondays, by_week, strict=True)
        ),
        recommend=recommend,
    )


def _requests(connection: Connection, office: Context, span: reads.Span) -> Requests:
    status: dict[str, int] = {}
    source: dict[str, int] = {}
    for of_status, of_source, count in reads.requests(connection, span):
        status[of_status] = status.get(of_status, 0) + count
        source[of_source] = source.get(of_source, 0) + count
    bands: dict[str, int] = {}
    weekdays = [0] * 7
    for band, day, count in reads.wishes(connection, span):
        bands[band or ""] = bands.get(band or "", 0) + count
        weekdays[date.fromisoformat(day).weekday()] += count
    return Requests(
        by_status=_counted([s.value for s in Status], status),
        by_source=_counted(SOURCES, source),
        by_band=_counted([band.key for band in office.bands.all], bands),
        by_weekday=tuple(weekdays),
        to_time=_delay(reads.minutes_to_time(connection, span)),
    )


def _messages(connection: Connection, span: reads.Span) -> dict[str, Carried]:
    sent, stayed = reads.sent(connection, span), reads.stayed(connection, span)
    arrived = reads.delivered(connection, span)
    return {
        channel.value: Carried(
            sent=sent[channel.value],
            delivered=arrived if channel is Channel.SMS else None,
            **{state.value: stayed[channel.value, state.value] for state in reads.STAYED},
        )
        for channel in Channel
    }


def _counted(keys: tuple[str, ...] | list[str], counts: Mapping[str, int]) -> dict[str, int]:
    """In the order of the keys, with what is none of them after those."""
    return {key: counts.get(key, 0) for key in keys} | dict(counts)


def _average(ratings: tuple[int, ...] | list[int]) -> float | None:
    total = sum(stars * count for stars, count in enumerate(ratings, 1))
    return share(total, sum(ratings))


def _delay(by_minutes: Mapping[int | None, int]) -> Delay:
    """From how many cases took so many minutes; what is under None has not come yet."""
    took = sorted((m, count) for m, count in by_minutes.items() if m is not None)
    cases = sum(count for _, count in took)
    return Delay(cases, _ranked(took, cases, 50), _ranked(took, cases, 90))


def _ranked(took: list[tuple[int, int]], cases: int, percent: int) -> int | None:
    seen = 0
    for minutes, count in took:
        seen += count
        if seen * 100 >= cases * percent:
            return max(minutes, 0)
    return None


def insights_json(office: Context, found: Insights) -> dict[str, Any]:
    """For scripts: ``now`` and ``before`` have the same fields; shares are from 0 to 1."""
    return {
        "days": found.days,
        "timezone": office.zone.key,
        "now": _figures_json(found.now),
        "before": _figures_json(found.before),
    }


def _figures_json(figures: Figures) -> dict[str, Any]:
    feedback, requests, visits = figures.feedback, figures.requests, figures.visits
    return {
        "first_day": figures.first.isoformat(),
        "last_day": figures.last.isoformat(),
        "feedback": {
            "asked": feedback.asked,
            "answered": feedback.answered,
            "response_rate": _rounded(feedback.response_rate),
            "minutes_to_answer": asdict(feedback.to_answer),
            "answers": feedback.answers,
            "average": _rounded(feedback.average),
            "ratings": {str(stars): count for stars, count in enumerate(feedback.ratings, 1)},
            "recommend": dict(feedback.recommend),
            "weeks": [
                {
                    "monday": week.monday.isoformat(),
                    "answers": week.count,
                    "average": _rounded(week.average),
                }
                for week in feedback.weeks
            ],
        },
        "requests": {
            "total": requests.total,
            "by_status": dict(requests.by_status),
            "by_source": dict(requests.by_source),
            "by_band": dict(requests.by_band),
            "by_weekday": list(requests.by_weekday),
            "minutes_to_time": asdict(requests.to_time),
        },
        "visits": asdict(visits) | {"no_show_rate": _rounded(visits.no_show_rate)},
        "cancelled": dict(figures.cancelled),
        "messages": {channel: asdict(carried) for channel, carried in figures.messages.items()},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
