"""The PIN that opens a locked desk: its argon2 hash, in a file that only its owner may read.

The file is beside the settings and never in them. Who may write there may also take it away:
that is how a forgotten PIN is mended.
"""

import re
from pathlib import Path

from interworky_tui import private_file
from interworky_tui.config import BadSettings
from interworky_tui.domain.errors import BadInput

PIN_FILE = "pin"
SHORTEST, LONGEST = 4, 12


def is_set(folder: Path) -> bool:
    return (folder / PIN_FILE).exists()


def store(folder: Path, pin: str) -> None:
    """Takes about a tenth of a second. Raises BadInput for what is no PIN, BadSettings when it
    cannot be kept.
    """
    from argon2 import PasswordHasher

    private_file.write(folder / PIN_FILE, PasswordHasher().hash(checked(pin)) + "\n")


def clear(folder: Path) -> None:
    """Raises BadSettings when the file cannot be taken away."""
    try:
        (folder / PIN_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise BadSettings(f"{folder / PIN_FILE} cannot be removed ({error.strerror}).") from None


def is_right(folder: Path, pin: str) -> bool:
    """Takes about a tenth of a second. Raises BadSettings when the file cannot be used."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

    file = folder / PIN_FILE
    try:
        return PasswordHasher().verify(_read(file), pin)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError):
        raise BadSettings(
            f"{file} holds no PIN any more; remove it, and set one by interworky-tui pin set."
        ) from None


def checked(pin: str) -> str:
    """The PIN, if it is one. Raises BadInput."""
    if not re.fullmatch(f"[0-9]{{{SHORTEST},{LONGEST}}}", pin):
        raise BadInput(f"A PIN is {SHORTEST} to {LONGEST} digits.", "pin")
    return pin


def _read(file: Path) -> str:
    try:
        if private_file.open_to_others(file):
            raise BadSettings(
                f"{file} can be read by others; make it yours alone: chmod 600 {file}."
            )
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadSettings(f"{file} cannot be read.") from None
