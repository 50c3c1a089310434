"""New request, and mending a client's data: forms that keep what was typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from textual import on, work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from interworky_tui.domain.appointment import Appointment, Client
from interworky_tui.domain.errors import BadInput, Refusal
from interworky_tui.domain.text import clean_line
from interworky_tui.services.context import Changed
from interworky_tui.ui.modals.dialog import Dialog, field

LOOK_UP_DELAY = 0.15


@dataclass(frozen=True, slots=True)
class Typed:
    """A form's texts as they stand. ``texts``: whether the number gets texts, when that changes."""

    name: str
    phone: str
    email: str
    when: str
    service: str
    note: str
    language: str = ""
    texts: bool | None = None


NOTHING_YET = Typed("", "", "", "", "", "")


class NewRequestDialog(Dialog[Changed]):
    """``read`` says how the wish is understood, ``same`` who may be that client already.

    ``begun`` is what is filled in already, and ``client`` whose it is.
    """

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
        begun: Typed = NOTHING_YET,
        client: Client | None = None,
    ) -> None:
        super().__init__()
        self.title_text = f"New request: {clean_line(client.name)}" if client else "New request"
        self._read, self._same, self._file, self._phone = read, same, file, phone
        self._begun, self._client = begun, client

    def on_mount(self) -> None:
        first = "when" if self._client else "phone" if self._begun.name else "name"
        self.set_focus(self.query_one(f"#{first}"))

    def content(self) -> Iterable[Widget]:
        begun = self._begun
        yield field("Name", "name", value=clean_line(begun.name))
        needed = "a phone or an email is needed"
        yield field("Phone", "phone", value=begun.phone, placeholder=needed)
        yield field("Email", "email", value=begun.email)
        yield field("Wishes", "when", placeholder="fri morning, tomorrow afternoon, 20 march 14:30")
        yield field("Service", "service")
        yield field("Note", "note", placeholder="for the office only, never in an SMS")
        yield Static("", id="echo", classes="said", markup=False)

    def form(self) -> Typed:
        names = ("name", "phone", "email", "when", "service", "note")
        name, phone, email, when, service, note = (self.typed(n) for n in names)
        return Typed(name, phone, email, when, service, note)

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


TEXTS = {"y": True, "yes": True, "n": False, "no": False}


def on_file(client: Client, appointment: Appointment) -> dict[str, str]:
    """By field, as the form shows it."""
    return {
        "name": clean_line(client.name),
        "phone": client.phone or "",
        "email": client.email or "",
        "language": client.language or "",
        "service": appointment.service,
        "note": appointment.note.replace("\n", " / "),
    }


class EditDialog(Dialog[str]):
    """``again`` is what is on file once somebody else has changed it.

    Name, phone, email and language belong to the client; service and note to this
    appointment. ``no_texts``: the phone has opted out. ``office_language`` is what an empty
    language stands for.
    """

    of_visit = True
    keys = (("Enter", "Save", "submit"), ("Tab", "Next field", ""), ("Esc", "Back", "leave"))

    def __init__(
        self,
        client: Client,
        appointment: Appointment,
        save: Callable[[Typed], Awaitable[str]],
        again: Callable[[], tuple[Client, Appointment]],
        *,
        no_texts: bool,
        office_language: str,
    ) -> None:
        super().__init__()
        self.title_text = f"Edit: {clean_line(client.name)}"
        self._client, self._appointment = client, appointment
        self._save, self._again = save, again
        self._no_texts, self._office_language = no_texts, office_language

    def content(self) -> Iterable[Widget]:
        filed = on_file(self._client, self._appointment)
        yield field("Name", "name", value=filed["name"])
        yield field("Phone", "phone", value=filed["phone"])
        yield field("Email", "email", value=filed["email"])
        office = f"empty: the office's own ({self._office_language})"
        yield field("Language", "language", value=filed["language"], placeholder=office)
        if self._client.phone:
            yield field(
                "Texts", "texts", value="no" if self._no_texts else "yes", placeholder="yes or no"
            )
        yield field("Service", "service", value=filed["service"])
        yield field("Note", "note", value=filed["note"])
        yield Static(
            "An edit tells nobody. All but service and note change for all of the client's"
            " visits. Texts: no when they want none; email goes on.",
            classes="said",
            markup=False,
        )

    async def send(self) -> str:
        names = ("name", "phone", "email", "service", "note", "language")
        name, phone, email, service, note, language = (self.typed(n) for n in names)
        if note == on_file(self._client, self._appointment)["note"]:
            note = self._appointment.note
        typed = Typed(name, phone, email, "", service, note, language, self._texts())
        return await self._save(typed)

    def overtaken(self) -> None:
        """What was not touched is shown as it is by now."""
        before = on_file(self._client, self._appointment)
        self._client, self._appointment = self._again()
        for name, value in on_file(self._client, self._appointment).items():
            if self.typed(name) == before[name]:
                self.query_one(f"#{name}", Input).value = value

    def _texts(self) -> bool | None:
        """What was changed to; the field of a number is left alone unless it was."""
        if not self._client.phone:
            return None
        wanted = TEXTS.get(self.typed("texts").strip().casefold())
        if wanted is None:
            raise BadInput("Texts: yes or no.", "texts")
        return None if wanted is not self._no_texts else wanted
