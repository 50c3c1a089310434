"""Backups by hand, and putting one back."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import say
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from interworky_tui.services.backups import Backups
    from interworky_tui.storage.backup import Contents


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.pass_obj
def backup(around: Surroundings, file: Path | None) -> None:
    """Make a backup now, check it, and print where it is.

    Without a FILE it goes where the daily ones are, and with them it goes in time. A desk may be
    open meanwhile. On PostgreSQL it is made by pg_dump.

    Example: interworky-tui backup /media/stick/office.db
    """
    say(_backups(around).make(file))


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--yes", is_flag=True, help="Do not ask before the data is replaced.")
@click.option(
    "--although-moved", is_flag=True, help="Here, although the office was moved elsewhere."
)
@click.pass_obj
def restore(around: Surroundings, file: Path | None, yes: bool, although_moved: bool) -> None:
    """Put a backup back; what it replaces is kept beside it.

    Without a FILE it is the newest of the daily ones. Close every desk, worker and server before.
    What is on a PostgreSQL server only the owner of its tables replaces.

    Example: interworky-tui restore backups/interworky-2026-03-16-091000.db
    """
    from interworky_tui.domain.errors import StoreProblem
    from interworky_tui.storage import schema
    from interworky_tui.storage.database import Database

    kept = _backups(around)
    source = file or _newest(kept)
    if not although_moved:
        kept.refuse_moved()
    with kept.opened(source) as opened:
        if not yes:
            _ask(kept, source, opened.contents)
        replaced = kept.put_in_place(opened)
    say(f"{kept.place} is now what {source} holds.")
    if replaced:
        say(f"What was there before is kept: {replaced}")
    url = kept.url or schema.sqlite_url(kept.file)
    if schema.look_at(url) is schema.SchemaState.OLDER:
        database = Database(url)
        try:
            schema.migrate(database)
        except StoreProblem as problem:
            raise StoreProblem(f"It is of an older version, and not upgraded: {problem}") from None
        finally:
            database.close()


def _backups(around: Surroundings) -> "Backups":
    settings = around.settings()
    from interworky_tui import bootstrap, logs

    logs.write_to(around.paths.log_file)
    return bootstrap.backups(settings, around.paths, around.clock, around.environment)


def _newest(kept: "Backups") -> Path:
    from interworky_tui.domain.errors import StoreProblem

    newest = kept.newest()
    if newest is None:
        raise StoreProblem(f"There is no backup in {kept.folder}; name the file of one.")
    return newest.path


def _ask(kept: "Backups", source: Path, found: "Contents") -> None:
    """Raises click.Abort, and then nothing has changed."""
    zone = kept.office.zone
    click.echo(f"The backup: {source}", err=True)
    click.echo(f"  {_said(found, zone)}", err=True)
    click.echo(f"The data that it replaces: {kept.place}", err=True)
    click.echo(f"  {_said_of_now(kept, zone)}", err=True)
    click.confirm("Put the backup in its place?", abort=True, err=True)


def _said(found: "Contents", zone: "ZoneInfo") -> str:
    made = f"made {_moment(found.made, zone)}, " if found.made else ""
    last = f"; last change {_moment(found.newest, zone)}" if found.newest else ""
    return f"{made}{found.appointments} appointments, {found.clients} clients{last}"


def _said_of_now(kept: "Backups", zone: "ZoneInfo") -> str:
    from interworky_tui.domain.errors import StoreProblem

    try:
        found = kept.contents()
    except StoreProblem:
        return "cannot be read"
    return _said(found, zone) if found else "nothing"


def _moment(moment: datetime, zone: "ZoneInfo") -> str:
    return f"{moment.astimezone(zone):%a %d %b %Y, %H:%M}"
