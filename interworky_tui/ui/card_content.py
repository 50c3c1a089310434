"""The selected appointment in words: who, when, note, feedback, messages and history."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from textual.content import Content

from interworky_tui.delivery.health import ChannelState
from interworky_tui.domain.appointment import Appointment, CancelReason, Status
from interworky_tui.domain.bands import Bands
from interworky_tui.domain.calendar import office_day, say_day, say_moment, say_span, say_wait
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.domain.lifecycle import Verb, say_asked
from interworky_tui.domain.text import clean_line, clean_text
from interworky_tui.storage.card import Card, HistoryLine, MessageLine
from interworky_tui.storage.rows import LOW_RATING
from interworky_tui.ui.fates import NEEDS_A_PERSON, fate
from interworky_tui.ui.survey_content import in_short, note_in_short


@dataclass(frozen=True, slots=True)
class Told:
    """How the office says things: its zone, its bands, its phone format, its present; and how
    its channels are.
    """

    zone: ZoneInfo
    bands: Bands
    phone: Callable[[str], str]
    now: datetime
    channels: tuple[ChannelState, ...] = ()
    low_rating: int = LOW_RATING


_BESIDE_COMPANY = 28
"""Cells of a name in the title that also says who else is on the appointment."""
_BY = {
    "web": "from the web",
    "api": "by the API",
    "import": "taken over from a file",
    "cli": "at the command line",
}
"""How a request came that nobody filed at a desk."""


def card_title(card: Card, told: Told, company: str = "") -> Content:
    """``company`` says who else is on it."""
    appointment = card.appointment
    marks = []
    if appointment.is_due(told.now):
        marks.append("DUE")
    if appointment.arrived_at and appointment.is_here(told.now):
        marks.append(f"HERE {say_wait(appointment.arrived_at, told.now)}")
    if appointment.is_stale(told.now):
        marks.append("STALE")
    if appointment.status is Status.SCHEDULED and appointment.change_asked_at:
        marks.append("MOVE")
    if appointment.urgency.value in ("high", "urgent"):
        marks.append(appointment.urgency.value.upper())
    name = Content.styled(clean_line(card.client.name), "bold")
    return Content.assemble(
        name.truncate(_BESIDE_COMPANY, ellipsis=True) if company else name,
        Content.styled(f"  {appointment.status.label}", "$primary bold"),
        Content.styled(f"  {' '.join(marks)}" if marks else "", "$warning bold"),
        Content.styled(f"  {company}" if company else "", "$warning bold"),
        Content.styled(f"  #{appointment.id}", "$text-muted"),
    )


def card_body(card: Card, told: Told) -> Content:
    answered = card.appointment.status is Status.FEEDBACK_COLLECTED
    parts = [
        *(_answer(card, told) if answered else ()),
        *_when(card, told),
        *(() if answered else _answer(card, told)),
        *_wrote(card, told),
        *_contact(card, told),
        *_said(card.appointment),
        *_messages(card.messages, told),
        *_history(card.history, told),
    ]
    return Content("\n").join(parts)


def _field(name: str, value: str, style: str = "") -> Content:
    return Content.assemble(
        Content.styled(f"{name:<9}", "$text-muted"), Content.styled(value, style)
    )


def _when(card: Card, told: Told) -> Iterable[Content]:
    appointment = card.appointment
    if appointment.starts_at and appointment.ends_at:
        end = appointment.ends_at.astimezone(told.zone)
        start = say_moment(appointment.starts_at, told.zone)
        yield _field("Visit", f"{start}–{end:%H:%M}  ({_ago(appointment.starts_at, told)})", "bold")
        if appointment.arrived_at and appointment.is_here(told.now):
            since = appointment.arrived_at.astimezone(told.zone)
            yield _field("Here", f"in the waiting room since {since:%H:%M}", "$accent bold")
        yield from _word(appointment, told)
        yield _field("Wished", wish(appointment, told.bands))
    else:
        yield _field("Wishes", wish(appointment, told.bands), "bold")
    by = _BY.get(card.source, "")
    yield _field("Filed", f"{by}, {_ago(card.requested_at, told)}".removeprefix(", "))
    if appointment.cancelled_at and appointment.cancel_reason:
        why = appointment.cancel_reason.label
        if appointment.cancel_text:
            why = (
                appointment.cancel_text
                if appointment.cancel_reason is CancelReason.OTHER
                else f"{why}: {appointment.cancel_text}"
            )
        yield _field("Cancelled", f"{clean_line(why)}, {_ago(appointment.cancelled_at, told)}")


def _word(appointment: Appointment, told: Told) -> Iterable[Content]:
    """What the client said to the visit's time."""
    if appointment.change_asked_at:
        ago = _ago(appointment.change_asked_at, told)
        yield _field("Client", f"asks for another time, {ago}", "$warning bold")
    elif appointment.confirmed_at:
        yield _field("Client", f"confirmed, {_ago(appointment.confirmed_at, told)}", "$success")


def wish(appointment: Appointment, bands: Bands) -> str:
    day = say_day(appointment.requested_date)
    if appointment.wish_time:
        return f"{day}, {appointment.wish_time:%H:%M}"
    band = bands.get(appointment.band)
    hours = f" {band.start:%H:%M}–{band.end:%H:%M}" if band else ""
    return f"{day}, {bands.label(appointment.band)}{hours}"


