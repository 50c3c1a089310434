"""A slot that came free, offered by SMS to some who wait: held for a while, first come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select

from interworky_tui.domain import slots
from interworky_tui.domain.appointment import Appointment, Client, Status
from interworky_tui.domain.errors import BadInput, IllegalMove, InThePast, NotFound
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.domain.quiet_hours import quiet_until
from interworky_tui.domain.slots import Span
from interworky_tui.domain.text import clean_line
from interworky_tui.messages.render import Facts, Rendered, render
from interworky_tui.messages.segments import count_segments
from interworky_tui.services import diary, notices, offer_ends, opt_outs, records
from interworky_tui.services.addressing import with_notice
from interworky_tui.services.clients import has_consented
from interworky_tui.services.context import Context
from interworky_tui.services.facts import News, facts_of
from interworky_tui.storage.tables import (
    APPOINTMENT,
    CLIENT,
    NOTIFICATION,
    SLOT_OFFER,
    SLOT_OFFER_TO,
)

MOST_AT_ONCE = 10
"""People that one slot is offered to; all but one of them will be disappointed."""
MOST_A_DAY = 3
"""Offers that a number gets in 24 hours."""
SOONEST = timedelta(minutes=5)
"""From now to the start of a slot that can be offered; who is asked later is called."""

_OFFER, _TO = SLOT_OFFER.c, SLOT_OFFER_TO.c


@dataclass(frozen=True, slots=True)
class Letter:
    """What one client gets. ``blocked`` says in words why they get nothing, "" when they do."""

    appointment_id: int
    client_name: str
    phone: str | None
    text: str
    blocked: str

    @property
    def segments(self) -> int:
        return count_segments(self.text).count


@dataclass(frozen=True, slots=True)
class Draft:
    """An offer as it would be made now; ``expires_at`` is until when the slot would be held."""

    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    letters: tuple[Letter, ...]


@dataclass(frozen=True, slots=True)
class Invited:
    appointment_id: int
    client_name: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that is open now."""

    id: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    to: tuple[Invited, ...]


class Contactable(NamedTuple):
    """What decides whether somebody can be offered a slot by SMS."""

    appointment_id: int
    phone: str | None
    consents: bool


def draft(
    office: Context, starts_at: datetime, ends_at: datetime, appointment_ids: Sequence[int]
) -> Draft:
    """Who would get which text. Raises what ``make`` raises, but for nobody being left."""
    with office.database.read() as connection:
        return _draft(connection, office, (starts_at, ends_at), appointment_ids, office.clock())[0]


def make(
    office: Context, starts_at: datetime, ends_at: datetime, appointment_ids: Sequence[int]
) -> Draft:
    """Offer the slot, which is as long as the longest of the visits needs it, to all who can get
    a text. Returns what was offered to whom.

    Raises InThePast, BadInput for nobody or too many, NotFound, and IllegalMove in quiet hours,
    when the slot is taken, and for a visit that waits for no time or does not fit.
    """
    with office.database.write() as connection:
        now = office.clock()
        made, people = _draft(connection, office, (starts_at, ends_at), appointment_ids, now)
        going = [letter for letter in made.letters if not letter.blocked]
        if not going:
            why = made.letters[0].blocked
            raise BadInput(f"Nobody of them can get a text: {why}.")
        values = {
            "starts_at": made.starts_at,
            "ends_at": made.ends_at,
            "made_at": now,
            "made_by": office.actor,
            "expires_at": made.expires_at,
        }
        offer_id = records.inserted_id(connection.execute(insert(SLOT_OFFER).values(values)))
        for letter in going:
            _invite(connection, office, offer_id, letter, *people[letter.appointment_id], now)
    office.wake()
    return made


def withdraw(office: Context, offer_id: int) -> None:
    """Hold the slot no longer; who says yes now is told that it is gone.

    Raises NotFound, and IllegalMove when the offer is over already.
    """
    with office.database.write() as connection:
        records.require_id("offer", offer_id)
        known = connection.execute(select(_OFFER.outcome).where(_OFFER.id == offer_id)).first()
        if known is None:
            raise NotFound(f"There is no offer {offer_id}.")
        if not offer_ends.close(connection, offer_id, "withdrawn", office.clock()):
            raise IllegalMove(f"That offer is over already: it is {known.outcome}.")


def open_at(office: Context, starts_at: datetime, ends_at: datetime) -> Offer | None:
    """The open offer of a time in that span; the one that ends last, if there are several."""
    with office.database.read() as connection:
        row = connection.execute(
            _open(office.clock())
            .where(_OFFER.starts_at < ends_at, _OFFER.ends_at > starts_at)
            .order_by(_OFFER.expires_at.desc(), _OFFER.id)
        ).first()
        if row is None:
            return None
        people = connection.execute(
            select(_TO.appointment_id, CLIENT.c.name)
            .join(APPOINTMENT, APPOINTMENT.c.id == _TO.appointment_id)
            .join(CLIENT, CLIENT.c.id == APPOINTMENT.c.client_id)
            .where(_TO.offer_id == row.id)
            .order_by(_TO.id)
        )
        to = tuple(Invited(*person) for person in people)
    return Offer(row.id, row.starts_at, row.ends_at, row.expires_at, to)


def facts_for(
    office: Context, visit: Appointment, client: Client, starts_at: datetime, until: datetime
) -> Facts:
    """What the texts about a slot may say to somebody; their own time is what it would replace."""
    own = visit.starts_at if visit.status is Status.SCHEDULED else None
    return replace(
        facts_of(office, News(None, visit, client), first_text=False),
        starts_at=starts_at.astimezone(office.zone),
        was_at=own.astimezone(office.zone) if own else None,
        held_until=until.astimezone(office.zone),
    )


