"""The worker, and the settings."""

import click

from interworky_tui.cli.base import opened, say
from interworky_tui.start import Surroundings


@click.command()
@click.option("--once", is_flag=True, help="Deliver what is due now, and end.")
@click.pass_obj
def worker(around: Surroundings, once: bool) -> None:
    """Deliver messages without the desk.

    Runs until it is told to stop (Ctrl+C, SIGTERM).

    Example: interworky-tui worker --once
    """
    import asyncio

    with opened(around) as office:
        from interworky_tui import bootstrap, jobs
        from interworky_tui.cli import printing

        outbox = bootstrap.outbox(office, around.paths)
        if once:
            say(printing.drained(jobs.drain_once(outbox)))
            return
        running = jobs.Jobs(
            outbox,
            around.clock,
            on_drained=lambda counts: say(printing.drained(counts)),
        )
        click.echo("The worker runs; Ctrl+C ends it.", err=True)
        asyncio.run(jobs.run_worker(running))


@click.group()
def config() -> None:
    """Find and check the settings."""


@config.command()
@click.pass_obj
def path(around: Surroundings) -> None:
    """Print where the settings file is, or would be.

    Example: interworky-tui config path
    """
    say(around.paths.settings_file)


@config.command()
@click.pass_obj
def check(around: Surroundings) -> None:
    """Say whether the settings are good, or which one is not.

    Example: interworky-tui config check
    """
    around.settings()
    there = around.paths.settings_file.is_file()
    say(
        f"The settings are good: {around.paths.settings_file}"
        if there
        else "There is no settings file; the defaults are used."
    )
