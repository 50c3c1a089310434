"""The caller: found by digits or letters as they are typed, with the client's card beside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from interworky_tui.domain.errors import Refusal
from interworky_tui.services.contacts import beginnings
from interworky_tui.storage.callers import Caller, Callers, ClientCard, digits_of
from interworky_tui.ui.caller_digits import DIGITS
from interworky_tui.ui.card_content import Told
from interworky_tui.ui.client_content import caller_line, client_body, client_title
from interworky_tui.ui.flows import caller as flows
from interworky_tui.ui.messages import KeysReady, MinutePassed, StoreChanged
from interworky_tui.ui.screens.office_screen import OfficeScreen
from interworky_tui.ui.widgets.bars import KeyBar, Line
from interworky_tui.ui.widgets.card_view import CardView
from interworky_tui.ui.widgets.field import Field
from interworky_tui.ui.widgets.pick_list import PickList

if TYPE_CHECKING:
    from interworky_tui.ui.curtain import Curtain
    from interworky_tui.ui.screens.desk import DeskScreen

_LABEL = 8
_HINT = (
    "Type the last digits of the number, or a name or an email.\n\n"
    "Enter opens the client's card; from there g goes to the visit, n files a request."
)
_BY_DIGITS = ("ends or begins so:", "has it inside:")
_BY_LETTERS = ("name begins so:", "another word or the email:")
_DEEDS: dict[str, Callable[[CallerScreen, ClientCard], Awaitable[None]]] = {
    "go": flows.nowhere,
    "new": flows.new,
    "messages": flows.messages,
    "forget": flows.forget,
}


class CallerScreen(OfficeScreen[int | str | None]):
    """Dismissed with what the desk is to turn to: an appointment, or a client's number.

    While the search has the focus, letters are typed; Enter opens the card, which has keys.
    """

    help_title = "The caller"
    CSS_PATH = "caller.tcss"
    AUTO_FOCUS = "#caller-query"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (128, "-wide")]  # noqa: RUF012
    BINDINGS = [  # noqa: RUF012
        Binding("escape", "back", "Back", tooltip="Back to the search, then to the desk"),
        Binding("enter,g", "deed('go')", "Go to visit", tooltip="Their next open appointment"),
        Binding("n", "deed('new')", "New request", tooltip="File a request of this client"),
        Binding("m", "deed('messages')", "Messages", tooltip="Their texts and messages"),
        Binding("E", "deed('forget')", "Forget", tooltip="Erase all that is kept of them"),
        Binding("c", "again('')", "Next caller", tooltip="Search for another caller"),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("pagedown", "move(8)", "Page down", show=False),
        Binding("pageup", "move(-8)", "Page up", show=False),
        Binding("shift+down,ctrl+d", "scroll(4)", "Card down", show=False),
        Binding("shift+up,ctrl+u", "scroll(-4)", "Card up", show=False),
    ]

    def __init__(self, desk: DeskScreen, begun: str = "") -> None:
        super().__init__(desk.settings, desk.clock, desk.reads, desk.hands)
        self.desk, self.channels = desk, desk.channels
        self.pages_problem = desk.pages_problem
        self.entry = Field(
            " Caller",
            "caller-query",
            value=begun,
            placeholder="last digits, name or email",
            select_on_focus=False,
            room=_LABEL,
        )
        self.list = PickList(id="callers")
        self.list.can_focus = False
        self.heading = Line(id="caller-heading")
        self.name_line, self.card_text = Line(id="client-name"), CardView(id="client-card")
        self.key_bar = KeyBar(id="caller-keys")
        self._answered: str | None = None
        self._callers = Callers()
        self._card: ClientCard | None = None

    def compose(self) -> ComposeResult:
        self._show_keys()
        yield self.entry
        yield self.banner
        yield self.heading
        with Vertical(id="caller-body"):
            yield self.list
            with Vertical(id="client"):
                yield self.name_line
                yield self.card_text
        yield self.key_bar

    def told(self) -> Told:
        return self.desk.told()

    def opens(self, event: events.Key) -> bool:
        """Whether the keys after this one must wait for what it opens."""
        if self.typing:
            return event.key == "enter"
        return event.key in ("enter", "g", "n", "m", "E")

    @property
    def typing(self) -> bool:
        return not self.has_class("-open")

    @property
    def chosen(self) -> Caller | None:
        """The line under the cursor."""
        at = self.list.at
        return self._callers.found[at] if at is not None else None

    def on_mount(self) -> None:
        self.entry.cursor_position = len(self.entry.value)
        self.entry.password = self.hands.curtain.drawn
        self.show_channels()
        if self.entry.value:
            self._search()
        else:
            self._answered = ""
            self._show_card(None)
            self._say_heading()
        self.call_after_refresh(self.post_message, KeysReady())

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_keys)

    # The search

    @on(Input.Changed, "#caller-query")
    def _typed(self) -> None:
        self._search()

    @on(StoreChanged)
    def _changed(self) -> None:
        """An open card stays that of its client, whoever is found by now."""
        if self.typing:
            self._search()
        elif self._card is not None:
            self._follow(self._card.client.id)

    @work(group="search", exclusive=True)
    async def _search(self) -> None:
        """A search that was begun later ends this one, so that no old answer is shown."""
        await self._look_up(self.entry.value)

    async def _look_up(self, query: str) -> None:
        begins = beginnings(query, self.settings.office.country) if digits_of(query) else ()
        try:
            found = await self.reads.callers(query, begins)
            ids = [caller.client_id for caller in found.found]
            kept = self.chosen.client_id if self.chosen and query == self._answered else None
            first = kept if kept in ids else ids[0] if ids else None
            card = await self.reads.client(first) if first is not None else None
        except Refusal as refused:
            self.heading.say(Content.styled(f" {refused.sentence}", "$error bold"))
            return
        self._answered = query
        self._show_card(card)
        self._show(found, first)

    def _show(self, found: Callers, kept: int | None) -> None:
        """The cursor goes to the client who is ``kept``."""
        told = self.told()
        self._callers = found
        ids = [caller.client_id for caller in found.found]
        lines = [caller_line(caller, told) for caller in found.found]
        self.list.show(lines, ids.index(kept) if kept in ids else 0)
        self._say_heading()
        self._show_keys()

    def _say_heading(self) -> None:
        query, found = (self._answered or "").strip(), self._callers
        close = sum(caller.close for caller in found.found)
        others = len(found.found) - close
        if not query:
            said = Content.styled(" Who is calling?", "$text-muted")
        elif not found.found:
            said = Content.styled(" Nobody has that. Enter files a new request.", "$warning bold")
        else:
            ends, has = _BY_DIGITS if digits_of(query) else _BY_LETTERS
            parts = [f"{ends} {close}"] if close else []
            parts += [f"{has} {others}"] if others else []
            parts += ["there are more: type on"] if found.more else []
            said = Content.styled(f" {', '.join(parts)}", "$text-muted")
        self.heading.say(said)

    @on(PickList.Moved)
    def _highlighted(self) -> None:
        if self.chosen is not None and (
            self._card is None or self._card.client.id != self.chosen.client_id
        ):
            self._follow(self.chosen.client_id)

    @on(PickList.Chosen)
    def _clicked(self) -> None:
        self._open()

    # The card

    @work(group="card", exclusive=True)
    async def _follow(self, client_id: int) -> None:
        self._show_card(await self.reads.client(client_id))

    def _show_card(self, card: ClientCard | None) -> None:
        before, self._card = self._card, card
        if card is None:
            self.name_line.say(Content(""))
            hint = "" if (self._answered or "").strip() else _HINT
            self.card_text.show(Content.styled(hint, "$text-muted"), from_top=True)
            self._back_to_search()
            return
        self.name_line.say(client_title(card))
        body = client_body(card, self.told(), self.settings.messages.language)
        other = before is None or before.client.id != card.client.id
        self.card_text.show(body, from_top=other)

    @on(MinutePassed)
    def _tick(self) -> None:
        if self._card is not None:
            self._show_card(self._card)

    def cover(self, curtain: Curtain) -> None:
        self.entry.password = curtain.drawn
        self._callers, card = curtain.over(self._callers), curtain.over(self._card)
        kept = self.chosen.client_id if self.chosen else None
        self._show(self._callers, kept)
        self._show_card(card)

    # What the keys do

    @on(Input.Submitted, "#caller-query")
    def _submitted(self, event: Input.Submitted) -> None:
        self.begin(partial(self._enter, event.value))

    async def _enter(self, query: str) -> None:
        """Open the card of who was found by exactly what was typed."""
        if not query.strip():
            return
        if query != self._answered:
            await self._look_up(query)
        if self.chosen is None:
            await flows.stranger(self, query.strip())
        else:
            self._open()

    def _open(self) -> None:
        self.add_class("-open")
        # Else it has the focus again when a modal over the card is left, and takes the keys.
        self.entry.can_focus = False
        self.set_focus(None)
        self._show_keys()

    def _back_to_search(self) -> None:
        if not self.typing:
            self.remove_class("-open")
            self.entry.can_focus = True
            self.set_focus(self.entry)
            self._show_keys()
            self._search()

    def on_key(self, event: events.Key) -> None:
        """A digit on the card: the next caller. What is typed has gone into the search already."""
        if event.key in DIGITS:
            event.stop()
            self.action_again(event.key)

    def action_again(self, begun: str) -> None:
        self.entry.value = begun if not self.typing else self.entry.value + begun
        self.entry.cursor_position = len(self.entry.value)
        self._back_to_search()

    def action_deed(self, name: str) -> None:
        card = self._card
        if name == "go" and card is not None and card.goal is not None:
            # Not by a flow: the keys after this one wait until the desk has turned there.
            self.dismiss(card.goal)
            return

        async def deed() -> None:
            if card is not None:
                await _DEEDS[name](self, card)

        self.begin(deed)

    def action_move(self, step: int) -> None:
        count = len(self._callers.found)
        if count:
            self.list.go(max(0, min(count - 1, (self.list.at or 0) + step)))

    def action_scroll(self, lines: int) -> None:
        self.card_text.scroll_by(lines)

    def action_back(self) -> None:
        if self.typing:
            self.dismiss(None)
        else:
            self._back_to_search()

    def _show_keys(self) -> None:
        if self.typing:
            nobody = bool(self._answered) and not self._callers.found
            enter = ("Enter", "New request" if nobody else "Card", "")
            self.key_bar.show((enter, ("↓ ↑", "Choose", ""), ("Esc", "Back", "back")))
            return
        self.key_bar.show(
            (
                ("Enter", "Go to visit", "deed('go')"),
                ("n", "New request", "deed('new')"),
                ("m", "Messages", "deed('messages')"),
                ("c", "Next caller", "again('')"),
                ("Esc", "Back", "back"),
                ("Shift+↓", "Read on", "scroll(4)"),
                ("E", "Forget", "deed('forget')"),
            )
        )
