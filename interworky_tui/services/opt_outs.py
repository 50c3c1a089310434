"""Numbers that get no texts: who said so, and what that does to what still waits."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, exists, insert, literal_column, select, update

from interworky_tui.domain.events import MessageState, Reason
from interworky_tui.services import suppression
from interworky_tui.storage.once import insert_once
from interworky_tui.storage.tables import CLIENT, NOTIFICATION, SMS_OPT_OUT


class Source(StrEnum):
    """How the office heard of it."""

    REPLY = "reply"
    PROVIDER = "provider"
    DESK = "desk"


def has_opted_out(connection: Connection, number: str) -> bool:
    query = select(exists().where(SMS_OPT_OUT.c.number == number))
    return bool(connection.execute(query).scalar_one())


def opted_out(connection: Connection, numbers: Iterable[str]) -> set[str]:
    """Those of a few numbers that get no texts."""
    query = select(SMS_OPT_OUT.c.number).where(SMS_OPT_OUT.c.number.in_(list(numbers)))
    return set(connection.execute(query).scalars())


def opt_out(connection: Connection, number: str, source: Source, now: datetime) -> int:
    """From now on the number gets no texts. Returns how many waiting ones that cancelled.

    What a worker is sending at this moment may still arrive; email is left alone.
    """
    if not has_opted_out(connection, number):
        values = {"number": number, "at": now, "source": source.value}
        connection.execute(insert(SMS_OPT_OUT).values(values))
    row = NOTIFICATION.c
    # Literals, because bound values would keep SQLite from the partial index.
    return connection.execute(
        update(NOTIFICATION)
        .where(
            row.channel == literal_column("'sms'"),
            row.to_address == number,
            row.state == literal_column("'pending'"),
        )
        .values(state=MessageState.CANCELLED.value, reason=Reason.OPTED_OUT.value)
    ).rowcount


def opt_in(connection: Connection, number: str) -> bool:
    """The number gets texts again. False when it had not opted out.

    Who asks for texts has agreed to them, too, whatever was ticked on the web.
    """
    agreed = (CLIENT.c.phone == number) & (CLIENT.c.sms_consent == 0)
    connection.execute(update(CLIENT).where(agreed).values(sms_consent=1))
    suppression.take(connection, [number])
    gone = connection.execute(delete(SMS_OPT_OUT).where(SMS_OPT_OUT.c.number == number))
    return gone.rowcount > 0


def recall(connection: Connection, numbers: Iterable[str | None]) -> None:
    """Numbers come into the store: one whose forgotten owner had opted out still has."""
    for number, since in suppression.take(connection, filter(None, numbers)).items():
        values = {"number": number, "at": since, "source": Source.DESK.value}
        insert_once(connection, SMS_OPT_OUT, values, "number")


def suppress(connection: Connection, numbers: Iterable[str]) -> None:
    """The owner of the numbers is forgotten: those that opted out stay so, but unnamed."""
    named = SMS_OPT_OUT.c.number.in_(list(numbers))
    for row in connection.execute(select(SMS_OPT_OUT).where(named)).all():
        suppression.add(connection, row.number, row.at)
    connection.execute(delete(SMS_OPT_OUT).where(named))
