"""What crosses screens: past-tense facts that the app tells the screen on top."""

from dataclasses import dataclass

from textual.message import Message

from interworky_tui.delivery.health import ChannelState


@dataclass
class FirstRowsShown(Message):
    """The screen is useful; what is heavy may be imported now."""


@dataclass
class KeysReady(Message):
    """What a key began is done or open; the keys pressed since may follow.

    ``opened`` counts the keys that were waited for until that one: a later key is not meant.
    """

    opened: int | None = None


@dataclass
class OfficeOpened(Message):
    """The services are ready; from now on changes can be made."""


@dataclass
class StoreChanged(Message):
    """Something was written, by this desk or by any other process."""


@dataclass
class CompanyChanged(Message):
    """Somebody else has opened the office, left it, or is on another appointment."""


@dataclass
class CurtainMoved(Message):
    """What is personal is masked from now on, or not any more: read again what is shown."""


@dataclass
class MinutePassed(Message):
    """A second passed: a countdown or the minute on the clock may differ."""


@dataclass
class VisitsCameDue(Message):
    """A start time was reached: Attended can be confirmed from now on."""


@dataclass
class PagesFailed(Message):
    """The web pages are not served, and why."""

    sentence: str


@dataclass
class OfficeTroubled(Message):
    """Something else is wrong now with the data, its backups, the disk or the clock, or nothing."""


@dataclass
class ChannelsChanged(Message):
    """How each channel is now: live, kept as files, paused or out of reach."""

    states: tuple[ChannelState, ...]
