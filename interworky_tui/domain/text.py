"""Text from outside: what is kept of it, and how names are compared."""

import re
import unicodedata

_ZWJ = "\u200d"
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)


def clean_line(text: str) -> str:
    """One safe line: control and format characters go, runs of white space become a space.

    A terminal obeys such characters (ESC and C1 begin commands, bidi marks reorder a row);
    the zero-width joiner stays because emoji and several scripts need it.
    """
    spaced = "".join(" " if c in "\t\n\r\v\f\u2028\u2029" else c for c in text)
    kept = (c for c in spaced if c == _ZWJ or unicodedata.category(c) not in _DROPPED)
    return re.sub(r"\s+", " ", "".join(kept)).strip()


def clean_text(text: str) -> str:
    """Safe text of several lines: as clean_line, line by line, outer blank lines dropped."""
    lines = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", text)
    return "\n".join(clean_line(line) for line in lines).strip("\n")


def fold(text: str) -> str:
    """For comparing and searching: no accents, no case, single spaces."""
    lowered = clean_line(text).casefold().translate(_LETTERS)
    bare = (c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", "".join(bare)).strip()
