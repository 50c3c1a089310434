"""What the list looks like: titles, words, what is due, and the cursor with and without colour."""

from datetime import timedelta

import pytest
from textual.widgets import Input

from interworky_tui.ui.widgets.appointment_list import AppointmentList
from tests.ui.list_desk import HEIGHT, ROWS, WIDTH, opened
from tests.ui.list_source import MONDAY, make_row, many


async def test_rows_stand_under_their_titles() -> None:
    async with opened(many(3)) as desk:
        title, first, *_ = desk.lines()
        assert title.split()[:2] == ["Client", "Visit"]
        assert first.startswith(">DUE     Client 00001")
        assert title.index("Client") == first.index("Client")
        assert title.index("Visit") == first.index("Mon 16 Mar 09:10")
        assert title.index("Phone") == first.index("+4930")
        assert {len(line) for line in desk.lines()} == {WIDTH}


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
