"""Lists that come in and go out, and where the settings are."""

import csv
import io
import json
from pathlib import Path

import pytest
from icalendar import Calendar

from interworky_tui.paths import Paths, at
from tests.end_to_end.conftest import Program, Shell

pytestmark = pytest.mark.both_databases

GOOD = "Ana Ruiz,030 901820,2026-03-20,morning"
LIST = f"""\
name,phone,date,band,shoe size
{GOOD},38
Ben Ochs,0171 2345678,2026-03-21,afternoon,44
Cem Öz,12,2026-03-21,afternoon,42
Dan Lee,0171 2345679,2026-02-30,evening,41
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "requests.csv"
    path.write_text(LIST)
    return path


def test_good_lines_are_in_and_bad_ones_are_named(shell: Shell, file: Path) -> None:
    result = shell("import", file, status=1)
    first, ignored, *bad = result.stdout.splitlines()
    assert first == "2 added, 0 already there."
    assert ignored == "Columns that were not read: shoe size."
    assert [line.partition(":")[0] for line in bad] == ["line 4, phone", "line 5, date"]
    assert result.stderr == "2 of 4 lines are bad.\n"
    assert len(shell.json("list")) == 2
    assert shell.json("messages") == []


def test_a_second_time_adds_nothing(shell: Shell, file: Path) -> None:
    file.write_text("\n".join(LIST.splitlines()[:3]))
    assert "2 added, 0 already there." in shell("import", file).stdout
    assert "0 added, 2 already there." in shell("import", file).stdout
    assert len(shell.json("list")) == 2


def test_a_dry_run_changes_nothing(shell: Shell, file: Path) -> None:
    assert "2 would be added" in shell("import", file, "--dry-run", status=1).stdout
    assert shell.json("list") == []


def test_all_or_nothing(shell: Shell, file: Path) -> None:
    result = shell("import", file, "--all-or-nothing", status=1)
    assert "Nothing was added" in result.stdout
    assert "line 4, phone" in result.stdout
    assert shell.json("list") == []


def test_people_are_told_only_when_asked_for(shell: Shell, file: Path) -> None:
    file.write_text(f"name,phone,date,band\n{GOOD}\n")
    shell("import", file, "--notify")
    told = {(m["event"], m["recipient"], m["channel"]) for m in shell.json("messages")}
    assert len(told) == 4
    assert {event for event, _, _ in told} == {"requested"}


def test_an_import_cannot_be_undone_by_accident(shell: Shell, file: Path) -> None:
    shell("import", file, status=1)
    assert shell.refused("undo") == "There is nothing to undo."


def test_a_hostile_header_and_cell_do_not_reach_the_terminal(shell: Shell, file: Path) -> None:
    file.write_bytes(
        b"name,phone,date,band,\x1b]0;x\x07\nAna\x1b[2J,\x1b[31m1,2026-03-20,morning,\n"
    )
    printed = shell("import", file, status=1).output
    assert all(c.isprintable() or c == "\n" for c in printed)


def test_config_path_needs_no_settings(shell: Shell, places: Paths) -> None:
    places.settings_file.write_text("broken")
    assert shell("config", "path").stdout == f"{places.settings_file}\n"


def test_config_check(shell: Shell, places: Paths) -> None:
    assert shell("config", "check").stdout == f"The settings are good: {places.settings_file}\n"
    places.settings_file.unlink()
    assert "There is no settings file" in shell("config", "check").stdout


def exported(shell: Shell, *words: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(shell("export", *words).stdout)))


def test_an_export_as_csv_can_be_imported_again(shell: Shell, tmp_path: Path) -> None:
    shell.add(name="=1+1 Łukasz", note='says "hi",\nthen goes', service="-Check")
    shell.add(name="Ben Ochs", phone="", email="+ben@ochs.example", band="early_morning")
    shell("schedule", 2, "fri 14:30")
    first, second = exported(shell)
    assert (first["name"], first["service"]) == ("'=1+1 Łukasz", "'-Check")
    assert (second["email"], second["status"]) == ("'+ben@ochs.example", "scheduled")
    assert second["starts_at"] == "2026-03-20T14:30:00+01:00"
    assert first["phone"] == "+4930901820"

    file = tmp_path / "all.csv"
    assert shell("export", "--output", file).output == ""
    other = Shell(at(tmp_path / "other"), shell.clock)
    other.paths.config.mkdir()
    other.paths.settings_file.write_text(shell.paths.settings_file.read_text())
    assert "2 added" in other("import", file).stdout
    kept = ("client", "requested_date", "band", "service", "note")
    found = {one["id"]: one for one in other.json("list")}
    for one in shell.json("list"):
        again = found[one["id"]]
        assert {name: again[name] for name in kept} == {name: one[name] for name in kept}


def test_an_export_as_json_is_the_whole_list(shell: Shell) -> None:
    assert json.loads(shell("export", "--format", "json").stdout) == []
    shell.add()
    shell.add(name="Ben Ochs", email="ben@ochs.example")
    assert json.loads(shell("export", "--format", "json").stdout) == shell.json("list")


@pytest.mark.sqlite_only
def test_an_export_as_a_calendar(shell: Shell, program: Program, tmp_path: Path) -> None:
    shell.add(name="Łukasz Żółć", service="Check-up")
    shell.add(name="Ben Ochs", email="ben@ochs.example")
    shell("schedule", 1, "fri 14:30")
    file = tmp_path / "visits.ics"
    shell("export", "--format", "ics", "--output", file)
    whole = file.read_bytes()
    [event] = Calendar.from_ical(whole).walk("VEVENT")
    assert event["summary"] == "Łukasz Żółć, Check-up"
    assert event["dtstart"].dt.isoformat() == "2026-03-20T13:30:00+00:00"
    printed = program("export", "--format", "ics", PYTHONIOENCODING="latin-1")
    assert printed.stdout == whole


def test_an_export_of_many_is_whole(shell: Shell, tmp_path: Path) -> None:
    lines = [f"Client {n},c{n}@b.example,2026-03-20,morning" for n in range(1100)]
    file = tmp_path / "many.csv"
    file.write_text("\n".join(("name,email,date,band", *lines)))
    shell("import", file)
    assert [line["id"] for line in exported(shell)] == [str(n) for n in range(1, 1101)]


def test_an_export_that_fails_leaves_what_was_there(shell: Shell, tmp_path: Path) -> None:
    shell.add()
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    before = set(tmp_path.iterdir())
    assert "cannot be written" in shell.refused("export", "--output", folder)
    assert "cannot be written" in shell.refused("export", "--output", tmp_path / "no" / "x.csv")
    assert set(tmp_path.iterdir()) == before


def test_a_cell_of_an_export_never_runs(shell: Shell) -> None:
    for bad in ("=cmd()", "@SUM(1)", "-2+3", "+1", "'=1"):
        shell.add(name=f"Client {bad[-1]}", service=bad)
    assert [line["service"][:1] for line in exported(shell)] == ["'"] * 5
