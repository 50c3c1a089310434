"""Digits anywhere on the desk open the caller search with them: the phone is ringing.

0, 7, 8 and 9 are nothing else. 1 to 6 are tabs, until three digits come quickly in a row; then
the tab goes back to where it was before the first.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events
from textual.widgets import Input

from interworky_tui.ui import flows
from interworky_tui.ui.screens.desk_view import DeskView

if TYPE_CHECKING:
    from interworky_tui.domain.appointment import Status

GAP = 1.2
"""Seconds between two digits of one number at most."""
QUICKLY = 1.2
"""Seconds from the first to the third of three digits that are no tabs."""
DIGITS, AT_ONCE = frozenset("0123456789"), frozenset("0789")


class DigitRun:
    """The digits pressed in a row, by the keys' own times: they may be handled much later."""

    def __init__(self) -> None:
        self._pressed: list[tuple[str, float]] = []

    @property
    def begins(self) -> bool:
        """The last key was the first digit of a run."""
        return len(self._pressed) == 1

    def take(self, key: str, at: float) -> str:
        """The whole run when this key makes it a number, else nothing. ``at`` is monotonic."""
        if key not in DIGITS:
            self._pressed.clear()
            return ""
        if self._pressed and not 0 <= at - self._pressed[-1][1] <= GAP:
            self._pressed.clear()
        self._pressed.append((key, at))
        quick = len(self._pressed) >= 3 and at - self._pressed[-3][1] <= QUICKLY
        if key not in AT_ONCE and not quick:
            return ""
        number = "".join(digit for digit, _ in self._pressed)
        self._pressed.clear()
        return number


class CallerDigits(DeskView):
    """The part of the desk that listens for them.

    ``opens`` sees each key before any is handled, ``on_key`` in the order of their handling.
    """

    opening_keys: frozenset[str]
    _before_digits: Status | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._run = DigitRun()
        self._firsts: set[events.Key] = set()
        self._numbers: dict[events.Key, str] = {}

    def opens(self, event: events.Key) -> bool:
        """Whether the keys after this one must wait for what it opens."""
        if isinstance(self.focused, Input):
            self._run.take("", event.time)
            return False
        number = self._run.take(event.key, event.time)
        if number:
            self._numbers[event] = number
        elif self._run.begins:
            self._firsts.add(event)
        return bool(number) or event.key in self.opening_keys

    def on_key(self, event: events.Key) -> None:
        # The app turns the tabs; what it is given now comes after the keys before this one.
        if event in self._firsts:
            self._firsts.remove(event)
            self.app.call_later(self._remember_tab)
        number = self._numbers.pop(event, "")
        if number:
            event.stop()
            self.app.call_later(self._open_caller, number)

    def action_tab(self, status: str) -> None:
        raise NotImplementedError

    def _remember_tab(self) -> None:
        self._before_digits = self.current

    def _open_caller(self, number: str) -> None:
        before = self._before_digits
        if len(number) > 1 and before is not None and before is not self.current:
            self.action_tab(before.value)
        self.begin(partial(flows.find("caller.search"), self, number))
