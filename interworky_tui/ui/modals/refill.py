"""A time that came free: who could have it, booked with Enter or offered by SMS."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from textual import work
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.widget import Widget
from textual.widgets import Static

from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.errors import BadInput, Refusal
from interworky_tui.domain.events import Channel
from interworky_tui.domain.text import clean_line
from interworky_tui.services.context import Changed
from interworky_tui.services.offers import Draft
from interworky_tui.services.refill import best_for_texts
from interworky_tui.ui.card_content import Told
from interworky_tui.ui.channel_content import leaves_later
from interworky_tui.ui.messages import KeysReady
from interworky_tui.ui.modals.dialog import Dialog, reading
from interworky_tui.ui.notice_content import in_short, segments, texts
from interworky_tui.ui.widgets.lines import Lines
from interworky_tui.ui.widgets.list_columns import MARK, fit
from interworky_tui.ui.widgets.texts import put

if TYPE_CHECKING:
    from interworky_tui.services.notice_preview import Preview
    from interworky_tui.services.offers import Letter, Offer
    from interworky_tui.services.refill import Candidate, Opening

ROWS, ROWS_WHEN_TALL = 7, 14
TALL = 38
_NAME, _REASON = 18, 52


class RefillDesk(Protocol):
    """What the modal asks of the office."""

    async def look(self) -> Opening: ...

    async def preview(self, candidate: Candidate) -> Preview: ...

    async def book(self, candidate: Candidate) -> Changed: ...

    async def draft(self, appointment_ids: Iterable[int]) -> Draft: ...

    async def withdraw(self, offer: Offer) -> None: ...


def say_slot(starts_at: datetime, ends_at: datetime, told: Told) -> str:
    """``Fri 20 Mar 2026, 10:30–11:00``"""
    return f"{say_moment(starts_at, told.zone)}–{ends_at.astimezone(told.zone):%H:%M}"


class RefillDialog(Dialog[Changed | Draft]):
    """Dismissed with what was booked, or with the offer that is to be looked at before it is made.

    ``marked`` are the appointments that the time is offered to.
    """

    BINDINGS = [  # noqa: RUF012
        Binding("down,j", "step(1)", "Next", show=False),
        Binding("up,k", "step(-1)", "Previous", show=False),
        Binding("home", "step(-999)", "First", show=False),
        Binding("end", "step(999)", "Last", show=False),
        Binding("space", "mark", "Mark"),
        Binding("o", "offer", "Offer by SMS"),
        Binding("w", "withdraw", "Withdraw the offer"),
    ]
    opening_keys = frozenset({"enter", "o"})

    def __init__(
        self,
        opening: Opening,
        told: Told,
        desk: RefillDesk,
        marked: Iterable[int] | None = None,
    ) -> None:
        super().__init__()
        self.title_text = f"Fill {say_slot(*opening.gap, told)}"
        self._told, self._desk = told, desk
        self._found, self._offer, self._first = opening.found, opening.offer, opening.first
        self._at = self._top = 0
        self.marked = set(best_for_texts(opening.found) if marked is None else marked)
        self.keys = self._keys()

    def content(self) -> Iterable[Widget]:
        """All of it is there with the first layout."""
        who, words = self._who_is_told(self._first)
        offer = self._said("offer", self._say_offer())
        offer.display = self._offer is not None
        yield offer
        yield Lines(self._people(), id="people", classes="said")
        yield self._said("told", who)
        yield reading("texts", words)

    @staticmethod
    def _said(id: str, content: Content) -> Static:
        return Static(content, id=id, classes="said", markup=False)

    def _show(self) -> None:
        offer = self.query_one("#offer", Static)
        offer.display = self._offer is not None
        put(offer, self._say_offer())
        self.query_one("#people", Lines).show(self._people())
        self.keys = self._keys()
        self.call_after_refresh(self.show_keys)

    def _keys(self) -> tuple[tuple[str, str, str], ...]:
        some = [("Enter", "Book", "submit")] if self._found else []
        if self._offer:
            some.append(("w", "Withdraw the offer", "withdraw"))
        elif self._found:
            some += [("o", f"Offer to {len(self.marked)} {MARK} by SMS", "offer")]
            some += [("Space", f"Mark {MARK}", "mark")]
        return (*some, ("Esc", "Back", "leave"))

    def _say_offer(self) -> Content:
        if self._offer is None:
            return Content("")
        names = ", ".join(clean_line(one.client_name) for one in self._offer.to)
        until = self._offer.expires_at.astimezone(self._told.zone)
        return Content.styled(
            f"Offered to {names}; held until {until:%H:%M}. The first who says yes has it.",
            "$warning bold",
        )

    def _people(self) -> list[Content]:
        if not self._found:
            return [Content("Nobody who waits would fit here.")]
        room = ROWS_WHEN_TALL if self.app.size.height >= TALL else ROWS
        self._top = min(max(self._top, self._at - room + 1), self._at)
        some = range(self._top, min(self._top + room, len(self._found)))
        lines = [self._line(index, self._found[index]) for index in some]
        if len(self._found) > room:
            of = f"{self._at + 1} of {len(self._found)}"
            lines.append(Content.styled(f"    {of}", "$text-muted"))
        return lines

    def _line(self, index: int, one: Candidate) -> Content:
        here = index == self._at
        asked = {one.appointment_id for one in self._offer.to} if self._offer else self.marked
        mark = MARK if one.appointment_id in asked else " "
        line = f"{'▶' if here else ' '} {mark} {fit(one.client_name, _NAME)} "
        return Content.styled(f"{line}{fit(one.reason, _REASON)}", "bold reverse" if here else "")

    @property
    def _chosen(self) -> Candidate | None:
        return self._found[self._at] if self._found else None

    @work(group="told", exclusive=True)
    async def _tell_who(self) -> None:
        found: Preview | Refusal | None = None
        if self._chosen is not None:
            try:
                found = await self._desk.preview(self._chosen)
            except Refusal as refused:
                found = refused
        who, words = self._who_is_told(found)
        self.say("told", who)
        self.say("texts", words)

    def _who_is_told(self, found: Preview | Refusal | None) -> tuple[Content, Content]:
        """Of the person under the cursor, and in which words."""
        one = self._chosen
        if one is None or found is None:
            return Content(""), Content("")
        if isinstance(found, Refusal):
            refused = Content.styled(found.sentence, "$warning")
            return Content("\n").join((_in_full(one), refused)), Content("")
        said = in_short(found.messages, self._told)
        return Content("\n").join((_in_full(one), said)), texts(found.messages)

    def action_step(self, step: int) -> None:
        if self._found:
            self._at = min(max(self._at + step, 0), len(self._found) - 1)
            self.tell("")
            self._show()
            # The reading takes the processor from the paint.
            self.call_after_refresh(self._tell_who)

    def action_mark(self) -> None:
        one = self._chosen
        if one is None or self._offer:
            return
        if one.appointment_id in self.marked:
            self.marked.discard(one.appointment_id)
        elif one.no_text:
            self.tell(f"{one.client_name} can get no offer by SMS: {one.no_text}.")
            return
        else:
            self.marked.add(one.appointment_id)
        self.action_step(1)
        self._show()

    def on_click(self, event: Click) -> None:
        if event.widget is not None and event.widget.id == "people":
            self.action_step(self._top + event.y - self._at)

    def overtaken(self) -> None:
        self._tell_who()

    async def send(self) -> Changed:
        if self._chosen is None:
            raise BadInput("Nobody who waits would fit here.")
        return await self._desk.book(self._chosen)

    @work(group="submit")
    async def action_offer(self) -> None:
        ids = [one.appointment_id for one in self._found if one.appointment_id in self.marked]
        try:
            if not ids:
                raise BadInput("Mark with Space who is offered it.")
            draft = await self._desk.draft(ids)
        except Refusal as refused:
            self.refuse(refused)
            self.post_message(KeysReady())
        else:
            self.dismiss(draft)

    @work(group="submit")
    async def action_withdraw(self) -> None:
        if self._offer is None:
            return
        try:
            await self._desk.withdraw(self._offer)
        except Refusal as refused:
            self.refuse(refused)
        else:
            self.tell("")
        opening = await self._desk.look()
        self._found, self._offer = opening.found, opening.offer
        self._at = min(self._at, max(0, len(self._found) - 1))
        self.marked = set(best_for_texts(self._found))
        self._show()
        self._tell_who()


class OfferDialog(Dialog[Draft]):
    """Says exactly who gets which text, then asks."""

    BINDINGS = [  # noqa: RUF012
        Binding("y", "submit", "Yes"),
        Binding("n", "leave", "No"),
        Binding("down", "scroll(3)", "Down"),
        Binding("up", "scroll(-3)", "Up"),
    ]
    keys = (("Enter", "Yes, offer", "submit"), ("Esc", "Back", "leave"), ("↓ ↑", "Read on", ""))

    def __init__(self, draft: Draft, told: Told, make: Callable[[], Awaitable[Draft]]) -> None:
        super().__init__()
        self.title_text = f"Offer {say_slot(draft.starts_at, draft.ends_at, told)}"
        self._draft, self._told, self._make = draft, told, make

    def content(self) -> Iterable[Widget]:
        until = self._draft.expires_at.astimezone(self._told.zone)
        yield Static(
            Content.styled(
                f"Offer it by SMS, and hold it until {until:%H:%M}? The first who says yes has it.",
                "bold",
            ),
            classes="said",
            markup=False,
        )
        lines = Content("\n").join(map(self._line, self._draft.letters))
        yield Static(lines, classes="said", markup=False)
        with VerticalScroll(classes="scroll", can_focus=False):
            yield Static(self._texts(), markup=False)

    def _texts(self) -> Content:
        """Each text once, with those who get it."""
        whose: dict[str, list[str]] = {}
        for letter in self._draft.letters:
            if not letter.blocked:
                whose.setdefault(letter.text, []).append(clean_line(letter.client_name))
        return Content("\n\n").join(
            Content.assemble(Content.styled(f"SMS to {', '.join(names)}", "$primary"), f"\n{text}")
            for text, names in whose.items()
        )

    def _line(self, letter: Letter) -> Content:
        name = clean_line(letter.client_name)
        if letter.blocked:
            return Content.assemble(
                Content.styled(f"– {fit(name, _NAME)} ", "$text-muted"),
                Content.styled(f"not offered: {letter.blocked}", "$warning"),
            )
        later = leaves_later(self._told.channels, Channel.SMS)
        return Content.assemble(
            Content.styled("→ ", "$success bold"),
            f"{fit(name, _NAME)} SMS {clean_line(self._told.phone(letter.phone or ''))}",
            Content.styled(f"  ({segments(letter.segments)})", "$text-muted"),
            Content.styled(f"  {later}" if later else "", "$warning"),
        )

    async def send(self) -> Draft:
        return await self._make()


def _in_full(one: Candidate) -> Content:
    """What finds no room in the line, and why no text can be sent."""
    said = Content.styled(f"{one.minutes} min: {one.reason}", "$text-muted")
    if not one.no_text:
        return said
    return Content.assemble(
        said, "\n", Content.styled(f"No offer by SMS: {one.no_text}", "$warning")
    )
