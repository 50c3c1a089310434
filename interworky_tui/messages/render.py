"""An event, who hears of it and by what channel, and the facts: the finished text.

``catalogue.py`` says where templates are found, ``template.py`` how they are written. Facts come
from outside: here they lose control characters and undue length, and in HTML they are escaped.
"""

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.events import Channel, Event, Recipient, messages_of
from interworky_tui.domain.text import clean_line, clean_text
from interworky_tui.messages.catalogue import SHIPPED, Catalogue, Message
from interworky_tui.messages.fields import (
    ADDRESSES,
    EVERY_FIELD,
    LINKS,
    PARAGRAPHS,
    PHRASES,
    Facts,
)
from interworky_tui.messages.segments import plain_letters, to_gsm
from interworky_tui.messages.template import Line, Lines, fill
from interworky_tui.messages.words import Words

__all__ = ["Facts", "Rendered", "first_text", "render", "render_in"]

LONGEST_IN_SMS = 40
"""Characters of one field; a longer name must not make a text of many segments."""
LONGEST_IN_EMAIL = 100
"""Characters of one field; nobody can mail an advertisement by asking under a long name."""
LONGEST_SMS = 1500
"""Characters that every provider takes."""

_STOP = "STOP"
_ZWJ = "\u200d"
_SIGNATURE = {"{office_name}", "{office_phone}", "{office_email}", ""}


@dataclass(frozen=True, slots=True)
class Rendered:
    """``subject`` and ``html`` are "" for SMS; ``subject`` is always one line."""

    subject: str
    text: str
    html: str


def render(
    event: Event,
    recipient: Recipient,
    channel: Channel,
    facts: Facts,
    catalogue: Catalogue = SHIPPED,
    language: str | None = None,
) -> Rendered:
    """The finished message. Raises ValueError where the event has no such message.

    ``language`` is the client's; the office reads its own, and so does who has none.
    """
    own = language if recipient is Recipient.CLIENT else None
    return render_in(own, event, recipient, channel, facts, catalogue)


def render_in(
    language: str | None,
    event: Event,
    recipient: Recipient,
    channel: Channel,
    facts: Facts,
    catalogue: Catalogue = SHIPPED,
) -> Rendered:
    """As render, in a language that is asked for, whoever the recipient is."""
    if (recipient, channel) not in messages_of(event):
        raise ValueError(f"{event} has no {channel} for the {recipient}")
    finished = Rendered("", "", "")
    for message in catalogue.messages(event, recipient, channel, language):
        finished = _finish(catalogue, message, recipient, channel, facts)
        if _is_usable(finished, recipient, channel, facts):
            return finished
    return finished


def first_text(
    recipient: Recipient,
    office_name: str,
    catalogue: Catalogue = SHIPPED,
    language: str | None = None,
) -> str:
    """The sentence that the first SMS to a number ends with: who writes, and how to stop it."""
    own = language if recipient is Recipient.CLIENT else None
    known = {"office_name": _shorten(clean_line(office_name), LONGEST_IN_SMS)}
    lines = catalogue.first_text(recipient, own).lines
    return to_gsm(" ".join(fill(lines, dict.fromkeys(EVERY_FIELD, "") | known)))


def _is_usable(message: Rendered, recipient: Recipient, channel: Channel, facts: Facts) -> bool:
    """What the office wrote may come out empty, or without its name, for some facts."""
    if channel is Channel.EMAIL:
        return bool(message.text.strip() and message.subject)
    name = to_gsm(_shorten(clean_line(facts.office_name), LONGEST_IN_SMS))
    named = recipient is Recipient.OFFICE or name in message.text
    return bool(message.text) and named and len(message.text) <= LONGEST_SMS


def _finish(
    catalogue: Catalogue, message: Message, recipient: Recipient, channel: Channel, facts: Facts
) -> Rendered:
    words = catalogue.words(message.language)
    if channel is Channel.SMS:
        return Rendered("", _sms(catalogue, message, recipient, facts, words), "")
    assert message.subject
    fields = _fields(facts, recipient, words, LONGEST_IN_EMAIL)
    subject = clean_line(" ".join(fill(message.subject.lines, fields)))
    text = _tidy(fill(message.text.lines, _indented(fields)))
    return Rendered(subject, text, _html(catalogue, message, subject, fields))


