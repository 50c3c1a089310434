"""Every screen and modal of the desk over the demo office, each reached by keys alone.

The README's pictures are drawn from them, and the tests look at each in every size and theme.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from textual.pilot import Pilot
from textual.widgets import Input

from interworky_tui import paths
from interworky_tui.delivery.health import ChannelState, Health
from interworky_tui.domain.events import Channel
from interworky_tui.ui.messages import ChannelsChanged
from interworky_tui.ui.screens.desk import DeskScreen

NOW = datetime(2026, 3, 16, 9, 10, tzinfo=UTC)
SAMPLE = "sample_requests.csv"
PATIENCE = 1000
"""Turns of the event loop, not seconds, until what was asked for must be on screen."""

Act = Callable[[Pilot[None]], Awaitable[None]]


async def until(pilot: Pilot[None], there: Callable[[], object]) -> None:
    for _ in range(PATIENCE):
        if there():
            return
        await pilot.pause(0.01)
    raise TimeoutError("the screen that was to be drawn did not come")


def shows(pilot: Pilot[None], text: str) -> Callable[[], bool]:
    return lambda: (
        text in "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
    )


async def press(pilot: Pilot[None], *keys: str, until_shown: str) -> None:
    await pilot.press(*keys)
    await until(pilot, shows(pilot, until_shown))
    await pilot.pause()


async def settled(pilot: Pilot[None]) -> None:
    """The card is that of the row under the cursor."""

    def same() -> bool:
        screen = pilot.app.screen
        assert isinstance(screen, DeskScreen)
        row, card = screen.rows.cursor_row, screen.card
        return row is not None and card is not None and card.appointment.id == row.id

    await until(pilot, same)
    await pilot.pause()


async def desk(pilot: Pilot[None]) -> None:
    await press(pilot, "2", *["down"] * 5, until_shown="asks for another time")
    await settled(pilot)


async def wide(pilot: Pilot[None]) -> None:
    await press(pilot, "2", *["down"] * 4, until_shown="confirmed")
    await settled(pilot)


async def channel_down(pilot: Pilot[None]) -> None:
    await press(pilot, "6", "2", "down", until_shown="Contact")
    await settled(pilot)
    await press(pilot, "x", "2", "enter", until_shown="is cancelled")
    states = (
        ChannelState(Channel.EMAIL, Health.LIVE, None, None, ""),
        ChannelState(
            Channel.SMS,
            Health.DOWN,
            NOW - timedelta(minutes=18),
            None,
            "The SMS provider does not answer; check the network.",
        ),
    )
    pilot.app.screen.post_message(ChannelsChanged(states))
    await until(pilot, shows(pilot, "cannot be reached"))
    await pilot.pause()


async def quiet_hours(pilot: Pilot[None]) -> None:
    await press(pilot, "1", "down", "t", until_shown="Minutes")
    await press(pilot, *"fri 14:30", until_shown="quiet hours")


async def cancel(pilot: Pilot[None]) -> None:
    await press(pilot, "2", *["down"] * 6, "x", until_shown="In words")
    await press(pilot, "1", until_shown="Tells client")


async def edit(pilot: Pilot[None]) -> None:
    await press(pilot, "2", *["down"] * 4, "e", until_shown="An edit tells nobody")


async def write_answer(pilot: Pilot[None]) -> None:
    await press(pilot, "4", "w", until_shown="Recommend")


async def import_file(pilot: Pilot[None]) -> None:
    await press(pilot, "o", until_shown="Columns")
    pilot.app.screen.query_one("#file", Input).value = str(paths.shipped_data() / SAMPLE)
    await press(pilot, "enter", until_shown="bad lines")


async def answer(pilot: Pilot[None]) -> None:
    await press(pilot, "m", until_shown="daughter")
    await press(pilot, "down", until_shown="May I bring my daughter? She is two.")
    await press(pilot, "a", until_shown="They wrote")
    await press(pilot, *"Of course.", until_shown="150 more")


async def fix(pilot: Pilot[None]) -> None:
    await press(pilot, "m", until_shown="daughter")
    await press(pilot, "down", "down", until_shown="FAILED")
    await press(pilot, "e", until_shown="Fix the phone")


async def set_time(pilot: Pilot[None]) -> None:
    await press(pilot, "1", "down", "t", until_shown="Minutes")
    await press(pilot, *"fri 14:30", until_shown="Tells client")


async def attended(pilot: Pilot[None]) -> None:
    await press(pilot, "2", "a", until_shown="SMS to the client")


async def messages(pilot: Pilot[None]) -> None:
    await press(pilot, "m", until_shown="State")
    await press(pilot, "down", "down", until_shown="To       Mia")


async def new_request(pilot: Pilot[None]) -> None:
    await press(pilot, "n", until_shown="Service")
    keys = (*"Ulrike Brandt", "tab", *"030 1234567", "tab", "tab", *"fri morning")
    await press(pilot, *keys, until_shown="On file")


async def collected(pilot: Pilot[None]) -> None:
    await press(pilot, "5", "down", until_shown="LOW")
    await settled(pilot)


async def survey(pilot: Pilot[None]) -> None:
    await press(pilot, "5", "down", "v", until_shown="Said later")


async def survey_code(pilot: Pilot[None]) -> None:
    await press(pilot, "4", "s", until_shown="camera")


async def help_screen(pilot: Pilot[None]) -> None:
    await press(pilot, "question_mark", until_shown="The selected appointment")


async def insights(pilot: Pilot[None]) -> None:
    await press(pilot, "i", until_shown="Average rating")
    await until(pilot, lambda: not pilot.app.query(".-undrawn"))
    await pilot.pause()


async def settings(pilot: Pilot[None]) -> None:
    await press(pilot, "comma", until_shown="Opening hours")


async def one_setting(pilot: Pilot[None]) -> None:
    await press(pilot, "comma", until_shown="Opening hours")
    await press(pilot, "enter", until_shown="Unless it is changed")


EVERY: dict[str, Act] = {
    act.__name__.replace("_", "-"): act
    for act in (
        desk,
        set_time,
        attended,
        cancel,
        edit,
        new_request,
        write_answer,
        survey,
        survey_code,
        import_file,
        messages,
        answer,
        fix,
        insights,
        help_screen,
        settings,
        one_setting,
    )
}
"""By name; the tests see to it that no screen and no modal is missing."""
