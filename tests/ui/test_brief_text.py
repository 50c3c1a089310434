"""A few lines of a long text: it scrolls them, and draws its scrollbar itself."""

from textual.app import App, ComposeResult
from textual.events import MouseScrollDown

from interworky_tui.ui.widgets.brief_text import BriefText

LINES = "\n".join(f"line {number} of all" for number in range(1, 13))


class OneText(App[None]):
    CSS = "BriefText { max-height: 4; }"

    def compose(self) -> ComposeResult:
        yield BriefText(LINES, id="text")


def shown(app):
    text = app.query_one(BriefText)
    return [text.render_line(y).text for y in range(text.size.height)]


async def test_it_scrolls_as_far_as_there_are_lines():
    app = OneText()
    async with app.run_test(size=(20, 8)) as pilot:
        text = app.query_one(BriefText)
        await pilot.pause()
        assert [line[:6] for line in shown(app)] == ["line 1", "line 2", "line 3", "line 4"]
        text.scroll_lines(3)
        assert shown(app)[0].startswith("line 4 of all")
        text.scroll_lines(100)
        assert shown(app)[-1].startswith("line 12 of all")
        text.scroll_lines(-1)
        assert shown(app)[-1].startswith("line 11 of all")
        text.scroll_lines(-100)
        assert shown(app)[0].startswith("line 1 of all")
        assert len(text.children) == 0


async def test_the_wheel_and_the_scrollbar_scroll_it_too():
    app = OneText()
    async with app.run_test(size=(20, 8)) as pilot:
        text = app.query_one(BriefText)
        await pilot._post_mouse_events([MouseScrollDown], widget=text, offset=(2, 2))
        assert shown(app)[0].startswith("line 3 of")
        await pilot.click(text, offset=(19, 3))
        assert shown(app)[0].startswith("line 7 of")
        await pilot.click(text, offset=(19, 0))
        assert shown(app)[0].startswith("line 3 of")
        await pilot.click(text, offset=(5, 3))
        assert shown(app)[0].startswith("line 3 of")


async def test_only_what_is_too_long_has_a_scrollbar_and_room_for_it():
    app = OneText()
    async with app.run_test(size=(20, 8)) as pilot:
        text = app.query_one(BriefText)
        text.update("as wide as all of it")
        await pilot.pause()
        assert shown(app) == ["as wide as all of it"]
        text.update("\n".join(["as wide as all of it"] * 4))
        await pilot.pause()
        assert shown(app) == ["as wide as all of it"] * 4
        text.update("\n".join(["as wide as all of it"] * 5))
        await pilot.pause()
        assert [line[:-1].rstrip() for line in shown(app)] == ["as wide as all of", "it"] * 2
