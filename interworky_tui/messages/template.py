"""Templates: lines of text with ``{field}`` in them, and nothing else to learn.

- ``{field}`` is replaced by the fact of that name. What a fact holds is never read as a
  template again. A brace has no other use.
- A line that names an empty field is left out, so "Note: {note}" vanishes when there is none.
- A line that begins with ``| `` stands in for the line above: it is used only when that one
  was left out. Several in a row are tried in order.

Each place has its own white list of fields: a text message cannot name the reason of a visit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from interworky_tui.domain.errors import Refusal

_FIELD = re.compile(r"\{([^{}]*)\}")
_INSTEAD = "| "


class BadTemplate(Refusal):
    """A template names a field that its place does not have, or has a stray brace."""

    title = "A message template cannot be used"


@dataclass(frozen=True, slots=True)
class Line:
    """``instead`` marks a line that stands in for the one above."""

    text: str
    names: tuple[str, ...]
    instead: bool


@cache
def load(path: str, allowed: frozenset[str]) -> tuple[Line, ...]:
    """Read and check a template once. ``path`` is relative to the ``templates`` folder.

    Raises BadTemplate for a field outside ``allowed``.
    """
    source = files("interworky_tui.messages").joinpath("templates", *path.split("/"))
    return parse(source.read_text("utf-8"), path, allowed)


def parse(source: str, path: str, allowed: frozenset[str]) -> tuple[Line, ...]:
    """``path`` is for the refusal only. Raises BadTemplate."""
    lines = []
    for text in source.splitlines():
        names = tuple(_FIELD.findall(text))
        for name in names:
            if name not in allowed:
                raise BadTemplate(f"{path}: {{{name}}} is not a field that can be used there.")
        if re.search(r"[{}]", _FIELD.sub("", text)):
            raise BadTemplate(f"{path}: a brace is open or closed alone in '{text}'.")
        lines.append(Line(text.removeprefix(_INSTEAD), names, text.startswith(_INSTEAD)))
    return tuple(lines)


def fill(lines: tuple[Line, ...], fields: Mapping[str, str]) -> list[str]:
    """The lines that are left when the fields are put in. Values may hold several lines."""
    kept: list[str] = []
    dropped = False
    for line in lines:
        if line.instead and not dropped:
            continue
        dropped = not all(fields[name] for name in line.names)
        if not dropped:
            kept.append(_FIELD.sub(lambda m: fields[m[1]], line.text))
    return kept
