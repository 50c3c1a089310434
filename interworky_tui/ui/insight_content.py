"""What the insights screen says and draws of each part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from interworky_tui.domain.bands import Bands
from interworky_tui.services.insight_words import WEEKDAYS, Line, Section
from interworky_tui.services.insights import Figures, Insights
from interworky_tui.ui.widgets.plots import Bars, Course, Picture

LATEST_WEEKS = 9
"""Weeks in words; the picture beside them has all."""

LEFT = ("feedback", "ratings", "weeks", "recommend", "messages")
RIGHT = ("requests", "times", "bands", "weekdays", "sources", "visits", "cancelled")
PICTURED = ("ratings", "weeks", "recommend", "requests", "bands", "weekdays", "messages")
SPARKLING = ("weeks",)

_STATUSES = ("Open", "Sched", "Att", "Pend", "Coll", "Canc")


def lines(section: Section) -> Iterator[Content]:
    """The figures one under the other; of many weeks the latest."""
    shown = section.lines[:LATEST_WEEKS] if section.key == "weeks" else section.lines
    yield from _aligned(shown)
    more = len(section.lines) - len(shown)
    if more:
        yield Content.styled(f"and {more} weeks before", "$text-muted")


def _aligned(shown: Sequence[Line]) -> Iterator[Content]:
    label = max(len(line.label) for line in shown)
    value = max(len(line.value) for line in shown)
    for line in shown:
        yield Content.assemble(
            f"{line.label:<{label}} ",
            Content.styled(f"{line.value:>{value}}", "bold"),
            Content.styled(f"  {line.note}", "$text-muted"),
        )


def picture(key: str, found: Insights, bands: Bands) -> Picture | None:
    """None when there is nothing to draw."""
    drawn = _picture(key, found.now, bands)
    if isinstance(drawn, Bars) and not any(drawn.counts):
        return None
    if isinstance(drawn, Course) and not any(drawn.values):
        return None
    return drawn


def _picture(key: str, figures: Figures, bands: Bands) -> Picture | None:
    feedback, requests = figures.feedback, figures.requests
    if key == "ratings":
        return Bars(("1 ★", "2 ★", "3 ★", "4 ★", "5 ★"), feedback.ratings)
    if key == "weeks":
        days = tuple(f"{week.monday.day} {week.monday:%b}" for week in feedback.weeks)
        return Course(days, tuple(week.average for week in feedback.weeks))
    if key == "recommend":
        said = feedback.recommend
        return Bars(("Yes", "Maybe", "No"), (said["yes"], said["maybe"], said["no"]))
    if key == "requests":
        return Bars(_STATUSES, tuple(requests.by_status.values()))
    if key == "bands":
        keys = tuple(requests.by_band)
        labels = tuple(_hours(bands, key) for key in keys)
        return Bars(labels, tuple(requests.by_band.values()))
    if key == "weekdays":
        return Bars(tuple(day[:3] for day in WEEKDAYS), requests.by_weekday)
    if key == "messages":
        email, sms = figures.messages["email"], figures.messages["sms"]
        counts = (email.sent, email.failed, sms.sent, sms.delivered or 0, sms.failed)
        return Bars(("Email", "fail", "SMS", "arr", "fail"), counts)
    return None


def _hours(bands: Bands, key: str) -> str:
    band = bands.get(key)
    return f"{band.start.hour}-{band.end.hour}" if band else bands.label(key) or "Other"


def answers_by_week(found: Insights) -> list[float]:
    return [float(week.count) for week in found.now.feedback.weeks]
