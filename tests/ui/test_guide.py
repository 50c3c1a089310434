"""The guided first morning: each of its steps is done by the keys that its line names."""

from contextlib import asynccontextmanager

import pytest

from interworky_tui.services import scheduling
from interworky_tui.ui.app import DeskApp
from interworky_tui.ui.modals.set_time import SetTimeDialog
from interworky_tui.ui.widgets.guide import STEPS, Guide, GuideBar
from tests.ui.conftest import Desk


@pytest.fixture
def open_demo(settings, places, clock, office):
    @asynccontextmanager
    async def opened():
        app = DeskApp(settings, places, clock=clock, demo=True)
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await app.hands.office()
            await pilot.pause()
            yield Desk(pilot, app, office)

    return opened


@pytest.fixture
def morning(asked, office, clock):
    """A visit that is due, and two requests."""
    due = asked("Ben Ito", "+4915112345602", "ben@example.com").appointment.id
    scheduling.schedule(office, due, clock())
    clock.forward(minutes=1)
    asked()
    asked("Cem Kaya", "+4915112345603", "cem@example.com")


def words(desk):
    """What is on the screen, wherever its lines are broken."""
    return " ".join(desk.text().split())


async def step(desk, number):
    await desk.until(lambda: f"{number}/{len(STEPS)}  " in desk.text())


async def test_the_whole_morning_by_its_keys(open_demo, morning):
    async with open_demo() as desk:
        await desk.sees("Ana Ruiz", "Wishes", "G Guide")
        await desk.press("G")
        await step(desk, 1)
        assert "G goes on" in words(desk)
        await desk.press("enter")
        await step(desk, 2)
        assert "G goes on" not in words(desk)
        await desk.press("1")
        await step(desk, 3)
        await desk.press("u")
        await step(desk, 4)
        await desk.press("2", "a")
        await desk.sees("Did Ben Ito come")
        await desk.press("enter")
        await step(desk, 5)
        await desk.press("3", "f")
        await desk.sees("Ask Ben Ito for feedback")
        await desk.press("enter")
        await step(desk, 6)
        await desk.press("m")
        await desk.sees("Messages:")
        await step(desk, 6)
        assert "G goes on" not in words(desk)
        await desk.press("escape")
        await step(desk, 7)
        await desk.press(*"5601")
        await desk.sees("Ana Ruiz", "Enter Card")
        await step(desk, 7)
        await desk.press("enter", "escape", "escape")
        await step(desk, 8)
        await desk.press("d")
        await desk.sees("Mon 16 Mar 2026, today")
        await step(desk, 8)
        await desk.press("escape")
        await step(desk, 9)
        await desk.until(lambda: "G ends the guide" in words(desk))
        await desk.press("G")
        await desk.until(lambda: not desk.app.screen.query(GuideBar))


async def test_what_was_left_is_asked_for_again(open_demo, morning):
    async with open_demo() as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        await desk.press("3", "G")
        await step(desk, 1)
        await desk.sees("Ana Ruiz")
        await desk.press("enter")
        await step(desk, 2)
        assert isinstance(desk.app.screen, SetTimeDialog)
        await desk.press("escape")
        await step(desk, 1)


async def test_it_is_of_the_demo_office_alone(open_desk):
    async with open_desk() as desk:
        await desk.press("G")
        await desk.sees("The guide goes through the demo office")


async def test_g_goes_on_from_step_to_step(open_demo, morning):
    async with open_demo() as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        for number in range(1, len(STEPS) + 1):
            await desk.press("G")
            await step(desk, number)
            # Nor does it go back by itself.
            for _ in range(2):
                await desk.app.screen.query_one(Guide)._look().wait()
            await step(desk, number)
        await desk.press("G")
        await desk.until(lambda: not desk.app.screen.query(GuideBar))
