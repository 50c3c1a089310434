"""An email as it goes over the wire: byte for byte the same on every attempt."""

import hashlib
import re
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime

from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.delivery.invitation import invitation, mailto
from interworky_tui.domain.events import Event, Recipient

NOT_OWED = frozenset({Event.FEEDBACK_REQUESTED, Event.REMINDER})
"""What a client may not want; word of one's own visit is not a mailing to be left."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# The library's parser drops some characters and stumbles over others: it gets none of them.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+>")


class _Verbatim(BaseHeader):
    """The library would break a long URL into encoded words."""

    max_count = 1
    parse = UnstructuredHeader.parse

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Verbatim)
# Seven bits, which every server takes as they are.
_POLICY = SMTP.clone(header_factory=_HEADERS, cte_type="7bit")


def office_address(name: str, email: str) -> Address:
    """The From of an email. Raises SendFailed when the settings give none that can be used."""
    try:
        return _address(email, name)
    except ValueError as error:
        raise SendFailed(FailureKind.CONFIGURATION, "the office's name or address") from error


def build(message: Outgoing, sender: Address, office: Address | None = None) -> EmailMessage:
    """Plain text, with HTML and an invitation as alternatives, if there are any.

    ``office`` gets the answers and stands in the invitation, where it is not the sender itself.
    Raises SendFailed, permanent, for what cannot be a header: line breaks and other control
    characters above all, which would let a name write headers of its own.
    """
    try:
        mail = _with_headers(message, sender, office or sender)
        _fill(mail, message, office or sender)
    except (ValueError, MessageError) as error:
        raise SendFailed(FailureKind.PERMANENT, "not a possible email") from error
    return mail


def _with_headers(message: Outgoing, sender: Address, office: Address) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    message_id = message.message_id or ""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("not a Message-ID")
    mail["From"] = sender
    mail["To"] = _address(message.to_address)
    if office.addr_spec != sender.addr_spec:
        mail["Reply-To"] = office
    mail["Subject"] = _one_line(message.subject)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = message_id
    if message.recipient is Recipient.CLIENT and message.event in NOT_OWED:
        mail["List-Unsubscribe"] = f"<{mailto(office.addr_spec)}?subject=unsubscribe>"
    return mail


def _fill(mail: EmailMessage, message: Outgoing, office: Address) -> None:
    mail.set_content(message.body)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    invited = invitation(message, office)
    if invited is not None:
        # The last one is what a program prefers that knows what to do with it.
        method = {"method": invited.method}
        mail.add_alternative(invited.text, subtype="calendar", params=method)
    if mail.is_multipart():
        # The library's own boundary is random.
        name = hashlib.sha256(mail["Message-ID"].encode()).hexdigest()[:32]
        mail.set_boundary(f"=={name}==")


def _address(email: str, name: str = "") -> Address:
    if not _ADDRESS.fullmatch(email):
        raise ValueError("not an address")
    user, _, domain = email.partition("@")
    return Address(_one_line(name), user, domain)


def _one_line(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("a header is one line")
    return value
