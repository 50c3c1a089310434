"""An appointment that a modal is about, and what happens when somebody else was first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from interworky_tui.domain.errors import ChangedElsewhere
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.text import clean_line
from interworky_tui.services.context import Changed, Context
from interworky_tui.storage.card import Card
from interworky_tui.ui.hands import Hands
from interworky_tui.ui.modals.people import Typed, on_file

if TYPE_CHECKING:
    from interworky_tui.domain.appointment import Appointment, Client
    from interworky_tui.ui.screens.desk import DeskScreen

AGAIN = "Enter again does it all the same."


class Held:
    """``version`` is what the person has seen: what was read first, and what they were told of."""

    def __init__(self, hands: Hands, appointment_id: int, version: int) -> None:
        self._hands, self._id, self._version = hands, appointment_id, version
        self.current: Appointment | None = None
        """As the person was told that it is by now; None while it is what was read first."""

    async def save(self, use_case: Callable[..., Changed], *args: Any, **more: Any) -> Changed:
        """A use case that takes the appointment's id first, and a ``version``.

        Raises ChangedElsewhere once for what somebody else did; it is known after that.
        """
        try:
            return await self._hands.ask(use_case, self._id, *args, version=self._version, **more)
        except ChangedElsewhere as changed:
            if changed.current is None:
                raise
            self.current, self._version = changed.current, changed.current.version
            raise ChangedElsewhere(f"{changed.sentence} {AGAIN}", changed.current) from None


class HeldCard:
    """What is on file of a client and a visit, for a form that mends it."""

    def __init__(self, desk: DeskScreen, card: Card) -> None:
        self._desk, self.card = desk, card

    async def save(self, mend: Callable[[Context, Card, Typed], Client], typed: Typed) -> Client:
        """Raises ChangedElsewhere once for what somebody else mended; it is known after that.

        That the visit was changed otherwise, moved for one, is nothing to a form of these words.
        """
        try:
            return await self._desk.hands.ask(mend, self.card, typed)
        except ChangedElsewhere:
            before, card = self.card, await self._desk.reads.card(self.card.appointment.id)
            if card is None:
                raise
            self.card = card
            was = on_file(before.client, before.appointment)
            fields = [name for name, now in _filed(card).items() if now != was[name]]
            if fields:
                raise ChangedElsewhere(_say(card, fields), card.appointment) from None
        return await self._desk.hands.ask(mend, self.card, typed)


def _filed(card: Card) -> dict[str, str]:
    return on_file(card.client, card.appointment)


def _say(card: Card, fields: list[str]) -> str:
    """Who mended a client is in no history, which is of visits."""
    edits = [line for line in card.history if line.verb == Verb.EDIT]
    of_visit = {"service", "note"} & set(fields)
    who = clean_line(edits[-1].actor) if edits and of_visit else "Somebody"
    said = " and ".join(filter(None, (", ".join(fields[:-1]), fields[-1])))
    return (
        f"{who} changed the {said} in the meantime; what you did not touch is shown as it is now."
        " Enter again saves all of it."
    )
