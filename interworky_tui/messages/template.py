"""Templates: lines of text with ``{field}`` in them, and nothing else to learn.

- ``{field}`` is replaced by the fact of that name. What a fact holds is never read as a
  template again. A brace has no other use.
- A line that names an empty field is left out, so "Note: {note}" vanishes when there is none.
- A line that begins with ``| `` stands in for the line above: it is used only when that one
  was left out. Several in a row are tried in order.

Each place has its own white list of fields: a text message cannot name the reason of a visit.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.text import echo
from interworky_tui.messages.fields import PRIVATE

FIELD = re.compile(r"\{([^{}]*)\}")
_INSTEAD = "| "


class BadTemplate(Refusal):
    """A template that cannot be used. ``line`` is None when it is about the whole of it."""

    title = "A message template cannot be used"

    def __init__(self, name: str, line: int | None, what: str) -> None:
        where = f"{name}, line {line}" if line else name
        super().__init__(f"{where}: {what}{'' if what.endswith('?') else '.'}")
        self.name = name
        self.line = line


@dataclass(frozen=True, slots=True)
class Line:
    """``instead`` marks a line that stands in for the one above."""

    text: str
    names: tuple[str, ...]
    instead: bool


Lines = tuple[Line, ...]


def parse(source: str, name: str, allowed: frozenset[str]) -> Lines:
    """``name`` is for the refusal only. Raises BadTemplate."""
    for fault in faults(source, name, allowed):
        raise fault
    return lines_of(source)


def lines_of(source: str) -> Lines:
    """What a template that is known to be good consists of."""
    return tuple(
        Line(text.removeprefix(_INSTEAD), tuple(FIELD.findall(text)), text.startswith(_INSTEAD))
        for text in source.splitlines()
    )


def faults(source: str, name: str, allowed: frozenset[str]) -> Iterator[BadTemplate]:
    """Every line that cannot be used, and why."""
    for number, text in enumerate(source.splitlines(), 1):
        for field in FIELD.findall(text):
            if field not in allowed:
                yield BadTemplate(name, number, _not_there(field, allowed))
        if re.search(r"[{}]", FIELD.sub("", text)):
            yield BadTemplate(name, number, f"a brace is open or closed alone in '{echo(text)}'")
        if number == 1 and text.startswith(_INSTEAD):
            yield BadTemplate(name, number, "there is no line above for which it could stand in")


def _not_there(field: str, allowed: frozenset[str]) -> str:
    if field in PRIVATE:
        return f"{{{field}}} is private, and this is read by whoever glances at the phone"
    import difflib

    # People write {name} for {client_name}.
    meant = {name.removeprefix("client_"): name for name in sorted(allowed)}
    near = difflib.get_close_matches(field.strip().lower(), [*meant, *allowed], 1, 0.6)
    hint = f"; did you mean {{{meant.get(near[0], near[0])}}}?" if near else ""
    return f"{{{echo(field)}}} is not a field that can be used there{hint}"


def fill(lines: Lines, fields: Mapping[str, str]) -> list[str]:
    """The lines that are left when the fields are put in. Values may hold several lines."""
    kept: list[str] = []
    dropped = False
    for line in lines:
        if line.instead and not dropped:
            continue
        dropped = not all(fields[name] for name in line.names)
        if not dropped:
            kept.append(FIELD.sub(lambda m: fields[m[1]], line.text))
    return kept
