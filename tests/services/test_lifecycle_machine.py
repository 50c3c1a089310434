"""Random verbs by two people under a moving clock, against a small model of the rules.

The model knows the rules as they are written down and nothing of the program's own table.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event

from interworky_tui.config import Settings
from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import ChangedElsewhere, Refusal
from interworky_tui.domain.feedback import Survey
from interworky_tui.services import feedback, intake, scheduling, visits
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.undo import latest, undo
from interworky_tui.storage.database import Database

START = datetime(2026, 3, 28, 20, tzinfo=UTC)  # the evening before the clocks change
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
    """What the model knows of an appointment. ``since`` is when it got its time."""

    id: int
    status: str = "requested"
    slot: tuple[datetime, datetime] | None = None
    version: int = 1
    since: int = 0
    steps: list[Step] = field(default_factory=list)
    asked: list[date] = field(default_factory=list)


class Lives(RuleBasedStateMachine):
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
        self.low = low
        ana = Context(office, self.database, lambda: self.now, "ana")
        self.desks = {"ana": ana, "ben": replace(ana, actor="ben")}

    # What people do.

    actors = st.sampled_from(["ana", "ben"])
    picks = st.integers(0, 50)

    @rule(actor=actors, phone=st.booleans(), email=st.booleans())
    @precondition(lambda self: len(self.visits) < MOST_VISITS)
    def request(self, actor: str, phone: bool, email: bool) -> None:
        number = len(self.visits) + 1
        new = intake.NewRequest(
            name=f"Client {number}",
            phone=f"+4930123{number:04}" if phone or not email else "",
            email=f"c{number}@example.com" if email else "",
            date=self.today() + timedelta(days=3),
            band="evening",
        )
        visit = Visit(number)
        made = self.attempt(True, lambda: intake.request(self.desks[actor], new))
        assert made
        self.visits.append(visit)
        self.note(visit, actor, made, {})

    @rule(
        actor=actors,
        pick=picks,
        offset=st.sampled_from([-90, -1, 0, 15, 30, 60]),
        minutes=st.sampled_from([None, 15]),
        override=st.booleans(),
    )
    @precondition(lambda self: self.visits)
    def schedule(
        self, actor: str, pick: int, offset: int, minutes: int | None, override: bool
    ) -> None:
        visit = self.pick(pick)
        start = self.now.replace(second=0, microsecond=0) + offset * MINUTE
        length = timedelta(minutes=minutes or 30)
        if minutes is None and visit.slot:
            length = visit.slot[1] - visit.slot[0]
        slot = (start, start + length)
        possible = (
            visit.status in ("requested", "scheduled")
            and offset >= 0
            and slot != visit.slot
            and (override or not self.booked(slot, visit))
        )

        def do(version: int | None) -> Changed:
            return scheduling.schedule(
                self.desks[actor],
                visit.id,
                start,
                minutes=minutes,
                override=override,
                version=version,
            )

        verb = "reschedule" if visit.status == "scheduled" else "schedule"
        if self.change(visit, actor, verb, possible, do):
            visit.status, visit.slot, visit.since = "scheduled", slot, self.turn

    @rule(actor=actors, pick=picks)
    @precondition(lambda self: self.visits)
    def attend(self, actor: str, pick: int) -> None:
        visit = self.pick(pick)

        def do(version: int | None) -> Changed:
            return visits.attend(self.desks[actor], visit.id, version=version)

        if self.change(visit, actor, "attend", self.due(visit), do):
            visit.status = "attended"

    @rule(actor=actors, pick=picks)
    @precondition(lambda self: self.visits)
    def collect(self, actor: str, pick: int) -> None:
        visit, today = self.pick(pick), self.today()
        possible = visit.status in ("attended", "feedback_pending") and today not in visit.asked

        def do(version: int | None) -> Changed:
            return feedback.collect(self.desks[actor], visit.id, version=version)

        verb = "resend" if visit.status == "feedback_pending" else "collect_feedback"
        if self.change(visit, actor, verb, possible, do):
            visit.status = "feedback_pending"
            visit.asked.append(today)

    @rule(actor=actors, pick=picks, rating=st.integers(1, 5))
    @precondition(lambda self: self.visits)
    def record(self, actor: str, pick: int, rating: int) -> None:
        visit = self.pick(pick)

        def do(version: int | None) -> Changed:
            return feedback.record(self.desks[actor], visit.id, Survey(rating), version=version)

        possible = visit.status == "feedback_pending"
        if self.change(visit, actor, "submit_feedback", possible, do, rating <= self.low):
            visit.status = "feedback_collected"

    @rule(
        actor=actors,
        pick=picks,
        reason=st.sampled_from(CancelReason),
        text=st.sampled_from(["", "ill"]),
    )
    @precondition(lambda self: self.visits)
    def cancel(self, actor: str, pick: int, reason: CancelReason, text: str) -> None:
        visit = self.pick(pick)
        possible = visit.status in ("requested", "scheduled")
        possible &= reason != "no_show" or self.due(visit)
        possible &= reason != "other" or bool(text)

        def do(version: int | None) -> Changed:
            return scheduling.cancel(self.desks[actor], visit.id, reason, text, version=version)

        if self.change(visit, actor, "cancel", possible, do):
            visit.status = "cancelled"

    @rule(actor=actors, pick=picks, note=st.sampled_from(["", "x", "y"]))
    @precondition(lambda self: self.visits)
    def edit(self, actor: str, pick: int, note: str) -> None:
        visit = self.pick(pick)
        told = len(self.rows("notification", visit.id))
        after = scheduling.edit_request(self.desks[actor], visit.id, service="", note=note)
        assert after.version in (visit.version, visit.version + 1)
        assert len(self.rows("notification", visit.id)) == told
        if after.version != visit.version:
            visit.version = after.version
            (row,) = self.rows("appointment", visit.id)
            for step in visit.steps:
                for old in step.before.get("appointment", []):
                    step.before["appointment"] = [self.with_note(old, row)]

    @rule(actor=actors, pick=picks, own=st.booleans())
    @precondition(lambda self: any(visit.steps for visit in self.visits))
    def undo(self, actor: str, pick: int, own: bool) -> None:
        if not own:
            visit = self.pick(pick)
            self.take_back(visit, actor, bool(visit.steps), visit.id)
            return
        mine = [(s.turn, v) for v in self.visits for s in v.steps if s.actor == actor]
        turn, last = max(mine, key=lambda found: found[0], default=(0, None))
        offered = latest(self.desks[actor])
        undone = self.take_back(last, actor, bool(last and last.steps[-1].turn == turn), None)
        assert (offered is not None) == undone

    @rule(actor=actors, pick=picks, rating=st.integers(1, 5), wait=st.booleans())
    @precondition(lambda self: self.visits)
    def do_the_next_thing(self, actor: str, pick: int, rating: int, wait: bool) -> None:
        """Chance alone seldom leads to the end of a life."""
        visit = self.pick(pick)
        if visit.status == "requested":
            self.schedule(actor, pick, 0 if wait else 30, None, True)
        elif visit.status == "scheduled" and wait:
            self.schedule(actor, pick, 60, None, True)
        elif visit.status == "scheduled" and visit.slot:
            self.now = max(self.now, visit.slot[0])
            self.attend(actor, pick)
        elif visit.status == "feedback_pending" and not wait:
            self.record(actor, pick, rating)
        else:
            self.now += timedelta(days=int(visit.status == "feedback_pending"))
            self.collect(actor, pick)

    @rule(
        actor=actors,
        pick=picks,
        rating=st.integers(1, 5),
        steps=st.integers(1, 4),
        back=st.integers(0, 3),
    )
    @precondition(lambda self: self.visits)
    def forth_and_back(self, actor: str, pick: int, rating: int, steps: int, back: int) -> None:
        for _ in range(steps):
            self.do_the_next_thing(actor, pick, rating, False)
        for _ in range(back):
            visit = self.pick(pick)
            self.take_back(visit, actor, bool(visit.steps), visit.id)

    # What happens meanwhile.

    @rule(
        minutes=st.sampled_from([0, 1, 14, 30, 60, 6 * 60, 24 * 60]),
        seconds=st.sampled_from([0, 5, 59]),
    )
    def time_passes(self, minutes: int, seconds: int) -> None:
        self.now += timedelta(minutes=minutes, seconds=seconds)

    @rule(
        state=st.sampled_from(["sent", "previewed", "failed", "held", "sending", "retry"]),
        channel=st.sampled_from(["sms", "email", "%"]),
    )
    def a_worker_sends(self, state: str, channel: str) -> None:
        lease = "w" if state == "sending" else None
        reason = "rejected" if state in ("failed", "held") else None
        self.eye.execute(
            "UPDATE notification SET state = ?, lease_owner = ?, lease_until = ?, reason = ?,"
            " attempts = attempts + 1 WHERE state = 'pending' AND due_at <= ? AND channel LIKE ?",
            (
                "pending" if state == "retry" else state,
                lease,
                lease,
                reason,
                self.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                channel,
            ),
        )

    # What must hold.

    @invariant()
    def the_model_is_the_store(self) -> None:
        found = self.eye.execute(
            "SELECT id, status, version, starts_at FROM appointment"
        ).fetchall()
        assert [row[:3] for row in found] == [(v.id, v.status, v.version) for v in self.visits]
        for row, visit in zip(found, self.visits, strict=True):
            timed = visit.slot and visit.slot[0].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            assert row[3] == timed

    @invariant()
    def history_is_complete(self) -> None:
        for visit in self.visits:
            lines = self.eye.execute(
                "SELECT version, from_status, to_status, at FROM appointment_event"
                " WHERE appointment_id = ? ORDER BY id",
                (visit.id,),
            ).fetchall()
            assert [line[0] for line in lines] == list(range(1, visit.version + 1))
            assert lines[0][1] is None
            assert all(a[2] == b[1] and a[3] <= b[3] for a, b in pairwise(lines))
            assert lines[-1][2] == visit.status

    @invariant()
    def feedback_was_asked_for_once_a_day(self) -> None:
        rows = self.eye.execute("SELECT appointment_id, office_day FROM feedback_request")
        days = [(v.id, day.isoformat()) for v in self.visits for day in v.asked]
        assert sorted(rows) == sorted(days)

    # How it is done.

    def pick(self, number: int) -> Visit:
        return self.visits[number % len(self.visits)]

    def today(self) -> date:
        summer = datetime(2026, 3, 29, 1, tzinfo=UTC)
        return (self.now + timedelta(hours=2 if self.now >= summer else 1)).date()

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

    def with_note(self, old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[Any, ...]:
        columns = [row[1] for row in self.eye.execute("PRAGMA table_info(appointment)")]
        place = columns.index("note")
        return (*old[:place], new[place], *old[place + 1 :])

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
        told = [(EVENTS[verb], *way) for way in WAYS]
        if low:
            told += [("low_rating", *way) for way in WAYS if way[0] == "office"]
        rows = self.eye.execute(
            "SELECT event, recipient, channel, state, reason, to_address FROM notification"
            " WHERE appointment_id = ? AND appointment_version = ?",
            (visit.id, visit.version),
        ).fetchall()
        assert sorted(row[:3] for row in rows) == sorted(told)
        for *_, state, reason, to in rows:
            assert (state, reason) == (("pending", None) if to else ("cancelled", "no_address"))
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
        assert states.fetchall() == [("cancelled", 1)]
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
        if left or step.verb == "request":
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
        visit.since = self.turn
        if step.verb in ("collect_feedback", "resend"):
            visit.asked.pop()


def test_no_series_of_verbs_breaks_a_rule(empty_store: Path) -> None:
    Lives.empty_store = empty_store
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=60,
            stateful_step_count=50,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # Else the series were too short to say anything.
    assert set(EVENTS) <= Lives.reached
    assert sum(verb.startswith("undo ") for verb in Lives.reached) >= 3
