"""The settings that an office changes, as lines to go through, and what is typed for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from interworky_tui.config import THEMES, Settings, variable
from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.text import clean_line
from interworky_tui.settings_doc import SettingDoc, describe
from interworky_tui.settings_file import Value

CHOICES = {"desk.theme": THEMES}
TITLES = {
    "office": "The office",
    "office.hours": "Opening hours",
    "bands": "Parts of the day",
    "slots": "Slots",
    "messages": "Messages",
    "messages.matrix": "Who hears of what",
    "feedback": "Feedback",
    "desk": "The desk",
}
"""What is not here is set up by ``interworky-tui setup`` or in the file."""
_LABELS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
    "sms": "SMS",
    "actor": "Your name",
    "locale_day_first": "Day before month",
    "review_url": "Review address",
}


@dataclass(frozen=True, slots=True)
class SettingLine:
    """``kind``: switch, choice, number, list, table or text. ``shown`` is its value for a person,
    ``by`` the variable that has the last word, if there is one.
    """

    name: str
    title: str
    label: str
    kind: str
    value: Any
    shown: str
    default: str
    told: str
    by: str

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.name.split("."))

    @property
    def is_default(self) -> bool:
        return self.shown == self.default


def lines(settings: Settings, environment: Mapping[str, str]) -> list[SettingLine]:
    """Every line, in the order of the titles."""
    defaults = Settings()
    return [_line(title, doc, settings, defaults, environment) for title, doc in _docs()]


@cache
def _docs() -> Sequence[tuple[str, SettingDoc]]:
    docs = [(_title(doc.name), doc) for doc in describe()]
    order = list(TITLES.values())
    return sorted((pair for pair in docs if pair[0]), key=lambda pair: order.index(pair[0]))


def _title(name: str) -> str:
    above = name.rpartition(".")[0]
    while above and above not in TITLES:
        above = above.rpartition(".")[0]
    return TITLES.get(above, "")


def _line(
    title: str,
    doc: SettingDoc,
    settings: Settings,
    defaults: Settings,
    environment: Mapping[str, str],
) -> SettingLine:
    kind = _kind(doc)
    value, default = _value_of(settings, doc.name), _value_of(defaults, doc.name)
    name = variable(tuple(doc.name.split(".")))
    label, told = _words(doc)
    return SettingLine(
        doc.name,
        title,
        label,
        kind,
        value,
        say(value),
        say(default),
        told,
        name if name in environment else "",
    )


def _kind(doc: SettingDoc) -> str:
    if doc.name in CHOICES:
        return "choice"
    kinds = (("true", "switch"), ("whole", "number"), ("list", "list"), ("table", "table"))
    return next((kind for start, kind in kinds if doc.type.startswith(start)), "text")


def _words(doc: SettingDoc) -> tuple[str, str]:
    """The label and what is told of it."""
    *above, last = doc.name.split(".")
    label = _LABELS.get(last, last.replace("_", " ").capitalize())
    if above[:2] == ["messages", "matrix"]:
        event, recipient = above[2].replace("_", " "), above[3]
        channel = "SMS" if last == "sms" else "email"
        told = f"Whether the {recipient} hears of it by {channel}"
        return f"{event.capitalize()}: {recipient}, {channel}", told
    told = "Opening hours, as in 09:00-17:00; nothing means closed" if "hours" in above else ""
    return label, told or doc.description


def _value_of(settings: Any, name: str) -> Any:
    for part in name.split("."):
        settings = getattr(settings, part)
    return settings


def say(value: Any) -> str:
    """A value as it is typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} = {number}" for name, number in value.items())
    return str(value)


def read(line: SettingLine, typed: str) -> Value:
    """What was typed as the value to be kept; a switch is not typed. Raises BadInput."""
    text = clean_line(typed)
    if line.kind == "number":
        if not re.fullmatch(r"\d{1,9}", text):
            raise BadInput("Type a whole number.", "value")
        return int(text)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if line.kind == "list":
        return parts
    if line.kind == "table":
        return dict(_pair(part) for part in parts)
    return text


def _pair(text: str) -> tuple[str, int]:
    name, _, number = text.rpartition("=")
    if not name.strip() or not re.fullmatch(r"\s*\d{1,9}\s*", number):
        raise BadInput(f"'{text}' is not like: Root canal = 60", "value")
    return name.strip(), int(number)


def following(line: SettingLine) -> Value:
    """The value after this one, of a switch or a choice."""
    if line.kind == "switch":
        return not line.value
    order = CHOICES[line.name]
    return order[(order.index(line.value) + 1) % len(order)]