def _contact(card: Card, told: Told) -> Iterable[Content]:
    phone = told.phone(card.client.phone) if card.client.phone else "no phone: no SMS"
    email = clean_line(card.client.email) if card.client.email else "no email on file"
    yield _field("Contact", f"{phone}   {email}")
    if card.opted_out_at:
        day = say_day(office_day(card.opted_out_at, told.zone))
        yield _field("", f"Opted out of texts on {day}: no SMS", "$warning bold")
    elif card.client.phone and not card.sms_consent:
        yield _field("", "Has not agreed to texts: no SMS; e changes it", "$warning bold")


def _wrote(card: Card, told: Told) -> Iterable[Content]:
    """The texts beside it that wait for a person."""
    for line in card.waiting:
        ago = _ago(line.received_at, told)
        said = f"“{clean_line(line.body)}”, {ago}; m answers it"
        yield _field("Wrote", said, "$warning bold")


def _said(appointment: Appointment) -> Iterable[Content]:
    if appointment.service:
        yield _field("Service", clean_line(appointment.service))
    if appointment.note:
        first, *others = clean_text(appointment.note).split("\n")
        yield _field("Note", first)
        for line in others:
            yield _field("", line)


def _answer(card: Card, told: Told) -> Iterable[Content]:
    if card.survey:
        unread = card.read_at is None and card.survey.rating <= told.low_rating
        said = in_short(card.survey) + ("  (unread: v reads it)" if unread else "")
        yield _field("Feedback", said, "$warning bold" if unread else "")
    elif card.asked_on and card.appointment.status is Status.FEEDBACK_PENDING:
        at = card.asked_at.astimezone(told.zone) if card.asked_at else None
        said = say_asked(card.asked_on, at, office_day(told.now, told.zone))
        yield _field("Asked", said.removeprefix("asked "))
    for note in card.notes:
        yield _field("Later", note_in_short(note))


def _messages(messages: Iterable[MessageLine], told: Told) -> Iterable[Content]:
    """One line an event: what became of it for the client and for the office."""
    yield Content("")
    yield Content.styled("Messages", "$primary bold")
    ordered = list(messages)
    if not ordered:
        yield Content.styled("Nobody was told of anything.", "$text-muted")
    for event, lines in groupby(reversed(ordered), key=lambda line: line.event):
        group = list(lines)
        yield Content.styled(Event(event).label, "bold")
        for recipient in Recipient:
            mine = [line for line in group if line.recipient == recipient.value]
            if mine:
                yield Content.assemble(
                    Content.styled(f"  {recipient.value:<7}", "$text-muted"), _fates(mine, told)
                )


def _fates(lines: Iterable[MessageLine], told: Told) -> Content:
    """``email sent, SMS FAILED (...)``; channels of one fate say it once."""
    alike: dict[tuple[str, bool], list[str]] = {}
    for line in sorted(lines, key=lambda line: line.channel):
        said = fate(line, told.zone, told.now), line.state in NEEDS_A_PERSON
        alike.setdefault(said, []).append(Channel(line.channel).label)
    return Content(", ").join(
        Content.styled(
            f"{channels[0]} {said}" if len(channels) == 1 else f"{', '.join(channels)}: {said}",
            "$error bold" if trouble else "",
        )
        for (said, trouble), channels in alike.items()
    )


def _history(history: Iterable[HistoryLine], told: Told) -> Iterable[Content]:
    yield Content("")
    yield Content.styled("History", "$primary bold")
    for line in reversed(list(history)):
        at = line.at.astimezone(told.zone)
        yield Content.assemble(
            Content.styled(f"{at:%a %d %b %H:%M}  {clean_line(line.actor)}  ", "$text-muted"),
            _deed(line, told),
        )


DEEDS = {
    Verb.REQUEST: "requested",
    Verb.SCHEDULE: "set for",
    Verb.RESCHEDULE: "moved to",
    Verb.ATTEND: "attended",
    Verb.COLLECT_FEEDBACK: "asked for feedback",
    Verb.RESEND: "asked again",
    Verb.SUBMIT_FEEDBACK: "feedback given",
    Verb.CANCEL: "cancelled",
    Verb.EDIT: "edited",
    Verb.CONFIRM: "confirmed by the client",
    Verb.ASK_CHANGE: "asks for another time",
    Verb.ARRIVE: "arrived",
    Verb.NOT_ARRIVED: "not here",
    Verb.UNDO: "undone:",
}


def _deed(line: HistoryLine, told: Told) -> str:
    said = DEEDS[Verb(line.verb)]
    start = (line.detail.get("now") or {}).get("starts_at")
    if line.verb == Verb.UNDO:
        return f"{said} {DEEDS[Verb(line.detail['verb'])]}".removesuffix(" for").removesuffix(" to")
    if start:
        local = datetime.fromisoformat(start).astimezone(told.zone)
        said += f" {local:%a} {local.day} {local:%b %H:%M}"
    if not line.detail.get("override"):
        return said
    count = line.detail.get("count")
    return f"{said} (double booking{f': {count + 1} at once' if count else ''})"


def _ago(moment: datetime, told: Told) -> str:
    seconds = (moment - told.now).total_seconds()
    span = say_span(seconds)
    if span == "now":
        return span
    return f"in {span}" if seconds > 0 else f"{span} ago"
