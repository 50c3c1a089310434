"""The first rows are on screen before anything heavy is imported."""

import subprocess
import sys

HEAVY = (
    "sqlalchemy",
    "psycopg",
    "alembic",
    "argon2",
    "apscheduler",
    "phonenumbers",
    "email_validator",
    "icalendar",
    "click",
    "twilio",
    "yagmail",
    "starlette",
    "uvicorn",
    "jinja2",
    "plotext",
    "textual_plotext",
    "interworky_tui.services",
    "interworky_tui.bootstrap",
)

# The text of a whole program, so that nothing of the tests is imported with it.
PROGRAM = """
import sys
from pathlib import Path
from interworky_tui import config, paths
from interworky_tui.domain.clock import system_clock
from interworky_tui.ui.app import DeskApp

places = paths.at(Path(sys.argv[1]))
seen = {}

def opened(app):
    strips = app.screen._compositor.render_strips()
    seen["text"] = "\\n".join(strip.text for strip in strips)
    seen["modules"] = set(sys.modules)
    app.exit()

DeskApp._open = opened

settings = config.load(places.settings_file, {})
DeskApp(settings, places, clock=system_clock).run(headless=True, size=(80, 24))
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
    assert "Ana Ruiz" in done.stderr
