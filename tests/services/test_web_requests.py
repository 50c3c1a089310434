"""Requests that strangers write: what is wrong with them, what they may change."""

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.messages.render import Rendered
from interworky_tui.services import api_keys, notices, reminders, scheduling
from interworky_tui.services.web_requests import (
    BadFields,
    Kind,
    Once,
    OtherBody,
    TooMany,
    file_request,
)
from interworky_tui.storage.tables import API_CALL, APPOINTMENT, CLIENT, EVENT, NOTIFICATION
from tests.rounds import rounds
from tests.services.filing import ASKED, CLIENT_SMS, FRIDAY, fates, file, is_news, number, problems


def test_it_is_stored_as_any_other_and_told_of(desk: Any) -> None:
    filed = file(desk, name=" Ana \t Ruiz", note="first\r\nsecond\x1b", urgency="HIGH")
    assert filed == 1
    row = desk.appointment(1)
    assert (row["status"], row["source"], row["band"]) == ("requested", "web", "morning")
    assert (row["note"], row["urgency"]) == ("first\nsecond", "high")
    assert row["requested_at"] == desk.clock.now
    (line,) = desk.rows(EVENT)
    assert (line["actor"], line["verb"], line["detail"]) == ("web", "request", "{}")
    assert len(desk.messages(1)) == 4
    assert desk.woken == [desk.clock.now]
    api = file(desk, name="Ben", key="assistant")
    assert desk.appointment(api)["source"] == "api"
    assert desk.rows(EVENT)[-1]["actor"] == "api:assistant"


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"name": ""}, {"name": Kind.NEEDED}),
        ({"name": "\u200b \x00"}, {"name": Kind.NEEDED}),
        ({"name": "x" * 121}, {"name": Kind.TOO_LONG}),
        ({"name": "Win now https://evil.example"}, {"name": Kind.UNREADABLE}),
        ({"name": "Win at WWW.evil.example"}, {"name": Kind.UNREADABLE}),
        ({"name": "write to a@evil.example"}, {"name": Kind.UNREADABLE}),
        ({"phone": "", "email": " "}, {"phone": Kind.NEEDED}),
        ({"phone": "12"}, {"phone": Kind.UNREADABLE}),
        ({"phone": "0" * 41}, {"phone": Kind.TOO_LONG}),
        ({"phone": "+41 44 668 18 00"}, {"phone": Kind.COUNTRY}),
        ({"phone": "+1 201 555 0123"}, {"phone": Kind.COUNTRY}),
        ({"phone": "0900 1 123456"}, {"phone": Kind.COUNTRY}),
        ({"email": "nobody"}, {"email": Kind.UNREADABLE}),
        ({"email": "x" * 250 + "@a.example"}, {"email": Kind.TOO_LONG}),
        ({"date": ""}, {"date": Kind.NEEDED}),
        ({"date": "20.3.2026"}, {"date": Kind.UNREADABLE}),
        ({"date": "20260320"}, {"date": Kind.UNREADABLE}),
        ({"date": "2026-W12-5"}, {"date": Kind.UNREADABLE}),
        ({"date": "2026-02-30"}, {"date": Kind.UNREADABLE}),
        ({"date": "2026-03-15"}, {"date": Kind.PAST}),
        ({"date": "2027-03-17"}, {"date": Kind.TOO_FAR}),
        ({"date": "9999-12-31"}, {"date": Kind.TOO_FAR}),
        ({"date": "2026-03-16", "band": "", "time": "08:30"}, {"date": Kind.PAST}),
        ({"band": ""}, {"band": Kind.NEEDED}),
        ({"band": "noon"}, {"band": Kind.UNREADABLE}),
        ({"time": "15:00"}, {"band": Kind.MISMATCH}),
        ({"time": "9:30"}, {"time": Kind.UNREADABLE}),
        ({"time": "24:00"}, {"time": Kind.UNREADABLE}),
        ({"service": "x" * 101}, {"service": Kind.TOO_LONG}),
        ({"note": "x" * 2001}, {"note": Kind.TOO_LONG}),
        ({"urgency": "now"}, {"urgency": Kind.UNREADABLE}),
        ({"language": "klingon!"}, {"language": Kind.UNREADABLE}),
        (
            {"name": "", "phone": "1", "email": "x", "date": "x", "band": "x", "urgency": "x"},
            dict.fromkeys(("phone", "email", "date", "band", "urgency"), Kind.UNREADABLE)
            | {"name": Kind.NEEDED},
        ),
    ],
)
def test_all_that_is_wrong_is_told_by_field(
    desk: Any, values: dict[str, str], found: dict[str, Kind]
) -> None:
    assert problems(desk, **values) == found


