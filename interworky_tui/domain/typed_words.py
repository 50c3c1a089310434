"""The words of typed time, and how a typed line is made ready to be read."""

import re

from interworky_tui.domain.errors import TimeNotUnderstood

LONGEST = 100
EXAMPLE = "type a day and a time, for example 'fri 14:30'"

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


def _beginnings(names: tuple[str, ...], shortest: int) -> dict[str, int]:
    return {
        name[:length].lower(): index
        for index, name in enumerate(names)
        for length in range(shortest, len(name) + 1)
    }


WEEKDAYS = _beginnings(WEEKDAY_NAMES, 2) | {"weds": 2}
"""Names and their beginnings of two letters or more -> 0 (Monday) to 6."""

MONTHS = {word: index + 1 for word, index in _beginnings(MONTH_NAMES, 3).items()}
"""Names and their beginnings of three letters or more -> 1 to 12."""

_HOUR_WORDS = (
    "one", "two", "three", "four", "five", "six",
    "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
HOURS = {word: index + 1 for index, word in enumerate(_HOUR_WORDS)}
MINUTES = HOURS | {"fifteen": 15, "twenty": 20, "thirty": 30}
COUNTS = MINUTES | {"a": 1, "an": 1}


def any_of(words: dict[str, int]) -> str:
    """A pattern for any of the words, the longer ones first."""
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


PART = "|"
"""Stands in a prepared line where a part of the day was said, so that what was on its two
sides is never read as one."""

_VAGUE = {
    "midnight": "Midnight belongs to two days; write the date and 00:00",
    "yesterday": "Yesterday has passed; give a day from today on",
    "last": "That day has passed; give a day from today on",
    "ago": "That time has passed; give one from now on",
    "month": "Write the date instead of counting months",
    "months": "Write the date instead of counting months",
}
_SPAN_WORDS = {"or", "between", "until", "till"}
_KNOWN = {
    *WEEKDAYS, *MONTHS, *COUNTS, *_VAGUE, *_SPAN_WORDS,
    "after", "afternoon", "am", "and", "at", "coming", "day", "days", "evening", "from", "h",
    "half", "hour", "hours", "hr", "hrs", "in", "midday", "min", "mins", "minute", "minutes",
    "morning", "next", "night", "noon", "now", "of", "oclock", "on", "past", "pm", "quarter",
    "the", "this", "tmr", "tmrw", "to", "today", "tomorrow", "tonight", "week", "weeks",
}  # fmt: skip

_LOOKALIKES = str.maketrans(
    {"\t": " ", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "’": "'", "–": "-"}
)
_REWRITES = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        ("@", " at "),
        (r"(?<![a-z])([ap])\. ?m(?![a-z])\.?", r"\1m"),
        (r"o'? ?clock(?![a-z])", " oclock"),
        (r"(?<![a-z])(?:a )?fortnight(?![a-z])", "2 weeks"),
        (r"(?<!\S)(\d{4}-\d{1,2}-\d{1,2})t(?=\d)", r"\1 "),
        (rf"(?<!\S)(\d{{1,2}})-({any_of(MONTHS)})-(\d\d)(?!\S)", r"\1 \2 '\3"),
        (rf"(?<!\S)(\d{{1,2}})-({any_of(MONTHS)})(?:-(\d{{4}}))?(?!\S)", r"\1 \2 \3"),
    )
)
_PARTS = re.compile(
    r"(?<!\S)(?:(?:(?P<today>this )|in the )?(?P<part>morning|afternoon|evening)"
    r"|(?:at )?(?P<night>night)|(?P<tonight>tonight))(?!\S)"
)
_NUMBERS_LISTED = re.compile(
    r"\d{1,2},\d{1,2}(?!\d)|(?<!\S)\d{1,2} ?, ?\d{1,2}(?![^\s,]| [ap]\.?m)"
)


def prepare(text: str, example: str = EXAMPLE) -> str:
    """The line in lower case with single spaces and without what carries no meaning.

    ``example`` is what a refusal says to type instead. Raises TimeNotUnderstood for what cannot
    be part of a time: other alphabets, control characters, unknown words, spans.
    """
    if len(text) > LONGEST:
        raise TimeNotUnderstood(f"That is too long to be a time; {example}.")
    line = text.translate(_LOOKALIKES).strip(" \r\n")
    if not (line.isascii() and line.isprintable()):
        char = next(c for c in line if not (c.isascii() and c.isprintable()))
        said = f"'{char}'" if char.isalnum() else "A character that is not a letter or digit"
        raise TimeNotUnderstood(f"{said} was not understood; {example}.")
    line = line.lower()
    listed = _NUMBERS_LISTED.search(line)
    if listed:
        raise TimeNotUnderstood(
            f"'{listed[0]}' may be two numbers or one; write a time as 9:30 and a date as 20 mar."
        )
    line = line.replace(",", " ")
    for pattern, new in _REWRITES:
        line = pattern.sub(new, line)
    words = [_without_dot(word) for word in line.split()]
    if not words:
        raise TimeNotUnderstood(f"Nothing was typed; {example}.")
    _refuse_strange(words, example)
    return " ".join(words)


def take_part(line: str) -> tuple[str, str | None]:
    """The line with ``PART`` where it names a part of the day, and that part.

    ``this morning`` and ``tonight`` say today as well. Raises TimeNotUnderstood for two parts.
    """
    found = list(_PARTS.finditer(line))
    if not found:
        return line, None
    if len(found) > 1:
        raise TimeNotUnderstood(f"Two parts of the day were named; {EXAMPLE}.")
    said = found[0]
    today = "today " if said["today"] or said["tonight"] else ""
    part = said["part"] or "night"
    return f"{line[: said.start()]}{today}{PART}{line[said.end() :]}", part


def quote(text: str) -> str:
    """What was typed, short enough to stand in a sentence."""
    return f"'{text}'" if len(text) <= 40 else f"'{text[:37]}...'"


def _without_dot(word: str) -> str:
    """Abbreviations and sentences end with a dot; one after a number makes it a date."""
    if word.endswith(".") and (word[:-1].isalpha() or re.search(r":\d\d\.$|[a-z]\.$", word)):
        return word[:-1]
    return word


def _refuse_strange(words: list[str], example: str) -> None:
    for word in words:
        spans = "-" in word and not re.fullmatch(r"\d+-\d+-\d+", word)
        if spans or word in _SPAN_WORDS:
            raise TimeNotUnderstood(
                f"{quote(' '.join(words))} seems to name more than one time or day;"
                " give the start only, for example 'fri 14:30'."
            )
        if word in _VAGUE:
            raise TimeNotUnderstood(f"{_VAGUE[word]}.")
    strange = [word for word in words if _is_strange(word)]
    if strange:
        raise TimeNotUnderstood(f"{quote(' '.join(strange))} was not understood; {example}.")


def _is_strange(word: str) -> bool:
    if word.isalpha():
        return word not in _KNOWN
    return not re.fullmatch(r"'?\d[\d:./-]*[a-z]{0,5}|\d{1,2}h\d\d", word)
