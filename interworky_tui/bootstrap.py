"""The composition root: settings and places become a wired office. Nothing is built at import."""

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from interworky_tui.config import Settings
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.delivery.preview import PreviewSender
from interworky_tui.domain.clock import Clock, system_clock
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.domain.events import Channel
from interworky_tui.paths import Paths
from interworky_tui.services.context import Context
from interworky_tui.services.intake import follow_bands
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database


def build(
    settings: Settings,
    paths: Paths,
    clock: Clock = system_clock,
    wake: Callable[[], None] | None = None,
) -> Context:
    """Open the office's store, creating or upgrading it. Raises StoreProblem."""
    url = database_url(settings, paths)
    file = schema.sqlite_path(url)
    if file is None:
        raise StoreProblem("Only SQLite is supported here; leave [database] url empty.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreProblem(
            f"The folder for the office's data cannot be made ({error.strerror}); check {file.parent}."
        ) from error
    current = schema.look(file) is schema.SchemaState.CURRENT
    database = Database(url)
    if not current:
        schema.migrate(database)
    office = Context(settings, database, clock, settings.actor, *([wake] if wake else []))
    follow_bands(office)
    return office


def database_url(settings: Settings, paths: Paths) -> str:
    return settings.database.url or f"sqlite:///{paths.database}"


def outbox(office: Context, paths: Paths) -> Outbox:
    """The delivery of this process, every channel a preview until a real one is set up."""
    raise NotImplementedError
