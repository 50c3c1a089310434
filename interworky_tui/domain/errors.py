"""Refusals: what the program will not do, in one sentence that says what to do instead."""

from datetime import date
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from interworky_tui.domain.appointment import Appointment


class Refusal(Exception):
    """An expected "no". ``str()`` of it is one plain sentence for the person."""

    title: ClassVar[str] = "Not done"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class IllegalMove(Refusal):
    """The appointment's status does not allow the verb."""

    title = "Not possible now"


class NotDue(IllegalMove):
    """The visit has not begun yet, so nobody can have attended it."""

    title = "Not due yet"


class NotToday(IllegalMove):
    """The visit is on another of the office's days, so the client is not waiting for it now."""


class InThePast(Refusal):
    title = "That time has passed"


class DoubleBooked(Refusal):
    """Another visit overlaps; ``appointment_ids`` says which. Needs an explicit override."""

    title = "Double booking"

    def __init__(self, sentence: str, appointment_ids: tuple[int, ...]) -> None:
        super().__init__(sentence)
        self.appointment_ids = appointment_ids


class AskedToday(Refusal):
    """Feedback was asked for on this calendar day of the office already."""

    title = "Asked today already"

    def __init__(self, sentence: str, next_allowed: date) -> None:
        super().__init__(sentence)
        self.next_allowed = next_allowed


class TooManyNotes(Refusal):
    """So much came after the first answer that no more of it is kept."""

    title = "Noted already"


class ChangedElsewhere(Refusal):
    """Somebody else changed the appointment since it was read.

    ``current`` is the appointment as it is now, when what was wanted is still possible.
    """

    title = "Changed by someone else"

    def __init__(self, sentence: str, current: "Appointment | None" = None) -> None:
        super().__init__(sentence)
        self.current = current


class NotFound(Refusal):
    title = "Not found"


class UndoTooLate(Refusal):
    title = "Too late to undo"


class BadInput(Refusal):
    """What was typed cannot be used; ``field`` names the field of the form or the column."""

    title = "Please check what you typed"

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class TimeNotUnderstood(BadInput):
    """Typed time that has no single sure reading."""

    title = "Time not understood"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "when")


class StoreProblem(Refusal):
    """The database cannot be used as it is; the sentence says the next step."""

    title = "The office's data cannot be opened"


class StoreAway(StoreProblem):
    """The connection to the store was lost, or there was none; it may be back at any moment."""

    title = "Not done"


class DamagedStore(StoreProblem):
    """What stands in its place is no sound store, so that a backup has to be restored."""


class StoreMoved(StoreProblem):
    """The store's file was removed or replaced while it was open."""

    title = "The office's data is gone from its place"
