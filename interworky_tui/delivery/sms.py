"""Texts by way of the SMS provider: what its answers mean, and looking before a second attempt.

The provider's library is big and slow to import, so it is imported at first use, in the thread
that sends. The text of its errors is never shown or logged: it holds phone numbers and colours.
"""

import ipaddress
import logging
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.delivery.sms_answers import moment, needed, refusal, unclear, unreachable
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.events import Channel, MessageState

TIMEOUTS = (5.0, 15.0)
"""Seconds for connecting and for an answer; the library itself would wait for ever."""
ADDRESSES = 4
"""How many addresses of a host may be tried, each for as long as connecting may take."""
SLACK = timedelta(minutes=2)
"""Between this machine's clock and the provider's."""
PUT_BACK = timedelta(days=1)
"""How far back is looked for a message that was created later than now."""
PAGE = 50
PAGES = 10

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """The office's account. It sends from ``from_number``, or from a pool of numbers.

    ``api_base_url`` stands for the provider's own hosts: a proxy, or a server of a test. Other
    than to this machine it must be https, for the credentials go with every request.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    from_number: str = ""
    messaging_service_sid: str = ""
    api_base_url: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A text that came in; ``sid`` is its name at the provider."""

    sid: str
    from_number: str
    to_number: str
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a sent text, in the provider's words and codes.

    The status is queued, sending, sent, delivered, undelivered or failed, or one of the rarer.
    """

    sid: str
    status: str
    error_code: int | None


class SmsSender:
    """Sends and looks through one client, from any number of threads.

    ``known`` says whether a message in the outbox bears that name of the provider's already.
    All methods raise only SendFailed; a CONFIGURATION tells what to set right.
    """

    def __init__(
        self,
        account: SmsAccount,
        clock: Clock,
        known: Callable[[str], bool],
        *,
        timeouts: tuple[float, float] = TIMEOUTS,
    ) -> None:
        self._account = account
        self._clock = clock
        self._known = known
        self._timeouts = timeouts
        self._connection: tuple[Any, _Http] | None = None
        self._connecting = threading.Lock()

    @property
    def name(self) -> str:
        return Channel.SMS.label

    @property
    def final_state(self) -> MessageState:
        return MessageState.SENT

    @property
    def timeout(self) -> float:
        connect, answer = self._timeouts
        return ADDRESSES * connect + answer

    def send(self, message: Outgoing) -> str:
        try:
            message.body.encode()
        except UnicodeEncodeError:
            raise SendFailed(FailureKind.PERMANENT, "not a possible text") from None
        values = {
            "to": message.to_address,
            "body": message.body,
            "from_": self._account.from_number,
            "messaging_service_sid": self._account.messaging_service_sid,
        }
        given = {name: value for name, value in values.items() if value}
        return self._ask(lambda client: str(needed(client.messages.create(**given).sid)))

    def reconcile(self, message: Outgoing) -> str | None:
        """Look for a text like this one that no other message stands for.

        The provider has no keys against repeats, and its filter by date passes over what is
        still queued there. So the newest texts to the number are read and compared here.
        """
        # A listing that is refused tells nothing of the message, so it waits.
        return self._ask(lambda client: self._find(client, message), refused=FailureKind.AMBIGUOUS)

    def received(self, since: datetime, limit: int) -> list[Received]:
        """Texts to the office's numbers, oldest first; of each number the newest ``limit``.

        The provider knows only whole days: a day and more before ``since`` is among them, so
        that none is missed, and the caller knows them by their sid.
        """
        return self._ask(lambda client: self._receive(client, since, limit))

    def receipt(self, sid: str) -> Receipt:
        """Raises SendFailed, permanent, when the provider has no such text."""
        if not re.fullmatch("[A-Za-z0-9-]+", sid):
            raise SendFailed(FailureKind.PERMANENT, "not the name of a text")
        return self._ask(lambda client: _receipt(client, sid), missing=FailureKind.PERMANENT)

    def check(self) -> None:
        """Ask whether the account may be used, and to send from its number or pool."""
        self._ask(self._check)

    def _ask(
        self,
        question: Callable[[Any], Reply],
        refused: FailureKind = FailureKind.PERMANENT,
        missing: FailureKind = FailureKind.CONFIGURATION,
    ) -> Reply:
        client, http = self._connected()
        from requests import RequestException
        from twilio.base.exceptions import TwilioException

        http.last = None
        try:
            return question(client)
        except TwilioException as error:
            failure = unclear(error)
            if http.last is not None:
                failure = refusal(http.last, self._clock(), refused=refused, missing=missing)
        except RequestException as error:
            failure = unreachable(error)
        except (OSError, ValueError, TypeError, AttributeError, LookupError) as error:
            # The library stumbles like this over answers that are not what they should be.
            failure = unclear(error)
        # Raised out here, so that the error and its text do not come along.
        raise failure

    def _connected(self) -> tuple[Any, "_Http"]:
        with self._connecting:
            if self._connection is None:
                self._connection = _connect(self._account, self._timeouts)
            return self._connection

    def _find(self, client: Any, message: Outgoing) -> str | None:
        account = self._account
        sent_from = {"from_": account.from_number} if account.from_number else {}
        page = client.messages.page(to=message.to_address, page_size=PAGE, **sent_from)
        since = self._earliest(message)
        for _ in range(PAGES):
            recent = [text for text in page if needed(text.date_created) >= since]
            for text in recent:
                if self._may_be(client, text, message) and not self._known(needed(text.sid)):
                    if not text.body:
                        raise SendFailed(FailureKind.PERMANENT, "the account keeps no bodies")
                    return str(text.sid)
            page = page.next_page() if recent else None
            if page is None:
                return None
        raise SendFailed(FailureKind.AMBIGUOUS, f"more than {PAGE * PAGES} texts to look through")

    def _may_be(self, client: Any, text: Any, message: Outgoing) -> bool:
        account = self._account
        if not account.from_number and text.messaging_service_sid != account.messaging_service_sid:
            return False
        theirs, ours = (text.body or "").strip(), message.body.strip()
        if theirs in ("", ours):
            return True
        # A trial account puts a sentence before each text.
        return theirs.endswith(f" - {ours}") and self._on_trial(client)

    def _on_trial(self, client: Any) -> bool:
        return bool(client.api.accounts(self._account.account_sid).fetch().type == "Trial")

    def _earliest(self, message: Outgoing) -> datetime:
        """When an attempt may have been made, at the earliest, by the provider's clock.

        A message was created before any attempt, but the provider's last answer may show that
        this machine's clock is ahead. After it was put back nobody knows how far it was.
        """
        _, http = self._connected()
        now = self._clock()
        if message.created_at > now:
            return now - PUT_BACK
        ahead = max(now - (moment(http.last.headers, "Date") or now), timedelta(0))
        return message.created_at - ahead - SLACK

    def _receive(self, client: Any, since: datetime, limit: int) -> list[Received]:
        day = since.astimezone(UTC) - timedelta(days=1)
        texts = {
            needed(text.sid): Received(
                text.sid,
                needed(text.from_),
                needed(text.to),
                text.body or "",
                needed(text.date_sent or text.date_created),
            )
            for number in self._own_numbers(client)
            for text in client.messages.list(to=number, date_sent_after=day, limit=limit)
            if text.direction == "inbound"
        }
        return sorted(texts.values(), key=lambda text: (text.at, text.sid))

    def _own_numbers(self, client: Any) -> Iterable[str]:
        if self._account.from_number:
            return [self._account.from_number]
        pool = client.messaging.v1.services(self._account.messaging_service_sid)
        return [needed(number.phone_number) for number in pool.phone_numbers.list(limit=100)]

    def _check(self, client: Any) -> None:
        account = self._account
        status = needed(client.api.accounts(account.account_sid).fetch().status)
        if status != "active":
            raise SendFailed(FailureKind.CONFIGURATION, f"the account is {status}")
        if account.messaging_service_sid:
            client.messaging.v1.services(account.messaging_service_sid).fetch()
        # Names and short codes may send too, but are not among the numbers.
        if account.from_number.startswith("+"):
            found = client.incoming_phone_numbers.list(phone_number=account.from_number, limit=PAGE)
            mine = [number for number in found if number.phone_number == account.from_number]
            if not mine:
                raise SendFailed(FailureKind.CONFIGURATION, "from_number is not the account's")
            if not mine[0].capabilities.get("sms"):
                raise SendFailed(FailureKind.CONFIGURATION, "from_number cannot send texts")


def _receipt(client: Any, sid: str) -> Receipt:
    text = client.messages(sid).fetch()
    code = text.error_code if isinstance(text.error_code, int) else None
    return Receipt(sid, needed(text.status), code)


class _Http:
    """The library's HTTP client with another address, if one is set, and a memory.

    Not all of the library's errors hold the answer, and none its headers: so ``last`` is this
    thread's last answer, or None if there was none.
    """

    is_async = False

    def __init__(self, inner: Any, base: SplitResult | None) -> None:
        self._inner = inner
        self._base = base
        self._memory = threading.local()

    @property
    def last(self) -> Any:
        return getattr(self._memory, "last", None)

    @last.setter
    def last(self, answer: Any) -> None:
        self._memory.last = answer

    def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        self.last = None
        if self._base is not None:
            parts = urlsplit(url)
            url = parts._replace(scheme=self._base.scheme, netloc=self._base.netloc).geturl()
        self.last = self._inner.request(method, url, *arguments, **options)
        return self.last


def _connect(account: SmsAccount, timeouts: tuple[float, float]) -> tuple[Any, _Http]:
    if not (account.account_sid and account.auth_token):
        raise SendFailed(FailureKind.CONFIGURATION, "account_sid or auth_token is missing")
    if not (account.account_sid + account.auth_token).isascii():
        raise SendFailed(FailureKind.CONFIGURATION, "account_sid or auth_token is not ASCII")
    if not (account.from_number or account.messaging_service_sid):
        detail = "from_number or messaging_service_sid is missing"
        raise SendFailed(FailureKind.CONFIGURATION, detail)
    base = _base(account.api_base_url) if account.api_base_url else None

    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    from interworky_tui.delivery.sms_wire import Adapter

    for logger in ("twilio.http_client", "urllib3.connectionpool"):
        logging.getLogger(logger).disabled = True  # they write phone numbers
    inner = TwilioHttpClient()
    inner.timeout = timeouts  # its constructor takes no pair
    for scheme in ("https://", "http://"):
        inner.session.mount(scheme, Adapter())
    if base is not None and _is_loopback(base.hostname or ""):
        inner.session.trust_env = False  # a proxy is no way to this machine
    http = _Http(inner, base)
    client = Client(
        account.account_sid,
        account.auth_token,
        http_client=http,
        environment={"TWILIO_REGION": ""},  # settings are read in one place only
    )
    return client, http


def _base(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        plain = re.fullmatch(r"[\w.:%\[\]-]+", parts.netloc) and parts.port != 0
    except ValueError:
        plain = None
    if not plain or parts.scheme not in ("http", "https") or url.strip("/") != _origin(parts):
        detail = "api_base_url must be like https://host or https://host:port"
        raise SendFailed(FailureKind.CONFIGURATION, detail)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        detail = "api_base_url must be https, for the credentials go with every request"
        raise SendFailed(FailureKind.CONFIGURATION, detail)
    return parts


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
