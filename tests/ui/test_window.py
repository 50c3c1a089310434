"""The window against a plain list: whatever is pressed, read late, or changed meanwhile."""

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status
from interworky_tui.storage.rows import Row
from interworky_tui.ui.widgets.moves import Edge, Goto, Mark, Page, Scroll, Select, Step, Wish
from interworky_tui.ui.widgets.row_source import (
    After,
    Around,
    Ask,
    Before,
    Find,
    First,
    Last,
    Rank,
    Run,
    View,
    read,
)
from interworky_tui.ui.widgets.window import CAP, MARGIN, Window
from tests.ui.list_source import MONDAY, ListSource, make_row, many

T = TypeVar("T")
SCHEDULED = View(Status.SCHEDULED)


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


class Reading:
    """One read at a time, its answer as old as the moment it was asked."""

    def __init__(self, window: Window, source: ListSource) -> None:
        self.window, self.source = window, source
        self._under_way: tuple[Ask | Rank, Any] | None = None

    def ask(self) -> bool:
        """False when nothing is wanted, or a read is under way."""
        if self._under_way is not None:
            return False
        ask = self.window.ask()
        if ask is None:
            return False
        self.window.begin(ask)
        view = self.window.view
        if isinstance(ask, Rank):
            answer: Any = at_once(self.source.position(view.status, ask.key, search=view.search))
        else:
            answer = at_once(read(self.source, view, ask))
        self._under_way = ask, answer
        return True

    def answer(self) -> None:
        if self._under_way is not None:
            (ask, answer), self._under_way = self._under_way, None
            if isinstance(ask, Rank):
                self.window.take_rank(ask, *answer)
            else:
                self.window.take(ask, answer)

    def finish(self) -> None:
        """Until nothing is wanted, the scrollbar's numbers included."""
        self.answer()
        for _ in range(40):
            if not self.ask():
                break
            self.answer()
        else:
            raise AssertionError(f"it asks for ever: {self.window.ask()}")
        if rank := self.window.ask_rank():
            view = self.window.view
            numbers = at_once(self.source.position(view.status, rank.key, search=view.search))
            self.window.take_rank(rank, *numbers)


def opened(rows: int | ListSource, height: int = 10, view: View = SCHEDULED) -> Reading:
    source = rows if isinstance(rows, ListSource) else ListSource(many(rows, view.status))
    reading = Reading(Window(view, height), source)
    reading.finish()
    return reading