@pytest.mark.parametrize(
    "values",
    [
        {"date": "2026-03-16", "band": "early_morning"},  # which is now, until ten
        {"date": "2027-03-16"},
        {"date": "2026-03-22"},  # a Sunday; the office is closed
        {"band": "", "time": "22:15"},
        {"time": "10:00"},
        {"phone": ""},
        {"email": ""},
        {"band": "Early Morning"},
    ],
)
def test_what_may_be_wished_for(desk: Any, values: dict[str, str]) -> None:
    assert is_news(desk, **values)


def test_a_year_from_a_leap_day(desk: Any) -> None:
    desk.clock.now = desk.local(date(2028, 2, 29), 9)
    assert problems(desk, date="2029-03-01") == {"date": Kind.TOO_FAR}
    assert is_news(desk, date="2029-02-28")


def test_today_is_the_offices(desk: Any) -> None:
    desk.set(office={"timezone": "Pacific/Auckland"})
    desk.clock.now = desk.local(date(2026, 3, 21), 1)
    assert problems(desk) == {"date": Kind.PAST}


def test_the_countries_that_are_set(desk: Any) -> None:
    desk.set(web={"countries": ["CH", "US"]})
    assert is_news(desk, phone="+41 44 668 18 00")
    assert is_news(desk, phone="+1 201 555 0123", name="Ben")
    for other in ("030 901820", "+1 416 555 0123"):
        with pytest.raises(BadFields):
            file(desk, phone=other)


@pytest.mark.sqlite_only
@settings(
    max_examples=rounds(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_whatever_is_written_is_refused_by_field_or_stored(desk: Any, data: Any) -> None:
    names = ("name", "phone", "email", "date", "band", "time", "service", "note", "language")
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    values = {name: data.draw(st.text(max_size=30)) for name in chosen}
    try:
        filed = file(desk, **values)
    except TooMany:
        return
    except BadFields as refused:
        told = [problem.field for problem in refused.problems]
        assert set(told) <= {*names, "phone"}
        assert len(told) == len(set(told))
        return
    assert desk.appointment(filed)["source"] == "web"


def test_without_consent_a_new_client_gets_no_texts(desk: Any) -> None:
    filed = file(desk)
    assert desk.rows(CLIENT)[0]["sms_consent"] == 0
    told = fates(desk, filed)
    assert told.pop(CLIENT_SMS) == "no_consent"
    assert set(told.values()) == {None}
    agreed = file(desk, name="Ben", phone=number(1), consent=True)
    assert set(fates(desk, agreed).values()) == {None}


def test_consent_counts_for_every_later_text(desk: Any) -> None:
    desk.set(messages={"quiet_hours": "", "reminders": ["24h"]})
    filed = file(desk)
    start = desk.local(FRIDAY, 11)
    scheduling.schedule(desk.office, filed, start)
    desk.clock.now = start - timedelta(hours=2)
    scheduling.schedule(desk.office, filed, start + timedelta(days=5))
    desk.clock.now = start + timedelta(days=4, hours=1)
    reminders.queue_reminders(desk.office)
    texts = [
        row for row in desk.messages(filed) if (row["recipient"], row["channel"]) == CLIENT_SMS
    ]
    assert [row["event"] for row in texts] == [
        "requested",
        "scheduled",
        "rescheduled",
        "reminder",
    ]
    assert {row["reason"] for row in texts} == {"no_consent"}


def test_the_answer_to_a_text_needs_no_consent(desk: Any) -> None:
    file(desk)
    with desk.office.database.write() as connection:
        for answer in (Event.HELP, Event.REPLY):
            assert notices.queue_beside(
                connection,
                desk.office,
                event=answer,
                recipient=Recipient.CLIENT,
                channel=Channel.SMS,
                to="+4930901820",
                text=Rendered("", "Call us.", ""),
                client_id=1,
                appointment=None,
                dedupe_key=answer.value,
                now=desk.clock.now,
            )
    assert [row["reason"] for row in desk.rows(NOTIFICATION)[-2:]] == [None, None]


def test_what_is_typed_at_the_desk_is_agreed_to(desk: Any) -> None:
    made = desk.request()
    assert desk.rows(CLIENT)[0]["sms_consent"] == 1
    assert desk.appointment(made.appointment.id)["source"] == "desk"


@pytest.mark.parametrize("consent", [True, False])
def test_a_known_clients_consent_stays_as_it_is(desk: Any, consent: bool) -> None:
    filed = file(desk, consent=consent)
    again = file(desk, date="2026-03-23", consent=not consent)
    assert [row["sms_consent"] for row in desk.rows(CLIENT)] == [int(consent)]
    assert fates(desk, filed)[CLIENT_SMS] == fates(desk, again)[CLIENT_SMS]
    note = desk.appointment(again)["note"]
    assert note == ("" if consent else "Agrees to texts, which is not on file.")


def test_what_is_on_file_is_never_changed_from_outside(desk: Any) -> None:
    desk.request(name="Ana Ruiz", phone="030 901820", email="ana@ruiz.example", language="de")
    before = desk.rows(CLIENT)
    filed = file(desk, email="thief@evil.example", language="es", note="Hello")
    assert desk.rows(CLIENT) == before
    note = desk.appointment(filed)["note"]
    assert note == "Hello\nAnother email was given: thief@evil.example"
    told = [m["to_address"] for m in desk.messages(filed)]
    assert "thief@evil.example" not in told
    assert "ana@ruiz.example" in told


def test_the_same_wish_is_filed_once(desk: Any) -> None:
    first = file(desk)
    desk.clock.forward(hours=23, minutes=59)
    for same in (
        {},
        {"name": "ANA  RUÍZ", "email": ""},
        {"phone": "", "note": "another", "service": "x", "urgency": "low", "language": "es"},
        {"key": "assistant", "consent": True},
        {"band": "Morning"},
    ):
        assert file(desk, **same) == first
    assert len(desk.rows(APPOINTMENT)) == len(desk.rows(EVENT)) == 1
    assert len(desk.woken) == 1
    desk.clock.forward(minutes=1)
    assert is_news(desk)


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Ben Ruiz"},
        {"date": "2026-03-21"},
        {"band": "evening"},
        {"band": "", "time": "10:30"},
        {"phone": "030 901821", "email": ""},
    ],
)
def test_another_wish_is_another_request(desk: Any, other: dict[str, str]) -> None:
    file(desk)
    assert file(desk, **other) == 2


