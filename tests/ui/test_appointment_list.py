"""The cursor of the list: keys, rows that come and go under it, tabs, and reads that fail."""

from dataclasses import replace
from datetime import timedelta

import pytest

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.ui.widgets.appointment_list import AppointmentList
from interworky_tui.ui.widgets.loader import Loader
from interworky_tui.ui.widgets.moves import Page
from interworky_tui.ui.widgets.row_source import View
from interworky_tui.ui.widgets.window import Window
from tests.ui.list_desk import ROWS, Desk, Slow, opened
from tests.ui.list_source import MONDAY, ListSource, make_row, many


async def test_nothing_is_read_before_the_first_show() -> None:
    source = ListSource(many(5))
    async with Desk(source).run_test() as pilot:
        await pilot.pause()
        assert source.asked == []


async def test_down_paints_two_lines_and_reads_nothing() -> None:
    async with opened(many(500)) as desk:
        asked = list(desk.source.asked)
        await desk.press("down")
        assert sorted(desk.list.painted) == [1, 2]
        assert desk.source.asked == asked
        assert desk.cursor_name() == "Client 00002"
        assert [event.row.id for event in desk.app.heard(AppointmentList.CursorMoved)] == [1, 2]


@pytest.mark.parametrize(
    ("keys", "name", "line"),
    [
        (["j", "j", "k"], "00002", 2),
        (["pagedown"], f"{1 + ROWS:05}", 1),
        (["down", "pagedown", "pagedown", "pageup"], f"{2 + ROWS:05}", 2),
        (["end"], "03000", ROWS),
        (["end", "up", "up", "pageup"], f"{2998 - ROWS:05}", ROWS - 2),
        (["end", "home"], "00001", 1),
        (["up"], "00001", 1),
        (["down"] * 400, "00401", ROWS),
    ],
)
async def test_keys_move_the_cursor(keys: list[str], name: str, line: int) -> None:
    async with opened(many(3000)) as desk:
        await desk.press(*keys)
        assert desk.cursor_name() == f"Client {name}"
        assert desk.cursor_line() == line


async def test_keys_pressed_while_rows_are_read_are_done_in_their_order() -> None:
    source = Slow(many(1000))
    async with opened(source) as desk:
        source.gate.clear()
        for key in [*["pagedown"] * 30, "up"]:
            desk.app.simulate_key(key)
        await desk.pilot.pause()
        held = desk.cursor_name()
        source.gate.set()
        await desk.rest()
        assert held < "Client 00301"
        assert desk.cursor_name() == "Client 00300"


async def test_a_row_that_comes_in_above_does_not_move_the_cursor_or_its_line() -> None:
    async with opened(many(500)) as desk:
        await desk.press("pagedown", "down", "down")
        before = desk.cursor_name(), desk.cursor_line()
        desk.source.put(make_row(9000, name="New", at=MONDAY - timedelta(days=1)))
        await desk.reload()
        assert (desk.cursor_name(), desk.cursor_line()) == before
        await desk.press("home")
        assert desk.cursor_name() == "New"


async def test_nothing_is_painted_when_nothing_that_is_seen_has_changed() -> None:
    async with opened(many(500)) as desk:
        desk.source.put(make_row(9000, name="Far", at=MONDAY + timedelta(days=9)))
        await desk.reload()
        assert desk.list.painted == []
        assert len(desk.app.heard(AppointmentList.CursorMoved)) == 1


async def test_a_row_that_changed_in_place_is_painted_and_told() -> None:
    async with opened(many(500)) as desk:
        desk.source.put(replace(desk.source.rows[1], version=2, name="Changed"))
        await desk.reload()
        assert desk.list.painted == [1]
        assert desk.cursor_name() == "Changed"
        assert desk.app.heard(AppointmentList.CursorMoved)[-1].row.version == 2


async def test_the_next_row_takes_the_place_of_one_that_left_and_it_is_said() -> None:
    async with opened(many(500)) as desk:
        await desk.press("down", "down")
        desk.source.put(replace(desk.source.rows[3], status=Status.ATTENDED))
        await desk.reload()
        assert desk.cursor_name() == "Client 00004"
        assert desk.cursor_line() == 3
        left = desk.app.heard(AppointmentList.CursorRowLeft)
        assert [(event.id, event.name) for event in left] == [(3, "Client 00003")]


async def test_the_last_row_that_leaves_gives_its_place_to_the_one_before() -> None:
    async with opened(many(2)) as desk:
        await desk.press("end")
        del desk.source.rows[2]
        await desk.reload()
        assert desk.cursor_name() == "Client 00001"
        del desk.source.rows[1]
        await desk.reload()
        assert desk.list.cursor_row is None
        assert desk.app.heard(AppointmentList.CursorMoved)[-1].row is None


