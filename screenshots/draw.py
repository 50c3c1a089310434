"""Draws the README's pictures: the demo office on a Monday morning, by keys alone."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir

os.environ.pop("NO_COLOR", None)

import msgspec
from textual.pilot import Pilot

from interworky_tui import bootstrap, config, paths
from interworky_tui.ui.app import DeskApp

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 16, 9, 10, tzinfo=UTC)
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


async def desk(pilot: Pilot[None]) -> None:
    await press(pilot, "2", "down", until_shown="Contact")


async def wide(pilot: Pilot[None]) -> None:
    await press(pilot, "2", "down", "down", until_shown="Contact")


async def set_time(pilot: Pilot[None]) -> None:
    await press(pilot, "1", "down", "t", until_shown="Minutes")
    await press(pilot, *"fri 14:30", until_shown="Tells client")


async def attended(pilot: Pilot[None]) -> None:
    await press(pilot, "2", "a", until_shown="SMS to the client")


async def messages(pilot: Pilot[None]) -> None:
    await press(pilot, "m", until_shown="State")


async def new_request(pilot: Pilot[None]) -> None:
    await press(pilot, "n", until_shown="Service")
    keys = (*"Ulrike Brandt", "tab", *"030 1234567", "tab", "tab", *"fri morning")
    await press(pilot, *keys, until_shown="On file")


async def collected(pilot: Pilot[None]) -> None:
    await press(pilot, "5", until_shown="★")
    await press(pilot, "v", until_shown="Would recommend")


async def help_screen(pilot: Pilot[None]) -> None:
    await press(pilot, "question_mark", until_shown="The selected appointment")


SMALL, WIDE = (80, 24), (140, 40)
Picture = tuple[str, tuple[int, int], str, Callable[[Pilot[None]], Awaitable[None]]]
PICTURES: tuple[Picture, ...] = (
    ("desk", SMALL, "desk-dark", desk),
    ("desk-wide", WIDE, "desk-dark", wide),
    ("desk-light", WIDE, "desk-light", wide),
    ("set-time", SMALL, "desk-dark", set_time),
    ("attended", SMALL, "desk-dark", attended),
    ("messages", SMALL, "desk-dark", messages),
    ("new-request", SMALL, "desk-paper", new_request),
    ("feedback", SMALL, "desk-dusk", collected),
    ("help", SMALL, "desk-dark", help_screen),
)


async def draw(picture: Picture, told: config.Settings, places: paths.Paths) -> None:
    name, size, theme, act = picture
    settings = msgspec.structs.replace(told, desk=config.Desk(actor="ana", theme=theme))
    app = DeskApp(settings, places, places.database, clock=clock, demo=True)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, shows(pilot, "Contact"))
        await app.hands.office()
        await act(pilot)
        svg = app.export_screenshot(title="interworky-tui", simplify=True)
        (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")
    print(f"screenshots/{name}.svg")


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
        if not wanted or picture[0] in wanted:
            asyncio.run(draw(picture, told, places))


if __name__ == "__main__":
    main(sys.argv[1:])
