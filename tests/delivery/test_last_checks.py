"""What is asked once more before a message leaves: may it, now, and to that number."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import insert, select

from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.domain.events import Channel, Event, Reason, Recipient
from interworky_tui.services.opt_outs import Source, opt_out
from interworky_tui.storage.database import Database
from interworky_tui.storage.tables import SMS_OPT_OUT, SMS_RECEIPT
from tests.conftest import FixedClock, on_both
from tests.delivery.conftest import Post, ScriptedSender

pytest_generate_tests = on_both

ADA, BOB = "+4930111222", "+4930333444"


def opted_out(database: Database) -> dict[str, str]:
    with database.read() as connection:
        rows = connection.execute(select(SMS_OPT_OUT.c.number, SMS_OPT_OUT.c.source))
        return {row.number: row.source for row in rows}


class TestNumbersThatOptedOut:
    def test_a_text_to_one_is_cancelled(
        self, outbox: Outbox, post: Post, sms: ScriptedSender, database: Database
    ) -> None:
        # Queued behind the back of those who cancel what waits.
        with database.write() as connection:
            opt_out(connection, ADA, Source.REPLY, post.clock())
        gone, stays = post.message(to_address=ADA), post.message(to_address=BOB)
        assert outbox.drain() == Drained(cancelled=1, sent=1)
        assert (post.state(gone), sms.sent) == ("cancelled/opted_out 1", [stays])

    def test_an_email_is_not(
        self, outbox: Outbox, post: Post, mail: ScriptedSender, database: Database
    ) -> None:
        with database.write() as connection:
            opt_out(connection, ADA, Source.REPLY, post.clock())
        email = post.email()
        assert outbox.drain() == Drained(sent=1)
        assert mail.sent == [email]

    def test_one_that_opts_out_meanwhile_gets_no_more_of_the_batch(
        self, outbox: Outbox, post: Post, sms: ScriptedSender, database: Database
    ) -> None:
        def stop() -> None:
            with database.write() as connection:
                opt_out(connection, ADA, Source.REPLY, post.clock())

        first, second = post.message(), post.message()
        sms.sends.append(stop)
        assert outbox.drain() == Drained(sent=1, cancelled=1)
        assert (sms.sent, post.state(second)) == ([first], "cancelled/opted_out 1")

    def test_the_provider_s_word_is_kept_and_cancels_what_waits(
        self, outbox: Outbox, post: Post, sms: ScriptedSender, database: Database
    ) -> None:
        refused = post.message(to_address=ADA)
        beside, later = post.message(to_address=ADA), post.message(to_address=ADA, due_in=60)
        other, email = post.message(to_address=BOB), post.email()
        failure = SendFailed(FailureKind.PERMANENT, "21610", reason=Reason.OPTED_OUT)
        sms.sends.append(failure)
        assert outbox.drain() == Drained(failed=1, cancelled=1, sent=2)
        assert opted_out(database) == {ADA: "provider"}
        states = [post.state(message) for message in (refused, beside, later, other, email)]
        assert states == [
            "failed/opted_out 1",
            "cancelled/opted_out 1",
            "cancelled/opted_out 0",
            "sent 1",
            "sent 1",
        ]


class Night:
    """Quiet until ``ends``, for thanks to the client."""

    def __init__(self, ends: datetime) -> None:
        self.ends = ends

    def __call__(self, event: Event, recipient: Recipient, now: datetime) -> datetime | None:
        waits = (event, recipient) == (Event.ATTENDED, Recipient.CLIENT)
        return self.ends if waits and now < self.ends else None


@pytest.fixture
def night(clock: FixedClock) -> Night:
    return Night(clock.now + timedelta(hours=8))


@pytest.fixture
def quiet(
    database: Database, clock: FixedClock, sms: ScriptedSender, mail: ScriptedSender, night: Night
) -> Outbox:
    senders = {Channel.SMS: sms, Channel.EMAIL: mail}
    return Outbox(database, clock, senders, hold=night, chance=lambda: 0.5)


class TestQuietHours:
    def test_what_can_wait_does_and_holds_up_nothing(
        self, quiet: Outbox, post: Post, sms: ScriptedSender, night: Night
    ) -> None:
        thanks = post.message(event="attended", stream="ada")
        urgent = post.message(event="cancelled", stream="ada")
        assert quiet.drain() == Drained(deferred=1, sent=1)
        row = post.row(thanks)
        assert (row.state, row.reason, row.attempts) == ("pending", "quiet_hours", 0)
        assert (row.due_at, row.stream, row.copies) == (night.ends, "ada:quiet", 0)
        assert sms.sent == [urgent]
        assert quiet.next_due() == night.ends

    def test_in_the_morning_all_of_it_leaves_in_order(
        self, quiet: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock, night: Night
    ) -> None:
        thanks = [post.message(event="attended", stream="ada") for _ in range(3)]
        quiet.drain()
        clock.now = night.ends
        assert quiet.drain() == Drained(sent=3)
        assert sms.sent == thanks
        assert [post.state(message) for message in thanks] == ["sent 1"] * 3

    def test_it_is_held_again_when_the_night_has_become_longer(
        self, quiet: Outbox, post: Post, clock: FixedClock, night: Night
    ) -> None:
        thanks = post.message(event="attended", stream="ada")
        quiet.drain()
        clock.now = night.ends
        night.ends += timedelta(hours=1)
        assert quiet.drain() == Drained(deferred=1)
        row = post.row(thanks)
        assert (row.stream, row.due_at, row.attempts) == ("ada:quiet", night.ends, 0)

    def test_what_may_have_left_waits_too_and_is_looked_for_then(
        self, quiet: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock, night: Night
    ) -> None:
        night.ends = clock.now
        thanks = post.message(event="attended", stream="ada")
        sms.sends.append(SendFailed(FailureKind.AMBIGUOUS))
        quiet.drain()
        night.ends = clock.now + timedelta(hours=8)
        clock.forward(minutes=1)
        assert quiet.drain() == Drained(deferred=1)
        assert (post.state(thanks), post.row(thanks).copies) == ("pending/unconfirmed 1", 1)
        clock.now = night.ends
        sms.looks.append("ref-found")
        assert quiet.drain() == Drained(sent=1)
        assert sms.sent == [thanks]


class TestMessagesOfNoAppointment:
    NOWHERE: ClassVar[dict[str, Any]] = {"appointment_id": None, "appointment_version": None}

    def test_an_answer_leaves(self, outbox: Outbox, post: Post, sms: ScriptedSender) -> None:
        reply = post.message(event="reply", **self.NOWHERE)
        helping = post.message(event="help", **self.NOWHERE)
        assert outbox.drain() == Drained(sent=2)
        assert sms.sent == [reply, helping]


class TestReceipts:
    def test_a_text_that_was_taken_is_followed(
        self, outbox: Outbox, post: Post, clock: FixedClock, database: Database
    ) -> None:
        message, email = post.message(), post.email()
        outbox.drain()
        with database.read() as connection:
            [row] = connection.execute(select(SMS_RECEIPT)).all()
        assert (row.sid, row.notification_id) == (f"ref-{message}", message)
        assert (row.accepted_at, row.status, row.error_code) == (clock.now, None, None)
        assert row.poll_at == clock.now + timedelta(seconds=10)
        assert post.row(email).provider_ref == f"ref-{email}"

    def test_a_text_of_another_message_is_not_taken(
        self, outbox: Outbox, post: Post, sms: ScriptedSender, clock: FixedClock, database: Database
    ) -> None:
        first, second = post.message(), post.message(attempts=1, copies=1)
        sms.sends.append("SM-one")
        # Found before the other worker wrote it down.
        sms.looks.extend(["SM-one", None])
        assert outbox.drain() == Drained(sent=1, deferred=1)
        assert post.row(first).provider_ref == "SM-one"
        row = post.row(second)
        assert (post.state(second), row.copies) == ("pending/unconfirmed 2", 1)
        assert row.provider_ref is None
        clock.now = row.due_at
        assert outbox.drain() == Drained(sent=1)
        assert sms.sent == [first, second]

    def test_who_has_lost_the_lease_writes_no_receipt(
        self, outbox: Outbox, other_desk: Outbox, post: Post, sms: ScriptedSender,
        clock: FixedClock, database: Database,
    ) -> None:  # fmt: skip
        def freeze() -> str:
            clock.forward(minutes=2)
            # The other worker has it now, and dies before it has looked.
            sms.looks.append(KeyboardInterrupt())
            with pytest.raises(KeyboardInterrupt):
                other_desk.drain()
            return "SM-too-late"

        message = post.message()
        sms.sends.append(freeze)
        assert outbox.drain() == Drained(lost=1)
        with database.read() as connection:
            assert connection.execute(select(SMS_RECEIPT)).all() == []
        clock.forward(minutes=2)
        # So that whoever looks does not take it for a text of another message.
        sms.looks.append("SM-too-late")
        assert outbox.drain() == Drained(sent=1)
        assert post.row(message).provider_ref == "SM-too-late"

    def test_a_text_that_was_sent_again_has_two(
        self, outbox: Outbox, post: Post, database: Database
    ) -> None:
        message = post.message()
        with database.write() as connection:
            earlier = {"sid": "SM-lost", "notification_id": message, "accepted_at": post.clock()}
            connection.execute(insert(SMS_RECEIPT).values(earlier))
        outbox.drain()
        with database.read() as connection:
            rows = connection.execute(select(SMS_RECEIPT.c.sid).order_by(SMS_RECEIPT.c.sid))
            assert rows.scalars().all() == ["SM-lost", f"ref-{message}"]


class TestWhatMayHaveLeftBefore:
    """A worker died just as it sent a text; meanwhile the number has opted out."""

    @pytest.fixture
    def left(self, outbox: Outbox, post: Post, database: Database) -> int:
        message = post.message(to_address=ADA, copies=1, attempts=1)
        with database.write() as connection:
            connection.execute(
                insert(SMS_OPT_OUT).values(number=ADA, at=post.clock(), source="reply")
            )
        return message

    def test_it_is_looked_for_and_told_as_it_is(
        self, outbox: Outbox, post: Post, sms: ScriptedSender, left: int
    ) -> None:
        sms.looks.append("SM1")
        assert outbox.drain() == Drained(sent=1)
        assert (post.state(left), post.row(left).provider_ref) == ("sent 2", "SM1")
        assert (sms.looked, sms.sent) == ([left], [])

    def test_what_is_not_there_never_left(
        self, outbox: Outbox, post: Post, sms: ScriptedSender, left: int
    ) -> None:
        assert outbox.drain() == Drained(cancelled=1)
        assert (post.state(left), post.row(left).copies) == ("cancelled/opted_out 2", 0)
        assert sms.sent == []

    def test_while_nobody_can_look_it_waits(
        self, outbox: Outbox, post: Post, sms: ScriptedSender, left: int, clock: FixedClock
    ) -> None:
        sms.looks.append(SendFailed(FailureKind.RETRY, "busy"))
        outbox.drain()
        assert post.row(left).state == "pending"
        clock.forward(hours=2)
        assert outbox.drain() == Drained(cancelled=1)
        assert sms.sent == []

    def test_where_nobody_ever_can_it_may_have_left(
        self, outbox: Outbox, post: Post, sms: ScriptedSender, left: int
    ) -> None:
        sms.looks.append(SendFailed(FailureKind.BLIND, "no such list"))
        assert outbox.drain() == Drained(cancelled=1)
        assert (post.row(left).copies, sms.sent) == (1, [])
