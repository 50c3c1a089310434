"""Reminders: once for each lead, at the right time, to whom they still concern."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as hooks
from sqlalchemy import update

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.lifecycle import Change, Verb
from interworky_tui.services import opt_outs, scheduling
from interworky_tui.services.change import apply
from interworky_tui.services.reminders import queue_reminders
from interworky_tui.services.undo import undo
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import APPOINTMENT, NOTIFICATION
from tests.mending import mend_client

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def reminders(desk: Any, **equal: Any) -> list[dict[str, Any]]:
    return list(desk.rows(NOTIFICATION, event="reminder", **equal))


def a_visit(desk: Any, hours: float = 72, **values: Any) -> tuple[int, datetime]:
    """Scheduled so many hours ahead, at 9:10 in the morning unless told otherwise."""
    start = desk.clock.now + timedelta(hours=hours)
    return desk.scheduled(start, **values).appointment.id, start


def test_a_reminder_leaves_a_day_before_by_both_channels(desk: Any) -> None:
    number, start = a_visit(desk, name="Ana", phone="030 901820", email="ana@example.com")
    desk.clock.now = start - DAY - timedelta(microseconds=1)
    assert queue_reminders(desk.office) == 0
    assert reminders(desk) == []
    desk.clock.now = start - DAY
    woken = len(desk.woken)
    assert queue_reminders(desk.office) == 2
    assert len(desk.woken) == woken + 1
    mail, text = sorted(reminders(desk), key=lambda row: str(row["channel"]))
    for row, to in ((mail, "ana@example.com"), (text, "+4930901820")):
        assert (row["state"], row["reason"]) == ("pending", None)
        assert (row["appointment_id"], row["appointment_version"]) == (number, None)
        assert (row["recipient"], row["to_address"]) == ("client", to)
        assert (row["created_at"], row["due_at"]) == (desk.clock.now, desk.clock.now)
        assert (row["visit_starts_at"], row["visit_ends_at"]) == (start, start + HOUR / 2)
        assert row["stream"] == f"client:1:{row['channel']}"
        assert row["dedupe_key"] == f"1:reminder:{start.isoformat()}:86400:{row['channel']}"
    assert mail["message_id"]
    assert mail["subject"]
    assert "Reply C to confirm" in text["body"]
    assert "STOP" not in text["body"]


def test_nobody_is_reminded_twice(desk: Any) -> None:
    _, start = a_visit(desk)
    for hours in (24, 23, 3, 0.1, 0, -1):
        desk.clock.now = start - hours * HOUR
        queue_reminders(desk.office)
    assert len(reminders(desk)) == 2
    desk.clock.now = start - DAY
    assert queue_reminders(desk.office) == 0


def test_what_has_begun_needs_no_reminder(desk: Any) -> None:
    _, start = a_visit(desk)
    desk.clock.now = start
    assert queue_reminders(desk.office) == 0
    desk.clock.now = start - timedelta(microseconds=1)
    assert queue_reminders(desk.office) == 2


def test_a_time_that_was_set_within_the_lead_was_news_enough(desk: Any) -> None:
    a_visit(desk, 23)
    exactly, _ = a_visit(desk, 24, name="Eva", phone="030 901820")
    desk.clock.forward(hours=1)
    queue_reminders(desk.office)
    assert {row["appointment_id"] for row in reminders(desk)} == {exactly}


def test_what_was_moved_within_the_lead_is_not_reminded_of(desk: Any) -> None:
    number, start = a_visit(desk)
    desk.clock.now = start - 25 * HOUR
    scheduling.schedule(desk.office, number, start - HOUR)
    desk.clock.now = start - 2 * HOUR
    assert queue_reminders(desk.office) == 2
    later, begins = a_visit(desk)
    desk.clock.now = begins - 20 * HOUR
    scheduling.schedule(desk.office, later, begins + 2 * HOUR)
    desk.clock.now = begins
    assert queue_reminders(desk.office) == 0


def test_another_start_has_a_reminder_of_its_own(desk: Any) -> None:
    number, start = a_visit(desk)
    desk.clock.now = start - DAY
    queue_reminders(desk.office)
    scheduling.schedule(desk.office, number, start + 2 * DAY)
    desk.clock.now = start + DAY
    assert queue_reminders(desk.office) == 2
    assert {row["visit_starts_at"] for row in reminders(desk)} == {start, start + 2 * DAY}


def test_what_was_never_given_a_moment_was_set_long_ago(desk: Any) -> None:
    """As is what an office of the first version had."""
    number, start = a_visit(desk)
    with desk.office.database.write() as connection:
        connection.execute(
            update(APPOINTMENT).where(APPOINTMENT.c.id == number).values(scheduled_at=None)
        )
    desk.clock.now = start - HOUR
    assert queue_reminders(desk.office) == 2


@pytest.mark.parametrize("away", ["cancelled", "attended", "confirmed"])
def test_whom_it_does_not_concern_any_more(desk: Any, away: str) -> None:
    number, start = a_visit(desk)
    if away == "cancelled":
        scheduling.cancel(desk.office, number, CancelReason.CLIENT_ASKED)
    elif away == "confirmed":
        answer(desk, number, Verb.CONFIRM)
    else:
        desk.clock.now = start
        apply(desk.office, number, lambda _: Verb.ATTEND, lambda *_: Change(), version=None)
    desk.clock.now = start - DAY
    assert queue_reminders(desk.office) == 0


def answer(desk: Any, number: int, verb: Verb) -> None:
    apply(desk.office, number, lambda _: verb, lambda *_: Change(), version=None)


def test_who_asked_for_another_time_has_this_one_until_it_is_moved(desk: Any) -> None:
    number, start = a_visit(desk)
    answer(desk, number, Verb.ASK_CHANGE)
    desk.clock.now = start - DAY
    assert queue_reminders(desk.office) == 2


@pytest.mark.parametrize(
    ("leads", "seen", "told"),
    [
        (("48h", "2h"), [48, 2], ["172800", "7200"]),
        (("48h", "2h"), [1], ["7200"]),
        (("48h", "2h"), [3, 1], ["172800", "7200"]),
        (("2h", "48h"), [2, 1, 0.5], ["7200"]),
        ((), [48, 24, 2, 0.1], []),
        (("30m",), [24, 1, 0.5], ["1800"]),
    ],
)
def test_of_leads_that_passed_unseen_only_the_shortest_is_made_up_for(
    desk: Any, leads: tuple[str, ...], seen: list[float], told: list[str]
) -> None:
    desk.set(messages={"reminders": leads, "quiet_hours": ""})
    _, start = a_visit(desk)
    for hours in seen:
        desk.clock.now = start - hours * HOUR
        queue_reminders(desk.office)
    keys = [row["dedupe_key"].split(":")[-2] for row in reminders(desk, channel="sms")]
    assert keys == told
    assert len(reminders(desk)) == 2 * len(told)


def test_a_reminder_waits_for_the_end_of_the_night(desk: Any) -> None:
    desk.set(messages={"reminders": ("12h",)})
    _, start = a_visit(desk, 72)
    desk.clock.now = start - 12 * HOUR
    assert desk.clock.now.astimezone(desk.office.zone).hour == 21
    queue_reminders(desk.office)
    morning = desk.local(start.date(), 8)
    for row in reminders(desk):
        assert (row["state"], row["reason"]) == ("pending", "quiet_hours")
        assert row["due_at"] == morning
        assert row["stream"].endswith(":quiet")


def test_what_would_come_after_the_visit_has_begun_is_not_sent_at_all(desk: Any) -> None:
    desk.set(messages={"reminders": ("2h",)})
    _, early = a_visit(desk, 72 - 1 - 1 / 6)  # at eight, when the night ends
    desk.clock.now = early - 2 * HOUR
    assert queue_reminders(desk.office) == 0
    _, later = a_visit(desk, 72 + 2 + 1 / 60)
    desk.clock.now = later - 2 * HOUR
    assert queue_reminders(desk.office) == 2
    assert {row["reason"] for row in reminders(desk)} == {"quiet_hours"}


def test_two_leads_that_end_in_one_morning_are_one_reminder(desk: Any) -> None:
    desk.set(messages={"reminders": ("13h", "12h")})
    _, start = a_visit(desk, 72)
    for hours in (13, 12, 1):
        desk.clock.now = start - hours * HOUR
        queue_reminders(desk.office)
    assert len(reminders(desk)) == 2


def test_who_opted_out_gets_the_email_alone(desk: Any) -> None:
    _, start = a_visit(desk, phone="030 901820")
    with desk.office.database.write() as connection:
        opt_outs.opt_out(connection, "+4930901820", opt_outs.Source.DESK, desk.clock.now)
    desk.clock.now = start - DAY
    queue_reminders(desk.office)
    fates = {row["channel"]: (row["state"], row["reason"]) for row in reminders(desk)}
    assert fates == {"sms": ("cancelled", "opted_out"), "email": ("pending", None)}


def test_a_reminder_that_is_the_first_text_says_how_to_stop(desk: Any) -> None:
    """As after an import, of which nobody is told."""
    off = {"client": {"sms": False}}
    desk.set(messages={"matrix": {"requested": off, "scheduled": off}})
    _, start = a_visit(desk)
    desk.clock.now = start - DAY
    queue_reminders(desk.office)
    (text,) = reminders(desk, channel="sms")
    assert text["body"].startswith("Lindenhof Practice: ")
    assert text["body"].endswith(" Reply STOP to opt out.")


def test_without_an_address_the_row_says_so_once(desk: Any) -> None:
    _, start = a_visit(desk, email="")
    desk.clock.now = start - DAY
    for _ in range(2):
        queue_reminders(desk.office)
    assert {row["channel"]: row["reason"] for row in reminders(desk)} == {
        "sms": None,
        "email": "no_address",
    }


def test_a_client_is_reminded_in_the_clients_language(desk: Any) -> None:
    _, start = a_visit(desk, name="Ana")
    mend_client(desk.office, 1, name="Ana", phone="030 901820", email="a@b.example", language="es")
    desk.clock.now = start - DAY
    queue_reminders(desk.office)
    assert "reminder" not in "".join(row["body"] for row in reminders(desk))


def test_the_reminder_of_a_time_that_holds_again_holds_again(desk: Any) -> None:
    number, start = a_visit(desk)
    desk.clock.now = start - DAY
    queue_reminders(desk.office)
    scheduling.schedule(desk.office, number, start + DAY)
    # A worker finds it overtaken, while the channels are down.
    with desk.office.database.write() as connection:
        connection.execute(
            update(NOTIFICATION)
            .where(NOTIFICATION.c.event == "reminder")
            .values(state="cancelled", reason="stale")
        )
    desk.clock.forward(seconds=5)
    undo(desk.office)
    assert {row["state"] for row in reminders(desk)} == {"pending"}
    scheduling.schedule(desk.office, number, start + DAY)
    assert undo(desk.office)


@pytest.mark.sqlite_only
def test_more_than_a_batch_and_each_once(desk: Any) -> None:
    start = desk.clock.now + 30 * HOUR
    first = desk.scheduled(start).appointment
    row = desk.appointment(first.id)
    many = [
        row
        | {
            "id": number,
            "starts_at": start + MINUTE * (number // 3),
            "ends_at": start + HOUR + MINUTE * (number // 3),
            "sort_at": start + MINUTE * (number // 3),
            "scheduled_at": start - (DAY if number % 2 else 3 * HOUR),
        }
        for number in range(2, 504)
    ]
    with desk.office.database.write() as connection:
        connection.execute(APPOINTMENT.insert(), many)
    desk.clock.now = start - HOUR
    assert queue_reminders(desk.office) == 2 * 252
    assert queue_reminders(desk.office) == 0
    told = {row["appointment_id"] for row in reminders(desk)}
    assert told == {first.id} | {n for n in range(2, 504) if n % 2}


@pytest.mark.sqlite_only
def test_the_search_reads_the_index_of_the_list(desk: Any) -> None:
    a_visit(desk)
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT appointment.id, appointment.starts_at"):
            seen.append((statement, parameters))

    listening = desk.office.database.engine, "before_cursor_execute", note
    hooks.listen(*listening)
    queue_reminders(desk.office)
    hooks.remove(*listening)
    ((statement, parameters),) = seen
    with desk.office.database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        said = str(plan.all())
    assert "ix_appointment_list (status=? AND sort_at>? AND sort_at<?)" in said
    assert "ix_notification_appointment_id" in said
    assert "TEMP B-TREE" not in said


def test_a_quiet_minute_writes_nothing(desk: Any) -> None:
    """So that no process keeps another from writing when there is nothing to do."""
    _, start = a_visit(desk)
    desk.clock.now = start - DAY
    queue_reminders(desk.office)
    woken = len(desk.woken)
    begun: list[str] = []
    hooks.listen(
        desk.office.database.engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_: begun.append(statement),
    )
    assert queue_reminders(desk.office) == 0
    assert begun
    assert not [one for one in begun if one == "BEGIN IMMEDIATE" or "advisory_xact" in one]
    assert len(desk.woken) == woken


def test_many_processes_at_once_remind_once(desk: Any) -> None:
    starts = [a_visit(desk, 48 + number)[1] for number in range(12)]
    desk.clock.now = starts[0] - HOUR
    offices = [replace(desk.office, database=Database(desk.office.database.url)) for _ in range(4)]
    written: list[int] = []
    together = threading.Barrier(4)

    def work(office: Any) -> None:
        together.wait()
        written.append(queue_reminders(office))

    threads = [threading.Thread(target=work, args=(office,)) for office in offices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for office in offices:
        office.database.close()
    assert sum(written) == len(reminders(desk)) == 24


@pytest.mark.sqlite_only
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    minutes=st.integers(0, 30 * 60),
    ticks=st.lists(st.integers(1, 600), min_size=1, max_size=12),
    made=st.integers(1, 4000),
    leads=st.lists(st.sampled_from(["15m", "2h", "24h", "2d"]), max_size=3, unique=True),
)
def test_however_the_desk_is_open_over_the_change_of_the_clock(
    desk: Any, minutes: int, ticks: list[int], made: int, leads: list[str]
) -> None:
    """Each lead at most once, never before its time, after the start or in the night."""
    desk.set(messages={"reminders": leads})
    start = datetime(2026, 3, 28, 12, tzinfo=UTC) + minutes * MINUTE
    desk.clock.now = start - made * MINUTE
    number = desk.request(date=datetime(2026, 4, 2, tzinfo=UTC).date(), band="evening")
    scheduling.schedule(desk.office, number.appointment.id, start, override=True)
    spans = {"15m": 15, "2h": 120, "24h": 1440, "2d": 2880}
    looks = [desk.clock.now]
    for tick in ticks:
        desk.clock.now += tick * MINUTE
        looks.append(desk.clock.now)
        queue_reminders(desk.office)
    rows = desk.rows(NOTIFICATION, event="reminder", appointment_id=number.appointment.id)
    keys = [(row["dedupe_key"].split(":")[-2], row["channel"]) for row in rows]
    assert len(set(keys)) == len(keys)
    for row in rows:
        lead = int(row["dedupe_key"].split(":")[-2]) // 60
        assert lead in [spans[name] for name in leads]
        assert lead <= made
        assert start - lead * MINUTE <= row["created_at"] < start
        assert row["created_at"] <= row["due_at"] < start
        assert 8 <= row["due_at"].astimezone(desk.office.zone).hour < 20
        shorter = max([spans[n] for n in leads if spans[n] < lead], default=0)
        assert row["created_at"] < start - shorter * MINUTE
    for name in leads:
        shorter = max([spans[n] for n in leads if spans[n] < spans[name]], default=0)
        inside = [
            look
            for look in looks[1:]
            if start - spans[name] * MINUTE <= look < start - shorter * MINUTE
        ]
        by_day = [look for look in inside if 8 <= look.astimezone(desk.office.zone).hour < 20]
        if by_day and spans[name] <= made:
            assert (str(spans[name] * 60), "sms") in keys
