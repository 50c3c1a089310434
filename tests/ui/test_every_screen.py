"""Every screen and modal over the demo office: what it shows, and whether it can be read."""

import importlib
import pkgutil
from difflib import unified_diff

import pytest
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import Static

from interworky_tui import ui
from interworky_tui.ui import themes
from interworky_tui.ui.widgets.bars import KeyBar
from interworky_tui.ui.widgets.brief_text import BriefText
from screenshots import stations
from tests.ui import snapshots
from tests.ui.contrast import poor, unreadable_in_16

EVERY_ONE = [(name, size) for name in stations.EVERY for size in snapshots.SIZES]
ENOUGH = ("desk-dark", "desk-light")
IDS = [f"{name} {width}x{height}" for name, (width, height) in EVERY_ONE]


@pytest.mark.parametrize(("name", "size"), EVERY_ONE, ids=IDS)
async def test_a_station_is_as_it_was_and_whole_and_can_be_read(opened, name, size):
    async with opened(name, size) as (app, pilot):
        await stations.reach(pilot, name)
        now = snapshots.seen(pilot)
        before = snapshots.file_of(name, size).read_text(encoding="utf-8")
        assert now == before, "\n".join(
            unified_diff(before.splitlines(), now.splitlines(), "before", "now", lineterm="", n=1)
        )
        assert not cut_off(app)
        # Of the wide ones, which have the same styles, a dark and a light one will do.
        for theme in themes.NAMES if size == snapshots.SIZES[0] else ENOUGH:
            app.theme = theme
            await pilot.pause()
            assert not poor(app), (theme, poor(app)[:5])
            assert not unreadable_in_16(app), (theme, unreadable_in_16(app)[:5])


def cut_off(app):
    """What lies outside the window or its frame, and keys of a modal that found no room."""
    found = []
    window = app.screen.region
    for bar in app.screen.query(KeyBar):
        if bar.display and not window.contains_region(bar.region):
            found.append(bar)
    for frame in app.screen.query(".dialog, #help, #lock"):
        if not window.contains_region(frame.region):
            found.append(frame)
        if "dialog" in frame.classes:
            inner = frame.content_region
            found += [one for one in frame.children if not _within(inner, one)]
            bar = frame.query_one("#dialog-keys", KeyBar)
            shown = bar.render().plain
            found += [key for key in app.screen.keys if f"{key[0]} {key[1]}" not in shown]
    return found


def _within(frame, widget):
    wanted = widget.region
    scrolls = isinstance(widget, BriefText)
    if isinstance(widget, Static) and widget.display and not scrolls:
        # A text that is higher than what is left of its frame is cut, not moved.
        needs = widget.get_content_height(widget.size, widget.size, wanted.width)
        if needs > wanted.height and widget.styles.height and widget.styles.height.is_auto:
            return False
    return not widget.display or not wanted.area or frame.contains_region(wanted)


def test_no_screen_and_no_modal_is_missing():
    for module in pkgutil.walk_packages(ui.__path__, "interworky_tui.ui."):
        importlib.import_module(module.name)
    there = {one for one in _subclasses(Screen) if one.__module__.startswith("interworky_tui.ui.")}
    shown = {one.__name__ for one in there if not one.__subclasses__()} | {CommandPalette.__name__}
    first_lines = (file.read_text(encoding="utf-8").splitlines()[0] for file in _snapshots())
    reached = {name for line in first_lines for name in line.split(" > ")}
    assert shown - reached == set()


def test_no_snapshot_is_left_of_what_is_no_station():
    wanted = {snapshots.file_of(name, size) for name, size in EVERY_ONE}
    assert set(_snapshots()) == wanted


def _snapshots():
    return sorted(snapshots.FOLDER.glob("*.txt"))


def _subclasses(of):
    for one in of.__subclasses__():
        yield one
        yield from _subclasses(one)
