"""The list as a person sees it: keys and mouse pressed, lines read off it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.events import MouseScrollDown
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage.rows import Row
from interworky_tui.ui.widgets.appointment_list import AppointmentList
from interworky_tui.ui.widgets.loader import Loader
from interworky_tui.ui.widgets.moves import Page
from interworky_tui.ui.widgets.row_source import View
from interworky_tui.ui.widgets.window import Window
from screenshots.stations import until
from tests.ui.list_source import MONDAY, ListSource, make_row, many

WIDTH, HEIGHT = 80, 12
ROWS = HEIGHT - 2
"""Lines of rows: the screen without the header and the field below."""


class Watched(AppointmentList):
    """Remembers which lines were painted."""

    painted: list[int]

    def render_line(self, y: int) -> Strip:
        self.painted.append(y)
        return super().render_line(y)


class Slow(ListSource):
    """Answers when it is let, with what was true when it was asked; ``fails`` once."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__(rows)
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails: StoreProblem | None = None

    async def page(self, *args: Any, **how: Any) -> list[Row]:
        rows = await super().page(*args, **how)
        problem, self.fails = self.fails, None
        await self.gate.wait()
        if problem is not None:
            raise problem
        return rows


class Desk(App[None]):
    def __init__(self, source: ListSource, width: int = WIDTH) -> None:
        super().__init__()
        self.now = MONDAY
        self.told: list[Any] = []
        self.list = Watched(
            source,
            zone=ZoneInfo("Europe/Berlin"),
            now=self._clock,
            band_label=lambda key: (key or "").title(),
            rank_delay=0,
            id="list",
        )
        self.list.painted = []

    def _clock(self) -> datetime:
        return self.now

    def compose(self) -> ComposeResult:
        yield self.list
        yield Input(compact=True)

    def on_mount(self) -> None:
        self.list.focus()

    @on(AppointmentList.CursorMoved)
    @on(AppointmentList.RowChosen)
    @on(AppointmentList.CursorRowLeft)
    @on(AppointmentList.LoadFailed)
    @on(AppointmentList.Marked)
    def _told(self, event: Any) -> None:
        self.told.append(event)

    def heard(self, kind: type) -> list[Any]:
        return [event for event in self.told if type(event) is kind]


class Hands:
    """What a test does with the desk, and what it reads off it."""

    def __init__(self, app: Desk, pilot: Pilot[None], source: ListSource) -> None:
        self.app, self.pilot, self.source, self.list = app, pilot, source, app.list

    async def press(self, *keys: str) -> None:
        """As fast as a terminal would send them."""
        for key in keys:
            self.app.simulate_key(key)
        await self.pilot.pause()
        await self.rest()

    async def rest(self) -> None:
        await self.list.settled()
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()
        await self.pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        """Textual lays out anew for a window that has been still for a moment."""
        await self.pilot.resize_terminal(width, height)
        await until(self.pilot, lambda: self.list.size.width == width)
        await self.rest()

    async def show(self, status: Status, search: str = "") -> None:
        self.list.show(status, search)
        await self.rest()

    async def reload(self) -> None:
        self.list.reload()
        await self.rest()

    def lines(self) -> list[str]:
        return [strip.text for strip in self.strips()]

    def strips(self) -> list[Strip]:
        lines = range(self.list.size.height)
        return [AppointmentList.render_line(self.list, y) for y in lines]

    def names(self) -> list[str]:
        return [line[9:21].strip() for line in self.lines()[1:] if line[9:21].strip()]

    def cursor_line(self) -> int:
        signs = [line[0] for line in self.lines()]
        assert signs.count(">") == 1
        return signs.index(">")

    def cursor_name(self) -> str:
        assert self.list.cursor_row is not None
        assert self.list.cursor_row.name in self.lines()[self.cursor_line()]
        return self.list.cursor_row.name

    def bar(self) -> str:
        return "".join(line[-1] for line in self.lines()[1:])


