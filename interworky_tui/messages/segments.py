"""How many SMS a text costs, and how to keep it from costing more than it must.

A text of the GSM-7 alphabet (3GPP TS 23.038) holds 160 units, or 153 in each part of a
longer one; any other character makes the whole text UCS-2: 70 units, or 67 in each part.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")

_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′‹›`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f", " "),
        "…": "...",
    }
)
_DECOMPOSED = re.compile("[A-Za-z][\u0300-\u036f]+")


@dataclass(frozen=True, slots=True)
class Segments:
    """``units`` counts the text; ``left`` is what still fits into its last segment.

    A segment may end one unit short, because no character is split between two; that unit
    is in neither figure. The empty text has no segment, and a whole one left.
    """

    count: int
    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    left: int


def count_segments(text: str) -> Segments:
    """The SMS that a text is sent as, exactly as it stands; see ``to_gsm``."""
    if all(c in _GSM_BASIC or c in _GSM_EXTENSION for c in text):
        return _pack("GSM-7", [2 if c in _GSM_EXTENSION else 1 for c in text], 160, 153)
    return _pack("UCS-2", [2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67)


def to_gsm(text: str) -> str:
    """The same text with typographic signs as GSM-7 has them: quotes, dashes, spaces, dots.

    Letters stay what they are: an accent that GSM-7 lacks costs segments, not somebody's name.
    A letter followed by a combining accent becomes the one character that GSM-7 may have.
    """
    composed = _DECOMPOSED.sub(lambda m: unicodedata.normalize("NFC", m[0]), text)
    return composed.translate(_LOOKALIKES)


def outside_gsm(text: str) -> tuple[str, ...]:
    """The characters for which a text is sent as UCS-2, each once, in their order."""
    return tuple(dict.fromkeys(c for c in text if c not in _GSM_BASIC and c not in _GSM_EXTENSION))


def plain_letters(text: str) -> str:
    """Without the accents that GSM-7 lacks, for words of our own: ``sáb`` costs a text its half."""
    return "".join(c if c in _GSM_BASIC or c in _GSM_EXTENSION else _bare(c) for c in text)


def _bare(char: str) -> str:
    base = unicodedata.normalize("NFD", char)[0]
    return base if base in _GSM_BASIC else char


def _pack(
    encoding: Literal["GSM-7", "UCS-2"], sizes: Iterable[int], alone: int, part: int
) -> Segments:
    sizes = list(sizes)
    units = sum(sizes)
    if units <= alone:
        return Segments(min(units, 1), encoding, units, alone - units)
    count, left = 1, part
    for size in sizes:
        if size > left:
            count, left = count + 1, part
        left -= size
    return Segments(count, encoding, units, left)
