"""Changing the settings file by a program, as a careful person would by hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from interworky_tui import config, private_file

Value = str | int | bool | list[str] | dict[str, int] | None
"""None takes the key out of the file, so that its default holds."""


def change(file: Path, values: Mapping[tuple[str, ...], Value]) -> None:
    """Set keys of the file, and leave its other lines, comments and order as they are.

    A key is its section, or the sections that hold one another, and its name. The file is read
    just before, so that what others changed meanwhile stays. Raises BadSettings, and then nothing
    is written, when the outcome would be refused, or the file is no TOML or cannot be written.
    """
    if not values:
        return
    before = config.read_text(file)
    if before:
        config.parse(before, file.name, {})
    after = edited(before, values)
    config.parse(after, file.name, {})
    if after != before or (file.exists() and private_file.open_to_others(file)):
        private_file.write(file, after)


def edited(text: str, values: Mapping[tuple[str, ...], Value]) -> str:
    """The text of a settings file with those keys set, whether they are good or not."""
    import tomlkit

    document = tomlkit.parse(text)
    for (*sections, key), value in values.items():
        table: Any = document
        for name in sections:
            if name not in table and value is not None:
                table[name] = tomlkit.table(is_super_table=name != sections[-1])
            table = table.get(name, {})
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
    return tomlkit.dumps(document)


def whole(settings: config.Settings) -> str:
    """A file that says every setting."""
    import tomlkit

    return tomlkit.dumps(_without_none(msgspec.to_builtins(settings)))


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    """TOML knows no null; what is left out has its default."""
    return {
        name: _without_none(value) if isinstance(value, dict) else value
        for name, value in table.items()
        if value is not None
    }
