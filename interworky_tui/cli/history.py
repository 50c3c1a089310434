"""What happened, who did it and when; and the board as it stood at a moment."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import ID, as_json, opened, say
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.services.context import Context
    from interworky_tui.services.past_board import PastBoard
    from interworky_tui.services.past_lines import Entry


@click.command()
@click.option("--day", default="", metavar="D", help="Only that day: 'yesterday', '13 mar 2026'.")
@click.option("--client", default="", metavar="C", help="A client's number, name, phone or email.")
@click.option("--appointment", type=ID, metavar="ID", help="Only of this appointment.")
@click.option("--board", default="", metavar="TIME", help="The board as it stood then instead.")
@as_json
@click.pass_obj
def history(
    around: Surroundings, day: str, client: str, appointment: int | None, board: str, as_json: bool
) -> None:
    """Tell what happened, who did it and when, oldest first.

    Without a choice: what happened today. Each line begins with its number, which the doctor
    names when a line is not as it was written.

    Examples: interworky-tui history --client ruiz, or history --board "2026-03-16 18:00"
    """
    if board and (day or client or appointment):
        raise click.UsageError("--board goes with no choice of lines.")
    with opened(around) as office:
        if board:
            _tell_board(office, board, as_json)
            return
        found = _found(office, day, client, appointment)
        from interworky_tui.services import export
        from interworky_tui.services.past_lines import entry_json
        from interworky_tui.services.past_words import say_entry

        if as_json:
            for piece in export.json_array(entry_json(office, entry) for entry in found):
                say(piece, nl=False)
        else:
            lines = (f"{entry.id}  {say_entry(entry, office.zone)}" for entry in found)
            for line in chain((next(lines, "Nothing happened."),), lines):
                say(line)


def _found(office: "Context", day: str, client: str, appointment: int | None) -> "Iterator[Entry]":
    from interworky_tui.services import past_lines as service
    from interworky_tui.services.day import read_day

    if appointment is not None:
        service.require_appointment(office, appointment)
    of_day = bool(day) or not (client or appointment)
    return service.entries(
        office,
        day=read_day(office, day) if of_day else None,
        client_ids=service.clients_named(office, client) if client else None,
        appointment_id=appointment,
    )


def _tell_board(office: "Context", typed: str, as_json: bool) -> None:
    from interworky_tui.cli import printing
    from interworky_tui.services import past_board

    found = past_board.board_at(office, past_board.read_moment(office, typed))
    if as_json:
        say(printing.as_json(past_board.board_json(office, found)))
    else:
        say("\n".join(_spoken(office, found)))


def _spoken(office: "Context", board: "PastBoard") -> Iterator[str]:
    """A fact a line, the counts in the order of the tabs."""
    from interworky_tui.domain.calendar import say_day, say_moment
    from interworky_tui.domain.text import clean_line

    yield f"As it stood {say_moment(board.moment, office.zone)}:"
    for status, count in board.counts.items():
        due = f", {board.due} due" if board.due and status == "scheduled" else ""
        yield f"  {status.label}: {count}{due}"
    yield f"The visits of {say_day(board.day)}:" if board.visits else "No visits on that day."
    for one in board.visits:
        start, end = (f"{at.astimezone(office.zone):%H:%M}" for at in (one.starts_at, one.ends_at))
        here = one.arrived_at is not None and one.status == "scheduled"
        marks = ("due" if one.due else "", "here" if here else "")
        why = one.cancel_reason.label.lower() if one.cancel_reason else ""
        known = (clean_line(one.client_name), clean_line(one.service))
        about = f"appointment {one.appointment_id}"
        told = (*known, one.status.label.lower(), *marks, why, about)
        yield f"  {start} to {end}  {', '.join(filter(None, told))}"
