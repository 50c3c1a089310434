"""What the doctor finds."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Not wrong, but somebody should know."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """``told`` is what was found, ``advice`` what to do, "" when there is nothing to do."""

    part: str
    state: State
    told: str
    advice: str = ""


def ok(part: str, told: str) -> Finding:
    return Finding(part, State.OK, told)


def note(part: str, told: str, to_do: str = "") -> Finding:
    return Finding(part, State.NOTE, told, to_do)


def problem(part: str, told: str, to_do: str = "") -> Finding:
    return Finding(part, State.PROBLEM, told, to_do)
