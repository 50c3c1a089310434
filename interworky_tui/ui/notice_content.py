"""Who will be told of a change, by which channel and in which words, for the modals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from interworky_tui.domain.events import Channel, Recipient
from interworky_tui.domain.text import clean_line

if TYPE_CHECKING:
    from interworky_tui.services.notices import Planned


def who_is_told(messages: Sequence[Planned], phone: Callable[[str], str]) -> Content:
    """A line for each message: who, how, where to, and what is in the way."""
    if not messages:
        return Content.styled("Nobody is told of this.", "$text-muted")
    return Content("\n").join(_line(message, phone) for message in messages)


def in_short(messages: Sequence[Planned]) -> Content:
    """One line: ``Tells client (email, SMS); 2 not sent: no address on file``."""
    parts = []
    for recipient in Recipient:
        channels = [m.channel.label for m in messages if m.recipient is recipient and not m.blocked]
        if channels:
            parts.append(f"{recipient.value} ({', '.join(dict.fromkeys(channels))})")
    blocked = [message for message in messages if message.blocked]
    told = "Tells " + " and ".join(parts) if parts else "Nobody can be told"
    if blocked:
        reasons = ", ".join(dict.fromkeys(m.blocked.label for m in blocked if m.blocked))
        told += f"; {len(blocked)} not sent: {reasons}"
    return Content.styled(told, "$text-muted")


def texts(messages: Sequence[Planned]) -> Content:
    """The words that the client will read, SMS first."""
    mine = [m for m in messages if m.recipient is Recipient.CLIENT]
    parts = []
    for message in sorted(mine, key=lambda m: m.channel is Channel.EMAIL):
        title = "SMS to the client" if message.channel is Channel.SMS else "Email to the client"
        if message.blocked:
            title += ", not sent"
        elif message.channel is Channel.SMS:
            title += f", {segments(message.segments)}"
        subject = f"{message.text.subject}\n" if message.text.subject else ""
        parts.append(
            Content.assemble(
                Content.styled(title, "$primary"),
                f"\n{subject}{message.text.text.strip()}",
            )
        )
    return Content("\n\n").join(parts)


def segments(count: int) -> str:
    return "1 segment" if count == 1 else f"{count} segments"


def _line(message: Planned, phone: Callable[[str], str]) -> Content:
    where = message.to or ""
    if where and message.channel is Channel.SMS:
        where = phone(where)
    head = f"{message.recipient.value:<7} {message.channel.label:<6}"
    if message.blocked:
        return Content.assemble(
            Content.styled(f"– {head}", "$text-muted"),
            Content.styled(f"not sent: {message.blocked.label}", "$warning"),
        )
    size = f"  ({segments(message.segments)})" if message.segments else ""
    return Content.assemble(
        Content.styled("→ ", "$success bold"),
        head,
        clean_line(where),
        Content.styled(size, "$text-muted"),
    )
