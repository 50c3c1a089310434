"""The help says what can be done here and now; the palette has everything."""

from dataclasses import replace

import pytest

from interworky_tui.ui import keys, themes
from interworky_tui.ui.commands import DeskCommands


async def test_an_empty_desk_is_told_how_to_begin(open_desk):
    async with open_desk() as desk:
        await desk.press("question_mark")
        await desk.sees("What waits for you", "files the first request", "kept as files")


async def test_what_waits_is_counted_with_the_key_that_goes_there(open_desk, asked, clock):
    asked()
    asked("Ben Ito", "+4915112345602", "ben@example.com")
    clock.forward(days=5)
    async with open_desk() as desk:
        await desk.sees("STALE")
        await desk.press("question_mark")
        await desk.sees("1         2 requests are stale")
        await desk.sees("Now, with the selected appointment (Requested)", "three free slots")


@pytest.mark.parametrize(
    ("key", "title", "words"),
    [
        ("m", "The messages", ("Send a failed message again", "Answer a reply by SMS")),
        ("i", "The insights", ("A year", "90 days")),
        ("comma", "The settings", ("As it was before anybody changed it",)),
    ],
)
async def test_every_screen_tells_its_own_keys(open_desk, asked, key, title, words):
    asked()
    async with open_desk(size=(80, 40)) as desk:
        await desk.press(key)
        await desk.until(lambda: len(desk.app.screen_stack) == 2)
        await desk.press("question_mark")
        await desk.sees(title, "Esc", *words)
        await desk.press("escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 2)


async def test_the_palette_has_every_action(open_desk):
    async with open_desk() as desk:
        provider = DeskCommands(desk.app.screen)
        names = {str(hit.display) async for hit in provider.discover()}
        for key in keys.KEYS:
            assert f"{key.label} ({key.face})" in names


async def test_the_palette_of_another_screen_has_what_can_be_done_there(open_desk):
    async with open_desk() as desk:
        await desk.press("d")
        await desk.sees("no visits")
        names = {str(hit.display) async for hit in DeskCommands(desk.app.screen).discover()}
        assert {"Day after (→)", "Go to (g)", "Curtain (p)", f"Theme: {themes.NAMES[0]}"} <= names
        assert "Set time (t)" not in names
        await desk.press("ctrl+p")
        await desk.until(lambda: len(desk.app.screen_stack) == 3)
        await desk.type("week after")
        await desk.until(lambda: "Week after" in desk.text())
        await desk.press("enter")
        await desk.sees("Mon 23 Mar 2026")


def test_no_two_actions_share_a_key_or_a_name():
    pressed = [one for key in keys.KEYS for one in key.keys.split(",")]
    assert len(pressed) == len(set(pressed))
    assert len(keys.OF_NAME) == len(keys.KEYS)
    assert all(replace(key, flow="").action == key.name for key in keys.KEYS)


async def test_the_palette_takes_on_another_theme_while_it_is_open(open_desk):
    async with open_desk() as desk:
        await desk.press("ctrl+p")
        await desk.sees("Search for commands")
        desk.app.theme = "desk-light"
        await desk.pilot.pause()
        light = drawn(desk)
        await desk.press("escape", "ctrl+p")
        await desk.sees("Search for commands")
        await desk.pilot.pause()
        assert drawn(desk) == light


def drawn(desk):
    """The looks and the words of each line."""
    strips = desk.app.screen._compositor.render_strips()
    return [list(strip.simplify()) for strip in strips]
