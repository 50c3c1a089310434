"""Many at once are exactly what the verbs do one by one, and are undone as one."""

import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.services import bulk, feedback, intake, scheduling, visits
from interworky_tui.services.bulk import Act, Target
from interworky_tui.services.context import Context
from interworky_tui.services.undo import undo
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import FEEDBACK_REQUEST, NOTIFICATION
from tests.rounds import rounds

HOUR = timedelta(hours=1)
ATTEND = Act(Verb.ATTEND)
CANCEL, ASK = Act(Verb.CANCEL, CancelReason.OFFICE), Act(Verb.COLLECT_FEEDBACK)


def free_of_chance(dump: dict[str, Any]) -> dict[str, Any]:
    """Without what no two runs have alike, and without the act's name and what chains it."""
    chance = {"batch", "message_id", "id", "hash", "value"}
    return {
        table: [{name: value for name, value in row.items() if name not in chance} for row in rows]
        for table, rows in dump.items()
    }


class Twin:
    """An office in a store of its own, filled the same way as its twin."""

    def __init__(self, folder: Path, name: str, like: Context, empty_store: Path) -> None:
        file = folder / f"{name}.db"
        shutil.copyfile(empty_store, file)
        self.database = Database(f"sqlite:///{file}")
        event.listen(
            self.database.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous = OFF")
        )
        self.now = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)
        self.office = replace(like, database=self.database, clock=lambda: self.now)

    def fill(self, lives: list[str]) -> list[int]:
        """Appointments that have come as far as each life says, and all word of it has left."""
        found = [self.one(number, life) for number, life in enumerate(lives)]
        with self.database.write() as connection:
            waiting = NOTIFICATION.c.state == "pending"
            connection.execute(NOTIFICATION.update().where(waiting).values(state="sent"))
        return found

    def one(self, number: int, life: str) -> int:
        office = self.office
        asked = intake.request(
            office,
            intake.NewRequest(
                # Two of a family share a phone.
                name=f"Ada {number}",
                phone=f"030 1230{number // 2:03}",
                email="" if number % 3 == 0 else f"ada{number}@example.com",
                date=date(2026, 3, 20),
                band="morning",
            ),
        )
        found = asked.appointment.id
        if life == "requested":
            return found
        start = self.now if life != "later" else self.now + 24 * HOUR * (number + 1)
        scheduling.schedule(office, found, start, minutes=30, override=True)
        if life in ("attended", "asked", "asked today"):
            visits.attend(office, found)
        if life in ("asked", "asked today"):
            feedback.collect(office, found)
        if life == "asked":
            with self.database.write() as connection:
                connection.execute(FEEDBACK_REQUEST.update().values(office_day="2026-03-15"))
        if life == "cancelled":
            scheduling.cancel(office, found, CancelReason.CLIENT_ASKED)
        return found

    def dump(self) -> dict[str, Any]:
        from interworky_tui.storage.models import Base

        with self.database.read() as connection:
            return {
                name: [
                    dict(row)
                    for row in connection.execute(
                        table.select().order_by(*table.primary_key.columns)
                    ).mappings()
                ]
                for name, table in Base.metadata.tables.items()
            }


LIVES = ("requested", "later", "due", "attended", "asked", "asked today", "cancelled")
ACTS = (ATTEND, CANCEL, ASK, Act(Verb.CANCEL, CancelReason.NO_SHOW))


def one_by_one(office: Context, act: Act, wanted: list[Target]) -> list[bool]:
    done = []
    for target in wanted:
        number, version = target.appointment_id, target.version
        try:
            if act.verb is Verb.ATTEND:
                visits.attend(office, number, version=version)
            elif act.verb is Verb.COLLECT_FEEDBACK:
                feedback.collect(office, number, version=version)
            else:
                assert act.reason
                scheduling.cancel(office, number, act.reason, act.text, version=version)
            done.append(True)
        except Refusal:
            done.append(False)
    return done


@pytest.mark.sqlite_only
@settings(
    max_examples=rounds(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    lives=st.lists(st.sampled_from(LIVES), min_size=1, max_size=5),
    act=st.sampled_from(ACTS),
    stale=st.sets(st.integers(0, 4)),
)
def test_many_at_once_are_as_one_by_one_and_undone_as_one(
    office: Context, empty_store: Path, lives: list[str], act: Act, stale: set[int]
) -> None:
    folder = Path(tempfile.mkdtemp())
    many, single = (Twin(folder, name, office, empty_store) for name in ("many", "single"))
    try:
        ids = many.fill(lives)
        assert single.fill(lives) == ids
        before = many.dump()
        planned = bulk.plan(many.office, act, ids)
        # A version that is gone is refused, whatever the plan says.
        wanted = [
            replace(line.target, version=line.target.version - (place in stale))
            for place, line in enumerate(planned)
        ]
        done = bulk.carry_out(many.office, act, wanted)
        went = one_by_one(single.office, act, wanted)
        assert [outcome.changed is not None for outcome in done.outcomes] == went
        for place, line in enumerate(planned):
            assert went[place] == (not line.against and place not in stale)
        assert free_of_chance(many.dump()) == free_of_chance(single.dump())
        if done.whole is None:
            assert many.dump() == before
            return
        queued = [m for line, w in zip(planned, went, strict=True) if w for m in line.messages]
        assert done.whole.queued == sum(message.blocked is None for message in queued)
        undo(many.office)
        restored(before, many.dump(), {ids[place] for place, done in enumerate(went) if done})
    finally:
        many.database.close()
        single.database.close()
        shutil.rmtree(folder)


def restored(before: dict[str, Any], after: dict[str, Any], touched: set[int]) -> None:
    """Everything is as before, but for versions, the history and messages that do not leave."""
    for was, now in zip(before["appointment"], after["appointment"], strict=True):
        expected = was | {"version": was["version"] + 2} if was["id"] in touched else was
        assert now == expected
    for table in ("client", "feedback_request", "survey_response", "survey_link"):
        assert after[table] == before[table], table
    size = len(before["notification"])
    assert after["notification"][:size] == before["notification"]
    assert {row["state"] for row in after["notification"][size:]} == {"cancelled"}
