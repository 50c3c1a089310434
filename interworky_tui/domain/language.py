"""Language tags as people write them, and in the one spelling that is kept."""

import re

from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.text import clean_line, echo

_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?")


def clean_language(text: str) -> str | None:
    """A BCP 47 tag of language, script and region, as in ``es-MX``; None for an empty text.

    Raises BadInput for the field ``language``.
    """
    line = clean_line(text)
    if not line:
        return None
    found = _TAG.fullmatch(line.lower().replace("_", "-"))
    if found is None:
        raise BadInput(f"'{echo(line)}' is not a language code like en, es or es-MX.", "language")
    language, script, region = found.groups()
    parts = (language, script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part)


def wider(tag: str) -> tuple[str, ...]:
    """The tag and those that it is a kind of: ``es-MX``, then ``es``."""
    parts = tag.split("-")
    return tuple("-".join(parts[:size]) for size in range(len(parts), 0, -1))
