"""The insights in words and figures: the same lines for the desk and for the command line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from interworky_tui.domain.appointment import CancelReason, Status
from interworky_tui.domain.bands import Bands
from interworky_tui.domain.calendar import say_span
from interworky_tui.domain.events import Channel
from interworky_tui.services.insights import Carried, Delay, Figures, Insights, share

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EMPTY = (
    "There is nothing to count in these days.\n\n"
    "What clients ask for, who comes, how they rate their visits and what becomes of the"
    " messages is summed up here."
)
SOURCES = {
    "desk": "At the desk",
    "cli": "Command line",
    "import": "Imported",
    "web": "Request page",
    "api": "Assistant",
}
RECOMMEND = {"yes": "Yes", "maybe": "Maybe", "no": "No", "unsaid": "Did not say"}
_REASONS = {
    CancelReason.CLIENT_ASKED: "Client asked",
    CancelReason.NO_SHOW: "Did not come",
    CancelReason.OFFICE: "The office",
    CancelReason.DUPLICATE: "Duplicate",
    CancelReason.OTHER: "Other",
}


@dataclass(frozen=True, slots=True)
class Line:
    """``value`` is the figure; ``note`` what helps to judge it, with the span before in it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """``key`` is its name for programs."""

    key: str
    title: str
    lines: tuple[Line, ...]


def say_dates(figures: Figures) -> str:
    """``15 Feb to 16 Mar 2026``, with both years where they differ."""
    first, last = figures.first, figures.last
    year = f" {first.year}" if first.year != last.year else ""
    return f"{_day(first)}{year} to {_day(last)} {last.year}"


def sections(found: Insights, bands: Bands) -> tuple[Section, ...]:
    """Always the same ones in the same order."""
    now, before = found.now, found.before
    return (
        Section("feedback", "Feedback", tuple(_feedback(now, before))),
        Section("ratings", "Ratings", tuple(_ratings(now, before))),
        Section("weeks", "Rating and answers by week", tuple(_weeks(now))),
        Section("recommend", "Would recommend the office", tuple(_recommend(now, before))),
        Section("requests", "Requests and what became of them", tuple(_requests(now, before))),
        Section("times", "From the request to a set time", tuple(_times(now, before))),
        Section("bands", "Part of the day they wish for", tuple(_bands(now, before, bands))),
        Section("weekdays", "Day of the week they wish for", tuple(_weekdays(now, before))),
        Section("sources", "How requests came in", tuple(_sources(now, before))),
        Section("visits", "Visits whose time came", tuple(_visits(now, before))),
        Section("cancelled", "Cancelled", tuple(_cancelled(now, before))),
        Section("messages", "Messages", tuple(_messages(now, before))),
    )


def _feedback(now: Figures, before: Figures) -> Iterator[Line]:
    one, old = now.feedback, before.feedback
    yield Line("Asked", str(one.asked), _was(old.asked))
    rate, was = _percent(one.response_rate), _percent(old.response_rate)
    yield Line("Of them answered", str(one.answered), f"{rate or 'none'}{_before(was)}")
    yield from _took(one.to_answer, old.to_answer)
    average = f"{one.average:.1f}" if one.average is not None else "none"
    was = f"{old.average:.1f}" if old.average is not None else ""
    yield Line("Answers", str(one.answers), _was(old.answers))
    yield Line("Average rating", average, _was(was))


def _ratings(now: Figures, before: Figures) -> Iterator[Line]:
    new, old = now.feedback.ratings, before.feedback.ratings
    for stars in range(5, 0, -1):
        label = f"{stars} {'star' if stars == 1 else 'stars'}"
        yield _part(label, new[stars - 1], sum(new), old[stars - 1])


def _weeks(now: Figures) -> Iterator[Line]:
    """The newest first."""
    for week in reversed(now.feedback.weeks):
        average = "none" if week.average is None else f"{week.average:.1f}"
        yield Line(f"From {_day(week.monday)}", average, _count(week.count, "answer"))


def _recommend(now: Figures, before: Figures) -> Iterator[Line]:
    yield from _parts(RECOMMEND, now.feedback.recommend, before.feedback.recommend)


