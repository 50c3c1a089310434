"""The messages: what failed first, then the newest; the exact text, and trying again."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.events import Channel, Event, MessageState
from interworky_tui.domain.text import clean_line
from interworky_tui.storage.card import MessageLine
from interworky_tui.ui.card_content import Told, fate
from interworky_tui.ui.messages import StoreChanged
from interworky_tui.ui.screens.desk_view import DeskView
from interworky_tui.ui.widgets.bars import KeyBar, Line

LIMIT = 500
"""Messages shown; older ones are with their appointments."""


class MessagesScreen(Screen[None]):
    CSS_PATH = "messages.tcss"
    AUTO_FOCUS = "#messages"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (128, "-wide")]  # noqa: RUF012
    BINDINGS = [  # noqa: RUF012
        Binding("escape,m,q", "leave", "Back", tooltip="Back to the desk"),
        Binding("r", "retry", "Try again", tooltip="Send a failed message again"),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
        Binding("shift+down,ctrl+d", "scroll(4)", "Text down", show=False),
        Binding("shift+up,ctrl+u", "scroll(-4)", "Text up", show=False),
    ]

    def __init__(self, desk: DeskView) -> None:
        super().__init__()
        self._desk = desk
        self.heading = Line(id="messages-title")
        self.options = OptionList(id="messages", markup=False)
        self.text = Static("", id="text", markup=False)
        self._lines: dict[int, MessageLine] = {}

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.options
        with VerticalScroll(id="message", can_focus=False):
            yield self.text
        yield KeyBar(id="message-keys")

    def on_mount(self) -> None:
        keys = (
            ("Esc", "Back", "leave"),
            ("↓ ↑", "Choose", ""),
            ("r", "Try again", "retry"),
            ("Shift+↓", "Read on", "scroll(4)"),
        )
        bar = self.query_one("#message-keys", KeyBar)
        self.call_after_refresh(lambda: bar.show(keys))
        self._read()

    def on_store_changed(self, _event: StoreChanged) -> None:
        self._read()

    @work(group="messages", exclusive=True)
    async def _read(self) -> None:
        lines = await self._desk.reads.messages(LIMIT)
        told = self._desk.told()
        at = self.options.highlighted
        chosen = self.options.get_option_at_index(at).id if at is not None else None
        self._lines = {line.id: line for line in lines}
        self.options.clear_options()
        self.options.add_options([Option(_row(line, told), id=str(line.id)) for line in lines])
        newest = (
            f" The newest {LIMIT} messages" if len(lines) == LIMIT else f" Messages: {len(lines)}"
        )
        title = f"{newest}, what failed first" if lines else " No messages yet"
        self.heading.say(Content.styled(title, "bold"))
        ids = [str(line.id) for line in lines]
        if ids:
            self.options.highlighted = ids.index(chosen) if chosen in ids else 0

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        line = self._lines.get(int(event.option.id or 0))
        if line is not None:
            self.text.update(_in_full(line, self._desk))

    def action_move(self, step: int) -> None:
        if step > 0:
            self.options.action_cursor_down()
        else:
            self.options.action_cursor_up()

    def action_scroll(self, lines: int) -> None:
        self.query_one("#message").scroll_relative(y=lines, animate=False)

    def action_retry(self) -> None:
        at = self.options.highlighted
        if at is not None:
            option = self.options.get_option_at_index(at)
            self._retry(int(option.id or 0))

    @work(group="retry")
    async def _retry(self, message_id: int) -> None:
        from interworky_tui.services import outgoing

        try:
            await self._desk.hands.ask(outgoing.retry, message_id)
        except Refusal as refused:
            self.notify(refused.sentence, severity="warning", markup=False)
        else:
            self._read()

    def action_leave(self) -> None:
        self.dismiss(None)


def _row(line: MessageLine, told: Told) -> Content:
    trouble = "! " if line.state in ("failed", "held") else "  "
    who = f"{Channel(line.channel).label:<5} {line.recipient:<6}"
    said = f"{Event(line.event).label:<19}{who}  {fate(line, told):<24}"
    style = "$error bold" if trouble.strip() else ""
    return Content.assemble(
        Content.styled(f"{trouble}{said}  ", style), clean_line(line.to_address or "")
    )


def _in_full(line: MessageLine, desk: DeskView) -> Content:
    told = desk.told()
    tries = "1 try" if line.attempts == 1 else f"{line.attempts} tries"
    head = [
        f"To       {clean_line(line.to_address or 'no address')}",
        f"State    {fate(line, told)}, {tries}",
        f"About    appointment {line.appointment_id}, due {say_moment(line.due_at, told.zone)}",
    ]
    if line.provider_ref:
        kept = line.state == MessageState.PREVIEWED.value
        where = f"File     {desk.previews / line.provider_ref}"
        head.append(where if kept else f"Their id {clean_line(line.provider_ref)}")
    if line.subject:
        head.append(f"Subject  {line.subject}")
    return Content.assemble(
        Content.styled("\n".join(head), "$text-muted"), "\n\n", line.body.strip()
    )
