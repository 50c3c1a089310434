"""The messages: replies that wait, then what failed, then the rest; their exact texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.events import MessageState, Recipient
from interworky_tui.ui.card_content import Told
from interworky_tui.ui.entries import INBOX, STYLES, TROUBLE, Entry, arrange, in_full, row
from interworky_tui.ui.fates import NEEDS_A_PERSON
from interworky_tui.ui.messages import MinutePassed, StoreChanged
from interworky_tui.ui.screens.office_screen import OfficeScreen
from interworky_tui.ui.widgets.bars import KeyBar, Line

if TYPE_CHECKING:
    from interworky_tui.ui.curtain import Curtain
    from interworky_tui.ui.screens.desk_view import DeskView

LIMIT = 500
"""Messages shown; older ones are with their appointments."""
INBOX_LIMIT = 200

Key = tuple[str, str, str]


class MessagesScreen(OfficeScreen[int | str | None]):
    """Dismissed with what the desk is to turn to: an appointment, or a client's number."""

    help_title = "The messages"
    CSS_PATH = "messages.tcss"
    AUTO_FOCUS = "#messages"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (128, "-wide")]  # noqa: RUF012
    BINDINGS = [  # noqa: RUF012
        Binding("escape,m,q", "leave", "Back", tooltip="Back to the desk"),
        Binding("r", "flow('retry')", "Try again", tooltip="Send a failed message again"),
        Binding("e", "flow('mend')", "Fix", tooltip="Fix the number or the address"),
        Binding("a", "flow('answer')", "Answer", tooltip="Answer a reply by SMS"),
        Binding("d", "flow('done')", "Done", tooltip="The reply needs no answer"),
        Binding("o", "flow('opt')", "Texts on or off", tooltip="Stop or allow texts"),
        Binding("N", "next_up", "Next", tooltip="The next thing that needs a person"),
        Binding("f", "narrow", "Filter", tooltip="Only what needs you, or all"),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
        Binding("shift+down,ctrl+d", "scroll(4)", "Text down", show=False),
        Binding("shift+up,ctrl+u", "scroll(-4)", "Text up", show=False),
    ]
    opening_keys = frozenset(("r", "e", "a", "d", "o", "N"))

    def __init__(
        self, desk: DeskView, client_id: int | None = None, entry: str = "", found: str = ""
    ) -> None:
        """The cursor begins on that entry, or on the first line that is about the client.

        ``found`` says what the entry is, for as long as the cursor stays there.
        """
        super().__init__(desk.settings, desk.clock, desk.reads, desk.hands)
        self._first_of, self._first, self._found = client_id, entry, found
        self._whole = True
        self._desk, self.channels = desk, desk.channels
        self.pages_problem = desk.pages_problem
        self.heading = Line(id="messages-title")
        self.options = OptionList(id="messages", markup=False)
        self.text = Static("", id="text", markup=False)
        self.key_bar = KeyBar(id="message-keys")
        self._entries: dict[str, Entry] = {}
        self._prompts: dict[str, Content] = {}
        self._opted_out = False
        self._narrowed = False

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.banner
        with Horizontal(id="messages-body"):
            yield self.options
            with VerticalScroll(id="message", can_focus=False):
                yield self.text
        yield self.key_bar

    def told(self) -> Told:
        return self._desk.told()

    def on_mount(self) -> None:
        self.show_channels()
        self.call_after_refresh(self._show_keys)
        self.read()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_keys)

    @on(StoreChanged)
    def _changed(self) -> None:
        self.read()

    @on(MinutePassed)
    def _tick(self) -> None:
        """What counts down reads differently now."""
        told = self.told()
        for id, entry in self._entries.items():
            if entry.waits and id in self._prompts:
                self._repaint(id, row(entry, told))
        if self.entry is not None and self.entry.waits:
            self._show_text()

    @property
    def about(self) -> int | None:
        line = self.entry.reply or self.entry.message if self.entry else None
        return line.appointment_id if line else None

    @property
    def entry(self) -> Entry | None:
        """The line under the cursor."""
        option = self.options.highlighted_option
        return self._entries.get(option.id or "") if option else None

    @work(group="messages", exclusive=True)
    async def read(self) -> None:
        states = (MessageState.FAILED, MessageState.HELD) if self._narrowed else None
        messages = await self.reads.messages(LIMIT, states)
        inbox = await self.reads.inbox(INBOX_LIMIT)
        if self._narrowed:
            inbox = [line for line in inbox if line.handled_at is None]
        before = self._entries
        self._entries = {entry.id: entry for entry in arrange(inbox, messages)}
        self._draw(before)
        self._whole = len(messages) < LIMIT
        self._say_title()
        self.fresh.set()

    def _draw(self, before: dict[str, Entry]) -> None:
        """Paint what reads differently; all of it when other lines are there than before."""
        told = self.told()
        prompts = {
            id: self._prompts[id]
            if entry == before.get(id) and not entry.waits
            else row(entry, told)
            for id, entry in self._entries.items()
        }
        if list(prompts) != list(self._prompts) or self._sections() != self._shown_sections:
            self._rebuild(prompts)
            self._prompts = prompts
        else:
            for id, prompt in prompts.items():
                self._repaint(id, prompt)
        self._show_text()
        self._show_keys()

    def _repaint(self, id: str, prompt: Content) -> None:
        if prompt is not self._prompts[id] and prompt != self._prompts[id]:
            self.options.replace_option_prompt(id, prompt)
            self._prompts[id] = prompt

    def cover(self, curtain: Curtain) -> None:
        before, self._entries = self._entries, curtain.over(self._entries)
        self._found = ""
        self._draw(before)
        self._say_title()

    _shown_sections: tuple[str, ...] = ()

    def _sections(self) -> tuple[str, ...]:
        return tuple(entry.section for entry in self._entries.values())

    def _rebuild(self, prompts: dict[str, Content]) -> None:
        chosen, at = self.options.highlighted_option, self.options.highlighted or 0
        top = self.options.scroll_offset.y
        options: list[Option] = []
        sections = self._sections()
        # One alone needs no title, and the screen's own says what it is.
        section = sections[0] if len(set(sections)) == 1 else ""
        for id, prompt in prompts.items():
            if self._entries[id].section != section:
                section = self._entries[id].section
                title = Content.styled(f" {section}", STYLES[section])
                options.append(Option(title, disabled=True))
            options.append(Option(prompt, id=id))
        self.options.clear_options()
        self.options.add_options(options)
        self._shown_sections = sections
        if options:
            kept = chosen.id if chosen else self._first or None
            ids = [option.id for option in options]
            if kept is None and self._first_of is not None:
                about = (id for id, one in self._entries.items() if one.client_id == self._first_of)
                kept = next(about, None)
            wanted = ids.index(kept) if kept in ids else min(at, len(ids) - 1)
            self.options.highlighted = wanted + (ids[wanted] is None)
            self.options.scroll_to(y=top, animate=False)
            self.options.scroll_to_highlight()

    def _say_title(self) -> None:
        if self._found:
            self.heading.say(Content.styled(f" {self._found}", "bold"))
            return
        sections = self._sections()
        waiting, trouble = sections.count(INBOX), sections.count(TROUBLE)
        parts = []
        if waiting:
            parts.append(Content.styled(f"{waiting} waiting for an answer", "$warning bold"))
        if trouble:
            parts.append(Content.styled(f"{trouble} failed or held", "$error bold"))
        title = "What needs you" if self._narrowed else "Messages"
        if not self._narrowed:
            others = f"{len(sections) - waiting - trouble} others"
            parts.append(Content(others if self._whole else f"the newest {LIMIT}"))
        if not sections:
            parts = [Content("nothing" if self._narrowed else "none yet")]
        self.heading.say(
            Content.assemble(Content.styled(f" {title}: ", "bold"), Content(" · ").join(parts))
        )

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self._opted_out = False
        if self._found and self.entry and self.entry.id != self._first:
            self._found = ""
            self._say_title()
        self._show_text()
        self._show_keys()
        self.query_one("#message").scroll_home(animate=False)
        self._look_up()

    @work(group="opted out", exclusive=True)
    async def _look_up(self) -> None:
        """Whether the number gets texts is not in the list."""
        entry = self.entry
        if entry is None or entry.number is None or self.hands.curtain.drawn:
            return
        from interworky_tui.ui.flows import messages

        gone = await self.hands.ask(messages.has_opted_out, entry.number)
        if self.entry is not None and self.entry.id == entry.id:
            self.looked_up(gone)

    def looked_up(self, opted_out: bool) -> None:
        """Whether the number of the line under the cursor gets no texts."""
        if opted_out != self._opted_out:
            self._opted_out = opted_out
            self._show_text()
            self._show_keys()

    def _show_text(self) -> None:
        entry = self.entry
        if entry is None:
            hint = "Nobody waits for an answer, and nothing failed.\n\nf  shows all messages"
            self.text.update(hint if self._narrowed else "")
            return
        self.text.update(
            in_full(entry, self.told(), opted_out=self._opted_out, previews=self._desk.previews)
        )

    def _show_keys(self) -> None:
        shows = "All" if self._narrowed else "Filter"
        keys: list[Key] = [("Esc", "Back", "leave"), *self._offered(), ("N", "Next", "next_up")]
        keys.append(("f", shows, "narrow"))
        self.key_bar.show([*keys, ("Shift+↓", "Read on", "scroll(4)")])

    def _offered(self) -> list[Key]:
        """What can be done with the line under the cursor."""
        entry = self.entry
        if entry is None:
            return []
        found: list[Key] = []
        if entry.reply:
            found.append(("a", "Answer", "flow('answer')"))
            if entry.reply.handled_at is None:
                found.append(("d", "Done", "flow('done')"))
        elif entry.message and entry.message.state in NEEDS_A_PERSON:
            found.append(("r", "Try again", "flow('retry')"))
            if entry.message.recipient == Recipient.CLIENT.value:
                found.append(("e", "Fix", "flow('mend')"))
        if entry.target:
            found.append(("Enter", "Open", "open"))
        if entry.number:
            found.append(("o", "Allow texts" if self._opted_out else "Stop texts", "flow('opt')"))
        return found

    def action_flow(self, name: str) -> None:
        entry = self.entry

        async def flow() -> None:
            from interworky_tui.ui.flows import messages

            if entry is None:
                raise Refusal("There is no message here.")
            await messages.FLOWS[name](self, entry)

        self.begin(flow)

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """Go back to the desk, to the appointment that it is about or to those of the client."""
        entry = self.entry
        if entry is not None and entry.target:
            self.dismiss(entry.target)
        elif entry is not None:
            self.notify("This number is on no file.", markup=False)

    def action_narrow(self) -> None:
        self._narrowed = not self._narrowed
        self.read()

    async def action_next_up(self) -> None:
        self.dismiss(None)
        await self._desk.run_action("do('next_up')")

    def action_move(self, step: int) -> None:
        if step > 0:
            self.options.action_cursor_down()
        else:
            self.options.action_cursor_up()

    def action_scroll(self, lines: int) -> None:
        self.query_one("#message").scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        self.dismiss(None)
