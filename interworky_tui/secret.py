"""Secrets: from the environment, a file that only its owner may read, or the keyring.

They are never settings. ``secrets.toml`` beside the settings holds ``[email] password`` and
``[sms] auth_token``; ``keyring = ["email.password"]`` at its top says which ones the system's
keyring has instead. Without that line the keyring is not even imported.
"""

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from interworky_tui import private_file
from interworky_tui.config import BadSettings, read_text, variable

SECRETS_FILE = "secrets.toml"
SERVICE = "interworky-tui"
LISTED = "keyring"


class Place(StrEnum):
    """Where a secret is kept."""

    FILE = "file"
    KEYRING = "keyring"
    ENVIRONMENT = "environment"


def find(section: str, key: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """A secret from its variable, from ``secrets.toml``, or from the keyring; "" if from none.

    Raises BadSettings when others may read the file, or when the keyring does not answer.
    """
    given = os.environ if environment is None else environment
    from_variable = given.get(variable((section, key)))
    if from_variable:
        return from_variable
    held = _read(folder / SECRETS_FILE)
    in_file = _section(held, section).get(key, "")
    if in_file:
        return str(in_file)
    return _from_keyring(section, key, folder) if _is_listed(held, section, key) else ""


def where(
    section: str, key: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Place | None:
    """Where ``find`` would find it; None if nowhere. Raises BadSettings as ``find`` does."""
    given = os.environ if environment is None else environment
    if given.get(variable((section, key))):
        return Place.ENVIRONMENT
    held = _read(folder / SECRETS_FILE)
    if _section(held, section).get(key):
        return Place.FILE
    return Place.KEYRING if _is_listed(held, section, key) else None


def store(section: str, key: str, value: str, folder: Path, place: Place = Place.FILE) -> None:
    """Keep a secret in one place and take it out of the other; "" forgets it.

    The file is written whole, for its owner alone; its comments stay. Raises BadSettings when
    it cannot be kept, and then the one from before still is.
    """
    file = folder / SECRETS_FILE
    held = _read(file)
    was_listed = _is_listed(held, section, key)
    if value and place is Place.KEYRING:
        _into_keyring(section, key, value, folder)
    in_file = value if place is Place.FILE else ""
    listed = bool(value) and place is Place.KEYRING
    if in_file != _section(held, section).get(key, "") or listed != was_listed:
        private_file.write(file, _written(file, section, key, in_file, listed=listed))
    if was_listed and not listed:
        _out_of_keyring(section, key, folder)


def keyring_works() -> bool:
    """Whether the optional package is installed, and a keyring of this system stands behind it."""
    try:
        import keyring
        from keyring.backends import fail, null

        return not isinstance(keyring.get_keyring(), fail.Keyring | null.Keyring)
    except Exception:  # a broken backend raises whatever it likes
        return False


def _read(file: Path) -> dict[str, Any]:
    text = read_text(file)
    if not text:
        return {}
    if private_file.open_to_others(file):
        raise BadSettings(f"{file} can be read by others; make it yours alone: chmod 600 {file}.")
    try:
        held = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        held = {LISTED: None}
    if not (
        isinstance(held.get(LISTED, []), list)
        and all(isinstance(part, dict) for name, part in held.items() if name != LISTED)
    ):
        raise BadSettings(f"{file} is not valid TOML, or not as a secrets file is.")
    return held


def _section(held: dict[str, Any], section: str) -> dict[str, Any]:
    found: dict[str, Any] = held.get(section, {})
    return found


def _is_listed(held: dict[str, Any], section: str, key: str) -> bool:
    return f"{section}.{key}" in held.get(LISTED, [])


def _written(file: Path, section: str, key: str, value: str, *, listed: bool) -> str:
    """The file's text with one secret set, or taken out."""
    import tomlkit

    document = tomlkit.parse(read_text(file))
    names = [name for name in document.get(LISTED, []) if name != f"{section}.{key}"]
    names += [f"{section}.{key}"] if listed else []
    if names or LISTED in document:
        document[LISTED] = names
    if value:
        if section not in document:
            document[section] = tomlkit.table()
        document[section][key] = value
    elif section in document:
        document[section].pop(key, None)
    return tomlkit.dumps(document)


def _name(section: str, key: str, folder: Path) -> str:
    """In the keyring; two offices on one machine do not share it."""
    return f"{section}.{key} of {folder.absolute()}"


def _from_keyring(section: str, key: str, folder: Path) -> str:
    try:
        import keyring

        found = keyring.get_password(SERVICE, _name(section, key, folder))
    except Exception as error:  # whatever a backend raises may hold the secret
        raise _no_answer(error) from None
    return found or ""


def _into_keyring(section: str, key: str, value: str, folder: Path) -> None:
    try:
        import keyring

        keyring.set_password(SERVICE, _name(section, key, folder), value)
    except Exception as error:
        raise _no_answer(error) from None


def _out_of_keyring(section: str, key: str, folder: Path) -> None:
    try:
        import keyring
        from keyring.errors import PasswordDeleteError

        with suppress(PasswordDeleteError):  # it was not there
            keyring.delete_password(SERVICE, _name(section, key, folder))
    except Exception as error:
        raise _no_answer(error) from None


def _no_answer(error: Exception) -> BadSettings:
    if isinstance(error, ImportError):
        return BadSettings(
            "The secrets are in the keyring, and the package for it is not installed:"
            " pip install 'interworky-tui[keyring]'."
        )
    return BadSettings(
        f"The keyring does not answer ({type(error).__name__}); unlock it,"
        " or keep the secrets in a file by interworky-tui setup --secrets file."
    )
