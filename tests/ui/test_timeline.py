"""The lines of a day: what can be chosen, where the cursor stays, scrolling, the mouse."""

from datetime import UTC, datetime, timedelta

import pytest
from textual.app import App
from textual.content import Content

from interworky_tui.ui.widgets.timeline import TimeLine, Timeline

START = datetime(2026, 3, 20, 8, tzinfo=UTC)


def line(number, *, fixed=False, text=""):
    said = Content(f" {text or f'line {number}'}")
    return TimeLine(START + timedelta(hours=number), lambda: said, "" if fixed else f"n{number}")


class Bare(App):
    def __init__(self):
        super().__init__()
        self.timeline, self.chosen, self.moved = Timeline(), [], []

    def compose(self):
        yield self.timeline

    def on_timeline_chosen(self, event):
        self.chosen.append(event.id)

    def on_timeline_cursor_moved(self, event):
        self.moved.append(event.id)

    def lines(self):
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]


@pytest.fixture
async def bare():
    app = Bare()
    async with app.run_test(size=(30, 6)) as pilot:
        app.timeline.focus()
        yield app, pilot


async def shown(pilot, lines, **where):
    pilot.app.timeline.show(lines, **where)
    await pilot.pause()


async def test_the_cursor_passes_over_what_cannot_be_chosen(bare):
    app, pilot = bare
    await shown(pilot, [line(0, fixed=True), line(1), line(2, fixed=True), line(3)])
    assert app.timeline.chosen == "n1"
    await pilot.press("down")
    assert app.timeline.chosen == "n3"
    await pilot.press("down", "enter", "up", "up", "enter")
    assert app.chosen == ["n3", "n1"]
    assert app.moved == ["n1", "n3", "n1"]


async def test_the_cursor_has_a_sign_that_needs_no_colour(bare):
    app, pilot = bare
    await shown(
        pilot, [line(0), TimeLine(START + timedelta(hours=1), lambda: Content("»held"), "h")]
    )
    assert app.lines()[:2] == [">line 0", "»held"]
    await pilot.press("down")
    assert app.lines()[:2] == [" line 0", "»held"]


async def test_nothing_to_choose_is_said_when_it_is_chosen(bare):
    app, pilot = bare
    await shown(pilot, [line(0, fixed=True)])
    await pilot.press("enter", "down", "home", "pagedown")
    assert app.chosen == [""]
    await shown(pilot, [])
    assert app.timeline.chosen == ""


async def test_the_cursor_stays_on_its_line_while_others_come_and_go(bare):
    app, pilot = bare
    await shown(pilot, [line(number) for number in range(10, 20)], at="n14")
    place = next(y for y, text in enumerate(app.lines()) if text.startswith(">"))
    await shown(pilot, [line(number) for number in range(5, 20)])
    assert app.timeline.chosen == "n14"
    assert app.lines()[place].startswith(">line 14")


async def test_when_its_line_goes_it_is_on_what_is_at_that_time(bare):
    app, pilot = bare
    await shown(pilot, [line(number) for number in range(6)], at="n3")
    await shown(pilot, [line(number) for number in range(6) if number != 3])
    assert app.timeline.chosen == "n2"
    await shown(pilot, [line(number) for number in (7, 8)])
    assert app.timeline.chosen == "n7"


@pytest.mark.parametrize(("hours", "chosen"), [(-1, "n0"), (0, "n0"), (3.5, "n3"), (50, "n9")])
async def test_a_moment_is_the_line_that_has_begun(bare, hours, chosen):
    app, pilot = bare
    await shown(pilot, [line(number) for number in range(10)], at=START + timedelta(hours=hours))
    assert app.timeline.chosen == chosen


async def test_a_long_day_scrolls_with_the_cursor_and_shows_how_far(bare):
    app, pilot = bare
    await shown(pilot, [line(0, fixed=True), *(line(number) for number in range(1, 20))])
    assert app.lines()[0].startswith(" line 0")
    await pilot.press("end")
    assert app.lines()[-1].startswith(">line 19")
    assert app.lines()[-1].endswith("█")
    assert app.lines()[0].endswith("│")
    await pilot.press("pageup", "pageup")
    assert app.timeline.chosen == "n9"
    await pilot.press("home")
    assert app.lines()[:2] == [f"{' line 0':<29}█", f"{'>line 1':<29}│"]


async def test_one_click_moves_the_cursor_and_two_choose(bare):
    app, pilot = bare
    await shown(pilot, [line(0), line(1, fixed=True), line(2)])
    await pilot.click(Timeline, offset=(3, 2))
    assert (app.timeline.chosen, app.chosen) == ("n2", [])
    await pilot.click(Timeline, offset=(3, 1))
    assert app.timeline.chosen == "n2"
    await pilot.click(Timeline, offset=(3, 0), times=2)
    assert app.chosen == ["n0"]


async def test_text_from_outside_is_no_markup(bare):
    app, pilot = bare
    await shown(pilot, [line(0, text="[bold]Bo[/bold] [b"), line(1)])
    assert app.lines()[0] == ">[bold]Bo[/bold] [b"


async def test_long_lines_are_cut(bare):
    app, pilot = bare
    await shown(pilot, [line(0, text="x" * 90)])
    assert app.lines()[0] == ">" + "x" * 27 + "…"
