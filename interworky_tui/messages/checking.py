"""What is looked at before a template of the office's own is used."""

import re
import unicodedata
from collections.abc import Iterator

from interworky_tui.messages.fields import LINKS, OF_OFFICE
from interworky_tui.messages.places import Place
from interworky_tui.messages.template import FIELD, BadTemplate, Lines, faults, lines_of

_BARRED = re.compile(r"<\s*(script|style|link|iframe|object|embed|form|base)\b", re.I)
_LOADS = re.compile(r"<[a-z][^<>]*\s(src|srcset|background|poster)\s*=|url\s*\(", re.I)
_IN_TAG = re.compile(r"<[a-z/!?][^<>]*\Z", re.I)
_IN_ATTRIBUTE = OF_OFFICE | LINKS | {"language"}
"""Facts of the office's own; what clients write stays out of tags."""


def decode(raw: bytes, name: str) -> str:
    """Raises BadTemplate."""
    try:
        return re.sub(r"\r\n?", "\n", raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadTemplate(name, line, "is not UTF-8; save the file as UTF-8") from None


def read(source: str, place: Place, name: str) -> tuple[Lines, tuple[BadTemplate, ...]]:
    """The template, or all that is wrong with it. ``name`` is the file's, for the refusals."""
    found = tuple(_all_faults(source, place, name))
    return ((), found) if found else (lines_of(source), ())


def _all_faults(source: str, place: Place, name: str) -> Iterator[BadTemplate]:
    if not source.strip():
        yield BadTemplate(name, None, "is empty")
    if len(source) > place.longest:
        yield BadTemplate(name, None, f"has {len(source)} characters; {place.longest} are the most")
        return
    for number, line in enumerate(source.split("\n"), 1):
        if odd := next((c for c in line if c != "\t" and unicodedata.category(c) in _ODD), None):
            yield BadTemplate(name, number, f"has a control character (U+{ord(odd):04X})")
            return
    yield from faults(source, name, place.fields)
    if place.needs and source.strip() and place.needs[0] not in source:
        yield BadTemplate(name, None, "{} is missing, which {}".format(*place.needs))
    if place.is_html:
        yield from _html_faults(source, place, name)


_ODD = {"Cc", "Cs", "Zl", "Zp"}


def _html_faults(source: str, place: Place, name: str) -> Iterator[BadTemplate]:
    def at(position: int) -> int:
        return source.count("\n", 0, position) + 1

    for tag in _BARRED.finditer(source):
        what = f"<{tag[1].lower()}> has no place in an email"
        yield BadTemplate(name, at(tag.start()), what)
    for load in _LOADS.finditer(source):
        what = "loads something from elsewhere, which mail programs block"
        yield BadTemplate(name, at(load.start()), what)
    for field in FIELD.finditer(source):
        inside = _IN_TAG.search(source, 0, field.start())
        if inside and field[1] in place.fields - _IN_ATTRIBUTE:
            what = f"{field[0]} stands inside a tag; use it in the text only"
            yield BadTemplate(name, at(field.start()), what)
