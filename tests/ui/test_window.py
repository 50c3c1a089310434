"""The window against a plain list: whatever is pressed, read late, or changed meanwhile."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status
from interworky_tui.ui.widgets.moves import Edge, Goto, Page, Scroll, Select, Step, Wish
from interworky_tui.ui.widgets.row_source import View
from interworky_tui.ui.widgets.window import CAP, MARGIN, Window
from tests.ui.list_source import ListSource, many
from tests.ui.reading import SCHEDULED, Reading, change, opened


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
