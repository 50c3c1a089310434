"""A worker that a test starts and kills, sending texts to the test's own provider.

Time runs twenty times as fast as outside and is the same in every process.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection

from sqlalchemy import select

from interworky_tui.delivery.outbox import Outbox
from interworky_tui.delivery.sms import SmsAccount, SmsSender
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.domain.events import Channel
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import SMS_RECEIPT
from tests.delivery.worker import EPOCH, Loud

SPEED = 20
TIMEOUTS = (0.2, 0.8)
"""Seconds outside; by the workers' clocks they are within a lease."""


@dataclass(frozen=True)
class Hurried(Loud):
    """Tells its timeout in the seconds of the workers' clocks."""

    @property
    def timeout(self) -> float:
        return super().timeout * SPEED


def known_in(database: Database) -> Callable[[str], bool]:
    """Whether a message stands under the provider's name for a text."""

    def known(sid: str) -> bool:
        with database.read() as connection:
            query = select(SMS_RECEIPT.c.sid).where(SMS_RECEIPT.c.sid == sid)
            return connection.execute(query).first() is not None

    return known


def running_since(began: float) -> tuple[Callable[[], float], Clock]:
    """The steady clock and the other; ``began`` is on the system's steady clock."""

    def steady() -> float:
        return (time.monotonic() - began) * SPEED

    def clock() -> datetime:
        return EPOCH + timedelta(seconds=steady())

    return steady, clock


def main(url: str, account: SmsAccount, began: float, listener: Connection) -> None:
    """Work until nothing is left."""
    steady, clock = running_since(began)
    database = Database(url)
    sender = SmsSender(account, clock, known_in(database), timeouts=TIMEOUTS)
    sender.check()
    senders = {Channel.SMS: Hurried(sender, listener)}
    outbox = Outbox(database, clock, senders, monotonic=steady)
    tick = threading.Event()
    left = True
    while left:
        try:
            outbox.drain()
            left = outbox.next_due() is not None
        except StoreProblem:
            listener.send_bytes(b"busy")
        tick.wait(0.05)
