"""The outbox as staff see it: what failed, and trying again."""

from sqlalchemy import select, update

from interworky_tui.domain.errors import BadInput, IllegalMove, NotFound
from interworky_tui.domain.events import Channel, MessageState
from interworky_tui.services import records
from interworky_tui.services.addressing import readdressed
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import NOTIFICATION

RETRYABLE = (MessageState.FAILED, MessageState.HELD)


def retry(office: Context, message_id: int) -> None:
    """Queue a failed or held message again, to the address that is on file now.

    Raises NotFound, IllegalMove when the message is in another state, and BadInput when there
    is no address any more.
    """
    records.require_id("message", message_id)
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
        _, client = records.load(connection, row["appointment_id"])
        values = readdressed(connection, office, row, client, office.clock())
        if values["to_address"] is None:
            field = "phone" if row["channel"] == Channel.SMS.value else "email"
            what = "phone number" if field == "phone" else "email address"
            raise BadInput(f"No {what} is on file for the {row['recipient']}; add one.", field)
        # A text that may have arrived is looked for first; an email cannot be looked for, so
        # that trying it again is this person's decision.
        tried = row["channel"] == Channel.SMS.value and row["attempts"] > 0
        attempts = int(tried and values["to_address"] == row["to_address"])
        connection.execute(
            update(NOTIFICATION)
            .where(NOTIFICATION.c.id == message_id)
            .values(
                state="pending", reason=None, due_at=office.clock(), attempts=attempts, **values
            )
        )
    office.wake()
