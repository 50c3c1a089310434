"""What happened, who did it and when, as it is typed and read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.end_to_end.conftest import Shell

pytestmark = pytest.mark.both_databases

ANA, BEN = "Ana Ruiz (appointment 1)", "Ben Ode (appointment 2)"


def two_visits(shell: Shell, clock: Any) -> None:
    """Two on Friday, one of them cancelled a day after it was set."""
    shell.add()
    shell.add(name="Ben Ode", phone="030 5550123", email="")
    shell("schedule", 1, "2026-03-20", "11:00")
    shell("schedule", 2, "2026-03-20", "09:00")
    clock.forward(days=1)
    shell("cancel", 2, "--reason", "office")


def test_today_without_a_choice(shell: Shell, clock: Any) -> None:
    assert shell("history").stdout == "Nothing happened.\n"
    assert shell.json("history") == []
    two_visits(shell, clock)
    assert shell("history").stdout == (
        f"5  Tue 17 Mar 2026, 09:10: ana cancelled {BEN}: the office has to cancel.\n"
    )


def test_a_day_a_client_and_an_appointment(shell: Shell, clock: Any) -> None:
    two_visits(shell, clock)
    at = "Mon 16 Mar 2026, 09:10"
    filed, timed = f"1  {at}: ana filed a request for {ANA}.\n", f"3  {at}: ana gave {ANA} the time"
    shown = shell("history", "--day", "yesterday").stdout
    assert shown.startswith(filed)
    assert shown.count("\n") == 4
    for choice in (["--appointment", 1], ["--client", "ruiz"], ["--client", 1]):
        shown = shell("history", *choice).stdout
        assert shown == f"{filed}{timed} Fri 20 Mar 2026, 11:00.\n"
    assert shell("history", "--client", "ruiz", "--day", "today").stdout == "Nothing happened.\n"


def test_for_scripts(shell: Shell, clock: Any) -> None:
    two_visits(shell, clock)
    (found,) = shell.json("history")
    assert list(found) == [
        *("number", "at", "actor", "verb", "appointment_id", "version", "client"),
        *("from_status", "to_status", "detail", "batch"),
    ]
    assert found["number"] == 5
    assert found["at"] == "2026-03-17T09:10:00+01:00"
    assert found["client"] == {"id": 2, "name": "Ben Ode"}
    assert found["detail"]["now"]["cancel_reason"] == "office"


def test_the_board_as_it_stood(shell: Shell, clock: Any) -> None:
    two_visits(shell, clock)
    clock.now = datetime(2026, 3, 24, 12, tzinfo=UTC)
    shown = shell("history", "--board", "2026-03-16 18:00").stdout
    assert shown == (
        "As it stood Mon 16 Mar 2026, 18:00:\n  Requested: 0\n  Scheduled: 2\n  Attended: 0\n"
        "  Feedback Pending: 0\n  Feedback Collected: 0\n  Cancelled: 0\nNo visits on that day.\n"
    )
    shown = shell("history", "--board", "2026-03-20 10:00").stdout
    assert "Scheduled: 1\n" in shown
    assert shown.endswith(
        "The visits of Fri 20 Mar 2026:\n"
        "  09:00 to 09:30  Ben Ode, cancelled, the office has to cancel, appointment 2\n"
        "  11:00 to 11:30  Ana Ruiz, scheduled, appointment 1\n"
    )
    found = shell.json("history", "--board", "2026-03-20 11:00")
    assert (found["at"], found["due"]) == ("2026-03-20T11:00:00+01:00", 1)
    assert found["counts"]["cancelled"] == 1
    assert [one["appointment_id"] for one in found["visits"]] == [2, 1]
    assert found["visits"][1]["due"]


def test_what_cannot_be_told(shell: Shell, clock: Any) -> None:
    shell.add()
    assert "still to come" in shell.refused("history", "--board", "2026-03-20 10:00")
    assert "not understood" in shell.refused("history", "--day", "someday")
    assert "no appointment 9" in shell.refused("history", "--appointment", 9)
    assert "No client is found" in shell.refused("history", "--client", "nobody")
    shell("history", "--board", "2026-03-16 08:00", "--day", "today", status=2)
