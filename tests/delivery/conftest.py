"""A store with visits and waiting messages, and senders that do as they are told."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Row, insert, select

from interworky_tui.delivery.channel import Outgoing
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.events import Channel, MessageState
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, NOTIFICATION, SMS_RECEIPT
from tests.delivery.sms_server import SmsServer


@dataclass
class Post:
    """Puts messages into the outbox as the services do, and looks at what became of them."""

    database: Database
    clock: Clock
    count: int = 0
    connection: Connection | None = None

    def client(self) -> int:
        self.count += 1
        return self._insert(
            CLIENT,
            name="Ada Lovelace",
            match_name=f"ada lovelace {self.count}",
            phone="+4930111222",
            search_text="ada lovelace",
            created_at=self.clock(),
        )

    def visit(self, status: str = "scheduled", **values: Any) -> int:
        """A visit of tomorrow; what its status asks for is filled in."""
        now = self.clock()
        starts = values.pop("starts_at", now + timedelta(days=1))
        slot = {} if status == "requested" else {"starts_at": starts, "ends_at": starts + HALF_HOUR}
        stamps: dict[str, Any] = {
            "feedback_pending": {"attended_at": now, "feedback_requested_at": now},
            "attended": {"attended_at": now},
            "cancelled": {"cancelled_at": now, "cancel_reason": "office"},
        }.get(status, {})
        return self._insert(
            APPOINTMENT,
            client_id=self.client(),
            status=status,
            requested_date="2026-03-20",
            band="morning",
            requested_until=now + timedelta(days=4),
            sort_at=slot.get("starts_at", now + timedelta(days=4)),
            requested_at=now,
            **slot,
            **stamps,
            **values,
        )

    def message(self, visit: int | None = None, due_in: float = 0, **values: Any) -> int:
        """A waiting message of its own stream. ``due_in`` is in seconds."""
        visit = self.visit() if visit is None else visit
        self.count += 1
        now = self.clock()
        row = {
            "appointment_id": visit,
            "appointment_version": 1,
            "event": "cancelled",
            "recipient": "client",
            "channel": "sms",
            "to_address": "+4930111222",
            "body": "Your visit is cancelled.",
            "state": "pending",
            "stream": f"client:{self.count}:sms",
            "dedupe_key": str(self.count),
            "created_at": now,
            "due_at": now + timedelta(seconds=due_in),
        }
        return self._insert(NOTIFICATION, **(row | values))

    def email(self, visit: int | None = None, **values: Any) -> int:
        email = {
            "channel": "email",
            "to_address": "ada@example.com",
            "subject": "Your visit",
            "html": "<p>Your visit is cancelled.</p>",
            "message_id": f"<{self.count}@lindenhof.example>",
        }
        return self.message(visit, **(email | values))

    def row(self, message_id: int) -> Row[Any]:
        with self.database.read() as connection:
            query = select(NOTIFICATION).where(NOTIFICATION.c.id == message_id)
            return connection.execute(query).one()

    def state(self, message_id: int) -> str:
        """``state`` or ``state/reason``, and the attempts: ``failed/rejected 1``."""
        row = self.row(message_id)
        reason = f"/{row.reason}" if row.reason else ""
        return f"{row.state}{reason} {row.attempts}"

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Write everything in one transaction, which is quicker for many."""
        with self.database.write() as self.connection:
            yield
        self.connection = None

    def _insert(self, table: Any, **values: Any) -> int:
        with nullcontext(self.connection) if self.connection else self.database.write() as into:
            key = into.execute(insert(table).values(values)).inserted_primary_key
        assert key is not None
        return int(key[0])


HALF_HOUR = timedelta(minutes=30)
Answer = str | None | BaseException | Callable[[], Any]


@dataclass
class ScriptedSender:
    """Answers from its script: a reference, an error, or a call that is made first.

    Without a script every send works, and a look finds nothing.
    """

    name: str = "script"
    final_state: MessageState = MessageState.SENT
    timeout: float = 20.0
    sends: deque[Answer] = field(default_factory=deque)
    looks: deque[Answer] = field(default_factory=deque)
    sent: list[int] = field(default_factory=list)
    looked: list[int] = field(default_factory=list)

    def send(self, message: Outgoing) -> str:
        self.sent.append(message.id)
        return self._play(self.sends) or f"ref-{message.id}"

    def reconcile(self, message: Outgoing) -> str | None:
        self.looked.append(message.id)
        return self._play(self.looks)

    def _play(self, script: deque[Answer]) -> str | None:
        answer = script.popleft() if script else None
        if callable(answer):
            answer = answer()
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Steady:
    """A clock that cannot be set: it only goes where a test moves it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def known_in(database: Database) -> Callable[[str], bool]:
    """Whether a message stands under the provider's name for a text."""

    def known(sid: str) -> bool:
        with database.read() as connection:
            query = select(SMS_RECEIPT.c.sid).where(SMS_RECEIPT.c.sid == sid)
            return connection.execute(query).first() is not None

    return known


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    store = Database(store_url)
    yield store
    store.close()


@pytest.fixture
def post(database: Database, clock: Clock) -> Post:
    return Post(database, clock)


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def sms() -> ScriptedSender:
    return ScriptedSender()


@pytest.fixture
def mail() -> ScriptedSender:
    return ScriptedSender()


@pytest.fixture
def outbox(
    database: Database, clock: Clock, sms: ScriptedSender, mail: ScriptedSender, steady: Steady
) -> Outbox:
    senders = {Channel.SMS: sms, Channel.EMAIL: mail}
    return Outbox(database, clock, senders, "desk", monotonic=steady, chance=lambda: 0.5)


@pytest.fixture
def other_desk(
    database: Database, clock: Clock, sms: ScriptedSender, mail: ScriptedSender
) -> Outbox:
    senders = {Channel.SMS: sms, Channel.EMAIL: mail}
    return Outbox(database, clock, senders, "desk", monotonic=Steady(), chance=lambda: 0.5)


@pytest.fixture
def moment(clock: Clock) -> datetime:
    return clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[SmsServer]:
    with SmsServer(clock).running() as running:
        yield running
