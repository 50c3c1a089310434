"""Looking: appointments, one of them in full, and the messages."""

from itertools import chain

import click

from interworky_tui.cli.base import ID, appointment_id, as_json, choice, opened, say
from interworky_tui.domain.appointment import Status
from interworky_tui.domain.events import MessageState
from interworky_tui.start import Surroundings


@click.command("list")
@click.option("--status", type=choice(Status), help="Only this status.")
@click.option("--due", is_flag=True, help="Only visits whose time has come.")
@click.option("--search", default="", metavar="Q", help="A name, digits of a phone, an email.")
@click.option(
    "--limit", type=click.IntRange(0), default=50, show_default=True, help="At most; 0 for all."
)
@as_json
@click.pass_obj
def list_(
    around: Surroundings, status: str | None, due: bool, search: str, limit: int, as_json: bool
) -> None:
    """List appointments, in the order of the desk.

    Example: interworky-tui list --status requested
    """
    with opened(around) as office:
        from interworky_tui.cli import printing
        from interworky_tui.services import reading

        listed = reading.listing(
            office,
            status=Status(status) if status else None,
            due=due,
            search=search,
            limit=limit + 1 if limit else None,
        )
        shown = listed[:limit] if limit else listed
        if as_json:
            objects = [reading.appointment_json(office, one) for one in shown]
            say(printing.as_json(objects))
        else:
            say(printing.appointments(office, shown))
        if len(listed) > len(shown):
            click.echo(f"There are more than {limit}; --limit 0 shows all.", err=True)


@click.command()
@appointment_id
@as_json
@click.pass_obj
def show(around: Surroundings, appointment_id: int, as_json: bool) -> None:
    """Show one appointment in full.

    Example: interworky-tui show 12
    """
    with opened(around) as office:
        from interworky_tui.cli import printing
        from interworky_tui.services import reading

        card = reading.get(office, appointment_id)
        told = reading.card_json(office, card) if as_json else None
        say(printing.as_json(told) if told else printing.card(office, card))


@click.group(invoke_without_command=True)
@click.option("--state", type=choice(MessageState), help="Only this state.")
@click.option("--appointment", type=ID, metavar="ID", help="Only of this appointment.")
@as_json
@click.pass_context
def messages(ctx: click.Context, state: str | None, appointment: int | None, as_json: bool) -> None:
    """List messages, newest first, or retry one.

    Example: interworky-tui messages --state failed
    """
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx.obj) as office:
        from interworky_tui.cli import printing
        from interworky_tui.services import export, reading

        wanted = MessageState(state) if state else None
        found = reading.messages(office, state=wanted, appointment_id=appointment)
        if as_json:
            for piece in export.json_array(reading.message_json(office, m) for m in found):
                say(piece, nl=False)
        else:
            lines = (printing.message(office, message) for message in found)
            for line in chain((next(lines, "No messages to show."),), lines):
                say(line)


@messages.command()
@click.argument("message_id", metavar="ID", type=ID)
@click.pass_obj
def retry(around: Surroundings, message_id: int) -> None:
    """Send a failed or held message again.

    Example: interworky-tui messages retry 7
    """
    with opened(around) as office:
        from interworky_tui.services import outgoing

        outgoing.retry(office, message_id)
        say(f"Message {message_id} waits to be sent again.")
