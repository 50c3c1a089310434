"""The composition root: settings and places become a wired office. Nothing is built at import."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from interworky_tui import paths as places
from interworky_tui.config import Settings
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.delivery.preview import PreviewSender
from interworky_tui.domain.clock import Clock, system_clock
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.domain.events import Channel
from interworky_tui.paths import Paths
from interworky_tui.services import demo as demo_office
from interworky_tui.services.context import Context
from interworky_tui.services.intake import follow_bands
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import APPOINTMENT


def build(
    settings: Settings,
    paths: Paths,
    clock: Clock = system_clock,
    wake: Callable[[], None] | None = None,
) -> Context:
    """Open the office's store, creating or upgrading it. Raises StoreProblem."""
    url = settings.database.url or schema.sqlite_url(paths.database)
    file = schema.sqlite_path(url)
    if file is None:
        raise StoreProblem("Only SQLite is supported; leave [database] url empty.")
    _make_folder(file.parent)
    current = schema.look(file) is schema.SchemaState.CURRENT
    database = Database(url)
    if not current:
        schema.migrate(database)
    office = Context(settings, database, clock, settings.actor, *([wake] if wake else []))
    follow_bands(office)
    return office


def next_start(office: Context) -> datetime | None:
    """The start of the next visit that is not due yet."""
    with office.database.read() as connection:
        return connection.execute(
            select(func.min(APPOINTMENT.c.sort_at)).where(
                APPOINTMENT.c.status == "scheduled", APPOINTMENT.c.sort_at > office.clock()
            )
        ).scalar()


def outbox(office: Context, paths: Paths) -> Outbox:
    """This process's delivery: every channel is a preview until a real one is set up."""
    settings = office.settings.office
    senders = {
        channel: PreviewSender(paths.previews, channel, settings.name, settings.email)
        for channel in Channel
    }
    return Outbox(office.database, office.clock, senders)


@contextmanager
def demo(settings: Settings, clock: Clock = system_clock) -> Iterator[tuple[Settings, Paths]]:
    """The demo office in a temporary folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="interworky-demo-") as folder:
        paths = places.at(Path(folder))
        yield fill_demo(settings, paths, clock), paths


def fill_demo(settings: Settings, paths: Paths, clock: Clock) -> Settings:
    """Build the demo office in an empty folder; the settings that it has."""
    file = places.shipped_data() / "demo_office.toml"
    told = demo_office.settings_of(file, settings)
    office = build(told, paths, clock)
    demo_office.fill(office, file)
    office.database.close()
    return told


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreProblem(
            f"The folder for the office's data cannot be made ({error.strerror}): {folder}."
        ) from error
