"""How many keys the daily work takes, pressed in the real desk; the README's table is this one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from interworky_tui.services import scheduling, visits

FRIDAY_1430 = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)

COSTS = {
    "Accept a suggested time": 2,
    "Type a time": "its text + 2",
    "Attended": 2,
    "Ask for feedback": 2,
    "Cancel, with a reason": 3,
    "Find a caller by 4 digits": 5,
    "Undo": 1,
}


class Counted:
    """Presses keys and counts them."""

    def __init__(self, desk):
        self.desk, self.keys = desk, 0

    async def press(self, *keys):
        for key in keys:
            self.keys += 1
            await self.desk.press(key)


def status_of(desk, changed):
    return desk.row(changed.appointment.id)["status"]


@pytest.fixture
def two(asked):
    """Two requests, so that there is a next one to go to."""
    return asked(), asked("Ben Ito", "+4915112345602", "ben@example.com")


async def test_a_suggested_time(open_desk, two):
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        hands = Counted(desk)
        await hands.press("enter", "1")
        await desk.until(lambda: status_of(desk, two[0]) == "scheduled")
        assert hands.keys == COSTS["Accept a suggested time"]
        # And the next request is under the cursor, for the same two keys again.
        await desk.until(lambda: desk.app.screen.rows.cursor_row.id == two[1].appointment.id)
        await hands.press("enter", "1")
        await desk.until(lambda: status_of(desk, two[1]) == "scheduled")
        first, second = (desk.row(each.appointment.id)["starts_at"] for each in two)
        assert first < second


async def test_a_typed_time(open_desk, two):
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        hands, text = Counted(desk), "fri 14:30"
        await hands.press("t")
        await desk.type(text)
        await hands.press("enter")
        await desk.until(lambda: status_of(desk, two[0]) == "scheduled")
        assert (hands.keys, COSTS["Type a time"]) == (2, "its text + 2")
        assert desk.row(two[0].appointment.id)["starts_at"].startswith("2026-03-20T13:30")


async def test_attended(open_desk, two, office, clock):
    scheduling.schedule(office, two[0].appointment.id, FRIDAY_1430)
    clock.forward(days=4, hours=5, minutes=30)
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("DUE")
        hands = Counted(desk)
        await hands.press("a", "enter")
        await desk.until(lambda: status_of(desk, two[0]) == "attended")
        assert hands.keys == COSTS["Attended"]


async def test_ask_for_feedback(open_desk, two, office, clock):
    scheduling.schedule(office, two[0].appointment.id, FRIDAY_1430)
    clock.forward(days=4, hours=5, minutes=30)
    visits.attend(office, two[0].appointment.id)
    async with open_desk() as desk:
        await desk.press("3")
        await desk.sees("Collect Feedback")
        hands = Counted(desk)
        await hands.press("f", "enter")
        await desk.until(lambda: status_of(desk, two[0]) == "feedback_pending")
        assert hands.keys == COSTS["Ask for feedback"]


async def test_cancel_with_a_reason(open_desk, two):
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        hands = Counted(desk)
        await hands.press("x", "1", "enter")
        await desk.until(lambda: status_of(desk, two[0]) == "cancelled")
        assert hands.keys == COSTS["Cancel, with a reason"]
        assert desk.row(two[0].appointment.id)["cancel_reason"] == "client_asked"


async def test_find_a_caller_by_the_last_four_digits(open_desk, two):
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        hands = Counted(desk)
        await hands.press("5", "6", "0", "2", "enter")
        await desk.sees("Ben Ito", "ben@example.com")
        assert hands.keys == COSTS["Find a caller by 4 digits"]
        assert "Ana Ruiz" not in desk.text()


async def test_undo(open_desk, two, clock):
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        await desk.press("enter", "1")
        await desk.until(lambda: status_of(desk, two[0]) == "scheduled")
        clock.forward(seconds=5)
        hands = Counted(desk)
        await hands.press("u")
        await desk.until(lambda: status_of(desk, two[0]) == "requested")
        assert hands.keys == COSTS["Undo"]


def test_the_readme_says_so():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in readme.splitlines() if line.startswith("| ")]
    told = {row[1].strip(): row[3].strip() for row in rows if len(row) > 4}
    assert {what: told.get(what) for what in COSTS} == {k: str(v) for k, v in COSTS.items()}
