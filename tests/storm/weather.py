"""A storm over an office: desks and the worker are killed without warning, connections are cut,
the server falls over; and everybody goes on.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from sqlalchemy import update

from interworky_tui.storage.database import Database
from interworky_tui.storage.queries import Reader, open_reader
from interworky_tui.storage.rows import Row
from interworky_tui.storage.server import is_server
from interworky_tui.storage.tables import CLIENT
from tests.delivery.crew import CONTEXT, FORKS
from tests.delivery.sms_server import SmsServer
from tests.delivery.worker import Pastime
from tests.storm import crew
from tests.storm.accounts import Said, Store
from tests.storm.person import Picture, person

if FORKS:
    heavy = ["pytest", "tests.delivery.worker", "twilio.rest", "yagmail", "tests.storm.person"]
    CONTEXT.set_forkserver_preload(heavy)
PATIENCE = 120.0
"""Seconds without a word from anybody, after which all are given up."""
LAST_TEXTS = 3600.0
"""Seconds of the storm's time that the worker has in the end for what waits to be tried again."""
IN_TIME = 2.0
"""Seconds after the end within which every screen is to show what is in the store."""
LAST_WORDS = ("Ada Late", "Ben Later", "Cleo Last")
CONNECTIONS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


@dataclass(frozen=True)
class Storm:
    """``verbs`` are those that were acknowledged; ``between`` about so many is a blow.

    At ``persons`` of the desks is the program itself, with its screen and its keys. After so many
    ``seconds`` it ends with fewer verbs. Time goes ``speed`` times as fast, the leases and their
    margins with it: a machine that is busy for long needs a slower one.
    """

    verbs: int
    desks: int
    persons: int
    between: int
    seconds: float = inf
    speed: float = 20.0
    seed: int = 20260316


@dataclass
class Aftermath:
    """``late``: how long after the end the last screen was right; None if one never was.
    ``keyed`` of the verbs were done by keys alone.
    """

    verbs: int
    keyed: int
    refused: int
    blows: Counter[str]
    texts: int
    seconds: float
    late: float | None
    wrongs: list[str]


@dataclass
class Hand:
    """One who works, and the line to him."""

    name: str
    work: Callable[..., None]
    process: BaseProcess
    line: Connection
    said: Said = field(default_factory=Said)

    def kill(self) -> list[tuple[str, Any]]:
        """What it had said by then."""
        self.process.kill()
        self.process.join(PATIENCE)
        self.process.close()
        heard = []
        with suppress(EOFError, OSError):
            while self.line.poll():
                heard.append(self.line.recv())
        self.line.close()
        return heard

    def hear(self, patience: float = PATIENCE) -> tuple[str, Any]:
        assert self.line.poll(patience), f"{self.name} says nothing"
        told: tuple[str, Any] = self.line.recv()
        return told


class Fleet:
    """Everybody who works on the office at one time; who dies is followed by another one."""

    def __init__(self, place: crew.Place, chance: random.Random) -> None:
        self.place, self.chance = place, chance
        self.desks: list[Hand] = []
        self.worker: Hand | None = None
        self.said: dict[str, Said] = {}
        self.faults: list[str] = []
        self.refused = self.keyed = self.hired = 0

    @property
    def hands(self) -> list[Hand]:
        return [*self.desks, *([self.worker] if self.worker else [])]

    def hire(self, work: Callable[..., None]) -> Hand:
        self.hired += 1
        name = f"{work.__name__} {self.hired}"
        line, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=work, args=(self.place, name, theirs), daemon=True)
        process.start()
        theirs.close()
        return Hand(name, work, process, line)

    def hire_desk(self, work: Callable[..., None]) -> None:
        hand = self.hire(work)
        self.said[hand.name] = hand.said
        self.desks.append(hand)

    def kill_desk(self) -> None:
        hand = self.desks.pop(self.chance.randrange(len(self.desks)))
        for told in hand.kill():
            self.note(hand, told)
        # In the middle of one more it may have been.
        hand.said.unknown += 1
        self.hire_desk(hand.work)

    def kill_worker(self) -> None:
        if self.worker:
            self.worker.kill()
        self.worker = self.hire(crew.worker)

    def listen(self) -> int:
        """How many changes were acknowledged since."""
        ready = wait([hand.line for hand in self.desks], PATIENCE)
        assert ready, "nobody does anything"
        spoke = [hand for hand in self.desks if hand.line in ready]
        return sum(self.note(hand, hand.line.recv()) for hand in spoke)

    def note(self, hand: Hand, told: tuple[str, Any]) -> bool:
        what, of = told
        if what == crew.MADE:
            hand.said.made.append(of)
        hand.said.unknown += what == crew.UNKNOWN
        self.refused += what == crew.REFUSED
        self.keyed += what == crew.KEYED
        if what == crew.FAULT:
            self.faults.append(f"{hand.name}: {of}")
        return bool(what == crew.MADE)

    def rest(self) -> None:
        """Let the desks do nothing more, hear what they did last, and let the worker finish."""
        for hand in self.desks:
            hand.line.send(crew.END)
            while (told := hand.hear())[0] != crew.ENDED:
                self.note(hand, told)
        assert self.worker
        self.worker.line.send(crew.END)
        self.worker.hear(max(PATIENCE, LAST_TEXTS / self.place.time.speed))

    def screens(self) -> list[Any]:
        for hand in self.desks:
            hand.line.send(crew.SHOW)
        return [self._shown(hand) for hand in self.desks]

    def _shown(self, hand: Hand) -> Any:
        while (told := hand.hear())[0] != crew.SHOWN:
            self.note(hand, told)
        return told[1]


