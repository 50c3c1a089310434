"""The guided first morning: a line on every screen says what to press next, and sees it done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from interworky_tui.domain.lifecycle import Verb
from interworky_tui.services.history import last_line, verbs_since
from interworky_tui.ui.hands import Hands

LOOK_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class GuideStep:
    """Done with a ``verb`` in the history, or once a ``screen`` of that class was opened and,
    if ``back``, left again. Without either it is the last one.
    """

    text: str
    verb: Verb | None = None
    screen: str = ""
    back: bool = False


STEPS = (
    GuideStep(
        "Good morning. These are requests; the ones that waited too long come first."
        " Press Enter on one to give it a time.",
        screen="SetTimeDialog",
    ),
    GuideStep(
        "Three free slots near the wish, each with its reason. Press 1: the visit is set,"
        " and the client and the office are told.",
        verb=Verb.SCHEDULE,
    ),
    GuideStep(
        "Word of it waits for ten seconds, so that a slip costs nothing. Try it: press u."
        " (Too late? G goes on.)",
        verb=Verb.UNDO,
    ),
    GuideStep(
        "Press 2 for the visits: those that are due come first. Did the client come?"
        " Press a, read who will be told, then Enter.",
        verb=Verb.ATTEND,
    ),
    GuideStep(
        "Press 3 for those who came, then f and Enter: the client is asked how it was.",
        verb=Verb.COLLECT_FEEDBACK,
    ),
    GuideStep(
        "Press m: every message and every reply, word for word. Esc leads back here.",
        screen="MessagesScreen",
        back=True,
    ),
    GuideStep(
        "The phone rings, its display ends with 5601: type 5601, then Enter. Esc leads back.",
        screen="CallerScreen",
        back=True,
    ),
    GuideStep(
        "Press d: the day with its visits and gaps; left and right turn the days. Esc leads back.",
        screen="DayScreen",
        back=True,
    ),
    GuideStep(
        "That was a morning. N goes to the next thing that needs you, p hides all names, and ?"
        " says what can be done at any time. G ends the guide; nothing here was real.",
    ),
)


class GuideBar(Static):
    DEFAULT_CSS = """
    GuideBar {
        dock: top;
        height: auto;
        max-height: 3;
        padding: 0 1;
        background: $primary;
        color: $background;
        text-style: bold;
    }
    """


class Guide(Widget):
    """Mounted on the desk while it goes on; sees to its line on whatever screen is on top."""

    DEFAULT_CSS = "Guide { display: none; }"

    def __init__(self, hands: Hands, ended: Callable[[], None]) -> None:
        super().__init__(id="guide")
        self._hands, self._ended = hands, ended
        self._step = 0
        self._since: int | None = None
        self._opened = False

    def on_mount(self) -> None:
        self.set_interval(LOOK_EVERY, self._look)
        self._look()

    def on_unmount(self) -> None:
        for screen in self.app.screen_stack:
            screen.query(GuideBar).remove()

    def next_step(self) -> None:
        """Go on, whether the step was done or not; after the last one it is over."""
        if self._step + 1 == len(STEPS):
            self._ended()
            return
        self._step += 1
        self._since, self._opened = None, False
        self._look()

    @work(group="guide", exclusive=True)
    async def _look(self) -> None:
        self._show()
        step = STEPS[self._step]
        if step.verb is not None:
            if self._since is None:
                self._since = await self._hands.ask(last_line)
            if step.verb in await self._hands.ask(verbs_since, self._since):
                self.next_step()
        elif step.screen:
            there = any(type(screen).__name__ == step.screen for screen in self.app.screen_stack)
            if (there and not step.back) or (self._opened and not there):
                self.next_step()
            self._opened = self._opened or there

    def _show(self) -> None:
        said = Content.assemble(
            f"{self._step + 1}/{len(STEPS)}  ",
            Content.styled(STEPS[self._step].text, "not bold"),
            "  G goes on",
        )
        screen = self.app.screen
        bars = screen.query(GuideBar)
        if bars:
            bars.first().update(said)
        else:
            screen.mount(GuideBar(said))
