"""The settings, from the desk: once they are changed the desk opens again with them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from interworky_tui.ui.curtain import in_clear

if TYPE_CHECKING:
    from interworky_tui.ui.app import DeskApp
    from interworky_tui.ui.screens.desk import DeskScreen


@in_clear
async def change(desk: DeskScreen) -> None:
    """The desk that opens again knows of no curtain."""
    from interworky_tui.ui.screens.settings import SettingsScreen, load

    app = cast("DeskApp", desk.app)
    # The demo office heeds no variable; what they said is in its file.
    environment = {} if app.demo else os.environ
    file = app.paths.settings_file
    settings = await desk.hands.run(lambda: load(file, environment))
    if await app.push_screen_wait(SettingsScreen(desk, file, environment, settings)):
        app.reopen(desk.here)
