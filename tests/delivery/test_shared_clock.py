"""Workers whose clocks are wrong: leases go by the clock that all of them share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from interworky_tui.delivery.outbox import LEASE, Drained, Outbox
from interworky_tui.domain.clock import system_clock
from interworky_tui.domain.events import Channel
from interworky_tui.storage.database import Database
from interworky_tui.storage.shared_clock import SharedClock, server_clock
from interworky_tui.storage.tables import NOTIFICATION
from tests.conftest import FixedClock, on_both
from tests.delivery.conftest import Post, ScriptedSender, Steady

pytest_generate_tests = on_both
HOUR = timedelta(hours=1)


@dataclass
class Workers:
    """Each with a clock of its own, that is so much wrong."""

    database: Database
    clock: FixedClock
    sender: ScriptedSender
    steady: Steady = field(default_factory=Steady)

    def one(self, wrong: timedelta, shared: SharedClock | None = None) -> Outbox:
        return Outbox(
            self.database,
            lambda: self.clock.now + wrong,
            {Channel.SMS: self.sender},
            shared=shared or (lambda _connection: self.clock.now),
            monotonic=self.steady,
        )

    def forward(self, seconds: float) -> None:
        self.clock.forward(seconds=seconds)
        self.steady.seconds += seconds


@pytest.fixture
def workers(database: Database, clock: FixedClock, sms: ScriptedSender) -> Workers:
    return Workers(database, clock, sms)


def ends_in(database: Database, message: int, now: datetime) -> timedelta:
    with database.read() as connection:
        query = select(NOTIFICATION.c.lease_until).where(NOTIFICATION.c.id == message)
        until: datetime = connection.execute(query).scalar_one()
    return until - now


@pytest.mark.parametrize("wrong", [(HOUR, -HOUR), (-HOUR, HOUR)])
def test_two_workers_whose_clocks_are_two_hours_apart_never_send_twice(
    workers: Workers, post: Post, sms: ScriptedSender, wrong: tuple[timedelta, timedelta]
) -> None:
    first, second = (workers.one(span) for span in wrong)
    message, beside = post.message(), post.message()
    lengths = []

    def meanwhile() -> None:
        lengths.append(ends_in(workers.database, message, workers.clock.now))
        workers.forward(LEASE.total_seconds() - 30)
        assert second.drain() == Drained(), "the first one has taken both"

    sms.sends.append(meanwhile)
    assert first.drain() == Drained(sent=2)
    assert (sms.sent, lengths) == ([message, beside], [LEASE])


@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
def test_the_lease_of_a_dead_worker_runs_out_by_the_shared_clock(
    workers: Workers, post: Post, sms: ScriptedSender, wrong: timedelta
) -> None:
    first, second = workers.one(wrong), workers.one(-wrong)
    message = post.message()
    sms.sends.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        first.drain()
    workers.forward(LEASE.total_seconds() - 1)
    assert second.drain() == Drained()
    assert second.next_due() == workers.clock.now - wrong + timedelta(seconds=1)
    workers.forward(1)
    assert second.drain() == Drained(sent=1)
    assert post.state(message) == "sent 2"


@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
def test_a_worker_waits_by_its_own_clock_for_what_is_due_by_the_shared_one(
    workers: Workers, post: Post, wrong: timedelta
) -> None:
    worker = workers.one(wrong)
    message = post.message(due_in=10)
    assert worker.drain() == Drained()
    assert worker.next_due() == workers.clock.now + wrong + timedelta(seconds=10)
    workers.forward(10)
    assert worker.breath() == 0
    assert worker.drain() == Drained(sent=1)
    assert post.row(message).sent_at == workers.clock.now


@pytest.mark.postgresql_only
@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
def test_on_a_server_its_own_clock_is_the_shared_one(
    database: Database, post: Post, sms: ScriptedSender, wrong: timedelta
) -> None:
    def outbox(clock: Callable[[], datetime]) -> Outbox:
        return Outbox(database, clock, {Channel.SMS: sms}, shared=server_clock)

    other = outbox(system_clock)
    message = post.message()
    lengths = []

    def meanwhile() -> None:
        assert other.drain() == Drained()
        with database.read() as connection:
            left = func.extract("epoch", NOTIFICATION.c.lease_until - func.now())
            lengths.append(float(connection.execute(select(left)).scalar_one()))

    sms.sends.append(meanwhile)
    assert outbox(lambda: system_clock() + wrong).drain() == Drained(sent=1)
    assert 50 < lengths[0] <= 60

    with database.write() as connection:
        due = func.now() + timedelta(seconds=20)
        waits = {"state": "pending", "sent_at": None, "provider_ref": None, "due_at": due}
        connection.execute(update(NOTIFICATION).where(NOTIFICATION.c.id == message).values(waits))
    moment = outbox(lambda: system_clock() + wrong).next_due()
    assert moment is not None
    assert 15 < (moment - wrong - system_clock()).total_seconds() <= 21
