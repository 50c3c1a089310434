"""Every screen and modal in both sizes, all themes and without colour, to be looked at.

python -m screenshots.gallery FOLDER [NAME ...]
"""

import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from interworky_tui import config
from interworky_tui.ui import themes
from screenshots import draw, stations

SIZES = (draw.SMALL, draw.WIDE)


async def draw_station(
    name: str, size: tuple[int, int], told: config.Settings, kept: Path, folder: Path
) -> None:
    """One file a theme; the last one as a terminal shows it that has no colours."""
    for colours in (True, False):
        os.environ.pop("NO_COLOR", None)
        if not colours:
            os.environ["NO_COLOR"] = "1"
        fresh = draw.copied(kept, kept.with_name("drawn"))
        at = stations.present(name)
        async with draw.opened(told, fresh, size=size, at=at) as (app, pilot):
            await stations.reach(pilot, name)
            for theme in themes.NAMES if colours else ("desk-dark",):
                app.theme = theme
                await pilot.pause()
                svg = app.export_screenshot(title="interworky-tui", simplify=True)
                shown = theme if colours else "no-colour"
                width, height = size
                (folder / f"{name}-{width}x{height}-{shown}.svg").write_text(svg, encoding="utf-8")


def main(folder: Path, wanted: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="interworky-gallery-") as home:
        kept = Path(home) / "kept"
        told, _places = draw.demo_office(kept)
        for name in wanted or stations.EVERY:
            for size in SIZES:
                asyncio.run(draw_station(name, size, told, kept, folder))
            print(name, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
