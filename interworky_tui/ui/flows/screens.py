"""The other screens of the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen


async def messages(desk: DeskScreen) -> None:
    from interworky_tui.ui.screens.messages import MessagesScreen

    desk.app.push_screen(MessagesScreen(desk), desk.go_to)


async def insights(desk: DeskScreen) -> None:
    from interworky_tui.ui.screens.insights import InsightsScreen

    desk.app.push_screen(InsightsScreen(desk))
