"""Changing the settings file by a program, as a careful person would by hand."""

from collections.abc import Mapping
from pathlib import Path

from interworky_tui import config, private_file

Value = str | int | None
"""None takes the key out of the file, so that its default holds."""


def change(file: Path, values: Mapping[tuple[str, str], Value]) -> None:
    """Set keys of the file, and leave its other lines, comments and order as they are.

    A key is its section and its name. The file is read just before, so that what others
    changed meanwhile stays. Raises BadSettings, and then nothing is written, when the outcome
    would be refused, or the file is no TOML or cannot be written.
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


def edited(text: str, values: Mapping[tuple[str, str], Value]) -> str:
    """The text of a settings file with those keys set, whether they are good or not."""
    import tomlkit

    document = tomlkit.parse(text)
    for (section, key), value in values.items():
        if value is None:
            if section in document:
                document[section].pop(key, None)
            continue
        if section not in document:
            document[section] = tomlkit.table()
        document[section][key] = value
    return tomlkit.dumps(document)
