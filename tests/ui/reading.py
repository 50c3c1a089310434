"""A window whose reads are answered when a test lets them be, as things were when it asked."""

from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from interworky_tui.domain.appointment import Status
from interworky_tui.ui.widgets.row_source import Ask, Rank, View, read
from interworky_tui.ui.widgets.window import Window
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
