"""Who works in the storm, each in a process of its own: desks that do anything at random, each
with a screen that it goes by, and a worker that sends the texts.
"""

import logging
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from interworky_tui.config import Settings
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.delivery.sms import TIMEOUTS, SmsAccount, SmsSender
from interworky_tui.domain.appointment import CancelReason, Status
from interworky_tui.domain.errors import Refusal, StoreProblem
from interworky_tui.domain.events import Channel
from interworky_tui.domain.feedback import Survey
from interworky_tui.services import feedback, intake, scheduling, visits
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.presence import Kind, Session
from interworky_tui.services.undo import undo
from interworky_tui.storage.changes import ChangeFeed, open_feed
from interworky_tui.storage.database import UNKNOWN_END, Database
from interworky_tui.storage.queries import Reader, open_reader
from interworky_tui.storage.rows import Counts, Row
from interworky_tui.storage.shared_clock import shared_clock
from tests.delivery.conftest import known_in
from tests.delivery.worker import EPOCH, NO_LIMIT, Pastime

LOOK_EVERY = 0.2
"""Seconds, as a desk does."""
AT_ONCE = 5
"""Visits."""
CLIENTS = 200
MADE, UNKNOWN, REFUSED, ENDED, SHOWN = "made", "unknown", "refused", "ended", "shown"
KEYED, FAULT = "keyed", "fault"
END, SHOW = "end", "show"
SETTINGS = {
    "office": {"phone": "+493012345678", "country": "DE", "timezone": "Europe/Berlin"},
    "messages": {"quiet_hours": ""},
    "slots": {"capacity": AT_ONCE},
}

LATER = EPOCH + timedelta(days=30)
"""When all is due."""

Shown = tuple[dict[Status, list[Row]], Counts]


def read_screen(reader: Reader) -> Shown:
    """Every tab from its first row on, and the counts."""
    return {status: reader.page(status) for status in Status}, reader.counts(LATER)


class Screen:
    """Shows what is in the store, whenever that has changed; when it is away, what was there."""

    def __init__(self, url: str) -> None:
        self.shown: Shown | None = None
        self._url = url
        self._reader: Reader | None = None
        self._feed: ChangeFeed | None = None
        self._behind = True
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def rows(self) -> list[Row]:
        return [row for rows in self.shown[0].values() for row in rows] if self.shown else []

    def _watch(self) -> None:
        tick = threading.Event()
        while True:
            with suppress(StoreProblem):
                self._look()
            tick.wait(LOOK_EVERY)

    def _look(self) -> None:
        self._feed = self._feed or open_feed(self._url)
        self._reader = self._reader or open_reader(self._url)
        # Before it is read: what comes meanwhile is a change again.
        self._behind |= self._feed.changed()
        if self._behind:
            self.shown = read_screen(self._reader)
            self._behind = False


@dataclass(frozen=True)
class Place:
    """Where the office is, where its texts go, and where each may have a folder of its own."""

    url: str
    texts: SmsAccount
    time: Pastime
    folder: Path


def desk(place: Place, name: str, line: Connection) -> None:
    """Do things until told to end, say each that was acknowledged, and then show the screen."""
    _be_quiet()
    chance = random.Random(name)
    settings = msgspec.convert(SETTINGS, Settings)
    office = Context(settings, Database(place.url), place.time.clock, name)
    screen = Screen(place.url)
    while not line.poll():
        try:
            made = any_verb(office, chance, screen.rows).appointment
            line.send((MADE, (made.id, made.version)))
        except Refusal as refusal:
            line.send(refused(refusal))
    while True:
        asked = line.recv()
        line.send((ENDED, None) if asked == END else (SHOWN, screen.shown))


