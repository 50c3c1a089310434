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
from interworky_tui.ui.modals.dialog import Dialog
from interworky_tui.ui.screens.office_screen import OfficeScreen

LOOK_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class GuideStep:
    """Done with a ``verb`` in the history, or once a ``screen`` of that class was opened and,
    if ``back``, left again. Without either it is the last one. What is done ``within`` a modal
    needs that opened anew, by the step before, when it was left.
    """

    text: str
    verb: Verb | None = None
    screen: str = ""
    back: bool = False
    within: str = ""


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
        within="SetTimeDialog",
    ),
    GuideStep(
        "Word of it waits for ten seconds, so that a slip costs nothing. Try it: press u."
        " (Too late? G goes on.)",
        verb=Verb.UNDO,
    ),
    GuideStep(
        "Press 2 for the visits: those that are due come first. Did the client come?"
        " Press a, read who is told, then Enter.",
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
        " says what can be done at any time. Nothing here was real.",
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
        self._go(1)

    @work(group="guide", exclusive=True)
    async def _look(self) -> None:
        self._show()
        step = STEPS[self._step]
        # Before the history is read: what closes the modal is in it by then.
        there = self._is_open(step.screen or step.within)
        left, self._opened = self._opened and not there, self._opened or there
        if step.verb is not None:
            if self._since is None:
                self._since = await self._hands.ask(last_line)
            if step.verb in await self._hands.ask(verbs_since, self._since):
                self.next_step()
            elif left:
                self._go(-1)
        elif left or (there and not step.back):
            self.next_step()

    def _is_open(self, screen: str) -> bool:
        return any(type(each).__name__ == screen for each in self.app.screen_stack)

    def _go(self, by: int) -> None:
        self._step += by
        self._since, self._opened = None, False
        self._look()

    def _show(self) -> None:
        screen = self.app.screen
        if not isinstance(screen, OfficeScreen | Dialog):
            return
        more = "G ends the guide" if self._step + 1 == len(STEPS) else "G goes on"
        said = Content.assemble(
            f"{self._step + 1}/{len(STEPS)}  ",
            Content.styled(STEPS[self._step].text, "not bold"),
            # Elsewhere it is no key.
            f"  {more}" if screen is self.screen else "",
        )
        bars = screen.query(GuideBar)
        if bars:
            bars.first().update(said)
        else:
            screen.mount(GuideBar(said))
