"""A line of input beside the label that it draws."""

import pytest
from textual.app import App
from textual.geometry import Region

from interworky_tui.ui.widgets.field import LABEL, Field


class Form(App):
    CSS = "Field, Field:focus { height: 1; border: none; padding: 0 1 0 13; }"

    def compose(self):
        yield Field("Name", "name", value="Ana Ruiz", placeholder="")
        yield Field("A label that is too long", "long", value="", placeholder="20 cells")


@pytest.fixture
def text():
    def text(app):
        return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]

    return text


async def test_the_label_stands_before_what_is_typed(text):
    async with Form().run_test(size=(40, 4)) as pilot:
        await pilot.press("end", "!")
        await pilot.pause()
        assert text(pilot.app)[:2] == ["Name         Ana Ruiz!", "A label that 20 cells"]


async def test_a_click_goes_to_the_letter_that_is_under_it():
    async with Form().run_test(size=(40, 4)) as pilot:
        await pilot.click("#name", offset=(13 + len("Ana "), 0))
        assert pilot.app.query_one("#name", Field).cursor_position == len("Ana ")


@pytest.mark.parametrize("start", range(LABEL + 4))
async def test_a_part_of_it_is_the_same_as_in_the_whole(start):
    async with Form().run_test(size=(40, 4)) as pilot:
        field = pilot.app.query_one("#name", Field)
        whole = field.render_lines(Region(0, 0, 40, 1))[0]
        part = field.render_lines(Region(start, 0, 40 - start, 1))[0]
        assert part.text == whole.crop(start, 40).text


async def test_the_label_has_no_colour_either_where_there_is_none(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = Form()
    async with app.run_test(size=(40, 4)) as pilot:
        app.theme = "nord"
        await pilot.pause()
        [strip] = app.query_one("#name", Field).render_lines(Region(0, 0, 40, 1))
    colours = {
        colour.get_truecolor()
        for segment in strip
        for colour in (segment.style.color, segment.style.bgcolor)
        if colour is not None
    }
    assert colours
    assert all(len(set(colour)) == 1 for colour in colours)
