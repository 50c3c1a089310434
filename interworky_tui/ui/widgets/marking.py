"""Marking rows of the list, so that one thing can be done to many."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from textual.message import Message
from textual.widget import Widget

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.limits import AT_ONCE
from interworky_tui.storage.rows import NEWEST_FIRST, Key, Row
from interworky_tui.ui.widgets.marks import Marks, before, in_order, order
from interworky_tui.ui.widgets.moves import Step, Through, Toggle, Wish
from interworky_tui.ui.widgets.row_source import RowSource, View
from interworky_tui.ui.widgets.window import Window


class Marking(Widget):
    """Marks belong to appointments and to a tab: no search, reading or other tab loses them."""

    @dataclass
    class Marked(Message):
        """``count`` are marked in this tab now; ``full`` when no more than these may be."""

        count: int
        full: bool = False

    _source: RowSource
    _window: Window

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._marks: defaultdict[Status, Marks] = defaultdict(Marks)
        self._counting = 0

    @property
    def marked(self) -> tuple[int, ...]:
        """The ids that are marked in this tab, in its order."""
        status = self._window.view.status
        return in_order(self._marked(status), status)

    @property
    def count_marked(self) -> int:
        return len(self._marked(self._window.view.status))

    @property
    def marking(self) -> bool:
        """Rows that are to be marked are still being read."""
        return self._counting > 0

    def mark_here(self) -> None:
        """Mark the cursor's row, or take its mark away, and move down."""
        self._wish(Toggle())
        self._wish(Step(1))

    def mark_to_here(self) -> None:
        """Mark from the last mark to the cursor's row."""
        self._wish(Through())

    def mark_all(self) -> None:
        """Mark all that the tab shows, as it is searched."""
        view = self._window.view

        async def read() -> list[Row]:
            return list(await self._source.page(view.status, limit=AT_ONCE + 1, search=view.search))

        self._mark(view, read)
        self._settle()

    def unmark(self) -> bool:
        """Take all marks of this tab away; False when there were none."""
        status = self._window.view.status
        if not self._marked(status):
            return False
        del self._marks[status]
        self._show_marks()
        return True

    def _marked(self, status: Status) -> dict[int, Key]:
        return self._marks[status].keys if status in self._marks else {}

    def _wish(self, wish: Wish) -> None:
        raise NotImplementedError

    def _settle(self) -> None:
        raise NotImplementedError

    def _failed(self, problem: Refusal) -> None:
        raise NotImplementedError

    def _take_marks(self) -> None:
        """What was marked since, now that its rows are there."""
        window, full = self._window, False
        marks = self._marks[window.view.status]
        while window.touched:
            wish, row = window.touched.popleft()
            if isinstance(wish, Through) and marks.last is not None:
                self._mark_between(window.view, marks.last, row.key)
            else:
                full = not marks.toggle(row) or full
        self._tell_marks(full=full)

    def _mark_between(self, view: View, one: Key, other: Key) -> None:
        status = view.status
        low, high = sorted((one, other), key=order)
        first = high if status in NEWEST_FIRST else low

        async def read() -> list[Row]:
            found = await self._source.page(
                status, after=before(first, status), limit=AT_ONCE + 1, search=view.search
            )
            rows = [row for row in found if order(low) <= order(row.key) <= order(high)]
            return rows if first == one else rows[::-1]

        self._mark(view, read)

    def _mark(self, view: View, read: Callable[[], Awaitable[list[Row]]]) -> None:
        self._counting += 1

        async def mark() -> None:
            full = False
            try:
                full = not self._marks[view.status].add(await read())
            except Refusal as problem:
                self._failed(problem)
            finally:
                self._counting -= 1
                self._show_marks(full=full)

        self.run_worker(mark(), group="marks")

    async def _drop_marks(self) -> None:
        """Of what has left its tab."""
        try:
            for status, marks in list(self._marks.items()):
                marks.keep(await self._source.among(status, tuple(marks.keys)))
        except Refusal:
            return  # the list tells of it, and who uses the marks is told what is gone
        self._show_marks()

    def _show_marks(self, *, full: bool = False) -> None:
        self._tell_marks(full=full)
        self._settle()

    def _tell_marks(self, *, full: bool = False) -> None:
        for status in [status for status, marks in self._marks.items() if not marks.keys]:
            del self._marks[status]
        self.post_message(self.Marked(self.count_marked, full))
