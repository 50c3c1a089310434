"""A visit from the request to the feedback, typed command by command."""

from collections import Counter
from typing import Any

import pytest

from interworky_tui.config import Matrix
from interworky_tui.domain.events import Channel, Recipient
from tests.conftest import FixedClock
from tests.end_to_end.conftest import Shell

pytestmark = pytest.mark.both_databases

EACH = {(recipient.value, channel.value) for recipient in Recipient for channel in Channel}
AFTER_UNDO = {"seconds": 11}


def told(shell: Shell, appointment: int) -> list[tuple[str, str, str]]:
    return [
        (line["event"], line["recipient"], line["channel"])
        for line in shell.json("messages", "--appointment", appointment)
    ]


def states(shell: Shell, appointment: int) -> Counter[str]:
    lines = shell.json("messages", "--appointment", appointment)
    return Counter(line["state"] for line in lines)


def shown(shell: Shell, appointment: int) -> Any:
    return shell.json("show", appointment)


def attended(shell: Shell, clock: FixedClock, **given: str) -> int:
    one = shell.add(**given)
    shell("schedule", one, "today 10:00")
    clock.forward(hours=1)
    shell("attend", one)
    return one


def test_a_whole_visit(shell: Shell, clock: FixedClock) -> None:
    one = shell.add(service="Check-up")
    assert shown(shell, one)["status"] == "requested"

    said = shell("schedule", one, "fri 14:30").stdout
    assert "Scheduled: Ana Ruiz, appointment 1, Fri 20 Mar 2026, 14:30 to 15:00." in said
    assert "the client by SMS (+4930901820)" in said
    assert "the office by email (desk@lindenhof.example)" in said

    shell("schedule", one, "fri 10:15", "--minutes", 45)
    assert shown(shell, one)["ends_at"] == "2026-03-20T11:00:00+01:00"

    assert "has not begun yet" in shell.refused("attend", one)
    clock.forward(days=4, hours=1, minutes=5)
    assert shown(shell, one)["due"] is True
    shell("attend", one)
    assert shown(shell, one)["status"] == "attended"
    assert shown(shell, one)["due"] is False

    shell("collect-feedback", one)
    refused = shell.refused("collect-feedback", one)
    assert "asked today at 10:15; next: tomorrow, Sat 21 Mar 2026" in refused
    clock.forward(days=1)
    assert "Asked for feedback again" in shell("collect-feedback", one).stdout

    shell("record-feedback", one, "--rating", 5, "--good", "No waiting", "--recommend", "yes")
    after = shown(shell, one)
    assert (after["status"], after["rating"]) == ("feedback_collected", 5)
    assert [line["verb"] for line in after["history"]] == [
        "request",
        "schedule",
        "reschedule",
        "attend",
        "collect_feedback",
        "resend",
        "submit_feedback",
    ]


def test_who_was_asked_today_for_another_visit_is_warned_of(
    shell: Shell, clock: FixedClock
) -> None:
    one = attended(shell, clock)
    two = shell.add()
    shell("schedule", two, "today 12:00")
    clock.forward(hours=3)
    shell("attend", two)
    assert shell("collect-feedback", one).stderr == ""
    asked = shell("collect-feedback", two)
    assert asked.stderr == (
        "This client was asked today at 13:10 already, for the visit of Mon 16 Mar 2026, 10:00.\n"
    )
    assert "Asked for feedback" in asked.stdout
    assert shown(shell, two)["status"] == "feedback_pending"


def test_every_event_is_told_once_to_each(shell: Shell, clock: FixedClock) -> None:
    one = attended(shell, clock)
    shell("collect-feedback", one)
    shell("record-feedback", one, "--rating", 5)
    two = shell.add(name="Ben Ochs", phone="0171 2345678", email="ben@ochs.example")
    shell("schedule", two, "fri 14:30")
    shell("schedule", two, "fri 15:30")
    shell("cancel", two, "--reason", "client_asked")

    events = [event for one_of in (one, two) for event in told(shell, one_of)]
    counted = Counter(event for event, _, _ in events)
    assert set(counted) == set(Matrix.__struct_fields__)
    assert counted == {event: 8 if event in ("requested", "scheduled") else 4 for event in counted}
    assert len({(line, *who) for line, *who in events}) == 28
    for event in Matrix.__struct_fields__:
        assert {(r, c) for e, r, c in events if e == event} == EACH


