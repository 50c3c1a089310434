"""Texts that say yes to a slot that was offered: the first has it, the others are told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, literal_column, select, update

from interworky_tui.domain.appointment import Appointment, Status
from interworky_tui.domain.events import Channel, Event, MessageState, Recipient
from interworky_tui.domain.lifecycle import Change, refusal
from interworky_tui.domain.replies import Kind, Yes
from interworky_tui.messages.render import render
from interworky_tui.services import (
    change,
    diary,
    notices,
    offer_ends,
    offers,
    records,
    survey_replies,
)
from interworky_tui.services.context import CLIENT_ACTOR, Context
from interworky_tui.services.scheduling import schedule_verb
from interworky_tui.storage.tables import (
    APPOINTMENT,
    CLIENT,
    NOTIFICATION,
    SLOT_OFFER,
    SLOT_OFFER_TO,
)

LATE = timedelta(days=1)
"""A yes that comes so long after an offer ended is about it still."""

# What may have left, too: an answer to it says that it arrived.
_LEFT = (MessageState.SENT.value, MessageState.PREVIEWED.value, MessageState.HELD.value)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a yes did. ``gone`` is the offer whose end the client is to be told of, by the text
    that is about to be kept.
    """

    kind: Kind
    about: Appointment | None = None
    waits: bool = False
    queued: bool = False
    gone: "Asked | None" = None


UNCLEAR = Outcome(Kind.OTHER, waits=True)
"""Somebody has to read it, and nothing was done."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An offer as it reached the number."""

    id: int
    offer_id: int
    visit: Appointment
    asked_at: datetime
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    outcome: str | None
    answered: bool
    meant: bool

    def stands(self, at: datetime, now: datetime) -> bool:
        """Whether a yes of then can take it. What came in time counts, however late it is read."""
        held = self.outcome in (None, "expired") and at < self.expires_at
        return held and self.meant and not self.answered and self.starts_at > now

    @property
    def is_theirs(self) -> bool:
        """They have the slot already, by their own yes or by hand."""
        visit = self.visit
        return visit.status is Status.SCHEDULED and visit.starts_at == self.starts_at


def answer(
    connection: Connection,
    office: Context,
    number: str,
    yes: Yes,
    reminded_at: datetime | None,
    at: datetime,
    now: datetime,
) -> Outcome | None:
    """Do what a yes does to the slots that the number was offered; None when it is about none.

    ``reminded_at`` is when an open reminder reached the number. A yes that could be the answer to
    something else as well does nothing, and waits for a person.
    """
    asked = _asked(connection, number, at)
    if not asked:
        return None
    standing = [one for one in asked if one.stands(at, now)]
    if len(standing) > 1:
        return UNCLEAR
    newest = standing[0] if standing else asked[0]
    others = _other_questions(connection, office, number, yes, newest, reminded_at, at)
    if standing:
        return UNCLEAR if others else _take(connection, office, newest, now)
    if reminded_at and yes is not Yes.TAKE:
        # What was asked after the offer had ended is what is answered.
        ended = reminded_at < newest.asked_at and not newest.is_theirs
        return UNCLEAR if ended and not newest.answered else None
    if others:
        return UNCLEAR
    return _over(connection, newest, now)


def say_gone(
    connection: Connection,
    office: Context,
    inbound: int,
    asked: Asked,
    number: str,
    now: datetime,
) -> bool:
    """Tell the client that the slot is not free any more, once. False when that was done."""
    client = records.load_client(connection, asked.visit.client_id)
    facts = offers.facts_for(office, asked.visit, client, asked.starts_at, asked.expires_at)
    event, whom, channel = Event.OFFER_GONE, Recipient.CLIENT, Channel.SMS
    return notices.queue_beside(
        connection,
        office,
        event=event,
        recipient=whom,
        channel=channel,
        to=number,
        text=render(event, whom, channel, facts, office.catalogue, client.language),
        client_id=client.id,
        appointment=asked.visit,
        dedupe_key=f"offer_gone:{asked.id}",
        now=now,
        in_reply_to=inbound,
    )


