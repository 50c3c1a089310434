"""The insights screen: figures beside pictures, over spans that keys change."""

import re
from datetime import timedelta

import pytest

from interworky_tui.domain.feedback import Survey
from interworky_tui.services import feedback, scheduling, visits
from interworky_tui.ui.insight_content import LEFT, RIGHT
from interworky_tui.ui.screens import insights as screen
from interworky_tui.ui.widgets.figure_panel import FigurePanel, Plot


@pytest.fixture
def answered(office, asked, clock):
    """A visit that was attended now, and rated."""

    def answer(rating=5, name="Ana Ruiz"):
        one = asked(name).appointment
        scheduling.schedule(office, one.id, clock.now, override=True)
        visits.attend(office, one.id)
        feedback.collect(office, one.id)
        return feedback.record(office, one.id, Survey(rating)).appointment

    return answer


def undrawn(desk):
    return [plot for plot in desk.app.screen.query(Plot) if plot.has_class("-undrawn")]


async def drawn(desk):
    await desk.until(lambda: desk.app.screen.query(Plot) and not undrawn(desk))


def line(desk, label):
    return next((text for text in desk.text().splitlines() if label in text), "")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_figures_stand_beside_their_pictures(open_desk, answered, size):
    answered(5)
    answered(4, "Bo Berg")
    async with open_desk(size) as desk:
        await desk.press("i")
        await desk.sees("Insights:", "15 Feb to 16 Mar 2026", "Average rating", "4.5")
        await drawn(desk)
        assert "4 stars 1  50 %, was 0" in desk.text()
        assert "5 ★" in desk.text()
        assert re.search(r"1 +█+", desk.text())
        await desk.press("escape")
        await desk.sees("1 Req")


async def test_a_wide_window_has_two_columns(open_desk, answered):
    answered()
    async with open_desk((140, 40)) as desk:
        await desk.press("i")
        await desk.until(lambda: "Requests and" in line(desk, "Feedback"))


async def test_all_of_it_is_reached_by_keys_in_a_small_window(open_desk, answered):
    answered()
    async with open_desk((80, 24)) as desk:
        await desk.press("i")
        await desk.sees("Ratings")
        assert "Cancelled" not in desk.text()
        await desk.press("end")
        await desk.sees("Cancelled", "Client asked")
        await desk.press("home")
        await desk.sees("Of them answered")
        await desk.press("down")
        await desk.until(lambda: "Asked" not in desk.text())


async def test_keys_change_the_span(open_desk, answered, clock):
    answered()
    clock.forward(days=45)
    async with open_desk() as desk:
        await desk.press("i")
        await desk.until(lambda: re.search("Asked +0  was 1", desk.text()))
        await desk.press("9")
        await desk.sees("31 Jan to 30 Apr 2026")
        await desk.until(lambda: re.search("Asked +1  was 0", desk.text()))
        await desk.press("right")
        await desk.sees("1 May 2025 to 30 Apr 2026")
        await desk.press("right", "left", "left")
        await desk.sees("1 Apr to 30 Apr 2026")
        await desk.press("y")
        await desk.sees("1 May 2025 to 30 Apr 2026")


async def test_a_key_in_the_midst_of_laying_out_leaves_nothing_out(
    open_desk, answered, monkeypatch
):
    there = []

    def mounted(panel):
        there.append(panel.id)
        if len(there) == 1:
            panel.screen.action_span(365)

    monkeypatch.setattr(FigurePanel, "on_mount", mounted, raising=False)
    answered()
    async with open_desk() as desk:
        await desk.press("i")
        await desk.sees("17 Mar 2025 to 16 Mar 2026")
        await desk.until(lambda: len(there) == len((*LEFT, *RIGHT)))
        assert [panel.id for panel in desk.app.screen.query(FigurePanel)] == [*LEFT, *RIGHT]
        await drawn(desk)


async def test_an_empty_office_says_what_will_be_here(open_desk):
    async with open_desk() as desk:
        await desk.press("i")
        await desk.sees("There is nothing to count in these days.", "is summed up here")
        assert not desk.app.screen.query(Plot)


async def test_what_changes_is_counted_again(open_desk, asked, monkeypatch):
    monkeypatch.setattr(screen, "AT_MOST_EVERY", 0.01)
    asked()
    async with open_desk() as desk:
        await desk.press("i")
        await desk.sees("Feedback", "Asked")
        await desk.press("pagedown")
        await desk.until(lambda: "Asked" not in desk.text())
        before = desk.app.screen.figures.scroll_offset
        asked("Bo Berg")
        await desk.until(lambda: desk.app.screen._found.now.requests.total == 2)
        assert desk.app.screen.figures.scroll_offset == before


async def test_many_changes_are_read_together(open_desk, asked, office):
    asked()
    async with open_desk() as desk:
        await desk.press("i")
        await desk.sees("Feedback")
        insights = desk.app.screen
        first = insights._found
        for name in ("Bo", "Cy", "Di"):
            asked(name)
            insights._changed()
        timer = insights._soon
        insights._changed()
        assert insights._soon is timer
        assert insights._found is first


async def test_the_next_day_is_another_span(open_desk, asked, clock, monkeypatch):
    monkeypatch.setattr(screen, "AT_MOST_EVERY", 0.01)
    asked()
    async with open_desk() as desk:
        await desk.press("i")
        await desk.sees("16 Mar 2026")
        clock.now += timedelta(days=1)
        desk.app.screen._tick()
        await desk.sees("16 Feb to 17 Mar 2026")


async def test_a_theme_gives_the_pictures_its_colours(open_desk, answered):
    answered()
    async with open_desk((140, 40)) as desk:
        await desk.press("i")
        await drawn(desk)

        def colours():
            strips = desk.app.screen._compositor.render_strips()
            cells = [segment for strip in strips for segment in strip if "█" in segment.text]
            return {cell.style.color.name for cell in cells if cell.style and cell.style.color}

        await desk.until(lambda: "#6cb6ff" in colours())
        desk.app.theme = "desk-light"
        await desk.until(lambda: "#0b57a4" in colours() and "#6cb6ff" not in colours())
