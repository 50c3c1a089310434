"""The worker, the web pages, and the settings."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from interworky_tui import start
from interworky_tui.cli.base import opened, say
from interworky_tui.domain.errors import Refusal
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.bootstrap import Delivery
    from interworky_tui.delivery.health import ChannelState
    from interworky_tui.heart import Heart
    from interworky_tui.jobs import Chore
    from interworky_tui.services.context import Context
    from interworky_tui.services.presence import Kind


@click.command()
@click.option(
    "--once", is_flag=True, help="Do what is due now (messages, replies, receipts), and end."
)
@click.pass_obj
def worker(around: Surroundings, once: bool) -> None:
    """Deliver messages and take in replies, without the desk.

    Runs until it is told to stop (Ctrl+C, SIGTERM), or the office is moved: then it ends with
    status 1, so that a service is started again where the settings say that the office is.

    Example: interworky-tui worker --once
    """
    import asyncio

    with opened(around) as office:
        from interworky_tui import bootstrap, jobs
        from interworky_tui.cli import printing
        from interworky_tui.delivery.health import ChannelState, to_text
        from interworky_tui.services.presence import Kind
        from interworky_tui.storage.changes import open_feed
        from interworky_tui.worker import run_worker

        delivery = bootstrap.delivery(office, around.paths, on_troubles=_warn)
        if once:
            _once(delivery)
            return
        feed = open_feed(office.database.url)
        with closing(feed), _there(office, Kind.WORKER) as heart, _pages(office):

            def tell(states: tuple[ChannelState, ...]) -> None:
                _warn(_troubles(states))
                heart.channels(to_text(states))

            running = jobs.Jobs(
                delivery.outbox,
                around.clock,
                chores=delivery.chores,
                on_drained=lambda counts: say(printing.drained(counts)),
                on_channels=tell,
            )
            click.echo("The worker runs; Ctrl+C ends it.", err=True)
            asyncio.run(run_worker(running, feed, heart.look))


@click.command()
@click.pass_obj
def serve(around: Surroundings) -> None:
    """Serve the web pages, without the desk.

    Prints where, and runs until it is told to stop (Ctrl+C, SIGTERM) or the office is moved.
    Messages leave by a desk or a worker.

    Example: interworky-tui serve
    """
    with opened(around) as office:
        from interworky_tui.services.presence import Kind
        from interworky_tui.storage.changes import open_feed
        from interworky_tui.worker import is_here, tell_manager, until_stopped

        feed = open_feed(office.database.url)
        with closing(feed), until_stopped() as ended, _there(office, Kind.SERVE):
            server = start.serve_pages(office)
            try:
                say(server.url)
                tell_manager("READY=1")
                if not office.settings.web.enabled:
                    _warn(["Messages name no links to these pages: [web] enabled is false."])
                here = True
                while not ended.wait(timeout=1.0):  # Windows takes a signal between waits
                    here = here and is_here(feed)
            finally:
                tell_manager("STOPPING=1")
                server.stop(timeout=1.0)


@contextmanager
def _there(office: "Context", kind: "Kind") -> Iterator["Heart"]:
    """The desks know meanwhile that this program runs."""
    from interworky_tui.heart import Heart
    from interworky_tui.services import presence

    heart = Heart(presence.begin(office, kind))
    heart.start()
    try:
        yield heart
    finally:
        heart.stop()
        # The end of the program would walk through all that was loaded, which takes the longest.
        gc.freeze()


@contextmanager
def _pages(office: "Context") -> Iterator[None]:
    """Served beside something else, which goes on when they cannot be."""
    serve_pages = start.pages_of(office.settings)
    try:
        server = serve_pages(office) if serve_pages else None
    except Refusal as refused:
        _warn([str(refused)])
        server = None
    if server:
        click.echo(f"The web pages are at {server.url}.", err=True)
    try:
        yield
    finally:
        if server:
            server.stop(timeout=0.3)


def _once(delivery: "Delivery") -> None:
    """What comes in goes first: it may stop a message, or ask for one."""
    from interworky_tui import bootstrap
    from interworky_tui.cli import printing
    from interworky_tui.worker import drain_all, until_stopped

    last = [chore for chore in delivery.chores if chore.name == bootstrap.RECEIPTS]
    counts: dict[str, int] = {}
    troubles: list[str] = []
    with until_stopped() as ended:
        for chore in delivery.chores:
            if chore not in last and not ended.is_set():
                troubles += _do(chore, counts)
        drained = drain_all(delivery.outbox, ended)
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


def _warn(sentences: Iterable[str]) -> None:
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
