"""The lines of the messages screen: texts that came in and messages that go out, in one list."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.content import Content

from interworky_tui.domain.calendar import say_moment, say_span
from interworky_tui.domain.events import Channel, Event, MessageState, Recipient
from interworky_tui.domain.text import clean_line, clean_text
from interworky_tui.storage.card import MessageLine
from interworky_tui.storage.inbox import InboundLine
from interworky_tui.ui.card_content import Told
from interworky_tui.ui.channel_content import clock_time
from interworky_tui.ui.fates import NEEDS_A_PERSON, fate
from interworky_tui.ui.widgets.list_columns import fit

INBOX, TROUBLE, REST = "Replies that wait for an answer", "Failed or held", "All others"
STYLES = {INBOX: "$warning bold", TROUBLE: "$error bold", REST: "$primary bold"}
KINDS = {
    "stop": "asks for no more texts",
    "start": "wants texts again",
    "help": "asked for help",
    "confirm": "confirms the visit",
    "change": "asks for another time",
    "rating": "gives a rating",
}
_ANSWERED = {
    "pending": "waits",
    "sending": "being sent",
    "sent": "sent",
    "previewed": "kept as a file",
    "failed": "FAILED",
    "held": "HELD",
    "cancelled": "not sent",
}
_NAME = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """Either a text that came in or a message that goes out."""

    reply: InboundLine | None = None
    message: MessageLine | None = None

    @property
    def id(self) -> str:
        """Stays the same from one reading to the next."""
        return f"in-{self.reply.id}" if self.reply else f"out-{self._out.id}"

    @property
    def section(self) -> str:
        if self.reply:
            return REST if self.reply.handled_at else INBOX
        return TROUBLE if self._out.state in NEEDS_A_PERSON else REST

    @property
    def target(self) -> int | str | None:
        """Where the desk shows more: the appointment, or the number of a client on file."""
        line = self.reply or self._out
        return line.appointment_id or (self.number if line.client_id else None)

    @property
    def client_id(self) -> int | None:
        return (self.reply or self._out).client_id

    @property
    def name(self) -> str:
        """The client's, or nothing when the number is nobody's."""
        return clean_line((self.reply or self._out).client_name or "")

    @property
    def number(self) -> str | None:
        """The client's number that this went to or came from."""
        if self.reply:
            return self.reply.from_number
        to_client = self._out.recipient == Recipient.CLIENT.value
        texts = self._out.channel == Channel.SMS.value
        return self._out.to_address if to_client and texts else None

    @property
    def waits(self) -> bool:
        """It counts down."""
        return self.message is not None and self.message.state == MessageState.PENDING.value

    @property
    def _out(self) -> MessageLine:
        assert self.message
        return self.message


def arrange(inbox: Sequence[InboundLine], messages: Sequence[MessageLine]) -> list[Entry]:
    """What waits for a person first: replies, then what failed; then the rest, newest first."""
    waiting = [Entry(reply=line) for line in inbox if line.handled_at is None]
    outgoing = [Entry(message=line) for line in messages]
    trouble = [entry for entry in outgoing if entry.section == TROUBLE]
    rest = [entry for entry in outgoing if entry.section == REST]
    handled = [line for line in inbox if line.handled_at is not None]
    return [*waiting, *trouble, *_mixed(handled, rest)]


def _mixed(handled: Iterable[InboundLine], rest: Iterable[Entry]) -> Iterator[Entry]:
    """Each reply before the first message that is older than it."""
    replies = list(handled)
    for entry in rest:
        message = entry.message
        while replies and message and replies[0].received_at >= (message.sent_at or message.due_at):
            yield Entry(reply=replies.pop(0))
        yield entry
    yield from (Entry(reply=line) for line in replies)


def row(entry: Entry, told: Told) -> Content:
    """One line of the list; who, by which way, and what became of it or what it says."""
    if entry.reply:
        return _reply_row(entry, entry.reply, told)
    message = entry.message
    assert message
    trouble = message.state in NEEDS_A_PERSON
    who = entry.name or _address(message, told)
    if message.recipient == Recipient.OFFICE.value:
        who = f"office: {who}"
    # No colours: one may not be readable on that of the cursor.
    return Content.assemble(
        Content.styled("! " if trouble else "  ", "bold"),
        f"{fit(who, _NAME)} {Channel(message.channel).label:<5} {Event(message.event).label:<18} ",
        Content.styled(fate(message, told.zone, told.now), "bold" if trouble else ""),
    )


