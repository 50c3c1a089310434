"""The command line: one thin function a verb, over the same services as the desk.

What is heavy is imported inside the commands, so that help and the bare desk start at once.
"""

import click

from interworky_tui import __version__, start
from interworky_tui.cli import (
    api_key,
    backups,
    day,
    doctor,
    erasing,
    files,
    history,
    insights,
    lifecycle,
    lists,
    moving,
    pin,
    running,
    service,
    setup,
    slots,
    templates,
)
from interworky_tui.cli.base import Verbs


@click.group(cls=Verbs, invoke_without_command=True)
@click.option("--demo", is_flag=True, help="Open the demo office; nothing leaves the machine.")
@click.version_option(__version__, prog_name="interworky-tui", message="%(prog)s %(version)s")
@click.pass_context
def commands(ctx: click.Context, demo: bool) -> None:
    """The front desk of an office.

    Without a command the desk opens: interworky-tui

    Exit status: 0 done, 1 refused or failed, 2 typed wrongly.
    """
    if ctx.invoked_subcommand is None:
        ctx.exit(start.open_desk(ctx.obj, demo=demo))
    if demo:
        raise click.UsageError("--demo opens the desk and goes with no command.")


for command in (
    lifecycle.requests,
    lists.list_,
    lists.show,
    day.day,
    slots.slots,
    lifecycle.schedule,
    lifecycle.arrive,
    lifecycle.attend,
    lifecycle.collect_feedback,
    lifecycle.record_feedback,
    lifecycle.cancel,
    lifecycle.undo,
    lists.messages,
    insights.insights,
    history.history,
    files.import_,
    files.export,
    erasing.export_client,
    erasing.erase_client,
    erasing.erase_old,
    backups.backup,
    backups.restore,
    moving.move_to,
    running.worker,
    running.serve,
    service.service,
    setup.setup,
    doctor.doctor,
    running.config,
    templates.templates,
    api_key.api_key,
    pin.pin,
):
    commands.add_command(command)