def test_word_leaves_once_and_only_after_the_undo_window(shell: Shell, clock: FixedClock) -> None:
    one = shell.add()
    assert shell("worker", "--once").stdout == "No messages were due.\n"
    assert states(shell, one) == {"pending": 4}
    clock.forward(**AFTER_UNDO)
    assert shell("worker", "--once").stdout == "Messages: 4 previewed.\n"
    assert states(shell, one) == {"previewed": 4}
    files = {path for path in shell.paths.previews.rglob("*") if path.is_file()}
    assert len(files) == 4
    assert shell("worker", "--once").stdout == "No messages were due.\n"
    assert {path for path in shell.paths.previews.rglob("*") if path.is_file()} == files


def test_undo_brings_the_status_back_and_nobody_hears_of_it(
    shell: Shell, clock: FixedClock
) -> None:
    one = shell.add()
    clock.forward(**AFTER_UNDO)
    shell("worker", "--once")
    shell("schedule", one, "fri 14:30")
    assert "Undone: Ana Ruiz, appointment 1, is requested." in shell("undo").stdout
    after = shown(shell, one)
    assert (after["status"], after["starts_at"]) == ("requested", None)
    clock.forward(**AFTER_UNDO)
    assert shell("worker", "--once").stdout == "No messages were due.\n"
    undone = [line for line in after["messages"] if line["event"] == "scheduled"]
    assert [(line["state"], line["reason"]) for line in undone] == [("cancelled", "undone")] * 4


def test_what_has_left_cannot_be_undone(shell: Shell, clock: FixedClock) -> None:
    one = shell.add()
    clock.forward(**AFTER_UNDO)
    shell("worker", "--once")
    assert "already left" in shell.refused("undo")
    assert shown(shell, one)["status"] == "requested"


def test_nothing_to_undo(shell: Shell) -> None:
    assert shell.refused("undo") == "There is nothing to undo."


def test_undo_takes_back_ones_own_last_change(shell: Shell) -> None:
    mine, theirs = shell.add(), shell.add(name="Ben Ochs", email="ben@ochs.example")
    shell("schedule", mine, "fri 14:30")
    other = shell.paths.settings_file
    other.write_text(other.read_text().replace("ana", "ben"))
    shell("schedule", theirs, "fri 16:30")
    other.write_text(other.read_text().replace("ben", "ana"))
    shell("undo")
    assert shown(shell, mine)["status"] == "requested"
    assert shown(shell, theirs)["status"] == "scheduled"


def test_what_waits_for_the_morning_is_told_as_that(shell: Shell, clock: FixedClock) -> None:
    one = shell.add()
    shell("schedule", one, "fri 20:30")
    clock.forward(days=4, hours=11, minutes=25)
    said = shell("attend", one).stdout
    assert "Will be told after the quiet hours, Sat 21 Mar 2026, 08:00: the client by" in said
    assert "Will be told: the office by email" in said
    assert "Will not be told" not in said


def test_a_missing_address_is_told_and_kept_with_its_reason(shell: Shell) -> None:
    one = shell.add(email="")
    said = shell("schedule", one, "fri 14:30").stdout
    assert "Will not be told: the client by email: no address on file." in said
    lines = shell.json("messages", "--appointment", one)
    by_email = [
        line for line in lines if (line["recipient"], line["channel"]) == ("client", "email")
    ]
    assert [(line["to"], line["state"], line["reason"]) for line in by_email] == [
        (None, "cancelled", "no_address")
    ] * 2
    assert Counter(line["state"] for line in lines) == {"pending": 6, "cancelled": 2}