def _requests(now: Figures, before: Figures) -> Iterator[Line]:
    one, old = now.requests, before.requests
    yield Line("Requested", str(one.total), _was(old.total))
    labels = {status.value: status.label for status in Status}
    labels[Status.REQUESTED.value] = "Still open"
    yield from _parts(labels, one.by_status, old.by_status)


def _times(now: Figures, before: Figures) -> Iterator[Line]:
    yield from _took(now.requests.to_time, before.requests.to_time)


def _bands(now: Figures, before: Figures, bands: Bands) -> Iterator[Line]:
    new, old = now.requests.by_band, before.requests.by_band
    yield from _parts({key: bands.label(key) or "Other times" for key in (*new, *old)}, new, old)


def _weekdays(now: Figures, before: Figures) -> Iterator[Line]:
    new, old = now.requests.by_weekday, before.requests.by_weekday
    for place, name in enumerate(WEEKDAYS):
        yield _part(name, new[place], sum(new), old[place])


def _sources(now: Figures, before: Figures) -> Iterator[Line]:
    new, old = now.requests.by_source, before.requests.by_source
    yield from _parts({key: SOURCES.get(key, key) for key in (*new, *old)}, new, old)


def _visits(now: Figures, before: Figures) -> Iterator[Line]:
    one, old = now.visits, before.visits
    yield Line("Came", str(one.came), _was(old.came))
    rate, was = _percent(one.no_show_rate), _percent(old.no_show_rate)
    yield Line("Did not come", str(one.no_shows), f"{rate or 'none'}{_before(was)}")
    yield Line("Not said yet", str(one.unsaid), _was(old.unsaid))


def _cancelled(now: Figures, before: Figures) -> Iterator[Line]:
    labels = {reason.value: _REASONS[reason] for reason in CancelReason}
    yield from _parts(labels, now.cancelled, before.cancelled)


def _messages(now: Figures, before: Figures) -> Iterator[Line]:
    for channel in Channel:
        name = channel.label if channel is Channel.SMS else channel.label.title()
        one, old = now.messages[channel.value], before.messages[channel.value]
        yield Line(f"{name} sent", str(one.sent), _was(old.sent))
        if one.delivered is not None:
            yield _part(f"{name} arrived", one.delivered, one.sent, old.delivered or 0)
        yield from _stayed(name, one, old)


def _stayed(name: str, one: Carried, old: Carried) -> Iterator[Line]:
    """What is the rule is always said, what is rare only when it was."""
    yield Line(f"{name} failed", str(one.failed), _was(old.failed))
    if one.held or old.held:
        yield Line(f"{name} held", str(one.held), _was(old.held))
    if one.previewed or old.previewed:
        yield Line(f"{name} kept here", str(one.previewed), _was(old.previewed))


def _took(one: Delay, old: Delay) -> Iterator[Line]:
    yield Line("Half within", _minutes(one.median) or "none", _was(_minutes(old.median)))
    yield Line("9 of 10 within", _minutes(one.p90) or "none", _was(_minutes(old.p90)))


def _parts(
    labels: Mapping[str, str], new: Mapping[str, int], old: Mapping[str, int]
) -> Iterator[Line]:
    whole = sum(new.values())
    for key, label in labels.items():
        yield _part(label, new.get(key, 0), whole, old.get(key, 0))


def _part(label: str, count: int, whole: int, before: int) -> Line:
    percent = _percent(share(count, whole))
    return Line(label, str(count), f"{percent}{_before(str(before))}" if percent else _was(before))


def _was(before: int | str) -> str:
    return f"was {before if before != '' else 'none'}"


def _before(was: str) -> str:
    return f", was {was}" if was else ""


def _percent(part: float | None) -> str:
    return "" if part is None else f"{part:.0%}".replace("%", " %")


def _minutes(minutes: int | None) -> str:
    """The shortest that is true: under a minute is not nothing."""
    if minutes is None:
        return ""
    return say_span(minutes * 60) if minutes else "1 min"


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def aligned(lines: Sequence[Line]) -> Iterator[str]:
    """One line each, the figures one under the other."""
    label = max(len(line.label) for line in lines)
    value = max(len(line.value) for line in lines)
    for line in lines:
        text = f"{line.label:<{label}}  {line.value:>{value}}  {line.note}"
        yield text.rstrip()
