"""Cancel: a digit for the reason, then Enter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from textual import work
from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import BadInput, Refusal
from interworky_tui.services.context import Changed
from interworky_tui.services.notice_preview import Preview
from interworky_tui.ui.card_content import Told
from interworky_tui.ui.modals.dialog import Dialog, field, reading
from interworky_tui.ui.notice_content import in_short, texts

REASONS = tuple(CancelReason)


def say_reasons(chosen: CancelReason | None, nobody_came: str) -> Content:
    """A line for each, with its digit; ``nobody_came`` says why that can be no reason yet."""
    lines = []
    for number, reason in enumerate(REASONS, 1):
        here = reason is chosen
        off = nobody_came if reason is CancelReason.NO_SHOW else ""
        line = f"{'▶' if here else ' '} {number}  {reason.label}{f' ({off})' if off else ''}"
        style = "bold reverse" if here else "$text-muted" if off else ""
        lines.append(Content.styled(line, style))
    return Content("\n").join(lines)


def reason_under(event: Click) -> int:
    """The number of the reason that was clicked at, or 0."""
    listed = event.widget is not None and event.widget.id == "reasons"
    return event.y + 1 if listed and event.y < len(REASONS) else 0


class CancelDialog(Dialog[Changed]):
    """``no_show`` says whether the visit is due, so that nobody came can be a reason."""

    of_visit = True
    BINDINGS = [  # noqa: RUF012
        # With priority, as Enter has it: a reason pressed right before Enter comes before it.
        *(
            Binding(str(n), f"reason({n})", reason.label, priority=True)
            for n, reason in enumerate(REASONS, 1)
        ),
        Binding("down", "step(1)", "Next reason", priority=True),
        Binding("up", "step(-1)", "Previous reason", priority=True),
    ]
    keys = (
        ("1-5", "Reason", ""),
        ("Enter", "Cancel the appointment", "submit"),
        ("Esc", "Back", "leave"),
        ("PgDn", "Read on", "scroll(3)"),
    )
    AUTO_FOCUS = ""

    def __init__(
        self,
        name: str,
        no_show: bool,
        told: Told,
        preview: Callable[[CancelReason, str], Awaitable[Preview]],
        cancel: Callable[[CancelReason, str], Awaitable[Changed]],
    ) -> None:
        super().__init__()
        self.title_text = f"Cancel: {name}"
        self._no_show, self._told, self._preview, self._cancel = no_show, told, preview, cancel
        self._reason: CancelReason | None = None

    def content(self) -> Iterable[Widget]:
        yield Static("", id="reasons", classes="said", markup=False)
        yield field("In words", "text", placeholder="needed for another reason; Tab goes here")
        yield Static("", id="told", classes="said", markup=False)
        yield reading("texts")

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        self.say("reasons", say_reasons(self._reason, "" if self._no_show else "not due yet"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the field a digit is text."""
        return not (action == "reason" and isinstance(self.focused, Input))

    def action_reason(self, number: int) -> None:
        self._reason = REASONS[number - 1]
        self.tell("")
        self._show()
        if self._reason is CancelReason.OTHER:
            # At once: the next key may have been pressed already.
            self.set_focus(self.query_one("#text", Input))
        self._tell_who()

    def on_click(self, event: Click) -> None:
        if number := reason_under(event):
            self.action_reason(number)

    def action_step(self, step: int) -> None:
        at = REASONS.index(self._reason) + step if self._reason else 0
        self.action_reason(at % len(REASONS) + 1)

    @work(group="told", exclusive=True)
    async def _tell_who(self) -> None:
        if self._reason is None:
            return
        try:
            preview = await self._preview(self._reason, self.typed("text") or "…")
            self.say("told", in_short(preview.messages, self._told))
            self.say("texts", texts(preview.messages))
        except Refusal as refused:
            self.say("told", Content.styled(refused.sentence, "$warning"))
            self.say("texts", Content(""))

    def overtaken(self) -> None:
        self._tell_who()

    async def send(self) -> Changed:
        if self._reason is None:
            raise BadInput("Press 1 to 5 for the reason.", "reason")
        return await self._cancel(self._reason, self.typed("text"))
