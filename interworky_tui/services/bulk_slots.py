"""Free slots for many requests in turn, each taking account of those proposed before it."""

from datetime import date, datetime

from sqlalchemy import Connection

from interworky_tui.domain import slots
from interworky_tui.domain.appointment import Appointment
from interworky_tui.domain.calendar import day_bounds, office_day
from interworky_tui.domain.slots import LOOK_AHEAD, Slot, Span
from interworky_tui.services import diary
from interworky_tui.services.context import Context


class Proposals:
    """What is taken is read once for each wished day, and grows with each proposal.

    What is held for somebody by SMS counts as taken, for them too.
    """

    def __init__(self, connection: Connection, office: Context, now: datetime) -> None:
        self._connection, self._office, self._now = connection, office, now
        self._rules = diary.rules(office)
        self._read: dict[date, list[Span]] = {}
        self._proposed: list[Span] = []

    def of(self, appointment: Appointment) -> Slot | None:
        """The best slot that is left for a request; None when there is none for two months."""
        wish = diary.wish_of(self._office, appointment)
        length = diary.length(self._office, appointment)
        taken = sorted(self._taken(wish.day) + self._proposed)
        found = slots.suggest(self._rules, wish, length, taken, self._now, 1)
        if not found:
            return None
        self._proposed.append((found[0].starts_at, found[0].ends_at))
        return found[0]

    def _taken(self, wished: date) -> list[Span]:
        zone = self._office.zone
        day = max(wished, office_day(self._now, zone))
        if day not in self._read:
            start, _ = day_bounds(day, zone)
            end = start + LOOK_AHEAD + diary.LONGEST_VISIT
            self._read[day] = diary.taken(self._connection, start, end, now=self._now)
        return self._read[day]
