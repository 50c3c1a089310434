"""Whether the desk is locked, and how long who mistyped the PIN has to wait.

Both are kept in a file, so that ending the program gives neither an open desk nor another try.
"""

import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from interworky_tui import pin, private_file
from interworky_tui.config import BadSettings
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal
from interworky_tui.paths import Paths

log = logging.getLogger(__name__)

FREE = 3
"""Wrong PINs after which nobody waits."""
LONGEST_WAIT = 300


class TooSoon(Refusal):
    """Wrong PINs before it: the next one is looked at only after a while."""

    title = "Wait a moment"


@dataclass(frozen=True, slots=True)
class State:
    """``wrong`` PINs in a row, the last of them ``at``."""

    locked: bool = False
    wrong: int = 0
    at: datetime | None = None


def wait_after(wrong: int) -> int:
    """Seconds: none after the first three wrong PINs in a row, then 2, 4, 8 up to 300."""
    return min(2 ** min(wrong - FREE, 10), LONGEST_WAIT) if wrong > FREE else 0


class DeskLock:
    """The lock of the desk whose folders these are."""

    def __init__(self, places: Paths, clock: Clock) -> None:
        self._folder, self._file, self._clock = places.config, places.lock_file, clock
        self._state = _read(self._file)

    @property
    def has_pin(self) -> bool:
        return pin.is_set(self._folder)

    @property
    def locked(self) -> bool:
        """Without a PIN nothing could open it, so nothing is locked."""
        return self._state.locked and self.has_pin

    @property
    def seconds_left(self) -> int:
        """Until the next PIN is looked at."""
        state = self._state
        wait = wait_after(state.wrong)
        if state.at is None or not wait:
            return 0
        # A clock that was set back keeps nobody waiting for longer.
        gone = max(timedelta(0), self._clock() - state.at)
        return max(0, wait - int(gone.total_seconds()))

    def shut(self) -> None:
        self._keep(replace(self._state, locked=True))

    def forget(self) -> None:
        """As if it had never been locked."""
        self._keep(State())

    def open(self, typed: str) -> bool:
        """Whether it is open now; a wrong PIN is counted. Blocks for about a tenth of a second.

        Raises TooSoon, and BadSettings when the PIN's file cannot be used.
        """
        if self.has_pin and not self.knows(typed):
            return False
        self.forget()
        return True

    def knows(self, typed: str) -> bool:
        """As ``open``, but what is locked stays so."""
        state = self._state = replace(_read(self._file), locked=self._state.locked)
        if left := self.seconds_left:
            raise TooSoon(f"Too many wrong PINs: wait {left} s.")
        # Counted before it is looked at: ending the program meanwhile gives no try back.
        self._keep(replace(state, wrong=state.wrong + 1, at=self._clock()))
        try:
            right = pin.is_right(self._folder, typed)
        except BadSettings:
            self._keep(state)
            raise
        if right:
            self._keep(replace(self._state, wrong=0, at=None))
        return right

    def _keep(self, state: State) -> None:
        """What cannot be written holds until the program ends."""
        self._state = state
        kept = {"locked": state.locked, "wrong": state.wrong}
        at = {"at": state.at.isoformat()} if state.at else {}
        try:
            private_file.write(self._file, json.dumps(kept | at) + "\n")
        except BadSettings as problem:
            log.error("%s", problem)


def _read(file: Path) -> State:
    """What is no state any more is a locked one: whoever broke it opens nothing by that."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return State()
    except (OSError, UnicodeDecodeError):
        return State(locked=True, wrong=FREE)
    try:
        held: dict[str, Any] = json.loads(text)
        at = datetime.fromisoformat(held["at"]) if "at" in held else None
        if at is not None and at.tzinfo is None:
            raise ValueError("no time zone")
        return State(bool(held["locked"]), max(0, int(held["wrong"])), at)
    except (ValueError, TypeError, KeyError):
        return State(locked=True, wrong=FREE)
