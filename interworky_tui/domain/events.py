"""Who hears of what: the seven events of an appointment, and what is sent beside them."""

from enum import StrEnum


class Event(StrEnum):
    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    ATTENDED = "attended"
    FEEDBACK_REQUESTED = "feedback_requested"
    FEEDBACK_COLLECTED = "feedback_collected"
    CANCELLED = "cancelled"
    LOW_RATING = "low_rating"
    REMINDER = "reminder"
    HELP = "help"
    """The answer to a client who texts HELP."""
    CLARIFY = "clarify"
    """To a client whose answer to the survey is not one number from 1 to 5 ("10", "4-5")."""
    REPLY = "reply"
    """What staff answer to a text, in their own words, so that there is no template of it."""
    OFFER = "offer"
    """To a client who waits: a slot came free, and a reply takes it."""
    OFFER_GONE = "offer_gone"
    """To a client who says yes to a slot that is no longer free."""
    TEST = "test"
    """To the office, from the setup."""

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Recipient(StrEnum):
    CLIENT = "client"
    OFFICE = "office"


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"

    @property
    def label(self) -> str:
        return {"email": "email", "sms": "SMS"}[self.value]


class MessageState(StrEnum):
    """What became of a message. Only ``sent`` means that the far end took it."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    PREVIEWED = "previewed"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        return self not in (MessageState.PENDING, MessageState.SENDING)


class Reason(StrEnum):
    """Why a message was not sent, or not yet."""

    NO_ADDRESS = "no_address"
    SWITCHED_OFF = "switched_off"
    UNDONE = "undone"
    STALE = "stale"
    REJECTED = "rejected"
    OPTED_OUT = "opted_out"
    NOT_CONFIGURED = "not_configured"
    GAVE_UP = "gave_up"
    UNCONFIRMED = "unconfirmed"
    UNCERTAIN = "uncertain"
    QUIET_HOURS = "quiet_hours"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    WRONG_NUMBER = "wrong_number"
    UNDELIVERED = "undelivered"
    NO_CONSENT = "no_consent"
    CAPPED = "capped"
    ERASED = "erased"

    @property
    def label(self) -> str:
        return _REASON_LABELS[self]


_REASON_LABELS = {
    Reason.NO_ADDRESS: "no address on file",
    Reason.SWITCHED_OFF: "switched off in the settings",
    Reason.UNDONE: "undone before it left",
    Reason.STALE: "overtaken by a later change",
    Reason.REJECTED: "refused by the far end",
    Reason.OPTED_OUT: "the number opted out",
    Reason.NOT_CONFIGURED: "the channel is not set up",
    Reason.GAVE_UP: "given up after several tries",
    Reason.UNCONFIRMED: "no answer yet; it may have arrived",
    Reason.UNCERTAIN: "it may have arrived; ask before sending it again",
    Reason.QUIET_HOURS: "waits for the end of the quiet hours",
    Reason.UNREACHABLE: "the phone is off or out of reach",
    Reason.BLOCKED: "the network or its owner blocks such texts",
    Reason.WRONG_NUMBER: "not a number that takes texts",
    Reason.UNDELIVERED: "the network did not deliver it",
    Reason.NO_CONSENT: "the client has not agreed to texts",
    Reason.CAPPED: "too many texts for requests from the web",
    Reason.ERASED: "the client was forgotten",
}


def messages_of(event: Event) -> tuple[tuple[Recipient, Channel], ...]:
    """The recipients and channels that an event has, switched on or not."""
    if event in (Event.LOW_RATING, Event.TEST):
        return tuple((Recipient.OFFICE, channel) for channel in Channel)
    if event is Event.REMINDER:
        return tuple((Recipient.CLIENT, channel) for channel in Channel)
    if event in (Event.HELP, Event.CLARIFY, Event.OFFER, Event.OFFER_GONE):
        return ((Recipient.CLIENT, Channel.SMS),)
    if event is Event.REPLY:
        return ()
    return tuple((r, c) for r in Recipient for c in Channel)
