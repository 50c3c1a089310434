"""Reading at the provider: an earlier attempt, what came in, what became of it, and the account."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from interworky_tui.delivery.channel import FailureKind
from interworky_tui.delivery.sms import PAGE, PAGES, Receipt, Received, SmsSender
from tests.conftest import FixedClock
from tests.delivery.sms_server import DROPPED, NUMBER, POOL, Fault, SmsServer
from tests.delivery.test_sms import TEXT, THEIRS, failure, none_known

PERMANENT, CONFIGURATION = FailureKind.PERMANENT, FailureKind.CONFIGURATION
RETRY, AMBIGUOUS = FailureKind.RETRY, FailureKind.AMBIGUOUS
AGAIN = replace(TEXT, attempts=2)


@pytest.fixture
def known() -> set[str]:
    return set()


@pytest.fixture
def sender(server: SmsServer, clock: FixedClock, known: set[str]) -> SmsSender:
    return SmsSender(server.sms_account(), clock, known.__contains__)


@pytest.fixture
def pool(server: SmsServer, clock: FixedClock, known: set[str]) -> SmsSender:
    account = server.sms_account(from_number="", messaging_service_sid=POOL)
    return SmsSender(account, clock, known.__contains__)


class TestReconcile:
    def test_an_earlier_attempt_is_found(
        self, server: SmsServer, sender: SmsSender, clock: FixedClock
    ) -> None:
        sid = sender.send(TEXT)
        clock.forward(hours=3)
        assert sender.reconcile(AGAIN) == sid
        asked = server.seen[-1].fields
        assert asked == {"To": THEIRS, "From": NUMBER, "PageSize": str(PAGE)}

    def test_it_is_found_whatever_became_of_it(self, server: SmsServer, sender: SmsSender) -> None:
        sid = sender.send(TEXT)
        server.deliver(sid, "undelivered", 30003)
        assert sender.reconcile(AGAIN) == sid

    def test_nothing_was_sent(self, sender: SmsSender) -> None:
        assert sender.reconcile(AGAIN) is None

    def test_others_are_not_it(
        self, server: SmsServer, sender: SmsSender, known: set[str], clock: FixedClock
    ) -> None:
        known.add(sender.send(TEXT))
        sender.send(replace(TEXT, body=f"Or so - {TEXT.body}"))
        sender.send(replace(TEXT, body=TEXT.body[:-1]))
        sender.send(replace(TEXT, to_address="+4930111223"))
        server.record(THEIRS, "+4930999001", TEXT.body)
        server.receive(THEIRS, TEXT.body)
        assert sender.reconcile(AGAIN) is None

    def test_two_alike_are_two(self, sender: SmsSender, known: set[str]) -> None:
        sids = {sender.send(TEXT), sender.send(TEXT)}
        for _ in range(2):
            found = sender.reconcile(AGAIN)
            assert found in sids - known
            known.add(found)
        assert sender.reconcile(AGAIN) is None

    @pytest.mark.parametrize(("seconds", "found"), [(120, True), (121, False)])
    def test_what_is_older_than_the_message_is_not_it(
        self, sender: SmsSender, clock: FixedClock, seconds: int, found: bool
    ) -> None:
        sid = sender.send(TEXT)
        clock.forward(seconds=seconds)
        assert sender.reconcile(replace(AGAIN, created_at=clock())) == (sid if found else None)

    @pytest.mark.parametrize(("hours", "found"), [(24, True), (25, False)])
    def test_a_message_of_the_future_may_be_of_the_last_day(
        self, sender: SmsSender, clock: FixedClock, hours: int, found: bool
    ) -> None:
        """The clock was put back since, and by how much nobody knows."""
        sid = sender.send(TEXT)
        clock.forward(hours=hours)
        message = replace(AGAIN, created_at=clock() + timedelta(seconds=1))
        assert sender.reconcile(message) == (sid if found else None)

    def test_the_clock_of_this_machine_may_be_wrong(
        self, server: SmsServer, sender: SmsSender, clock: FixedClock
    ) -> None:
        for hours in (3, -3):
            there = clock() - timedelta(hours=hours)
            server.clock = lambda there=there: there
            text = replace(TEXT, body=f"{hours}")
            assert sender.reconcile(text) is None
            assert sender.send(text) == sender.reconcile(text)

    def test_a_trial_account_puts_a_sentence_before(
        self, server: SmsServer, sender: SmsSender
    ) -> None:
        server.account["type"] = "Trial"
        sid = sender.send(TEXT)
        assert server.messages[0]["body"].endswith(f" - {TEXT.body}")
        assert sender.reconcile(AGAIN) == sid

    def test_white_space_at_the_ends_may_be_gone(
        self, server: SmsServer, sender: SmsSender
    ) -> None:
        sid = server.record(THEIRS, NUMBER, TEXT.body)["sid"]
        assert sender.reconcile(replace(AGAIN, body=f"{TEXT.body}\n")) == sid

    def test_a_pool_is_told_by_itself_and_not_by_a_number(
        self, server: SmsServer, pool: SmsSender
    ) -> None:
        server.record(THEIRS, NUMBER, TEXT.body, messaging_service_sid="MG1")
        assert pool.reconcile(AGAIN) is None
        sid = pool.send(TEXT)
        server.messages[-1]["from"] = "+4930999001"
        assert pool.reconcile(AGAIN) == sid
        assert "From" not in server.seen[-1].fields

    def test_where_no_bodies_are_kept_nobody_can_tell(
        self, server: SmsServer, sender: SmsSender, known: set[str]
    ) -> None:
        known.add(sender.send(TEXT))
        server.messages[0]["body"] = ""
        assert sender.reconcile(AGAIN) is None
        server.record(THEIRS, NUMBER, "")
        assert failure(sender.reconcile, AGAIN).kind is PERMANENT

    def test_it_is_found_on_a_later_page(
        self, server: SmsServer, sender: SmsSender, clock: FixedClock
    ) -> None:
        sid = sender.send(TEXT)
        for number in range(2 * PAGE):
            server.record(THEIRS, NUMBER, f"number {number}")
        assert sender.reconcile(AGAIN) == sid
        clock.forward(hours=1)
        assert sender.reconcile(replace(AGAIN, created_at=clock())) is None
        assert len(server.seen) == 1 + 3 + 1

    def test_more_than_can_be_looked_through(self, server: SmsServer, sender: SmsSender) -> None:
        for number in range(PAGES * PAGE):
            server.record(THEIRS, NUMBER, f"number {number}")
        assert sender.reconcile(AGAIN) is None
        server.record(THEIRS, NUMBER, "one more")
        assert failure(sender.reconcile, AGAIN).kind is AMBIGUOUS

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            (Fault(400, 20001), AMBIGUOUS),
            (Fault(500), AMBIGUOUS),
            (Fault(302), AMBIGUOUS),
            (DROPPED, AMBIGUOUS),
            (Fault(200, body=b"<html>"), AMBIGUOUS),
            (Fault(200, body=b'{"a": [], "b": []}'), AMBIGUOUS),
            (Fault(200, body=b'{"messages": [{}]}'), AMBIGUOUS),
            (Fault(200, body=b'{"messages": [5]}'), AMBIGUOUS),
            (Fault(429, 20429, headers={"Retry-After": "90"}), RETRY),
            (Fault(401, 20003), CONFIGURATION),
        ],
    )
    def test_a_listing_that_fails_is_not_an_empty_one(
        self, server: SmsServer, sender: SmsSender, fault: Fault, kind: FailureKind
    ) -> None:
        server.script("GET", fault)
        failed = failure(sender.reconcile, AGAIN)
        assert failed.kind is kind
        assert failed.retry_after == (timedelta(seconds=90) if kind is RETRY else None)

    def test_a_second_page_that_fails_is_not_the_end(
        self, server: SmsServer, sender: SmsSender
    ) -> None:
        for number in range(PAGE + 1):
            server.record(THEIRS, NUMBER, f"number {number}")
        server.script("GET", Fault(200, body=_page_of(server)), Fault(503))
        assert failure(sender.reconcile, AGAIN).kind is AMBIGUOUS


def _page_of(server: SmsServer) -> bytes:
    return json.dumps(server.listing("/2010-04-01/Messages.json", {})).encode()


class TestReceived:
    def test_what_came_in_oldest_first(
        self, server: SmsServer, sender: SmsSender, clock: FixedClock
    ) -> None:
        began = clock()
        sids = []
        for body in ("5", "very good"):
            clock.forward(minutes=1)
            sids.append(server.receive(THEIRS, body)["sid"])
        sender.send(replace(TEXT, to_address=NUMBER))
        server.deliver(server.messages[-1]["sid"])
        server.receive(THEIRS, "for another office", to="+4930999001")
        assert sender.received(began, 100) == [
            Received(sids[0], THEIRS, NUMBER, "5", began + timedelta(minutes=1)),
            Received(sids[1], THEIRS, NUMBER, "very good", began + timedelta(minutes=2)),
        ]

    def test_a_day_and_more_before_is_among_it(
        self, server: SmsServer, sender: SmsSender, clock: FixedClock
    ) -> None:
        for day in range(3):
            clock.now = datetime(2026, 3, 14 + day, 0, 0, tzinfo=UTC)
            server.receive(THEIRS, str(day))
        assert [text.body for text in sender.received(clock(), 100)] == ["1", "2"]

    def test_the_day_is_that_of_utc(self, server: SmsServer, sender: SmsSender) -> None:
        east = timezone(timedelta(hours=13))
        sender.received(datetime(2026, 3, 17, 9, 0, tzinfo=east), 100)
        assert server.seen[0].fields["DateSent>"] == "2026-03-15T20:00:00Z"

    def test_the_newest_of_many(
        self, server: SmsServer, sender: SmsSender, clock: FixedClock
    ) -> None:
        for number in range(5):
            server.receive(THEIRS, str(number))
        assert [text.body for text in sender.received(clock(), 2)] == ["3", "4"]

    def test_each_number_of_a_pool(
        self, server: SmsServer, pool: SmsSender, clock: FixedClock
    ) -> None:
        server.numbers["+4930999001"] = True
        for number in (*server.numbers, "+4930999002"):
            server.receive(THEIRS, "5", to=number)
        received = pool.received(clock(), 100)
        assert [text.to_number for text in received] == [*server.numbers]

    def test_a_list_that_fails_is_not_an_empty_one(
        self, server: SmsServer, sender: SmsSender, clock: FixedClock
    ) -> None:
        server.script("GET", Fault(503))
        assert failure(sender.received, clock(), 100).kind is AMBIGUOUS


class TestCheck:
    def test_all_is_well(self, sender: SmsSender, pool: SmsSender) -> None:
        sender.check()
        pool.check()

    @pytest.mark.parametrize(
        ("values", "detail"),
        [
            ({"auth_token": "guessed"}, "HTTP 401, code 20003"),
            ({"from_number": "+4930999009"}, "from_number is not the account's"),
            ({"from_number": "+4930999001"}, "from_number cannot send texts"),
            ({"messaging_service_sid": "MG0"}, "HTTP 404, code 20404"),
        ],
    )
    def test_what_is_to_be_set_right(
        self, server: SmsServer, clock: FixedClock, values: dict[str, str], detail: str
    ) -> None:
        server.numbers["+4930999001"] = False
        failed = failure(SmsSender(server.sms_account(**values), clock, none_known).check)
        assert (failed.kind, failed.detail) == (CONFIGURATION, detail)

    def test_a_suspended_account(self, server: SmsServer, sender: SmsSender) -> None:
        server.account["status"] = "suspended"
        failed = failure(sender.check)
        assert (failed.kind, failed.detail) == (CONFIGURATION, "the account is suspended")

    def test_a_name_is_not_looked_for_among_the_numbers(
        self, server: SmsServer, clock: FixedClock
    ) -> None:
        SmsSender(server.sms_account(from_number="LINDENHOF"), clock, none_known).check()


class TestReceipt:
    def test_what_became_of_it(self, server: SmsServer, sender: SmsSender) -> None:
        sid = sender.send(TEXT)
        assert sender.receipt(sid) == Receipt(sid, "queued", None)
        server.deliver(sid, "undelivered", 30005)
        assert sender.receipt(sid) == Receipt(sid, "undelivered", 30005)

    def test_an_unknown_text(self, server: SmsServer, sender: SmsSender) -> None:
        assert failure(sender.receipt, "SM404").kind is PERMANENT
        assert failure(sender.receipt, "../Balance").kind is PERMANENT
        assert len(server.seen) == 1

    def test_an_answer_with_a_gap(self, server: SmsServer, sender: SmsSender) -> None:
        server.script("GET", Fault(200, body=b"{}"))
        assert failure(sender.receipt, "SM1").kind is AMBIGUOUS