def no_texts(
    connection: Connection, people: Iterable[Contactable], now: datetime
) -> dict[int, str]:
    """Why an offer cannot go to somebody, in words, by appointment; who can get one is not in it.

    Of several with one number the first gets it: an answer must mean one of them.
    """
    known = list(people)
    numbers = {person.phone for person in known if person.phone}
    opted = opt_outs.opted_out(connection, numbers)
    # Not a join, which SQLite would begin with everybody who was ever asked.
    open_ones = select(_OFFER.id).where(*_is_open(now))
    waiting = connection.execute(select(_TO.number).where(_TO.offer_id.in_(open_ones)))
    asked, often = set(waiting.scalars()), _asked_often(connection, numbers, now)
    found, before = {}, set[str]()
    for person in known:
        number = person.phone
        if not number:
            why = "no phone number"
        elif number in opted:
            why = "opted out of texts"
        elif not person.consents:
            why = "has not agreed to texts"
        elif number in asked:
            why = "has an offer already"
        elif number in often:
            why = f"{MOST_A_DAY} offers since yesterday"
        elif number in before:
            why = "has the number of another"
        else:
            before.add(number)
            continue
        found[person.appointment_id] = why
    return found


def refuse_by_clock(office: Context, starts_at: datetime, now: datetime) -> None:
    """Raises InThePast or IllegalMove when no slot then can be offered now."""
    if starts_at < now + SOONEST:
        raise InThePast("That time is too near to offer it by text; call instead.")
    until = quiet_until(now, office.settings.messages.quiet, office.zone)
    if until is not None:
        ends = until.astimezone(office.zone)
        raise IllegalMove(f"These are quiet hours, until {ends:%H:%M}; no offer leaves by then.")


_People = dict[int, tuple[Appointment, Client]]


def _draft(
    connection: Connection,
    office: Context,
    gap: Span,
    appointment_ids: Sequence[int],
    now: datetime,
) -> tuple[Draft, _People]:
    ids = list(dict.fromkeys(appointment_ids))
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise BadInput(f"Offer a time to 1 to {MOST_AT_ONCE} people.")
    refuse_by_clock(office, gap[0], now)
    people = {one: records.load(connection, one) for one in ids}
    length = max(_length(office, visit, gap) for visit, _ in people.values())
    span = (gap[0], gap[0] + length)
    if slots.crowd(diary.taken(connection, *span, now=now), *span) >= (
        office.settings.slots.capacity
    ):
        raise IllegalMove("That time is taken, or offered to somebody already.")
    until = min(now + timedelta(minutes=office.settings.slots.hold_minutes), gap[0])
    blocked = no_texts(
        connection,
        [
            Contactable(visit.id, client.phone, has_consented(connection, client.id))
            for visit, client in people.values()
        ],
        now,
    )
    letters = tuple(
        Letter(
            visit.id,
            clean_line(client.name),
            client.phone,
            _text(connection, office, visit, client, gap[0], until, now).text,
            blocked.get(visit.id, ""),
        )
        for visit, client in people.values()
    )
    return Draft(*span, until, letters), people


def _length(office: Context, visit: Appointment, gap: Span) -> timedelta:
    if visit.status not in offer_ends.WAITS:
        raise IllegalMove("Only to a request or a scheduled visit can a time be offered.")
    length = diary.length(office, visit)
    if length > gap[1] - gap[0]:
        raise IllegalMove("That time is too short for one of them.")
    return length


def _text(
    connection: Connection,
    office: Context,
    visit: Appointment,
    client: Client,
    starts_at: datetime,
    until: datetime,
    now: datetime,
) -> Rendered:
    facts = facts_for(office, visit, client, starts_at, until)
    event, whom = Event.OFFER, Recipient.CLIENT
    text = render(event, whom, Channel.SMS, facts, office.catalogue, client.language)
    if not client.phone:
        return text
    language = client.language
    body = with_notice(
        connection, office, event, whom, text.text, client.phone, now, language=language
    )
    return Rendered("", body, "")


def _invite(
    connection: Connection,
    office: Context,
    offer_id: int,
    letter: Letter,
    visit: Appointment,
    client: Client,
    now: datetime,
) -> None:
    key = f"offer:{offer_id}:{visit.id}"
    notices.queue_beside(
        connection,
        office,
        event=Event.OFFER,
        recipient=Recipient.CLIENT,
        channel=Channel.SMS,
        to=letter.phone,
        text=Rendered("", letter.text, ""),
        client_id=client.id,
        appointment=visit,
        dedupe_key=key,
        now=now,
    )
    message = select(NOTIFICATION.c.id).where(NOTIFICATION.c.dedupe_key == key)
    connection.execute(
        insert(SLOT_OFFER_TO).values(
            offer_id=offer_id,
            appointment_id=visit.id,
            number=letter.phone,
            notification_id=connection.execute(message).scalar_one(),
            visit_starts_at=visit.starts_at,
        )
    )


def _asked_often(connection: Connection, numbers: Iterable[str], now: datetime) -> set[str]:
    counted = (
        select(_TO.number)
        .join(SLOT_OFFER, _OFFER.id == _TO.offer_id)
        .where(_TO.number.in_(list(numbers)), _OFFER.made_at > now - timedelta(days=1))
        .group_by(_TO.number)
        .having(func.count() >= MOST_A_DAY)
    )
    return set(connection.execute(counted).scalars())


def _open(now: datetime) -> Any:
    return select(SLOT_OFFER).where(*_is_open(now))


def _is_open(now: datetime) -> tuple[Any, ...]:
    return _OFFER.closed_at.is_(None), _OFFER.expires_at > now
