"""What came in by itself, told once: answers ring, requests are told quietly."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from zoneinfo import ZoneInfo

from textual.notifications import SeverityLevel

from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.feedback import Source, stars
from interworky_tui.storage.arrivals import AT_MOST, Filed, Said, Seen, Took
from interworky_tui.ui.reads import Reads
from interworky_tui.ui.widgets.list_columns import fit, plain

_LINES = 4
"""Of several in one toast; the others are counted."""
_WORDS = 90
"""Characters of one answer."""
_LINE = 46
"""Cells of a line of several."""
WAYS = {Source.WEB: "by web", Source.SMS: "by SMS", Source.STAFF: "written down by staff"}


class Toast(NamedTuple):
    title: str
    message: str
    severity: SeverityLevel = "information"
    timeout: float = 5
    rings: bool = False


class ArrivalWatch:
    """Tells of what came in since the last look, but for what was typed at this desk."""

    def __init__(self, reads: Reads, low_rating: int, zone: ZoneInfo) -> None:
        self._reads, self._low_rating, self._zone = reads, low_rating, zone
        self._seen: Seen | None = None
        self._typed: set[int] = set()
        self._looks = asyncio.Lock()

    @contextmanager
    def typing(self, appointment_id: int) -> Iterator[None]:
        """Around the writing down of an answer here; of one that is refused nothing is kept."""
        self._typed.add(appointment_id)
        try:
            yield
        except BaseException:
            self._typed.discard(appointment_id)
            raise

    async def look(self) -> list[Toast]:
        """The first look only learns what is there. Raises StoreProblem."""
        async with self._looks:
            first = self._seen is None
            found = await self._reads.arrivals(self._seen)
            self._seen = found.seen
        if first:
            return []
        said = [one for one in found.said if not self._typed_here(one)]
        return [
            *_answers(said, self._low_rating),
            *_taken(found.took, self._zone),
            *_requests(found.filed),
        ]

    def _typed_here(self, one: Said) -> bool:
        return one.source is Source.STAFF and one.appointment_id in self._typed


def _answers(said: Sequence[Said], low_rating: int) -> Iterator[Toast]:
    if not said:
        return
    low = [one for one in said if one.rating is not None and one.rating <= low_rating]
    look: SeverityLevel = "warning" if low else "information"
    timeout = 20 if low else 10
    if len(said) == 1:
        one = said[0]
        verb = "said more" if one.later else "answered"
        words = plain(one.words)
        words = words if len(words) <= _WORDS else f"{words[:_WORDS]}…"
        rating = f"{stars(one.rating)} {one.rating} of 5" if one.rating else ""
        message = "  ".join(filter(None, (rating, words)))
        yield Toast(f"{plain(one.name)} {verb}, {WAYS[one.source]}", message, look, timeout, True)
        return
    # The worst first, so that none of them is only counted.
    ordered = sorted(said, key=lambda one: one.rating or 6)
    lines = [_line(one) for one in ordered[:_LINES]]
    title = f"{_counted(said)} answers came in"
    yield Toast(title, "\n".join([*lines, *_more(len(said))]), look, timeout, True)


def _line(one: Said) -> str:
    rating = stars(one.rating) if one.rating else "more:"
    return fit(f"{rating} {plain(one.name)}: {one.words}".rstrip(": "), _LINE).rstrip()


def _taken(took: Sequence[Took], zone: ZoneInfo) -> Iterator[Toast]:
    """Who took a time that was offered."""
    for one in took[:_LINES]:
        when = say_moment(one.starts_at, zone)
        yield Toast(f"{plain(one.name)} took the time offered", when, timeout=10, rings=True)
    if more := _more(len(took)):
        yield Toast("", f"{more[0]} took a time offered", timeout=10)


def _requests(filed: Sequence[Filed]) -> Iterator[Toast]:
    if len(filed) == 1:
        yield Toast("", f"New request from the web: {plain(filed[0].name)}")
    elif filed:
        names = [fit(plain(one.name), _LINE).rstrip() for one in filed[:_LINES]]
        title = f"{_counted(filed)} new requests from the web"
        yield Toast(title, "\n".join([*names, *_more(len(filed))]))


def _more(count: int) -> list[str]:
    over = count - _LINES
    return [f"and {over} more"] if over > 0 else []


def _counted(items: Sequence[object]) -> str:
    return f"{len(items)}+" if len(items) >= AT_MOST else str(len(items))
