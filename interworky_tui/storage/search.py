"""What a client is found by, as one folded text, and what a typed query asks of that text.

A word of the query matches where a word of the text begins; digits match anywhere in the number.
The words of the text stand in no order, and one that only begins another is left out: the index
costs by its length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from interworky_tui.domain.text import fold

ESCAPE = "\\"
"""The ESCAPE character of every pattern."""
LONGEST_QUERY = 200
BEFORE_WORD = "  "
"""Two spaces, so that even a word's first letter alone ends a trigram."""
TRIGRAM = 3
FEWEST_DIGITS = TRIGRAM
"""Fewer digits than these are matched like a word, at its beginning."""

_AFTER_AT = "@" + BEFORE_WORD
_ALIKE = str.maketrans(
    {**dict.fromkeys("’‘ʼ`´", "'"), **dict.fromkeys("‐‑‒–—", "-")}  # as phones and Word write them
)
_NUMBER = re.compile(r"[0-9+()./-]+")


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """All of ``words`` and ``digits`` must match; neither is escaped. Falsy asks for nothing."""

    words: tuple[str, ...] = ()
    digits: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.digits)

    @property
    def patterns(self) -> tuple[str, ...]:
        """LIKE patterns for ``client.search_text``, to be used with ESCAPE."""
        words = (f"% {_escaped(word)}%" for word in self.words)
        return (*words, *(f"%{digits}%" for digits in self.digits))

    @property
    def match(self) -> str:
        """The same for MATCH on SQLite's trigram index, where a phrase is any piece of a text."""
        # One space will do where it makes a trigram: fewer texts hold the rarer beginning.
        words = (
            f" {word}" if len(word) + 1 >= TRIGRAM else BEFORE_WORD + word for word in self.words
        )
        return " AND ".join(f'"{_quoted(piece)}"' for piece in (*words, *self.digits))


def search_text(name: str, phone: str | None, email: str | None) -> str:
    """The text that is stored with a client; every word in it follows BEFORE_WORD."""
    found = {start for word in _words(name) for start in _starts(word)}
    if email:
        address = "".join(_words(email))
        found.add(address)
        found.update(_starts(address.partition("@")[0]))
    if phone:
        found.add(_digits(phone))
    words = sorted(word.replace("@", _AFTER_AT) for word in found)
    kept = [
        word
        for word, after in zip(words, [*words[1:], ""], strict=True)
        if not after.startswith(word)
    ]
    return BEFORE_WORD + BEFORE_WORD.join(kept)


def likes(wanted: SearchTerms, text: str = "search_text") -> tuple[str, dict[str, str]]:
    """A condition on a client's text, and its values."""
    values = {f"like{i}": pattern for i, pattern in enumerate(wanted.patterns)}
    return " AND ".join(f"{text} LIKE :{name} ESCAPE '{ESCAPE}'" for name in values), values


def clients_sql(
    wanted: SearchTerms, *, on_server: bool, columns: str = "id"
) -> tuple[str, dict[str, str]]:
    """A read of the clients who match, for the driver, and its values.

    Each database goes by the index of trigrams that it has.
    """
    if on_server:
        condition, values = likes(wanted)
        return f"SELECT {columns} FROM client WHERE {condition}", values
    if columns == "id":
        source, columns = "client_search", "rowid AS id"
    else:  # CROSS JOIN keeps the index outermost
        source = "client_search CROSS JOIN client ON client.id = client_search.rowid"
    found = f"SELECT {columns} FROM {source} WHERE client_search MATCH :match"
    return found, {"match": wanted.match}


def terms(query: str) -> SearchTerms:
    """Read what was typed. Numbers may be written in groups, with a leading 0 or with +."""
    words: list[str] = []
    digits: list[str] = []
    for run, is_number in _runs(_words(query[:LONGEST_QUERY])):
        joined = _digits("".join(run))
        if is_number and len(joined) >= FEWEST_DIGITS:
            bare = joined.lstrip("0")  # the trunk 0, which the stored number does not have
            digits.append(bare if len(bare) >= FEWEST_DIGITS else joined)
        elif is_number:
            words.extend(filter(None, map(_digits, run)))
        else:
            words.extend(run)
    asked = (word.lstrip("@").replace("@", _AFTER_AT) for word in words)
    return SearchTerms(tuple(dict.fromkeys(filter(None, asked))), tuple(dict.fromkeys(digits)))


def _words(text: str) -> list[str]:
    return fold(text.translate(_ALIKE)).split()


def _starts(word: str) -> Iterator[str]:
    """The word, and what of it follows punctuation: ``smith-jones`` is also ``jones``."""
    yield word
    for at in range(1, len(word)):
        if word[at].isalnum() and not word[at - 1].isalnum():
            yield word[at:]
    if "'" in word:
        yield word.replace("'", "")


def _runs(words: list[str]) -> Iterator[tuple[list[str], bool]]:
    """Neighbours that may be groups of one number together, every other word on its own."""
    run: list[str] = []
    for word in words:
        if _NUMBER.fullmatch(word):
            run.append(word)
            continue
        if run:
            yield run, True
            run = []
        yield [word], False
    if run:
        yield run, True


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _escaped(text: str) -> str:
    return re.sub(r"[\\%_]", r"\\\g<0>", text)


def _quoted(text: str) -> str:
    return text.replace('"', '""')
