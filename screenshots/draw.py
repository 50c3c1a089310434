"""Draws the README's pictures: the demo office on a Monday morning, by keys alone."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir

os.environ.pop("NO_COLOR", None)

import msgspec
from textual.pilot import Pilot

from interworky_tui import bootstrap, config, paths
from interworky_tui.ui.app import DeskApp
from screenshots import stations

HERE = Path(__file__).parent
NIGHT = datetime(2026, 3, 16, 20, 10, tzinfo=UTC)


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
    Picture("quiet-hours", SMALL, "desk-dark", stations.quiet_hours, NIGHT),
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
    app = DeskApp(settings, places, places.database, clock=lambda: at, demo=demo)
    async with app.run_test(size=size, notifications=True) as pilot:
        await stations.until(pilot, stations.shows(pilot, "Contact"))
        await app.hands.office()
        yield app, pilot


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
    rmtree(folder, ignore_errors=True)
    try:
        draw_all(folder, wanted)
    finally:
        rmtree(folder, ignore_errors=True)


def draw_all(folder: Path, wanted: list[str]) -> None:
    told, places = demo_office(folder)
    for picture in PICTURES:
        if not wanted or picture.name in wanted:
            asyncio.run(draw(picture, told, places))


def demo_office(folder: Path) -> tuple[config.Settings, paths.Paths]:
    """Filled in that folder, with what is due by now on its way."""
    environment = {
        "INTERWORKY_TUI_OFFICE__TIMEZONE": "Europe/Berlin",
        "INTERWORKY_TUI_DESK__ACTOR": "ana",
    }
    settings = config.load(folder / "config.toml", environment)
    places = paths.at(folder)
    told = bootstrap.fill_demo(settings, places, clock)
    office = bootstrap.build(told, places, clock)
    bootstrap.delivery(office, places).outbox.drain()
    office.database.close()
    return told, places


if __name__ == "__main__":
    main(sys.argv[1:])
