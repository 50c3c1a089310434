"""What the commands share: the group with its errors, the wired office, common options."""

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from interworky_tui import start
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.services.context import Changed, Context


class Verbs(click.Group):
    """Every error ends here: one sentence, and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were added, which is that of a visit."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        if ctx.obj is None:
            ctx.obj = start.here()
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except (Exception, KeyboardInterrupt) as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # the reader has left; click ends quietly
            ctx.exit(start.explain(error, ctx.obj))


def say(text: object, nl: bool = True) -> None:
    """On stdout as it is set up: click by itself would write UTF-8 where ASCII is asked for."""
    click.echo(text, nl=nl, file=sys.stdout)


def choice(values: type[Any]) -> click.Choice[str]:
    return click.Choice([value.value for value in values], case_sensitive=False)


ID = click.IntRange(1, 2**63 - 1)
appointment_id = click.argument("appointment_id", metavar="ID", type=ID)
as_json = click.option("--json", "as_json", is_flag=True, help="For scripts: JSON on stdout.")


@contextmanager
def opened(around: Surroundings) -> Iterator["Context"]:
    """The wired office, for as long as a command needs it."""
    settings = around.settings()
    from interworky_tui import bootstrap, logs

    logs.write_to(around.paths.log_file)
    office = bootstrap.build(settings, around.paths, around.clock)
    try:
        yield office
    finally:
        office.database.close()


def carry_out(around: Surroundings, verb: Callable[["Context"], "Changed"]) -> None:
    """Change something, and say what was done and who will be told."""
    with opened(around) as office:
        from interworky_tui.cli import printing
        from interworky_tui.services import reading

        changed = verb(office)
        say(printing.changed(office, changed, reading.queued_by(office, changed)))
