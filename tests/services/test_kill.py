"""A process that is killed at any moment of a change leaves the whole change or none of it.

Children are forked from a worker that has its imports done, so that they are in the middle of
a change most of the time; each is killed at a random moment, and then the store is looked at
from outside.
"""

import multiprocessing
import os
import random
import signal
import sqlite3
import time
import warnings
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

from interworky_tui.config import Settings
from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.feedback import Survey
from interworky_tui.services import feedback, intake, scheduling, visits
from interworky_tui.services.context import Context
from interworky_tui.services.undo import undo
from interworky_tui.storage.database import Database
from tests.mending import mend_client
from tests.rounds import rounds

KILLS = rounds(60)
TOGETHER = 2
"""So many children work on the one file at once: one writes, one waits or has just begun."""
PATIENCE = 10.0
"""Seconds for one change of a child at the most."""
NOON = datetime(2026, 3, 16, 11, tzinfo=UTC)
TELLS = {
    "request",
    "schedule",
    "reschedule",
    "attend",
    "collect_feedback",
    "resend",
    "submit_feedback",
    "cancel",
}


def work(file: Path, seed: int, ready: Connection) -> NoReturn:
    """Verbs without end. ``ready`` is told of every change that was acknowledged."""
    chance = random.Random(seed)
    told = {"office": {"phone": "+493012345678", "email": "a@b.example", "country": "DE"}}
    database = Database(f"sqlite:///{file}", busy_ms=60_000)
    office = Context(
        msgspec.convert(told, Settings),
        database,
        # A clock of its own for every child: days pass, so that feedback may be asked for again.
        lambda: NOON + timedelta(minutes=chance.randrange(3 * 24 * 60)),
        f"child {seed % 3}",
    )
    while True:
        try:
            made = one_verb(office, chance)
        except Refusal:
            continue
        ready.send(made)


def one_verb(office: Context, chance: random.Random) -> tuple[int, int]:
    """Does something; the appointment and the version that it has then."""
    number = chance.randrange(1, 12)
    verb = chance.randrange(9)
    if verb == 0:
        made = intake.request(
            office,
            intake.NewRequest(
                name=f"Client {chance.randrange(6)}",
                phone=f"+4930123{chance.randrange(6):04}",
                email=f"c{chance.randrange(100)}@example.com",
                date=NOON.date() + timedelta(days=9),
                band="morning",
            ),
        )
    elif verb <= 2:
        start = office.clock() + timedelta(hours=chance.randrange(-60, 60))
        made = scheduling.schedule(office, number, start, override=True)
    elif verb == 3:
        made = visits.attend(office, number)
    elif verb == 4:
        made = feedback.collect(office, number)
    elif verb == 5:
        made = feedback.record(office, number, Survey(chance.randrange(1, 6)))
    elif verb == 6:
        made = scheduling.cancel(office, number, CancelReason.OFFICE)
    elif verb == 7:
        made = undo(office, number)
    else:
        edited = mend_client(
            office,
            chance.randrange(1, 4),
            name=f"Client {chance.randrange(6)}",
            phone=f"+4930123{chance.randrange(6):04}",
            email=f"e{chance.randrange(100)}@example.com",
        )
        return 0, edited.version
    return made.appointment.id, made.appointment.version


def look(file: Path) -> dict[int, int]:
    """Everything fits together; the version of each appointment."""
    eye = sqlite3.connect(file, timeout=60, isolation_level=None)
    try:
        # One moment, for the other children go on.
        eye.execute("BEGIN")
        check_history(eye)
        check_messages(eye)
        check_feedback(eye)
        return dict(eye.execute("SELECT id, version FROM appointment"))
    finally:
        eye.close()


