"""The names of the files that the preview channel keeps messages in."""

from collections.abc import Iterator
from pathlib import Path

_KINDS = {"email": "eml", "sms": "txt"}


def name_of(message_id: int, event: str, recipient: str, channel: str) -> str:
    """Whole messages have it; however often one is tried, it is the same."""
    return f"{message_id:06}-{event}-{recipient}-{channel}.{_KINDS[channel]}"


def part_of(folder: Path, name: str, attempt: int) -> Path:
    """What an attempt writes until it is whole."""
    return folder / f".{name}.{attempt}.part"


def all_of(folder: Path, name: str, attempts: int) -> Iterator[Path]:
    """Every file that a message may have after so many attempts."""
    yield folder / name
    for attempt in range(1, attempts + 1):
        yield part_of(folder, name, attempt)
