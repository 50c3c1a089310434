"""One day of the office: as lines to read, as a sheet for the wall, or as JSON."""

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import as_json, opened, say
from interworky_tui.domain.text import clean_line
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.domain.slots import Span
    from interworky_tui.services.context import Context
    from interworky_tui.services.day import DaySheet, Visit

WIDTH = 80
_INDENT = " " * 4


@click.command()
@click.argument("day", metavar="[DATE]", nargs=-1)
@click.option("--print", "on_paper", is_flag=True, help="The sheet for the wall, 80 columns wide.")
@as_json
@click.pass_obj
def day(around: Surroundings, day: tuple[str, ...], on_paper: bool, as_json: bool) -> None:
    """Show a day: its visits, and where there is room.

    DATE is what you would say, or YYYY-MM-DD; without one it is today.

    Examples: interworky-tui day fri, or day 2026-03-20 --print
    """
    if on_paper and as_json:
        raise click.UsageError("--print and --json do not go together.")
    with opened(around) as office:
        from interworky_tui.cli import printing
        from interworky_tui.services import day as service

        sheet = service.sheet(office, service.read_day(office, " ".join(day)))
        if as_json:
            say(printing.as_json(service.sheet_json(office, sheet)))
        else:
            say("\n".join(_paper(office, sheet) if on_paper else _spoken(office, sheet)))


def _in_order(sheet: "DaySheet") -> "list[tuple[Span, Visit | str]]":
    """The visits, and what is between them in a word, by time."""
    lines: list[tuple[Span, Visit | str]] = [(visit.span, visit) for visit in sheet.visits]
    lines += [(span, "break") for span in sheet.breaks]
    lines += [(span, "held, offered by SMS") for span in sheet.held]
    lines += [(span, "free") for span in sheet.gaps]
    return sorted(lines, key=lambda line: (line[0][0], isinstance(line[1], str)))


def _spoken(office: "Context", sheet: "DaySheet") -> Iterator[str]:
    """A fact a line, the time first, whole words."""
    from interworky_tui.services import day_words as words

    yield f"{words.say_title(sheet, office.zone)}: {words.say_open(sheet, office.zone)}"
    yield words.say_counts(sheet)
    for span, what in _in_order(sheet):
        start, end = (f"{moment.astimezone(office.zone):%H:%M}" for moment in span)
        if isinstance(what, str):
            said = f"{what}, {words.say_length(span[1] - span[0])}"
        else:
            contact = (_contact(office, what), clean_line(what.service))
            known = (*contact, *words.in_words(what, sheet.now), f"appointment {what.id}")
            said = ", ".join(filter(None, (clean_line(what.client_name), *known)))
        yield f"{start} to {end}  {said}"


def _contact(office: "Context", visit: "Visit") -> str:
    from interworky_tui.services.contacts import show_phone

    if visit.phone:
        return show_phone(visit.phone, office.settings.office.country)
    return clean_line(visit.email or "")


def _paper(office: "Context", sheet: "DaySheet") -> Iterator[str]:
    """A box to tick and a line to write on for each visit, in plain signs that any printer has."""
    from interworky_tui.domain.calendar import say_day, say_moment
    from interworky_tui.services import day_words as words

    yield _ends(clean_line(office.settings.office.name), say_day(sheet.day))
    printed = f"printed {say_moment(sheet.now, office.zone)}"
    yield _ends(words.say_open(sheet, office.zone), printed)
    yield "=" * WIDTH
    if not sheet.visits:
        yield "No visits."
    for span, what in _in_order(sheet):
        times = words.say_times(span, office.zone)
        if isinstance(what, str):
            yield f"{_INDENT}{times}  {what}, {words.say_length(span[1] - span[0])}  ".ljust(
                WIDTH, "_" if what == "free" else " "
            ).rstrip()
        else:
            yield from _box(office, what, times, words.in_words(what, sheet.now))
        yield ""
    yield "-" * WIDTH
    yield words.say_counts(sheet)


def _box(office: "Context", visit: "Visit", times: str, states: "tuple[str, ...]") -> Iterator[str]:
    name, contact = clean_line(visit.client_name), _contact(office, visit)
    room = WIDTH - len(f"[ ] {times}  ")
    yield f"[{'x' if 'came' in states else ' '}] {times}  {_cut(name, room)}".rstrip()
    notes = [state for state in states if state.startswith(("double", "asks", "confirmed"))]
    known = ", ".join(filter(None, (contact, clean_line(visit.service), *notes)))
    begun = f"{_INDENT}{' ' * len(times)}  {_cut(known, room)}"
    yield begun.rstrip()
    yield f"{_INDENT}{' ' * len(times)}  ".ljust(WIDTH, "_")


def _ends(left: str, right: str) -> str:
    room = WIDTH - len(right) - 2
    left = _cut(left, room)
    return left + " " * (WIDTH - len(right) - _cells(left)) + right


def _cut(text: str, room: int) -> str:
    """As much of it as fits into so many cells."""
    if _cells(text) <= room:
        return text
    while _cells(text) > room - 3:
        text = text[:-1]
    return f"{text.rstrip()}..."


def _cells(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)
