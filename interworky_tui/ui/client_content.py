"""A caller in words: a line of the search, and the client's card."""

from collections.abc import Iterable
from datetime import date, datetime

from textual.content import Content

from interworky_tui.domain.appointment import Appointment, CancelReason, Status
from interworky_tui.domain.calendar import office_day, say_day, say_moment, say_span
from interworky_tui.domain.feedback import stars
from interworky_tui.domain.text import clean_line
from interworky_tui.storage.callers import Caller, ClientCard, PastVisit
from interworky_tui.ui.card_content import Told, wish
from interworky_tui.ui.widgets.list_columns import fit

NAME, PHONE, NEXT = 22, 17, 22
_LABEL = 9


def caller_line(caller: Caller, told: Told) -> Content:
    """Who, the number (or the address of who has none), and when they come or came."""
    reached = told.phone(caller.phone) if caller.phone else caller.email or ""
    # No colours: one may not be readable on that of the cursor.
    return Content.assemble(
        Content.styled(f" {fit(caller.name, NAME)}", "bold"),
        f" {fit(reached, PHONE)} {_when(caller, told)}",
    )


def _when(caller: Caller, told: Told) -> str:
    last = ""
    if caller.last_at:
        day = office_day(caller.last_at, told.zone)
        this_year = day.year == office_day(told.now, told.zone).year
        last = f"last {day.day} {day:%b}" if this_year else f"last {day:%b %Y}"
    if caller.next_at:
        word = "due" if caller.next_at <= told.now else "next"
        coming = f"{word} {_short_moment(caller.next_at, told)}"
    elif caller.wishes_on:
        coming = f"asks for {_short_day(date.fromisoformat(caller.wishes_on), told)}"
    else:
        return last or "no visit yet"
    return f"{fit(coming, NEXT)} {last}".rstrip()


def _short_day(day: date, told: Told) -> str:
    """Without the year when it is this one."""
    if day.year == office_day(told.now, told.zone).year:
        return f"{day:%a} {day.day} {day:%b}"
    return f"{day.day} {day:%b %Y}"


def _short_moment(moment: datetime, told: Told) -> str:
    local = moment.astimezone(told.zone)
    return f"{_short_day(local.date(), told)}, {local:%H:%M}"


def client_title(card: ClientCard) -> Content:
    counted = "no visit yet"
    if card.attended:
        counted = "1 visit" if card.attended == 1 else f"{card.attended} visits"
    missed = f"  {card.no_shows} NO-SHOW{'S' if card.no_shows > 1 else ''}" if card.no_shows else ""
    return Content.assemble(
        Content.styled(clean_line(card.client.name), "bold"),
        Content.styled(f"  {counted}", "$primary bold"),
        Content.styled(missed, "$warning bold"),
    )


def client_body(card: ClientCard, told: Told, office_language: str) -> Content:
    parts = [
        *_contact(card, told, office_language),
        *_open(card, told),
        *_visits("Coming", (_coming(one, told) for one in card.coming), "nothing is open"),
        *_visits("Past", (_past(one, told) for one in card.past), "never here yet"),
        *_rated(card, told),
        _field("On file", f"since {say_day(office_day(card.created_at, told.zone))}"),
    ]
    return Content("\n").join(parts)


def _field(name: str, value: str | Content, style: str = "") -> Content:
    said = Content.styled(value, style) if isinstance(value, str) else value
    return Content.assemble(Content.styled(f"{name:<{_LABEL}}", "$text-muted"), said)


def _contact(card: ClientCard, told: Told, office_language: str) -> Iterable[Content]:
    client = card.client
    phone = told.phone(client.phone) if client.phone else "no phone: no SMS"
    email = clean_line(client.email) if client.email else "no email on file"
    language = client.language or f"the office's ({office_language})"
    yield _field("Contact", f"{phone}   {email}")
    if card.opted_out_at:
        day = say_day(office_day(card.opted_out_at, told.zone))
        texts, style = f"opted out on {day}: no SMS", "$warning bold"
    elif client.phone and not card.sms_consent:
        texts, style = "has not agreed: no SMS", "$warning bold"
    else:
        texts, style = "agreed" if client.phone else "none, without a phone", ""
    yield _field("Texts", texts, style)
    yield _field("Language", language)


def _open(card: ClientCard, told: Told) -> Iterable[Content]:
    """What waits for an answer, of theirs or of the office."""
    lines = []
    for text in card.waiting:
        lines.append(f"wrote “{clean_line(text.body)}”, {_ago(text.received_at, told)}: m answers")
    for visit in card.coming:
        if visit.change_asked_at and visit.status is Status.SCHEDULED:
            lines.append(f"asks for another time, {_ago(visit.change_asked_at, told)}")
    if card.unread_low:
        low = "1 low rating" if card.unread_low == 1 else f"{card.unread_low} low ratings"
        lines.append(f"{low} nobody has read")
    if card.asked and (at := card.asked[0].feedback_requested_at):
        lines.append(f"was asked for feedback, {_ago(at, told)}: no answer yet")
    for number, line in enumerate(lines):
        yield _field("" if number else "Open", line, "$warning bold")


def _visits(title: str, lines: Iterable[Content], none: str) -> Iterable[Content]:
    shown = list(lines) or [Content.styled(none, "$text-muted")]
    for number, line in enumerate(shown):
        yield _field("" if number else title, line)


def _coming(visit: Appointment, told: Told) -> Content:
    marks = [clean_line(visit.service)] if visit.service else []
    if visit.starts_at is None:
        when = wish(visit, told.bands)
        marks[:0] = ["STALE, no time yet" if visit.is_stale(told.now) else "no time yet"]
    else:
        when = say_moment(visit.starts_at, told.zone)
        if visit.is_due(told.now):
            marks[:0] = ["DUE"]
        elif visit.confirmed_at:
            marks[:0] = ["confirmed"]
    return Content.assemble(
        Content.styled(when, "bold"), f"{'  ' if marks else ''}{', '.join(marks)}"
    )


def _past(visit: PastVisit, told: Told) -> Content:
    one = visit.appointment
    when = say_moment(one.starts_at, told.zone) if one.starts_at else wish(one, told.bands)
    if one.status is Status.CANCELLED:
        missed = one.cancel_reason is CancelReason.NO_SHOW
        style, what = ("$warning bold", "NO-SHOW") if missed else ("$text-muted", "cancelled")
    elif visit.rating is not None:
        style, what = "", stars(visit.rating)
    else:
        style = ""
        what = "asked for feedback" if one.status is Status.FEEDBACK_PENDING else "came"
    marks = [clean_line(one.service)] if one.service else []
    return Content.assemble(f"{when}  ", Content.styled(what, style), _also(marks))


def _also(marks: Iterable[str]) -> str:
    return "".join(f", {mark}" for mark in marks)


def _rated(card: ClientCard, told: Told) -> Iterable[Content]:
    word = card.last_word
    if word is None or card.average is None:
        yield _field("Ratings", "none yet", "$text-muted")
        return
    answers = "1 answer" if card.ratings == 1 else f"{card.ratings} answers"
    on = say_day(office_day(word.at, told.zone))
    yield _field(
        "Ratings", f"{card.average:.1f} of 5 in {answers}; last {stars(word.rating)} on {on}"
    )
    if said := clean_line(word.said):
        yield _field("", f"“{said}”")


def _ago(moment: datetime, told: Told) -> str:
    span = say_span((told.now - moment).total_seconds())
    return span if span == "now" else f"{span} ago"
