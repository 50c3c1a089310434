"""The day: its visits and its free time by the clock, and how full its week is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.calendar import YEARS, office_day
from interworky_tui.domain.errors import IllegalMove, Refusal
from interworky_tui.domain.text import clean_line
from interworky_tui.ui.card_content import Told
from interworky_tui.ui.messages import MinutePassed, StoreChanged, VisitsCameDue
from interworky_tui.ui.screens.office_screen import OfficeScreen
from interworky_tui.ui.widgets.bars import KeyBar, Line
from interworky_tui.ui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from interworky_tui.domain.slots import Span
    from interworky_tui.services.day import DayLoad, DaySheet, Visit
    from interworky_tui.ui.curtain import Curtain
    from interworky_tui.ui.screens.desk import DeskScreen

    Found = tuple[DaySheet, tuple[DayLoad, ...]]
    """A day and its week."""


class DayScreen(OfficeScreen[int | None]):
    """Dismissed with the appointment that the desk is to turn to, if any."""

    CSS_PATH = "day.tcss"
    AUTO_FOCUS = "#timeline"
    help_title = "The day"
    BINDINGS = [  # noqa: RUF012
        Binding("escape", "back", "Back", tooltip="Drop what is being moved, or back to the desk"),
        Binding("d,q", "go_back", "Back to the desk", show=False),
        Binding("left,h", "turn(-1)", "Day before", tooltip="The day before"),
        Binding("right,l", "turn(1)", "Day after", tooltip="The day after"),
        Binding("left_square_bracket", "turn(-7)", "Week before", tooltip="A week earlier"),
        Binding("right_square_bracket", "turn(7)", "Week after", tooltip="A week later"),
        Binding("full_stop", "today", "Today", tooltip="Turn to today"),
        Binding("g", "go_to", "Go to", tooltip="Type a day"),
        Binding("t,space", "move", "Move", tooltip="Pick the visit up; again to type its time"),
        Binding("r", "verb('arrived')", "Arrived", tooltip="The client is in the waiting room"),
        Binding("a", "verb('attended')", "Attended", tooltip="Confirm that the client came"),
        Binding("x", "verb('cancel')", "Cancel", tooltip="Cancel the visit, with a reason"),
        Binding("F", "fill", "Fill", tooltip="Give free time to somebody who waits for one"),
        Binding("u", "undo", "Undo", tooltip="Take back the last change"),
    ]
    opening_keys = frozenset(("enter", "g", "t", "space", "r", "a", "x", "F", "u"))

    def __init__(self, desk: DeskScreen, day: date, found: Found) -> None:
        """``found``: that day and its week, so that they are there with the first paint."""
        super().__init__(desk.settings, desk.clock, desk.reads, desk.hands)
        self.desk, self.channels, self.phone = desk, desk.channels, desk.phone
        self.pages_problem = desk.pages_problem
        self.heading, self.counted = Line(id="day-title"), Line(id="day-counts")
        self.strip = Static("", id="day-week", markup=False)
        self.timeline = Timeline(id="timeline")
        self.visit_line, self.status_line = Line(id="day-visit"), Line(id="day-status")
        self.key_bar = KeyBar(id="day-keys")
        self.day = day
        self.moving: Visit | None = None
        self._sheet: DaySheet | None = None
        self._week: tuple[DayLoad, ...] = ()
        self._minute: datetime | None = None
        self._found = found
        self._find: str | None = None
        self._width = 0

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.banner
        yield self.strip
        yield self.counted
        yield self.timeline
        yield self.visit_line
        yield self.status_line
        yield self.key_bar

    def told(self) -> Told:
        return self.desk.told()

    def on_mount(self) -> None:
        self.show_channels()
        self._minute = self.clock().replace(second=0, microsecond=0)
        self._take(*self._found)

    def on_resize(self) -> None:
        if self.size.width != self._width:
            self.call_after_refresh(self._show)

    @on(StoreChanged)
    @on(VisitsCameDue)
    def _changed(self) -> None:
        self.read()

    @on(MinutePassed)
    def _tick(self) -> None:
        self._show_status()
        minute = self.clock().replace(second=0, microsecond=0)
        if minute != self._minute:
            self.read()

    def read(self) -> None:
        self.fresh.clear()
        self.desk.ahead.drop()
        self._read()

    @work(group="day", exclusive=True)
    async def _read(self) -> None:
        """The day that is shown and its week; what is no longer as it was leaves the hand."""
        self._minute = self.clock().replace(second=0, microsecond=0)
        try:
            sheet, week = await self._look(self.day)
        except Refusal as refused:
            self.notify(refused.sentence, severity="error", markup=False)
            self.fresh.set()
            return
        self._take(sheet, week)

    def _take(self, sheet: DaySheet, week: tuple[DayLoad, ...]) -> None:
        turned = self._sheet is None or self._sheet.day != sheet.day
        self._sheet, self._week = sheet, week
        self._keep_in_hand(sheet)
        self._show(turned=turned)
        self.fresh.set()
        self._read_ahead()

    async def _look(self, day: date) -> Found:
        from interworky_tui.services import day as days

        but = self.moving.id if self.moving else None
        return await self.desk.ahead.ask(days.look, day, but=but)

    @work(group="ahead", exclusive=True)
    async def _read_ahead(self) -> None:
        """The days beside this one, while the person looks at it."""
        from interworky_tui.ui.day_content import following

        beside = (following(self.day, 1), following(self.day, -1))
        wanted = (partial(self._look, day) for day in beside if day.year in YEARS)
        await self.desk.ahead.read(*wanted)

    def _keep_in_hand(self, sheet: DaySheet) -> None:
        """What is moved, as it is now; nothing when another desk changed it."""
        moving = self.moving
        now = next((visit for visit in sheet.visits if moving and visit.id == moving.id), None)
        if moving is None or now is None:
            return
        self.moving = now if now.version == moving.version else None
        if self.moving is None:
            name = clean_line(now.client_name)
            said = f"{name} was changed in the meantime; nothing is moved."
            self.notify(said, markup=False)

    def cover(self, curtain: Curtain) -> None:
        self._sheet, self.moving = curtain.over(self._sheet), curtain.over(self.moving)
        self._show()

    # What is shown

    def _show(self, *, turned: bool = False) -> None:
        from interworky_tui.ui import day_content as content

        sheet, told = self._sheet, self.told()
        if sheet is None:
            return
        width = self._width = self.size.width or self.app.size.width
        today = office_day(told.now, self.zone)
        self.heading.say(content.heading(sheet, told))
        self.strip.update(content.strip(self._week, sheet.day, today, width), layout=False)
        if self.moving is not None:
            self.counted.say(content.moving_words(self.moving, told))
        else:
            self.counted.say(content.counted(sheet))
        found, self._find = self._find, None
        at = found or (self._first(sheet) if turned else None)
        # The last cell is the scrollbar's.
        self.timeline.show(content.lines(sheet, told, width - 1, self.moving), at=at)
        self._show_line()
        self._show_status()

    def _first(self, sheet: DaySheet) -> datetime:
        """Where the cursor of another day begins: at the present of today, else at the top."""
        if sheet.day == office_day(sheet.now, self.zone):
            return sheet.now
        return datetime.min.replace(tzinfo=sheet.now.tzinfo)

    @on(Timeline.CursorMoved)
    def _show_line(self) -> None:
        """What is under the cursor in full, and what can be done with it."""
        from interworky_tui.ui import day_content as content

        visit, said = self.visit, Content("")
        if visit is not None:
            said = content.in_full(visit, self.told())
        elif self.gap is not None:
            said = content.gap_words(self.gap, self.moving, self.told())
        self.visit_line.say(said)
        self._show_keys()

    def _show_status(self) -> None:
        self.status_line.say(self.desk.done_line() or Content(""))

    def _show_keys(self) -> None:
        days = [("← →", "Days", "turn(1)"), (".", "Today", "today"), ("g", "Go to", "go_to")]
        if self.moving is not None:
            bar = [("Esc", "Drop", "back"), ("Enter", "Put here", "choose"), ("t", "Type", "move")]
            self.key_bar.show([*bar, *days])
            return
        bar = [("Esc", "Back", "back")]
        visit = self.visit
        if visit is not None:
            bar.append(("Enter", "Open", "choose"))
        elif self.gap is not None:
            bar.append(("Enter", "Fill", "choose"))
        if visit is not None and visit.status is Status.SCHEDULED:
            bar += [("t", "Move", "move"), ("r", "Arrived", "verb('arrived')")]
            if visit.is_due(self.clock()):
                bar.append(("a", "Attended", "verb('attended')"))
        self.key_bar.show([*bar, *days, ("[ ]", "Weeks", "turn(7)"), ("?", "Help", "help")])

    @property
    def about(self) -> int | None:
        return self.visit.id if self.visit else None

    @property
    def visit(self) -> Visit | None:
        """The visit under the cursor."""
        from interworky_tui.ui.day_content import id_of_visit

        visits, chosen = self._sheet.visits if self._sheet else (), self.timeline.chosen
        wanted = id_of_visit(chosen)
        return next((visit for visit in visits if visit.id == wanted), None)

    @property
    def gap(self) -> Span | None:
        """The free time under the cursor."""
        from interworky_tui.ui.day_content import gap_id

        gaps = self._sheet.gaps if self._sheet else ()
        return next((gap for gap in gaps if gap_id(gap) == self.timeline.chosen), None)

    # Keys

    def _begin(self, task: Callable[[], Awaitable[None]]) -> None:
        """What a key does to the line under the cursor: not before the day is there."""

        async def begin() -> None:
            await self.settled()
            await task()

        self.begin(begin)

    def action_turn(self, days: int) -> None:
        from interworky_tui.ui.day_content import following

        self._turn_to(following(self.day, days))

    def action_today(self) -> None:
        self._turn_to(office_day(self.clock(), self.zone))

    def _turn_to(self, day: date) -> None:
        """Its heading is there at once; what is below it, once it is read."""
        from interworky_tui.ui import day_content as content

        if day.year in YEARS:
            self.day = day
            self.heading.say(content.turning(day, office_day(self.clock(), self.zone)))
            self.fresh.clear()
            # The reading takes the processor from the paint.
            self.call_after_refresh(self._read)

    def action_go_to(self) -> None:
        async def go() -> None:
            from interworky_tui.ui.flows import day as flow

            wanted = await flow.go_to(self)
            if wanted is not None:
                self._turn_to(wanted)

        self.begin(go)

    def action_choose(self) -> None:
        self.timeline.action_choose()

    @on(Timeline.Chosen)
    def _chosen(self) -> None:
        self._begin(self._choose)

    async def _choose(self) -> None:
        visit, gap = self.visit, self.gap
        if self.moving is not None and gap is not None:
            await self._put(self.moving, gap)
        elif self.moving is not None:
            raise Refusal("Choose a line that is free, or press t to type a time.")
        elif visit is not None:
            self.dismiss(visit.id)
        elif gap is not None:
            await self._give(gap)

    def action_fill(self) -> None:
        async def fill() -> None:
            if self.gap is None:
                raise Refusal("Put the cursor on a line that is free.")
            await self._give(self.gap)

        self._begin(fill)

    async def _give(self, gap: Span) -> None:
        from interworky_tui.ui.flows import day as flow

        await flow.fill(self, gap)
        self.read()

    def action_move(self) -> None:
        self._begin(self._move)

    async def _move(self) -> None:
        """Pick the visit up; with one in the hand, type where it goes."""
        visit = self.visit
        if self.moving is not None:
            await self._put(self.moving, self.gap)
        elif visit is None:
            raise Refusal("Put the cursor on the visit that is to be moved.")
        elif visit.status is not Status.SCHEDULED:
            raise IllegalMove("Only a scheduled visit can be moved; this one took place.")
        else:
            self.moving = visit
            self.read()

    async def _put(self, visit: Visit, gap: Span | None) -> None:
        from interworky_tui.ui.day_content import visit_id
        from interworky_tui.ui.flows import day as flow

        changed = await flow.move(self, visit, gap)
        if changed is None or changed.appointment.starts_at is None:
            return
        self.moving, self._find = None, visit_id(visit.id)
        self._turn_to(office_day(changed.appointment.starts_at, self.zone))

    def action_verb(self, name: str) -> None:
        self._begin(partial(self._verb, name))

    async def _verb(self, name: str) -> None:
        from interworky_tui.ui.flows import day as flow

        visit = self.visit
        if visit is None:
            raise Refusal("Put the cursor on a visit first.")
        await flow.verb(self, name, visit.id)
        self.read()

    def action_undo(self) -> None:
        async def undo() -> None:
            from interworky_tui.ui.flows import requests

            await requests.take_back(self.desk)
            self.read()

        self.begin(undo)

    def action_back(self) -> None:
        if self.moving is not None:
            self.moving = None
            self.read()
        else:
            self.dismiss(None)

    def action_go_back(self) -> None:
        self.dismiss(None)
