"""Free slots on the command line."""

import pytest

from tests.conftest import FixedClock
from tests.end_to_end.conftest import Shell

pytestmark = pytest.mark.both_databases


def test_slots_are_printed_with_why_they_are_offered(shell: Shell) -> None:
    one, two = shell.add(), shell.add(name="Ben Ochs", email="ben@ochs.example")
    assert shell("slots", one).stdout == (
        "1  Fri 20 Mar 2026, 10:00 to 10:30: first free in the morning you asked for\n"
        "2  Fri 20 Mar 2026, 10:30 to 11:00: free in the morning you asked for\n"
        "3  Fri 20 Mar 2026, 11:00 to 11:30: free in the morning you asked for\n"
    )
    shell("schedule", two, "fri 11:00")
    assert shell.json("slots", one, "--count", 1, "--minutes", 30) == [
        {
            "starts_at": "2026-03-20T10:30:00+01:00",
            "ends_at": "2026-03-20T11:00:00+01:00",
            "why": "just before the 11:00, no gap",
        }
    ]


def test_a_slot_as_it_is_printed_can_be_scheduled(shell: Shell) -> None:
    one = shell.add()
    slot = shell.json("slots", one)[1]
    shell("schedule", one, slot["starts_at"])
    assert shell.json("show", one)["starts_at"] == slot["starts_at"]
    assert shell("slots", one).stdout.startswith("1  Fri 20 Mar 2026, 10:00 to 10:30")


def test_where_there_are_none_it_says_so(shell: Shell, clock: FixedClock) -> None:
    with shell.paths.settings_file.open("a") as file:
        file.write(
            "\n[office.hours]\n"
            + "".join(f'{day} = ""\n' for day in ("mon", "tue", "wed", "thu", "fri"))
        )
    one = shell.add()
    assert shell("slots", one).stdout == "No slot is free within two months of the wish.\n"
    assert shell.json("slots", one) == []


def test_who_can_be_given_no_time_is_refused(shell: Shell) -> None:
    one = shell.add()
    shell("cancel", one, "--reason", "client_asked")
    assert "Only a request can be given a time" in shell.refused("slots", one)
    assert shell.refused("slots", 77) == "There is no appointment 77."
    shell("slots", one, "--count", 0, status=2)


def test_over_how_many_a_visit_was_booked_is_told(shell: Shell) -> None:
    with shell.paths.settings_file.open("a") as file:
        file.write("\n[slots]\ncapacity = 2\n")
    numbers = [shell.add(name=f"Ana {name}") for name in ("Ruiz", "Sol", "Paz")]
    for number in numbers[:2]:
        shell("schedule", number, "fri 14:30")
    assert "there is room for 2 at once" in shell.refused("schedule", numbers[2], "fri 14:30")
    shell("schedule", numbers[2], "fri 14:30", "--override")
    assert "a double booking: 3 at once" in shell("show", numbers[2]).stdout
    detail = shell.json("show", numbers[2])["history"][-1]["detail"]
    assert (detail["override"], detail["count"], detail["over"]) == (True, 2, numbers[:2])
