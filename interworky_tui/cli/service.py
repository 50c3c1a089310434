"""The worker as a service of this machine."""

import sys
from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import opened, say
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interworky_tui.systemd import Manager

_PREFIX = "INTERWORKY_TUI_"


@click.group()
def service() -> None:
    """Keep a worker running on this machine.

    systemd does that, by "service install".

    Messages go out and replies come in while every desk is closed. Desks see that a worker runs
    and leave that to it; when it is gone they take over. One worker in the office is enough, and
    several do no harm.

    \b
    On macOS, ~/Library/LaunchAgents/interworky-tui.plist, then launchctl load FILE:
      Label             interworky-tui
      ProgramArguments  the path of interworky-tui, worker
      KeepAlive         SuccessfulExit: false
      RunAtLoad         true

    \b
    On Windows, once, in a terminal:
      schtasks /Create /TN interworky-tui /SC ONLOGON /TR "interworky-tui worker"
    """


@service.command()
@click.option("--dry-run", is_flag=True, help="Print the unit and where it belongs; do nothing.")
@click.pass_obj
def install(around: Surroundings, dry_run: bool) -> None:
    """Install the service and start it.

    It is ready when the command ends. It is yours, not the system's: it starts when you log in,
    and again after a fault. Install it again after the program was moved.

    Example: interworky-tui service install --dry-run
    """
    from interworky_tui import systemd

    manager = _manager(around)
    text = systemd.text(
        [sys.executable, "-P", "-m", "interworky_tui", "worker"],
        {name: value for name, value in _told(around).items() if name == f"{_PREFIX}HOME"},
    )
    if dry_run:
        say(f"# {manager.unit}\n{text}", nl=False)
        return
    manager.check()
    around.settings()
    manager.install(text)
    say("The worker runs as a service, and will after every login.")
    if not manager.lingers():
        say("So that it runs while nobody is logged in, too: loginctl enable-linger")
    if names := [name for name in _told(around) if name != f"{_PREFIX}HOME"]:
        click.echo(
            f"The service does not know {', '.join(sorted(names))} of this terminal; put them"
            " into the settings or secrets.toml.",
            err=True,
        )


@service.command()
@click.pass_obj
def status(around: Surroundings) -> None:
    """Say whether it runs, and where workers run.

    Exit status 1 when the office has none.

    Example: interworky-tui service status
    """
    from interworky_tui.services import presence
    from interworky_tui.systemd import NotDone

    manager = _manager(around)
    try:
        manager.check()
    except NotDone as none:
        say(none)
    else:
        there = manager.unit.exists()
        say(f"Service: {manager.state()}" if there else "Service: not installed on this machine")
    say(f"Log: {around.paths.log_file}")
    with opened(around) as office:
        workers = [one for one in presence.others(office) if one.kind is presence.Kind.WORKER]
    for one in workers:
        say(f"A worker runs: {one.actor} at {one.machine}.")
    if not workers:
        raise NotDone("No worker runs: messages leave while a desk is open.")


@service.command()
@click.pass_obj
def uninstall(around: Surroundings) -> None:
    """Stop the service and remove it.

    The office's data stays as it is.

    Example: interworky-tui service uninstall
    """
    manager = _manager(around)
    manager.check()
    if manager.uninstall():
        say("The service is removed: messages leave while a desk is open.")
    else:
        say("The service is not installed on this machine.")


def _manager(around: Surroundings) -> "Manager":
    from interworky_tui import systemd

    return systemd.Manager(_environment(around))


def _told(around: Surroundings) -> dict[str, str]:
    """What the environment says of this program's settings."""
    found = _environment(around).items()
    return {name: value for name, value in found if name.startswith(_PREFIX) and value}


def _environment(around: Surroundings) -> "Mapping[str, str]":
    import os

    return os.environ if around.environment is None else around.environment
