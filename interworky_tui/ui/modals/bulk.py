"""One thing done to many: what is done to each, who is told in numbers, and what is left out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import BadInput, Refusal
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.text import clean_line
from interworky_tui.services.bulk import Act, Done, Line, Progress, Target
from interworky_tui.ui.messages import CompanyChanged, KeysReady
from interworky_tui.ui.modals.cancel import REASONS, reason_under, say_reasons
from interworky_tui.ui.modals.dialog import Dialog, field
from interworky_tui.ui.notice_content import in_numbers
from interworky_tui.ui.widgets.check_list import Checked, CheckList

if TYPE_CHECKING:
    from interworky_tui.ui.app import DeskApp
    from interworky_tui.ui.card_content import Told

TYPING = 0.3
"""Seconds that the typed reason rests before it is counted again."""
_REASONS = 2
"""How many reasons why something is left out are said below the lines."""
_NOTHING = "Nothing is left to be done; Esc goes back."


_IN_WORDS = str(REASONS.index(CancelReason.OTHER) + 1)
"""The digit after which letters are typed."""


@dataclass(frozen=True, slots=True)
class BulkWork:
    """What the modal asks for: a plan of an act, and to carry it out."""

    plan: Callable[[Act], Awaitable[tuple[Line, ...]]]
    carry_out: Callable[[Act, Sequence[Target], Progress], Awaitable[Done]]


class BulkDialog(Dialog[Done]):
    """Every line can be left out; what cannot be done to a line is said on it, and who else is on
    it. About the line under the cursor.
    """

    AUTO_FOCUS = "CheckList"
    most = 8
    """Lines shown in a low window."""

    def __init__(self, title: str, yes: str, verb: Verb, told: Told, work: BulkWork) -> None:
        super().__init__()
        self.title_text = title
        self.keys = (
            ("Enter", yes, "submit"),
            ("Space", "Leave out", ""),
            ("Esc", "Back", "leave"),
            ("↓ ↑", "Line", ""),
        )
        self._verb, self._told, self._work = verb, told, work
        self._lines: tuple[Line, ...] = ()
        self._ready = False
        self._done = 0

    def content(self) -> Iterable[Widget]:
        yield CheckList(most=self.most, id="lines")
        yield Static("", id="line", markup=False)
        yield Static("", id="numbers", classes="said", markup=False)

    def on_mount(self) -> None:
        self.say("numbers", Content.styled("Working it out…", "$text-muted"))
        self.plan()

    def act(self) -> Act:
        """What is to be done, as far as it is known. Raises Refusal."""
        return Act(self._verb)

    @work(group="plan", exclusive=True)
    async def plan(self) -> None:
        try:
            lines = await self._work.plan(self.act())
        except Refusal as refused:
            self.refuse(refused)
            return
        self._lines = tuple(sorted(lines, key=lambda line: bool(line.against)))
        self._ready = True
        self._show_lines()

    def _show_lines(self) -> None:
        for shown in self.query(CheckList):
            shown.show([self._checked(line) for line in self._lines])
            # At once, and not by its message: then all of it is laid out together.
            self._moved()

    def _checked(self, line: Line) -> Checked:
        return Checked(clean_line(line.client_name), self._says(line), not line.against)

    def _says(self, line: Line) -> str:
        if line.against:
            return line.against
        start = line.target.starts_at or line.before.starts_at
        said = self._short(start) if start else self._wish(line)
        # Before the reason of a slot, which takes all the room there is.
        if who := self._who(line):
            said += f"  ! {who}"
        if line.why:
            said += f"  {line.why}"
        return f"{said}  ! {line.warnings[0]}" if line.warnings else said

    def _who(self, line: Line) -> str:
        """The others who are on it."""
        return cast("DeskApp", self.app).company.said_of(line.target.appointment_id)

    @on(CompanyChanged)
    def _show_who(self) -> None:
        if self._ready:
            self._show_lines()

    def _short(self, start: datetime) -> str:
        local = start.astimezone(self._told.zone)
        year = f" {local.year}" if local.year != self._told.now.year else ""
        return f"{local:%a} {local.day:2} {local:%b}{year} {local:%H:%M}"

    def _wish(self, line: Line) -> str:
        one = line.before
        part = f"{one.wish_time:%H:%M}" if one.wish_time else self._told.bands.label(one.band)
        day = one.requested_date
        return f"wished for {day:%a} {day.day} {day:%b} {part}"

    @on(CheckList.Moved)
    def _moved(self) -> None:
        listed = self.query_one(CheckList)
        if not self._ready or self._busy:
            return
        if self._lines:
            line = self._lines[listed.cursor]
            self.about = line.target.appointment_id
            self._show_company()
            cast("DeskApp", self.app).say_where()
            full = (line.against or line.why, self._who(line), *line.warnings)
            self.say("line", Content.styled("  " + " ".join(filter(None, full)), "$text-muted"))
        self.say("numbers", self._numbers(listed.chosen))

    def _numbers(self, chosen: Sequence[int]) -> Content:
        out = len(self._lines) - len(chosen)
        said = [Content.styled(f"{len(chosen)} of {len(self._lines)}", "bold")]
        if out:
            said.append(Content.styled(f", {out} left out", "$warning bold"))
        if not chosen:
            return Content.assemble(*said, Content.styled(f". {_NOTHING}", "$warning"))
        messages = [message for index in chosen for message in self._lines[index].messages]
        said += [Content(". "), in_numbers(messages, self._told), self._why_left_out()]
        return Content.assemble(*said)

    def _why_left_out(self) -> Content:
        """The reasons that there are most of; each line says its own."""
        names: dict[str, list[str]] = {}
        for line in self._lines:
            if line.against:
                names.setdefault(line.against, []).append(clean_line(line.client_name))
        most = sorted(names.items(), key=lambda item: -len(item[1]))[:_REASONS]
        return Content("").join(
            Content.styled(
                f"\n  {who[0] if len(who) == 1 else len(who)} left out: {why}", "$warning"
            )
            for why, who in most
        )

    def action_leave(self) -> None:
        """What has begun is done before the modal closes."""
        if not self._busy:
            super().action_leave()

    async def send(self) -> Done:
        act = self.act()
        if not self._ready:
            raise Refusal("It is still being worked out; press Enter again in a moment.")
        chosen = self.query_one(CheckList).chosen
        targets = [self._lines[index].target for index in chosen]
        if not targets:
            raise Refusal(_NOTHING)
        self._done = 0
        self._say_progress(len(targets))
        ticking = self.set_interval(0.1, lambda: self._say_progress(len(targets)))
        try:
            done = await self._work.carry_out(act, targets, self._note_progress)
        finally:
            ticking.stop()
        if done.whole is None:
            raise Refusal(done.outcomes[0].refused)
        return done

    def _note_progress(self, done: int) -> None:
        """Called in another thread."""
        self._done = done

    def _say_progress(self, of: int) -> None:
        self.say("numbers", Content.styled(f"Doing it: {self._done} of {of}…", "bold"))


class BulkCancelDialog(BulkDialog):
    """A digit for the one reason, then Enter."""

    most = 6
    opening_keys = frozenset({"enter", _IN_WORDS})
    BINDINGS = [  # noqa: RUF012
        *(Binding(str(n), f"reason({n})", reason.label) for n, reason in enumerate(REASONS, 1)),
    ]

    def __init__(self, title: str, told: Told, work: BulkWork) -> None:
        super().__init__(title, "Cancel them all", Verb.CANCEL, told, work)
        self.keys = (("1-5", "Reason", ""), *self.keys)
        self._reason: CancelReason | None = None

    def content(self) -> Iterable[Widget]:
        yield Static("", id="reasons", markup=False)
        yield field("In words", "text", placeholder="needed for another reason; Tab goes here")
        yield from super().content()

    def _show_lines(self) -> None:
        super()._show_lines()
        self._show_reasons()

    def act(self) -> Act:
        text = self.typed("text")
        if self._busy and self._reason is None:
            raise BadInput("Press 1 to 5 for the reason.", "reason")
        # While a reason is still to be typed, the plan is made as if it was.
        other = self._reason is CancelReason.OTHER and not self._busy
        return Act(self._verb, self._reason, text or ("…" if other else ""))

    def action_reason(self, number: int) -> None:
        self._reason = REASONS[number - 1]
        self.tell("")
        self._show_reasons()
        if self._reason is CancelReason.OTHER:
            self.set_focus(self.query_one("#text", Input))
        self.post_message(KeysReady())
        self.plan()

    @on(Input.Changed, "#text")
    def _typed(self) -> None:
        self.post_message(KeysReady())
        if self._reason is not None:
            self.set_timer(TYPING, self.plan)

    def _numbers(self, chosen: Sequence[int]) -> Content:
        if self._reason is None:
            return Content.styled("Press 1 to 5 for the reason: it is the same for all.", "bold")
        return super()._numbers(chosen)

    def on_click(self, event: Click) -> None:
        if number := reason_under(event):
            self.action_reason(number)

    def _show_reasons(self) -> None:
        due = any(line.before.is_due(self._told.now) for line in self._lines)
        self.say("reasons", say_reasons(self._reason, "" if due else "none is due yet"))


class ChooseDialog(Dialog[Verb]):
    """Which thing to do to many; a letter does it at once, as on the desk."""

    BINDINGS = [  # noqa: RUF012
        *(Binding(letter, f"choose({letter!r})", show=False) for letter in "tax"),
        Binding("down", "step(1)", "Down", priority=True, show=False),
        Binding("up", "step(-1)", "Up", priority=True, show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self, title: str, choices: Sequence[tuple[str, str, Verb]]) -> None:
        """``choices``: each a letter, what it does, and its verb."""
        super().__init__()
        self.title_text = title
        self.keys = (
            ("Enter", "This one", "submit"),
            ("↓ ↑", "Choose", ""),
            ("Esc", "Back", "leave"),
        )
        self._choices, self._at = choices, 0

    def content(self) -> Iterable[Widget]:
        yield Static("", id="choices", classes="said", markup=False)

    def on_mount(self) -> None:
        self.action_step(0)

    def action_step(self, by: int) -> None:
        self._at = (self._at + by) % len(self._choices)
        lines = []
        for index, (letter, label, _) in enumerate(self._choices):
            here = index == self._at
            style = "bold reverse" if here else ""
            lines.append(Content.styled(f"{'▶' if here else ' '} {letter}  {label}", style))
        self.say("choices", Content("\n").join(lines))

    def action_choose(self, letter: str) -> None:
        for index, choice in enumerate(self._choices):
            if choice[0] == letter:
                self._at = index
                self.action_submit()

    def on_click(self, event: Click) -> None:
        if event.widget is not None and event.widget.id == "choices":
            self._at = min(event.y, len(self._choices) - 1)
            self.action_submit()

    async def send(self) -> Verb:
        return self._choices[self._at][2]
