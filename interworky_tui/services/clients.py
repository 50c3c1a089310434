"""Clients: who is the same person, who only seems to be, and mending what is on file."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, or_, select, update

from interworky_tui.domain.appointment import Client
from interworky_tui.domain.errors import BadInput, ChangedElsewhere
from interworky_tui.domain.text import clean_line, fold
from interworky_tui.services import opt_outs, records
from interworky_tui.services.addressing import redirect
from interworky_tui.services.contacts import clean_email, clean_phone
from interworky_tui.services.context import Context
from interworky_tui.storage.client_index import index_new, reindexed
from interworky_tui.storage.search import search_text
from interworky_tui.storage.tables import CLIENT

LONGEST_NAME = 300


class Contact(NamedTuple):
    """A client as stored: name, E.164 phone, email. One of the two is there."""

    name: str
    phone: str | None
    email: str | None


def clean_name(text: str) -> str:
    """Raises BadInput when nothing is left of it, or too much."""
    name = clean_line(text)
    if not fold(name):
        raise BadInput("Give the client's name.", "name")
    if len(name) > LONGEST_NAME:
        raise BadInput(f"A name may have {LONGEST_NAME} characters at most.", "name")
    return name


def clean_contact(office: Context, name: str, phone: str, email: str) -> Contact:
    """Raises BadInput by field."""
    named = clean_name(name)
    number = clean_phone(phone, office.settings.office.country)
    address = clean_email(email)
    if number is None and address is None:
        raise BadInput("Give a phone number or an email, so that the client can be told.", "phone")
    return Contact(named, number, address)


def likely_duplicates(office: Context, name: str, phone: str, email: str) -> list[Client]:
    """Clients with the same phone, email or name, at most five; for a person to decide on.

    What cannot be read as a phone or an email yet is left out of the search.
    """
    ways = [CLIENT.c.match_name == fold(name)] if fold(name) else []
    for column, read, text in (
        (CLIENT.c.phone, lambda t: clean_phone(t, office.settings.office.country), phone),
        (CLIENT.c.email, clean_email, email),
    ):
        try:
            value = read(text)
        except BadInput:
            continue
        if value:
            ways.append(column == value)
    if not ways:
        return []
    with office.database.read() as connection:
        found = connection.execute(select(CLIENT).where(or_(*ways)).order_by(CLIENT.c.id).limit(5))
        return [records.to_client(row) for row in found.mappings()]


def find_or_create(
    connection: Connection,
    name: str,
    phone: str | None,
    email: str | None,
    now: datetime,
    language: str | None = None,
    *,
    sms_consent: bool = True,
    from_stranger: bool = False,
) -> Client:
    """The same phone (without one, the same email) and the same name are the same person.

    A phone or an email alone never is. The email and the language given last win, unless they
    are ``from_stranger``: anybody may know a name and a number, and what is on file stays.
    ``sms_consent`` is a new client's.
    """
    same = CLIENT.c.phone == phone if phone else CLIENT.c.email == email
    row = (
        connection.execute(
            select(CLIENT).where(CLIENT.c.match_name == fold(name), same).order_by(CLIENT.c.id)
        )
        .mappings()
        .first()
    )
    if row is None:
        values: dict[str, Any] = columns(name, phone, email, language)
        values |= {"sms_consent": int(sms_consent), "created_at": now}
        [client_id] = add(connection, [values])
        return records.load_client(connection, client_id)
    known = records.to_client(row)
    return known if from_stranger else newest(connection, known, email, language)


def add(connection: Connection, people: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """Put new clients on file; their ids. ``columns`` and ``created_at`` are what they have."""
    made = connection.execute(insert(CLIENT).returning(CLIENT.c.id), people)
    ids = made.scalars().all()
    index_new(connection, ids)
    opt_outs.recall(connection, (values["phone"] for values in people))
    return ids


def has_consented(connection: Connection, client_id: int) -> bool:
    """Whether the client agreed to texts, or has never been asked."""
    query = select(CLIENT.c.sms_consent).where(CLIENT.c.id == client_id)
    return bool(connection.execute(query).scalar_one())


def newest(
    connection: Connection, known: Client, email: str | None, language: str | None
) -> Client:
    """The client with what was given last; None takes nothing away."""
    email, language = email or known.email, language or known.language
    if (email, language) == (known.email, known.language):
        return known
    _write(connection, known, known.name, known.phone, email, language)
    return records.load_client(connection, known.id)


def columns(
    name: str, phone: str | None, email: str | None, language: str | None
) -> dict[str, str | None]:
    return {
        "name": name,
        "match_name": fold(name),
        "phone": phone,
        "email": email,
        "language": language,
        "search_text": search_text(name, phone, email),
    }


def edit_within(
    connection: Connection,
    office: Context,
    client_id: int,
    wanted: Contact,
    *,
    language: str | None = None,
    version: int | None = None,
) -> Client:
    """Mend what is on file, with what is clean already.

    Tells nobody, but what still waits goes to the mended address, untranslated. Raises NotFound,
    IllegalMove, BadInput by field, or ChangedElsewhere.
    """
    known = records.load_client(connection, client_id)
    records.refuse_erased(connection, client_id)
    if version is not None and version != known.version:
        raise ChangedElsewhere("Someone changed this client in the meantime; look again.")
    twin = select(CLIENT.c.id).where(
        CLIENT.c.match_name == fold(wanted.name),
        CLIENT.c.phone == wanted.phone,
        CLIENT.c.id != client_id,
    )
    if wanted.phone and connection.execute(twin).first():
        raise BadInput("Another client has that name and that phone already.", "phone")
    spoken = known.language if language is None else language or None
    if (*wanted, spoken) == (known.name, known.phone, known.email, known.language):
        return known
    _write(connection, known, *wanted, spoken)
    edited = records.load_client(connection, client_id)
    redirect(connection, office, edited)
    return edited


def _write(
    connection: Connection,
    known: Client,
    name: str,
    phone: str | None,
    email: str | None,
    language: str | None,
) -> None:
    with reindexed(connection, known.id):
        connection.execute(
            update(CLIENT)
            .where(CLIENT.c.id == known.id)
            .values(**columns(name, phone, email, language), version=known.version + 1)
        )
    opt_outs.recall(connection, [phone])
