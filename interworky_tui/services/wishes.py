"""What a client wishes for, as a receptionist types it: a day and a band, or a day and a time."""

from datetime import date

from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.slots import Wish
from interworky_tui.domain.text import fold
from interworky_tui.services.context import Context
from interworky_tui.services.scheduling import read_when

# A time with which typed time reads a day alone; the last minute is never past on a day to come.
_END_OF_DAY = "23:59"


def read_wish(office: Context, text: str) -> Wish:
    """``fri morning``, ``early morning tomorrow``, ``20 march 14:30``.

    Raises TimeNotUnderstood, or BadInput when neither a band nor a time was given.
    """
    words = fold(text)
    for band in sorted(office.bands.all, key=lambda b: -len(b.key)):
        said = fold(band.label)
        if words == said or words.startswith(f"{said} ") or words.endswith(f" {said}"):
            rest = words.removesuffix(said) if words.endswith(said) else words.removeprefix(said)
            return Wish(_day(office, rest.strip() or "today"), band=band)
    reading = read_when(office, text)
    local = reading.starts_at.astimezone(office.zone)
    return Wish(local.date(), at=local.time())


def _day(office: Context, words: str) -> date:
    for filler in ("in the ", "on ", "the "):
        words = words.removesuffix(f" {filler.strip()}")
    reading = read_when(office, f"{words} {_END_OF_DAY}")
    return reading.starts_at.astimezone(office.zone).date()


def require_wish(office: Context, text: str) -> Wish:
    """As read_wish; an empty text is refused in words that fit a form."""
    if not text.strip():
        names = ", ".join(b.label.lower() for b in office.bands.all)
        raise BadInput(f"Say which day and when on it: {names}, or a time.", "when")
    return read_wish(office, text)
