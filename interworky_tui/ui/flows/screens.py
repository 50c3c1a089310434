"""The other screens of the desk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen
    from interworky_tui.ui.screens.insights import InsightsScreen


async def messages(desk: DeskScreen) -> None:
    from interworky_tui.ui.screens.messages import MessagesScreen

    screen = MessagesScreen(desk)
    await desk.app.push_screen(screen, desk.go_to)
    await screen.settled()


async def insights(desk: DeskScreen) -> None:
    # To import it takes longer than a frame.
    screen = await asyncio.to_thread(_insights)
    desk.app.push_screen(screen(desk))


def _insights() -> type[InsightsScreen]:
    from interworky_tui.ui.screens.insights import InsightsScreen

    return InsightsScreen
