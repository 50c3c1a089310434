"""An event, who hears of it and by what channel, and the facts: the finished text.

Templates are in ``templates/<event>/<recipient>/``; ``template.py`` says how they are written.
Facts come from outside: here they lose control characters and undue length, and in HTML
they are escaped.
"""

import dataclasses
import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from interworky_tui.domain.events import Channel, Event, Recipient, messages_of
from interworky_tui.domain.text import clean_line, clean_text
from interworky_tui.messages.segments import to_gsm
from interworky_tui.messages.template import fill, load

LONGEST_IN_SMS = 40
"""Characters of one field; a longer name must not make a text of many segments."""
LONGEST_IN_EMAIL = 100
"""Characters of one field; nobody can mail an advertisement by asking under a long name."""

_ZWJ = "\u200d"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message may say. Times are phrased in the office's zone; "" is what is not known.

    ``first_text`` is about the number that this SMS goes to, the client's or the office's.
    """

    client_name: str
    client_phone: str
    client_email: str
    office_name: str
    office_phone: str
    office_email: str
    appointment_id: int
    wished: str
    when: str
    was_when: str
    service: str
    note: str
    cancel_reason: str
    rating: int | None
    good: str
    bad: str
    recommend: str
    first_text: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    """``subject`` and ``html`` are "" for SMS; ``subject`` is always one line."""

    subject: str
    text: str
    html: str


_ADDRESSES = frozenset({"client_email", "office_email"})
_PARAGRAPHS = frozenset({"note", "cancel_reason", "good", "bad"})
_PRIVATE = _PARAGRAPHS | {"service", "recommend"}
_IN_BODY = frozenset(f.name for f in dataclasses.fields(Facts)) - {"first_text"}
# A text and a subject are read by whoever glances at the phone.
_AT_A_GLANCE = _IN_BODY - _PRIVATE
_IN_LAYOUT = _AT_A_GLANCE | {"subject", "body"}


def render(event: Event, recipient: Recipient, channel: Channel, facts: Facts) -> Rendered:
    """The finished message. Raises ValueError where the event has no such message."""
    if (recipient, channel) not in messages_of(event):
        raise ValueError(f"{event} has no {channel} for the {recipient}")
    folder = f"{event.value}/{recipient.value}"
    if channel is Channel.SMS:
        return Rendered("", _sms(folder, recipient, facts), "")
    fields = _fields(facts, recipient, LONGEST_IN_EMAIL)
    subject = " ".join(fill(load(f"{folder}/subject.txt", _AT_A_GLANCE), fields))
    text = fill(load(f"{folder}/email.txt", _IN_BODY), _indented(fields))
    return Rendered(subject, _tidy(text), _html(folder, subject, fields))


def first_text(recipient: Recipient, office_name: str) -> str:
    """The sentence that the first SMS to a number ends with: who writes, and how to stop it."""
    fields = dict.fromkeys(_IN_BODY, "") | {"office_name": _shorten(office_name, LONGEST_IN_SMS)}
    return to_gsm(
        " ".join(fill(load(f"first_text/{recipient.value}/sms.txt", _AT_A_GLANCE), fields))
    )


def _sms(folder: str, recipient: Recipient, facts: Facts) -> str:
    fields = _fields(facts, recipient, LONGEST_IN_SMS)
    lines = fill(load(f"{folder}/sms.txt", _AT_A_GLANCE), fields)
    if facts.first_text:
        lines += fill(load(f"first_text/{recipient.value}/sms.txt", _AT_A_GLANCE), fields)
    return to_gsm(" ".join(lines))


def _html(folder: str, subject: str, fields: Mapping[str, str]) -> str:
    safe = {name: _escape(value) for name, value in fields.items()}
    body = "\n".join(fill(load(f"{folder}/email.html", _IN_BODY), safe))
    page = safe | {"subject": _escape(subject), "body": body}
    return "\n".join(fill(load("layout.html", _IN_LAYOUT), page)) + "\n"


def _escape(value: str) -> str:
    return html.escape(value).replace("\n", "<br>\n")


def _indented(fields: Mapping[str, str]) -> dict[str, str]:
    """So that no line of somebody's note looks like a line of the message's own."""
    return {name: value.replace("\n", "\n  ") for name, value in fields.items()}


def _tidy(lines: list[str]) -> str:
    text = re.sub(r" +$", "", "\n".join(lines), flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def _fields(facts: Facts, recipient: Recipient, longest: int) -> dict[str, str]:
    fields = {}
    for name in _IN_BODY:
        value = getattr(facts, name)
        if name in _PARAGRAPHS:
            fields[name] = clean_text(value)
        elif name in _ADDRESSES:
            fields[name] = clean_line(value)
        else:
            fields[name] = _shorten(clean_line("" if value is None else str(value)), longest)
    if recipient is Recipient.OFFICE and not fields["client_name"]:
        fields["client_name"] = "(no name)"
    return fields


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
