"""The insights: how the office is doing, in figures and pictures, over 30, 90 or 365 days."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.errors import Refusal
from interworky_tui.lanes import Lane
from interworky_tui.ui.messages import MinutePassed, StoreChanged
from interworky_tui.ui.screens.office_screen import OfficeScreen
from interworky_tui.ui.widgets.bars import KeyBar, Line
from interworky_tui.ui.widgets.figure_panel import FigurePanel, Plot

if TYPE_CHECKING:
    from interworky_tui.services.insights import Insights
    from interworky_tui.ui.screens.desk_view import DeskView

SPANS = (30, 90, 365)
AT_MOST_EVERY = 3.0
"""Seconds between two readings that nobody asked for."""
AT_A_TIME = 2
"""Panels that are laid out in one go."""


class InsightsScreen(OfficeScreen[None]):
    """It reads and draws in a thread of its own, which ends with it."""

    help_title = "The insights"
    CSS_PATH = "insights.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (128, "-wide")]  # noqa: RUF012
    BINDINGS = [  # noqa: RUF012
        Binding("escape,i,q", "leave", "Back", tooltip="Back to the desk"),
        Binding("3", "span(30)", "30 days"),
        Binding("9", "span(90)", "90 days"),
        Binding("y", "span(365)", "A year"),
        Binding("right,l", "longer(1)", "Longer", show=False),
        Binding("left,h", "longer(-1)", "Shorter", show=False),
        Binding("down,j", "scroll(2)", "Down", show=False),
        Binding("up,k", "scroll(-2)", "Up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home", "end(False)", "Top", show=False),
        Binding("end", "end(True)", "Bottom", show=False),
    ]

    def __init__(self, desk: DeskView) -> None:
        super().__init__(desk.settings, desk.clock, desk.reads, desk.hands)
        self.channels = desk.channels
        self.heading = Line(id="insights-title")
        self.empty = Static("Counting ...", id="insights-empty", markup=False)
        self.figures = VerticalScroll(id="insights", can_focus=False)
        self.key_bar = KeyBar(id="insights-keys")
        self.days = SPANS[0]
        self._found: Insights | None = None
        self._panels: dict[str, FigurePanel] = {}
        self._left, self._right = Vertical(id="left"), Vertical(id="right")
        self._drawing = False
        self._soon: Timer | None = None
        self._to_the_end = False
        """The end was asked for, and what is laid out later belongs above it."""
        self._lane = Lane("insights")

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.banner
        yield self.empty
        with self.figures, Vertical(id="columns"):
            yield self._left
            yield self._right
        yield self.key_bar

    def on_mount(self) -> None:
        self.show_channels()
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._draw_again())
        self.call_after_refresh(self._show_bars)
        self.read()

    def on_unmount(self) -> None:
        self._lane.close()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_bars)

    @on(StoreChanged)
    def _changed(self) -> None:
        """Many changes in a row are read together."""
        if self._soon is None:
            self._soon = self.set_timer(AT_MOST_EVERY, self.read)

    @on(MinutePassed)
    def _tick(self) -> None:
        today = office_day(self.clock(), self.zone)
        if self._found is not None and self._found.now.last != today:
            self._changed()

    @work(group="insights", exclusive=True)
    async def read(self) -> None:
        if self._soon is not None:
            self._soon.stop()
            self._soon = None
        office, days = await self.hands.office(), self.days

        def count() -> Insights:
            # Both are slow to import.
            from interworky_tui.services.insights import insights
            from interworky_tui.ui import insight_content  # noqa: F401

            return insights(office, days)

        try:
            found = await self._lane.ask(count)
        except Refusal as refused:
            self.notify(refused.sentence, severity="error", markup=False)
            return
        self._found = found
        await self._show(found)

    async def _show(self, found: Insights) -> None:
        from interworky_tui.services import insight_words as words
        from interworky_tui.ui import insight_content as content

        nothing = found.now.empty and found.before.empty
        if nothing:
            self.empty.update(words.EMPTY)
        self.empty.display, self.figures.display = nothing, not nothing
        self._show_bars()
        if nothing:
            return
        if not self._panels:
            self._make_panels()
        for section in words.sections(found, self.bands):
            small = content.answers_by_week(found) if section.key in content.SPARKLING else ()
            self._panels[section.key].show(
                section.title,
                list(content.lines(section)),
                content.picture(section.key, found, self.bands),
                small,
            )
            await asyncio.sleep(0)
        await self._lay_out()

    def _make_panels(self) -> None:
        from interworky_tui.ui.insight_content import LEFT, PICTURED, RIGHT, SPARKLING

        for key in (*LEFT, *RIGHT):
            self._panels[key] = FigurePanel(
                id=key, pictured=key in PICTURED, sparkling=key in SPARKLING
            )

    async def _lay_out(self) -> None:
        """What is not there yet: with all that they say in them, and a few at a time, so that keys
        come in between. Such a key may ask for another span, which goes on with the rest.
        """
        from interworky_tui.ui.insight_content import LEFT, RIGHT

        for column, keys in ((self._left, LEFT), (self._right, RIGHT)):
            panels = [self._panels[key] for key in keys if not self._panels[key].is_attached]
            for at in range(0, len(panels), AT_A_TIME):
                await column.mount_all(panels[at : at + AT_A_TIME])
                painted = asyncio.Event()
                self.call_after_refresh(painted.set)
                await painted.wait()
        if self._to_the_end:
            self.figures.scroll_end(animate=False)

    @on(Plot.Wanted)
    def _plot_wanted(self) -> None:
        if not self._drawing:
            self._drawing = True
            self._draw()

    def _draw_again(self) -> None:
        for panel in self._panels.values():
            if panel.plot is not None:
                panel.plot.ask()

    @work(group="plots")
    async def _draw(self) -> None:
        """One picture after the other, so that keys come in between."""
        from interworky_tui.ui.widgets import plots

        while (plot := self._undrawn()) is not None:
            picture, size = plot.picture, plot.size
            assert picture is not None
            theme = self.app.theme_variables
            colours = plots.Colours(
                ink=theme["foreground"], figures=theme["primary"], paper=theme["background"]
            )
            room = (size.width, size.height)
            text = await self._lane.ask(lambda: plots.draw(picture, room, colours))  # noqa: B023
            # One that changed while it was drawn is drawn again.
            if (plot.picture, plot.size) == (picture, size):
                plot.drawn(text)
        self._drawing = False

    def _undrawn(self) -> Plot | None:
        plots = (panel.plot for panel in self._panels.values())
        return next((plot for plot in plots if plot is not None and plot.waits), None)

    def _show_bars(self) -> None:
        said = Content.styled(" Insights: ", "bold")
        parts = []
        for days, label in zip(SPANS, ("30 days", "90 days", "a year"), strict=True):
            style = "bold reverse" if days == self.days else "$text-muted"
            parts.append(Content.styled(f" {label} ", style))
        title = Content.assemble(said, Content(" ").join(parts))
        if self._found is not None:
            from interworky_tui.services.insight_words import say_dates

            title = Content.assemble(title, f"  {say_dates(self._found.now)}")
        self.heading.say(title)
        self.key_bar.show(
            [
                ("Esc", "Back", "leave"),
                ("3", "30 days", "span(30)"),
                ("9", "90 days", "span(90)"),
                ("y", "A year", "span(365)"),
                ("↓ ↑", "Read on", "scroll(4)"),
            ]
        )

    def action_span(self, days: int) -> None:
        self.days = days
        self._show_bars()
        self.read()

    def action_longer(self, step: int) -> None:
        place = SPANS.index(self.days) + step
        if 0 <= place < len(SPANS):
            self.action_span(SPANS[place])

    def action_scroll(self, lines: int) -> None:
        self._to_the_end = False
        self.figures.scroll_relative(y=lines, animate=False)

    def action_page(self, step: int) -> None:
        self._to_the_end = False
        self.figures.scroll_relative(y=step * max(1, self.figures.size.height - 2), animate=False)

    def action_end(self, bottom: bool) -> None:
        self._to_the_end = bottom
        if bottom:
            self.figures.scroll_end(animate=False)
        else:
            self.figures.scroll_home(animate=False)

    def action_leave(self) -> None:
        self.dismiss(None)
