"""Text from outside: what is kept of it, and how names are compared."""

import re
import unicodedata
from functools import lru_cache

_JOINERS = "\u200c\u200d"
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_BREAKS = "\t\n\r\v\f\x85\u2028\u2029"
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
_NO_JOINERS = str.maketrans("", "", _JOINERS)
_LONGEST_ECHO = 40


def clean_line(text: str) -> str:
    """One safe line: control and format characters go, runs of white space become a space.

    A terminal obeys such characters (ESC and C1 begin commands, bidi marks reorder a row);
    the zero-width joiners stay within a word because emoji and several scripts need them.
    """
    if text.isprintable():  # then nothing is dropped, and the only white space is the plain one
        return " ".join(text.split())
    spaced = "".join(" " if c in _BREAKS else c for c in text)
    kept = "".join(c for c in spaced if c in _JOINERS or unicodedata.category(c) not in _DROPPED)
    joined = re.sub(rf"(?<!\S)[{_JOINERS}]+|[{_JOINERS}]+(?!\S)", "", kept)
    return re.sub(r"\s+", " ", joined).strip()


def clean_text(text: str) -> str:
    """Safe text of several lines: as clean_line, line by line, outer blank lines dropped."""
    lines = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", text)
    return "\n".join(clean_line(line) for line in lines).strip("\n")


def echo(text: str) -> str:
    """What was typed, safe and short enough to be repeated in a sentence."""
    line = clean_line(text)
    return line if len(line) <= _LONGEST_ECHO else line[: _LONGEST_ECHO - 1] + "…"


@lru_cache(maxsize=2048)
def fold(text: str) -> str:
    """For comparing and searching: no accents, no case, single spaces, nothing unseen."""
    plain = clean_line(text).translate(_NO_JOINERS)
    if plain.isascii():
        return plain.lower()
    # Decomposed before, too: some letters get their plain form, and with it a case, by it.
    lowered = unicodedata.normalize("NFKD", plain).casefold().translate(_LETTERS)
    bare = (c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", "".join(bare)).strip()
