"""Claiming, sending, finishing: order, leases, stops, and the row against its appointment."""

import itertools
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.dialects import postgresql

from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.delivery.outbox import LEASE, Drained, Outbox
from interworky_tui.delivery.outcomes import untried
from interworky_tui.domain.events import Channel
from interworky_tui.storage.database import Database
from interworky_tui.storage.outbox import due_heads
from interworky_tui.storage.tables import APPOINTMENT, NOTIFICATION
from tests.conftest import FixedClock, on_both
from tests.delivery.conftest import Post, ScriptedSender, Steady

pytest_generate_tests = on_both

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_what_is_due_leaves_and_the_rest_waits(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    now, later = post.message(), post.message(due_in=0.001)
    assert outbox.drain() == Drained(sent=1)
    row = post.row(now)
    assert (row.state, row.provider_ref, row.sent_at) == ("sent", f"ref-{now}", clock.now)
    assert (row.attempts, row.lease_owner, row.reason) == (1, None, None)
    assert post.state(later) == "pending 0"
    clock.forward(seconds=1)
    assert outbox.drain() == Drained(sent=1)
    assert sms.sent == [now, later]


def test_more_than_a_batch_leaves_in_one_drain(
    outbox: Outbox, post: Post, sms: ScriptedSender
) -> None:
    visit = post.visit()
    ids = [post.message(visit) for _ in range(45)]
    assert outbox.drain() == Drained(sent=45)
    assert sms.sent == ids


def test_a_stream_keeps_its_order_whatever_is_due_first(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    first = post.message(stream="ada", due_in=20)
    second = post.message(stream="ada", due_in=-20)
    assert outbox.drain().total == 0
    clock.forward(seconds=20)
    outbox.drain()
    assert sms.sent == [first, second]


def test_who_waits_holds_up_only_the_own_stream(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    first, second = post.message(stream="ada"), post.message(stream="ada")
    bystander = post.message(stream="bob")
    sms.sends.append(SendFailed(FailureKind.RETRY))
    assert outbox.drain() == Drained(sent=1, deferred=1)
    assert sms.sent == [first, bystander]
    clock.forward(seconds=60)
    outbox.drain()
    assert sms.sent == [first, bystander, first, second]


def test_a_refused_message_does_not_hold_up_its_stream(
    outbox: Outbox, post: Post, sms: ScriptedSender
) -> None:
    first, second = post.message(stream="ada"), post.message(stream="ada")
    sms.sends.append(SendFailed(FailureKind.PERMANENT))
    assert outbox.drain() == Drained(failed=1, sent=1)
    assert (post.state(first), post.state(second)) == ("failed/rejected 1", "sent 1")


def test_another_worker_takes_nothing_that_is_leased(
    outbox: Outbox, other_desk: Outbox, post: Post, sms: ScriptedSender
) -> None:
    ids = [post.message() for _ in range(3)]
    sms.sends.append(lambda: other_desk.drain() and None)
    assert outbox.drain() == Drained(sent=3)
    assert sms.sent == ids


def test_the_lease_of_the_whole_batch_is_renewed_before_each_message(
    outbox: Outbox,
    other_desk: Outbox,
    post: Post,
    sms: ScriptedSender,
    clock: FixedClock,
    steady: Steady,
) -> None:
    def slowly() -> None:
        clock.forward(seconds=19)
        steady.seconds += 19
        assert other_desk.drain().total == 0

    ids = [post.message() for _ in range(20)]
    sms.sends.extend([slowly] * 20)
    assert outbox.drain() == Drained(sent=20)
    assert sms.sent == ids


def test_a_worker_frozen_past_its_lease_finishes_nothing(
    outbox: Outbox, other_desk: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    def freeze() -> str:
        clock.forward(seconds=LEASE.total_seconds())
        sms.looks.append("ref-of-the-first")
        assert other_desk.drain() == Drained(sent=2)
        return "ref-too-late"

    frozen, waiting = post.message(), post.message()
    sms.sends.append(freeze)
    assert outbox.drain() == Drained(lost=2)
    # The other worker looked before its second attempt, and so did not send it again.
    assert sms.sent == [frozen, waiting]
    assert post.row(frozen).provider_ref == "ref-of-the-first"
    assert (post.state(frozen), post.state(waiting)) == ("sent 2", "sent 2")


@pytest.mark.parametrize(
    "since", [{"attempts": 2}, {"lease_owner": "another"}], ids=["a later attempt", "another owner"]
)
def test_a_lapsed_claim_cannot_finish_what_came_after_it(
    outbox: Outbox, post: Post, database: Database, since: dict[str, Any]
) -> None:
    message = post.message()
    [claim] = outbox._claim([*outbox._lines.values()])
    with database.write() as connection:
        connection.execute(update(NOTIFICATION).values(since))
    assert outbox._finish(claim, untried(claim.message)) == "lost"
    assert post.row(message).state == "sending"


@pytest.mark.parametrize("by", ["steady", "wall"])
def test_time_lost_between_renewal_and_send_stops_the_send(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock, steady: Steady, by: str
) -> None:
    def lose_time() -> None:
        if by == "wall":
            clock.forward(seconds=40)
        else:
            steady.seconds += 40

    message = post.message(attempts=1)
    sms.looks.append(lose_time)
    assert outbox.drain() == Drained(deferred=1, sent=1)
    assert sms.sent == [message]
    assert sms.looked == [message, message]
    assert post.state(message) == "sent 2"


def test_nothing_is_sent_when_time_is_short(
    outbox: Outbox, post: Post, sms: ScriptedSender, steady: Steady
) -> None:
    ended = itertools.chain([False, False], itertools.repeat(True))
    message = post.message(attempts=1)
    sms.looks.append(lambda: setattr(steady, "seconds", steady.seconds + 36))
    assert outbox.drain(lambda: next(ended)) == Drained(deferred=1)
    assert sms.sent == []
    assert post.state(message) == "pending 1"


def test_a_stop_ends_after_the_message_in_hand(
    outbox: Outbox, post: Post, sms: ScriptedSender
) -> None:
    first, second, third = (post.message() for _ in range(3))
    assert outbox.drain(lambda: bool(sms.sent)) == Drained(sent=1)
    assert sms.sent == [first]
    assert (post.state(second), post.state(third)) == ("pending 0", "pending 0")
    assert outbox.drain() == Drained(sent=2)


def test_what_a_dead_worker_had_comes_back_and_is_looked_for(
    outbox: Outbox, other_desk: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock
) -> None:
    class Killed(BaseException):
        pass

    message = post.message()
    sms.sends.append(Killed())
    with pytest.raises(Killed):
        outbox.drain()
    assert post.state(message) == "sending/unconfirmed 1"
    clock.forward(seconds=59)
    assert other_desk.drain().total == 0
    clock.forward(seconds=1)
    sms.looks.append("ref-found")
    assert other_desk.drain() == Drained(sent=1)
    assert (sms.sent, sms.looked) == ([message], [message])
    assert post.row(message).provider_ref == "ref-found"


def test_a_fault_in_a_sender_is_unclear_and_stops_nobody_else(
    outbox: Outbox, post: Post, sms: ScriptedSender, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = post.message(), post.message()
    sms.sends.append(KeyError("+4930111222"))
    assert outbox.drain() == Drained(deferred=1, sent=1)
    assert post.state(broken) == "pending/unconfirmed 1"
    assert post.state(sound) == "sent 1"
    assert "KeyError" in caplog.text
    assert "+4930111222" not in caplog.text


def test_the_log_names_nobody(
    outbox: Outbox, post: Post, sms: ScriptedSender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "interworky_tui")
    message = post.message(to_address="+4930999")
    sms.sends.append(SendFailed(FailureKind.RETRY, "429"))
    outbox.drain()
    assert f"message {message} by sms: retry: 429" in caplog.text
    assert "+4930999" not in caplog.text


def test_without_an_address_it_fails_with_that_reason(
    outbox: Outbox, post: Post, sms: ScriptedSender
) -> None:
    message = post.message(to_address=None)
    assert outbox.drain() == Drained(failed=1)
    assert post.state(message) == "failed/no_address 1"
    assert sms.sent == []


def test_what_the_world_has_overtaken_is_cancelled_at_the_last_moment(
    outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock, database: Database
) -> None:
    starts = clock.now + timedelta(days=1)
    visit = post.visit(starts_at=starts)
    told = post.message(visit, event="scheduled", visit_starts_at=starts, stream="s")
    moved = post.message(
        visit, event="rescheduled", visit_starts_at=starts + timedelta(hours=1), stream="s"
    )
    with database.write() as connection:
        later = {"starts_at": starts + timedelta(hours=1), "ends_at": starts + timedelta(hours=2)}
        connection.execute(update(APPOINTMENT).values(**later, sort_at=later["starts_at"]))
    assert outbox.drain() == Drained(cancelled=1, sent=1)
    assert (post.state(told), post.state(moved)) == ("cancelled/stale 1", "sent 1")
    assert sms.sent == [moved]


def test_delivery_leaves_the_appointment_alone(
    outbox: Outbox, post: Post, sms: ScriptedSender, database: Database
) -> None:
    post.message()
    post.message()
    sms.sends.append(SendFailed(FailureKind.PERMANENT))
    with database.read() as connection:
        before = connection.execute(APPOINTMENT.select()).all()
    outbox.drain()
    with database.read() as connection:
        assert connection.execute(APPOINTMENT.select()).all() == before


def test_next_due_is_of_the_first_row_of_a_stream(
    outbox: Outbox, post: Post, moment: datetime
) -> None:
    assert outbox.next_due() is None
    post.message(stream="ada", due_in=50)
    post.message(stream="ada", due_in=5)
    assert outbox.next_due() == moment + timedelta(seconds=50)
    post.message(due_in=20)
    assert outbox.next_due() == moment + timedelta(seconds=20)


def test_next_due_is_also_when_a_lease_or_a_pause_runs_out(
    outbox: Outbox, post: Post, mail: ScriptedSender, moment: datetime
) -> None:
    post.message(due_in=3600)
    post.message(state="sending", lease_owner="x", lease_until=moment + timedelta(seconds=40))
    assert outbox.next_due() == moment + timedelta(seconds=40)
    post.email()
    mail.sends.append(SendFailed(FailureKind.UNREACHABLE))
    outbox.drain()
    assert outbox.next_due() == moment + timedelta(seconds=5)


def test_a_channel_without_a_sender_waits(
    database: Database, clock: FixedClock, post: Post, mail: ScriptedSender
) -> None:
    alone = Outbox(database, clock, {Channel.EMAIL: mail})
    message = post.message()
    assert alone.drain().total == 0
    assert alone.next_due() is None
    assert post.state(message) == "pending 0"


def test_a_sender_slower_than_the_lease_is_refused(
    database: Database, clock: FixedClock, sms: ScriptedSender
) -> None:
    sms.timeout = 55.0
    with pytest.raises(ValueError, match="lease"):
        Outbox(database, clock, {Channel.SMS: sms})


def test_two_workers_never_share_a_name(database: Database, clock: FixedClock) -> None:
    assert Outbox(database, clock, {}, "a").owner != Outbox(database, clock, {}, "a").owner


@pytest.mark.sqlite_only
def test_every_statement_goes_by_an_index(outbox: Outbox, post: Post, database: Database) -> None:
    seen: list[tuple[str, Any]] = []
    remember = lambda _c, _cursor, sql, values, *_: seen.append((sql, values))  # noqa: E731
    post.message()
    post.message(state="sending", lease_owner="x", lease_until=LONG_AGO)
    event.listen(database.engine, "before_cursor_execute", remember)
    outbox.drain()
    outbox.next_due()
    event.remove(database.engine, "before_cursor_execute", remember)
    steps = []
    with database.read() as connection:
        for sql, values in seen:
            if sql.startswith(("SELECT", "UPDATE")):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
                steps += [row.detail for row in plan]
    assert len(seen) > 8
    scans = [step for step in steps if step.startswith("SCAN") and "USING" not in step]
    assert set(scans) <= {"SCAN CONSTANT ROW", "SCAN alembic_version"}  # which has one row
    assert any("mate USING" in step and "ix_notification_stream" in step for step in steps)
    assert any("notification USING INDEX ix_notification_due" in step for step in steps)
    assert any("SEARCH sms_opt_out USING" in step for step in steps)


def test_on_postgresql_locked_rows_are_passed_over() -> None:
    query = str(due_heads(["sms"], 20).compile(dialect=postgresql.dialect()))
    assert query.endswith("FOR UPDATE OF notification SKIP LOCKED")
