"""Why a slot is offered, in words for the person who offers it."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from interworky_tui.domain.bands import Band


@dataclass(frozen=True, slots=True)
class Asked:
    """What was wished for. ``passed``: the day is over, so that today stands for it."""

    band: Band | None
    at: time | None
    passed: bool

    @property
    def when(self) -> str:
        """``10:15``, ``the morning`` or ``that day``: what the next words may point at."""
        if self.at is not None:
            return f"{self.at:%H:%M}"
        return f"the {self._part}" if self.band else "that day"

    def inside(self, *, first: bool, beside: str) -> str:
        """For a slot as it was wished for."""
        if self.passed:
            if self.at is not None:
                return "that day has passed; the same time today"
            today = f"this {self._part}" if self.band else "today"
            if first:
                return f"that day has passed; first free {today}"
            return beside or f"free {today}"
        if self.at is not None:
            return "free at the very time you asked for"
        wished = f"in the {self._part}" if self.band else "on the day"
        if first:
            return f"first free {wished} you asked for"
        return beside or f"free {wished} you asked for"

    def near(self, *, obstacle: str, earlier: bool, beside: str) -> str:
        """For another time of the same day. ``obstacle`` is told with the first alone."""
        if obstacle:
            return f"{obstacle}; nearest free {'before' if earlier else 'after'} it"
        wished = f"{self.when} you asked for" if self.band and self.at is None else "you asked for"
        return beside or f"{'earlier' if earlier else 'later'} than {wished}"

    def later(self, *, obstacle: str, first: bool, wished: bool) -> str:
        """For another day; ``wished`` when it is at the wished time of that day."""
        if not wished:
            said = f"nearest to {self.when} on a later day"
        elif self.at is not None:
            said = f"{'the next' if first else 'another'} day with {self.when} free"
        elif self.band:
            said = f"{'the next' if first else 'another'} free {self._part}"
        else:
            said = f"{'the next' if first else 'another'} day with room"
        return f"{obstacle}; {said}" if obstacle else said

    @property
    def _part(self) -> str:
        return self.band.label.lower() if self.band else ""


def say_beside(before: datetime | None, after: datetime | None, zone: ZoneInfo) -> str:
    """For a slot that touches a visit, or nothing; each visit is named by its start."""
    if before and after:
        return f"between the {_at(before, zone)} and the {_at(after, zone)}, no gap"
    if before:
        return f"right after the {_at(before, zone)}, no gap"
    return f"just before the {_at(after, zone)}, no gap" if after else ""


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"
