"""A person's data: given to them, and forgotten."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import ID, opened, say
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.services.erasing import Erasable

client_id = click.argument("client_id", metavar="ID", type=ID)


@click.command("export-client")
@client_id
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Otherwise on stdout."
)
@click.pass_obj
def export_client(around: Surroundings, client_id: int, output: Path | None) -> None:
    """Give out all that is kept of one client, as JSON.

    ID is the client's number, as list --json and history --client tell it.

    Example: interworky-tui export-client 12 --output ruiz.json
    """
    with opened(around) as office:
        from interworky_tui.cli import printing
        from interworky_tui.cli.files import write_whole
        from interworky_tui.services import client_export

        found = printing.as_json(client_export.everything(office, client_id))
        if output is not None:
            write_whole(output, [found, "\n"])
        else:
            say(found)


@click.command("erase-client")
@client_id
@click.option("--yes", is_flag=True, help="Do not ask before.")
@click.pass_obj
def erase_client(around: Surroundings, client_id: int, yes: bool) -> None:
    """Forget a client, everywhere and for good.

    What is open is cancelled, and nobody is told. The history and the counts stay, without the
    name. Backups keep it until they are rotated away.

    Example: interworky-tui erase-client 12
    """
    with opened(around) as office:
        from interworky_tui.services import erasing

        found = erasing.look(office, client_id)
        if not yes:
            _ask(found)
        done = erasing.erase(office, client_id, around.paths.previews)
        say(erasing.say(done))
        _tell_of_the_rest(done.overwritten)


@click.command("erase-old")
@click.option("--dry-run", is_flag=True, help="Only say who would be forgotten.")
@click.pass_obj
def erase_old(around: Surroundings, dry_run: bool) -> None:
    """Forget the clients who were not here for long.

    How long, [retention] in the settings says.

    A desk or a worker does so by itself every day.

    Example: interworky-tui erase-old --dry-run
    """
    with opened(around) as office:
        from interworky_tui.services import retention

        if not retention.days_of(office):
            say("Clients are kept for ever: [retention] sets no days.")
        if dry_run:
            found = retention.due(office)
            say(f"Clients who would be forgotten: {', '.join(map(str, found)) or 'none'}.")
        else:
            forgotten = retention.forget_old(office, around.paths.previews)
            say(f"Clients who were forgotten: {forgotten}.")


def _ask(found: "Erasable") -> None:
    """Raises click.Abort, and then nothing has changed."""
    from interworky_tui.services.erasing import goes

    click.echo(f"This goes for good, of client {found.client.id}:", err=True)
    for line in goes(found):
        click.echo(f"  {line}", err=True)
    click.confirm("Forget this client?", abort=True, err=True)


def _tell_of_the_rest(overwritten: bool) -> None:
    if not overwritten:
        print(
            "The office's data is in use, so the old text stays in its file until it is"
            " overwritten: by a desk or a worker within a day, or by erase-old.",
            file=sys.stderr,
        )
