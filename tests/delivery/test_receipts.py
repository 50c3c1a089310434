"""What became of the texts, asked of a provider over its own protocol, and what that leads to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.delivery.outbox import Drained, Outbox
from interworky_tui.delivery.receipts import BATCH, CLAIM, LATEST, follow_up
from interworky_tui.delivery.sms import Receipt, SmsSender
from interworky_tui.domain.events import Channel
from interworky_tui.services.context import Context
from interworky_tui.storage import outbox as rows
from interworky_tui.storage.tables import NOTIFICATION, SMS_OPT_OUT, SMS_RECEIPT
from tests.conftest import FixedClock, on_both
from tests.delivery.conftest import Post, Steady
from tests.delivery.sms_server import DROPPED, Fault, SmsServer

pytest_generate_tests = on_both

THEIRS = "+4930111222"
OTHERS = "+4930111333"


class Bench:
    """An office that sends by the provider; ``woken`` counts how often its delivery was woken."""

    def __init__(self, office: Context, server: SmsServer, clock: FixedClock) -> None:
        self.woken = 0
        self.office = replace(office, wake=self._wake)
        self.database, self.clock, self.server = office.database, clock, server
        self.post = Post(office.database, clock)
        self.sender = SmsSender(server.sms_account(), clock, self._known)
        senders = {Channel.SMS: self.sender}
        self.outbox = Outbox(
            office.database, clock, senders, monotonic=Steady(), chance=lambda: 0.5
        )

    def _wake(self) -> None:
        self.woken += 1

    def _known(self, sid: str) -> bool:
        with self.database.read() as connection:
            return rows.is_known(connection, sid)

    def sent(self, **values: Any) -> int:
        message = self.post.message(**values)
        assert self.outbox.drain() == Drained(sent=1)
        return message

    def ask(self) -> int:
        return follow_up(self.office, self.sender)

    def asked(self) -> int:
        return sum("/Messages/SM" in seen.path for seen in self.server.seen)

    def receipts(self) -> list[Row[Any]]:
        with self.database.read() as connection:
            return list(connection.execute(select(SMS_RECEIPT).order_by(SMS_RECEIPT.c.sid)))

    def opted_out(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            return [(row.number, row.source) for row in connection.execute(select(SMS_OPT_OUT))]

    def until_asked(self) -> None:
        """To the moment at which the next text has its turn."""
        self.clock.now = min(row.poll_at for row in self.receipts() if row.poll_at)


@pytest.fixture
def bench(office: Context, server: SmsServer, clock: FixedClock) -> Iterator[Bench]:
    return Bench(office, server, clock)


def test_a_text_is_followed_until_it_has_arrived(bench: Bench) -> None:
    message = bench.sent()
    bench.server.moves_on(THEIRS, "sending", "sent", "sent", "delivered")
    news, waits = [], []
    for _ in range(4):
        before = bench.clock()
        bench.until_asked()
        waits.append((bench.clock() - before).total_seconds())
        news.append(bench.ask())
    assert (news, waits) == ([1, 1, 0, 1], [10, 10, 20, 40])
    (receipt,) = bench.receipts()
    assert (receipt.status, receipt.error_code, receipt.poll_at) == ("delivered", None, None)
    assert bench.post.state(message) == "sent 1"
    bench.clock.forward(days=1)
    assert (bench.ask(), bench.asked(), bench.woken) == (0, 4, 0)


def test_nobody_asks_before_its_turn(bench: Bench) -> None:
    bench.sent()
    bench.clock.forward(seconds=9)
    assert (bench.ask(), bench.asked()) == (0, 0)


class Unsure:
    """A network that never says whether a text has arrived."""

    asked = 0

    def receipt(self, sid: str) -> Receipt:
        self.asked += 1
        return Receipt(sid, "sent", None)


def test_the_network_that_never_says_is_asked_less_and_less_and_then_no_more(
    bench: Bench,
) -> None:
    bench.sent()
    accepted, last = bench.clock(), bench.clock()
    network, longest = Unsure(), timedelta(0)
    for _ in range(200):
        if bench.receipts()[0].poll_at is None:
            break
        bench.until_asked()
        longest, last = max(longest, bench.clock() - last), bench.clock()
        follow_up(bench.office, network)
    assert longest == LATEST
    assert timedelta(days=3) <= last - accepted < timedelta(days=3) + LATEST
    assert network.asked < 160


@pytest.mark.parametrize("code", [30003, 30008])
def test_what_may_yet_arrive_is_sent_once_more_and_not_a_third_time(
    bench: Bench, code: int
) -> None:
    message = bench.sent()
    bench.server.deliver(bench.server.messages[0]["sid"], "undelivered", code)
    bench.until_asked()
    assert (bench.ask(), bench.woken) == (1, 1)
    row = bench.post.row(message)
    assert (row.state, row.reason, row.attempts, row.copies) == ("pending", None, 0, 0)
    assert (row.provider_ref, row.sent_at) == (None, None)
    assert row.due_at == bench.clock() + timedelta(minutes=1)

    assert bench.outbox.drain() == Drained()
    bench.clock.forward(minutes=1)
    assert bench.outbox.drain() == Drained(sent=1)
    first, second = bench.server.messages
    assert first["body"] == second["body"]
    bench.server.deliver(second["sid"], "undelivered", code)
    bench.until_asked()
    assert (bench.ask(), bench.woken) == (1, 1)
    reason = "unreachable" if code == 30003 else "undelivered"
    assert bench.post.state(message) == f"failed/{reason} 1"
    bench.clock.forward(days=1)
    assert bench.outbox.drain() == Drained()
    assert len(bench.server.messages) == 2


def test_the_second_copy_that_arrives_is_the_end_of_it(bench: Bench) -> None:
    message = bench.sent()
    bench.server.moves_on(THEIRS, ("failed", 30003), "delivered")
    bench.until_asked()
    bench.ask()
    bench.clock.forward(minutes=1)
    bench.outbox.drain()
    bench.until_asked()
    bench.ask()
    assert bench.post.row(message).state == "sent"
    assert [row.status for row in bench.receipts()] == ["failed", "delivered"]


def test_a_second_copy_is_looked_for_like_any_other(bench: Bench) -> None:
    """The first one, which did not arrive, is not taken for it."""
    message = bench.sent()
    bench.server.deliver(bench.server.messages[0]["sid"], "undelivered", 30003)
    bench.until_asked()
    bench.ask()
    bench.clock.forward(minutes=1)
    bench.server.script("POST", DROPPED)
    assert bench.outbox.drain() == Drained(deferred=1)
    bench.clock.now = bench.post.row(message).due_at
    assert bench.outbox.drain() == Drained(sent=1)
    assert bench.post.row(message).provider_ref == bench.server.messages[1]["sid"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (30004, "blocked"),
        (30005, "wrong_number"),
        (30006, "wrong_number"),
        (30007, "blocked"),
        (30034, "undelivered"),
        (None, "undelivered"),
    ],
)
@pytest.mark.parametrize("status", ["undelivered", "failed"])
def test_what_will_never_arrive_fails_with_a_reason(
    bench: Bench, status: str, code: int | None, reason: str
) -> None:
    message = bench.sent()
    bench.server.deliver(bench.server.messages[0]["sid"], status, code)
    bench.until_asked()
    assert bench.ask() == 1
    assert bench.post.state(message) == f"failed/{reason} 1"
    (receipt,) = bench.receipts()
    assert (receipt.status, receipt.error_code, receipt.poll_at) == (status, code, None)
    assert (bench.woken, bench.opted_out()) == (0, [])
    assert bench.outbox.drain() == Drained()


def test_a_number_that_opted_out_at_the_provider_gets_nothing_more(bench: Bench) -> None:
    message = bench.sent()
    waiting, email = bench.post.message(due_in=3600), bench.post.email(due_in=3600)
    other = bench.post.message(due_in=3600, to_address=OTHERS)
    bench.server.deliver(bench.server.messages[0]["sid"], "failed", 21610)
    bench.until_asked()
    bench.ask()
    assert bench.opted_out() == [(THEIRS, "provider")]
    assert bench.post.state(message) == "failed/opted_out 1"
    assert bench.post.state(waiting) == "cancelled/opted_out 0"
    assert [bench.post.row(row).state for row in (email, other)] == ["pending", "pending"]


@pytest.mark.parametrize("code", [30003, 30005])
@pytest.mark.parametrize(
    "now", [{"provider_ref": "SM2"}, {"state": "cancelled", "reason": "stale"}]
)
def test_what_became_of_the_message_otherwise_stands(
    bench: Bench, now: dict[str, str], code: int
) -> None:
    message = bench.sent()
    with bench.database.write() as connection:
        connection.execute(update(NOTIFICATION).values(now))
    before = bench.post.row(message)
    bench.server.deliver(bench.server.messages[0]["sid"], "failed", code)
    bench.until_asked()
    assert bench.ask() == 1
    assert (bench.post.row(message), bench.woken) == (before, 0)


def test_a_text_that_the_provider_has_forgotten_is_not_asked_about_again(bench: Bench) -> None:
    message = bench.sent()
    bench.server.messages.clear()
    bench.until_asked()
    assert bench.ask() == 0
    (receipt,) = bench.receipts()
    assert (receipt.status, receipt.poll_at) == (None, None)
    assert bench.post.state(message) == "sent 1"


@pytest.mark.parametrize("fault", [Fault(503), DROPPED, Fault(401, 20003)])
def test_when_nobody_answers_no_more_are_asked_and_all_have_another_turn(
    bench: Bench, fault: Fault
) -> None:
    for _ in range(3):
        bench.sent()
    bench.until_asked()
    bench.server.moves_on(THEIRS, "delivered")
    bench.server.script("GET", None, fault)
    with pytest.raises(SendFailed):
        bench.ask()
    assert bench.asked() == 2
    assert [row.status for row in bench.receipts()] == ["delivered", None, None]
    assert bench.ask() == 0
    bench.clock.now += CLAIM
    bench.server.moves_on(THEIRS, "delivered", "delivered")
    assert bench.ask() == 2


def test_what_was_put_back_leaves_although_a_later_one_cannot_be_asked_about(
    bench: Bench,
) -> None:
    bench.sent()
    bench.sent()
    bench.until_asked()
    bench.server.moves_on(THEIRS, ("failed", 30003))
    bench.server.script("GET", None, Fault(503))
    with pytest.raises(SendFailed):
        bench.ask()
    assert bench.woken == 1


class Meddling:
    """A provider that, asked by one process, is asked by another before it answers."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.asked: list[str] = []

    def receipt(self, sid: str) -> Receipt:
        self.asked.append(sid)
        if len(self.asked) == 1:
            assert follow_up(self.bench.office, self) == 0
        return self.bench.sender.receipt(sid)


