"""What became of the texts that the provider took: asked for while it can still change.

A text that did not arrive for a passing reason is put back into the outbox once; any other is
marked as failed, with the reason.
"""

from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, RowMapping, func, literal_column, select, update

from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.delivery.sms import Receipt
from interworky_tui.delivery.sms_answers import OPTED_OUT
from interworky_tui.domain.events import MessageState, Reason
from interworky_tui.services import opt_outs
from interworky_tui.services.context import Context
from interworky_tui.storage.models.outbox import STILL_CHANGES
from interworky_tui.storage.tables import NOTIFICATION, SMS_RECEIPT

BATCH = 50
SOONEST = timedelta(seconds=10)
LATEST = timedelta(minutes=30)
"""Between one question and the next; the wait doubles from the one to the other."""
GIVEN_UP_AFTER = timedelta(days=3)
"""Some networks never say whether a text has arrived."""
CLAIM = timedelta(minutes=1)
"""How long the others leave a text to the process that asks; it may die meanwhile."""
RETRY_AFTER = timedelta(minutes=1)

ARRIVED = frozenset({"delivered", "read"})
LOST = frozenset({"undelivered", "failed", "canceled"})
PASSING = frozenset({30003, 30008})
"""The phone is off, or nobody knows why: the same text may arrive later."""
REASONS = {
    30003: Reason.UNREACHABLE,
    30004: Reason.BLOCKED,
    30005: Reason.WRONG_NUMBER,
    30006: Reason.WRONG_NUMBER,
    30007: Reason.BLOCKED,
    OPTED_OUT: Reason.OPTED_OUT,
}

_ROW = SMS_RECEIPT.c


class Source(Protocol):
    """Where receipts come from."""

    def receipt(self, sid: str) -> Receipt:
        """Blocks. Raises only SendFailed: permanent when there is no such text."""
        ...


def follow_up(office: Context, source: Source) -> int:
    """Ask about the texts whose turn it is, a batch at the most; how many have news.

    Safe in several processes at once. Raises SendFailed when the provider cannot be asked; the
    texts that it was not asked about have their turn a minute later.
    """
    told, put_back = 0, False
    try:
        for sid in _claim(office):
            receipt = _ask(source, sid)
            with office.database.write() as connection:
                news, again = _record(connection, sid, receipt, office.clock())
            told += news
            put_back |= again
    finally:
        if put_back:
            office.wake()
    return told


def _claim(office: Context) -> list[str]:
    now = office.clock()
    turn = (
        select(_ROW.sid)
        .where(literal_column(STILL_CHANGES), _ROW.poll_at <= now)
        .order_by(_ROW.poll_at, _ROW.sid)
        .limit(BATCH)
    )
    with office.database.read() as connection:
        if connection.execute(turn.limit(1)).first() is None:
            return []
    with office.database.write() as connection:
        sids = list(connection.execute(turn.with_for_update(skip_locked=True)).scalars())
        connection.execute(
            update(SMS_RECEIPT).where(_ROW.sid.in_(sids)).values(poll_at=now + CLAIM)
        )
    return sids


def _ask(source: Source, sid: str) -> Receipt | None:
    """None when the provider knows nothing of it any more."""
    try:
        return source.receipt(sid)
    except SendFailed as failure:
        if failure.kind is not FailureKind.PERMANENT:
            raise
    return None


def _record(
    connection: Connection, sid: str, receipt: Receipt | None, now: datetime
) -> tuple[bool, bool]:
    """Whether there was news, and whether the message is to be sent once more."""
    before = (
        connection.execute(select(SMS_RECEIPT).where(_ROW.sid == sid).with_for_update())
        .mappings()
        .one()
    )
    if before["poll_at"] is None:  # another process was told the end of it
        return False, False
    if receipt is None:
        _write(connection, sid, poll_at=None)
        return False, False
    over = receipt.status in ARRIVED | LOST
    _write(
        connection,
        sid,
        status=receipt.status,
        error_code=receipt.error_code,
        poll_at=None if over else _next_turn(before["accepted_at"], now),
    )
    again = receipt.status in LOST and _lost(connection, before, receipt, now)
    return receipt.status != before["status"], again


def _write(connection: Connection, sid: str, **values: Any) -> None:
    connection.execute(update(SMS_RECEIPT).where(_ROW.sid == sid).values(values))


def _next_turn(accepted_at: datetime, now: datetime) -> datetime | None:
    """As long from now as it has taken so far, so that each wait is twice the one before."""
    age = now - accepted_at
    return None if age >= GIVEN_UP_AFTER else now + min(max(age, SOONEST), LATEST)


def _lost(connection: Connection, before: RowMapping, receipt: Receipt, now: datetime) -> bool:
    """Put the message back once if that may help, else say that it failed. True for the former."""
    code, message = receipt.error_code, before["notification_id"]
    row = NOTIFICATION.c
    # Unless it was tried again meanwhile, and the word is about an earlier attempt.
    stands = (row.id == message, row.state == "sent", row.provider_ref == receipt.sid)
    if code == OPTED_OUT:
        number = connection.execute(select(row.to_address).where(row.id == message)).scalar()
        if number:
            opt_outs.opt_out(connection, number, opt_outs.Source.PROVIDER, now)
    tried = select(func.count()).where(_ROW.notification_id == message)
    again = code in PASSING and connection.execute(tried).scalar_one() == 1
    fate: dict[str, Any] = {
        "state": MessageState.FAILED.value,
        "reason": REASONS.get(code or 0, Reason.UNDELIVERED).value,
    }
    if again:
        fate = {
            "state": MessageState.PENDING.value,
            "reason": None,
            "due_at": now + RETRY_AFTER,
            "attempts": 0,
            "copies": 0,
            "sent_at": None,
            "provider_ref": None,
        }
    moved = connection.execute(update(NOTIFICATION).where(*stands).values(fate)).rowcount == 1
    return again and moved
