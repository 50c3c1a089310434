"""The sweep at closing time: every due visit that nobody has resolved, and nothing by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from interworky_tui.services import scheduling
from interworky_tui.ui.closing import is_closed
from tests.ui.test_desk_lifecycle import FRIDAY_1430
from tests.ui.test_next_up import PEOPLE, file

CLOSING = FRIDAY_1430 + timedelta(hours=5, minutes=30)
"""20:00 in Berlin."""


@pytest.fixture
def left(asked, office, clock):
    """Three visits of the afternoon at closing time, and one tomorrow."""
    ids = file(asked, *PEOPLE)
    for number, visit in enumerate(ids[:3]):
        scheduling.schedule(office, visit, FRIDAY_1430 + timedelta(minutes=30 * number))
    scheduling.schedule(office, ids[3], FRIDAY_1430 + timedelta(days=1))
    clock.now = CLOSING - timedelta(minutes=1)
    return ids


@pytest.mark.parametrize(
    ("day", "at", "closed"),
    [
        ("2026-03-20", "07:59", True),
        ("2026-03-20", "08:00", False),
        ("2026-03-20", "19:59", False),
        ("2026-03-20", "20:00", True),
        ("2026-03-21", "12:00", True),
    ],
)
def test_the_office_is_closed_outside_its_hours(settings, day, at, closed):
    now = datetime.fromisoformat(f"{day} {at}").replace(tzinfo=settings.zone).astimezone(UTC)
    assert is_closed(settings.office, settings.zone, now) is closed


async def test_at_closing_time_the_desk_says_what_is_not_resolved(open_desk, left, clock):
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("3 due")
        assert "not resolved" not in desk.text()
        clock.now = CLOSING
        await desk.sees("3 visits are not resolved: S")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_each_is_resolved_by_a_key_and_a_yes(open_desk, left, clock, size):
    clock.now = CLOSING
    async with open_desk(size=size) as desk:
        await desk.press("S")
        await desk.sees("did they come?", "3 not resolved", "Fri 20 Mar 14:30   Ana Ruiz")
        assert "Dmitri" not in "\n".join(
            str(option.prompt) for option in desk.app.screen.query_one("#unresolved").options
        )
        await desk.press("a")
        await desk.sees("Ana Ruiz came.", "Tells client (email, SMS)", "Enter Yes, attended")
        await desk.press("enter")
        await desk.sees("Ana Ruiz attended; u takes it back.", "2 not resolved")
        await desk.press("x")
        await desk.sees("Björn Åkesson did not come: this cancels", "the client hears of this")
        await desk.press("escape")
        await desk.sees("x Did not come")
        assert desk.row(left[1])["status"] == "scheduled"
        await desk.press("x", "enter")
        await desk.sees("Björn Åkesson did not come; u takes")
        await desk.press("enter", "enter")
        await desk.sees("Chloé Petit attended; word of it leaves")
        assert len(desk.app.screen_stack) == 1
        rows = [desk.row(number) for number in left]
        assert [row["status"] for row in rows] == [
            *("attended", "cancelled", "attended", "scheduled")
        ]
        assert rows[1]["cancel_reason"] == "no_show"
        await desk.press("S")
        await desk.sees("Every visit that has begun is resolved.")


async def test_another_time_is_set_from_the_sweep(open_desk, left, clock):
    clock.now = CLOSING
    async with open_desk() as desk:
        await desk.press("S")
        await desk.sees("3 not resolved")
        await desk.press("down", "t")
        await desk.sees("Minutes")
        await desk.type("mon 10:00")
        await desk.press("enter")
        await desk.sees("2 not resolved")
        assert desk.row(left[1])["starts_at"].startswith("2026-03-23T09:00")
        await desk.press("u")
        await desk.sees("3 not resolved", "taken back")
        assert desk.row(left[1])["starts_at"].startswith("2026-03-20T14:00")


async def test_a_move_of_the_cursor_withdraws_the_question(open_desk, left, clock):
    async with open_desk() as desk:
        await desk.press("S")
        await desk.sees("3 not resolved")
        await desk.press("a")
        await desk.sees("Ana Ruiz came.")
        await desk.press("down")
        await desk.until(lambda: "Ana Ruiz came." not in desk.text())
        await desk.press("escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        assert {desk.row(number)["status"] for number in left} == {"scheduled"}


async def test_what_others_resolve_leaves_the_sweep(open_desk, left, office):
    async with open_desk() as desk:
        await desk.press("S")
        await desk.sees("3 not resolved")
        await desk.press("a")
        await desk.sees("Ana Ruiz came.")
        scheduling.cancel(office, left[0], scheduling.CancelReason.NO_SHOW)
        await desk.sees("2 not resolved")
        await desk.until(lambda: "Ana Ruiz came." not in desk.text())
        await desk.press("escape")
        assert desk.row(left[1])["status"] == "scheduled"


async def test_nothing_is_ever_automatic(open_desk, left, clock):
    clock.now = CLOSING + timedelta(hours=12)
    async with open_desk() as desk:
        await desk.sees("3 due")
        assert {desk.row(number)["status"] for number in left} == {"scheduled"}
