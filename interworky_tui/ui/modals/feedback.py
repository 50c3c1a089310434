"""Feedback: writing down what the client says, and reading it in full."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.feedback import Recommend, Source, Survey
from interworky_tui.services.context import Changed
from interworky_tui.ui.modals.dialog import Dialog, field

YES = ("y", "yes")
ANSWERS = {
    "y": Recommend.YES,
    "yes": Recommend.YES,
    "n": Recommend.NO,
    "no": Recommend.NO,
    "m": Recommend.MAYBE,
    "maybe": Recommend.MAYBE,
    "": None,
}


class RecordFeedbackDialog(Dialog[Changed]):
    of_visit = True

    def __init__(self, name: str, save: Callable[[Survey], Awaitable[Changed]]) -> None:
        super().__init__()
        self.title_text = f"Write down the feedback of {name}"
        self._save = save

    def content(self) -> Iterable[Widget]:
        yield field("Rating", "rating", placeholder="1 (bad) to 5 (very good)")
        yield field("Good", "good", placeholder="what was good")
        yield field("Bad", "bad", placeholder="what was not")
        yield field("Recommend", "recommend", placeholder="y, n or m for maybe; empty if not said")
        yield field("Quote", "publish", placeholder="y if we may quote them publicly")

    async def send(self) -> Changed:
        return await self._save(self._survey())

    def _survey(self) -> Survey:
        rating = self.typed("rating").strip()
        if rating not in ("1", "2", "3", "4", "5"):
            raise BadInput("A rating is a number from 1 to 5.", "rating")
        recommend = self.typed("recommend").strip().casefold()
        if recommend not in ANSWERS:
            raise BadInput("Recommend: y, n or m, or leave it empty.", "recommend")
        publish = self.typed("publish").strip().casefold()
        if publish not in (*YES, "n", "no", ""):
            raise BadInput("Quote: y or n, or leave it empty.", "publish")
        return Survey(
            rating=int(rating),
            good=self.typed("good"),
            bad=self.typed("bad"),
            recommend=ANSWERS[recommend],
            publish=publish in YES,
            source=Source.STAFF,
        )


class ViewFeedbackDialog(Dialog[bool]):
    of_visit = True
    BINDINGS = [  # noqa: RUF012
        Binding("v,q", "leave", "Back"),
        Binding("down", "scroll(3)", "Down"),
        Binding("up", "scroll(-3)", "Up"),
    ]
    keys = (("Esc", "Back", "leave"), ("↓ ↑", "Read on", "scroll(3)"))

    def __init__(self, name: str, text: Content) -> None:
        super().__init__()
        self.title_text = f"Feedback of {name}"
        self._text = text

    def content(self) -> Iterable[Widget]:
        with VerticalScroll(classes="scroll", id="survey", can_focus=False):
            yield Static(self._text, markup=False)

    async def send(self) -> bool:
        return True
