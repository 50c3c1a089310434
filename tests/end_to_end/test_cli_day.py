"""The day on the command line: lines to read aloud, the sheet for the wall, and JSON."""

import pytest

from tests.end_to_end.conftest import Shell

pytestmark = pytest.mark.both_databases


@pytest.fixture
def friday(shell: Shell) -> Shell:
    one = shell.add(service="Check-up")
    two = shell.add(name="Bo Berg", phone="", email="bo@berg.example")
    shell.add(name="Cy Cole", phone="030 901821")
    shell("schedule", one, "2026-03-20 10:00")
    shell("schedule", two, "2026-03-20 10:15", "--override")
    return shell


def test_a_day_reads_well_aloud(friday: Shell) -> None:
    said = friday("day", "fri").stdout
    assert said.splitlines() == [
        "Fri 20 Mar 2026: open 08:00-20:00",
        "2 visits, 2 double booked; 11 h 15 min free; 1 request for this day",
        "08:00 to 10:00  free, 2 h",
        "10:00 to 10:30  Ana Ruiz, 030 901820, Check-up, double booking, appointment 1",
        "10:15 to 10:45  Bo Berg, bo@berg.example, double booking, on purpose, appointment 2",
        "10:45 to 20:00  free, 9 h 15 min",
    ]
    assert friday("day", "2026-03-20").stdout == said
    assert friday("day", "20", "mar").stdout == said


def test_without_a_date_it_is_today(shell: Shell) -> None:
    assert shell("day").stdout.startswith("Mon 16 Mar 2026, today: open 08:00-20:00\nno visits")


def test_a_closed_day_says_why(shell: Shell) -> None:
    assert shell("day", "2026-04-03").stdout == ("Fri 3 Apr 2026: closed: Good Friday\nno visits\n")


def test_the_sheet_for_the_wall_has_boxes_and_room_to_write(friday: Shell) -> None:
    printed = friday("day", "fri", "--print").stdout
    lines = printed.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert printed.isascii()
    assert lines[0] == "Lindenhof Practice" + " " * 47 + "Fri 20 Mar 2026"
    assert lines[1].startswith("open 08:00-20:00")
    assert lines[1].endswith("printed Mon 16 Mar 2026, 09:10")
    at = lines.index("[ ] 10:00-10:30  Ana Ruiz")
    assert lines[at + 1].strip() == "030 901820, Check-up, double booking"
    assert lines[at + 2].strip() == "_" * 63
    assert any(line.startswith("    10:45-20:00  free, 9 h 15 min  ___") for line in lines)


def test_long_and_wide_names_keep_to_the_paper(shell: Shell) -> None:
    one = shell.add(name="山田" * 60, service="Something with a very long name " * 3)
    shell("schedule", one, "2026-03-20 10:00")
    for line in shell("day", "fri", "--print").stdout.splitlines():
        assert len(line) + sum(letter in "山田" for letter in line) <= 80


def test_who_came_is_ticked(friday: Shell, clock) -> None:
    clock.forward(days=4, hours=2)
    friday("attend", 1)
    assert "[x] 10:00-10:30  Ana Ruiz" in friday("day", "--print").stdout


def test_the_day_is_the_same_as_json(friday: Shell) -> None:
    told = friday.json("day", "fri")
    assert [visit["id"] for visit in told["visits"]] == [1, 2]
    assert [visit["double"] for visit in told["visits"]] == [True, True]
    assert [visit["override"] for visit in told["visits"]] == [False, True]
    assert told["gaps"][0]["ends_at"] == "2026-03-20T10:00:00+01:00"
    assert told["counts"]["requests"] == 1


def test_what_is_no_day_is_refused(shell: Shell) -> None:
    assert "'14:30' is not a day" in shell.refused("day", "14:30")
    assert "do not go together" in shell("day", "--print", "--json", status=2).stderr
