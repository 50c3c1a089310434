"""A small model of the lifecycle beside a real store, and how the two are held together.

The model knows the rules as they are written down and nothing of the program's own table.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from sqlalchemy import event

from interworky_tui.config import Settings
from interworky_tui.domain.errors import ChangedElsewhere, Refusal
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.undo import undo
from interworky_tui.storage.database import Database

START = datetime(2026, 3, 28, 20, tzinfo=UTC)  # the evening before the clocks change
SUMMER = date(2026, 3, 29)
MINUTE = timedelta(minutes=1)
MOST_VISITS = 4
WAYS = [("client", "email"), ("client", "sms"), ("office", "email"), ("office", "sms")]
EVENTS = {
    "request": "requested",
    "schedule": "scheduled",
    "reschedule": "rescheduled",
    "attend": "attended",
    "collect_feedback": "feedback_requested",
    "resend": "feedback_requested",
    "submit_feedback": "feedback_collected",
    "cancel": "cancelled",
}
SILENT = ("arrive", "not_arrived")
"""Steps that tell nobody, and leave the slot alone."""
TABLES = (
    "client",
    "appointment",
    "appointment_event",
    "notification",
    "feedback_request",
    "survey_response",
    "office_fact",
)
Rows = list[tuple[Any, ...]]
Kept = dict[str, Rows]
"""What undo must bring back of one appointment, by table."""


@dataclass
class Step:
    """A change that stands: who made it, when in the order of all, and what was before."""

    actor: str
    turn: int
    version: int
    verb: str
    before: Kept


@dataclass
class Visit:
    """What the model knows of an appointment.

    ``since`` is when it got its time, ``said`` the verb of the client's last word on that,
    ``here`` whether the client is in the waiting room.
    """

    id: int
    status: str = "requested"
    slot: tuple[datetime, datetime] | None = None
    version: int = 1
    since: int = 0
    steps: list[Step] = field(default_factory=list)
    asked: list[date] = field(default_factory=list)
    said: str = ""
    here: bool = False


class World(RuleBasedStateMachine):
    empty_store: ClassVar[Path]
    reached: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        file = self.folder / "office.db"
        shutil.copyfile(self.empty_store, file)
        self.database = Database(f"sqlite:///{file}")
        # Power cuts are not what is tested here.
        event.listen(
            self.database.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous = OFF")
        )
        self.eye = sqlite3.connect(file, isolation_level=None)
        self.now = START
        self.visits: list[Visit] = []
        self.turn = 0

    def teardown(self) -> None:
        self.eye.close()
        self.database.close()
        shutil.rmtree(self.folder)

    @initialize(undo_seconds=st.sampled_from([0, 10]), low=st.sampled_from([0, 3]))
    def open_the_office(self, undo_seconds: int, low: int) -> None:
        told = {
            "office": {"phone": "+493012345678", "email": "a@b.example", "country": "DE"},
            "messages": {"undo_seconds": undo_seconds},
            "feedback": {"low_rating": low},
        }
        told["office"] |= {"timezone": "Europe/Berlin"}
        office = msgspec.convert(told, Settings)
        self.low, self.undo = low, timedelta(seconds=undo_seconds)
        ana = Context(office, self.database, lambda: self.now, "ana")
        self.desks = {"ana": ana, "ben": replace(ana, actor="ben")}

    def pick(self, number: int) -> Visit:
        return self.visits[number % len(self.visits)]

    def local(self, moment: datetime) -> datetime:
        summer = datetime(2026, 3, 29, 1, tzinfo=UTC)
        return moment.replace(tzinfo=None) + timedelta(hours=2 if moment >= summer else 1)

    def today(self) -> date:
        return self.local(self.now).date()

    def fate(self, event: str, recipient: str) -> tuple[str | None, datetime]:
        """Why a message does not leave at once, and when it does."""
        leaves = self.now + self.undo
        at = self.local(leaves)
        waits = event in ("attended", "feedback_requested", "feedback_collected")
        if recipient == "office" or not waits or 8 <= at.hour < 20:
            return None, leaves
        morning = at.replace(hour=8, minute=0, second=0, microsecond=0)
        morning += timedelta(days=int(at.hour >= 20))
        utc = morning.replace(tzinfo=UTC)
        # At eight in the morning it is summer on the day of the change, too.
        return "quiet_hours", utc - timedelta(hours=2 if morning.date() >= SUMMER else 1)

    def due(self, visit: Visit) -> bool:
        return visit.status == "scheduled" and bool(visit.slot) and visit.slot[0] <= self.now

    def booked(self, slot: tuple[datetime, datetime], but: Visit, since: int = -1) -> bool:
        return any(
            other.status == "scheduled"
            and other.slot
            and other.slot[0] < slot[1]
            and slot[0] < other.slot[1]
            and other.since > since
            for other in self.visits
            if other is not but
        )

    def rows(self, table: str, number: int | None = None) -> Rows:
        column = "id" if table == "appointment" else "appointment_id"
        query = f"SELECT * FROM {table}" + (f" WHERE {column} = {number}" if number else "")
        return self.eye.execute(query + " ORDER BY rowid").fetchall()

    def dump(self) -> dict[str, Rows]:
        return {table: self.rows(table) for table in TABLES}

    def kept(self, visit: Visit) -> Kept:
        names = ("appointment", "feedback_request", "survey_response")
        return {name: self.rows(name, visit.id) for name in names}

    def stays(self, visit: Visit, steps: Iterable[Step], *names: str) -> None:
        """What was said since those steps is not lost when they are undone."""
        columns = [row[1] for row in self.eye.execute("PRAGMA table_info(appointment)")]
        (new,) = self.rows("appointment", visit.id)
        for step in steps:
            step.before["appointment"] = [
                tuple(new[n] if name in names else old[n] for n, name in enumerate(columns))
                for old in step.before.get("appointment", [])
            ]

    def attempt(self, possible: bool, do: Callable[[], Changed]) -> Changed | None:
        """The verb succeeds exactly when it may; a refusal leaves every table as it was."""
        before = self.dump()
        self.turn += 1
        if possible:
            return do()
        with pytest.raises(Refusal):
            do()
        assert self.dump() == before
        return None

    def change(
        self,
        visit: Visit,
        actor: str,
        verb: str,
        possible: bool,
        do: Callable[[int | None], Changed],
        low: bool = False,
    ) -> bool:
        if possible and self.turn % 4 == 0:
            before = self.dump()
            with pytest.raises(ChangedElsewhere):
                do(visit.version - 1)
            assert self.dump() == before
        kept = self.kept(visit)
        others = [row for row in self.rows("appointment") if row[0] != visit.id]
        made = self.attempt(possible, lambda: do(visit.version))
        if made is None:
            return False
        assert made.verb == verb
        visit.version += 1
        assert [row for row in self.rows("appointment") if row[0] != visit.id] == others
        self.note(visit, actor, made, kept, low)
        return True

    def note(self, visit: Visit, actor: str, made: Changed, kept: Kept, low: bool = False) -> None:
        """Keep what undo must restore; the change told exactly the people of the matrix, once."""
        verb = made.verb.value
        self.reached.add(verb)
        visit.steps.append(Step(actor, self.turn, visit.version, verb, kept))
        told = [(EVENTS[verb], *way) for way in WAYS if verb not in SILENT]
        if low:
            told += [("low_rating", *way) for way in WAYS if way[0] == "office"]
        rows = self.eye.execute(
            "SELECT event, recipient, channel, state, reason, due_at, to_address, stream"
            " FROM notification"
            " WHERE appointment_id = ? AND appointment_version = ?",
            (visit.id, visit.version),
        ).fetchall()
        assert sorted(row[:3] for row in rows) == sorted(told)
        for told_of, recipient, _, state, reason, due, to, stream in rows:
            waits, leaves = self.fate(told_of, recipient)
            assert (state, reason) == (("pending", waits) if to else ("cancelled", "no_address"))
            if to:
                assert due == leaves.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                assert stream.endswith(":quiet") == (waits is not None)
        assert made.queued == sum(row[3] == "pending" for row in rows)

    def take_back(
        self, visit: Visit | None, actor: str, possible: bool, number: int | None
    ) -> bool:
        office = self.desks[actor]
        step = visit.steps[-1] if visit and visit.steps else None
        if not possible or visit is None or step is None or not self.may_undo(visit, step):
            self.attempt(False, lambda: undo(office, number))
            return False
        messages = len(self.rows("notification"))
        assert self.attempt(True, lambda: undo(office, number))
        self.reached.add(f"undo {visit.steps.pop().verb}")
        visit.version += 1
        assert len(self.rows("notification")) == messages
        states = self.eye.execute(
            "SELECT DISTINCT state, reason IN ('undone', 'no_address') FROM notification"
            " WHERE appointment_id = ? AND appointment_version = ?",
            (visit.id, step.version),
        )
        assert states.fetchall() == ([] if step.verb in SILENT else [("cancelled", 1)])
        if step.verb == "request":
            visit.status = "cancelled"
            return True
        now, before = self.kept(visit), step.before
        columns = [row[1] for row in self.eye.execute("PRAGMA table_info(appointment)")]
        same = [n for n, name in enumerate(columns) if name != "version"]
        assert [[row[n] for n in same] for row in now.pop("appointment")] == [
            [row[n] for n in same] for row in before["appointment"]
        ]
        assert now == {name: rows for name, rows in before.items() if name != "appointment"}
        self.restore(visit, step, columns)
        return True

    def may_undo(self, visit: Visit, step: Step) -> bool:
        left = self.eye.execute(
            "SELECT count(*) FROM notification WHERE appointment_id = ? AND appointment_version = ?"
            " AND NOT (state = 'cancelled' OR (state = 'pending' AND attempts = 0))",
            (visit.id, step.version),
        ).fetchone()[0]
        if left or step.verb in ("request", *SILENT):
            return not left
        columns = [row[1] for row in self.eye.execute("PRAGMA table_info(appointment)")]
        row = dict(zip(columns, step.before["appointment"][0], strict=True))
        if row["status"] != "scheduled":
            return True
        slot = (datetime.fromisoformat(row["starts_at"]), datetime.fromisoformat(row["ends_at"]))
        return not self.booked(slot, visit, since=step.turn)

    def restore(self, visit: Visit, step: Step, columns: list[str]) -> None:
        row = dict(zip(columns, step.before["appointment"][0], strict=True))
        slot = (row["starts_at"], row["ends_at"])
        visit.status = row["status"]
        visit.slot = slot[0] and tuple(map(datetime.fromisoformat, slot))
        visit.said = (row["confirmed_at"] and "confirm") or (
            (row["change_asked_at"] and "ask_change") or ""
        )
        visit.since = self.turn
        visit.here = row["arrived_at"] is not None
        if step.verb in ("collect_feedback", "resend"):
            visit.asked.pop()
