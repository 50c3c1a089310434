"""The guided first morning, in the demo office only: elsewhere its steps would reach people."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import Refusal

if TYPE_CHECKING:
    from interworky_tui.ui.app import DeskApp
    from interworky_tui.ui.screens.desk import DeskScreen


async def go_on(desk: DeskScreen) -> None:
    """Begin it, or go on to its next step."""
    from interworky_tui.ui.widgets.guide import Guide

    if not cast("DeskApp", desk.app).demo:
        raise Refusal("The guide goes through the demo office: interworky-tui --demo")
    for guide in desk.query(Guide):
        guide.next_step()
        return

    desk.action_tab(Status.REQUESTED.value)

    def ended() -> None:
        desk.query(Guide).remove()

    await desk.mount(Guide(desk.hands, ended))
