"""The sweep: each due visit that nobody has resolved, with one key for what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from textual import on, work
from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.text import clean_line
from interworky_tui.storage.rows import PAGE, Row
from interworky_tui.ui.messages import CompanyChanged, CurtainMoved, KeysReady, StoreChanged
from interworky_tui.ui.modals.dialog import Dialog
from interworky_tui.ui.notice_content import in_short
from interworky_tui.ui.widgets.list_columns import Wording, ago, fit, when

if TYPE_CHECKING:
    from interworky_tui.services.notice_preview import Preview
    from interworky_tui.ui.app import DeskApp
    from interworky_tui.ui.card_content import Told

_NAME, _PHONE = 22, 17
_LIST = (
    ("a", "Attended", "ask(True)"),
    ("x", "Did not come", "ask(False)"),
    ("t", "Another time", "time"),
    ("u", "Undo", "undo"),
    ("Esc", "Back", "leave"),
)


class Office(Protocol):
    async def unresolved(self) -> list[Row]: ...
    async def preview(self, row: Row, *, came: bool) -> Preview: ...
    async def resolve(self, row: Row, *, came: bool) -> str: ...
    async def set_time(self, row: Row) -> None: ...
    async def take_back(self) -> None: ...


class SweepDialog(Dialog[bool]):
    """About the visit under the cursor. Ends by itself when the last one is resolved."""

    BINDINGS = [  # noqa: RUF012
        Binding("a", "ask(True)", "Attended"),
        Binding("x", "ask(False)", "Did not come"),
        Binding("t", "time", "Another time"),
        Binding("u", "undo", "Undo"),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]
    keys: Sequence[tuple[str, str, str]] = _LIST
    title_text = "Not resolved yet: did they come?"
    opening_keys = frozenset({"enter", "a", "x", "t", "u"})

    def __init__(self, office: Office, rows: Sequence[Row], told: Callable[[], Told]) -> None:
        super().__init__()
        self._office, self._told = office, told
        self._rows = {str(row.id): row for row in rows}
        self._asked: tuple[Row, bool] | None = None

    def content(self) -> Iterable[Widget]:
        yield OptionList(*self._options(), id="unresolved", markup=False, compact=True)
        yield Static("", id="ask", classes="said", markup=False)

    def on_mount(self) -> None:
        self._list.focus()
        self._list.highlighted = 0
        self._say_count()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#unresolved", OptionList)

    @property
    def _row(self) -> Row | None:
        option = self._list.highlighted_option
        return self._rows.get(option.id or "") if option else None

    def _options(self) -> list[Option]:
        told = self._told()
        wording = Wording(told.zone, told.bands.label, told.phone)
        company = cast("DeskApp", self.app).company
        return [
            Option(_line(row, told, wording, company.said_of(row.id)), id=id)
            for id, row in self._rows.items()
        ]

    def _say_count(self) -> None:
        count = f"{PAGE} or more" if len(self._rows) >= PAGE else str(len(self._rows))
        frame = self.query_one(".dialog")
        frame.border_subtitle = Content(f"{count} not resolved, the oldest first")

    # What became of the visit under the cursor

    def action_ask(self, came: bool) -> None:
        self._begin(lambda row: self._ask(row, came))

    async def _ask(self, row: Row, came: bool) -> None:
        name, preview = clean_line(row.name), await self._office.preview(row, came=came)
        self._asked = (row, came)
        question = f"{name} came." if came else f"{name} did not come: this cancels the visit."
        whom = in_short(preview.messages, self._told())
        self.say("ask", Content.assemble(Content.styled(question, "bold"), "\n", whom))
        yes = "Yes, attended" if came else "Yes, did not come"
        self._show_keys((("Enter", yes, "submit"), ("Esc", "Back to the list", "leave")))

    def action_time(self) -> None:
        self._begin(self._time)

    async def _time(self, row: Row) -> None:
        await self._office.set_time(row)
        await self._read()

    def action_undo(self) -> None:
        self._begin(lambda _row: self._undo())

    async def _undo(self) -> None:
        await self._office.take_back()
        self.say("ask", Content("The last change is taken back."))
        await self._read()

    async def send(self) -> bool | None:
        """Yes to what is asked; without a question Enter asks the natural one."""
        if self._asked is None:
            if self._row is not None:
                await self._ask(self._row, came=True)
            return None
        (row, came), self._asked = self._asked, None
        try:
            done = await self._office.resolve(row, came=came)
        finally:
            self._withdraw()
            await self._read()
        self.say("ask", Content.styled(f"{done}; u takes it back.", "$text-muted"))
        return None if self._rows else True

    def action_leave(self) -> None:
        if self._asked is None:
            self.dismiss(None)
        else:
            self._withdraw()

    def action_move(self, step: int) -> None:
        if step > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    @on(OptionList.OptionHighlighted)
    def _moved(self) -> None:
        self.about = self._row.id if self._row else None
        self._show_company()
        cast("DeskApp", self.app).say_where()
        if self._asked is not None and self._asked[0] != self._row:
            self._withdraw()

    @on(CompanyChanged)
    def _show_who(self) -> None:
        for listed in self.query("#unresolved").results(OptionList):
            for option in self._options():
                listed.replace_option_prompt(option.id or "", option.prompt)

    @on(StoreChanged)
    @on(CurtainMoved)
    @work(group="read", exclusive=True)
    async def _changed(self) -> None:
        await self._read()

    def _withdraw(self) -> None:
        self._asked = None
        self.say("ask", Content(""))
        self._show_keys(_LIST)

    def _show_keys(self, shown: Sequence[tuple[str, str, str]]) -> None:
        self.keys = shown
        self.show_keys()

    async def _read(self) -> None:
        """What is left; the cursor stays on its visit, or on the line of the one that went."""
        rows = await self._office.unresolved()
        self._rows = {str(row.id): row for row in rows}
        if not self.query("#unresolved"):
            # It was left while the answer was on its way.
            return
        unresolved = self._list
        row, at = self._row, unresolved.highlighted or 0
        unresolved.clear_options()
        unresolved.add_options(self._options())
        ids = list(self._rows)
        if ids:
            kept = str(row.id) if row else ""
            unresolved.highlighted = ids.index(kept) if kept in ids else min(at, len(ids) - 1)
        self._say_count()

    @work(group="act")
    async def _begin(self, act: Callable[[Row], Awaitable[None]]) -> None:
        self.tell("")
        try:
            if self._row is not None:
                await act(self._row)
        except Refusal as refused:
            self.refuse(refused)
        finally:
            self.post_message(KeysReady())


def _line(row: Row, told: Told, wording: Wording, company: str) -> Content:
    """``Mon 16 Mar 09:00   Ana Ruiz                2 h ago     01511 2345601``, and who else is on
    it where the number would be.
    """
    phone = told.phone(row.phone) if row.phone else ""
    beside = Content.styled(fit(company, _PHONE), "bold") if company else fit(phone, _PHONE)
    return Content.assemble(
        f"{when(row, told.now, wording):<17}  {fit(row.name, _NAME)}  {ago(row, told.now):<10}  ",
        beside,
    )
