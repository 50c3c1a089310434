"""An office of the first version is brought up to date: nothing is lost and nothing changes."""

import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.events import MessageState
from interworky_tui.storage import schema
from interworky_tui.storage.backup import MADE
from interworky_tui.storage.chain import HEAD_FACT
from interworky_tui.storage.moments import to_text
from interworky_tui.storage.queries import open_reader
from interworky_tui.storage.schema import SchemaState
from tests.storage.conftest import HALF_HOUR, MIGRATE, NEXT, NOW, Start, Store, next_versions
from tests.storage.upgrading import office_of, upgrade

FIRST = ("0001",)
LATER = NOW + timedelta(days=1)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Store]:
    """An empty office of the first version."""
    with office_of(tmp_path / "interworky.db", FIRST) as store:
        yield store


def fill(store: Store) -> None:
    """Every status and every state of a message, with history, answers and several clients."""
    clients = [
        store.client("Ada Lovelace", email="ada@example.org", language="en"),
        store.client("  José\x1b[31m 'Öz' ", phone=None, email="jose@example.org"),
        store.client("李 Wei", phone="+34911222333"),
    ]
    for number, status in enumerate(Status):
        visit = store.visit(
            status,
            NOW + number * HALF_HOUR,
            client_id=clients[number % 3],
            note="Brings\n'documents'",
            service="Check-up",
            wish_time="10:15",
            urgency="high",
            arrived_at=NOW if status is Status.SCHEDULED else None,
            cancel_text="moved away",
            source_key=f"line {number}",
            version=number + 1,
        )
        step(store, visit, 1, "request", NOW, {})
        for state in MessageState:
            name = f"{visit}.{state}"
            store.message(visit, state.value, message_id=f"<{name}@example.org>", **told(name))
    store.insert("feedback_request", appointment_id=4, office_day="2026-03-16", at=NOW,
                 appointment_version=4)  # fmt: skip
    store.insert("survey_response", appointment_id=5, rating=2, good="kind", bad="slow",
                 recommend="no", publish=1, source="staff", at=NOW)  # fmt: skip
    store.insert("office_fact", name="country", value="DE")


def told(name: str) -> dict[str, Any]:
    """Something in every column that a message may do without."""
    return {
        "subject": f"Your visit {name}",
        "html": "<p>Bis bald – naïve 😀</p>",
        "visit_starts_at": NOW,
        "attempts": 3,
        "sent_at": LATER,
        "provider_ref": f"SM{name}",
    }


def step(
    store: Store, visit: int, version: int, verb: str, at: datetime, detail: dict[str, Any]
) -> None:
    store.insert(
        "appointment_event",
        appointment_id=visit,
        version=version,
        at=at,
        actor="ana",
        verb=verb,
        from_status="requested",
        to_status="scheduled",
        detail=json.dumps(detail, separators=(",", ":")),
    )


def rows(file: Path) -> Rows:
    """Everything, the rows of the full-text index among them."""
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]
            for (name,) in names
            if name != "alembic_version"
        }


def unused(rows: list[dict[str, Any]]) -> list[str]:
    """The columns in which no row has anything; of a table without rows, its emptiness."""
    columns = rows[0] if rows else ["rows"]
    return [column for column in columns if not any(row[column] for row in rows)]


def test_every_row_is_there_unchanged(old: Store) -> None:
    fill(old)
    before = rows(old.file)
    assert not [name for name in before if unused(before[name]) and "search_" not in name]
    upgrade(old)
    after = rows(old.file)
    facts = after["office_fact"]
    after["office_fact"] = [fact for fact in facts if fact["name"] != HEAD_FACT]
    assert len(facts) > len(after["office_fact"])
    for name, known in before.items():
        assert [{column: row[column] for column in known[0]} for row in after[name]] == known, name
    channels, web = {"inbound_sms", "sms_receipt", "sms_opt_out"}, {"survey_link", "survey_note"}
    api, offers = {"api_key", "api_call"}, {"slot_offer", "slot_offer_to"}
    desks = {"desk_session", "suppressed_number"}
    assert set(after) - set(before) == channels | web | api | offers | desks
    assert {row["source"] for row in after["appointment"]} == {"import"}
    assert old.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert old.one("PRAGMA integrity_check") == "ok"


def test_the_search_and_the_history_are_as_they_were(old: Store) -> None:
    fill(old)
    upgrade(old)
    with closing(open_reader(old.url)) as reader:
        assert [row.id for row in reader.page(Status.REQUESTED, search="lovel")] == [1]
        assert [row.id for row in reader.page(Status.ATTENDED, search="911222")] == [3]
    check = "INSERT INTO client_search(client_search, rank) VALUES ('integrity-check', 1)"
    old.connection.execute(check)
    for statement in ("UPDATE appointment_event SET actor = ''", "DELETE FROM appointment_event"):
        with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
            old.connection.execute(statement)


