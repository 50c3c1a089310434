"""The demo office: each appointment takes its path through the real verbs, in a told past."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec

from interworky_tui.config import Database, Email, Office, Settings, Sms
from interworky_tui.domain.appointment import CancelReason, Urgency
from interworky_tui.domain.calendar import at_local, office_day
from interworky_tui.domain.feedback import Recommend, Survey
from interworky_tui.services import feedback, intake, scheduling, visits
from interworky_tui.services.context import Context

Step = tuple[datetime, Any]
ORDER = ("scheduled", "attended", "feedback_pending", "feedback_collected")


def settings_of(file: Path, settings: Settings) -> Settings:
    """The person's settings with the demo office's own; nothing leaves the machine."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))["office"]
    office = msgspec.to_builtins(settings.office) | told
    return msgspec.structs.replace(
        settings,
        office=msgspec.convert(office, Office),
        database=Database(),
        email=Email(),
        sms=Sms(),
    )


def fill(office: Context, file: Path) -> int:
    """File, schedule, attend and answer as the file tells. Returns how many appointments."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))["visits"]
    now = office.clock()
    for visit in told:
        _play(office, visit, now)
    return len(told)


def _play(office: Context, visit: dict[str, Any], now: datetime) -> None:
    asked_at = now - timedelta(days=visit["asked"], minutes=17)
    day = office_day(now, office.zone) + timedelta(days=visit["wish"][0])
    new = intake.NewRequest(
        name=visit["name"],
        phone=visit.get("phone", ""),
        email=visit.get("email", ""),
        date=day,
        band=visit["wish"][1],
        service=visit.get("service", ""),
        note=visit.get("note", ""),
        urgency=Urgency(visit.get("urgency", "medium")),
    )
    made = intake.request(_at(office, asked_at), new)
    for at, step in _steps(office, visit, asked_at, now):
        step(_at(office, at), made.appointment.id)


def _steps(
    office: Context, visit: dict[str, Any], asked_at: datetime, now: datetime
) -> Iterator[Step]:
    status = visit["status"]
    if status == "requested":
        return
    start = _start(office, visit["visit"], now)
    if status == "cancelled":
        yield from _cancelled(visit, asked_at, start)
        return
    reached = ORDER.index(status)
    yield (
        asked_at + timedelta(minutes=40),
        lambda o, i: scheduling.schedule(o, i, start, override=True),
    )
    if reached >= 1:
        yield start + timedelta(minutes=5), visits.attend
    if reached >= 2:
        yield start + timedelta(hours=2), feedback.collect
    if reached >= 3:
        survey = Survey(
            rating=visit["rating"],
            good=visit.get("good", ""),
            bad=visit.get("bad", ""),
            recommend=Recommend(visit["recommend"]),
            publish=visit.get("publish", False),
        )
        yield start + timedelta(hours=20), lambda o, i: feedback.record(o, i, survey)


def _cancelled(visit: dict[str, Any], asked_at: datetime, start: datetime) -> Iterator[Step]:
    reason = CancelReason(visit["reason"])
    yield (
        asked_at + timedelta(minutes=40),
        lambda o, i: scheduling.schedule(o, i, start, override=True),
    )
    when = start + timedelta(minutes=30) if reason is CancelReason.NO_SHOW else asked_at
    yield (
        max(when, asked_at + timedelta(hours=2)),
        lambda o, i: scheduling.cancel(o, i, reason, visit.get("text", "")),
    )


def _start(office: Context, told: list[Any] | int, now: datetime) -> datetime:
    if isinstance(told, int):
        start = now + timedelta(minutes=told)
        return start.replace(minute=start.minute // 5 * 5, second=0, microsecond=0)
    day = office_day(now, office.zone) + timedelta(days=told[0])
    return at_local(day, time.fromisoformat(told[1]), office.zone)


def _at(office: Context, moment: datetime) -> Context:
    return replace(office, clock=lambda: moment)
