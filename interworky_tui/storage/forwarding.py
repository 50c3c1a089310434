"""The note that an office leaves behind when it is moved, and the one in its copy until then.

Of the two databases neither knows when the other one has committed. So the copy comes first, with
a note that keeps it closed; the office is in its new place from the moment at which the old one
says so; and then the copy is opened. Whatever stops a move, one of the two is the office, and the
same command again ends it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from interworky_tui.domain.errors import StoreProblem

MOVED, ARRIVING, ARRIVED = "moved to", "arriving from", "moved from"
"""Rows of office_fact. They stay where they are when the rest is moved."""
SIGNAL = "interworky_changed"
"""What PostgreSQL's triggers send of each change; of a move it says so."""
NOTES = ", ".join(f"'{name}'" for name in (MOVED, ARRIVING, ARRIVED))
READ = f"SELECT name, value FROM office_fact WHERE name IN ({NOTES})"


@dataclass(frozen=True, slots=True)
class Note:
    """``move`` is the same in both places; ``place`` is the other one, without a password."""

    move: str
    place: str

    def to_fact(self) -> str:
        return f"{self.move} {self.place}"


class OfficeMoved(StoreProblem):
    """No office to be used stands here: ``found`` says by which of the notes."""

    title: ClassVar[str] = "The office was moved"

    def __init__(self, sentence: str, found: str, note: Note) -> None:
        super().__init__(sentence)
        self.found, self.note = found, note


def notes_of(rows: Sequence[Sequence[Any]]) -> dict[str, Note]:
    """By their names, from rows of ``READ``."""
    split = ((name, str(value).partition(" ")) for name, value in rows)
    return {str(name): Note(move, place) for name, (move, _, place) in split}


def refuse(rows: Sequence[Sequence[Any]]) -> None:
    """Raises OfficeMoved unless the office is here, from rows of ``READ``."""
    notes = notes_of(rows)
    if note := notes.get(MOVED):
        raise moved(note)
    if note := notes.get(ARRIVING):
        raise OfficeMoved(
            f"The office was never moved here to the end; it is still {note.place}, unless that"
            " says otherwise. Run interworky-tui move-to there once more.",
            ARRIVING,
            note,
        )


def moved(note: Note) -> OfficeMoved:
    return OfficeMoved(
        f"The office was moved and is now {note.place}, so nothing is changed here any more. Open"
        " the desk again; if that says the same, set [database] url, or run the same"
        " interworky-tui move-to once more.",
        MOVED,
        note,
    )
