"""How a flow names what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interworky_tui.domain.appointment import Appointment
from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.text import clean_line
from interworky_tui.storage.card import Card

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen


def client_name(card: Card) -> str:
    return clean_line(card.client.name)


def say_start(desk: DeskScreen, appointment: Appointment) -> str:
    return say_moment(appointment.starts_at, desk.zone) if appointment.starts_at else "no time"
