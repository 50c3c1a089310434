"""A storm over the outbox: workers die at any moment, and both far ends fail now and then.

Messages of many clients leave by a mail server with TLS and a login and by an HTTP server that
answers as the SMS provider does. What is in the store then is held against what arrived.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Row, select

from interworky_tui.delivery.email import MailServer
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import NOTIFICATION
from tests.delivery.conftest import HALF_HOUR, Post
from tests.delivery.crew import Crew
from tests.delivery.sms_server import (
    DROPPED,
    TAKEN_AND_DROPPED,
    SmsServer,
)
from tests.delivery.sms_server import Fault as SmsFault
from tests.delivery.smtp_server import (
    DROP,
    HOST,
    KEEP_AND_DROP,
    PASSWORD,
    USER,
    Copy,
    MailHost,
    authority,
    certificate,
    serve,
)
from tests.delivery.smtp_server import Fault as MailFault
from tests.delivery.worker import FarEnds, Pastime, main

FAILS = 0.02
"""The share of requests that fail before the far end has taken anything, and again after it."""
MAIL_BEFORE = (
    MailFault("connect", DROP),
    MailFault("AUTH", "454 4.7.0 later"),
    MailFault("RCPT", "451 4.3.0 later"),
    MailFault("content", DROP),
)
MAIL_AFTER = (MailFault("content", KEEP_AND_DROP),)
SMS_BEFORE = (DROPPED, SmsFault(429), SmsFault(503))
SMS_AFTER = (TAKEN_AND_DROPPED, SmsFault(500, takes=True), SmsFault(201, body=b"?", takes=True))
TWINS = 10
"""Every so many clients share the number of the next one, who is told the very same."""

Fault = TypeVar("Fault", MailFault, SmsFault)


@dataclass(frozen=True)
class Storm:
    """``messages`` is an even number, half of them by each channel. ``speed`` is that of time."""

    messages: int
    workers: int
    kills: int
    speed: float
    seed: int = 20260316

    @property
    def clients(self) -> int:
        return max(self.messages // 12, TWINS)

    @property
    def words(self) -> int:
        """Between two deaths, so that the last one comes when two thirds of the work are done."""
        return self.messages * 2 * 2 // 3 // self.kills


@dataclass(frozen=True)
class Aftermath:
    """What is in the store, and what arrived: texts as number and body, in order, and mails."""

    kills: int
    seconds: float
    rows: Sequence[Row[Any]]
    texts: Sequence[dict[str, Any]]
    mails: Sequence[Copy]

    def of(self, channel: str) -> list[Row[Any]]:
        return [row for row in self.rows if row.channel == channel]

    @property
    def states(self) -> Counter[str]:
        return Counter(f"{row.channel} {row.state}" for row in self.rows)

    @cached_property
    def copies(self) -> dict[str, list[bytes]]:
        """By Message-ID, in the order of their arrival."""
        found = defaultdict(list)
        for copy in self.mails:
            found[str(copy.mail["Message-ID"])].append(copy.content)
        return found

    @property
    def held(self) -> int:
        """Emails that may have arrived and wait for a person; a text is never one of them."""
        return sum(row.state == "held" for row in self.of("email"))

    @property
    def lost(self) -> int:
        """Neither sent nor held, or said to be sent and not there under its own name."""
        ended = {"sms": {"sent"}, "email": {"sent", "held"}}
        open_ = sum(row.state not in ended[row.channel] for row in self.rows)
        there = {text["sid"]: (text["to"], text["body"]) for text in self.texts}
        absent = 0
        for row in self.rows:
            if row.channel == "email":
                absent += row.state == "sent" and row.message_id not in self.copies
            elif row.state == "sent":
                absent += there.pop(row.provider_ref, None) != (row.to_address, row.body)
        return open_ + absent

    @property
    def duplicate_texts(self) -> int:
        arrived = Counter((text["to"], text["body"]) for text in self.texts)
        arrived.subtract((row.to_address, row.body) for row in self.of("sms"))
        return sum(count for count in arrived.values() if count > 0)

    @property
    def duplicate_emails(self) -> int:
        return sum(len(copies) - 1 for copies in self.copies.values())

    @property
    def wrong_emails(self) -> int:
        """Copies that differ from the first one, third ones, and mails that nobody wrote."""
        known = {row.message_id for row in self.of("email")}
        wrong = sum(len(copies) for name, copies in self.copies.items() if name not in known)
        for copies in self.copies.values():
            wrong += sum(copy != copies[0] for copy in copies) + max(len(copies) - 2, 0)
        return wrong

    @property
    def out_of_order(self) -> int:
        """Within what goes to one client by one channel; of emails the first copies count."""
        streams = {row.message_id: (row.stream, row.id) for row in self.of("email")}
        late = _falls(streams[name] for name in self.copies if name in streams)
        return late + self._texts_out_of_order()

    def _texts_out_of_order(self) -> int:
        """A text that came before as many of the one before it. Twins take turns as they like."""
        before: dict[tuple[str, str], str] = {}
        latest: dict[str, Row[Any]] = {}
        for row in self.of("sms"):
            if row.stream in latest:
                before[row.to_address, row.body] = latest[row.stream].body
            latest[row.stream] = row
        counts: Counter[tuple[str, str]] = Counter()
        late = 0
        for text in self.texts:
            one = text["to"], text["body"]
            counts[one] += 1
            if one in before:
                late += counts[one] > counts[text["to"], before[one]]
        return late


def _falls(arrived: Iterable[tuple[str, int]]) -> int:
    latest: dict[str, int] = {}
    falls = 0
    for stream, number in arrived:
        falls += number < latest.get(stream, 0)
        latest[stream] = number
    return falls


def weather(storm: Storm, folder: Path, database: Database) -> Aftermath:
    """Let it rage over an empty store, until no worker has anything left to do."""
    chance = random.Random(storm.seed)
    time_ = Pastime(time.monotonic(), storm.speed)
    fill(Post(database, time_.clock), storm, chance)
    trusted = folder / "authority.pem"
    authority().cert_pem.write_to_path(trusted)
    with serve("starttls", certificate()) as mails, SmsServer(time_.clock).running() as texts:
        _fail_now_and_then(mails, texts, storm.messages, chance)
        server = MailServer(HOST, mails.port, "starttls", USER, PASSWORD, "Lindenhof", USER)
        ends = FarEnds(server, trusted, texts.sms_account())
        # A message may wait for two minutes for its third attempt.
        crew = Crew(main, (database.url, ends, time_), patience=30 + 120 / storm.speed)
        crew.work_and_die(chance, storm.workers, storm.kills, storm.words)
    with database.read() as connection:
        rows = connection.execute(select(NOTIFICATION).order_by(NOTIFICATION.c.id)).all()
    seconds = time.monotonic() - time_.began
    return Aftermath(crew.kills, seconds, rows, texts.messages, mails.copies)


def fill(post: Post, storm: Storm, chance: random.Random) -> None:
    """Queue what clients are told, in a random order of clients; each message has its number."""
    told: Counter[str] = Counter()
    with post.at_once():
        starts_at = post.clock() + HALF_HOUR * 48
        visit = post.visit(starts_at=starts_at)
        for turn in range(storm.messages):
            client = chance.randrange(storm.clients)
            channel = ("email", "sms")[turn % 2]
            stream = f"client:{client}:{channel}"
            body = f"Message {told[stream]} about your visit."
            told[stream] += 1
            if channel == "sms":
                number = client - 1 if client % TWINS == 1 else client
                post.message(visit, stream=stream, body=body, to_address=f"+4930{number:08}")
            else:
                # With an invitation, which has to be the same in a second copy too.
                post.email(
                    visit,
                    stream=stream,
                    body=body,
                    to_address=f"client{client}@example.com",
                    event="scheduled",
                    visit_starts_at=starts_at,
                    visit_ends_at=starts_at + HALF_HOUR,
                )


def _fail_now_and_then(
    mails: MailHost, texts: SmsServer, messages: int, chance: random.Random
) -> None:
    mails.faults.extend(_faults(messages, chance, MAIL_BEFORE, MAIL_AFTER))
    texts.script("POST", *_faults(messages, chance, SMS_BEFORE, SMS_AFTER))
    # Looking for an earlier attempt may fail too, and then nothing is sent.
    texts.script("GET", *_faults(messages, chance, SMS_BEFORE, ()))


def _faults(
    count: int, chance: random.Random, before: Sequence[Fault], after: Sequence[Fault]
) -> list[Fault | None]:
    def one() -> Fault | None:
        drawn = chance.random()
        if drawn < FAILS:
            return chance.choice(before)
        if after and drawn < 2 * FAILS:
            return chance.choice(after)
        return None

    return [one() for _ in range(count)]
