"""Who else has the office open, as this desk knows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from interworky_tui.delivery.health import ChannelState
    from interworky_tui.heart import Heart, There
    from interworky_tui.services.context import Context


def where(screens: Sequence[object]) -> int | None:
    """The appointment that the topmost of them is about that may be about one."""
    return next((one.about for one in reversed(screens) if isinstance(one, _Place)), None)


@runtime_checkable
class _Place(Protocol):
    @property
    def about(self) -> int | None: ...


class Company:
    """``on_news`` is called, in any thread, when somebody has come, gone, or moved on."""

    def __init__(self, on_news: Callable[[], None]) -> None:
        self.others: There = ()
        self.worker = False
        """Whether one sends the messages."""
        self.channels: tuple[ChannelState, ...] = ()
        """How the worker's are; empty while it has not said."""
        self._on_news = on_news
        self._heart: Heart | None = None
        self._me = ""

    def begin(self, office: Context, on_worker: Callable[[bool], None]) -> None:
        """``on_worker`` is told whether a worker runs, at first and when that changes. Blocks."""
        from interworky_tui.delivery.health import from_text
        from interworky_tui.heart import Heart
        from interworky_tui.services import presence

        def take(there: There) -> None:
            self.others, self.worker = there, presence.has_worker(there)
            told = (one.channels for one in there if one.kind is presence.Kind.WORKER)
            self.channels = from_text(next(filter(None, told), "[]"))
            on_worker(self.worker)
            self._on_news()

        self._me = office.actor
        self._heart = Heart(presence.begin(office, presence.Kind.DESK), take)
        self._heart.start()

    def on(self, appointment_id: int | None) -> None:
        """What the person at this desk is on now."""
        if self._heart is not None:
            self._heart.on(appointment_id)

    def look(self) -> None:
        if self._heart is not None:
            self._heart.look()

    def stop(self) -> None:
        if self._heart is not None:
            self._heart.stop()

    def said_of(self, appointment_id: int | None) -> str:
        """``Ana is on this``, ``ana at DESK-2 and Ben are on this``, or nothing."""
        if appointment_id is None:
            return ""
        there = [one for one in self.others if one.appointment_id == appointment_id]
        names = list(dict.fromkeys(self._named(one.actor, one.machine) for one in there))
        if len(names) > 2:
            return f"{names[0]} and {len(names) - 1} others are on this"
        return (
            f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} on this" if names else ""
        )

    def _named(self, actor: str, machine: str) -> str:
        """Who has the same name as the person here is told apart by the machine."""
        return f"{actor} at {machine}" if actor == self._me else actor
