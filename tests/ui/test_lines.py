"""A few lines: what differs is painted, and as many as there are find room."""

from textual.app import App
from textual.content import Content

from interworky_tui.ui.widgets.lines import Lines


class Bare(App):
    def compose(self):
        yield Lines([Content("one"), Content("two")], id="few", classes="")
        yield Lines([Content("after")], id="after", classes="")

    def lines(self):
        found = [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]
        return [line for line in found if line]


async def test_only_the_lines_that_differ_are_painted(monkeypatch):
    app, painted = Bare(), []
    async with app.run_test(size=(10, 5)) as pilot:
        few = app.query_one("#few")
        render = few.render_line
        monkeypatch.setattr(few, "render_line", lambda y: painted.append(y) or render(y))
        few.show([Content("one"), Content("three")])
        await pilot.pause()
        assert app.lines() == ["one", "three", "after"]
        assert set(painted) == {1}


async def test_more_lines_find_room_and_a_long_one_has_an_ellipsis():
    app = Bare()
    async with app.run_test(size=(10, 5)) as pilot:
        assert app.lines() == ["one", "two", "after"]
        app.query_one("#few").show([Content(word) for word in ("one", "two", "a long line here")])
        await pilot.pause()
        assert app.lines() == ["one", "two", "a long li…", "after"]
