"""The desk's single lines: the header, the six tabs, and the keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from interworky_tui.domain.appointment import Status
from interworky_tui.storage.rows import Counts
from interworky_tui.storage.waiting import CAP

SHORT = {
    Status.REQUESTED: "Request",
    Status.SCHEDULED: "Sched",
    Status.ATTENDED: "Attend",
    Status.FEEDBACK_PENDING: "Pend",
    Status.FEEDBACK_COLLECTED: "Coll",
    Status.CANCELLED: "Canc",
}
SHORTEST = {status: label[:3] for status, label in SHORT.items()}
_LOW = "low unread"
FULL = {status: status.label for status in Status}


class Line(Static):
    """One line of text that changes without a new layout."""

    DEFAULT_CSS = """
    Line { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", markup=False, id=id)

    def say(self, content: Content) -> None:
        before = self.visual
        if not (isinstance(before, Content) and before.is_same(content)):
            self.update(content, layout=False)


LEAST_NAME = 10
"""Cells of the office's name that are worth showing."""


class HeaderBar(Line):
    """The office, its date and time, and what the receptionist must know about delivery."""

    def show(self, office: str, moments: Sequence[str], notices: Sequence[Content]) -> None:
        """``moments`` and ``notices`` from the fullest to the shortest.

        When there is no room the name gives way first, then the date, then the notice.
        """
        width = self.size.width or self.app.size.width
        self.say(header_line(width, office, moments, notices))


def header_line(
    width: int, office: str, moments: Sequence[str], notices: Sequence[Content]
) -> Content:
    """See HeaderBar.show."""
    name = Content.styled(office, "bold")
    least = min(LEAST_NAME, name.cell_length)
    for notice in notices:
        for moment in moments:
            # Blanks: one at each end, two between the parts at least.
            room = width - len(moment) - notice.cell_length - len("      ")
            if room >= least:
                name = name.truncate(room, ellipsis=True)
                left = Content.assemble(" ", name, "  ", Content.styled(moment, "$text-muted"))
                gap = width - left.cell_length - notice.cell_length - 1
                return Content.assemble(left, " " * gap, notice, " ")
    return Content.assemble(" ", notices[-1]).truncate(width)


class Banner(Static):
    """A few lines across the desk that stay for as long as they are true."""

    DEFAULT_CSS = """
    Banner {
        height: auto;
        max-height: 3;
        padding: 0 1;
        background: $error;
        color: $background;
        display: none;
    }
    Banner.-told { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", markup=False, id=id)

    def show(self, content: Content | None) -> None:
        if content is not None:
            self.update(content)
        self.set_class(content is not None, "-told")


class TabBar(Line):
    """Six tabs with their counts; Scheduled also says how many are due, Feedback Collected
    how many low ratings nobody has read.
    """

    @dataclass
    class TabChosen(Message):
        status: Status

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._spans: list[tuple[int, int, Status]] = []

    def show(self, current: Status, counts: Counts | None) -> None:
        width = self.size.width or self.app.size.width
        for labels, gap in ((FULL, "  "), (SHORT, "  "), (SHORT, " "), (SHORTEST, " ")):
            content, spans = self._drawn(labels, gap, current, counts)
            if content.cell_length <= width:
                break
        self._spans = spans
        self.say(content)

    def _drawn(
        self, labels: dict[Status, str], gap: str, current: Status, counts: Counts | None
    ) -> tuple[Content, list[tuple[int, int, Status]]]:
        parts: list[Content] = []
        spans: list[tuple[int, int, Status]] = []
        at = 0
        for number, status in enumerate(Status, 1):
            face = f"{number} {labels[status]}"
            if counts is not None:
                face += f" {capped(counts.of.get(status, 0))}"
            style = "bold reverse" if status is current else "$text"
            tab = Content.styled(f" {face} " if gap == "  " else face, style)
            if counts is not None and status is Status.SCHEDULED and counts.due:
                due = Content.styled(f"{capped(counts.due)} due", "bold $warning")
                tab = Content.assemble(tab, " ", due)
            if counts is not None and status is Status.FEEDBACK_COLLECTED and counts.unread_low:
                low = f"{capped(counts.unread_low)} {_LOW if labels is FULL else 'low'}"
                tab = Content.assemble(tab, " ", Content.styled(low, "bold $warning"))
            spans.append((at, at + tab.cell_length, status))
            parts += [tab, Content(gap if gap == " " else " ")]
            at += tab.cell_length + 1
        return Content.assemble(*parts[:-1]), spans

    def on_click(self, event: Click) -> None:
        for start, end, status in self._spans:
            if start <= event.x < end:
                self.post_message(self.TabChosen(status))


class KeyBar(Line):
    """Keys that can be pressed here; a click on one presses it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys: Sequence[tuple[str, str, str]] = ()
        self._keep: Sequence[str] = ()
        self._actions: list[tuple[int, int, str]] = []

    def on_resize(self) -> None:
        self.show(self._keys, self._keep)

    def show(self, keys: Sequence[tuple[str, str, str]], keep: Sequence[str] = ()) -> None:
        """Each key as (face, label, action or ""); what finds no room is left to the help. The
        faces to ``keep`` always find it.
        """
        self._keys, self._keep, self._actions = keys, keep, []
        faces = [
            Content.assemble(Content.styled(f, "bold $primary"), f" {on}") for f, on, _ in keys
        ]
        room = self.size.width or self.app.size.width
        room -= sum(
            part.cell_length + 2 for part, key in zip(faces, keys, strict=True) if key[0] in keep
        )
        parts: list[Content] = []
        at, used, full = 1, 1, False
        for part, (face, _label, action) in zip(faces, keys, strict=True):
            if face not in keep:
                full = full or used + part.cell_length > room
                if full:
                    continue
                used += part.cell_length + 2
            if action:
                self._actions.append((at, at + part.cell_length, action))
            parts.append(part)
            at += part.cell_length + 2
        self.say(Content.assemble(" ", Content("  ").join(parts)))

    async def on_click(self, event: Click) -> None:
        for start, end, action in self._actions:
            if start <= event.x < end:
                await self.screen.run_action(action)


class TooSmall(Static):
    """Instead of a desk that cannot be read."""

    DEFAULT_CSS = """
    TooSmall {
        width: 1fr;
        height: 1fr;
        content-align: center middle;
        text-align: center;
        color: $warning;
    }
    """

    def __init__(self, width: int, height: int) -> None:
        super().__init__(
            f"This window is {width}x{height}.\nMake it 80x24 or larger.\nNothing is lost.",
            markup=False,
        )


def capped(count: int) -> str:
    return f"{CAP - 1}+" if count >= CAP else str(count)