@asynccontextmanager
async def opened(
    rows: list[Row] | ListSource, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> AsyncIterator[Hands]:
    source = rows if isinstance(rows, ListSource) else ListSource(rows)
    app = Desk(source)
    async with app.run_test(size=size) as pilot:
        hands = Hands(app, pilot, source)
        await hands.show(Status.SCHEDULED)
        hands.list.painted.clear()
        yield hands


async def test_nothing_is_read_before_the_first_show() -> None:
    source = ListSource(many(5))
    async with Desk(source).run_test() as pilot:
        await pilot.pause()
        assert source.asked == []


async def test_rows_stand_under_their_titles() -> None:
    async with opened(many(3)) as desk:
        title, first, *_ = desk.lines()
        assert title.split()[:2] == ["Client", "Visit"]
        assert first.startswith(">DUE     Client 00001")
        assert title.index("Client") == first.index("Client")
        assert title.index("Visit") == first.index("Mon 16 Mar 09:10")
        assert title.index("Phone") == first.index("+4930")
        assert {len(line) for line in desk.lines()} == {WIDTH}


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


async def test_an_empty_tab_says_what_to_do() -> None:
    async with opened([]) as desk:
        desk.list.empty_hint = "No visits are set.\n\n1  go to the [b]requests[/b]"
        await desk.pilot.pause()
        text = desk.lines()
        first = next(line for line in text if "No visits" in line)
        second = next(line for line in text if "requests" in line)
        assert first.index("No") == second.index("1  go")
        assert "[b]requests[/b]" in second
        assert text[0].split()[0] == "Client"
        assert desk.app.heard(AppointmentList.CursorMoved) == []
        await desk.press("down", "end", "pageup")


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


HOSTILE = [
    "[bold]x[/] [@click=app.bell]y[/]",
    "\x1b]0;owned\x07\x1b[31mred",
    "👨‍👩‍👧‍👦 Ünal 👍🏽",
    "山田太郎" * 80,
    "‮שלום עולם",
    "Z" + "\u0336\u0327" * 60,
    "a\nb\tc\x00d\x9b",
    "",
]


@pytest.mark.parametrize("width", [40, 78, 120])
async def test_names_from_outside_are_neither_markup_nor_control(width: int) -> None:
    rows = [make_row(n, name=name, service=name, email=name) for n, name in enumerate(HOSTILE, 1)]
    async with opened(rows, (width, HEIGHT)) as desk:
        strips = desk.strips()
        assert {sum(s.cell_length for s in strip) for strip in strips} == {width}
        assert all(strip.text.isprintable() for strip in strips)
        assert not any(segment.style.meta for strip in strips for segment in strip)
        assert "[bold]x[/]" in strips[1].text


async def test_due_appears_when_the_time_comes_and_only_its_line_is_painted() -> None:
    times = [timedelta(hours=5 * n, seconds=50) for n in range(3)]
    rows = [make_row(n, at=MONDAY + time) for n, time in enumerate(times, 1)]
    async with opened(rows) as desk:
        assert "DUE" not in "".join(desk.lines())
        desk.app.now = MONDAY + timedelta(seconds=50)
        desk.list.tick()
        await desk.pilot.pause()
        assert desk.list.painted == [1]
        assert [line[1:4] for line in desk.lines()[1:4]] == ["DUE", "   ", "   "]


async def test_a_reload_minds_the_time_too() -> None:
    async with opened([make_row(1, at=MONDAY + timedelta(seconds=20))]) as desk:
        desk.app.now = MONDAY + timedelta(seconds=20)
        await desk.reload()
        assert desk.lines()[1].startswith(">DUE")


async def test_the_phone_is_written_anew_when_its_way_is_known() -> None:
    async with opened(many(3)) as desk:
        desk.list.phone = lambda number: "030 12345678"
        await desk.pilot.pause()
        assert desk.list.painted == [1, 2, 3]
        assert "030 12345678" in desk.lines()[1]


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


async def test_the_cursor_is_seen_without_colour_and_the_focus_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(many(30)) as desk:
        strips = desk.list.render_lines(desk.list.size.region)
        colours = {s.style.bgcolor.triplet for strip in strips for s in strip if s.style.bgcolor}
        assert all(len(set(triplet)) == 1 for triplet in colours), "greys"
        styles = [next(iter(strip)).style for strip in strips[1:4]]
        assert [bool(style.reverse) for style in styles] == [True, False, False]
        desk.app.query_one(Input).focus()
        await desk.pilot.pause()
        strips = desk.list.render_lines(desk.list.size.region)
        cursor = next(iter(strips[1])).style
        assert (bool(cursor.reverse), bool(cursor.underline)) == (False, True)


async def test_focus_changes_how_the_cursor_looks_and_nothing_else() -> None:
    async with opened(many(30)) as desk:
        with_focus = desk.strips()[:4]
        desk.app.query_one(Input).focus()
        await desk.pilot.pause()
        without = desk.strips()[:4]
        assert with_focus[1] != without[1]
        assert with_focus[2:] == without[2:]


async def test_a_theme_that_is_changed_is_seen_at_once() -> None:
    async with opened(many(30)) as desk:
        before = desk.strips()[1]
        desk.app.theme = "textual-light"
        await desk.pilot.pause()
        assert desk.strips()[1] != before


async def test_a_smaller_window_keeps_the_cursor_on_it() -> None:
    async with opened(many(500)) as desk:
        await desk.press(*["down"] * (ROWS - 1))
        name = desk.cursor_name()
        await desk.resize(60, 6)
        assert desk.cursor_name() == name
        assert {len(line) for line in desk.lines()} == {60}
        await desk.resize(WIDTH, 40)
        assert desk.cursor_name() == name
        assert len(desk.names()) == 38
