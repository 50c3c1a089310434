"""Who is on the phone: the search, and what is done from the client's card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interworky_tui.domain.errors import Refusal
from interworky_tui.services import erasing
from interworky_tui.services.erasing import Erased
from interworky_tui.storage.callers import ClientCard, digits_of
from interworky_tui.ui.curtain import in_clear
from interworky_tui.ui.flows import requests
from interworky_tui.ui.modals.people import Typed

if TYPE_CHECKING:
    from interworky_tui.ui.screens.caller import CallerScreen
    from interworky_tui.ui.screens.desk import DeskScreen


async def search(desk: DeskScreen, number: str = "") -> None:
    """Open the search, begun with the digits; then turn to what was chosen in it."""
    from interworky_tui.ui.screens.caller import CallerScreen

    target = await desk.app.push_screen_wait(CallerScreen(desk, number))
    if target is not None:
        await desk.turn_to(target)


async def nowhere(_screen: CallerScreen, _card: ClientCard) -> None:
    raise Refusal("There is no visit to go to; n files a request.")


@in_clear
async def new(screen: CallerScreen, card: ClientCard) -> None:
    client = card.client
    begun = Typed(client.name, client.phone or "", client.email or "", "", "", "")
    await _file(screen, begun, card)


@in_clear
async def stranger(screen: CallerScreen, query: str) -> None:
    """A request of somebody who is on no file, begun with what was typed."""
    if digits_of(query):
        await _file(screen, Typed("", query, "", "", "", ""))
    elif "@" in query:
        await _file(screen, Typed("", "", query, "", "", ""))
    else:
        await _file(screen, Typed(query, "", "", "", "", ""))


async def _file(screen: CallerScreen, begun: Typed, card: ClientCard | None = None) -> None:
    filed = await requests.ask(screen.desk, begun, card.client if card else None)
    if filed is not None:
        screen.dismiss(filed)


@in_clear
async def forget(screen: CallerScreen, card: ClientCard) -> None:
    from interworky_tui.ui.modals.forget import ForgetDialog

    client, previews = card.client.id, screen.desk.previews

    async def erase() -> Erased:
        return await screen.hands.ask(erasing.erase, client, previews)

    found = await screen.hands.ask(erasing.look, client)
    done = await screen.app.push_screen_wait(ForgetDialog(found, erase))
    if done is None:
        return
    left = "" if done.overwritten else " The old text is overwritten in the file within a day."
    screen.notify(erasing.say(done) + left, markup=False, timeout=8)
    screen.action_again("")


async def messages(screen: CallerScreen, card: ClientCard) -> None:
    from interworky_tui.ui.screens.messages import MessagesScreen

    def turn(target: int | str | None) -> None:
        if target is not None:
            screen.dismiss(target)

    shown = MessagesScreen(screen.desk, card.client.id)
    await screen.app.push_screen(shown, turn)
    await shown.settled()
