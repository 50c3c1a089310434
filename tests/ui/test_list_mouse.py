"""The list under the mouse: the wheel, clicks, and the scrollbar."""

import pytest
from textual.events import MouseScrollDown

from interworky_tui.ui.widgets.appointment_list import AppointmentList
from tests.ui.list_desk import ROWS, WIDTH, opened
from tests.ui.list_source import many


async def test_the_wheel_scrolls_and_the_cursor_stays_on_its_row_while_it_can() -> None:
    async with opened(many(500)) as desk:
        await desk.press(*["down"] * 5)
        desk.list.post_message(
            MouseScrollDown(desk.list, 5, 5, 0, 1, 0, shift=False, meta=False, ctrl=False)
        )
        await desk.pilot.pause()
        await desk.rest()
        assert desk.cursor_name() == "Client 00006"
        assert desk.cursor_line() == 3


async def test_a_click_moves_the_cursor_and_a_double_click_chooses() -> None:
    async with opened(many(500)) as desk:
        await desk.pilot.click("#list", offset=(20, 4))
        assert desk.cursor_name() == "Client 00004"
        assert desk.app.heard(AppointmentList.RowChosen) == []
        await desk.pilot.click("#list", offset=(20, 6), times=2)
        await desk.rest()
        assert [e.row.id for e in desk.app.heard(AppointmentList.RowChosen)] == [6]


@pytest.mark.parametrize("y", [0, 3])
async def test_a_click_on_the_titles_or_below_the_last_row_chooses_nothing(y: int) -> None:
    async with opened(many(2)) as desk:
        await desk.pilot.click("#list", offset=(20, y), times=2)
        await desk.rest()
        assert desk.cursor_name() == "Client 00001"
        assert desk.app.heard(AppointmentList.RowChosen) == []


async def test_the_scrollbar_shows_where_one_is_and_takes_one_there() -> None:
    async with opened(many(3000)) as desk:
        assert desk.bar() == "█" + "│" * (ROWS - 1)
        await desk.pilot.click("#list", offset=(WIDTH - 1, ROWS))
        await desk.rest()
        assert desk.bar() == "│" * (ROWS - 1) + "█"
        assert "Client 03000" in desk.lines()[-1]
        assert desk.cursor_line() == 1, "the cursor keeps its line"


async def test_the_thumb_is_dragged() -> None:
    async with opened(many(3000)) as desk:
        await desk.pilot.mouse_down("#list", offset=(WIDTH - 1, 1))
        assert desk.names()[0] == "Client 00001", "taking hold of the thumb moves nothing"
        await desk.pilot.hover("#list", offset=(WIDTH - 1, 1 + ROWS // 2))
        await desk.rest()
        middle = desk.names()[0]
        await desk.pilot.mouse_up("#list", offset=(WIDTH - 1, 1 + ROWS // 2))
        await desk.pilot.hover("#list", offset=(20, 2))
        await desk.rest()
        assert "Client 01400" < middle < "Client 01800"
        assert desk.names()[0] == middle


async def test_the_scrollbar_is_counted_after_the_rows_are_there() -> None:
    async with opened(many(500)) as desk:
        assert desk.source.asked.index("position") > desk.source.asked.index("page")
        assert desk.source.asked.count("position") == 1
        await desk.press(*["pagedown"] * 30)
        assert desk.source.asked.count("position") == 1, "it is reckoned on from there"
