"""What others did to an appointment since it was read, for who was about to change it."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, select

from interworky_tui.domain.appointment import Appointment
from interworky_tui.domain.errors import ChangedElsewhere, Refusal
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.services.past_words import say_deed
from interworky_tui.storage.tables import EVENT

_OF_THE_CLIENT = (Verb.COLLECT_FEEDBACK, Verb.RESEND, Verb.ARRIVE, Verb.NOT_ARRIVED)


def changed(
    connection: Connection,
    zone: ZoneInfo,
    current: Appointment,
    version: int,
    against: Refusal | None,
) -> ChangedElsewhere:
    """What is raised to who read ``version``; ``against`` is why the verb is not possible now."""
    line = EVENT.c
    lines = select(line.actor, line.verb, line.detail).where(
        line.appointment_id == current.id, line.version > version
    )
    last = connection.execute(lines.order_by(line.version.desc()).limit(1)).mappings().first()
    deed = f"{_deed(last, zone)} in the meantime" if last else "This was changed in the meantime"
    if against is not None:
        return ChangedElsewhere(f"{deed}. {against.sentence}")
    return ChangedElsewhere(f"{deed}; nothing of yours is saved yet.", current)


def _deed(line: RowMapping, zone: ZoneInfo) -> str:
    """``bo moved this visit to Fri 20 Mar 2026, 14:30``"""
    verb = Verb(line["verb"])
    detail: dict[str, Any] = json.loads(line["detail"] or "{}")
    what = "the client" if verb in _OF_THE_CLIENT else "it"
    return say_deed(line["actor"], verb, detail, what, zone)
