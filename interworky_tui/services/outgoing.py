"""The outbox as staff see it: what failed, trying again, and mending where it goes."""

from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from interworky_tui.domain.appointment import Client
from interworky_tui.domain.errors import BadInput, IllegalMove, NotFound
from interworky_tui.domain.events import Channel, Event, MessageState, Reason, Recipient
from interworky_tui.services import asking, clients, records
from interworky_tui.services.addressing import ANSWERS, readdressed, undeliverable
from interworky_tui.services.contacts import clean_email, clean_phone
from interworky_tui.services.context import Context
from interworky_tui.services.notices import when_due
from interworky_tui.storage.tables import NOTIFICATION

RETRYABLE = (MessageState.FAILED, MessageState.HELD)
_MENDABLE = (*RETRYABLE, MessageState.PENDING)


def retry(office: Context, message_id: int) -> None:
    """Queue a failed or held message again, to the address that is on file now.

    An answer to a text goes to the number that the text came from. Raises NotFound, IllegalMove
    when the message is in another state, the number opted out or feedback was asked for again
    since, and BadInput when there is no address any more.
    """
    with office.database.write() as connection:
        row = _load(connection, message_id)
        if row["state"] not in RETRYABLE:
            raise IllegalMove(
                f"Only a failed or held message can be tried again; this one is {row['state']}."
            )
        _queue_again(connection, office, row)
    office.wake()


def mend(office: Context, message_id: int, address: str) -> None:
    """Put the client's number or email right, and try this message again, at once or not at all.

    What else waits for the client goes to the new address, too; a message that was not tried
    yet keeps its time. Raises NotFound, BadInput for the address, and IllegalMove for a message
    that is done, for one to the office, for an answer, and for a number that opted out.
    """
    with office.database.write() as connection:
        row = _load(connection, message_id)
        client = _recipient_of(connection, row)
        mended = _with_address(office, client, Channel(row["channel"]), address)
        to = mended.phone if row["channel"] == Channel.SMS.value else mended.email
        _refuse_opted_out(connection, Channel(row["channel"]), to)
        clients.edit_within(connection, office, client.id, mended)
        if row["state"] in RETRYABLE or row["attempts"]:
            _queue_again(connection, office, _load(connection, message_id))
    office.wake()


def _load(connection: Connection, message_id: int) -> RowMapping:
    records.require_id("message", message_id)
    one = select(NOTIFICATION).where(NOTIFICATION.c.id == message_id).with_for_update()
    row = connection.execute(one).mappings().first()
    if row is None:
        raise NotFound(f"There is no message {message_id}.")
    return row


def _recipient_of(connection: Connection, row: RowMapping) -> Client:
    """Whose address on file may be put right for this message."""
    if row["recipient"] == Recipient.OFFICE.value:
        raise IllegalMove("This message goes to the office; change its address in the settings.")
    if row["event"] in ANSWERS or row["appointment_id"] is None:
        raise IllegalMove("An answer goes to the number that the text came from.")
    if row["state"] not in _MENDABLE:
        raise IllegalMove(
            f"Only a message that has not left can be sent elsewhere; this one is {row['state']}."
        )
    return records.load(connection, row["appointment_id"])[1]


def _with_address(
    office: Context, client: Client, channel: Channel, address: str
) -> clients.Contact:
    if channel is Channel.SMS:
        number = clean_phone(address, office.settings.office.country)
        if number is None:
            raise BadInput("Give the client's phone number.", "phone")
        return clients.Contact(client.name, number, client.email)
    mailbox = clean_email(address)
    if mailbox is None:
        raise BadInput("Give the client's email address.", "email")
    return clients.Contact(client.name, client.phone, mailbox)


def _queue_again(connection: Connection, office: Context, row: RowMapping) -> None:
    """All its attempts are before it again, but for one that may have arrived.

    For that a text is looked for before it is sent; an email cannot be looked for, so that
    trying it again is the person's decision.
    """
    now = office.clock()
    channel, event = Channel(row["channel"]), Event(row["event"])
    asks = event is Event.FEEDBACK_REQUESTED and row["recipient"] == Recipient.CLIENT.value
    if asks and row["appointment_id"] is not None:
        asking.ask_anew(connection, office, row["appointment_id"], row["appointment_version"], now)
    client = None
    if row["appointment_id"] is not None:
        client = records.load(connection, row["appointment_id"])[1]
    values: dict[str, Any] = readdressed(connection, office, row, client, now)
    to = values["to_address"]
    if to is None:
        field, what = "email", "email address"
        if channel is Channel.SMS:
            field, what = "phone", "phone number"
        raise BadInput(f"No {what} is on file for the {row['recipient']}; add one.", field)
    _refuse_opted_out(connection, channel, to)
    values |= when_due(office, event, Recipient(row["recipient"]), row["stream"], now)
    values |= {"state": MessageState.PENDING.value, "attempts": min(row["attempts"], 1)}
    connection.execute(
        update(NOTIFICATION)
        .where(NOTIFICATION.c.id == row["id"])
        .values(**values, copies=0, provider_ref=None, sent_at=None)
    )


def _refuse_opted_out(connection: Connection, channel: Channel, to: str | None) -> None:
    if undeliverable(connection, channel, to) is Reason.OPTED_OUT:
        raise IllegalMove("That number has opted out of texts; call or email instead.")
