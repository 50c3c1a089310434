"""The body of a request to the API: its field names, ours or the website assistant's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from interworky_tui.domain.text import clean_line, echo
from interworky_tui.services.intake import LONGEST_NOTE, LONGEST_SERVICE
from interworky_tui.services.web_fields import (
    LONGEST_EMAIL,
    LONGEST_NAME,
    LONGEST_PHONE,
    LONGEST_TAG,
    BadFields,
    FieldProblem,
    Kind,
    WebRequest,
)

LONGEST_WHEN = 20
LONGEST: Mapping[str, int] = {
    "name": LONGEST_NAME,
    "phone": LONGEST_PHONE,
    "email": LONGEST_EMAIL,
    "date": LONGEST_WHEN,
    "band": LONGEST_WHEN,
    "time": LONGEST_WHEN,
    "service": LONGEST_SERVICE,
    "note": LONGEST_NOTE,
    "urgency": LONGEST_WHEN,
    "language": LONGEST_TAG,
}
"""The fields that are texts, and how many characters each may have."""
CONSENT = "consent"
FIRST, LAST = "client_first_name", "client_last_name"
ALIASES: Mapping[str, str] = {
    "preferred_date": "date",
    "preferred_time": "time",
    "client_notes": "note",
    "client_email": "email",
    "client_phone": "phone",
    FIRST: "name",
    LAST: "name",
}
"""The names that the assistant has for some of them."""

_SHOWN_UNKNOWN = 20


class NotJson(ValueError):
    """The body is no JSON text, or says a field twice."""


@dataclass(frozen=True, slots=True)
class Body:
    """``named`` is what each field was called; ``problems`` are by those names."""

    request: WebRequest
    named: Mapping[str, str]
    problems: tuple[FieldProblem, ...]

    def told(self, others: BadFields | None) -> BadFields:
        """Everything that is wrong, of each field by the name it was given."""
        found = {problem.field: problem for problem in self.problems}
        for problem in others.problems if others else ():
            name = self.named.get(problem.field, problem.field)
            found.setdefault(name, replace(problem, field=name))
        return BadFields(found.values())


def parse(body: bytes) -> Any:
    """The JSON value. Raises NotJson."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_each_once, parse_constant=_not_a_number)
    except (ValueError, RecursionError):
        raise NotJson from None


def canonical(value: Any) -> bytes:
    """The same bytes for the same JSON value, however it was written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def read(value: Any, key: str) -> Body:
    """What the body says, as far as it can be read; ``key`` is the name of the API's key.

    Raises BadFields when it has no fields.
    """
    if not isinstance(value, dict):
        raise BadFields([FieldProblem("", "The body must be a JSON object.")])
    given, problems = _texts(value)
    # What cannot be read is not told to be missing, too.
    named = {ALIASES.get(problem.field, problem.field): problem.field for problem in problems}
    texts = {}
    for name in LONGEST:
        ways = _ways(name, given)
        if ways:
            called, texts[name] = ways[0]
            named.setdefault(name, called)
            if len({clean_line(text) for _, text in ways}) > 1:
                others = " and ".join(f"'{called}'" for called, _ in ways)
                told = f"{others} are the same field, but do not say the same."
                problems.append(FieldProblem(called, told, Kind.MISMATCH))
    consent = value.get(CONSENT)
    if not isinstance(consent, bool | None):
        problems.append(FieldProblem(CONSENT, "It must be true or false."))
        consent = None
    request = WebRequest(**texts, consent=bool(consent), key=key)
    return Body(request, named, (*problems, *_unknown(value)))


def _texts(value: Mapping[str, Any]) -> tuple[dict[str, str], list[FieldProblem]]:
    """Every text that says something, by the name it was given."""
    given, problems = {}, []
    for name in (*LONGEST, *ALIASES):
        text, most = value.get(name), LONGEST[ALIASES.get(name, name)]
        if text is None:
            continue
        if not isinstance(text, str):
            problems.append(FieldProblem(name, "It must be a text."))
        elif len(text) > most:
            told = f"It may have {most} characters at most."
            problems.append(FieldProblem(name, told, Kind.TOO_LONG))
        elif clean_line(text):
            given[name] = text
    return given, problems


def _ways(name: str, given: Mapping[str, str]) -> list[tuple[str, str]]:
    """In which fields the same thing was given, and as what; ours goes first."""
    ways = [(name, given[name])] if name in given else []
    if name != "name":
        ways += [
            (also, given[also]) for also, of in ALIASES.items() if of == name and also in given
        ]
        return ways
    parts = [part for part in (FIRST, LAST) if part in given]
    if parts:
        ways.append((parts[0], " ".join(given[part] for part in parts)))
    return ways


def _unknown(value: Mapping[str, Any]) -> list[FieldProblem]:
    known = {*LONGEST, *ALIASES, CONSENT}
    names = [echo(name) for name in value if name not in known][:_SHOWN_UNKNOWN]
    return [FieldProblem(name, "There is no such field.", Kind.UNKNOWN) for name in names]


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson
    return found


def _not_a_number(_text: str) -> None:
    raise NotJson