def check_history(eye: sqlite3.Connection) -> None:
    torn = eye.execute(
        "SELECT a.id, a.version, a.status, count(e.id), max(e.version),"
        " (SELECT to_status FROM appointment_event WHERE appointment_id = a.id"
        "  ORDER BY version DESC LIMIT 1) AS last_status"
        " FROM appointment AS a LEFT JOIN appointment_event AS e ON e.appointment_id = a.id"
        " GROUP BY a.id HAVING count(e.id) <> a.version OR max(e.version) <> a.version"
        " OR last_status <> a.status"
    ).fetchall()
    assert torn == []
    assert eye.execute("PRAGMA foreign_key_check").fetchall() == []


def check_messages(eye: sqlite3.Connection) -> None:
    counted = eye.execute(
        "SELECT e.verb, count(n.id), sum(n.event <> 'low_rating'), sum(n.event = 'low_rating'),"
        " max(s.rating), e.version = a.version"
        " FROM appointment_event AS e JOIN appointment AS a ON a.id = e.appointment_id"
        " LEFT JOIN notification AS n"
        " ON n.appointment_id = e.appointment_id AND n.appointment_version = e.version"
        " LEFT JOIN survey_response AS s ON s.appointment_id = e.appointment_id"
        " GROUP BY e.id"
    )
    for verb, every, own, low, rating, last in counted:
        if verb not in TELLS:
            assert every == 0
            continue
        assert own == 4
        if verb == "submit_feedback" and last:
            assert low == (2 if rating <= 3 else 0)
    # What an undo takes back and what it writes are one.
    open_still = eye.execute(
        "SELECT n.id FROM appointment_event AS e JOIN notification AS n"
        " ON n.appointment_id = e.appointment_id"
        " AND n.appointment_version = json_extract(e.detail, '$.undone')"
        " WHERE e.verb = 'undo' AND n.state <> 'cancelled'"
    ).fetchall()
    assert open_still == []


def check_feedback(eye: sqlite3.Connection) -> None:
    torn = eye.execute(
        "SELECT a.id FROM appointment AS a"
        " WHERE (a.status = 'feedback_collected')"
        " <> EXISTS (SELECT 1 FROM survey_response WHERE appointment_id = a.id)"
        " OR (a.status IN ('feedback_pending', 'feedback_collected'))"
        " <> EXISTS (SELECT 1 FROM feedback_request WHERE appointment_id = a.id)"
    ).fetchall()
    assert torn == []


class Child:
    def __init__(self, file: Path, seed: int) -> None:
        self.told, mine = multiprocessing.Pipe(duplex=False)
        with warnings.catch_warnings():
            # Of threads that a fork leaves behind; the child needs none of them.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            try:
                self.told.close()
                work(file, seed, mine)
            finally:
                os._exit(1)
        mine.close()

    def kill(self) -> list[tuple[int, int]]:
        """What it had acknowledged by then."""
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, "it died of itself"
        made = []
        try:
            while self.told.poll():
                made.append(self.told.recv())
        except (EOFError, OSError):
            pass
        self.told.close()
        return made


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_a_kill_leaves_the_whole_change_or_none_of_it(empty_store: Path, tmp_path: Path) -> None:
    file = tmp_path / "office.db"
    file.write_bytes(empty_store.read_bytes())
    chance = random.Random(7)
    acknowledged = 0
    children = [Child(file, seed) for seed in range(TOGETHER)]
    try:
        for turn in range(KILLS):
            if turn % 2:
                # However slow the machine is, every other child has finished something.
                children[0].told.poll(PATIENCE)
            # Not to wait for something: this is the random moment.
            time.sleep(chance.uniform(0.02, 0.12))
            made = children.pop(0).kill()
            children.append(Child(file, TOGETHER + turn))
            versions = look(file)
            acknowledged += len(made)
            for number, version in made:
                assert number == 0 or versions[number] >= version, "an acknowledged change is lost"
    finally:
        for child in children:
            child.kill()
    assert acknowledged > KILLS / 4
    eye = sqlite3.connect(file)
    assert eye.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    eye.close()
