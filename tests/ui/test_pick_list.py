"""The list of lines to choose from, and the long text: painted line by line."""

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from interworky_tui.ui.widgets.long_text import LongText
from interworky_tui.ui.widgets.pick_list import PickList

HEIGHT = 6
TITLES = (0, 4)


class Picking(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.list = PickList([Content(f"line {n} " + "x" * n) for n in range(20)], TITLES)
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.list

    def on_pick_list_moved(self) -> None:
        self.told.append(self.list.at)

    def on_pick_list_chosen(self) -> None:
        self.told.append(("chosen", self.list.at))


def seen(app):
    return [strip.text for strip in app.screen._compositor.render_strips()]


@pytest.mark.parametrize(
    ("keys", "at"),
    [
        ("down", 2),
        ("down down down", 5),
        ("up", 19),
        ("end down", 1),
        ("end", 19),
        ("end home", 1),
        ("pagedown", 7),
        ("pagedown pagedown pagedown pagedown", 19),
        ("down down down pageup", 1),
        ("end pageup", 13),
    ],
)
async def test_the_cursor_goes_round_and_never_stands_on_a_title(keys, at):
    app = Picking()
    async with app.run_test(size=(20, HEIGHT)) as pilot:
        await pilot.press(*keys.split())
        assert app.list.at == at
        assert any(line.startswith(f"line {at} ") for line in seen(app))
        assert app.told[-1] == at


async def test_a_line_is_chosen_by_enter_and_by_a_click():
    app = Picking()
    async with app.run_test(size=(20, HEIGHT)) as pilot:
        await pilot.press("enter")
        await pilot.click(PickList, offset=(3, 3))
        await pilot.click(PickList, offset=(3, 4))
        assert app.told == [("chosen", 1), 3, ("chosen", 3)]


async def test_other_lines_and_another_text_of_one():
    app = Picking()
    async with app.run_test(size=(20, HEIGHT)) as pilot:
        app.list.put(2, Content("another"))
        await pilot.pause()
        assert seen(app)[2].startswith("another")
        app.list.show([Content("a"), Content("b")], 1)
        await pilot.pause()
        assert [line.strip() for line in seen(app)] == ["a", "b", *[""] * (HEIGHT - 2)]
        await pilot.press("enter")
        app.list.show([])
        await pilot.press("down", "pageup", "end", "enter")
        assert (app.told, app.list.at) == ([("chosen", 1)], None)


async def test_a_line_that_is_too_long_has_an_ellipsis_beside_the_scrollbar():
    app = Picking()
    async with app.run_test(size=(16, HEIGHT)) as pilot:
        await pilot.press("end")
        await pilot.pause()
        assert seen(app)[-1].startswith("line 19 xxxxxx…")


class Long(App[None]):
    CSS = "LongText { width: 10; max-height: 100%; }"

    def __init__(self, lines) -> None:
        super().__init__()
        self.text = LongText([Content(line) for line in lines])

    def compose(self) -> ComposeResult:
        yield self.text


async def test_a_short_text_is_as_high_as_its_lines():
    app = Long(["one", "two and three"])
    async with app.run_test(size=(10, HEIGHT)):
        assert app.text.size.height == 3
        assert [line.strip() for line in seen(app)[:3]] == ["one", "two and", "three"]


async def test_a_long_text_loses_nothing_beside_its_scrollbar_and_scrolls():
    words = [f"word {n:02} ..." for n in range(20)]
    app = Long(words)
    async with app.run_test(size=(10, HEIGHT)) as pilot:
        read = []
        for _ in range(40):
            await pilot.pause()
            read += [line[:7] for line in seen(app)]
            app.text.scroll_relative(y=1, animate=False)
        assert {word[:7] for word in words} <= set(read)
