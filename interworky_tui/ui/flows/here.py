"""Who is in the waiting room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interworky_tui.services import visits
from interworky_tui.storage.card import Card
from interworky_tui.ui.flows.words import client_name

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen


async def arrived(desk: DeskScreen, card: Card) -> None:
    """The same key again says that the client is not here after all. Nobody is told."""
    appointment = card.appointment
    gone = appointment.arrived_at is not None
    verb = visits.not_arrived if gone else visits.arrive
    changed = await desk.hands.ask(verb, appointment.id, version=appointment.version)
    said = "is not here" if gone else "is here"
    desk.say_done(f"{client_name(card)} {said}; u takes it back", changed)