def test_a_cancelled_wish_may_be_wished_for_again(desk: Any) -> None:
    first = file(desk)
    scheduling.schedule(desk.office, first, desk.local(FRIDAY, 11))
    assert not is_news(desk)
    scheduling.cancel(desk.office, first, scheduling.CancelReason.CLIENT_ASKED)
    assert is_news(desk)


def test_what_the_office_filed_itself_is_not_given_away(desk: Any) -> None:
    desk.request(name=ASKED.name, phone=ASKED.phone, email=ASKED.email)
    assert file(desk) == 2


def test_eight_at_once_file_one(desk: Any) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(file(desk))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 8
    assert len(desk.rows(APPOINTMENT)) == 1


def once(desk: Any, request_hash: str = "x") -> Once:
    if not api_keys.list_keys(desk.office):
        api_keys.new_key(desk.office, "assistant")
    return Once(1, "key", request_hash)


@pytest.mark.parametrize("body", ["same", "other"])
def test_another_process_may_be_filing_it_meanwhile(desk: Any, body: str) -> None:
    first = once(desk, "same")
    asked, office = replace(ASKED, band="evening"), desk.office

    def clock() -> datetime:
        """Asked for the time, after the first look: in that moment the other one files it."""
        later = office.clock()
        if not desk.rows(APPOINTMENT):
            assert file_request(office, ASKED, first) == 1
        return later

    late = replace(office, clock=clock)
    if body == "same":
        assert file_request(late, asked, first) == 1
    else:
        with pytest.raises(OtherBody):
            file_request(late, asked, once(desk, "other"))
    assert len(desk.rows(APPOINTMENT)) == len(desk.rows(API_CALL)) == 1


def test_a_key_belongs_to_what_was_filed_before_it(desk: Any) -> None:
    file(desk)
    assert file_request(desk.office, ASKED, once(desk)) == 1
    with pytest.raises(OtherBody):
        file_request(desk.office, replace(ASKED, band="evening"), once(desk, "y"))
