"""What is done about a message or a reply: each flow asks the person and calls one service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.events import Channel, Recipient
from interworky_tui.services import inbox, opt_outs, outgoing
from interworky_tui.services.context import Context
from interworky_tui.ui.curtain import in_clear
from interworky_tui.ui.fates import NEEDS_A_PERSON, fate
from interworky_tui.ui.modals.texts import AnswerDialog, AskDialog, MendDialog

if TYPE_CHECKING:
    from interworky_tui.storage.card import MessageLine
    from interworky_tui.storage.inbox import InboundLine
    from interworky_tui.ui.entries import Entry
    from interworky_tui.ui.screens.messages import MessagesScreen


def has_opted_out(office: Context, number: str) -> bool:
    with office.database.read() as connection:
        return opt_outs.has_opted_out(connection, number)


async def retry(screen: MessagesScreen, entry: Entry) -> None:
    message = _message(entry)
    await screen.hands.ask(outgoing.retry, message.id)
    screen.notify("It is tried again now.", markup=False, timeout=4)
    screen.read()


@in_clear
async def mend(screen: MessagesScreen, entry: Entry) -> None:
    message = _message(entry)
    if message.recipient != Recipient.CLIENT.value:
        raise Refusal("The office's own number and address are in the settings, [office].")
    if message.state not in NEEDS_A_PERSON:
        raise Refusal("Only what failed or is held is mended here; e on the desk edits a client.")
    by_sms = message.channel == Channel.SMS.value
    on_file = await _on_file(screen, message, by_sms=by_sms)
    told = screen.told()

    async def save(typed: str) -> bool:
        await screen.hands.ask(outgoing.mend, message.id, typed)
        return True

    dialog = MendDialog(
        entry.name or "the client",
        fate(message, told.zone, told.now),
        "Phone" if by_sms else "Email",
        on_file,
        save,
    )
    if await screen.app.push_screen_wait(dialog):
        screen.notify("Saved; it is tried again now.", markup=False, timeout=4)
        screen.read()


async def _on_file(screen: MessagesScreen, message: MessageLine, *, by_sms: bool) -> str:
    card = await screen.reads.card(message.appointment_id) if message.appointment_id else None
    if card is None:
        return message.to_address or ""
    return (card.client.phone if by_sms else card.client.email) or ""


@in_clear
async def answer(screen: MessagesScreen, entry: Entry) -> None:
    reply = _reply(entry)

    async def send(text: str) -> bool:
        await screen.hands.ask(inbox.answer, reply.id, text)
        return True

    told = screen.told()
    who = entry.name or told.phone(reply.from_number)
    if await screen.app.push_screen_wait(AnswerDialog(who, reply.body, send)):
        screen.notify(f"Your answer to {who} leaves now.", markup=False, timeout=4)
        screen.read()


async def done(screen: MessagesScreen, entry: Entry) -> None:
    reply = _reply(entry)
    if reply.handled_at is not None:
        raise Refusal("This reply is done with already.")
    await screen.hands.ask(inbox.mark_handled, reply.id)
    screen.notify("Done: it waits for nobody any more.", markup=False, timeout=4)
    screen.read()


@in_clear
async def opt(screen: MessagesScreen, entry: Entry) -> None:
    """Stop texts to the number, or allow them again."""
    number = entry.number
    if number is None:
        raise Refusal("Texts are stopped by number: choose a text to or from a client.")
    gone = await screen.hands.ask(has_opted_out, number)
    shown = screen.told().phone(number)
    who = f"{entry.name}, {shown}" if entry.name else shown

    async def save() -> bool:
        if gone:
            await screen.hands.ask(inbox.allow_texts, number)
        else:
            await screen.hands.ask(inbox.stop_texts, number)
        return True

    question = (
        f"Text {who} again? Only when they have said that they want it; who texted STOP has to"
        " text START, too."
        if gone
        else f"Send no more texts to {who}? Texts that still wait are not sent; email goes on."
    )
    title, yes = ("Allow texts", "Yes, allow") if gone else ("Stop texts", "Yes, stop")
    if await screen.app.push_screen_wait(AskDialog(title, question, yes, save)):
        said = "may be texted again" if gone else "gets no more texts"
        screen.notify(f"{who} {said}.", markup=False, timeout=4)
        screen.looked_up(not gone)
        screen.read()


def _message(entry: Entry) -> MessageLine:
    if entry.message is None:
        raise Refusal("This is a text that came in: a answers it, d says that it is done with.")
    return entry.message


def _reply(entry: Entry) -> InboundLine:
    if entry.reply is None:
        raise Refusal("Only a text that came in can be answered or done with.")
    return entry.reply


FLOWS: dict[str, Callable[[MessagesScreen, Entry], Awaitable[None]]] = {
    "retry": retry,
    "mend": mend,
    "answer": answer,
    "done": done,
    "opt": opt,
}
