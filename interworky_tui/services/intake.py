"""New requests: typed at the desk one by one, or taken over in bulk."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, insert, select

from interworky_tui.domain.appointment import Appointment, Client, Status, Urgency
from interworky_tui.domain.calendar import YEARS
from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.language import clean_language
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.text import clean_line, clean_text, fold
from interworky_tui.services import chain, clients, notices, records
from interworky_tui.services.change import tell
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.facts import News
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, OFFICE_FACT

LONGEST_NOTE = 2000
LONGEST_SERVICE = 100
FROM_STRANGERS = ("web", "api")
"""Sources of requests that nobody of the office has seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """A request as it was typed. ``band`` as people write it; ``wish_time`` is local.

    ``language`` is the client's, a tag such as es; "" is not known. ``source`` is where it came
    from (desk, cli, import, web, api).
    """

    name: str
    date: Date
    phone: str = ""
    email: str = ""
    band: str = ""
    wish_time: time | None = None
    service: str = ""
    note: str = ""
    urgency: Urgency = Urgency.MEDIUM
    language: str = ""
    source: str = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanRequest:
    """A request that can be stored as it is. ``source_key`` marks a line of an import;
    ``client_id`` says who it is, where that is known.

    ``sms_consent`` is that of a client who is not known yet; None is not asked for.
    """

    name: str
    phone: str | None
    email: str | None
    date: Date
    band: str | None
    wish_time: time | None
    service: str
    note: str
    urgency: Urgency
    language: str | None = None
    source: str = "desk"
    sms_consent: bool | None = None
    source_key: str | None = None
    client_id: int | None = None


def clean(office: Context, new: NewRequest) -> CleanRequest:
    """Raises BadInput that names the field."""
    name, phone, email = clients.clean_contact(office, new.name, new.phone, new.email)
    if new.date.year not in YEARS:
        raise BadInput(f"The year {new.date.year} cannot be meant; check the date.", "date")
    # To the minute, as it is stored.
    wish = new.wish_time and new.wish_time.replace(second=0, microsecond=0, tzinfo=None)
    band = read_band(office, new.band, wish)
    note, service = clean_text(new.note), clean_line(new.service)
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"A note may have {LONGEST_NOTE} characters at most.", "note")
    if len(service) > LONGEST_SERVICE:
        raise BadInput(f"A service may have {LONGEST_SERVICE} characters at most.", "service")
    return CleanRequest(
        name=name,
        phone=phone,
        email=email,
        date=new.date,
        band=band,
        wish_time=wish,
        service=service,
        note=note,
        urgency=new.urgency,
        language=clean_language(new.language),
        source=new.source,
    )


def read_band(office: Context, text: str, wish: time | None) -> str | None:
    """The band that was named, or the one that an exact wish is in, if any."""
    inside = office.bands.containing(wish) if wish is not None else None
    if text.strip():
        band = office.bands.parse(text)
        if wish is not None and band != inside:
            span = f"{band.start:%H:%M}-{band.end:%H:%M}"
            raise BadInput(
                f"{wish:%H:%M} is not in the {band.label.lower()} ({span}); give one of them.",
                "band",
            )
        return band.key
    if wish is None:
        names = ", ".join(b.key for b in office.bands.all)
        raise BadInput(f"Say when on that day: {names}, or a time.", "band")
    return inside.key if inside else None


def request(office: Context, new: NewRequest, client_id: int | None = None) -> Changed:
    """File one request and tell of it. A date that has passed is refused.

    ``client_id`` says who it is, where that is known; what is on file of them is mended then.
    """
    asked = replace(clean(office, new), client_id=client_id)
    now = office.clock()
    if window_end(office, asked) <= now:
        raise BadInput("That date and part of the day have passed; give a later one.", "date")
    with office.database.write() as connection:
        appointment, client, queued = file(connection, office, asked, now)
    return tell(office, Verb.REQUEST, appointment, client, queued, now)


def file(
    connection: Connection,
    office: Context,
    asked: CleanRequest,
    now: datetime,
    capped: notices.Capped | None = None,
) -> tuple[Appointment, Client, int]:
    """File it and queue word of it, in the caller's transaction; how many messages will leave.

    ``capped`` says which texts are too many. What a stranger says of a client who is known
    changes nothing on file: it stands in the note, for a person to decide on.
    """
    stranger = asked.source in FROM_STRANGERS
    if asked.client_id is not None:
        contact = clients.Contact(asked.name, asked.phone, asked.email)
        client = clients.edit_within(
            connection, office, asked.client_id, contact, language=asked.language
        )
    else:
        client = clients.find_or_create(
            connection,
            asked.name,
            asked.phone,
            asked.email,
            now,
            asked.language,
            sms_consent=asked.sms_consent is not False,
            from_stranger=stranger,
        )
    if stranger:
        asked = replace(asked, note=_with_news(connection, asked, client))
    values = _columns(office, asked, client.id, now)
    made = connection.execute(insert(APPOINTMENT).values(values))
    appointment, client = records.load(connection, records.inserted_id(made))
    line = records.history_line(None, appointment, Verb.REQUEST, actor=office.actor, at=now)
    chain.append(connection, [line])
    news = News(None, appointment, client)
    queued = notices.queue(connection, office, Verb.REQUEST, news, now, capped)
    return appointment, client, queued


def _with_news(connection: Connection, asked: CleanRequest, client: Client) -> str:
    """The note, and what the request says that is not on file."""
    told = [asked.note] if asked.note else []
    if asked.email and asked.email != client.email:
        told.append(f"Another email was given: {asked.email}")
    if asked.sms_consent and not clients.has_consented(connection, client.id):
        told.append("Agrees to texts, which is not on file.")
    return "\n".join(told)


