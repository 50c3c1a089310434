"""The smallest window that the desk takes: keys in sight, nothing cut without a word."""

import pytest

SMALLEST = (60, 16)


@pytest.fixture
def one(asked):
    return asked(service="Check-up", note="Calls back").appointment.id


@pytest.mark.parametrize(
    ("key", "shown", "keys"),
    [
        ("enter", "1  Fri 20 Mar 10:00", "Esc Back"),
        ("t", "1  Fri 20 Mar 10:00", "Esc Back"),
        ("x", "5  Another reason", "Esc Back"),
        ("n", "Note", "Esc Back"),
        ("e", "Note", "Esc Back"),
    ],
)
async def test_a_modal_keeps_its_keys(open_desk, one, key, shown, keys):
    async with open_desk(size=SMALLEST) as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        await desk.press(key)
        await desk.sees(shown, keys)


async def test_a_modal_fits_again_when_the_window_shrinks_under_it(open_desk, one):
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "Wishes")
        await desk.press("x", "5")
        await desk.type("moved away")
        await desk.pilot.resize_terminal(*SMALLEST)
        await desk.sees("moved away", "Esc Back")
        await desk.pilot.resize_terminal(200, 50)
        await desk.sees("moved away", "PgDn Read on")


async def test_the_selected_one_keeps_its_keys(open_desk, one):
    async with open_desk(size=SMALLEST) as desk:
        await desk.sees("Ana Ruiz", "Wishes", "t Set time", "x Cancel")
        await desk.sees("n New", "? Help", "q Quit")


async def test_the_week_is_two_lines_and_what_is_cut_says_so(open_desk, one):
    async with open_desk(size=SMALLEST) as desk:
        await desk.press("d")
        await desk.sees("Mon 16 Mar 2026, today")
        week = next(line for line in desk.text().splitlines() if "[Mon 16]" in line)
        assert "Sun 22" in week
        said = next(line for line in desk.text().splitlines() if "to somebody who waits" in line)
        assert said.rstrip().endswith("…")
