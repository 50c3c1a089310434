"""The outbox as staff see it: what failed, and trying again."""

from sqlalchemy import select, update

from interworky_tui.domain.errors import IllegalMove, NotFound
from interworky_tui.domain.events import MessageState, Recipient
from interworky_tui.services import records
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import NOTIFICATION

RETRYABLE = (MessageState.FAILED, MessageState.HELD)


def retry(office: Context, message_id: int) -> None:
    """Queue a failed or held message again, to the address that is on file now.

    Raises NotFound, or IllegalMove when the message is in another state.
    """
    now = office.clock()
    with office.database.write() as connection:
        row = (
            connection.execute(select(NOTIFICATION).where(NOTIFICATION.c.id == message_id))
            .mappings()
            .first()
        )
        if row is None:
            raise NotFound(f"There is no message {message_id}.")
        if row["state"] not in RETRYABLE:
            raise IllegalMove(
                f"Only a failed or held message can be tried again; this one is {row['state']}."
            )
        to = row["to_address"]
        if row["recipient"] == Recipient.CLIENT.value:
            _, client = records.load(connection, row["appointment_id"])
            to = (client.phone if row["channel"] == "sms" else client.email) or to
        connection.execute(
            update(NOTIFICATION)
            .where(NOTIFICATION.c.id == message_id)
            .values(state="pending", reason=None, due_at=now, attempts=0, to_address=to)
        )
    office.wake()
