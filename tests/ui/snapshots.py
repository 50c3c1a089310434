"""What every station shows, as plain text: python -m tests.ui.snapshots [NAME ...] rewrites it."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textual.pilot import Pilot

from interworky_tui import config
from screenshots import draw, stations, waiting

FOLDER = Path(__file__).with_name("snapshots")
SIZES = (draw.SMALL, draw.WIDE)


def file_of(name: str, size: tuple[int, int]) -> Path:
    return FOLDER / f"{name}-{size[0]}x{size[1]}.txt"


def seen(pilot: Pilot[Any]) -> str:
    """The screens that lie on each other, in a line, and what is seen of them."""
    names = " > ".join(type(screen).__name__ for screen in pilot.app.screen_stack)
    return f"{names}\n{waiting.text_of(pilot).rstrip()}\n"


async def _write(name: str, size: tuple[int, int], told: config.Settings, kept: Path) -> None:
    places = draw.copied(kept, kept.with_name("shown"))
    at = stations.present(name)
    async with draw.opened(told, places, size=size, at=at) as (_app, pilot):
        await stations.reach(pilot, name)
        file_of(name, size).write_text(seen(pilot), encoding="utf-8")


def main(wanted: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="interworky-snapshots-") as home:
        kept = Path(home) / "kept"
        told, _places = draw.demo_office(kept)
        for name in wanted or stations.EVERY:
            for size in SIZES:
                asyncio.run(_write(name, size, told, kept))
    known = {file_of(name, size) for name in stations.EVERY for size in SIZES}
    for old in set(FOLDER.glob("*.txt")) - known:
        old.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
