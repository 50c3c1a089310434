"""Where the cursor of a list stands, and the moves a person can wish for."""

from dataclasses import dataclass

from interworky_tui.storage.rows import Key


@dataclass(slots=True)
class Mark:
    """Where the cursor stands: the row's key and id, and its line on the screen."""

    key: Key
    id: int
    line: int


@dataclass(slots=True)
class Step:
    """The cursor moves by rows; the screen follows."""

    by: int


@dataclass(slots=True)
class Page:
    """Screen and cursor move by whole screens."""

    by: int


@dataclass(slots=True)
class Scroll:
    """The screen moves by lines; the cursor stays on its row while that is on screen."""

    by: int


@dataclass(slots=True)
class Edge:
    """The cursor goes to the first or to the last row."""

    last: bool


@dataclass(slots=True)
class Goto:
    """The screen goes to a part of the whole, from 0 (top) to 1 (bottom)."""

    fraction: float


@dataclass(slots=True)
class Select:
    """The cursor goes to an appointment, if the view has it."""

    id: int


@dataclass(slots=True)
class Toggle:
    """The cursor's row is marked, or its mark taken away."""


@dataclass(slots=True)
class Through:
    """All from the last mark to the cursor's row are marked."""


Wish = Step | Page | Scroll | Edge | Goto | Select | Toggle | Through
