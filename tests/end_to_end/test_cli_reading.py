"""What the commands print: JSON for scripts, to the letter, and plain lines for people."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import FixedClock
from tests.end_to_end.conftest import Program, Shell

pytestmark = pytest.mark.both_databases

HOSTILE = "Ana\x1b]0;owned\x07\x9b31m Ruiz\x00\u202e"


def test_add_prints_the_number_and_nothing_else(shell: Shell) -> None:
    result = shell(
        "requests", "add", "--name", "Ana Ruiz", "--email", "ana@ruiz.example",
        "--date", "2026-03-20", "--band", "Early Morning",
    )  # fmt: skip
    assert result.output == "1\n"


def test_add_prints_the_object(shell: Shell) -> None:
    made = shell.json(
        "requests", "add", "--name", "Ana  Ruiz", "--phone", "030 901820", "--email",
        "ana@RUIZ.example", "--date", "2026-03-20", "--band", "Early Morning",
        "--note", "Ring twice", "--service", "Check-up",
    )  # fmt: skip
    assert made == {
        "id": 1,
        "status": "requested",
        "due": False,
        "stale": False,
        "client": {
            "id": 1,
            "name": "Ana Ruiz",
            "phone": "+4930901820",
            "email": "ana@ruiz.example",
        },
        "requested_date": "2026-03-20",
        "band": "early_morning",
        "starts_at": None,
        "ends_at": None,
        "service": "Check-up",
        "note": "Ring twice",
        "rating": None,
        "version": 1,
    }
    assert shell.json("list") == [made]


def test_an_exact_wish(shell: Shell) -> None:
    made = shell.json(
        "requests", "add", "--name", "Ana", "--email", "a@b.example",
        "--date", "2026-03-20", "--time", "10:45",
    )  # fmt: skip
    assert made["band"] == "morning"
    assert "Fri 20 Mar 2026, 10:45" in shell("list").stdout


def test_the_fields_of_a_list_and_of_one(shell: Shell) -> None:
    one = shell.add()
    shell("schedule", one, "fri 14:30")
    [listed] = shell.json("list")
    assert list(listed) == [
        "id", "status", "due", "stale", "client", "requested_date", "band", "starts_at",
        "ends_at", "service", "note", "rating", "version",
    ]  # fmt: skip
    assert listed["starts_at"] == "2026-03-20T14:30:00+01:00"
    assert listed["ends_at"] == "2026-03-20T15:00:00+01:00"

    shown = shell.json("show", one)
    assert list(shown) == [*listed, "history", "messages"]
    assert {name: shown[name] for name in listed} == listed
    first = shown["history"][0]
    assert list(first) == ["at", "actor", "verb", "from_status", "to_status", "detail"]
    assert (first["at"], first["actor"]) == ("2026-03-16T09:10:00+01:00", "ana")
    assert shown["messages"] == shell.json("messages")[::-1]


def test_the_fields_of_a_message(shell: Shell, clock: FixedClock) -> None:
    shell.add()
    clock.forward(seconds=11)
    shell("worker", "--once")
    lines = shell.json("messages", "--state", "previewed", "--appointment", 1)
    assert len(lines) == 4
    for line in lines:
        assert list(line) == [
            "id", "appointment_id", "event", "recipient", "channel", "to", "subject", "body",
            "state", "reason", "attempts", "due_at", "sent_at", "provider_ref",
        ]  # fmt: skip
        assert line["due_at"] == "2026-03-16T09:10:10+01:00"
        assert (line["sent_at"], line["attempts"], line["reason"]) == (None, 1, None)
    assert shell.json("messages", "--state", "failed") == []
    assert shell.json("messages", "--appointment", 7) == []


@pytest.mark.sqlite_only
def test_many_messages_are_all_there(shell: Shell) -> None:
    lines = ["name,email,date,band"]
    lines += [f"Client {n},c{n}@b.example,2026-03-20,morning" for n in range(300)]
    file = shell.paths.data / "many.csv"
    file.write_text("\n".join(lines))
    shell("import", file, "--notify")
    ids = [line["id"] for line in shell.json("messages")]
    assert ids == list(range(1200, 0, -1))


def test_the_order_of_the_desk(shell: Shell, clock: FixedClock) -> None:
    late = shell.add(name="Late", date="2026-03-27")
    soon = shell.add(name="Soon", date="2026-03-17")
    first = shell.add(name="First")
    shell("schedule", first, "today 10:00")
    second = shell.add(name="Second")
    shell("schedule", second, "today 11:00")
    clock.forward(days=2)
    for one in (first, second):
        shell("attend", one)
    due = shell.add(name="Due")
    shell("schedule", due, "today 12:00")
    after = shell.add(name="After")
    shell("schedule", after, "thu 12:00")
    clock.forward(hours=3)

    assert [one["id"] for one in shell.json("list")] == [soon, late, due, after, second, first]
    assert [one["id"] for one in shell.json("list", "--due")] == [due]
    assert shell.json("list", "--due", "--status", "attended") == []
    assert [one["id"] for one in shell.json("list", "--status", "attended")] == [second, first]
    marks = {one["id"]: (one["due"], one["stale"]) for one in shell.json("list")}
    assert marks[soon] == (False, True)
    assert marks[due] == (True, False)
    assert marks[late] == marks[after] == marks[first] == (False, False)


@pytest.mark.parametrize("query", ["ána", "ruiz an", "901820", "030 90 18", "ANA@ruiz"])
def test_search_by_name_phone_and_email(shell: Shell, query: str) -> None:
    ana = shell.add()
    shell.add(name="Ben Ochs", phone="0171 2345678", email="ben@ochs.example")
    assert [one["id"] for one in shell.json("list", "--search", query)] == [ana]


def test_search_takes_no_wildcards(shell: Shell) -> None:
    shell.add()
    assert shell.json("list", "--search", "a%z") == []
    assert shell("list", "--search", "%").stdout == "No appointments to show.\n"


def test_the_limit_says_when_there_is_more(shell: Shell) -> None:
    for day in range(17, 20):
        shell.add(date=f"2026-03-{day}")
    cut = shell("list", "--limit", 2, "--json")
    assert len(json.loads(cut.stdout)) == 2
    assert "more than 2" in cut.stderr
    for limit in (0, 3):
        whole = shell("list", "--limit", limit, "--json")
        assert len(json.loads(whole.stdout)) == 3
        assert whole.stderr == ""


def test_lines_for_people_align_and_have_no_boxes(shell: Shell) -> None:
    one = shell.add(service="Check-up")
    shell.add(name="Łukasz Żółć", phone="", email="lz@b.example", date="2026-03-19")
    shell("schedule", one, "fri 14:30")
    assert shell("list").stdout == (
        "2  Requested  Thu 19 Mar 2026, Morning  Łukasz Żółć, lz@b.example\n"
        "1  Scheduled  Fri 20 Mar 2026, 14:30    Ana Ruiz, 030 901820, Check-up\n"
    )


def test_one_in_full(shell: Shell, clock: FixedClock) -> None:
    one = shell.add(service="Check-up", note="Ring twice\nthen wait")
    shell("schedule", one, "today 10:00")
    clock.forward(hours=1)
    for verb in ("attend", "collect-feedback"):
        shell(verb, one)
    shell("record-feedback", one, "--rating", 4, "--good", "Quick", "--publish")
    shell.sql(
        "INSERT INTO survey_note (appointment_id, at, source, rating, text)"
        " VALUES (:one, '2026-03-17T08:00:00.000000Z', 'sms', 2, 'sorry\nno')",
        one=one,
    )
    text = shell("show", one).stdout
    for line in (
        "Appointment 1: Feedback Collected",
        "Client: Ana Ruiz, 030 901820, ana@ruiz.example",
        "Wish: Fri 20 Mar 2026, Morning",
        "Visit: Mon 16 Mar 2026, 10:00 to 10:30",
        "Note: Ring twice\n  then wait",
        "Rating: 4 of 5",
        "Good: Quick",
        "May be quoted publicly: yes",
        "Said later by sms, Tue 17 Mar 2026, 09:00: 2 of 5, sorry\n  no",
        "  Mon 16 Mar 2026, 10:10: attend, by ana",
    ):
        assert f"{line}\n" in text
    assert "office by email to desk@lindenhof.example: pending" in text


@pytest.mark.sqlite_only
def test_nothing_from_outside_commands_the_terminal(shell: Shell) -> None:
    shell.add(name=HOSTILE, note="\x1b[2Jgone", service="\x9bK")
    shell.sql("UPDATE client SET name = :name, email = :email", name=HOSTILE, email="\x1b[0ma@b")
    shell.sql("UPDATE appointment SET note = :note", note="\x1b[2J\x07\u202e")
    shell.sql("UPDATE notification SET to_address = :to", to="\x1b[0ma@b")
    for words in (
        ("list",), ("list", "--json"), ("show", 1), ("show", 1, "--json"), ("messages",),
        ("messages", "--json"), ("export",), ("schedule", 1, "fri 14:30"),
    ):  # fmt: skip
        printed = shell(*words).output
        assert printed.isprintable() or all(c.isprintable() or c == "\n" for c in printed)


@pytest.mark.sqlite_only
def test_letters_that_the_terminal_does_not_have(shell: Shell, program: Program) -> None:
    shell.add(name="Łukasz 李")
    result = program("list", PYTHONIOENCODING="latin-1")
    assert result.returncode == 0
    assert rb"\u0141ukasz \u674e" in result.stdout


def test_moments_are_in_the_zone_of_the_office(shell: Shell) -> None:
    one = shell.add(date="2026-07-03")
    shell("schedule", one, "3 jul 14:30")
    start = datetime.fromisoformat(shell.json("show", one)["starts_at"])
    assert start.isoformat() == "2026-07-03T14:30:00+02:00"


@pytest.mark.sqlite_only
def test_a_reader_that_leaves_is_no_error(shell: Shell, program: Program, tmp_path: Path) -> None:
    lines = ["name,email,date,band"]
    lines += [f"Client {n},c{n}@b.example,2026-03-20,morning" for n in range(2000)]
    file = tmp_path / "many.csv"
    file.write_text("\n".join(lines))
    shell("import", file)
    code = (
        "import os, sys; read, write = os.pipe(); os.close(read); os.dup2(write, 1);"
        "sys.argv = ['interworky-tui', 'list', '--limit', '0', '--json'];"
        "from interworky_tui.__main__ import main; main()"
    )
    assert program(code=code).stderr == b""
