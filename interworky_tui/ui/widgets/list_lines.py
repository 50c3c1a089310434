"""The list's lines, painted: styled segments, each line exactly as wide as the list."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from interworky_tui.domain.appointment import Status
from interworky_tui.storage.rows import Row
from interworky_tui.ui.widgets.list_columns import (
    MARK,
    Wording,
    columns,
    fit_exact,
    header,
    line,
    plain,
)

BAR_WIDTH = 1
_SIGN = ">"
_BAR = {None: " ", False: "│", True: "█"}
_MOST = 2000


class Drawn(NamedTuple):
    """One line: a row or a text, its look, and the piece of scrollbar beside it.

    ``look`` is ``cursor``, ``header`` or empty, with a star for a marked row;
    ``bar`` is thumb (True), track or nothing.
    """

    what: Row | str
    look: str = ""
    bar: bool | None = None


class Painter:
    """Paints lines of one width, for one tab, at one moment, and remembers them."""

    def __init__(self, wording: Wording, now: datetime) -> None:
        self._wording, self._now = wording, now
        self._width = 0
        self._columns = columns(Status.REQUESTED, 0)
        self._looks: dict[str, Style] = {}
        self._kept: dict[tuple[Row | str, str], list[Segment]] = {}

    def fit(self, status: Status, width: int) -> None:
        """The tab, and the width of the list with its scrollbar."""
        self._width = max(0, width - BAR_WIDTH)
        self._columns = columns(status, self._width)
        self._kept.clear()

    def dress(self, looks: Mapping[str, Style]) -> None:
        """The styles by look; the scrollbar has one too."""
        if looks != self._looks:
            self._looks = dict(looks)
            self._kept.clear()

    def speak(self, wording: Wording, now: datetime) -> None:
        self._wording, self._now = wording, now
        self._kept.clear()

    def titles(self, marked: int = 0) -> Drawn:
        return Drawn(header(self._columns, self._width, marked), "header")

    def words(self, text: str, height: int) -> list[Drawn]:
        """The lines of a text, as a block in the middle of an otherwise empty list."""
        said = [plain(part) for part in text.splitlines()]
        widest = max((cell_len(part) for part in said), default=0)
        lines = [" " * max(0, (self._width - widest) // 2) + part for part in said]
        above = [""] * max(0, (height - len(said)) // 3)
        return [Drawn(part) for part in (*above, *lines, *[""] * height)][:height]

    def strip(self, drawn: Drawn) -> Strip:
        bar = Segment(_BAR[drawn.bar], self._looks["scrollbar"])
        return Strip([*self.segments(drawn), bar], self._width + BAR_WIDTH)

    def segments(self, drawn: Drawn) -> list[Segment]:
        """The line without its piece of scrollbar."""
        key = (drawn.what, drawn.look)
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            kept = self._kept[key] = self._paint(drawn)
        return kept

    def _paint(self, drawn: Drawn) -> list[Segment]:
        what, look = drawn.what, drawn.look
        marked = look.endswith(MARK)
        look = look.removesuffix(MARK)
        style = self._looks[look]
        if isinstance(what, str):
            return [Segment(fit_exact(what, self._width), style)]
        sign = _SIGN if look == "cursor" else " "
        pieces = line(
            what, self._columns, self._width, self._now, self._wording, sign, marked=marked
        )
        if look == "cursor":  # where a mark's own colour may not be readable
            return [Segment(piece.text, style) for piece in pieces]
        return [Segment(piece.text, self._looks[piece.look]) for piece in pieces]