def rage(storm: Storm, database: Database) -> Aftermath:
    """Over an empty office, until there is nothing left to do."""
    chance, began = random.Random(storm.seed), time.monotonic()
    time_ = Pastime(began, storm.speed)
    blows: Counter[str] = Counter()
    with SmsServer(time_.clock).running() as texts, TemporaryDirectory() as folder:
        place = crew.Place(database.url, texts.sms_account(), time_, Path(folder))
        with working(Fleet(place, chance), storm) as fleet:
            made, next_blow, end = 0, 1, began + storm.seconds
            while made < storm.verbs and not fleet.faults and time.monotonic() < end:
                made += fleet.listen()
                if made >= next_blow:
                    next_blow = made + chance.randint(1, 2 * storm.between)
                    blow = chance.choice(_BLOWS[is_server(database.url)])
                    blows[blow] += _strike(fleet, blow)
            late = None
            if not fleet.faults:
                fleet.rest()
                late = _until_shown(fleet, database)
        # After a fault nobody has heard what was done last.
        wrongs = fleet.faults or Store(database).wrongs(fleet.said, texts.messages)
        made = sum(len(said.made) for said in fleet.said.values())
        seconds = time.monotonic() - began
        done = made, fleet.keyed, fleet.refused
        return Aftermath(*done, blows, len(texts.messages), seconds, late, wrongs)


_BLOWS = {
    False: ("desk killed", "worker killed"),
    True: ("desk killed", "worker killed", "connection cut", "server fell over"),
}


@contextmanager
def working(fleet: Fleet, storm: Storm) -> Iterator[Fleet]:
    try:
        fleet.worker = fleet.hire(crew.worker)
        for number in range(storm.desks):
            fleet.hire_desk(person if number < storm.persons else crew.desk)
        yield fleet
    finally:
        for hand in fleet.hands:
            hand.kill()


def _strike(fleet: Fleet, blow: str) -> bool:
    """Whether it could be done: the server may still be down of the last one."""
    if blow == "desk killed":
        fleet.kill_desk()
        return True
    if blow == "worker killed":
        fleet.kill_worker()
        return True
    try:
        with closing(psycopg.connect(fleet.place.url, autocommit=True)) as connection:
            if blow == "connection cut":
                cut = f"SELECT pg_terminate_backend(pid) {CONNECTIONS} ORDER BY random() LIMIT 1"
                return bool(connection.execute(cut).fetchall())
            # When one of its processes dies so, the server ends all others and recovers.
            [(pid,)] = connection.execute("SELECT pg_backend_pid()").fetchall()
            os.kill(pid, signal.SIGKILL)
            return True
    except psycopg.OperationalError:
        return False


def _until_shown(fleet: Fleet, database: Database) -> float | None:
    """How long it takes after the storm, or after one of the changes that then follow each other,
    whichever is longest: a screen that hears of none is read anew by the clock, now and then.
    """
    longest = 0.0
    with closing(open_reader(database.url)) as reader:
        for name in ("", *LAST_WORDS):
            if name:
                _rename(database, fleet.screens(), name)
            late = _until_right(fleet, reader)
            if late is None:
                return None
            longest = max(longest, late)
    return longest


def _rename(database: Database, screens: list[Any], name: str) -> None:
    """The client of the first row on each."""
    firsts = [rows[0].client_id for screen in screens if (rows := _rows(screen))]
    with database.write() as connection:
        connection.execute(update(CLIENT).where(CLIENT.c.id.in_(firsts)).values(name=name))


def _rows(screen: Any) -> list[Row]:
    if isinstance(screen, Picture):
        return screen.rows
    return next(filter(None, screen[0].values()), [])


def _until_right(fleet: Fleet, reader: Reader) -> float | None:
    there, end = crew.read_screen(reader), time.monotonic()
    while (late := time.monotonic() - end) < PATIENCE:
        if all(_is_right(screen, there, reader) for screen in fleet.screens()):
            return late
        time.sleep(0.02)
    return None


def _is_right(screen: Any, there: crew.Shown, reader: Reader) -> bool:
    return screen.is_right(reader) if isinstance(screen, Picture) else bool(screen == there)
