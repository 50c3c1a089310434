"""Workers that a test starts and kills: two threads each, a channel a thread, as at a desk.

Time runs faster than outside, by the same measure in every worker, so that the leases of the
dead run out within the test. A worker says a word before and after each send.
"""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from interworky_tui.delivery.channel import Outgoing, Sender
from interworky_tui.delivery.email import EmailSender, MailServer, Patience
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.delivery.preview import PreviewSender
from interworky_tui.delivery.sms import TIMEOUTS, SmsAccount, SmsSender
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.domain.events import Channel, MessageState
from interworky_tui.storage.database import Database
from tests.delivery.conftest import known_in

EPOCH = datetime(2026, 3, 16, 8, tzinfo=UTC)
NO_LIMIT = 100_000
"""Messages a minute: the most that the settings allow."""


@dataclass(frozen=True)
class Pastime:
    """A time that began then, by the system's steady clock, and goes ``speed`` times as fast."""

    began: float
    speed: float = 1.0

    def steady(self) -> float:
        return (time.monotonic() - self.began) * self.speed

    def clock(self) -> datetime:
        return EPOCH + timedelta(seconds=self.steady())


@dataclass(frozen=True)
class FarEnds:
    """Where messages go; ``authority`` is the certificate that the mail server is known by."""

    mail: MailServer
    authority: Path
    texts: SmsAccount

    def senders(self, database: Database, clock: Clock, speed: float) -> dict[Channel, Sender]:
        """With the patience of a real desk, measured by the workers' clocks."""
        usual = Patience()
        patience = Patience(usual.before / speed, usual.after / speed, usual.farewell / speed)
        trusted = ssl.create_default_context(cafile=self.authority)
        connect, answer = TIMEOUTS
        timeouts = connect / speed, answer / speed
        return {
            Channel.EMAIL: EmailSender(self.mail, context=trusted, patience=patience),
            Channel.SMS: SmsSender(self.texts, clock, known_in(database), timeouts=timeouts),
        }


@dataclass(frozen=True)
class Previews:
    """A folder for both channels."""

    folder: Path

    def senders(self, _database: Database, _clock: Clock, _speed: float) -> dict[Channel, Sender]:
        return {
            channel: PreviewSender(self.folder / channel.value, channel, "Office", "")
            for channel in Channel
        }


@dataclass(frozen=True)
class Loud:
    """Says a word before and after each send, and its timeout by the workers' clocks."""

    sender: Sender
    speed: float
    say: Callable[[bytes], None]

    @property
    def name(self) -> str:
        return self.sender.name

    @property
    def final_state(self) -> MessageState:
        return self.sender.final_state

    @property
    def timeout(self) -> float:
        return self.sender.timeout * self.speed

    def send(self, message: Outgoing) -> str:
        self.say(b"sending")
        reference = self.sender.send(message)
        self.say(b"sent")
        return reference

    def reconcile(self, message: Outgoing) -> str | None:
        return self.sender.reconcile(message)


def main(url: str, ends: FarEnds | Previews, time_: Pastime, listener: Connection) -> None:
    """Work until nothing is left."""
    # The far ends fail by the hundred, as they were told to.
    logging.getLogger("interworky_tui.delivery").setLevel(logging.ERROR)
    speaking = threading.Lock()

    def say(word: bytes) -> None:
        with speaking:
            listener.send_bytes(word)

    database = Database(url)
    senders: Mapping[Channel, Sender] = ends.senders(database, time_.clock, time_.speed)
    # A file is written at once, whatever is said of it.
    speed = time_.speed if isinstance(ends, FarEnds) else 1.0
    outbox = Outbox(
        database,
        time_.clock,
        {channel: Loud(sender, speed, say) for channel, sender in senders.items()},
        per_minute=dict.fromkeys(Channel, NO_LIMIT),
        monotonic=time_.steady,
    )
    with ThreadPoolExecutor(len(senders)) as threads:
        for done in [threads.submit(partial(_work, outbox, one, say)) for one in senders]:
            done.result()


def _work(outbox: Outbox, channel: Channel, say: Callable[[bytes], None]) -> None:
    tick = threading.Event()
    left = True
    while left:
        try:
            outbox.drain(channel=channel)
            left = outbox.next_due(channel) is not None
        except StoreProblem:
            say(b"busy")
        tick.wait(0.05)
