"""An email as it goes over the wire: byte for byte the same on every attempt."""

import hashlib
import re
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# The library's parser drops some characters and stumbles over others: it gets none of them.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+>")


def office_address(name: str, email: str) -> Address:
    """The From of an email. Raises SendFailed when the settings give none that can be used."""
    try:
        return _address(email, name)
    except ValueError as error:
        raise SendFailed(FailureKind.CONFIGURATION, "the office's name or address") from error


def build(message: Outgoing, sender: Address) -> EmailMessage:
    """Plain text with an HTML alternative, if there is one.

    Raises SendFailed, permanent, for what cannot be a header: line breaks and other control
    characters above all, which would let a name write headers of its own.
    """
    mail = EmailMessage(policy=SMTP)
    message_id = message.message_id or ""
    try:
        if not _MESSAGE_ID.fullmatch(message_id):
            raise ValueError("not a Message-ID")
        mail["From"] = sender
        mail["To"] = _address(message.to_address)
        mail["Subject"] = _one_line(message.subject)
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = message_id
        mail.set_content(message.body)
        if message.html:
            mail.add_alternative(message.html, subtype="html")
            # The library's own boundary is random.
            mail.set_boundary(f"=={hashlib.sha256(message_id.encode()).hexdigest()[:32]}==")
    except (ValueError, MessageError) as error:
        raise SendFailed(FailureKind.PERMANENT, "not a possible email") from error
    return mail


def _address(email: str, name: str = "") -> Address:
    if not _ADDRESS.fullmatch(email):
        raise ValueError("not an address")
    user, _, domain = email.partition("@")
    return Address(_one_line(name), user, domain)


def _one_line(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("a header is one line")
    return value
