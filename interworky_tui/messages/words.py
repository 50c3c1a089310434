"""The words of a language beside its templates: dates, parts of the day, reasons, answers.

English is the domain's own labels. Any other language has a ``words.toml``; what that leaves
out is said in English, and the shape of dates as Unicode's data has it for the language.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Any

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.calendar import say_day
from interworky_tui.domain.feedback import Recommend
from interworky_tui.messages.template import BadTemplate
from interworky_tui.toml_lines import line_of

if TYPE_CHECKING:
    from babel import Locale

LONGEST = 60
_BANDS = ("early_morning", "morning", "afternoon", "evening")
_ENGLISH: Mapping[str, Mapping[str, str]] = {
    "bands": {key: key.replace("_", " ").title() for key in _BANDS},
    "cancel_reasons": {reason.value: reason.label for reason in CancelReason},
    "recommend": {said.value: said.value for said in Recommend},
    "other": {"no_name": "(no name)"},
}
_SHAPES = {
    "day": (r"(?:'[^']*'|E{1,4}|d{1,2}|M{1,4}|y{1,4}|[^A-Za-z'])+", "EdMy", "EEE d MMM y"),
    "time": (r"(?:'[^']*'|HH?|hh?|mm|a|[^A-Za-z'])+", "m", "HH:mm"),
}
"""By the key: the pattern that a shape must have, what must be in it, and an example."""


@dataclass(frozen=True, slots=True)
class Words:
    """The shapes are by Unicode's letters; "" is as the language has it."""

    language: str = "en"
    day_shape: str = ""
    time_shape: str = ""
    said: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: _ENGLISH)

    def band(self, key: str) -> str:
        return self.said["bands"].get(key) or key.replace("_", " ").title()

    def reason(self, reason: CancelReason) -> str:
        return self.said["cancel_reasons"][reason.value]

    def recommend(self, said: Recommend) -> str:
        return self.said["recommend"][said.value]

    @property
    def no_name(self) -> str:
        return self.said["other"]["no_name"]

    def on(self, day: date) -> str:
        """A day with its weekday, month and year: ``Fri 20 Mar 2026``."""
        locale = self._locale()
        if locale is None:
            return say_day(day)
        from babel.dates import format_date, format_skeleton

        if self.day_shape:
            return format_date(day, self.day_shape, locale)
        return format_skeleton("yMMMEd", day, locale=locale)

    def at(self, clock: time) -> str:
        locale = self._locale()
        if locale is None:
            return f"{clock:%H:%M}"
        from babel.dates import format_skeleton, format_time

        if self.time_shape:
            return format_time(clock, self.time_shape, locale=locale)
        return format_skeleton("Hm", datetime.combine(date(2000, 1, 1), clock), locale=locale)

    def moment(self, local: datetime) -> str:
        """``Fri 20 Mar 2026, 14:30``, of a moment in the office's zone."""
        return f"{self.on(local.date())}, {self.at(local.time().replace(tzinfo=None))}"

    def wish(self, day: date | None, band: str | None, clock: time | None) -> str:
        """The day and the time that was wished for, or the part of the day."""
        if day is None:
            return ""
        when = self.at(clock) if clock else self.band(band) if band else ""
        return f"{self.on(day)}, {when}" if when else self.on(day)

    def _locale(self) -> "Locale | None":
        """None for English as the desk writes it, which needs no library."""
        if self.language.partition("-")[0] == "en" and not (self.day_shape or self.time_shape):
            return None
        return _locale_of(self.language)


@cache
def _locale_of(language: str) -> "Locale | None":
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


def read_words(source: str, name: str) -> tuple[dict[str, Any], tuple[BadTemplate, ...]]:
    """The words of a file, or all that is wrong with it."""
    try:
        raw = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(.*) \(at line (\d+)", str(error))
        what = found[1][:1].lower() + found[1][1:] if found else "it ends too early"
        return {}, (BadTemplate(name, int(found[2]) if found else None, f"not TOML: {what}"),)
    bad = tuple(
        BadTemplate(name, line_of(source, list(path)), f"{'.'.join(path)} {what}")
        for path, what in _faults(raw)
    )
    return ({}, bad) if bad else (raw, ())


def _faults(raw: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in raw.items():
        if key in _ENGLISH:
            yield from _faults_in(key, value)
        elif key not in _SHAPES:
            yield (key,), f"is not known; there are {', '.join((*_SHAPES, *_ENGLISH))}"
        else:
            pattern, needed, example = _SHAPES[key]
            fits = isinstance(value, str) and re.fullmatch(pattern, value)
            bare = re.sub("'[^']*'", "", value) if fits else ""
            half = key == "time" and not ("H" in bare or {"h", "a"} <= set(bare))
            if half or not set(needed) <= set(bare):
                yield (key,), f"is not a shape like {example}"


def _faults_in(table: str, value: object) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(value, dict):
        yield (table,), "must be a table"
        return
    for key, said in value.items():
        if key not in _ENGLISH[table]:
            yield (table, key), f"is not known; there are {', '.join(_ENGLISH[table])}"
        elif not (isinstance(said, str) and said.isprintable() and said.strip()):
            yield (table, key), "must be a text in quotes"
        elif len(said) > LONGEST:
            yield (table, key), f"may have {LONGEST} characters at most"


def words_of(language: str, files: tuple[Mapping[str, Any], ...]) -> Words:
    """Put together from a language's files, the first of which goes before the others."""
    said = {table: dict(words) for table, words in _ENGLISH.items()}
    shapes = {"day": "", "time": ""}
    for raw in reversed(files):
        shapes |= {key: raw[key] for key in shapes if key in raw}
        for table, words in said.items():
            words.update(raw.get(table, {}))
    return Words(language, shapes["day"], shapes["time"], said)


def english_source() -> str:
    """A file of words to begin a translation from."""
    lines = []
    for table, words in _ENGLISH.items():
        lines += ["", f"[{table}]", *(f'{key} = "{said}"' for key, said in words.items())]
    return "\n".join(lines).lstrip() + "\n"
