"""The worker, and the settings."""

import logging
from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import opened, say
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.bootstrap import Delivery
    from interworky_tui.jobs import Chore

log = logging.getLogger(__name__)


@click.command()
@click.option(
    "--once", is_flag=True, help="Do what is due now (messages, replies, receipts), and end."
)
@click.pass_obj
def worker(around: Surroundings, once: bool) -> None:
    """Deliver messages and take in replies, without the desk.

    Runs until it is told to stop (Ctrl+C, SIGTERM).

    Example: interworky-tui worker --once
    """
    import asyncio

    with opened(around) as office:
        from interworky_tui import bootstrap, jobs
        from interworky_tui.cli import printing

        delivery = bootstrap.delivery(office, around.paths)
        if once:
            _once(delivery)
            return
        running = jobs.Jobs(
            delivery.outbox,
            around.clock,
            chores=delivery.chores,
            on_drained=lambda counts: say(printing.drained(counts)),
        )
        click.echo("The worker runs; Ctrl+C ends it.", err=True)
        asyncio.run(jobs.run_worker(running))


def _once(delivery: "Delivery") -> None:
    """What comes in goes first: it may stop a message, or ask for one."""
    from interworky_tui import bootstrap, jobs
    from interworky_tui.cli import printing

    told: list[str] = []
    with jobs.until_stopped() as ended:
        for chore in delivery.chores:
            if chore.name != bootstrap.RECEIPTS and not ended():
                told += _do(chore)
        drained = delivery.outbox.drain(ended)
        for chore in delivery.chores:
            if chore.name == bootstrap.RECEIPTS and not ended():
                told += _do(chore)
    say(printing.drained(drained))
    if told:
        say(f"{', '.join(told).capitalize()}.")


def _do(chore: "Chore") -> list[str]:
    """What came of it in a few words; a far end that cannot be asked is told, and no error."""
    from interworky_tui.delivery.advice import advice
    from interworky_tui.delivery.channel import SendFailed
    from interworky_tui.domain.events import Channel

    try:
        count = chore.run()
    except SendFailed as failure:
        log.warning("%s: %s", chore.name, failure)
        click.echo(f"No {chore.name} could be asked for. {advice(Channel.SMS, failure)}", err=True)
        return []
    return [f"{chore.name}: {count}"] if count else []


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
