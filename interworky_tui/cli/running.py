"""The worker, and the settings."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import opened, say
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.bootstrap import Delivery
    from interworky_tui.delivery.health import ChannelState
    from interworky_tui.jobs import Chore


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
            on_channels=lambda states: _warn(_troubles(states)),
        )
        click.echo("The worker runs; Ctrl+C ends it.", err=True)
        asyncio.run(jobs.run_worker(running))


def _once(delivery: "Delivery") -> None:
    """What comes in goes first: it may stop a message, or ask for one."""
    from interworky_tui import bootstrap, jobs
    from interworky_tui.cli import printing

    last = [chore for chore in delivery.chores if chore.name == bootstrap.RECEIPTS]
    counts: dict[str, int] = {}
    troubles: list[str] = []
    with jobs.until_stopped() as ended:
        for chore in delivery.chores:
            if chore not in last and not ended.is_set():
                troubles += _do(chore, counts)
        drained = jobs.drain_all(delivery.outbox, ended)
        for chore in last:
            if not ended.is_set():
                troubles += _do(chore, counts)
    say(printing.drained(drained))
    if counts:
        say(", ".join(f"{name}: {count}" for name, count in counts.items()).capitalize() + ".")
    _warn([*_troubles(delivery.outbox.states), *troubles])


def _do(chore: "Chore", counts: dict[str, int]) -> list[str]:
    """Do it and count what came of it. No fault of it holds up the rest; the log says more."""
    from interworky_tui.delivery.advice import advice
    from interworky_tui.delivery.channel import SendFailed
    from interworky_tui.domain.events import Channel
    from interworky_tui.jobs import log_fault

    try:
        count = chore.run()
    except Exception as error:
        log_fault(chore.name, error)
        if isinstance(error, SendFailed):
            return [f"SMS: {advice(Channel.SMS, error)}"]
        return [f"Not all {chore.name} could be dealt with; the log says more."]
    if isinstance(count, int) and count:
        counts[chore.name] = count
    return []


def _troubles(states: "Iterable[ChannelState]") -> list[str]:
    return [f"{state.channel.label}: {state.advice}" for state in states if state.advice]


def _warn(sentences: list[str]) -> None:
    """Each once, on stderr."""
    for sentence in dict.fromkeys(sentences):
        click.echo(sentence, err=True)


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
