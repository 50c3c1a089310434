"""The survey at the counter: a code that the client's phone reads, or why there is none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from interworky_tui.ui import qr
from interworky_tui.ui.messages import StoreChanged
from interworky_tui.ui.modals.dialog import Dialog

_BESIDE = 24
"""Cells that the words beside the code want, the frame among them."""
_FRAME = 3
"""Lines of the frame and of the keys."""


class SurveyCodeDialog(Dialog[bool]):
    """``url`` is empty when there is nothing to show; ``hints`` say why, or what is to know.

    Dismissed with True when the answer is to be typed in instead. ``is_open`` says whether the
    answer is still awaited.
    """

    of_visit = True
    BINDINGS = [Binding("w", "submit", "Write answer"), Binding("s,q", "leave", "Back")]  # noqa: RUF012
    keys = (("w", "Write down what they say", "submit"), ("Esc", "Back", "leave"))

    def __init__(
        self, name: str, url: str, hints: Iterable[str], is_open: Callable[[], Awaitable[bool]]
    ) -> None:
        super().__init__()
        self.title_text = f"Survey for {name}"
        self._url, self._hints, self._is_open = url, tuple(hints), is_open

    def content(self) -> Iterable[Widget]:
        with Horizontal(id="survey-code"):
            code = Static(id="code", markup=False)
            if self._url:
                code.update(qr.content(self._url))
            yield code
            yield Static("", id="beside", markup=False)

    @on(Resize)
    def _fit(self, event: Resize) -> None:
        """A code of which a part is cut off is no code."""
        lines = qr.lines(self._url) if self._url else ()
        width, height = event.size
        fits = bool(lines) and width >= len(lines[0]) + _BESIDE and height >= len(lines) + _FRAME
        self.query_one("#code").display = fits
        self.say("beside", self._words(fits=fits))

    def _words(self, *, fits: bool) -> Content:
        parts = []
        if fits:
            parts.append(Content.styled("Let them point the phone's camera at the code.", "bold"))
        elif self._url:
            small = "The code needs a larger window. The link by itself:"
            parts.append(Content.styled(small, "bold"))
        if self._url:
            parts.append(Content(self._url))
            parts.append(Content.styled("This closes by itself when they answer.", "$text-muted"))
        parts += [Content.styled(hint, "$warning") for hint in self._hints]
        return Content("\n\n").join(parts)

    @on(StoreChanged)
    @work(group="open", exclusive=True)
    async def _look(self) -> None:
        if not await self._is_open():
            self.action_leave()

    def action_submit(self) -> None:
        self.dismiss(True)

    async def send(self) -> bool:
        return True