def _asked(connection: Connection, number: str, at: datetime) -> Sequence[Asked]:
    """The offers that reached the number, of clients who still have it; the newest first."""
    sent, to, offer = NOTIFICATION.c, SLOT_OFFER_TO.c, SLOT_OFFER.c
    rows = connection.execute(
        select(
            APPOINTMENT,
            to.id.label("to_id"),
            to.offer_id,
            to.visit_starts_at.label("was_at"),
            to.answered_at,
            offer.starts_at.label("slot_starts"),
            offer.ends_at.label("slot_ends"),
            offer.expires_at,
            offer.outcome,
            sent.sent_at,
            sent.due_at,
        )
        .join(SLOT_OFFER_TO, to.notification_id == sent.id)
        .join(SLOT_OFFER, offer.id == to.offer_id)
        .join(APPOINTMENT, APPOINTMENT.c.id == to.appointment_id)
        .join(CLIENT, CLIENT.c.id == APPOINTMENT.c.client_id)
        .where(
            sent.channel == literal_column("'sms'"),
            sent.to_address == number,
            sent.event == Event.OFFER.value,
            sent.state.in_(_LEFT),
            CLIENT.c.phone == number,
            offer.expires_at > at - LATE,
        )
        .order_by(to.id.desc())
    )
    found = (_to_asked(row) for row in rows.mappings())
    return [one for one in found if one.asked_at <= at + survey_replies.SLACK]


def _to_asked(row: RowMapping) -> Asked:
    visit = records.to_appointment(row)
    return Asked(
        id=row["to_id"],
        offer_id=row["offer_id"],
        visit=visit,
        asked_at=row["sent_at"] or row["due_at"],
        starts_at=row["slot_starts"],
        ends_at=row["slot_ends"],
        expires_at=row["expires_at"],
        outcome=row["outcome"],
        answered=row["answered_at"] is not None,
        meant=offer_ends.is_meant(visit, row["was_at"]),
    )


def _other_questions(
    connection: Connection,
    office: Context,
    number: str,
    yes: Yes,
    asked: Asked,
    reminded_at: datetime | None,
    at: datetime,
) -> bool:
    """Whether the yes may be the answer to something that the number was asked besides."""
    since = survey_replies.asked_since(connection, number, asked.asked_at, at)
    if Event.REPLY in since:
        return True
    if yes is Yes.TAKE:
        return False
    if reminded_at:
        return True
    return yes is Yes.BARE and survey_replies.is_asked(connection, office, number, at)


def _take(connection: Connection, office: Context, asked: Asked, now: datetime) -> Outcome | None:
    """The slot is theirs, if nobody else has it by now."""
    visit = asked.visit
    ends_at = asked.starts_at + diary.length(office, visit)
    if ends_at > asked.ends_at:
        # It takes longer by now than what was offered, and what is next may be another's.
        return UNCLEAR
    wanted = Change(starts_at=asked.starts_at, ends_at=ends_at)
    room = offer_ends.has_room(connection, office, (asked.starts_at, ends_at), visit.id)
    if not room:
        offer_ends.close(connection, asked.offer_id, "booked", now)
    against = refusal(visit, schedule_verb(visit), now, wanted)
    taken = room and against is None
    if not (taken and offer_ends.close(connection, asked.offer_id, "taken", now, visit.id)):
        return _over(connection, asked, now)
    _answered(connection, asked, now)
    changed = change.within(
        connection,
        replace(office, actor=CLIENT_ACTOR),
        visit.id,
        schedule_verb,
        lambda *_: wanted,
        now,
        detail={"offer": asked.offer_id},
    )
    return Outcome(Kind.CONFIRM, changed.appointment, queued=changed.queued > 0)


def _over(connection: Connection, asked: Asked, now: datetime) -> Outcome | None:
    """A yes to what is no longer free, or to what is theirs already."""
    if asked.is_theirs:
        return Outcome(Kind.CONFIRM, asked.visit)
    if asked.answered or asked.visit.status not in offer_ends.WAITS:
        return None
    _answered(connection, asked, now)
    return Outcome(Kind.CONFIRM, asked.visit, gone=asked)


def _answered(connection: Connection, asked: Asked, now: datetime) -> None:
    to = SLOT_OFFER_TO
    connection.execute(update(to).where(to.c.id == asked.id).values(answered_at=now))
