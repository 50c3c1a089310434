"""A rating from 1 to 5 in a text, and the words beside it.

A number at the beginning of a text is as often a time, a date or a quantity ("5 pm", "3/4",
"2 people"). What may be one of those is no rating here: a person reads it. To refuse a rating
costs a look, to take a time for one spoils the answer for good.
"""

import re
import unicodedata
from dataclasses import dataclass

from interworky_tui.domain.rating_words import (
    EACH,
    ENDS_IN_S,
    FOR,
    IRREGULAR,
    NUMBERS,
    OTHERWISE,
    OTHERWISE_PARTED,
    PLEASE,
    RATED,
    RECOMMENDED,
    UNITS,
)
from interworky_tui.domain.text import fold

BEST = 5
LONGEST = 1600
"""Characters of a text that the provider takes; more of it is not read."""


@dataclass(frozen=True, slots=True)
class Rating:
    """``comment`` is the rest of the text, as it was typed."""

    rating: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A number that stands as a rating does: ``value`` of ``top``, which need not be possible."""

    value: int
    top: int
    comment: str

    @property
    def rating(self) -> Rating | None:
        possible = self.top == BEST and 1 <= self.value <= BEST
        return Rating(self.value, self.comment) if possible else None


@dataclass(frozen=True, slots=True)
class _Head:
    """What a text begins with, and where that ends.

    ``sure``: it can be nothing else; ``scaled``: it says of how much, but "4/5" may be a date.
    ``word``: the number is a word, which may be the article of a noun.
    """

    value: int
    top: int
    end: int
    sure: bool = False
    scaled: bool = False
    word: bool = False


def find_rating(text: str) -> Found | None:
    """None as well for what may be a time, a date or a quantity."""
    text = text[:LONGEST]
    opening = _OPENING.match(text)
    assert opening
    head = _stars(text, opening.end()) or _number(text, opening.end())
    if head is None or not _ends_well(text, head):
        return None
    after = text[head.end :]
    apart = _APART.match(after)
    assert apart
    between, rest = apart[0], after[apart.end() :]
    if _goes_on(rest) or not _is_comment(head, between, rest):
        return None
    comment = rest.rstrip()
    if re.search(_QUOTE, opening[0]):
        comment = comment.rstrip(_CLOSING).rstrip()
    return Found(head.value, head.top, comment)


def misses_a_rating(text: str) -> bool:
    """Whether it is clearly meant as a rating, but not one number from 1 to 5 ("10", "4-5")."""
    found = find_rating(text)
    if found:
        return found.rating is None and found.value <= 10 and found.top in (BEST, 10, 100)
    whole = text[:LONGEST].strip()
    if _BETWEEN.fullmatch(whole):
        return all(int(number) <= 10 for number in re.findall(r"\d+", whole))
    return _ONLY_STARS.fullmatch(whole) is not None


def _stars(text: str, at: int) -> _Head | None:
    """``★★★★``, with or without the empty ones; asterisks only when there is nothing else."""
    if match := _ASTERISKS.fullmatch(text, at):
        return _Head(match[0].count("*"), BEST, match.end(), sure=True)
    match = _STARS.match(text, at)
    if not match:
        return None
    full, empty = (len(re.findall(kind, match[0])) for kind in (_FULL, _EMPTY))
    if empty and full + empty != BEST:
        return None
    return _Head(full, BEST, at + len(match[0].rstrip()), sure=True)


def _number(text: str, at: int) -> _Head | None:
    match = _NUMBER.match(text, at)
    if not match:
        return None
    value, word = _value(match["number"]), not match["number"][0].isdigit()
    unit, scale = match["unit"] or match["of_unit"], match["slash"] or match["of"]
    count = len(re.findall(rf"\*|{_FULL}", unit or ""))
    if count not in (0, 1, value):
        return None
    top = _value(scale) if scale else BEST
    return _Head(value, top, match.end(), bool(unit), scale is not None, word)


def _value(number: str) -> int:
    digits = re.match(r"\d+", number)
    return int(digits[0]) if digits else NUMBERS[fold(number)]


def _ends_well(text: str, head: _Head) -> bool:
    """Nothing is grown together with it: ``5pm``, ``3rd``, ``5%``, ``2:30``, ``4-5``."""
    after = text[head.end :]
    return not after or after[0].isspace() or after[0] in _SEPARATORS + "(" or _is_picture(after[0])


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk") and character not in "°"


def _goes_on(rest: str) -> bool:
    """Another number follows, or a question."""
    if rest and (unicodedata.category(rest[0])[0] == "N" or rest[0] in "%$€£+/&#°"):
        return True
    if re.match(r"[^.!;\n…]*[?¿]|[ap]\.?\s?m\b|(?:and a half|y media)\b", rest, re.IGNORECASE):
        return True
    if _ANOTHER.search(rest) or _THEN.search(rest):
        return True
    tokens = rest.split()[:4]
    for token, following in zip(tokens[:3], [*tokens[1:], ""], strict=False):
        number = _CLOCK.fullmatch(token)
        if number and (number["unit"] or _bare(following) not in UNITS):
            return True
    return False


def _is_comment(head: _Head, between: str, rest: str) -> bool:
    """Whether the words are about the number, and do not count something by it."""
    if head.sure or not rest:
        return True
    if head.value == 1 and _SECOND_POINT.search(rest):
        return False
    first, *others = [_bare(token) for token in [*rest.split()[:4], "", ""]]
    grown = between in ("-", "–", "—", "'", "’")
    if (between.strip() or "\n" in between) and not grown:
        alone = len(rest.split()) == 1
        return first not in (OTHERWISE_PARTED | PLEASE if alone else OTHERWISE_PARTED)
    if first in OTHERWISE:
        return _is_praise(head, first, others[0])
    if _many(first) or (first in EACH and others[0] in OTHERWISE):
        return False
    # "3 friendly nurses" counts them; "five lovely nurses" hardly does.
    if 2 <= head.value < BEST and not head.scaled and _many(others[0]):
        return False
    # "One amazing team", "two kind doctors": by a word more is said than by a figure.
    return not head.word or head.scaled or not (head.value == 1 or any(map(_many, others)))


def _is_praise(head: _Head, first: str, second: str) -> bool:
    """ "5 would recommend", "5 for the service", against "5 would suit me", "5 for lunch"."""
    if first in FOR:
        return head.scaled or second in RATED
    return first in ("would", "will") and second in RECOMMENDED


def _many(word: str) -> bool:
    """An English or Spanish plural, as of what is counted."""
    if word in IRREGULAR:
        return True
    return word.endswith("s") and not word.endswith(("ss", "ous")) and word not in ENDS_IN_S


def _bare(token: str) -> str:
    return "".join(c for c in fold(token) if c.isalpha())


_QUOTE = r"[\"'“”„‘’«»]"
_CLOSING = "\"'“”‘’«»"
_SEPARATORS = ".,!;:=)]}-–—…|\"'“”’»"
_APART = re.compile(rf"[\s{re.escape(_SEPARATORS)}]*")
_DIGITS = r"(?:0|[1-9]\d{0,2}|[０-９])(?:\ufe0f?\u20e3)?(?!\d)"
_WORD = rf"(?:{'|'.join(NUMBERS)})(?![^\W_])"
_N = rf"(?:{_DIGITS}|{_WORD})"
_FULL = r"[★⭐🌟✭✮✯]"
_EMPTY = r"[☆✩]"
_UNIT = (
    rf"(?:stars?|estrellas?|points?|puntos?)(?![^\W_])|\*+|{_FULL}\ufe0f?(?:[ ]?{_FULL}\ufe0f?)*"
)
_OPENING = re.compile(
    rf"(?:\s|{_QUOTE}|[(\[¡])*"
    r"(?:(?:(?:my|our|the|mi|la) )?(?:rating|score|mark|grade|valoraci[oó]n|puntuaci[oó]n"
    r"|calificaci[oó]n|nota)(?: is| es| de)?\s?[:=–-]?\s?"
    r"|(?:i(?:['’]d|['’]ll| would| will)? (?:give|rate|say)(?: it| you| this| my visit| the visit)?"
    r"|(?:le|les) doy)(?: an?| un| with)? )?",
    re.IGNORECASE,
)
_STARS = re.compile(rf"(?:{_FULL}\ufe0f?\s*)+(?:{_EMPTY}\ufe0f?\s*)*")
_ASTERISKS = re.compile(r"\*(?:\s?\*)+\s*")
_ONLY_STARS = re.compile(rf"(?:(?:{_FULL}|{_EMPTY})\ufe0f?\s*)+")
_NUMBER = re.compile(
    rf"(?P<number>{_N})"
    rf"(?:\s?/\s?(?P<slash>{_DIGITS})(?!\s?[./-]\s?\d)"
    rf"|(?:\s?-?\s?(?P<unit>{_UNIT}))?(?:\s?\b(?:out of|of|sobre|de)\s(?P<of>{_N}))?)"
    rf"(?:\s?-?\s?(?P<of_unit>{_UNIT}))?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"{_N}(?:[.,]\d|\s?½|\s?\+{{1,3}}|\s1/2|\s?(?:[-–—&,]|\b(?:or|to|and|o|a|y)\b)\s?{_N})?"
    rf"\s?(?:{_UNIT})?[\s!?]*",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\W*(?:1[0-2]|0?\d)(?:[:.]\d\d)?(?P<unit>[ap]\.?m\.?|ish|h)?\W*", re.IGNORECASE
)
_ANOTHER = re.compile(r"(?<![\w.,:])[0-5] ?(?:for|para|por|stars?|estrellas?|out of|/ ?5)\b", re.I)
"""A rating of something else: "5 for the staff, 2 for the wait"."""
_THEN = re.compile(r"\bsee (?:you|u|ya) (?:then|there|at)\b", re.I)
_SECOND_POINT = re.compile(r"(?:^|\s)2\s*[.):]")