@pytest.mark.parametrize(
    ("state", "reason", "copies"),
    [
        ("pending", None, 0),
        ("pending", "not_configured", 0),
        ("pending", "unconfirmed", 1),
        ("pending", "uncertain", 2),
        ("sending", "unconfirmed", 1),
        ("sending", "uncertain", 2),
        ("sending", None, 0),
        ("held", "uncertain", 0),
        ("failed", "gave_up", 0),
        ("sent", None, 0),
    ],
)
def test_copies_that_may_have_left_are_counted_as_before(
    old: Store, state: str, reason: str | None, copies: int
) -> None:
    old.message(old.visit(), state, reason=reason)
    upgrade(old)
    assert old.one("SELECT copies FROM notification") == copies
    assert old.one("SELECT reason FROM notification") == reason


def test_a_message_gets_the_end_of_the_visit_that_it_speaks_of(old: Store) -> None:
    visit = old.visit(Status.SCHEDULED, NOW)
    of_now = old.message(visit, visit_starts_at=NOW)
    of_before = old.message(visit, visit_starts_at=LATER)
    of_none = old.message(visit)
    upgrade(old)
    ends = dict(old.connection.execute("SELECT id, visit_ends_at FROM notification").fetchall())
    assert ends == {of_now: to_text(NOW + HALF_HOUR), of_before: None, of_none: None}


MINUTE = timedelta(minutes=1)
UNDONE = "undo"


@pytest.mark.parametrize(
    ("steps", "set_at"),
    [
        (["request", "schedule"], 2),
        (["request", "schedule", "reschedule"], 3),
        (["request", "schedule", "edit", "attend"], 2),
        (["request", "schedule", "reschedule", (UNDONE, 3)], 2),
        (["request", "schedule", "reschedule", (UNDONE, 3), "reschedule"], 5),
        (["request", "schedule", (UNDONE, 2), "schedule"], 4),
        (["request", "schedule", "attend", (UNDONE, 3)], 2),
        # The second change is not the twentieth.
        (["request", "schedule", *["edit"] * 17, "reschedule", (UNDONE, 20)], 2),
    ],
)
def test_when_the_start_was_set_is_found_in_the_history(
    old: Store, steps: list[Any], set_at: int
) -> None:
    visit, other = old.visit(Status.SCHEDULED, LATER), old.visit(Status.SCHEDULED, LATER)
    for version, verb in enumerate(steps, 1):
        told = {"undone": verb[1], "verb": steps[verb[1] - 1]} if verb[0] == UNDONE else {}
        step(old, visit, version, UNDONE if told else verb, NOW + version * MINUTE, told)
    step(old, other, 2, "schedule", NOW, {})
    upgrade(old)
    found = dict(old.connection.execute("SELECT id, scheduled_at FROM appointment").fetchall())
    assert found == {visit: to_text(NOW + set_at * MINUTE), other: to_text(NOW)}


def test_a_text_that_was_taken_is_known_by_its_name(old: Store) -> None:
    visit = old.visit()
    first = old.message(visit, "sent", provider_ref="SM1", sent_at=NOW)
    old.message(visit, "sent", provider_ref="SM1", sent_at=LATER)
    old.message(visit, "sent", provider_ref="<a@b>", sent_at=NOW, channel="email")
    old.message(visit, "previewed", provider_ref="preview/1.txt", sent_at=NOW)
    old.message(visit, "sent", sent_at=NOW)
    upgrade(old)
    found = old.connection.execute("SELECT * FROM sms_receipt").fetchall()
    assert found == [("SM1", first, to_text(NOW), None, None, None)]


def test_the_copy_of_before_is_whole_and_for_nobody_else(old: Store) -> None:
    fill(old)
    before = rows(old.file)
    mask = os.umask(0o022)
    try:
        upgrade(old)
    finally:
        os.umask(mask)
    copy = old.file.with_name(f"interworky-before-{schema.HEAD}.db")
    assert schema.look(copy) is SchemaState.OLDER
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    # It says when it was made, by which it is known as a backup.
    said = rows(copy)
    said["office_fact"] = [fact for fact in said["office_fact"] if fact["name"] != MADE]
    assert said == before


def test_a_process_killed_after_all_of_it_leaves_the_office_as_it_was(
    old: Store, tmp_path: Path, start: Start
) -> None:
    fill(old)
    before = rows(old.file)
    killed = next_versions(tmp_path, "os.kill(os.getpid(), 9)")
    process = start(MIGRATE, old.url, " ".join(NEXT), *killed)
    process.communicate("\n", timeout=30)
    assert (tmp_path / "log").read_text() == "ran "
    assert schema.look(old.file) is SchemaState.OLDER
    assert rows(old.file) == before
    upgrade(old)
    assert schema.look(old.file) is SchemaState.CURRENT
