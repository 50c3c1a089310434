"""Who will be told of a change, by which channel and in which words, for the modals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from interworky_tui.domain.events import Channel, Recipient
from interworky_tui.domain.text import clean_line
from interworky_tui.ui.channel_content import clock_time, leaves_later

if TYPE_CHECKING:
    from interworky_tui.services.notices import Planned
    from interworky_tui.ui.card_content import Told


def who_is_told(messages: Sequence[Planned], told: Told) -> Content:
    """A line for each message: who, how, where to, what is in the way, and when it waits."""
    if not messages:
        return Content.styled("Nobody is told of this.", "$text-muted")
    return Content("\n").join(
        [*(_line(message, told) for message in messages), *_at_night(messages, told)]
    )


def in_short(messages: Sequence[Planned], told: Told) -> Content:
    """``Tells client (email, SMS); 2 not sent: no address on file``, and what waits and why."""
    parts = []
    for recipient in Recipient:
        channels = [m.channel.label for m in messages if m.recipient is recipient and not m.blocked]
        if channels:
            parts.append(f"{recipient.value} ({', '.join(dict.fromkeys(channels))})")
    blocked = [message for message in messages if message.blocked]
    said = "Tells " + " and ".join(parts) if parts else "Nobody can be told"
    if blocked:
        reasons = ", ".join(dict.fromkeys(m.blocked.label for m in blocked if m.blocked))
        said += f"; {len(blocked)} not sent: {reasons}"
    lines = [Content.styled(said, "$text-muted")]
    going = [message for message in messages if not message.blocked]
    for later in dict.fromkeys(_waits(message, told) for message in going):
        if later:
            lines.append(Content.styled(f"{later[:1].upper()}{later[1:]}.", "$warning"))
    return Content("\n").join([*lines, *_at_night(messages, told)])


def in_numbers(messages: Sequence[Planned], told: Told) -> Content:
    """How much is sent to whom, for many changes at once: ``Sends 24 SMS in 30 segments and 22
    emails``; what is not sent and why, and what waits.
    """
    going = [message for message in messages if not message.blocked]
    blocked = Counter(message.blocked.label for message in messages if message.blocked)
    lines = [Content.styled("Nobody is told of this.", "$text-muted")]
    if going:
        lines = [Content.assemble("Sends ", Content.styled(_number(going), "bold"))]
        parts = [
            f"{_WHOM[recipient]} {_number(own, dear=False)}"
            for recipient in Recipient
            if (own := [message for message in going if message.recipient is recipient])
        ]
        lines.append(Content.styled(f"  to {'; to '.join(parts)}", "$text-muted"))
    if blocked:
        reasons = ", ".join(f"{count} {label}" for label, count in blocked.items())
        lines.append(Content.styled(f"  not sent: {reasons}", "$warning"))
    for later, count in Counter(_waits(message, told) for message in going).items():
        if later:
            lines.append(Content.styled(f"  {count} × {later}", "$warning"))
    return Content("\n").join([*lines, *_at_night(messages, told)])


_WHOM = {Recipient.CLIENT: "clients", Recipient.OFFICE: "the office"}


def _number(messages: Sequence[Planned], *, dear: bool = True) -> str:
    sms = [message for message in messages if message.channel is Channel.SMS]
    emails = len(messages) - len(sms)
    parts = []
    if sms:
        cost = f" in {segments(sum(message.segments for message in sms))}" if dear else ""
        parts.append(f"{len(sms)} SMS{cost}")
    if emails:
        parts.append("1 email" if emails == 1 else f"{emails} emails")
    return " and ".join(parts)


def _waits(message: Planned, told: Told) -> str:
    """Why a message does not leave at once, or nothing."""
    if message.waits_until:
        until = clock_time(message.waits_until, told.zone, told.now)
        return (
            f"{message.recipient.value} {message.channel.label} waits until {until} (quiet hours)"
        )
    return leaves_later(told.channels, message.channel)


def _at_night(messages: Sequence[Planned], told: Told) -> list[Content]:
    """A warning that the client is told at an hour at which others sleep."""
    if not any(message.at_night and not message.blocked for message in messages):
        return []
    now = told.now.astimezone(told.zone)
    warning = f"It is {now:%H:%M}, quiet hours: the client hears of this at once."
    return [Content.styled(warning, "$warning bold")]


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


def _line(message: Planned, told: Told) -> Content:
    where = message.to or ""
    if where and message.channel is Channel.SMS:
        where = told.phone(where)
    head = f"{message.recipient.value:<7} {message.channel.label:<6}"
    if message.blocked:
        return Content.assemble(
            Content.styled(f"– {head}", "$text-muted"),
            Content.styled(f"not sent: {message.blocked.label}", "$warning"),
        )
    size = f"  ({segments(message.segments)})" if message.segments else ""
    later = ""
    if message.waits_until:
        until = clock_time(message.waits_until, told.zone, told.now)
        later = f"  waits until {until} (quiet hours)"
    elif out := leaves_later(told.channels, message.channel):
        later = f"  {out}"
    return Content.assemble(
        Content.styled("→ ", "$success bold"),
        head,
        clean_line(where),
        Content.styled(size, "$text-muted"),
        Content.styled(later, "$warning"),
    )
