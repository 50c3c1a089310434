"""New request, and mending a client's data: forms that keep what was typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from textual import on, work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui.domain.appointment import Appointment, Client
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.text import clean_line
from interworky_tui.services.context import Changed
from interworky_tui.ui.modals.dialog import Dialog, field

LOOK_UP_DELAY = 0.15


@dataclass(frozen=True, slots=True)
class Typed:
    """A form's texts as they stand."""

    name: str
    phone: str
    email: str
    when: str
    service: str
    note: str


class NewRequestDialog(Dialog[Changed]):
    """``read`` says how the wish is understood, ``same`` who may be that client already."""

    title_text = "New request"
    keys = (
        ("Enter", "File it", "submit"),
        ("Tab", "Next field", ""),
        ("Esc", "Back", "leave"),
    )

    def __init__(
        self,
        read: Callable[[str], Awaitable[str]],
        same: Callable[[Typed], Awaitable[Sequence[Client]]],
        file: Callable[[Typed], Awaitable[Changed]],
        phone: Callable[[str], str],
    ) -> None:
        super().__init__()
        self._read, self._same, self._file, self._phone = read, same, file, phone

    def content(self) -> Iterable[Widget]:
        yield field("Name", "name")
        yield field("Phone", "phone", placeholder="a phone or an email is needed")
        yield field("Email", "email")
        yield field("Wishes", "when", placeholder="fri morning, tomorrow afternoon, 20 march 14:30")
        yield field("Service", "service")
        yield field("Note", "note", placeholder="for the office only, never in an SMS")
        yield Static("", id="echo", classes="said", markup=False)

    def form(self) -> Typed:
        return Typed(
            *(self.typed(n) for n in ("name", "phone", "email", "when", "service", "note"))
        )

    @on(Input.Changed)
    def _changed(self) -> None:
        self.tell("")
        self.set_timer(LOOK_UP_DELAY, self._look_up)

    def _look_up(self) -> None:
        self._echo()

    @work(group="echo", exclusive=True)
    async def _echo(self) -> None:
        form = self.form()
        lines = []
        if form.when.strip():
            try:
                lines.append(Content.styled(await self._read(form.when), "bold $success"))
            except Refusal as refused:
                lines.append(Content.styled(refused.sentence, "$warning"))
        try:
            lines += [self._known(client) for client in await self._same(form)]
        except Refusal as refused:
            lines.append(Content.styled(refused.sentence, "$warning"))
        self.say("echo", Content("\n").join(lines))

    def _known(self, client: Client) -> Content:
        phone = self._phone(client.phone) if client.phone else "no phone"
        return Content.styled(
            f"On file: {clean_line(client.name)}, {phone}, {client.email or 'no email'}",
            "$text-muted",
        )

    async def send(self) -> Changed:
        return await self._file(self.form())


class EditDialog(Dialog[str]):
    """Name, phone and email belong to the client; service and note to this appointment."""

    def __init__(
        self, client: Client, appointment: Appointment, save: Callable[[Typed], Awaitable[str]]
    ) -> None:
        super().__init__()
        self.title_text = f"Edit: {client.name}"
        self._client, self._appointment, self._save = client, appointment, save

    def content(self) -> Iterable[Widget]:
        client, appointment = self._client, self._appointment
        yield field("Name", "name", value=clean_line(client.name))
        yield field("Phone", "phone", value=client.phone or "")
        yield field("Email", "email", value=client.email or "")
        yield field("Service", "service", value=appointment.service)
        yield field("Note", "note", value=appointment.note.replace("\n", " / "))
        yield Static(
            "An edit tells nobody. Name, phone and email change for all of the client's visits.",
            classes="said",
            markup=False,
        )

    async def send(self) -> str:
        names = ("name", "phone", "email", "service", "note")
        name, phone, email, service, note = (self.typed(n) for n in names)
        if note == self._appointment.note.replace("\n", " / "):
            note = self._appointment.note
        return await self._save(Typed(name, phone, email, "", service, note))