@dataclass
class Plain:
    """The same moves on a whole list."""

    size: int
    height: int
    top: int = 0
    cursor: int = 0

    def move(self, wish: Wish, ids: list[int]) -> None:
        last, bottom = max(0, self.size - 1), max(0, self.size - self.height)
        line = self.cursor - self.top
        match wish:
            case Step(by):
                self._to(self.cursor + by)
            case Page(by):
                self.top = min(max(0, self.top + by * self.height), bottom)
                self.cursor = min(max(0, self.cursor + by * self.height), last)
            case Scroll(by):
                self.top = min(max(0, self.top + by), bottom)
                self.cursor = min(max(self.top, self.cursor), self.top + self.height - 1, last)
            case Edge(end):
                self._to(last if end else 0)
            case Goto(fraction):
                self.top = round(fraction * bottom)
                self.cursor = min(self.top + line, last)
            case Select(id) if id in ids:
                index = ids.index(id)
                if not self.top <= index < self.top + self.height:
                    self.top = min(max(0, index - self.height // 2), bottom)
                self.cursor = index

    def _to(self, cursor: int) -> None:
        self.cursor = min(max(0, cursor), max(0, self.size - 1))
        self.top = min(max(self.top, self.cursor - self.height + 1), self.cursor)


steps = st.builds(Step, st.sampled_from([-1, 1]))
pages = st.builds(Page, st.sampled_from([-1, 1]))
scrolls = st.builds(Scroll, st.sampled_from([-3, 3]))
edges = st.builds(Edge, st.booleans())
places = st.builds(Goto, st.floats(0, 1))
selections = st.builds(Select, st.integers(1, 1300))
relative = st.one_of(steps, pages, pages, pages, scrolls)
held_down = st.builds(lambda wish, times: [wish] * times, relative, st.integers(1, 15))
sizes = st.one_of(st.integers(0, 30), st.integers(0, 1200))
tabs = st.sampled_from([Status.SCHEDULED, Status.CANCELLED])


def assert_alike(window: Window, plain: Plain, truth: list[int]) -> None:
    seen = [row.id for row in window.visible()]
    assert seen == truth[plain.top : plain.top + plain.height]
    assert (window.row.id if window.row else None) == (truth[plain.cursor] if truth else None)
    assert len(window.rows) <= CAP + 2 * MARGIN


@settings(max_examples=80, deadline=None)
@given(
    sizes,
    st.integers(1, 40),
    tabs,
    st.lists(
        st.one_of(held_down, held_down, st.one_of(edges, places, selections).map(lambda w: [w])),
        max_size=12,
    ),
)
def test_every_move_ends_where_a_whole_list_would(
    size: int, height: int, status: Status, moves: list[list[Wish]]
) -> None:
    reading = opened(size, height, View(status))
    truth = [row.id for row in reading.source.view(status)]
    plain = Plain(size, height)
    for wish in chain.from_iterable(moves):
        reading.window.wish(wish)
        reading.finish()
        plain.move(wish, truth)
        assert_alike(reading.window, plain, truth)
        if truth:
            assert reading.window.base == truth.index(reading.window.rows[0].id)
            assert reading.window.total == size


@settings(max_examples=100, deadline=None)
@given(
    sizes,
    st.integers(1, 40),
    st.lists(st.one_of(relative, relative, edges, st.sampled_from(["ask", "answer"])), max_size=60),
)
def test_keys_faster_than_reads_are_neither_lost_nor_out_of_order(
    size: int, height: int, events: list[Wish | str]
) -> None:
    source = ListSource(many(size))
    reading = Reading(Window(SCHEDULED, height), source)
    truth = [row.id for row in source.view(Status.SCHEDULED)]
    plain = Plain(size, height)
    for event in events:
        if event == "ask":
            reading.ask()
        elif event == "answer":
            reading.answer()
        elif not isinstance(event, str):
            reading.window.wish(event)
            plain.move(event, truth)
    reading.finish()
    assert_alike(reading.window, plain, truth)


changes = st.tuples(
    st.sampled_from(["add", "drop", "move", "rename", "leave"]),
    st.integers(1, 250),
    st.integers(0, 4000),
)


def change(source: ListSource, what: str, id: int, minutes: int) -> None:
    at = MONDAY + timedelta(minutes=minutes)
    if what == "add":
        source.put(make_row(id + 1000, at=at))
    elif what == "drop":
        source.rows.pop(id, None)
    elif what == "move" and id in source.rows:
        source.put(make_row(id, at=at))
    elif what == "rename" and id in source.rows:
        source.put(replace(source.rows[id], name="Renamed"))
    elif id in source.rows:
        source.put(replace(source.rows[id], status=Status.CANCELLED))


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 250),
    st.integers(1, 30),
    st.lists(
        st.one_of(relative, edges, places, selections, changes, st.sampled_from(["ask", "answer"])),
        max_size=60,
    ),
)
def test_changes_leave_the_cursor_on_its_row_and_its_row_on_its_line(
    size: int, height: int, events: list[Any]
) -> None:
    reading = opened(size, height)
    window, source = reading.window, reading.source
    for event in events:
        if event == "ask":
            reading.ask()
        elif event == "answer":
            reading.answer()
        elif isinstance(event, tuple):
            change(source, *event)
            window.renew()
        else:
            window.wish(event)
        held = window.row
        assert window.row is None or window.row in window.visible()
    reading.finish()
    truth = source.view(Status.SCHEDULED)
    held, line = window.row, window.cursor - window.top
    assert window.settled
    assert (held is None) == (not truth)
    if held is None:
        return
    # Once more, with nothing pressed: the row and its line stay.
    change(source, "drop", held.id % 250 + 1, 0) if held.id % 250 + 1 != held.id else None
    change(source, "add", 999, 0)
    window.renew()
    reading.finish()
    truth = source.view(Status.SCHEDULED)
    assert window.row is not None
    assert window.row.id == held.id
    index = truth.index(window.row)
    lowest, highest = len(truth) - height, 0
    expected = max(highest, min(index - line, max(0, lowest)))
    assert window.visible() == truth[expected : expected + height]


@given(st.integers(2, 40), st.integers(0, 39), st.integers(1, 12))
def test_the_next_row_takes_the_place_of_one_that_left(size: int, at: int, height: int) -> None:
    at %= size
    reading = opened(size, height)
    reading.window.wish(Select(at + 1))
    left = reading.window.row
    change(reading.source, "leave", at + 1, 0)
    reading.window.renew()
    reading.finish()
    assert reading.window.left == left
    assert reading.window.row is not None
    assert reading.window.row.id == (at + 2 if at + 1 < size else at)


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


def test_a_long_way_down_and_up_again() -> None:
    reading = opened(1200)
    truth = [row.id for row in reading.source.view(Status.SCHEDULED)]
    plain = Plain(1200, 10)
    for by in [1] * 125 + [-1] * 125 + [1] * 60:
        reading.window.wish(Page(by))
        reading.finish()
        plain.move(Page(by), truth)
        assert_alike(reading.window, plain, truth)
        assert reading.window.base == reading.window.rows[0].id - 1


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
