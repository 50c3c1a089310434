"""What the pages say, a file for each language, and which of them a browser asks for."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

ENGLISH = "en"
LANGUAGES = (ENGLISH, "es")
_FOLDER = Path(__file__).with_name("words")


@cache
def words(language: str) -> Mapping[str, Any]:
    """By section and name. The same names are there in each of ``LANGUAGES``."""
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def chosen(asked: str, accepted: str, own: str | None, usual: str) -> str:
    """``asked`` for by name goes before what the browser accepts, then the client's, the office's.

    ``accepted`` is an Accept-Language header. Raises nothing: English is there for the rest.
    """
    wishes = [asked, *_by_weight(accepted), own or "", usual]
    tags = (wish.partition("-")[0].strip().lower() for wish in wishes)
    return next((tag for tag in tags if tag in LANGUAGES), ENGLISH)


def _by_weight(header: str) -> list[str]:
    """The tags of an Accept-Language header, the dearest first; what is no weight is none."""
    weighed = []
    for part in header[:500].split(","):
        tag, _, weight = part.partition(";")
        weighed.append((_weight(weight), tag.strip()))
    weighed.sort(key=lambda one: -one[0])
    return [tag for weight, tag in weighed if weight > 0]


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