def test_a_switched_off_message_is_not_sent(shell: Shell) -> None:
    settings = shell.paths.settings_file
    settings.write_text(
        settings.read_text() + "\n[messages.matrix.requested.office]\nsms = false\n"
    )
    one = shell.add()
    lines = shell.json("messages", "--state", "cancelled")
    assert [(m["appointment_id"], m["channel"], m["reason"]) for m in lines] == [
        (one, "sms", "switched_off")
    ]


def test_a_low_rating_reaches_the_office_by_itself(shell: Shell, clock: FixedClock) -> None:
    one = attended(shell, clock)
    shell("collect-feedback", one)
    shell("record-feedback", one, "--rating", 2, "--bad", "Long wait", "--publish")
    low = [who for event, *who in told(shell, one) if event == "low_rating"]
    assert sorted(low) == [["office", "email"], ["office", "sms"]]


def test_a_double_booking_needs_the_override(shell: Shell) -> None:
    one, two = shell.add(), shell.add(name="Ben Ochs", email="ben@ochs.example")
    shell("schedule", one, "fri 14:30")
    assert "Ana Ruiz has Fri 20 Mar 2026, 14:30" in shell.refused("schedule", two, "fri 14:45")
    assert shown(shell, two)["status"] == "requested"
    shell("schedule", two, "fri 14:45", "--override")
    assert shown(shell, two)["history"][-1]["detail"]["override"] is True
    assert "a double booking" in shell("show", two).stdout


def test_a_no_show_is_a_due_visit(shell: Shell, clock: FixedClock) -> None:
    one = shell.add()
    shell("schedule", one, "today 10:00")
    assert "has not begun" in shell.refused("cancel", one, "--reason", "no_show")
    clock.forward(hours=1)
    shell("cancel", one, "--reason", "no_show")
    assert "Cancelled: The client did not come" in shell("show", one).stdout


def test_a_message_that_the_world_has_overtaken_does_not_leave(
    shell: Shell, clock: FixedClock
) -> None:
    one = shell.add()
    shell("schedule", one, "fri 14:30")
    shell("cancel", one, "--reason", "office", "--text", "Training day")
    clock.forward(**AFTER_UNDO)
    assert shell("worker", "--once").stdout == "Messages: 4 previewed, 8 cancelled.\n"
    left = Counter((m["event"], m["state"]) for m in shell.json("messages"))
    assert left == {
        ("requested", "cancelled"): 4,
        ("scheduled", "cancelled"): 4,
        ("cancelled", "previewed"): 4,
    }


def test_who_is_in_the_waiting_room(shell: Shell, clock: FixedClock) -> None:
    one = shell.add()
    assert "Only a client with a scheduled visit" in shell.refused("arrive", one)
    shell("schedule", one, "today 10:00")
    before = states(shell, one)
    clock.forward(minutes=40)
    said = shell("arrive", one).stdout
    assert said.startswith("Here: Ana Ruiz, appointment 1")
    assert states(shell, one) == before
    assert "Scheduled, here" in shell("show", one).stdout
    assert "Arrived: Mon 16 Mar 2026, 09:50" in shell("show", one).stdout
    assert "in the waiting room already" in shell.refused("arrive", one)
    clock.forward(minutes=10)
    assert "due, here" in shell("list", "--due").stdout
    assert shell("arrive", one, "--undo").stdout.startswith("Not here: Ana Ruiz")
    assert "Nobody has said" in shell.refused("arrive", one, "--undo")
    shell("arrive", one)
    assert "undone" in shell("undo").stdout.lower()
    assert "here" not in shell("show", one).stdout.splitlines()[0]


def test_on_another_day_nobody_has_arrived(shell: Shell) -> None:
    one = shell.add()
    shell("schedule", one, "fri 14:30")
    assert "The visit is on Fri 20 Mar 2026" in shell.refused("arrive", one)
