"""Keys pressed at the desk, and what is waited for after them: words on screen, a card, rest."""

from collections.abc import Callable

from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.screen import Screen

from interworky_tui.ui.screens.desk import DeskScreen

PATIENCE = 1000
"""Turns of the event loop, not seconds, until what was asked for must be on screen."""


async def until(pilot: Pilot[None], there: Callable[[], object]) -> None:
    for _ in range(PATIENCE):
        if there():
            return
        await pilot.pause(0.01)
    raise TimeoutError("the screen that was to be drawn did not come")


def shows(pilot: Pilot[None], text: str) -> Callable[[], bool]:
    return lambda: text in text_of(pilot)


async def press(pilot: Pilot[None], *keys: str, until_shown: str) -> None:
    await pilot.press(*keys)
    await until(pilot, shows(pilot, until_shown))
    await pilot.pause()


async def settled(pilot: Pilot[None]) -> None:
    """The card is that of the row under the cursor."""
    await until(pilot, lambda: card_of_row(pilot.app.screen))
    await pilot.pause()


async def still(pilot: Pilot[None]) -> None:
    """Nothing moves any more: what is behind a modal is drawn a moment after it."""
    before, same = "", 0
    for _ in range(PATIENCE):
        await pilot.pause(0.03)
        now = text_of(pilot)
        before, same = now, same + 1 if now == before else 0
        if same == 3:
            return
    raise TimeoutError("the screen does not come to rest")


def card_of_row(desk: Screen[None]) -> bool:
    """The card, which comes a moment after the cursor, is there."""
    assert isinstance(desk, DeskScreen)
    row, card = desk.rows.cursor_row, desk.card
    return (row and row.id) == (card and card.appointment.id)


async def toasts_gone(pilot: Pilot[None]) -> None:
    pilot.app.clear_notifications()
    await pilot.pause()


def text_of(pilot: Pilot[None]) -> str:
    """The screen in plain text."""
    # What a modal is painted over, as Textual says it before it paints.
    visible_screen_stack.set(pilot.app._background_screens)
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)