def _reply_row(entry: Entry, line: InboundLine, told: Told) -> Content:
    waits = line.handled_at is None
    who = entry.name or told.phone(line.from_number)
    at = clock_time(line.received_at, told.zone, told.now)
    return Content.assemble(
        Content.styled("← ", "bold" if waits else ""),
        Content.styled(fit(who, _NAME), "bold" if waits else ""),
        f" SMS   {at}  ",
        clean_line(line.body),
    )


def in_full(entry: Entry, told: Told, *, opted_out: bool, previews: Path) -> Content:
    """Everything about one line; the text is exactly what is read by whom it goes to."""
    if entry.reply:
        facts, body = _reply_facts(entry, entry.reply, told), clean_text(entry.reply.body)
    else:
        assert entry.message
        facts, body = _facts(entry.message, told, previews), entry.message.body.strip()
    lines = [Content.styled(f"{name:<8} {value}", "$text-muted") for name, value in facts]
    if opted_out:
        lines.append(Content.styled("This number opted out of texts: no SMS.", "$warning bold"))
    return Content.assemble(Content("\n").join(lines), "\n\n", body)


def _facts(line: MessageLine, told: Told, previews: Path) -> Iterator[tuple[str, str]]:
    name = clean_line(line.client_name or "")
    whose = name if line.recipient == Recipient.CLIENT.value else "the office"
    yield "To", ", ".join(filter(None, (whose, _address(line, told))))
    tries = "1 try" if line.attempts == 1 else f"{line.attempts} tries"
    said = f" (by the provider: {clean_line(line.receipt)})" if line.receipt else ""
    yield "State", f"{fate(line, told.zone, told.now)}, {tries}{said}"
    about = f", appointment {line.appointment_id}" if line.appointment_id else ""
    about += f" of {name}" if name and whose != name else ""
    yield "About", f"{Event(line.event).label}{about}"
    sent = f", sent {say_moment(line.sent_at, told.zone)}" if line.sent_at else ""
    yield "Times", f"due {say_moment(line.due_at, told.zone)}{sent}"
    if line.provider_ref and line.state == MessageState.PREVIEWED.value:
        yield "File", str(previews / line.provider_ref)
    elif line.provider_ref:
        yield "Their id", clean_line(line.provider_ref)
    if line.subject:
        yield "Subject", line.subject


def _reply_facts(entry: Entry, line: InboundLine, told: Told) -> Iterator[tuple[str, str]]:
    who = entry.name or "a number that is on no file"
    yield "From", f"{who}, {told.phone(line.from_number)}"
    span = say_span((told.now - line.received_at).total_seconds())
    ago = span if span == "now" else f"{span} ago"
    yield "Came", f"{say_moment(line.received_at, told.zone)} ({ago})"
    if line.kind in KINDS:
        yield "Means", KINDS[line.kind]
    if line.appointment_id:
        yield "About", _visit(line, told)
    if line.handled_at is None:
        yield "State", "waits for an answer"
    elif line.answer is None:
        yield "State", f"done, {say_moment(line.handled_at, told.zone)}"
    else:
        yield "Answer", f"{clean_line(line.answer)} ({_ANSWERED.get(line.answer_state or '', '')})"


def _visit(line: InboundLine, told: Told) -> str:
    """``the visit of Fri 20 Mar 2026, 14:30 (Feedback Pending), appointment 12``"""
    number = f"appointment {line.appointment_id}"
    if line.visit_status is None:
        return number
    status = line.visit_status.label
    if line.visit_starts_at is None:
        return f"{number} ({status})"
    return f"the visit of {say_moment(line.visit_starts_at, told.zone)} ({status}), {number}"


def _address(line: MessageLine, told: Told) -> str:
    if not line.to_address:
        return "no address"
    return told.phone(line.to_address) if line.channel == "sms" else clean_line(line.to_address)
