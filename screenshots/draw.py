"""Draws the README's pictures: the demo office on a Monday morning, by keys alone."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, chdir
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import gettempdir
from unittest.mock import patch

os.environ.pop("NO_COLOR", None)
os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}

import msgspec
from textual.pilot import Pilot

from interworky_tui import bootstrap, config, paths, private_file, settings_file
from interworky_tui.services import reminders, survey_links
from interworky_tui.ui.app import DeskApp
from screenshots import stations, waiting

HERE = Path(__file__).parent


def clock() -> datetime:
    return stations.NOW


SMALL, WIDE = (80, 24), (140, 40)


@dataclass(frozen=True)
class Picture:
    """``at`` is the office's present; ``demo`` says so in the header."""

    name: str
    size: tuple[int, int]
    theme: str
    act: stations.Act
    at: datetime = stations.NOW
    demo: bool = True


PICTURES = (
    Picture("desk", SMALL, "desk-dark", stations.desk),
    Picture("desk-wide", WIDE, "desk-dark", stations.wide),
    Picture("desk-light", WIDE, "desk-light", stations.wide),
    Picture("set-time", SMALL, "desk-dark", stations.set_time),
    Picture("free-slots", SMALL, "desk-dark", stations.free_slots),
    Picture("day", SMALL, "desk-dark", stations.day),
    Picture("day-wide", WIDE, "desk-light", stations.day),
    Picture("caller", SMALL, "desk-dark", stations.caller),
    Picture("client", SMALL, "desk-dark", stations.client),
    Picture("bulk", SMALL, "desk-dark", stations.bulk),
    Picture("refill", SMALL, "desk-dark", stations.refill),
    Picture("sweep", SMALL, "desk-dark", stations.sweep),
    Picture("curtain", SMALL, "desk-dark", stations.curtain),
    Picture("lock", SMALL, "desk-dark", stations.lock),
    Picture("settings", SMALL, "desk-dusk", stations.settings),
    Picture("guide", SMALL, "desk-dark", stations.guide),
    Picture("attended", SMALL, "desk-dark", stations.attended),
    Picture("messages", SMALL, "desk-dark", stations.messages),
    Picture("messages-wide", WIDE, "desk-light", stations.messages),
    Picture("answer", SMALL, "desk-dark", stations.answer),
    Picture("new-request", SMALL, "desk-paper", stations.new_request),
    Picture("edit", SMALL, "desk-dark", stations.edit),
    Picture("collected", SMALL, "desk-dark", stations.collected),
    Picture("collected-wide", WIDE, "desk-paper", stations.collected),
    Picture("feedback", SMALL, "desk-dusk", stations.survey),
    Picture("survey-code", SMALL, "desk-dark", stations.survey_code),
    Picture("help", SMALL, "desk-dark", stations.help_screen),
    Picture("insights", SMALL, "desk-dark", stations.insights),
    Picture("insights-wide", WIDE, "desk-dusk", stations.insights),
    Picture("channel-down", SMALL, "desk-dark", stations.channel_down, demo=False),
    Picture("quiet-hours", SMALL, "desk-dark", stations.quiet_hours, stations.NIGHT),
)


@asynccontextmanager
async def opened(
    told: config.Settings,
    places: paths.Paths,
    *,
    size: tuple[int, int] = SMALL,
    theme: str = "desk-dark",
    at: datetime = stations.NOW,
    demo: bool = True,
) -> AsyncIterator[tuple[DeskApp, Pilot[None]]]:
    """The desk over that office, with its first card on screen."""
    desk = config.Desk(actor="ana", theme=theme)
    web = config.Web(enabled=True, public_url="https://desk.lindenhof.example")
    settings = msgspec.structs.replace(told, desk=desk, web=web)
    app = DeskApp(settings, places, clock=lambda: at, demo=demo)
    # A file is named as from the folder with the samples, and a link is the same each time.
    link = patch.object(survey_links, "new_token", lambda: "Qk3vT9sWm0xYb7LrZd2NcA")
    others = set(threading.enumerate())
    with chdir(paths.shipped_data()), link:
        async with app.run_test(size=size, notifications=True) as pilot:
            await waiting.until(pilot, waiting.shows(pilot, "Contact"))
            await app.hands.office()
            yield app, pilot
    # The next office is laid in its place: no thread of this one may still have a file open there.
    for thread in set(threading.enumerate()) - others:
        if thread.daemon:  # a lane; those of asyncio's pool end with the loop
            thread.join(timeout=5)


async def draw(picture: Picture, told: config.Settings, places: paths.Paths) -> None:
    look = {"size": picture.size, "theme": picture.theme, "at": picture.at, "demo": picture.demo}
    async with opened(told, places, **look) as (app, pilot):
        await picture.act(pilot)
        svg = app.export_screenshot(title="interworky-tui", simplify=True)
        (HERE / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
    print(f"screenshots/{picture.name}.svg")


def main(wanted: list[str]) -> None:
    # One name, so that a path on a picture is the same each time.
    folder = Path(gettempdir()) / "lindenhof"
    kept = folder.with_name("lindenhof-kept")
    try:
        told, _places = demo_office(emptied(kept))
        for picture in PICTURES:
            if not wanted or picture.name in wanted:
                asyncio.run(draw(picture, told, copied(kept, folder)))
    finally:
        emptied(folder)
        emptied(kept)


def emptied(folder: Path) -> Path:
    rmtree(folder, ignore_errors=True)
    return folder


def copied(kept: Path, folder: Path) -> paths.Paths:
    """The office as it was filled: what one picture changes is not on the next."""
    copytree(kept, emptied(folder))
    return paths.at(folder)


def demo_office(folder: Path) -> tuple[config.Settings, paths.Paths]:
    """Filled in that folder, with what is due by now on its way."""
    environment = {
        "INTERWORKY_TUI_OFFICE__TIMEZONE": "Europe/Berlin",
        "INTERWORKY_TUI_DESK__ACTOR": "ana",
    }
    settings = config.load(folder / "config.toml", environment)
    places = paths.at(folder)
    told = bootstrap.fill_demo(settings, places, clock)
    private_file.write(places.settings_file, settings_file.whole(told))
    office = bootstrap.build(told, places, clock)
    reminders.queue_reminders(office)
    bootstrap.delivery(office, places).outbox.drain()
    office.database.close()
    return told, places


if __name__ == "__main__":
    main(sys.argv[1:])
