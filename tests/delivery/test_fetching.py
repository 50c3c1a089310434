"""Fetching the texts that came in: each is taken once, and none is missed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from interworky_tui.delivery.channel import SendFailed
from interworky_tui.delivery.inbound import PAGE, PATIENCE, take_in
from interworky_tui.delivery.sms import Received, SmsSender
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import (
    INBOUND_SMS,
    OFFICE_FACT,
)
from tests.conftest import FixedClock
from tests.delivery.sms_server import DROPPED, NUMBER, POOL, Fault, SmsServer
from tests.delivery.texting import STRANGER, THEIRS, Line, make_line


@pytest.fixture
def line(office: Context, server: SmsServer, clock: FixedClock) -> Line:
    return make_line(office, server, clock)


class TestFetching:
    def test_the_same_listing_twice_is_taken_once(self, line: Line) -> None:
        visit = line.reminded()
        assert line.text("C") == 1
        before = line.dump()
        assert (line.take(), line.take()) == (0, 0)
        assert line.dump() == before
        assert line.appointment(visit)["version"] == 3

    def test_a_day_between_two_looks(self, line: Line) -> None:
        line.text("one")
        line.server.receive(THEIRS, "late")
        line.server.messages[-1]["date_sent"] = line.server.messages[-2]["date_sent"]
        line.clock.forward(hours=20)
        assert line.text("two") == 2

    def test_two_weeks_without_a_desk(self, line: Line) -> None:
        line.text("one")
        line.clock.forward(days=3)
        line.server.receive(THEIRS, "STOP")
        line.clock.forward(days=11)
        assert line.take() == 1
        assert line.opted_out() == [(THEIRS, "reply")]

    def test_the_first_look_goes_back_a_day(self, line: Line) -> None:
        line.server.receive(THEIRS, "long ago")
        line.clock.forward(days=3)
        line.server.receive(THEIRS, "yesterday")
        line.clock.forward(hours=20)
        assert line.take() == 1

    def test_more_than_a_page(self, line: Line) -> None:
        line.text("first")
        for number in range(3 * PAGE):
            line.server.receive(f"+49301{number:06}", "hello")
        assert line.take() == 3 * PAGE
        asked = len(line.server.seen)
        assert line.take() == 0
        assert len(line.server.seen) - asked < 5

    def test_more_than_a_page_at_one_number_of_a_pool(self, line: Line) -> None:
        line.server.numbers["+4930999001"] = True
        line.sender = SmsSender(
            line.server.sms_account(from_number="", messaging_service_sid=POOL),
            line.clock,
            lambda _: False,
        )
        line.server.receive(THEIRS, "old", to="+4930999001")
        line.clock.forward(days=2, hours=1)
        for number in range(PAGE + 1):
            line.server.receive(f"+49301{number:06}", "hello")
        assert line.take() == PAGE + 2

    def test_a_busy_office_reads_no_more_than_a_day(self, line: Line) -> None:
        line.text("yesterday")
        line.clock.forward(days=2)
        for _ in range(PAGE):
            line.server.receive(THEIRS, "hello")
        line.take()
        line.clock.forward(days=2)
        line.text("today")
        seen = len(line.server.seen)
        line.take()
        assert len(line.server.seen) == seen + 1

    @pytest.mark.parametrize("fault", [Fault(503), DROPPED, Fault(401, 20003)])
    def test_a_provider_that_cannot_be_asked_is_asked_again(self, line: Line, fault: Fault) -> None:
        line.server.script("GET", fault)
        with pytest.raises(SendFailed):
            line.text("STOP")
        assert line.take() == 1

    def test_a_listing_that_ends_half_way_is_none(self, line: Line) -> None:
        for _ in range(PAGE):
            line.server.receive(THEIRS, "hello")
        line.server.script("GET", None, Fault(503))
        with pytest.raises(SendFailed):
            line.take()
        assert line.take() == PAGE

    def test_nothing_new_keeps_no_other_desk_waiting(self, line: Line) -> None:
        line.text("hello")
        begun: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            begun.extend([statement] if statement.startswith("BEGIN") else [])

        event.listen(line.office.database.engine, "before_cursor_execute", note)
        line.take()
        assert set(begun) == {"BEGIN"}


@contextmanager
def refused(line: Line, body: str) -> Iterator[None]:
    """While the store refuses texts of that body."""
    with line.office.database.write() as connection:
        connection.exec_driver_sql(
            f"CREATE TRIGGER refuse BEFORE INSERT ON inbound_sms WHEN NEW.body = '{body}'"
            " BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    yield
    with line.office.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER refuse")


class TestFaults:
    def test_a_text_that_cannot_be_taken_stops_no_other(self, line: Line) -> None:
        with refused(line, "hello"):
            line.server.receive(THEIRS, "hello")
            with pytest.raises(IntegrityError):
                line.text("STOP", STRANGER)
            assert line.opted_out() == [(STRANGER, "reply")]
        assert line.take() == 1

    def test_nothing_is_done_for_a_text_that_is_not_kept(self, line: Line) -> None:
        with refused(line, "STOP"), pytest.raises(IntegrityError):
            line.text("STOP")
        assert line.opted_out() == []

    def test_it_is_tried_again_days_later(self, line: Line) -> None:
        line.text("before")
        with refused(line, "hello"):
            line.server.receive(THEIRS, "hello")
            for _ in range(5):
                line.clock.forward(days=1)
                with pytest.raises(IntegrityError):
                    line.text("hi", STRANGER)
        assert line.take() == 1

    def test_but_not_for_ever(self, line: Line) -> None:
        line.text("before")
        with refused(line, "hello"):
            line.server.receive(THEIRS, "hello")
            for wait in (timedelta(0), PATIENCE):
                line.clock.now += wait
                with pytest.raises(IntegrityError):
                    line.text("hi", STRANGER)
            line.clock.forward(days=3)
            assert line.take() == 0


class Listing:
    """A provider whose listing is what a test says."""

    def __init__(self, texts: list[Received]) -> None:
        self.texts = texts
        self.since: list[datetime] = []

    def received(self, since: datetime, limit: int) -> list[Received]:
        self.since.append(since)
        return self.texts[-limit:]


def test_many_at_once_take_each_text_once(line: Line) -> None:
    visit = line.reminded()
    now = line.clock() + timedelta(minutes=1)
    texts = [Received(f"SM{n}", THEIRS, NUMBER, "C", now) for n in range(20)]
    with ThreadPoolExecutor(6) as crew:
        takes = [crew.submit(take_in, line.office, Listing(texts)) for _ in range(6)]
        assert sum(take.result() for take in takes) == len(texts)
    assert len(line.rows(INBOUND_SMS)) == len(texts)
    assert line.appointment(visit)["version"] == 3


def test_a_clock_that_was_wrong_hides_nothing(line: Line) -> None:
    ahead = line.clock() + timedelta(days=30, hours=1)
    line.clock.forward(days=31)
    take_in(line.office, Listing([Received("SM1", THEIRS, NUMBER, "hello", ahead)]))
    line.clock.forward(days=-31)
    listing = Listing([])
    take_in(line.office, listing)
    assert listing.since == [line.clock()]


def test_one_that_is_listed_late_is_found_behind_a_page_of_others(line: Line) -> None:
    now = line.clock()
    ages = [timedelta(hours=1), *(timedelta(minutes=n) for n in range(PAGE, 0, -1))]
    texts = [Received(f"SM{n}", THEIRS, NUMBER, "hi", now - age) for n, age in enumerate(ages)]
    take_in(line.office, Listing(texts[1:-1]))
    assert take_in(line.office, Listing(texts)) == 2


def test_what_is_known_is_remembered_between_starts(line: Line) -> None:
    line.text("hello")
    with line.office.database.read() as connection:
        (fact,) = connection.execute(
            select(OFFICE_FACT.c.value).where(OFFICE_FACT.c.name == "sms_taken_until")
        ).scalars()
    assert datetime.fromisoformat(fact) == line.clock()
