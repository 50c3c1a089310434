"""A person's data as it is asked for, and as it is forgotten."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from interworky_tui.cli import commands
from interworky_tui.paths import Paths
from interworky_tui.start import Surroundings
from tests.end_to_end.conftest import Shell

ANA = "Ana Ruiz"


def visited(shell: Shell, clock: Any, **given: str) -> int:
    """A visit that took place, and what was said of it; its number, which is the client's, too."""
    one = shell.add(note="Brings her dog", **given)
    shell("schedule", one, "2026-03-16", "11:00", "--override")
    clock.now = datetime(2026, 3, 16, 11, tzinfo=UTC)
    shell("attend", one)
    shell("collect-feedback", one)
    shell("record-feedback", one, "--rating", "4", "--good", "The dog liked it")
    return one


def everything(paths: Paths) -> bytes:
    """Every byte that is kept, in the database and in the files beside it; backups expire."""
    files = (one for one in paths.data.rglob("*") if one.is_file())
    return b"".join(one.read_bytes() for one in files if paths.backups not in one.parents)


def test_a_client_is_forgotten(shell: Shell, clock: Any, places: Paths) -> None:
    visited(shell, clock)
    shell.add(name="Ben Ode", phone="030 5550123", email="")
    shell.add(band="evening")
    clock.forward(minutes=1)
    shell("worker", "--once")
    names = b"Ana Ruiz", b"ana@ruiz.example", b"30901820", b"dog"
    assert [name for name in names if name not in everything(places)] == []
    told = shell("erase-client", 1, "--yes").stdout
    assert told == "Client 1 is forgotten; 1 open visit was cancelled.\n"
    assert [name for name in names if name in everything(places)] == []
    assert b"Ben Ode" in everything(places)
    assert shell.json("list", "--search", "ana") == []
    one, other = shell.json("list", "--status", "feedback_collected")[0], shell.json("list")
    assert one["client"] == {"id": 1, "name": "Erased client", "phone": None, "email": None}
    assert (one["rating"], one["note"]) == (4, "")
    assert [entry["status"] for entry in other] == ["requested", "feedback_collected", "cancelled"]
    assert "Erased client" in shell("history", "--client", 1).stdout
    shell("show", 1)
    shell("messages")
    states = {one["part"]: one["state"] for one in shell.json("doctor")}
    assert states["history"] == "ok"


def test_it_asks_first(shell: Shell, places: Paths, clock: Any) -> None:
    shell.add()
    around = Surroundings(places, clock, {})
    asked = CliRunner().invoke(commands, ["erase-client", "1"], obj=around, input="n\n")
    assert asked.exit_code == 1
    assert "Ana Ruiz: the name, the phone, the email, the language" in asked.stderr
    assert "1 visit: the notes and reasons; 1 open: cancelled" in asked.stderr
    assert "4 messages: the addresses and the words; 4 waiting: not sent" in asked.stderr
    assert shell.json("show", 1)["client"]["name"] == ANA
    agreed = CliRunner().invoke(commands, ["erase-client", "1"], obj=around, input="y\n")
    assert agreed.exit_code == 0
    assert shell.json("show", 1)["status"] == "cancelled"


@pytest.mark.parametrize("command", ["erase-client", "export-client"])
def test_nobody_and_somebody_who_is_forgotten(shell: Shell, command: str) -> None:
    words = ["--yes"] if command == "erase-client" else []
    assert shell.refused(command, 7, *words) == "There is no client 7."
    shell.add()
    shell("erase-client", 1, "--yes")
    assert shell.refused(command, 1, *words) == "That client was forgotten already."
    shell(command, "ana", *words, status=2)


def test_all_that_is_kept_of_somebody(shell: Shell, clock: Any, tmp_path: Path) -> None:
    visited(shell, clock)
    shell.add(name="Ben Ode", phone="030 5550123", email="")
    found = json.loads(shell("export-client", 1).stdout)
    assert list(found) == ["client", "opt_outs", "appointments", "messages", "texts"]
    assert found["client"] == {
        "id": 1,
        "name": ANA,
        "phone": "+4930901820",
        "email": "ana@ruiz.example",
        "language": None,
        "sms_consent": True,
        "created_at": "2026-03-16T09:10:00+01:00",
    }
    (visit,) = found["appointments"]
    assert (visit["note"], visit["starts_at"]) == ("Brings her dog", "2026-03-16T11:00:00+01:00")
    verbs = ["request", "schedule", "attend", "collect_feedback", "submit_feedback"]
    assert [line["verb"] for line in visit["history"]] == verbs
    assert visit["asked_on"] == ["2026-03-16"]
    assert visit["feedback"]["good"] == "The dog liked it"
    assert {message["to_address"] for message in found["messages"]} == {
        *("+4930901820", "ana@ruiz.example", "+493012345678", "desk@lindenhof.example")
    }
    assert "Ben" not in json.dumps(found)
    assert '"ana"' not in json.dumps(found)  # who of the staff did it is theirs
    file = tmp_path / "ana.json"
    assert shell("export-client", 1, "--output", file).stdout == ""
    assert json.loads(file.read_text()) == found
    assert "cannot be written" in shell.refused("export-client", 1, "--output", tmp_path / "x/y")


def test_an_opted_out_number_comes_back(shell: Shell, places: Paths) -> None:
    from interworky_tui.services import inbox

    shell.add()
    with opened(shell) as office:
        inbox.stop_texts(office, "030 901820")
    assert json.loads(shell("export-client", 1).stdout)["opt_outs"] == [
        {"number": "+4930901820", "at": "2026-03-16T09:10:00+01:00"}
    ]
    shell("erase-client", 1, "--yes")
    assert b"30901820" not in everything(places)
    again = shell.add(email="")
    texts = shell.json("messages", "--appointment", again)
    reasons = [text["reason"] for text in texts if text["to"] == "+4930901820"]
    assert reasons == ["opted_out"]


def opened(shell: Shell) -> Any:
    from interworky_tui.cli import base

    return base.opened(Surroundings(shell.paths, shell.clock, {}))


@pytest.mark.both_databases
def test_who_was_not_here_for_long_is_forgotten(shell: Shell, clock: Any, places: Paths) -> None:
    assert shell("erase-old").stdout == (
        "Clients are kept for ever: [retention] sets no days.\nClients who were forgotten: 0.\n"
    )
    visited(shell, clock)
    shell.add(name="Ben Ode", phone="030 5550123", email="", date="2026-03-17")
    with places.settings_file.open("a") as settings:
        settings.write("[retention]\nfeedback_collected = 30\n")
    clock.forward(days=29)
    shell("worker", "--once")
    assert shell("erase-old", "--dry-run").stdout == "Clients who would be forgotten: none.\n"
    clock.forward(days=1)
    assert shell("erase-old", "--dry-run").stdout == "Clients who would be forgotten: 1.\n"
    assert shell.json("show", 1)["client"]["name"] == ANA
    assert "Forgotten: 1" in shell("worker", "--once").stdout
    assert [one["client"]["name"] for one in shell.json("list")] == ["Ben Ode", "Erased client"]
    assert shell("erase-old").stdout == "Clients who were forgotten: 0.\n"
