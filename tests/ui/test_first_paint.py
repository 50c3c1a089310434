"""The first rows are on screen before anything heavy is imported."""

import subprocess
import sys

HEAVY = (
    "sqlalchemy",
    "alembic",
    "apscheduler",
    "phonenumbers",
    "email_validator",
    "icalendar",
    "click",
    "twilio",
    "yagmail",
    "interworky_tui.services",
    "interworky_tui.bootstrap",
)

# The text of a whole program, so that nothing of the tests is imported with it.
PROGRAM = """
import asyncio, sys
from pathlib import Path
from interworky_tui import config, paths
from interworky_tui.domain.clock import system_clock
from interworky_tui.ui.app import DeskApp

places = paths.at(Path(sys.argv[1]))
seen = {}

class Watched(DeskApp):
    def _open(self):
        strips = self.screen._compositor.render_strips()
        seen["text"] = "\\n".join(strip.text for strip in strips)
        seen["modules"] = set(sys.modules)
        self.exit()

async def main():
    settings = config.load(places.settings_file, {})
    app = Watched(settings, places, places.database, clock=system_clock)
    async with app.run_test(size=(80, 24)):
        pass

asyncio.run(main())
print(*sorted(seen["modules"]), sep="\\n")
print(seen["text"], file=sys.stderr)
"""


def test_nothing_heavy_is_imported_before_the_first_paint(office, asked, places):
    asked()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(places.data)],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "textual.app" in loaded
    assert not loaded & set(HEAVY)
    assert "1 Request" in done.stderr
