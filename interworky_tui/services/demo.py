"""The demo office: each appointment takes its path through the real verbs, in a told past."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import String, cast, insert, literal, select, update

from interworky_tui.config import Backup, Database, Email, Office, Settings, Sms
from interworky_tui.domain.appointment import CancelReason, Urgency
from interworky_tui.domain.calendar import at_local, office_day
from interworky_tui.domain.events import Channel, MessageState, Reason, Recipient
from interworky_tui.domain.feedback import Recommend, Source, Survey
from interworky_tui.services import (
    demo_past,
    feedback,
    inbox,
    intake,
    reminders,
    scheduling,
    visits,
)
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import NOTIFICATION, SMS_RECEIPT

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
        backup=Backup(enabled=False),
        email=Email(),
        sms=Sms(),
    )


def fill(office: Context, file: Path) -> int:
    """File, schedule, attend and answer as the file tells. Returns how many appointments."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    now = office.clock()
    demo_past.remember(office, told["visits"], now)
    played = [(_play(office, visit, now), visit) for visit in told["visits"]]
    _remind(office, now)
    _arrive(office, now, [id for id, visit in played if visit.get("sms_failed")])
    for id, visit in played:
        for note in visit.get("later", ()):
            _say_more(office, id, note, now)
    for number, text in enumerate(told["texts"]):
        _receive(office, f"demo-{number}", text, now)
    return len(told["visits"])


def _remind(office: Context, now: datetime) -> None:
    """As the office did this morning; at whatever hour the demo is opened, nothing waits."""
    messages = msgspec.structs.replace(office.settings.messages, quiet_hours="")
    settings = msgspec.structs.replace(office.settings, messages=messages)
    earlier = replace(_at(office, now - timedelta(hours=3)), settings=settings)
    reminders.queue_reminders(earlier)


def _arrive(office: Context, now: datetime, wrong: list[int]) -> None:
    """What became of the messages of the told past: all arrived, but texts to a wrong number."""
    row, client = NOTIFICATION.c, Recipient.CLIENT.value
    left = row.state == MessageState.PENDING.value, row.due_at <= now
    texts = *left, row.channel == Channel.SMS.value
    failed = {"state": MessageState.FAILED.value, "reason": Reason.WRONG_NUMBER.value}
    sent = {"state": MessageState.SENT.value, "reason": None, "sent_at": row.due_at}
    with office.database.write() as connection:
        connection.execute(
            update(NOTIFICATION)
            .where(*texts, row.recipient == client, row.appointment_id.in_(wrong))
            .values(**failed, attempts=1)
        )
        name = literal("demo-") + cast(row.id, String)
        connection.execute(
            insert(SMS_RECEIPT).from_select(
                ["sid", "notification_id", "accepted_at", "status"],
                select(name, row.id, row.due_at, literal("delivered")).where(*texts),
            )
        )
        connection.execute(
            update(NOTIFICATION).where(*texts).values(**sent, provider_ref=name, attempts=1)
        )
        connection.execute(update(NOTIFICATION).where(*left).values(**sent, attempts=1))


def _say_more(office: Context, id: int, note: dict[str, Any], now: datetime) -> None:
    then = _at(office, now - timedelta(minutes=note["ago"]))
    _answer(then, id, Survey(note["rating"], bad=note["text"], source=Source(note["source"])))


def _answer(office: Context, id: int, survey: Survey) -> None:
    if survey.source is Source.STAFF:
        feedback.record(office, id, survey)
        return
    with office.database.write() as connection:
        feedback.take(connection, office, id, survey, office.clock())


def _receive(office: Context, sid: str, text: dict[str, Any], now: datetime) -> None:
    at = now - timedelta(minutes=text["ago"])
    inbox.receive(
        _at(office, at),
        sid=sid,
        from_number=text["phone"],
        to_number=office.settings.office.phone,
        body=text["body"],
        at=at,
    )


def _play(office: Context, visit: dict[str, Any], now: datetime) -> int:
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
    return made.appointment.id


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
    here_at = now - timedelta(minutes=visit.get("here", 0))
    # Soon after midnight the visits just before now are yesterday's, and nobody waits for them.
    if "here" in visit and office_day(here_at, office.zone) == office_day(start, office.zone):
        yield here_at, visits.arrive
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
            source=Source(visit.get("source", Source.STAFF)),
        )
        answered = start + timedelta(hours=20)
        yield answered, lambda o, i: _answer(o, i, survey)
        if not visit.get("unread", False):
            yield answered + timedelta(hours=1), feedback.mark_read


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
