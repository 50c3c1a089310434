"""Whether the store changed, and what is wrong with it: with its place, its backups, the disk."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from interworky_tui.config import BadSettings, Settings
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal, StoreMoved, StoreProblem
from interworky_tui.paths import Paths
from interworky_tui.storage.changes import ChangeFeed, SqliteChangeFeed, open_feed

log = logging.getLogger(__name__)

AGAIN_AFTER = 1.0
"""Seconds until what could not be read is read again."""


class StoreWatch:
    """``on_troubles`` is called, in any thread, when the sentences change."""

    def __init__(
        self, settings: Settings, paths: Paths, clock: Clock, on_troubles: Callable[[], None]
    ) -> None:
        self._settings, self._paths, self._clock = settings, paths, clock
        self._on_troubles = on_troubles
        self._feed: ChangeFeed | None = None
        self._lost = ""
        self._others: tuple[str, ...] = ()
        self._again_at: float | None = None

    @property
    def troubles(self) -> tuple[str, ...]:
        """What a person should know now, the gravest first."""
        return (self._lost, *self._others) if self._lost else self._others

    @property
    def away(self) -> bool:
        """Whether the store cannot be reached now, which is told of."""
        return bool(self._lost)

    def begin(self, url: str) -> None:
        """Raises StoreProblem."""
        self._feed = open_feed(url)

    def changed(self) -> bool:
        """Whether what is shown is to be read again. A store that is lost is told of."""
        if self._feed is None:
            return False
        try:
            changed = self._feed.changed()
        except StoreProblem as problem:
            log.error("%s", problem)
            feed, self._feed = self._feed, None
            # The end of the program waits for it.
            threading.Thread(target=self._lose, args=(feed, problem), name="rescue").start()
            return False
        self._follow(self._feed.trouble)
        return self._is_again() or changed

    def not_read(self) -> None:
        """Something could not be read: it is tried again, for as long as the store is there."""
        if self._again_at is None:
            self._again_at = time.monotonic() + AGAIN_AFTER

    def troubled(self, others: tuple[str, ...]) -> None:
        """What is wrong beside the store, instead of what was told before. From any thread."""
        self._others = others
        self._on_troubles()

    def close(self) -> None:
        if self._feed is not None:
            self._feed.close()

    def _follow(self, trouble: str) -> None:
        """The connection is lost, or is back."""
        if trouble != self._lost:
            if trouble:
                log.warning("%s", trouble)
            else:
                log.info("The office's database answers again.")
            self._lost = trouble
            self._on_troubles()

    def _is_again(self) -> bool:
        if self._again_at is None or self._lost or time.monotonic() < self._again_at:
            return False
        self._again_at = None
        return True

    def _lose(self, feed: ChangeFeed, problem: StoreProblem) -> None:
        self._lost = problem.sentence
        if isinstance(problem, StoreMoved) and isinstance(feed, SqliteChangeFeed):
            self._lost += self._rescue(feed)
        feed.close()
        self._on_troubles()

    def _rescue(self, feed: SqliteChangeFeed) -> str:
        """A backup of what was saved in a file that only the open desks still have."""
        from interworky_tui import bootstrap

        try:
            kept = bootstrap.backups(self._settings, self._paths, self._clock)
            made = kept.rescue(feed.connection)
        except (Refusal, BadSettings) as refused:
            log.error("%s", refused)
            return ""
        return f" All that was saved until then is in {made}."