def test_two_processes_do_not_both_ask(bench: Bench) -> None:
    bench.sent()
    bench.until_asked()
    both = Meddling(bench)
    bench.server.deliver(bench.server.messages[0]["sid"])
    assert follow_up(bench.office, both) == 1
    assert len(both.asked) == 1


class Slow:
    """So slow that another process has its turn before the answer comes."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def receipt(self, sid: str) -> Receipt:
        receipt = self.bench.sender.receipt(sid)
        self.bench.clock.now += CLAIM
        self.bench.ask()
        return receipt


def test_a_process_that_is_behind_does_not_send_it_twice(bench: Bench) -> None:
    message = bench.sent()
    bench.until_asked()
    bench.server.deliver(bench.server.messages[0]["sid"], "failed", 30003)
    assert follow_up(bench.office, Slow(bench)) == 0
    assert bench.woken == 1
    assert bench.post.row(message).due_at == bench.clock() + timedelta(minutes=1)


def test_an_answer_that_is_behind_does_not_open_what_is_over(bench: Bench) -> None:
    bench.sent()
    bench.until_asked()
    bench.server.moves_on(THEIRS, "sent", "delivered")
    assert follow_up(bench.office, Slow(bench)) == 0
    (receipt,) = bench.receipts()
    assert (receipt.status, receipt.poll_at) == ("delivered", None)


def test_many_are_asked_about_in_turns(bench: Bench, moment: datetime) -> None:
    with bench.post.at_once():
        messages = [bench.post.message() for _ in range(BATCH + 2)]
    with bench.database.write() as connection:
        for number, message in enumerate(messages):
            rows.add_receipt(connection, f"SM{number}", message, now=moment, poll_at=moment)

    class Delivered:
        def receipt(self, sid: str) -> Receipt:
            return Receipt(sid, "delivered", None)

    assert [follow_up(bench.office, Delivered()) for _ in range(3)] == [BATCH, 2, 0]


def test_a_source_that_is_set_up_wrongly_says_so(bench: Bench) -> None:
    bench.sent()
    bench.until_asked()
    guessed = SmsSender(bench.server.sms_account(auth_token="guessed"), bench.clock, bench._known)
    with pytest.raises(SendFailed) as raised:
        follow_up(bench.office, guessed)
    assert raised.value.kind is FailureKind.CONFIGURATION
