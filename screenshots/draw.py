"""Draws the README's pictures: the demo office on a Monday morning, by keys alone."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir

os.environ.pop("NO_COLOR", None)

import msgspec
from textual.pilot import Pilot
from textual.widgets import Input

from interworky_tui import bootstrap, config, paths
from interworky_tui.delivery.health import ChannelState, Health
from interworky_tui.domain.events import Channel
from interworky_tui.ui.app import DeskApp
from interworky_tui.ui.messages import ChannelsChanged
from interworky_tui.ui.screens.desk import DeskScreen

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 16, 9, 10, tzinfo=UTC)
NIGHT = datetime(2026, 3, 16, 20, 10, tzinfo=UTC)
PATIENCE = 1000
"""Turns of the event loop, not seconds, until what was asked for must be on screen."""


def clock() -> datetime:
    return NOW


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


SAMPLE = "sample_requests.csv"
SMALL, WIDE = (80, 24), (140, 40)
Act = Callable[[Pilot[None]], Awaitable[None]]


@dataclass(frozen=True)
class Picture:
    """``at`` is the office's present; ``demo`` says so in the header."""

    name: str
    size: tuple[int, int]
    theme: str
    act: Act
    at: datetime = NOW
    demo: bool = True


PICTURES = (
    Picture("desk", SMALL, "desk-dark", desk),
    Picture("desk-wide", WIDE, "desk-dark", wide),
    Picture("desk-light", WIDE, "desk-light", wide),
    Picture("set-time", SMALL, "desk-dark", set_time),
    Picture("attended", SMALL, "desk-dark", attended),
    Picture("messages", SMALL, "desk-dark", messages),
    Picture("messages-wide", WIDE, "desk-light", messages),
    Picture("answer", SMALL, "desk-dark", answer),
    Picture("new-request", SMALL, "desk-paper", new_request),
    Picture("edit", SMALL, "desk-dark", edit),
    Picture("collected", SMALL, "desk-dark", collected),
    Picture("collected-wide", WIDE, "desk-paper", collected),
    Picture("feedback", SMALL, "desk-dusk", survey),
    Picture("survey-code", SMALL, "desk-dark", survey_code),
    Picture("help", SMALL, "desk-dark", help_screen),
    Picture("insights", SMALL, "desk-dark", insights),
    Picture("insights-wide", WIDE, "desk-dusk", insights),
    Picture("channel-down", SMALL, "desk-dark", channel_down, demo=False),
    Picture("quiet-hours", SMALL, "desk-dark", quiet_hours, NIGHT),
)


async def draw(picture: Picture, told: config.Settings, places: paths.Paths) -> None:
    desk = config.Desk(actor="ana", theme=picture.theme)
    web = config.Web(enabled=True, public_url="https://desk.lindenhof.example")
    settings = msgspec.structs.replace(told, desk=desk, web=web)
    app = DeskApp(settings, places, places.database, clock=lambda: picture.at, demo=picture.demo)
    async with app.run_test(size=picture.size, notifications=True) as pilot:
        await until(pilot, shows(pilot, "Contact"))
        await app.hands.office()
        await picture.act(pilot)
        svg = app.export_screenshot(title="interworky-tui", simplify=True)
        (HERE / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
    print(f"screenshots/{picture.name}.svg")


def main(wanted: list[str]) -> None:
    # One name, so that a path on a picture is the same each time.
    folder = Path(gettempdir()) / "lindenhof"
    rmtree(folder, ignore_errors=True)
    try:
        draw_all(folder, wanted)
    finally:
        rmtree(folder, ignore_errors=True)


def draw_all(folder: Path, wanted: list[str]) -> None:
    settings = config.load(
        folder / "config.toml",
        {
            "INTERWORKY_TUI_OFFICE__TIMEZONE": "Europe/Berlin",
            "INTERWORKY_TUI_DESK__ACTOR": "ana",
        },
    )
    places = paths.at(folder)
    told = bootstrap.fill_demo(settings, places, clock)
    bootstrap.delivery(bootstrap.build(told, places, clock), places).outbox.drain()
    for picture in PICTURES:
        if not wanted or picture.name in wanted:
            asyncio.run(draw(picture, told, places))


if __name__ == "__main__":
    main(sys.argv[1:])
