"""A worker that a test starts and kills.

Time runs thirty times as fast as outside and is the same in every worker, so that the leases
of the dead run out within the test. It says a word before and after each send.
"""

import os
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from interworky_tui.delivery.channel import Outgoing, Sender
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.delivery.preview import PreviewSender
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.domain.events import Channel, MessageState
from interworky_tui.storage.database import Database

EPOCH = datetime(2026, 3, 16, 8, tzinfo=UTC)
SPEED = 30


@dataclass(frozen=True)
class Ledger:
    """A far end that cannot take a message back: each send is a line for ever."""

    file: Path
    name: str = "ledger"
    final_state: MessageState = MessageState.SENT
    timeout: float = 10.0

    def send(self, message: Outgoing) -> str:
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{message.id}\n".encode())
        os.close(descriptor)
        return str(message.id)

    def reconcile(self, message: Outgoing) -> str | None:
        lines = self.file.read_text().split() if self.file.exists() else []
        return str(message.id) if str(message.id) in lines else None


@dataclass(frozen=True)
class Loud:
    sender: Sender
    listener: Connection

    @property
    def name(self) -> str:
        return self.sender.name

    @property
    def final_state(self) -> MessageState:
        return self.sender.final_state

    @property
    def timeout(self) -> float:
        return self.sender.timeout

    def send(self, message: Outgoing) -> str:
        self.listener.send_bytes(b"sending")
        reference = self.sender.send(message)
        self.listener.send_bytes(b"sent")
        return reference

    def reconcile(self, message: Outgoing) -> str | None:
        return self.sender.reconcile(message)


def main(url: str, folder: Path, ledger: Path, began: float, listener: Connection) -> None:
    """Work until nothing is left. ``began`` is when time began, on the system's steady clock."""

    def steady() -> float:
        return (time.monotonic() - began) * SPEED

    def clock() -> datetime:
        return EPOCH + timedelta(seconds=steady())

    preview = PreviewSender(folder, Channel.EMAIL, "Office", "")
    senders = {
        Channel.EMAIL: Loud(preview, listener),
        Channel.SMS: Loud(Ledger(ledger), listener),
    }
    outbox = Outbox(Database(url), clock, senders, monotonic=steady)
    tick = threading.Event()
    left = True
    while left:
        try:
            outbox.drain()
            left = outbox.next_due() is not None
        except StoreProblem:
            listener.send_bytes(b"busy")
        tick.wait(0.05)
