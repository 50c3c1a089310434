"""Texts from clients, fetched from a provider over its own protocol: what each one does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError

from interworky_tui.delivery.channel import SendFailed
from interworky_tui.delivery.inbound import PAGE, PATIENCE, take_in
from interworky_tui.delivery.outbox import Outbox
from interworky_tui.delivery.sms import Received, SmsSender
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.messages.render import Rendered
from interworky_tui.services import notices, records, scheduling
from interworky_tui.services.context import Context
from interworky_tui.services.reminders import queue_reminders
from interworky_tui.storage import outbox as rows
from interworky_tui.storage.tables import (
    APPOINTMENT,
    CLIENT,
    EVENT,
    INBOUND_SMS,
    NOTIFICATION,
    OFFICE_FACT,
    SMS_OPT_OUT,
)
from tests.conftest import FixedClock
from tests.delivery.conftest import Steady
from tests.delivery.sms_server import DROPPED, NUMBER, POOL, Fault, SmsServer
from tests.services.conftest import Desk

THEIRS = "+4930111222"
STRANGER = "+4930111999"


class Line(Desk):
    """A desk whose texts go through the provider."""

    server: SmsServer
    sender: SmsSender
    outbox: Outbox

    def take(self) -> int:
        return take_in(self.office, self.sender)

    def text(self, body: str, sender: str = THEIRS) -> int:
        """A text that comes in a minute later, and is fetched: how many were taken."""
        self.clock.forward(minutes=1)
        self.server.receive(sender, body)
        return self.take()

    def drain(self) -> None:
        self.clock.forward(seconds=30)
        self.outbox.drain()

    def remind(self, appointment_id: int) -> None:
        with self.office.database.write() as connection:
            visit, client = records.load(connection, appointment_id)
            notices.queue_beside(
                connection,
                self.office,
                event=Event.REMINDER,
                recipient=Recipient.CLIENT,
                channel=Channel.SMS,
                to=client.phone,
                text=Rendered("", "A reminder. Reply C to confirm.", ""),
                client_id=client.id,
                appointment=visit,
                dedupe_key=f"reminder:{appointment_id}:{self.clock.now}",
                now=self.clock(),
            )
        self.drain()

    def reminded(self, **values: Any) -> int:
        """A visit in two days, of which its client has been reminded."""
        start = values.pop("starts_at", None) or self.clock.now + timedelta(days=2)
        visit = self.scheduled(start, **({"phone": THEIRS} | values)).appointment.id
        self.remind(visit)
        return visit

    def inbound(self) -> list[tuple[str, str, bool]]:
        """Sender, kind, and whether it waits for a person."""
        found = self.rows(INBOUND_SMS)
        return [(row["from_number"], row["kind"], row["handled_at"] is None) for row in found]

    def texts(self, number: str = THEIRS) -> list[str]:
        """The bodies that the provider has taken from the office."""
        sent = self.server.messages
        ours = [one for one in sent if one["direction"] != "inbound"]
        return [one["body"] for one in ours if one["to"] == number]

    def states(self, channel: str) -> set[tuple[str, str | None]]:
        found = self.rows(NOTIFICATION, channel=channel, recipient="client")
        return {(row["state"], row["reason"]) for row in found}

    def opted_out(self) -> list[tuple[str, str]]:
        return [(row["number"], row["source"]) for row in self.rows(SMS_OPT_OUT)]


@pytest.fixture
def line(office: Context, server: SmsServer, clock: FixedClock) -> Line:
    woken: list[datetime] = []
    line = Line(replace(office, wake=lambda: woken.append(clock())), clock, woken)
    line.set(sms={"from_number": NUMBER})

    def known(sid: str) -> bool:
        with line.office.database.read() as connection:
            return rows.is_known(connection, sid)

    line.server = server
    line.sender = SmsSender(server.sms_account(), clock, known)
    senders = {Channel.SMS: line.sender}
    line.outbox = Outbox(
        line.office.database, clock, senders, monotonic=Steady(), chance=lambda: 0.5
    )
    return line


class TestOptOuts:
    def test_stop_ends_the_texts_and_leaves_emails_alone(self, line: Line) -> None:
        line.scheduled(phone=THEIRS)
        assert line.states("sms") == line.states("email") == {("pending", None)}
        line.woken.clear()
        assert line.text("Stop.") == 1
        assert line.opted_out() == [(THEIRS, "reply")]
        assert line.states("sms") == {("cancelled", "opted_out")}
        assert line.states("email") == {("pending", None)}
        assert line.inbound() == [(THEIRS, "stop", False)]
        line.drain()
        assert (line.texts(), line.woken) == ([], [])

    def test_and_what_comes_later_is_not_sent_either(self, line: Line) -> None:
        line.text("please stop texting me")
        line.scheduled(phone=THEIRS)
        line.drain()
        assert line.states("sms") == {("cancelled", "opted_out")}
        assert line.texts() == []

    def test_the_office_still_gets_its_own(self, line: Line) -> None:
        line.scheduled(phone=THEIRS)
        line.text("STOP")
        office = line.rows(NOTIFICATION, channel="sms", recipient="office")
        assert {row["state"] for row in office} == {"pending"}

    def test_a_stranger_is_heard_too(self, line: Line) -> None:
        line.text("STOP", STRANGER)
        assert line.opted_out() == [(STRANGER, "reply")]
        (row,) = line.rows(INBOUND_SMS)
        assert (row["client_id"], row["body"]) == (None, "STOP")

    def test_among_other_words_it_counts_and_a_person_reads_the_rest(self, line: Line) -> None:
        line.text("Please stop texting me. I can't come on Friday.")
        assert line.opted_out() == [(THEIRS, "reply")]
        assert line.inbound() == [(THEIRS, "stop", True)]

    @pytest.mark.parametrize("word", ["START", "unstop"])
    def test_start_lifts_it(self, line: Line, word: str) -> None:
        line.text("STOP")
        assert line.text(word) == 1
        assert (line.opted_out(), line.inbound()[1]) == ([], (THEIRS, "start", False))
        line.scheduled(phone=THEIRS)
        line.drain()
        assert len(line.texts()) == 2

    def test_the_last_word_counts_whenever_it_is_fetched(self, line: Line) -> None:
        for word in ("STOP", "START", "STOP"):
            line.clock.forward(minutes=1)
            line.server.receive(THEIRS, word)
        assert line.take() == 3
        assert line.opted_out() == [(THEIRS, "reply")]

    def test_again_it_stays_as_it_was(self, line: Line) -> None:
        line.text("STOP")
        line.text("STOP")
        assert line.opted_out() == [(THEIRS, "reply")]


class TestReminders:
    def test_c_confirms(self, line: Line) -> None:
        visit = line.reminded()
        line.woken.clear()
        assert line.text("c.") == 1
        row = line.appointment(visit)
        assert (row["status"], row["confirmed_at"]) == ("scheduled", line.clock())
        last = line.rows(EVENT, appointment_id=visit)[-1]
        assert (last["verb"], last["actor"]) == ("confirm", "client")
        (text,) = line.rows(INBOUND_SMS)
        assert (text["kind"], text["appointment_id"]) == ("confirm", visit)
        assert (text["client_id"], text["handled_at"]) == (row["client_id"], line.clock())
        line.drain()
        assert line.woken == []

    def test_after_the_reminder_of_the_day_before(self, line: Line) -> None:
        visit = line.scheduled(line.clock.now + timedelta(days=2), phone=THEIRS).appointment.id
        line.drain()
        line.text("C")
        assert line.appointment(visit)["confirmed_at"] is None
        line.clock.forward(days=1)
        assert queue_reminders(line.office) == 2
        line.drain()
        assert "C to confirm" in line.texts()[-1]
        line.text("C")
        assert line.appointment(visit)["confirmed_at"] == line.clock()
        line.clock.forward(hours=3)
        assert queue_reminders(line.office) == 0

    def test_r_asks_for_another_time_and_waits(self, line: Line) -> None:
        visit = line.reminded()
        line.text("R")
        row = line.appointment(visit)
        assert (row["status"], row["change_asked_at"]) == ("scheduled", line.clock())
        assert line.inbound() == [(THEIRS, "change", True)]

    def test_who_thinks_again_is_heard(self, line: Line) -> None:
        visit = line.reminded()
        line.text("C")
        line.text("R")
        row = line.appointment(visit)
        assert (row["confirmed_at"], row["change_asked_at"]) == (None, line.clock())
        line.text("C")
        row = line.appointment(visit)
        assert (row["confirmed_at"], row["change_asked_at"]) == (line.clock(), None)

    def test_a_second_c_changes_nothing(self, line: Line) -> None:
        visit = line.reminded()
        line.text("C")
        before = line.appointment(visit)
        line.text("C")
        assert line.appointment(visit) == before
        assert line.inbound() == [(THEIRS, "confirm", False)] * 2

    @pytest.mark.parametrize("body", ["C", "R"])
    def test_without_a_reminder_it_waits_for_a_person(self, line: Line, body: str) -> None:
        line.scheduled(phone=THEIRS)
        line.drain()
        line.text(body)
        assert line.inbound() == [(THEIRS, "other", True)]
        assert line.rows(APPOINTMENT)[0]["confirmed_at"] is None

    @pytest.mark.parametrize(
        ("state", "kind"),
        [("previewed", "confirm"), ("pending", "other"), ("cancelled", "other")],
    )
    def test_only_a_reminder_that_left_can_be_answered(
        self, line: Line, state: str, kind: str
    ) -> None:
        line.reminded()
        with line.office.database.write() as connection:
            change = update(NOTIFICATION).where(NOTIFICATION.c.event == "reminder")
            connection.execute(change.values(state=state, reason="stale", sent_at=None))
        line.text("C")
        assert line.inbound() == [(THEIRS, kind, kind == "other")]

    def test_a_visit_that_was_moved_since_is_not_confirmed(self, line: Line) -> None:
        visit = line.reminded()
        scheduling.schedule(line.office, visit, line.clock.now + timedelta(days=4))
        line.text("C")
        assert line.inbound() == [(THEIRS, "other", True)]

    def test_a_visit_that_has_begun_is_not_confirmed(self, line: Line) -> None:
        line.reminded(starts_at=line.clock.now + timedelta(minutes=10))
        line.clock.forward(minutes=10)
        line.text("C")
        assert line.inbound() == [(THEIRS, "other", True)]

    def test_what_was_said_before_the_reminder_is_no_answer(self, line: Line) -> None:
        line.server.receive(THEIRS, "C")
        line.clock.forward(minutes=10)
        line.reminded()
        line.take()
        assert line.inbound() == [(THEIRS, "other", True)]

    def test_of_two_visits_the_one_of_the_last_reminder_and_then_the_other(
        self, line: Line
    ) -> None:
        first = line.reminded()
        second = line.reminded(starts_at=line.clock.now + timedelta(days=3))
        line.text("C")
        confirmed = [line.appointment(visit)["confirmed_at"] for visit in (first, second)]
        assert confirmed == [None, line.clock()]
        line.text("C")
        assert line.appointment(first)["confirmed_at"] == line.clock()
        owners = [row["client_id"] for row in line.rows(INBOUND_SMS)]
        assert owners == [line.appointment(visit)["client_id"] for visit in (second, first)]

    def test_a_second_reminder_asks_again(self, line: Line) -> None:
        other = line.reminded(starts_at=line.clock.now + timedelta(days=3))
        visit = line.reminded()
        line.text("C")
        line.clock.forward(hours=4)
        line.remind(visit)
        line.text("C")
        assert line.appointment(visit)["confirmed_at"] == line.clock()
        assert line.appointment(other)["confirmed_at"] is None


class TestHelp:
    def test_an_answer_leaves_once_a_day(self, line: Line) -> None:
        line.woken.clear()
        line.text("HELP", STRANGER)
        assert len(line.woken) == 1
        line.text("info", STRANGER)
        line.drain()
        assert len(line.texts(STRANGER)) == 1
        assert "STOP" in line.texts(STRANGER)[0]
        assert line.inbound() == [(STRANGER, "help", False)] * 2
        assert len(line.woken) == 1
        line.clock.forward(days=1)
        line.text("HELP", STRANGER)
        line.drain()
        assert len(line.texts(STRANGER)) == 2

    def test_a_client_gets_it_after_what_waits_already(self, line: Line) -> None:
        line.scheduled(phone=THEIRS)
        line.text("HELP")
        line.drain()
        assert "help" in line.texts()[-1]
        (answer,) = line.rows(NOTIFICATION, event="help")
        client = line.rows(CLIENT)[0]["id"]
        assert answer["stream"] == f"client:{client}:sms"
        assert (answer["appointment_version"], answer["in_reply_to"]) == (None, 1)

    def test_who_opted_out_gets_none(self, line: Line) -> None:
        line.text("STOP")
        line.text("HELP")
        line.drain()
        assert line.texts() == []


class TestWhoWrites:
    def test_anything_else_waits_for_a_person(self, line: Line) -> None:
        line.scheduled(phone=THEIRS)
        line.text("Can I bring my\r\ndog\x1b[2J?")
        (row,) = line.rows(INBOUND_SMS)
        assert row["body"] == "Can I bring my\ndog[2J?"
        assert (row["client_id"], row["received_at"]) == (1, line.clock())
        assert line.inbound() == [(THEIRS, "other", True)]

    def test_of_two_with_one_number_the_one_who_was_texted_last(self, line: Line) -> None:
        asked = [line.scheduled(phone=THEIRS, name=name) for name in ("Ann", "Bo", "Cy")]
        line.drain()
        line.clock.forward(hours=1)
        line.remind(asked[1].appointment.id)
        line.text("hello")
        assert line.rows(INBOUND_SMS)[0]["client_id"] == asked[1].client.id

    @pytest.mark.parametrize("body", ["C", "hello", "HELP"])
    @pytest.mark.parametrize("sender", ["+493012345678", NUMBER])
    def test_the_office_itself_is_not_answered(self, line: Line, sender: str, body: str) -> None:
        line.text(body, sender)
        assert [waits for _, _, waits in line.inbound()] == [False]
        line.drain()
        assert line.texts(sender) == []

    def test_our_own_stop_stops_nothing(self, line: Line) -> None:
        line.text("STOP", NUMBER)
        assert line.opted_out() == []
        line.text("STOP", "+493012345678")
        assert line.opted_out() == [("+493012345678", "reply")]


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


def test_nothing_of_a_text_is_logged(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    line.reminded()
    for body in ("STOP", "START", "C", "HELP", "what is my PIN"):
        line.text(body)
    line.drain()
    said = " ".join(
        record.getMessage() for record in caplog.records if "sqlalchemy" not in record.name
    )
    for private in (THEIRS, "30111222", "PIN", "Ada"):
        assert private not in said


def test_a_changed_actor_is_not_blamed(line: Line) -> None:
    line.office = replace(line.office, actor="ben")
    visit = line.reminded()
    line.text("R")
    assert line.rows(EVENT, appointment_id=visit)[-1]["actor"] == "client"
