"""Free slots for many requests in turn, each taking account of those proposed before it."""

from datetime import date, datetime

from sqlalchemy import Connection

from interworky_tui.domain import slots
from interworky_tui.domain.appointment import Appointment
from interworky_tui.domain.slots import Slot, Span
from interworky_tui.services import diary
from interworky_tui.services.context import Context


class Proposals:
    """What is taken of a day is read once for all of them, and grows with each proposal.

    What is held for somebody by SMS counts as taken, for them too.
    """

    def __init__(self, connection: Connection, office: Context, now: datetime) -> None:
        self._office, self._now = office, now
        self._rules = diary.rules(office)
        self._days = diary.Days(connection, office.zone, now)
        self._proposed: list[Span] = []

    def of(self, appointment: Appointment) -> Slot | None:
        """The best slot that is left for a request; None when there is none for two months."""
        wish = diary.wish_of(self._office, appointment)
        length = diary.length(self._office, appointment)
        found = slots.suggest(self._rules, wish, length, self._taken_on, self._now, 1)
        if not found:
            return None
        self._proposed.append((found[0].starts_at, found[0].ends_at))
        return found[0]

    def _taken_on(self, day: date) -> list[Span]:
        return self._days.taken_on(day) + self._proposed
