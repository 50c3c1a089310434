"""Texts that change: a layout is made only for another number of lines."""

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.widgets import Static

from interworky_tui.ui.widgets.texts import put


class OneText(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("ten to ten", id="text", markup=False)
        yield Static("below", id="below")


@pytest.mark.parametrize(
    ("text", "lines"),
    [("ten", 1), ("one\ntwo", 2), ("word " * 12, 3), ("", 1), ("[bold]", 1)],
)
async def test_what_is_below_moves_with_the_lines(text, lines):
    app = OneText()
    async with app.run_test(size=(20, 8)) as pilot:
        shown = app.query_one("#text", Static)
        put(shown, text)
        await pilot.pause()
        assert app.query_one("#below").region.y == lines
        assert shown.visual.plain == text
        put(shown, Content.styled("back", "bold"))
        await pilot.pause()
        assert app.query_one("#below").region.y == 1


async def test_as_many_lines_need_no_layout():
    app = OneText()
    async with app.run_test(size=(20, 8)) as pilot:
        asked = []
        shown = app.query_one("#text", Static)
        refresh = shown.refresh
        shown.refresh = lambda *args, **more: asked.append(more) or refresh(*args, **more)
        put(shown, "as long")
        put(shown, "as long")
        put(shown, "two\nlines")
        await pilot.pause()
    assert asked[:2] == [{"layout": False}, {"layout": True}]