def worker(place: Place, name: str, line: Connection) -> None:
    """Send until told to end, and then until nothing is left."""
    _be_quiet()
    database, time_ = Database(place.url), place.time
    own = outbox(place, database)
    clock = shared_clock(place.url, time_.clock)
    office = Context(msgspec.convert(SETTINGS, Settings), database, time_.clock, name)
    session = Session(office, Kind.WORKER, name, clock=clock, monotonic=time_.steady)
    tick = threading.Event()
    left, sent = True, 0
    while left or not line.poll():
        with suppress(StoreProblem):
            session.seen()
            sent += own.drain().sent
            left = own.next_due() is not None
        tick.wait(0.05)
    line.send((ENDED, sent))


def outbox(place: Place, database: Database) -> Outbox:
    """The hand of one process on the messages, with the patience of a real one by its clock."""
    time_, (connect, answer) = place.time, TIMEOUTS
    timeouts = connect / time_.speed, answer / time_.speed
    sender = SmsSender(place.texts, time_.clock, known_in(database), timeouts=timeouts)
    return Outbox(
        database,
        time_.clock,
        {Channel.SMS: sender},
        per_minute={Channel.SMS: NO_LIMIT},
        monotonic=time_.steady,
    )


def refused(refusal: Refusal) -> tuple[str, str]:
    """What is said of it: it may have been done after all, or it was not."""
    return UNKNOWN if str(refusal) == UNKNOWN_END else REFUSED, str(refusal)


def _be_quiet() -> None:
    """What goes wrong here goes wrong by the hundred, as it is meant to."""
    logging.disable(logging.ERROR)


def any_verb(office: Context, chance: random.Random, rows: list[Row]) -> Changed:
    """Does something that a screen offers. Raises Refusal."""
    if not rows or chance.random() < 0.15:
        return _request(office, chance)
    row = chance.choice(rows)
    return chance.choice(_OFFERED[row.status])(office, row, chance)


def _request(office: Context, chance: random.Random) -> Changed:
    client = chance.randrange(CLIENTS)
    wanted = intake.NewRequest(
        name=f"Client {client}",
        phone=f"+4930123{client:04}",
        date=date(2026, 3, 27),
        band="morning",
    )
    return intake.request(office, wanted)


def _schedule(office: Context, row: Row, chance: random.Random) -> Changed:
    soon = chance.random() < 0.5
    ahead = timedelta(seconds=chance.randrange(20, 90) if soon else chance.randrange(10_000_000))
    return scheduling.schedule(
        office, row.id, office.clock() + ahead, minutes=5, version=row.version
    )


def _attend(office: Context, row: Row, _: random.Random) -> Changed:
    return visits.attend(office, row.id, version=row.version)


def _arrive(office: Context, row: Row, _: random.Random) -> Changed:
    return visits.arrive(office, row.id, version=row.version)


def _cancel(office: Context, row: Row, chance: random.Random) -> Changed:
    reason = chance.choice((CancelReason.OFFICE, CancelReason.CLIENT_ASKED, CancelReason.NO_SHOW))
    return scheduling.cancel(office, row.id, reason, version=row.version)


def _collect(office: Context, row: Row, _: random.Random) -> Changed:
    return feedback.collect(office, row.id, version=row.version)


def _record(office: Context, row: Row, chance: random.Random) -> Changed:
    return feedback.record(office, row.id, Survey(chance.randrange(1, 6)), version=row.version)


def _undo(office: Context, row: Row, _: random.Random) -> Changed:
    return undo(office, row.id, version=row.version)


Act = Callable[[Context, Row, random.Random], Changed]
_OFFERED: dict[Status, tuple[Act, ...]] = {
    Status.REQUESTED: (_schedule, _schedule, _schedule, _cancel, _undo, _attend),
    Status.SCHEDULED: (_attend, _attend, _schedule, _arrive, _cancel, _undo),
    Status.ATTENDED: (_collect, _collect, _undo, _schedule),
    Status.FEEDBACK_PENDING: (_record, _record, _collect, _undo),
    Status.FEEDBACK_COLLECTED: (_record, _undo),
    Status.CANCELLED: (_undo, _cancel, _attend),
}
"""Among them what is not allowed."""
