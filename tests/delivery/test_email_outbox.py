"""Email through the outbox: sent twice at the most, byte for byte, and then a person decides."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from interworky_tui.delivery.channel import Outgoing
from interworky_tui.delivery.email import EmailSender, MailServer
from interworky_tui.delivery.health import Health
from interworky_tui.delivery.outbox import LEASE, Drained, Outbox
from interworky_tui.delivery.outcomes import MAX_ATTEMPTS
from interworky_tui.domain.events import Channel, MessageState
from interworky_tui.storage.database import Database
from interworky_tui.storage.models import Base
from interworky_tui.storage.tables import NOTIFICATION
from tests.conftest import FixedClock, on_both
from tests.delivery.conftest import Post
from tests.delivery.smtp_server import (
    DROP,
    HOST,
    KEEP_AND_DROP,
    PASSWORD,
    USER,
    Fault,
    MailHost,
    certificate,
    serve,
    trusting,
)

pytest_generate_tests = on_both

TAKEN_SILENTLY = Fault("content", KEEP_AND_DROP)
BUSY = Fault("content", "451 4.3.0 later")
UNKNOWN = Fault("RCPT", "550 5.1.1 nobody here")
WRONG_LOGIN = Fault("AUTH", "535 5.7.8 wrong")


class Killed(BaseException):
    """The worker dies on the spot."""


@dataclass
class Mortal:
    """A sender whose worker dies, when told so, before the content leaves or right after."""

    sender: EmailSender
    deaths: list[str] = field(default_factory=list)
    name: str = "email"
    final_state: MessageState = MessageState.SENT
    timeout: float = 40.0

    def send(self, message: Outgoing) -> str:
        death = self.deaths.pop(0) if self.deaths else ""
        if death == "before":
            raise Killed
        reference = self.sender.send(message)
        if death == "after":
            raise Killed
        return reference

    def reconcile(self, message: Outgoing) -> str | None:
        return self.sender.reconcile(message)


@pytest.fixture
def host() -> Iterator[MailHost]:
    with serve("none") as host:
        yield host


def mortal(host: MailHost, *deaths: str) -> Mortal:
    server = MailServer(HOST, host.port, "none", USER, PASSWORD, "Lindenhof", USER)
    return Mortal(EmailSender(server), list(deaths))


def outbox_of(database: Database, clock: FixedClock, sender: Mortal) -> Outbox:
    return Outbox(database, clock, {Channel.EMAIL: sender}, chance=lambda: 0.5)


@pytest.fixture
def outbox(database: Database, clock: FixedClock, host: MailHost) -> Outbox:
    return outbox_of(database, clock, mortal(host))


def drain_next(outbox: Outbox, clock: FixedClock) -> Drained:
    """When the next thing is due, and not before."""
    clock.now = max(clock.now, outbox.next_due() or clock.now)
    return outbox.drain()


def test_a_mail_is_sent(outbox: Outbox, post: Post, host: MailHost) -> None:
    message = post.email()
    assert outbox.drain() == Drained(sent=1)
    assert post.state(message) == "sent 1"
    assert post.row(message).provider_ref == post.row(message).message_id
    assert [copy.recipient for copy in host.copies] == ["ada@example.com"]


def test_what_may_have_arrived_is_sent_once_more_the_very_same(
    outbox: Outbox, post: Post, host: MailHost, clock: FixedClock
) -> None:
    message = post.email()
    host.faults.append(TAKEN_SILENTLY)
    assert outbox.drain() == Drained(deferred=1)
    assert post.state(message) == "pending/unconfirmed 1"
    assert drain_next(outbox, clock) == Drained(sent=1)
    assert post.state(message) == "sent 2"
    first, second = host.copies
    assert first.content == second.content


def test_it_is_not_sent_a_third_time(
    outbox: Outbox, post: Post, host: MailHost, clock: FixedClock
) -> None:
    message = post.email()
    host.faults.extend([TAKEN_SILENTLY, TAKEN_SILENTLY])
    assert outbox.drain() == Drained(deferred=1)
    assert drain_next(outbox, clock) == Drained(held=1)
    assert post.state(message) == "held/uncertain 2"
    clock.forward(days=1)
    assert outbox.drain().total == 0
    assert len({copy.content for copy in host.copies}) == 1
    assert len(host.copies) == 2


def test_attempts_that_surely_failed_do_not_count_as_copies(
    outbox: Outbox, post: Post, host: MailHost, clock: FixedClock
) -> None:
    message = post.email()
    host.faults.extend([BUSY, TAKEN_SILENTLY, BUSY, Fault("connect", DROP), WRONG_LOGIN, BUSY])
    for state in (
        "pending 1",
        "pending/unconfirmed 2",
        "pending/unconfirmed 3",
        "pending/unconfirmed 3",
        "pending/unconfirmed 3",
        "pending/unconfirmed 4",
    ):
        assert drain_next(outbox, clock) == Drained(deferred=1)
        assert post.state(message) == state
    assert drain_next(outbox, clock) == Drained(sent=1)
    assert len(host.copies) == 2


@pytest.mark.parametrize("before", [[], [TAKEN_SILENTLY]], ids=["first", "after a copy"])
def test_a_refusal_is_final_unless_a_copy_may_have_arrived(
    outbox: Outbox, post: Post, host: MailHost, clock: FixedClock, before: list[Fault]
) -> None:
    message = post.email()
    host.faults.extend([*before, UNKNOWN])
    for _ in before:
        outbox.drain()
    drain_next(outbox, clock)
    assert post.state(message) == ("held/uncertain 2" if before else "failed/rejected 1")


@pytest.mark.parametrize("before", [[], [TAKEN_SILENTLY]], ids=["first", "after a copy"])
def test_the_last_attempt(
    outbox: Outbox, post: Post, host: MailHost, clock: FixedClock, before: list[Fault]
) -> None:
    message = post.email()
    host.faults.extend([*before, *[BUSY] * MAX_ATTEMPTS])
    for _ in range(MAX_ATTEMPTS):
        drain_next(outbox, clock)
    assert post.state(message) == ("held/uncertain 8" if before else "failed/gave_up 8")
    assert len(host.copies) == len(before)


def test_the_last_attempt_is_not_repeated_when_it_may_have_arrived(
    outbox: Outbox, post: Post, host: MailHost, clock: FixedClock
) -> None:
    message = post.email(attempts=MAX_ATTEMPTS - 1)
    host.faults.append(TAKEN_SILENTLY)
    assert outbox.drain() == Drained(deferred=1)
    assert drain_next(outbox, clock) == Drained(held=1)
    assert post.state(message) == "held/uncertain 9"
    assert len(host.copies) == 1


def test_a_worker_that_dies_leaves_word_of_its_copy(
    database: Database, post: Post, host: MailHost, clock: FixedClock
) -> None:
    message = post.email()
    for copies in (1, 2):
        with pytest.raises(Killed):
            outbox_of(database, clock, mortal(host, "after")).drain()
        assert post.state(message) == f"sending/unconfirmed {copies}"
        assert post.row(message).copies == copies
        clock.now += LEASE
    assert outbox_of(database, clock, mortal(host)).drain() == Drained(held=1)
    assert post.state(message) == "held/uncertain 3"
    assert len(host.copies) == 2


def test_what_a_dead_worker_had_not_begun_has_no_copy(
    outbox: Outbox, post: Post, host: MailHost, clock: FixedClock
) -> None:
    leased: dict[str, Any] = {"state": "sending", "lease_owner": "dead", "lease_until": clock.now}
    message = post.email(attempts=3, **leased)
    host.faults.append(TAKEN_SILENTLY)
    assert outbox.drain() == Drained(deferred=1)
    assert post.state(message) == "pending/unconfirmed 4"


def test_a_stop_before_its_turn_takes_nothing_back(
    outbox: Outbox, post: Post, host: MailHost
) -> None:
    _, message = post.email(), post.email(attempts=1, copies=1)
    assert outbox.drain(lambda: bool(host.copies)) == Drained(sent=1)
    assert post.state(message) == "pending/unconfirmed 1"


def test_a_wrong_certificate_stops_the_channel_and_nothing_is_sent(
    database: Database, post: Post, clock: FixedClock
) -> None:
    messages = [post.email(), post.email()]
    with serve("starttls", certificate("mail.elsewhere.example")) as host:
        server = MailServer(HOST, host.port, "starttls", USER, PASSWORD, "Lindenhof", USER)
        sender = EmailSender(server, context=trusting())
        outbox = Outbox(database, clock, {Channel.EMAIL: sender})
        assert outbox.drain() == Drained(deferred=1)
    [state] = outbox.states
    assert (state.channel, state.health) == (Channel.EMAIL, Health.PAUSED)
    assert "certificate" in state.advice
    assert [post.state(m) for m in messages] == ["pending/not_configured 0", "pending 0"]
    assert (host.connections, host.copies) == (1, [])


STEPS = ("connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "content")
FAULTS = st.one_of(
    st.sampled_from(["before", "after", "", "", ""]),
    st.builds(Fault, st.sampled_from(STEPS), st.sampled_from([DROP, "451 4.3.0 later"])),
    st.sampled_from([TAKEN_SILENTLY, TAKEN_SILENTLY, UNKNOWN, WRONG_LOGIN]),
)


@pytest.fixture(scope="module")
def shared() -> Iterator[MailHost]:
    with serve("none") as host:
        yield host


@settings(max_examples=25, deadline=None)
@given(script=st.lists(FAULTS, max_size=14))
def test_whatever_happens_there_are_two_copies_at_the_most(
    shared: MailHost, script: list[Fault | str]
) -> None:
    shared.copies.clear()
    shared.faults.clear()
    clock, sender = FixedClock(), mortal(shared)
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'office.db'}")
        Base.metadata.create_all(database.engine)
        post = Post(database, clock)
        post.email()
        worker = outbox_of(database, clock, sender)
        while worker.next_due() is not None:
            happens = script.pop(0) if script else ""
            sender.deaths[:] = [happens] if isinstance(happens, str) else []
            shared.faults.extend([happens] if isinstance(happens, Fault) else [])
            try:
                drain_next(worker, clock)
            except Killed:
                clock.now += LEASE
                worker = outbox_of(database, clock, sender)
        with database.read() as connection:
            state = connection.execute(select(NOTIFICATION.c.state)).scalar_one()
        database.close()
    least, most = {"sent": (1, 2), "failed": (0, 0), "held": (0, 2)}[state]
    assert least <= len(shared.copies) <= most
    assert len({copy.content for copy in shared.copies}) <= 1
