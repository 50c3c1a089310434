"""Every template there is: its name, the fields that it may use and how long it may be."""

from dataclasses import dataclass
from functools import cache

from interworky_tui.domain.events import Channel, Event, Recipient, messages_of
from interworky_tui.messages.fields import AT_A_GLANCE, IN_BODY, IN_LAYOUT, OF_OFFER

PARTS = {Channel.SMS: ("sms.txt",), Channel.EMAIL: ("subject.txt", "email.txt", "email.html")}
LAYOUT = "layout.html"
WORDS = "words.toml"
FIRST_TEXT = "first_text"

_OWN_FIELDS = {
    "offer/client": OF_OFFER,
    "feedback_requested/client": frozenset({"survey_link"}),
    "feedback_collected/client": frozenset({"review_link"}),
}
"""What no other message may name. A survey is the client's to answer; a review is asked of
whoever is thanked, or of nobody.
"""
_LONGEST = {"sms.txt": 600, "subject.txt": 200, "email.txt": 20_000, "email.html": 60_000}


@dataclass(frozen=True, slots=True)
class Place:
    """``name`` is its path in a folder of templates; ``longest`` is in characters.

    ``needs`` is what must stand in it, and why.
    """

    name: str
    fields: frozenset[str]
    longest: int
    needs: tuple[str, str] | None = None

    @property
    def is_html(self) -> bool:
        return self.name.endswith(".html")


def name_of(event: Event, recipient: Recipient, part: str) -> str:
    return f"{event.value}/{recipient.value}/{part}"


def first_text_of(recipient: Recipient) -> str:
    return f"{FIRST_TEXT}/{recipient.value}/sms.txt"


@cache
def places() -> dict[str, Place]:
    """By name, in the order of a visit; the words of a language are not among them."""
    names = [
        name_of(event, recipient, part)
        for event in Event
        for recipient, channel in messages_of(event)
        for part in PARTS[channel]
    ]
    found = [_place(name) for name in (*names, *map(first_text_of, Recipient))]
    body = ("{body}", "is the message itself")
    return {place.name: place for place in (*found, Place(LAYOUT, IN_LAYOUT, 60_000, body))}


def _place(name: str) -> Place:
    event, recipient, part = name.split("/")
    fields = IN_BODY if part.startswith("email.") else AT_A_GLANCE
    if part != "subject.txt":
        fields |= _OWN_FIELDS.get(f"{event}/{recipient}", frozenset())
    needs = None
    if event in (FIRST_TEXT, Event.HELP):
        needs = ("STOP", "tells people how to opt out")
    elif part == "sms.txt" and recipient == Recipient.CLIENT:
        needs = ("{office_name}", "tells clients who writes")
    return Place(name, fields, _LONGEST[part], needs)
