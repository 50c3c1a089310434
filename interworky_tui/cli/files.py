"""Lists that come in and go out as files."""

import io
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interworky_tui import start
from interworky_tui.cli.base import opened, say
from interworky_tui.domain.errors import Refusal
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.services.importing import Progress

LARGE = 1_000_000
"""Bytes from which on an import shows how far it is."""


class NotWritten(Refusal):
    title = "The file was not written"


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@click.option("--dry-run", is_flag=True, help="Only say what would be added.")
@click.option("--all-or-nothing", is_flag=True, help="Add nothing if any line is bad.")
@click.option("--notify", is_flag=True, help="Tell clients and office; otherwise nobody is told.")
@click.pass_obj
def import_(
    around: Surroundings, file: Path, dry_run: bool, all_or_nothing: bool, notify: bool
) -> None:
    """Take over a list of requests from a CSV file.

    Lines that are there already are not added again.

    The exit status is 1 if any line was bad; the good ones are in all the same.

    Example: interworky-tui import requests.csv --dry-run
    """
    with opened(around) as office:
        from interworky_tui.cli import printing
        from interworky_tui.services import importing

        with progress_of(file) as progress:
            report = importing.import_csv(
                office,
                file,
                dry_run=dry_run,
                all_or_nothing=all_or_nothing,
                notify=notify,
                progress=progress,
            )
        say(printing.imported(report))
    if report.bad:
        click.echo(f"{len(report.bad)} of {report.rows} lines are bad.", err=True)
        raise click.exceptions.Exit(start.FAILED)


@contextmanager
def progress_of(file: Path) -> Iterator["Progress | None"]:
    """A bar on stderr, for a person who waits for a large file."""
    if not (sys.stderr.isatty() and file.is_file() and file.stat().st_size >= LARGE):
        yield None
        return
    with click.progressbar(length=file.stat().st_size, label="Import", file=sys.stderr) as bar:
        yield lambda done, _total: bar.update(done - bar.pos)


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "ics"]),
    default="csv",
    show_default=True,
    help="ics is a calendar of the visits.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Otherwise on stdout."
)
@click.pass_obj
def export(around: Surroundings, form: str, output: Path | None) -> None:
    """Give out all appointments as a file.

    What was exported as CSV can be imported again.

    Example: interworky-tui export --format csv --output appointments.csv
    """
    with opened(around) as office:
        from interworky_tui.services import export as exporting

        by_form = {"csv": exporting.as_csv, "json": exporting.as_json, "ics": exporting.as_ics}
        pieces = by_form[form](office)
        if output is not None:
            write_whole(output, pieces)
            return
        if isinstance(sys.stdout, io.TextIOWrapper):
            # The same bytes as in a file, whatever the terminal's encoding and line ends.
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        for piece in pieces:
            say(piece, nl=False)


def write_whole(file: Path, pieces: Iterable[str]) -> None:
    """Put the file in its place when all of it is written, readable by this user alone.

    Raises NotWritten; then what was there before is there still.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with open(handle, "w", encoding="utf-8", newline="") as part:
                part.writelines(pieces)
                part.flush()
                os.fsync(part.fileno())
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NotWritten(f"{file} cannot be written: {error.strerror}.") from error
