"""To the next thing that needs a person, wherever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interworky_tui.ui import next_up

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen


async def go(desk: DeskScreen) -> None:
    standing, now = desk.standing, desk.clock()
    row = await desk.rows.settled()
    found = await desk.reads.next_waiting(now, standing.at(row, now))
    if found is None:
        desk.say_found(next_up.NOTHING)
        return
    said = next_up.say(found, desk.zone, now, desk.phone)
    standing.place = found.place
    if found.entry:
        from interworky_tui.ui.screens.messages import MessagesScreen

        standing.row = row.id if row else None
        screen = MessagesScreen(desk, entry=found.entry, found=said)
        await desk.app.push_screen(screen, desk.go_to)
        await screen.settled()
        return
    await desk.turn_to(found.appointment_id)
    row = await desk.rows.settled()
    standing.row = row.id if row else None
    desk.say_found(said)
