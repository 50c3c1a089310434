"""Moving the office to another database."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import click

from interworky_tui.cli.base import say
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.storage.moving import Moved

PASSWORD_FILE = "database.pgpass"
_HERE = ("database", "url")


@click.command("move-to")
@click.argument("target", metavar="URL")
@click.pass_obj
def move_to(around: Surroundings, target: str) -> None:
    """Move the office to another database: all of it, checked.

    The URL is of an empty database on PostgreSQL, or the path of a file. While it is copied the
    desks can look at everything, but changes wait, and are refused if it takes longer. Then
    the old place takes no changes any more and says where the office is; nothing in it is deleted.
    After a power cut, type the same once more. Back again: move-to the old file, which is kept
    beside under another name.

    Example: interworky-tui move-to postgresql://desk@db.example/office
    """
    settings = around.settings()
    from interworky_tui import logs
    from interworky_tui.storage import moving, schema

    logs.write_to(around.paths.log_file)
    default = schema.sqlite_url(around.paths.database)
    source, url = settings.database.url or default, _as_url(target)
    with _told_of_rows() as on_rows:
        moved = moving.move(source, url, around.clock().astimezone(settings.zone), on_rows)
    say(_told(moved))
    say(_point_to(around, url, "" if url == default else url))
    say("Open every desk anew; worker and serve have ended, and a service begins again by itself.")
    say("On other machines set the same [database] url.")


def _as_url(target: str) -> str:
    """Of a file by its whole path."""
    from interworky_tui.storage import schema

    file = schema.sqlite_path(target) if "://" in target else Path(target).expanduser()
    return schema.sqlite_url(file.absolute()) if file is not None else target


def _told(moved: "Moved") -> str:
    if not moved.carried:
        return f"The office had arrived; it is {moved.place}."
    counts = {one.table: one.rows for one in moved.carried}
    lines = [
        f"The office is now {moved.place}.",
        f"{counts['client']:,} clients, {counts['appointment']:,} appointments;"
        f" {sum(counts.values()):,} rows in {len(counts)} tables.",
        "They were compared, and each table is the same in both.",
    ]
    if moved.kept:
        lines.append(f"What was there before is kept: {moved.kept}")
    return "\n".join(lines)


def _point_to(around: Surroundings, url: str, written: str) -> str:
    """Set the office's address in the settings, where that is ours to do; what is to be said."""
    from interworky_tui import config, private_file, settings_file

    shown, password = _without_password(written)
    settings, variable = around.paths.settings_file, config.variable(_HERE)
    by_hand = f'set [database] url to "{shown}"' if shown else "take [database] url out"
    if variable in (os.environ if around.environment is None else around.environment):
        return f'{variable} names the old place: set it to "{shown}".'
    try:
        if password:
            kept = around.paths.config / PASSWORD_FILE
            private_file.write(kept, f"*:*:*:*:{_escaped(password)}\n")
            shown += f"{'&' if '?' in shown else '?'}passfile={quote(str(kept))}"
        settings_file.change(settings, {_HERE: shown or None})
    except config.BadSettings as problem:
        return f"The settings could not be changed ({problem}): {by_hand} in {settings}."
    where = f"; its password is in {kept}" if password else ""
    return f"{settings} says so{where}."


def _without_password(url: str) -> tuple[str, str]:
    """Settings hold no secrets: a URL as it may be in them, and its password."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    asked = [part for part in parts.query.split("&") if part]
    hidden = [part.partition("=")[2] for part in asked if part.startswith("password=")]
    query = "&".join(part for part in asked if not part.startswith("password="))
    if not password and not hidden:
        return url, ""
    bare = urlunsplit(parts._replace(netloc=f"{name}{at}{host}", query=query))
    return bare, unquote(hidden[-1] if hidden else password)


def _escaped(password: str) -> str:
    """As the driver reads it in a file of passwords."""
    return password.replace("\\", "\\\\").replace(":", "\\:")


@contextmanager
def _told_of_rows() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:18}"), BarColumn(), TaskProgressColumn())
    shown = Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty())
    with shown:
        task = shown.add_task("")

        def on_rows(table: str, done: int, total: int) -> None:
            shown.update(task, description=table, completed=done, total=total)

        yield on_rows
