"""Keys pressed before a screen is read, and what is told of keys that could do nothing."""

import asyncio
from datetime import timedelta

import pytest

from interworky_tui.services import scheduling
from interworky_tui.ui.modals.dialog import Dialog
from interworky_tui.ui.modals.set_time import SetTimeDialog
from interworky_tui.ui.screens.day import DayScreen
from tests.ui.test_type_ahead import rush


def told(desk):
    return [note.message for note in desk.app._notifications]


@pytest.fixture
def due(asked, office, clock):
    """A visit of today that begins in a minute."""
    changed = asked()
    scheduling.schedule(office, changed.appointment.id, clock() + timedelta(minutes=1))
    return changed.appointment.id


async def test_the_key_after_d_is_of_the_day_that_is_shown(open_desk, due, clock):
    clock.forward(minutes=5)
    async with open_desk() as desk:
        await desk.sees("09:15")
        rush(desk, "d", "t")
        await desk.until(lambda: isinstance(desk.app.screen, DayScreen))
        await desk.until(lambda: desk.app.screen.moving is not None)
        assert told(desk) == []


async def test_a_key_right_after_a_turn_is_not_of_the_day_before_it(
    open_desk, due, office, asked, clock
):
    tomorrow = asked("Ben Ito", "+4915112345602", "ben@example.com").appointment.id
    scheduling.schedule(office, tomorrow, clock() + timedelta(days=1))
    clock.forward(minutes=5)
    async with open_desk() as desk:
        await desk.press("d")
        await desk.sees("Ana Ruiz", "r Arrived")
        rush(desk, "right", "r")
        await desk.until(lambda: told(desk) == ["Put the cursor on a visit first."])
        assert desk.row(due)["arrived_at"] is None


async def test_of_refusals_only_the_last_is_told(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        for key, words in (("a", "requested"), ("f", "only after"), ("v", "no feedback to read")):
            await desk.press(key)
            await desk.sees(words)
        assert told(desk) == ["There is no feedback to read here yet."]
        # And it covers nothing of what the next key opens.
        await desk.press("t")
        await desk.until(lambda: isinstance(desk.app.screen, SetTimeDialog))
        assert told(desk) == []


async def test_a_key_of_a_message_says_that_there_is_none(open_desk):
    async with open_desk() as desk:
        await desk.press("m")
        await desk.sees("none yet")
        await desk.press("a")
        await desk.sees("There is no message here.")


async def test_escape_in_the_moment_in_which_it_is_done_closes_only_the_modal(open_desk, due):
    class Slow(Dialog[str]):
        CSS_PATH = None

        def content(self):
            return ()

        async def send(self):
            await done.wait()
            return "done"

    done, slow = asyncio.Event(), Slow()
    async with open_desk() as desk:
        await desk.app.push_screen(slow)
        slow.action_submit()
        await desk.until(lambda: slow._busy and done._waiters)
        done.set()
        slow.action_leave()
        await desk.until(lambda: not slow._busy)
        await desk.until(lambda: desk.app.screen_stack == [desk.app.screen])
        assert told(desk) == []
