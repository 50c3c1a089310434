"""The part of a long list that is loaded, and where the person stands in it. Knows no Textual.

A window is a run of neighbouring rows round the lines on screen. A move inside the run is
made at once. A move that needs rows from beyond it waits, with all that follow it, until they
are read: ``ask`` says what to read next, ``take`` is given the answer.
"""

from collections import deque

from interworky_tui.storage.rows import PAGE, Row
from interworky_tui.ui.widgets.moves import (
    Edge,
    Goto,
    Mark,
    Page,
    Scroll,
    Select,
    Step,
    Through,
    Toggle,
    Wish,
)
from interworky_tui.ui.widgets.row_source import (
    After,
    Around,
    Ask,
    At,
    Before,
    Find,
    First,
    Last,
    Rank,
    Run,
    View,
)

MARGIN = PAGE // 2
"""Rows beyond the screen that are read ahead of being needed."""
CAP = 4 * PAGE
"""About how many rows a window keeps."""


class Window:
    """``rows[top : top + height]`` is on screen; ``rows[cursor]`` is the row one stands on.

    ``start`` and ``end``: the run has the view's first and last row. ``base``: how many rows
    of the view come before the run, ``total`` how many there are; None while not known.
    ``left``: a row that was under the cursor until it left the view; whoever tells of it
    sets it back to None. ``touched``: the rows that were to be marked, each with the wish, for
    whoever keeps the marks.
    """

    def __init__(self, view: View, height: int, mark: Mark | None = None) -> None:
        self.view = view
        self.height = max(1, height)
        self.rows: list[Row] = []
        self.top = self.cursor = 0
        self.start = self.end = self.loaded = False
        self.base: int | None = None
        self.total: int | None = None
        self.left: Row | None = None
        self.touched: deque[tuple[Toggle | Through, Row]] = deque()
        self._mark = mark
        self._wishes: deque[Wish] = deque()
        self._stale = self._ranked = self._asked = self._asked_stale = False

    @property
    def row(self) -> Row | None:
        return self.rows[self.cursor] if self.rows else None

    @property
    def mark(self) -> Mark | None:
        row = self.row
        return Mark(row.key, row.id, self.cursor - self.top) if row else self._mark

    @property
    def settled(self) -> bool:
        """Nothing that was wished for or has changed is still to be read."""
        return not (self._stale or self._asked or self._wishes) and self.loaded

    def visible(self) -> list[Row]:
        return self.rows[self.top : self.top + self.height]

    def thumb(self) -> tuple[int, int] | None:
        """First line and length of the scrollbar's thumb; None when all is on screen."""
        if self.base is None or self.total is None or self.total <= self.height:
            return None
        size = max(1, self.height * self.height // self.total)
        part = min(1.0, (self.base + self.top) / (self.total - self.height))
        return round(part * (self.height - size)), size

    def resize(self, height: int) -> None:
        """The cursor stays on screen, and the last line is filled when there are rows for it."""
        self.height = max(1, height)
        self._show(self.top)

    def renew(self) -> None:
        """Something changed somewhere: what is loaded is to be read again."""
        self._stale, self._ranked = True, False

    def wish(self, wish: Wish) -> None:
        """Make a move, or keep it until its rows are there. A move to a place of its own
        takes back those that are still waiting, unless something is to be marked on the way."""
        marks = any(isinstance(waiting, Toggle | Through) for waiting in self._wishes)
        if isinstance(wish, Edge | Goto | Select) and not marks:
            self._wishes.clear()
        self._wishes.append(wish)
        self._drain()

    def point(self, line: int) -> bool:
        """Put the cursor on a line of the screen; False when there is no row."""
        if not 0 <= line < len(self.visible()):
            return False
        self._wishes.clear()
        self.cursor = self.top + line
        return True

    def ask(self) -> Ask | Rank | None:
        """What is to be read next, the most wanted first; None when nothing is."""
        wish = self._wishes[0] if self._wishes else None
        match wish:
            case Edge(last):
                return Last(self._chunk) if last else First(self._chunk)
            case Select(id):
                return Find(id, self._reach)
            case Goto() if self.loaded:
                return self._ask_place(wish)
        if not self.loaded or self._stale:
            mark = None if self.loaded and not self.rows else self.mark
            return Around(mark.key, mark.id, self._reach) if mark else First(self._chunk)
        if isinstance(wish, Step | Page | Scroll):
            return self._ask_more(down=wish.by > 0)
        if not self.end and len(self.rows) - self.top - self.height < MARGIN:
            return self._ask_more(down=True)
        if not self.start and self.top < MARGIN:
            return self._ask_more(down=False)
        return None

    def ask_rank(self) -> Rank | None:
        """What is to be read for the scrollbar, when there is time."""
        row = self.row
        return Rank(row.key) if row and not self._ranked else None

    def begin(self, ask: Ask | Rank) -> None:
        """The question is on its way: a change from now on is not in its answer."""
        self._asked = not isinstance(ask, After | Before | Rank)
        self._asked_stale = self._asked and self._stale
        self._stale = self._stale and not self._asked

    def give_up(self) -> None:
        """The question could not be answered: what waited for it is not done."""
        self._wishes.clear()
        self._asked = False
        self._drop()

    def take(self, ask: Ask, run: Run) -> None:
        """The answer to the question that was begun; no other is begun before it is taken.

        One that nobody waits for any more is dropped.
        """
        self._asked = False
        match ask:
            case After():
                self._append(run)
            case Before():
                self._prepend(run)
            case Around():
                self._take_around(ask, run)
            case Find(id):
                self._take_found(id, run)
            case At(offset):
                self._take_place(offset, run)
            case First() | Last():
                self._take_edge(ask, run)
        self._drain()

    def take_rank(self, ask: Rank, before: int, total: int) -> None:
        """How many rows come before the asked one, and how many there are."""
        index = next((i for i, row in enumerate(self.rows) if row.key == ask.key), None)
        if index is None:
            return
        self.base, self.total, self._ranked = max(0, before - index), total, True
        self._count()
        self._drain()

    @property
    def _chunk(self) -> int:
        return max(PAGE, 2 * self.height + MARGIN)

    @property
    def _reach(self) -> int:
        return self.height + MARGIN

    @property
    def _bottom(self) -> int:
        return max(0, len(self.rows) - self.height)

    def _ask_more(self, *, down: bool) -> Ask:
        if down:
            return After(self.rows[-1].key, self._chunk)
        return Before(self.rows[0].key, self._chunk)

    def _ask_place(self, wish: Goto) -> Ask | Rank:
        if self.base is None or self.total is None:
            return Rank(self.rows[self.cursor].key)
        return At(max(0, self._offset(wish, self.total) - MARGIN), self.height + 2 * MARGIN)

    def _offset(self, wish: Goto, total: int) -> int:
        return round(min(1.0, max(0.0, wish.fraction)) * max(0, total - self.height))

    def _drain(self) -> None:
        while self.loaded and self._wishes and self._made(self._wishes[0]):
            self._wishes.popleft()

    def _made(self, wish: Wish) -> bool:
        """Make the move if its rows are there."""
        if not self.rows:
            return True
        match wish:
            case Step(by):
                return self._step(by)
            case Page(by):
                return self._scroll(by * self.height, cursor=by * self.height)
            case Scroll(by):
                return self._scroll(by, cursor=0)
            case Edge(last):
                if not (self.end if last else self.start):
                    return False
                self.cursor = len(self.rows) - 1 if last else 0
                self._show(self.top)
                return True
            case Goto():
                return self._goto(wish)
            case Select(id):
                return self._select(id)
            case Toggle() | Through():
                self.touched.append((wish, self.rows[self.cursor]))
                return True

    def _has(self, first: int, last: int) -> bool:
        """The run has rows from the one index to the other, or there are none beyond it."""
        return (first >= 0 or self.start) and (last < len(self.rows) or self.end)

    def _step(self, by: int) -> bool:
        target = self.cursor + by
        if not self._has(target, target):
            return False
        self.cursor = min(max(0, target), len(self.rows) - 1)
        self._show(self.top)
        return True

    def _scroll(self, by: int, *, cursor: int) -> bool:
        top = self.top + by
        if not self._has(top, top + self.height - 1):
            return False
        self.top = min(max(0, top), self._bottom)
        lowest = min(self.top + self.height, len(self.rows)) - 1
        self.cursor = min(max(self.top, self.cursor + cursor), lowest)
        return True

    def _goto(self, wish: Goto) -> bool:
        if self.base is None or self.total is None:
            return False
        top = self._offset(wish, self.total) - self.base
        if not self._has(top, top + self.height - 1):
            return False
        line = self.cursor - self.top
        self.top = min(max(0, top), self._bottom)
        self.cursor = min(self.top + line, len(self.rows) - 1)
        return True

    def _select(self, id: int) -> bool:
        index = next((i for i, row in enumerate(self.rows) if row.id == id), None)
        if index is None:
            return False
        top = self.top
        if not top <= index < top + self.height:
            top = index - self.height // 2
            if not self._has(top, top + self.height - 1):
                return False
        self.cursor = index
        self._show(top)
        return True

    def _show(self, top: int) -> None:
        """Put a row on the first line, as near as the cursor and the end of the run allow."""
        top = min(max(top, self.cursor - self.height + 1), self.cursor, self._bottom)
        self.top = max(0, top)

    def _count(self) -> None:
        """What the edges of the run say of the numbers."""
        if self.start:
            self.base = 0
        if self.end and self.base is not None:
            self.total = self.base + len(self.rows)
        if self.start and self.end:
            self._ranked = True
        if self.total is not None and self.base is not None:
            self.total = max(self.total, self.base + len(self.rows))

    def _append(self, run: Run) -> None:
        fresh = self._fresh(run)
        self.rows += fresh
        self.end = run.end
        surplus = min(len(self.rows) - CAP, self.top - MARGIN)
        if surplus > 0:
            del self.rows[:surplus]
            self.top -= surplus
            self.cursor -= surplus
            self.start = False
            self.base = None if self.base is None else self.base + surplus
        self._count()

    def _prepend(self, run: Run) -> None:
        fresh = self._fresh(run)
        self.rows[:0] = fresh
        self.top += len(fresh)
        self.cursor += len(fresh)
        self.start = run.start
        self.base = None if self.base is None else max(0, self.base - len(fresh))
        surplus = min(len(self.rows) - CAP, len(self.rows) - self.top - self.height - MARGIN)
        if surplus > 0:
            del self.rows[-surplus:]
            self.end = False
        self._count()

    def _fresh(self, run: Run) -> list[Row]:
        """The rows that are new here. One that moved since is sorted out by reading again."""
        here = {row.id for row in self.rows}
        fresh = [row for row in run.rows if row.id not in here]
        if len(fresh) < len(run.rows):
            self.renew()
        return fresh

    def _replace(self, run: Run, *, cursor: int, line: int, base: int | None) -> None:
        """Another run, with the cursor on a row of it and that row on a line of the screen."""
        self.rows, self.start, self.end = run.rows, run.start, run.end
        self.cursor, self.base, self.loaded = cursor, base, True
        self._show(cursor - min(line, self.height - 1))
        self._count()

    def _drop(self) -> None:
        self._stale = self._stale or self._asked_stale

    def _take_edge(self, ask: First | Last, run: Run) -> None:
        last = isinstance(ask, Last)
        if self.rows and (not self._wishes or self._wishes[0] != Edge(last)):
            self._drop()
            return
        size = len(run.rows)
        base = 0 if not last else (None if self.total is None else max(0, self.total - size))
        self._replace(run, cursor=max(0, size - 1) if last else 0, line=self.height, base=base)

    def _take_place(self, offset: int, run: Run) -> None:
        wish = self._wishes[0] if self._wishes else None
        if not isinstance(wish, Goto) or self.total is None:
            self._drop()
        elif run.rows:
            line = self.cursor - self.top
            cursor = self._offset(wish, self.total) - offset + line
            self._replace(
                run, cursor=min(max(0, cursor), len(run.rows) - 1), line=line, base=offset
            )
        else:  # fewer rows than were counted
            self._wishes[0] = Edge(last=True)

    def _take_found(self, id: int, run: Run) -> None:
        if not self._wishes or self._wishes[0] != Select(id):
            self._drop()
        elif run.found is None:
            self._wishes.popleft()
            self._drop()
        else:
            self._ranked = False
            self._replace(run, cursor=run.found, line=self.height // 2, base=None)

    def _take_around(self, ask: Around, run: Run) -> None:
        row, place, line, rank = self.row, run.place, self.cursor - self.top, None
        if row is None:
            line = self._mark.line if self._mark else 0
        else:
            if row.id != ask.id:
                place = next((i for i, r in enumerate(run.rows) if r.id == row.id), -1)
            top = place - line
            above, below = top >= 0 or run.start, top + self.height <= len(run.rows) or run.end
            if place < 0 or not (above and below):  # the cursor has moved on while it was read
                self.renew()
                return
            if row.id == ask.id and run.found is None:
                self.left = row
            rank = None if self.base is None else self.base + self.cursor
        self._ranked = False
        base = None if rank is None else max(0, rank - place)
        self._replace(run, cursor=place, line=line, base=base)
