"""Secrets: from the environment, or from a file that only its owner may read; never settings."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from interworky_tui.config import BadSettings, read_text, variable

SECRETS_FILE = "secrets.toml"


def find(section: str, key: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """A secret from its variable, or from ``secrets.toml`` beside the settings; "" if neither.

    The file holds ``[email] password`` and ``[sms] auth_token``. Raises BadSettings when others
    than its owner may read it.
    """
    given = os.environ if environment is None else environment
    from_variable = given.get(variable((section, key)))
    if from_variable:
        return from_variable
    file = folder / SECRETS_FILE
    text = read_text(file)
    if not text:
        return ""
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise BadSettings(f"{file} can be read by others; make it yours alone: chmod 600 {file}.")
    try:
        return str(tomllib.loads(text).get(section, {}).get(key, ""))
    except (tomllib.TOMLDecodeError, AttributeError):
        raise BadSettings(f"{file} is not valid TOML.") from None