def insert_requests(
    office: Context,
    connection: Connection,
    batch: Sequence[CleanRequest],
    now: datetime,
    notify: bool = False,
) -> int:
    """Take over a batch in the caller's transaction; lines that are there already are left out.

    Returns how many were added. Every line needs a ``source_key``. Call ``office.wake()``
    after the commit when ``notify`` was given.
    """
    fresh = _unknown(connection, batch)
    if not fresh:
        return 0
    people = _clients_of(connection, fresh, now)
    rows = [
        _columns(office, asked, people[_who(asked)].id, now) | {"source": "import"}
        for asked in fresh
    ]
    connection.execute(insert(APPOINTMENT), rows)
    keys = [asked.source_key for asked in fresh]
    found = connection.execute(select(APPOINTMENT).where(APPOINTMENT.c.source_key.in_(keys)))
    made = {row["source_key"]: records.to_appointment(row) for row in found.mappings()}
    lines = [
        records.history_line(
            None, appointment, Verb.REQUEST, actor=office.actor, at=now, detail={"source": "import"}
        )
        for appointment in made.values()
    ]
    chain.append(connection, lines)
    if notify:
        for asked in fresh:
            news = News(None, made[asked.source_key], people[_who(asked)])
            notices.queue(connection, office, Verb.REQUEST, news, now)
    return len(fresh)


def _unknown(connection: Connection, batch: Sequence[CleanRequest]) -> list[CleanRequest]:
    by_key = {asked.source_key: asked for asked in batch}
    column = APPOINTMENT.c.source_key
    known = set(connection.execute(select(column).where(column.in_(list(by_key)))).scalars())
    return [asked for key, asked in by_key.items() if key not in known]


Who = tuple[str, str | None]


def _who(asked: CleanRequest) -> Who:
    return fold(asked.name), asked.phone or asked.email


def _clients_of(
    connection: Connection, batch: Sequence[CleanRequest], now: datetime
) -> dict[Who, Client]:
    """The batch's clients, known or new, by the rule of clients.find_or_create."""
    people: dict[Who, Client] = {}
    for column, own in (
        (CLIENT.c.phone, [a for a in batch if a.phone]),
        (CLIENT.c.email, [a for a in batch if not a.phone]),
    ):
        wanted: dict[Who, CleanRequest] = {}
        for asked in own:
            earlier = wanted.get(_who(asked), asked)
            wanted[_who(asked)] = replace(
                asked,
                email=asked.email or earlier.email,
                language=asked.language or earlier.language,
            )
        people |= _known(connection, column, list(wanted))
        for who in wanted.keys() & people.keys():
            asked = wanted[who]
            people[who] = clients.newest(connection, people[who], asked.email, asked.language)
        new = [asked for who, asked in wanted.items() if who not in people]
        if new:
            rows = [
                clients.columns(asked.name, asked.phone, asked.email, asked.language)
                | {"created_at": now}
                for asked in new
            ]
            clients.add(connection, rows)
            people |= _known(connection, column, [_who(asked) for asked in new])
    return people


def _known(connection: Connection, column: Any, wanted: Sequence[Who]) -> dict[Who, Client]:
    if not wanted:
        return {}
    # By the contact alone: SQLite would read every client for pairs of name and contact.
    contacts = {contact for _, contact in wanted}
    rows = connection.execute(
        select(CLIENT).where(column.in_(contacts)).order_by(CLIENT.c.id.desc())
    )
    found = {
        (row["match_name"], row[column.name]): records.to_client(row) for row in rows.mappings()
    }
    return {who: found[who] for who in wanted if who in found}


def window_end(office: Context, asked: CleanRequest) -> datetime:
    """When the wished-for window ends."""
    return office.bands.window(asked.date, asked.band, asked.wish_time, office.zone)[1]


def _columns(office: Context, asked: CleanRequest, client_id: int, now: datetime) -> dict[str, Any]:
    appointment = Appointment(
        id=0,
        client_id=client_id,
        status=Status.REQUESTED,
        requested_date=asked.date,
        band=asked.band,
        wish_time=asked.wish_time,
        requested_until=window_end(office, asked),
        service=asked.service,
        note=asked.note,
        urgency=asked.urgency,
    )
    return records.to_columns(appointment) | {
        "requested_at": now,
        "source": asked.source,
        "source_key": asked.source_key,
    }


def wished_until(office: Context, appointment: Appointment) -> datetime:
    """When the wished-for window ends, by the bands and the zone of now."""
    day, band, wish = appointment.requested_date, appointment.band, appointment.wish_time
    return office.bands.window(day, band, wish, office.zone)[1]


BANDS_FACT = "requested_until follows"


def follow_bands(office: Context) -> None:
    """Recompute when each open request's window ends, if bands or zone were changed since."""
    facts = json.dumps([office.zone.key, office.settings.bands.spans()], default=str)
    fact = OFFICE_FACT
    with office.database.read() as connection:
        kept = connection.execute(select(fact.c.value).where(fact.c.name == BANDS_FACT)).scalar()
    if kept == facts:
        return
    table = APPOINTMENT
    with office.database.write() as connection:
        rows = connection.execute(select(table).where(table.c.status == "requested")).mappings()
        for row in rows.all():
            known = records.to_appointment(row)
            until = wished_until(office, known)
            if until != known.requested_until:
                connection.execute(
                    table.update()
                    .where(table.c.id == known.id)
                    .values(requested_until=until, sort_at=until)
                )
        connection.execute(fact.delete().where(fact.c.name == BANDS_FACT))
        connection.execute(insert(fact).values(name=BANDS_FACT, value=facts))
