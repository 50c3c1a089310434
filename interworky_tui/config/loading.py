"""From the file and the environment to settings, or to a refusal by name and line."""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from interworky_tui.config.section import BadSettings, BadValue
from interworky_tui.config.settings import Settings
from interworky_tui.toml_lines import line_of

PREFIX = "INTERWORKY_TUI_"
SECRETS = (("email", "password"), ("sms", "auth_token"), ("backup", "passphrase"))
"""Never settings: they have variables of the same pattern, and no place in the file."""
LISTS = (
    ("messages", "reminders"),
    ("web", "countries"),
    ("office", "breaks"),
    ("office", "closures"),
)
"""Settings that are lists; in a variable their parts stand between commas."""

Where = Callable[[list[str]], str]
"""Names a key for a person: with its line in the file, or as its variable."""


def load(file: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the file (none is fine) and the environment. Raises BadSettings."""
    return parse(read_text(file), file.name, environment)


def parse(text: str, named: str, environment: Mapping[str, str] | None = None) -> Settings:
    """The same from the text of a file of that name."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{named} is not valid TOML: {error}.") from None

    def in_file(path: list[str]) -> str:
        name, line = ".".join(path) or "the file", line_of(text, path)
        return f"{named}, line {line}, {name}" if line else f"{named}, {name}"

    for section, key in SECRETS:
        if isinstance(raw.get(section), dict) and key in raw[section]:
            raise BadSettings(
                f"{in_file([section, key])}: a secret has no place in this file;"
                f" set {variable((section, key))} instead."
            )
    found = convert(raw, in_file, strict=True)
    overrides = _overrides(os.environ if environment is None else environment)
    if not overrides:
        return found
    for names, value in overrides.items():
        _put(raw, names, _listed(value) if names in LISTS else value)

    def overridden(path: list[str]) -> str:
        names = next((n for n in overrides if list(n[: len(path)]) == path), None)
        return variable(names) if names else in_file(path)

    return convert(raw, overridden, strict=False)


def read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file} cannot be read as text ({type(error).__name__}).") from None


def convert(raw: dict[str, Any], where: Where, *, strict: bool) -> Settings:
    """Settings from what a parser gives, or, unless strict, from texts. Raises BadSettings."""
    try:
        return msgspec.convert(raw, Settings, strict=strict)
    except msgspec.ValidationError as error:
        message, _, tail = str(error).partition(" - at `$")
        path = [part for part in tail.rstrip("`").split(".") if part]
        unknown = re.search(r"unknown field `(.+?)`", message)
        if isinstance(error.__cause__, BadValue):
            path.append(error.__cause__.key)
        elif unknown:
            path.append(unknown[1])
            message = f"is not a setting{_did_you_mean(path)}"
        raise BadSettings(f"{where(path)}: {_plainly(message)}.") from None


_EXPECTED = {
    "int": "must be a whole number",
    "bool": "must be true or false",
    "bool | null": "must be true or false",
    "str": "must be a text in quotes",
    "object": "must be a table of settings",
    "array": 'must be a list of texts, as in ["24h"]',
}


def _plainly(message: str) -> str:
    """The converter's message in words for the person who writes the file."""
    limit = re.fullmatch(r"Expected `int` ([<>])= (\d+)", message)
    if limit:
        return f"must be at {'least' if limit[1] == '>' else 'most'} {limit[2]}"
    expected = re.match(r"Expected `([\w |]+)`, got", message)
    return _EXPECTED.get(expected[1], message) if expected else message


def _did_you_mean(path: list[str]) -> str:
    import difflib

    from interworky_tui.settings_doc import describe

    near = difflib.get_close_matches(".".join(path), [doc.name for doc in describe()], 1, 0.75)
    return f"; did you mean {near[0]}?" if near else ""


def _overrides(environment: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    found = {
        tuple(name.removeprefix(PREFIX).lower().split("__")): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and "__" in name
    }
    return {names: value for names, value in found.items() if names not in SECRETS}


def _listed(value: str) -> list[str]:
    """``24h, 2h`` in a variable is a list of two; nothing is an empty one."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _put(raw: dict[str, Any], names: tuple[str, ...], value: str | list[str]) -> None:
    for name in names[:-1]:
        inner = raw.setdefault(name, {})
        if not isinstance(inner, dict):
            raise BadSettings(f"{variable(names)}: is not a setting.")
        raw = inner
    raw[names[-1]] = value


def variable(names: tuple[str, ...]) -> str:
    return PREFIX + "__".join(names).upper()
