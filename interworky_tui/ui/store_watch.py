"""Whether the store changed, and what is wrong with it: with its file, its backups, the disk."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from interworky_tui.config import BadSettings, Settings
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal, StoreMoved, StoreProblem
from interworky_tui.paths import Paths
from interworky_tui.storage.changes import SqliteChangeFeed

log = logging.getLogger(__name__)


class StoreWatch:
    """``on_troubles`` is called, in any thread, when the sentences change."""

    def __init__(
        self, settings: Settings, paths: Paths, clock: Clock, on_troubles: Callable[[], None]
    ) -> None:
        self._settings, self._paths, self._clock = settings, paths, clock
        self._on_troubles = on_troubles
        self._feed: SqliteChangeFeed | None = None
        self._lost = ""
        self._others: tuple[str, ...] = ()

    @property
    def troubles(self) -> tuple[str, ...]:
        """What a person should know now, the gravest first."""
        return (self._lost, *self._others) if self._lost else self._others

    def begin(self, file: Path) -> None:
        """Raises StoreProblem."""
        self._feed = SqliteChangeFeed(file)

    def changed(self) -> bool:
        """Whether anything was committed since the last call. A store that is lost is told of."""
        if self._feed is None:
            return False
        try:
            return self._feed.changed()
        except StoreProblem as problem:
            log.error("%s", problem)
            feed, self._feed = self._feed, None
            # The end of the program waits for it.
            threading.Thread(target=self._lose, args=(feed, problem), name="rescue").start()
            return False

    def troubled(self, others: tuple[str, ...]) -> None:
        """What is wrong beside the file, instead of what was told before. From any thread."""
        self._others = others
        self._on_troubles()

    def close(self) -> None:
        if self._feed is not None:
            self._feed.close()

    def _lose(self, feed: SqliteChangeFeed, problem: StoreProblem) -> None:
        self._lost = problem.sentence
        if isinstance(problem, StoreMoved):
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