def _sms(
    catalogue: Catalogue, message: Message, recipient: Recipient, facts: Facts, words: Words
) -> str:
    fields = _fields(facts, recipient, words, LONGEST_IN_SMS)
    fields |= {name: plain_letters(fields[name]) for name in PHRASES}
    lines = fill(message.text.lines, fields)
    if facts.first_text and _STOP not in message.text.source:
        lines += fill(catalogue.first_text(recipient, message.language).lines, fields)
    return to_gsm(" ".join(line for line in map(str.strip, lines) if line))


def _html(catalogue: Catalogue, message: Message, subject: str, fields: Mapping[str, str]) -> str:
    safe = {name: _escape(value) for name, value in fields.items()}
    if message.page:
        body = "\n".join(fill(message.page.lines, safe))
    else:
        links = {name: f'<a href="{safe[name]}">{safe[name]}</a>' for name in LINKS if safe[name]}
        body = _paragraphs(fill(_as_html(message.text.lines), safe | links))
    page = safe | {"subject": _escape(subject), "body": body, "language": message.language}
    return "\n".join(fill(catalogue.layout(message.language).lines, page)) + "\n"


def _as_html(lines: Lines) -> tuple[Line, ...]:
    """A template of text as one of HTML, without the signature, which the layout has."""
    last = len(lines)
    while last and lines[last - 1].text.strip() in _SIGNATURE:
        last -= 1
    return tuple(replace(line, text=html.escape(line.text)) for line in lines[:last])


def _paragraphs(lines: list[str]) -> str:
    blocks = re.split(r"\n\s*\n", "\n".join(lines).strip())
    return "\n".join("<p>{}</p>".format(re.sub(r"(?<!<br>)\n", "<br>\n", b)) for b in blocks)


def _escape(value: str) -> str:
    return html.escape(value).replace("\n", "<br>\n")


def _indented(fields: Mapping[str, str]) -> dict[str, str]:
    """So that no line of somebody's note looks like a line of the message's own."""
    return {name: value.replace("\n", "\n  ") for name, value in fields.items()}


def _tidy(lines: list[str]) -> str:
    text = re.sub(r" +$", "", "\n".join(lines), flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def _fields(facts: Facts, recipient: Recipient, words: Words, longest: int) -> dict[str, str]:
    """Every field that a body may name, as it is said in the language of the words."""
    said = {
        "wished": words.wish(facts.wished_day, facts.wished_band, facts.wished_time),
        "when": words.moment(facts.starts_at) if facts.starts_at else "",
        "was_when": words.moment(facts.was_at) if facts.was_at else "",
        "held_until": words.at(facts.held_until.time()) if facts.held_until else "",
        "cancel_reason": _reason(facts, words),
        "recommend": words.recommend(facts.recommend) if facts.recommend else "",
    }
    fields = {}
    for name in EVERY_FIELD:
        value = said[name] if name in said else getattr(facts, name)
        if name in PARAGRAPHS:
            fields[name] = clean_text(value)
        elif name in ADDRESSES | PHRASES | LINKS:
            fields[name] = clean_line(value)
        else:
            fields[name] = _shorten(clean_line("" if value is None else str(value)), longest)
    if recipient is Recipient.OFFICE and not fields["client_name"]:
        fields["client_name"] = words.no_name
    return fields


def _reason(facts: Facts, words: Words) -> str:
    if facts.cancel_reason is None:
        return ""
    if facts.cancel_reason is CancelReason.OTHER:
        return facts.cancel_text
    said = words.reason(facts.cancel_reason)
    return f"{said}: {facts.cancel_text}" if facts.cancel_text else said


def _shorten(text: str, longest: int) -> str:
    """Cut between characters as people see them, never between a letter and its accent."""
    if len(text) <= longest:
        return text
    cut = longest
    while cut > 0 and (
        unicodedata.category(text[cut]).startswith("M") or _ZWJ in text[cut - 1 : cut + 1]
    ):
        cut -= 1
    return text[:cut].rstrip() + "…"
