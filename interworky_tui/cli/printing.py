"""What the command line prints for people: plain lines that a screen reader reads well.

No colour, no boxes. Text from outside is cleaned here again, for the terminal obeys what is
printed to it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from interworky_tui.domain.appointment import Appointment, CancelReason, Client, Status
from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.events import Channel, Event, MessageState, Reason, Recipient
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.text import clean_line, clean_text
from interworky_tui.services.contacts import show_phone
from interworky_tui.services.facts import say_wish

if TYPE_CHECKING:
    from interworky_tui.delivery.outbox import Drained
    from interworky_tui.domain.feedback import Survey
    from interworky_tui.services.context import Changed, Context
    from interworky_tui.services.importing import ImportReport
    from interworky_tui.services.reading import Listed
    from interworky_tui.storage.card import Card, HistoryLine, MessageLine, NoteLine

_DONE = {
    Verb.REQUEST: "Requested",
    Verb.SCHEDULE: "Scheduled",
    Verb.RESCHEDULE: "Moved",
    Verb.ATTEND: "Attended",
    Verb.COLLECT_FEEDBACK: "Asked for feedback",
    Verb.RESEND: "Asked for feedback again",
    Verb.SUBMIT_FEEDBACK: "Feedback recorded",
    Verb.CANCEL: "Cancelled",
    Verb.ARRIVE: "Here",
    Verb.NOT_ARRIVED: "Not here",
    Verb.UNDO: "Undone",
}


def as_json(value: Any) -> str:
    """In ASCII, so that it survives every terminal and every pipe."""
    return json.dumps(value, indent=2)


def appointments(office: "Context", listed: Sequence["Listed"]) -> str:
    """One line each; what differs in length comes last, so that the columns align."""
    now = office.clock()
    rows = [
        (
            str(one.appointment.id),
            one.appointment.status.label,
            _mark(one.appointment, now),
            _when(office, one.appointment),
            ", ".join(filter(None, _tail(office, one))),
        )
        for one in listed
    ]
    return "\n".join(_aligned(rows)) if rows else "No appointments to show."


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    last = len(rows[0]) - 1
    widths = [max(len(row[place]) for row in rows) for place in range(last)]
    for row in rows:
        first = row[0].rjust(widths[0])
        middle = (row[place].ljust(widths[place]) for place in range(1, last) if widths[place])
        yield "  ".join((first, *middle, row[last]))


def _mark(appointment: Appointment, now: datetime) -> str:
    if appointment.is_here(now):
        return "due, here" if appointment.is_due(now) else "here"
    if appointment.is_due(now):
        return "due"
    return "stale" if appointment.is_stale(now) else ""


def _when(office: "Context", appointment: Appointment) -> str:
    if appointment.starts_at:
        return say_moment(appointment.starts_at, office.zone)
    return say_wish(office, appointment)


def _tail(office: "Context", one: "Listed") -> tuple[str, ...]:
    return (
        clean_line(one.client.name),
        _phone(office, one.client.phone) or clean_line(one.client.email or ""),
        clean_line(one.appointment.service),
        _answered(one.appointment),
        f"rating {one.rating} of 5" if one.rating else "",
    )


def _answered(one: Appointment) -> str:
    """What the client of a visit that is to come says of its time."""
    if one.status is not Status.SCHEDULED:
        return ""
    if one.change_asked_at:
        return "asks for another time"
    return "confirmed" if one.confirmed_at else ""


def _phone(office: "Context", number: str | None) -> str:
    return show_phone(number, office.settings.office.country) if number else ""


def card(office: "Context", known: "Card") -> str:
    """Everything of one appointment, a fact a line."""
    one = known.appointment
    mark = _mark(one, office.clock())
    lines = [f"Appointment {one.id}: {one.status.label}{f', {mark}' if mark else ''}"]
    lines += _facts(office, one, known.client)
    if known.survey:
        lines += _answer(known.survey)
    lines += (_later(office, note) for note in known.notes)
    lines += ["History:", *(f"  {_event(office, line)}" for line in known.history)]
    if known.messages:
        lines += ["Messages:", *(f"  {message(office, line)}" for line in known.messages)]
    return "\n".join(lines)


def _facts(office: "Context", one: Appointment, client: Client) -> Iterator[str]:
    contact = (_phone(office, client.phone), clean_line(client.email or ""))
    yield ", ".join(filter(None, (f"Client: {clean_line(client.name)}", *contact)))
    if client.language:
        yield f"Language: {clean_line(client.language)}"
    yield f"Wish: {say_wish(office, one)}"
    if one.starts_at:
        yield f"Visit: {_slot(office, one)}"
    if one.change_asked_at:
        yield "Answer: the client asks for another time"
    elif one.confirmed_at:
        yield "Answer: the client has confirmed"
    if one.arrived_at:
        yield f"Arrived: {say_moment(one.arrived_at, office.zone)}"
    yield from (f"{name}: {text}" for name, text in _texts(one) if text)
    if one.status is Status.CANCELLED and one.cancel_reason:
        why = clean_line(one.cancel_text)
        label = one.cancel_reason.label
        other = one.cancel_reason is CancelReason.OTHER
        yield f"Cancelled: {why if other else f'{label}: {why}' if why else label}"


def _texts(one: Appointment) -> Iterator[tuple[str, str]]:
    yield "Service", clean_line(one.service)
    yield "Note", _indented(one.note)
    yield "Urgency", one.urgency.value


def _indented(text: str) -> str:
    return clean_text(text).replace("\n", "\n  ")


def _slot(office: "Context", one: Appointment) -> str:
    """``Fri 20 Mar 2026, 14:30 to 15:00``; an end on another day with its date."""
    assert one.starts_at
    assert one.ends_at
    start, end = one.starts_at.astimezone(office.zone), one.ends_at.astimezone(office.zone)
    until = f"{end:%H:%M}" if start.date() == end.date() else say_moment(end, office.zone)
    return f"{say_moment(start, office.zone)} to {until}"


def _answer(survey: "Survey") -> Iterator[str]:
    yield f"Rating: {survey.rating} of 5"
    for name, text in (("Good", survey.good), ("Bad", survey.bad)):
        if text:
            yield f"{name}: {_indented(text)}"
    if survey.recommend:
        yield f"Would recommend: {survey.recommend.value}"
    if survey.publish:
        yield "May be quoted publicly: yes"


def _later(office: "Context", note: "NoteLine") -> str:
    when = f"{note.source.value}, {say_moment(note.at, office.zone)}"
    rating = f"{note.rating} of 5" if note.rating else ""
    said = filter(None, (rating, _indented(note.text)))
    return f"Said later by {when}: {', '.join(said)}"


def _event(office: "Context", line: "HistoryLine") -> str:
    what = line.verb.replace("_", " ")
    if line.verb == Verb.UNDO.value:
        what += f" of {str(line.detail.get('verb', '')).replace('_', ' ')}"
    start = (line.detail.get("now") or {}).get("starts_at")
    if start:
        what += f" to {say_moment(datetime.fromisoformat(start), office.zone)}"
    if line.detail.get("override"):
        what += ", a double booking"
        if count := line.detail.get("count"):
            what += f": {count + 1} at once"
    return f"{say_moment(line.at, office.zone)}: {what}, by {clean_line(line.actor)}"


def message(office: "Context", line: "MessageLine") -> str:
    """One message and what became of it, in one line."""
    to = clean_line(line.to_address or "")
    who = f"{line.recipient} by {Channel(line.channel).label}{f' to {to}' if to else ''}"
    fate = MessageState(line.state).value
    if line.reason:
        fate += f", {_reason(line.reason)}"
    elif line.sent_at:
        fate += f" {say_moment(line.sent_at, office.zone)}"
    elif line.state == MessageState.PENDING.value:
        fate += f", leaves {say_moment(line.due_at, office.zone)}"
    about = f"appointment {line.appointment_id}, " if line.appointment_id else ""
    return f"{line.id}  {about}{Event(line.event).label}, {who}: {fate}"


def _reason(reason: str) -> str:
    return Reason(reason).label if reason in set(Reason) else reason


def changed(office: "Context", change: "Changed", queued: Sequence["MessageLine"]) -> str:
    """What was done, who will be told of it, who will not and why, and until when it is undone."""
    one = change.appointment
    what = f"{_DONE[change.verb]}: {clean_line(change.client.name)}, appointment {one.id}"
    if change.verb in (Verb.SCHEDULE, Verb.RESCHEDULE):
        what += f", {_slot(office, one)}"
    if change.verb is Verb.UNDO:
        what += f", is {one.status.label.lower()}"
    if change.also:
        what += f", and {len(change.also)} more that were changed with it"
    lines = [f"{what}."]
    told = [line for line in queued if line.reason is None]
    if told:
        lines.append(f"Will be told: {'; '.join(dict.fromkeys(map(_address, told)))}.")
    waits = [line for line in queued if line.reason == Reason.QUIET_HOURS.value]
    if waits:
        morning = say_moment(waits[0].due_at, office.zone)
        whom = "; ".join(dict.fromkeys(map(_address, waits)))
        lines.append(f"Will be told after the quiet hours, {morning}: {whom}.")
    left_out = (
        f"{_address(line)}: {_reason(line.reason)}"
        for line in queued
        if line.reason and line not in waits
    )
    blocked = list(dict.fromkeys(left_out))
    if blocked:
        lines.append(f"Will not be told: {'; '.join(blocked)}.")
    if (told or waits) and change.undo_until and office.settings.messages.undo_seconds:
        until = change.undo_until.astimezone(office.zone)
        lines.append(f"Word of it leaves from {until:%H:%M:%S} on; until then: undo")
    return "\n".join(lines)


def _address(line: "MessageLine") -> str:
    whom = "the office" if line.recipient == Recipient.OFFICE.value else "the client"
    to = clean_line(line.to_address or "")
    return f"{whom} by {Channel(line.channel).label}{f' ({to})' if to else ''}"


def drained(counts: "Drained") -> str:
    """``3 previewed, 1 cancelled.``"""
    said = ", ".join(f"{number} {name}" for name, number in asdict(counts).items() if number)
    return f"Messages: {said}." if said else "No messages were due."


def imported(report: "ImportReport") -> str:
    """The counts, and every line that was left out with its reason."""
    if report.refused:
        first = "Nothing was added, because not every line is good."
    else:
        verb = "would be added" if report.dry_run else "added"
        first = f"{report.added} {verb}, {report.already_there} already there."
    lines = [first]
    if report.ignored_columns:
        names = ", ".join(map(clean_line, report.ignored_columns))
        lines.append(f"Columns that were not read: {names}.")
    for bad in report.bad:
        place = f"line {bad.line}" + (f", {clean_line(bad.column)}" if bad.column else "")
        lines.append(f"{place}: {clean_line(bad.reason)}")
    return "\n".join(lines)
