"""What the window asks for and when, what it does with each answer, and where its thumb stands."""

from dataclasses import replace
from typing import Any

import pytest

from interworky_tui.domain.appointment import Status
from interworky_tui.storage.rows import Row
from interworky_tui.ui.widgets.moves import Edge, Goto, Mark, Page, Scroll, Select, Step
from interworky_tui.ui.widgets.row_source import After, Around, Before, Find, First, Last, Run, read
from interworky_tui.ui.widgets.window import MARGIN, Window
from tests.ui.list_source import ListSource, many
from tests.ui.reading import SCHEDULED, Reading, at_once, change, opened


def test_an_answer_that_no_longer_reaches_the_screen_is_asked_for_again() -> None:
    reading = opened(1000)
    reading.window.renew()
    reading.ask()
    for _ in range(55):
        reading.window.wish(Step(1))
    for _ in range(3):
        reading.window.wish(Scroll(3))
    before = reading.window.visible()
    reading.answer()
    assert reading.window.visible() == before
    assert isinstance(reading.window.ask(), Around)


def test_the_thumb_stays_while_its_numbers_are_read_anew() -> None:
    reading = opened(1000)
    reading.window.wish(Goto(0.5))
    reading.finish()
    before = reading.window.thumb()
    reading.window.renew()
    reading.ask()
    reading.answer()
    assert reading.window.ask_rank() is not None
    assert reading.window.thumb() == before


def test_a_list_that_is_wholly_loaded_counts_itself() -> None:
    reading = opened(60)
    assert reading.window.total == 60
    assert "position" not in reading.source.asked


def test_a_row_that_moves_between_the_two_reads_is_taken_once() -> None:
    source = ListSource(many(9))

    class Moving(ListSource):
        async def page(self, status: Status, **how: Any) -> list[Row]:
            rows = await super().page(status, **how)
            change(self, "move", 8, -60)
            return rows

    run = at_once(read(Moving(source.rows.values()), SCHEDULED, Find(5, 20)))
    assert sorted(row.id for row in run.rows) == list(range(1, 10))
    assert run.found is not None
    assert run.rows[run.found].id == 5


def test_a_row_that_moved_is_followed_and_is_not_said_to_have_left() -> None:
    reading = opened(900)
    reading.window.wish(Step(1))
    change(reading.source, "move", 2, 7000)
    reading.window.renew()
    reading.finish()
    assert reading.window.left is None
    assert reading.window.row is not None
    assert reading.window.row.id == 2
    assert reading.window.rows[reading.window.cursor - 1].id == 701


def test_a_row_from_afar_comes_to_the_middle_of_the_screen() -> None:
    reading = opened(1200)
    reading.window.wish(Select(700))
    reading.finish()
    assert [row.id for row in reading.window.visible()] == list(range(695, 705))
    assert reading.window.mark == Mark(reading.source.rows[700].key, 700, 5)


def test_a_move_within_what_is_loaded_reads_nothing() -> None:
    reading = opened(1000)
    before = list(reading.source.asked)
    for _ in range(30):
        reading.window.wish(Step(1))
    assert reading.window.ask() is None
    assert reading.source.asked == before


def test_rows_are_read_ahead_before_they_are_needed() -> None:
    reading = opened(1000)
    while reading.window.ask() is None:
        reading.window.wish(Step(1))
    ask = reading.window.ask()
    assert isinstance(ask, After)
    assert len(reading.window.rows) - reading.window.cursor > MARGIN // 2


def test_an_answer_that_nobody_waits_for_any_more_is_dropped() -> None:
    reading = opened(1000)
    reading.window.wish(Edge(last=True))
    assert isinstance(reading.window.ask(), Last)
    reading.ask()
    reading.window.wish(Edge(last=False))
    reading.answer()
    assert reading.window.cursor == 0
    assert reading.window.rows[0].id == 1


def test_a_change_told_while_rows_are_read_is_read_again() -> None:
    reading = opened(50)
    reading.window.renew()
    reading.ask()
    change(reading.source, "rename", 1, 0)
    reading.window.renew()
    reading.answer()
    assert not reading.window.settled
    reading.finish()
    assert reading.window.rows[0].name == "Renamed"


def test_a_read_that_failed_keeps_the_rows_and_is_tried_again() -> None:
    reading = opened(50)
    reading.window.renew()
    ask = reading.window.ask()
    assert isinstance(ask, Around)
    reading.window.begin(ask)
    reading.window.give_up()
    assert len(reading.window.rows) == 50
    assert isinstance(reading.window.ask(), Around)


def test_it_opens_where_the_cursor_stood() -> None:
    reading = opened(1000)
    for _ in range(15):
        reading.window.wish(Page(1))
        reading.finish()
    reading.window.wish(Scroll(-3))
    mark = reading.window.mark
    again = Reading(Window(SCHEDULED, 10, mark), reading.source)
    again.finish()
    assert again.window.mark == mark
    assert again.window.visible() == reading.window.visible()


def test_a_key_before_the_first_rows_is_kept() -> None:
    reading = Reading(Window(SCHEDULED, 10), ListSource(many(300)))
    reading.window.wish(Edge(last=True))
    reading.window.wish(Step(-1))
    reading.finish()
    assert reading.window.row is not None
    assert reading.window.row.id == 299
    assert reading.source.asked[0] == "last_page"


def test_two_reads_of_one_change_take_a_row_once() -> None:
    window = Window(SCHEDULED, 3)
    rows = many(150)
    first = window.ask()
    assert isinstance(first, First)
    window.take(first, Run(rows[:100], start=True, end=False))
    for _ in range(60):
        window.wish(Step(1))
    more = window.ask()
    assert isinstance(more, After)
    moved = replace(rows[0], sort_at=rows[101].sort_at)
    window.take(more, Run([rows[100], moved, *rows[101:]], start=False, end=True))
    assert [row.id for row in window.rows].count(1) == 1
    assert isinstance(window.ask(), Around), "it is sorted out by reading again"


@pytest.mark.parametrize(
    ("top", "expected"), [(0, (0, 1)), (495, (4, 1)), (990, (9, 1))], ids=["top", "middle", "end"]
)
def test_the_thumb_says_where_one_is(top: int, expected: tuple[int, int]) -> None:
    reading = opened(1000)
    reading.window.wish(Goto(top / 990))
    reading.finish()
    assert reading.window.thumb() == expected


def test_there_is_no_thumb_when_everything_is_on_screen() -> None:
    assert opened(10).window.thumb() is None
    assert opened(11).window.thumb() == (0, 9)


def test_a_point_below_the_last_row_is_none() -> None:
    reading = opened(3)
    assert not reading.window.point(3)
    assert reading.window.point(2)
    assert reading.window.row == many(3)[2]


def test_before_is_asked_for_when_going_up() -> None:
    reading = opened(1000)
    reading.window.wish(Goto(0.5))
    reading.finish()
    asks = set()
    for _ in range(70):
        reading.window.wish(Step(-1))
        asks.add(type(reading.window.ask()))
        reading.finish()
    assert Before in asks