async def test_the_cursor_follows_a_row_that_was_given_another_time() -> None:
    async with opened(many(900)) as desk:
        await desk.press("down", "down")
        desk.source.put(make_row(3, name="Client 00003", at=MONDAY + timedelta(days=5)))
        await desk.reload()
        assert desk.cursor_name() == "Client 00003"
        assert desk.cursor_line() == 3
        assert "Client 00719" in desk.lines()[2]
        assert desk.app.heard(AppointmentList.CursorRowLeft) == []


async def test_the_rows_of_a_tab_stay_until_those_of_the_next_are_there() -> None:
    source = Slow(
        [
            *many(50),
            *[
                replace(row, id=row.id + 900, status=Status.CANCELLED, name="Gone")
                for row in many(50)
            ],
        ]
    )
    async with opened(source) as desk:
        before = desk.lines()
        source.gate.clear()
        desk.list.show(Status.CANCELLED)
        await desk.pilot.press("down")
        assert desk.lines() == before
        assert desk.list.cursor_row is None, "a verb must not fall on a row of the tab left"
        source.gate.set()
        await desk.rest()
        assert set(desk.names()) == {"Gone"}
        assert desk.cursor_line() == 2, "the key meant the tab that was asked for"


async def test_each_tab_and_search_remembers_where_one_stood() -> None:
    rows = many(900)
    async with opened(
        [*rows, *[replace(row, id=row.id + 1000, status=Status.CANCELLED) for row in rows]]
    ) as desk:
        await desk.press(*["pagedown"] * 25, "down")
        before = desk.lines()
        await desk.show(Status.CANCELLED)
        assert desk.cursor_line() == 1
        await desk.show(Status.SCHEDULED, "0000")
        assert desk.cursor_name() == "Client 00001"
        await desk.show(Status.SCHEDULED)
        assert desk.lines() == before


async def test_coming_back_to_a_row_that_left_meanwhile_says_nothing() -> None:
    async with opened(many(30)) as desk:
        await desk.press("down")
        await desk.show(Status.CANCELLED)
        del desk.source.rows[2]
        await desk.show(Status.SCHEDULED)
        assert desk.cursor_name() == "Client 00003"
        assert desk.app.heard(AppointmentList.CursorRowLeft) == []


async def test_rows_that_cannot_be_read_leave_the_old_ones_and_are_told() -> None:
    async with opened(many(3)) as desk:
        before = desk.lines()
        desk.source.problem = StoreProblem("The disk is gone.")
        await desk.reload()
        assert desk.lines() == before
        assert desk.app.heard(AppointmentList.LoadFailed)[0].problem is desk.source.problem
        desk.source.problem = None
        desk.source.put(replace(desk.source.rows[2], name="Again"))
        await desk.reload()
        assert "Again" in desk.lines()[2]


async def test_a_move_whose_rows_could_not_be_read_is_not_made_later() -> None:
    async with opened(many(900)) as desk:
        desk.source.problem = StoreProblem("The disk is gone.")
        await desk.press("end")
        desk.source.problem = None
        await desk.press("down")
        assert desk.cursor_name() == "Client 00002"


async def test_a_tab_left_while_its_read_failed_does_not_hold_up_the_next() -> None:
    source = Slow([*many(50), make_row(900, Status.CANCELLED, name="Gone")])
    async with opened(source) as desk:
        source.gate.clear()
        source.fails = StoreProblem("The disk is gone.")
        desk.list.reload()
        await desk.pilot.pause()
        desk.list.show(Status.CANCELLED)
        source.gate.set()
        await desk.rest()
        assert desk.cursor_name() == "Gone"
        assert desk.app.heard(AppointmentList.LoadFailed) == []


async def test_what_is_read_ahead_waits_for_the_painting() -> None:
    source = ListSource(many(900))
    window = Window(View(Status.SCHEDULED), 10)

    async def painted() -> None:
        source.asked.append("painted")

    loader = Loader(source, lambda: window, lambda: None, lambda problem: None, painted)
    await loader.rows()
    for _ in range(7):
        window.wish(Page(1))
    source.asked.clear()
    await loader.rows()
    assert source.asked == ["painted", "page"]


async def test_an_appointment_is_selected_by_id_or_key() -> None:
    async with opened(many(3000)) as desk:
        desk.list.select(2000)
        row = await desk.list.settled()
        assert row == desk.source.rows[2000]
        desk.list.select(desk.source.rows[5].key)
        await desk.rest()
        assert desk.cursor_name() == "Client 00005"
        desk.list.select(77777)
        await desk.rest()
        assert desk.cursor_name() == "Client 00005", "it is not in this tab"
