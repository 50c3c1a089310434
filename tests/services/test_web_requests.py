"""Requests that strangers write: what is wrong with them, what they may change, what they cause."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from interworky_tui.domain.appointment import Urgency
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.messages.render import Rendered
from interworky_tui.services import api_keys, notices, reminders, scheduling, web_caps
from interworky_tui.services.intake import CleanRequest, insert_requests
from interworky_tui.services.web_requests import (
    BadFields,
    Filed,
    Kind,
    Once,
    OtherBody,
    TooMany,
    WebRequest,
    file_request,
)
from interworky_tui.storage.tables import API_CALL, APPOINTMENT, CLIENT, EVENT, NOTIFICATION
from tests.rounds import rounds

FRIDAY = date(2026, 3, 20)
ASKED = WebRequest(
    name="Ana Ruiz",
    phone="030 901820",
    email="ana@ruiz.example",
    date="2026-03-20",
    band="morning",
)


def file(desk: Any, **values: Any) -> Filed:
    return file_request(desk.office, replace(ASKED, **values))


def problems(desk: Any, **values: Any) -> dict[str, Kind]:
    before = desk.dump()
    with pytest.raises(BadFields) as caught:
        file(desk, **values)
    assert desk.dump() == before
    assert desk.woken == []
    for problem in caught.value.problems:
        assert problem.sentence.endswith(".")
        assert "\n" not in problem.sentence
    return {problem.field: problem.kind for problem in caught.value.problems}


def number(n: int) -> str:
    return f"030 12{n:05}"


def fates(desk: Any, filed: Filed) -> dict[tuple[str, str], str | None]:
    return {
        (row["recipient"], row["channel"]): row["reason"]
        for row in desk.messages(filed.appointment_id)
    }


def test_it_is_stored_as_any_other_and_told_of(desk: Any) -> None:
    filed = file(desk, name=" Ana \t Ruiz", note="first\r\nsecond\x1b", urgency="HIGH")
    assert filed == Filed(1, created=True)
    row = desk.appointment(1)
    assert (row["status"], row["source"], row["band"]) == ("requested", "web", "morning")
    assert (row["note"], row["urgency"]) == ("first\nsecond", "high")
    assert row["requested_at"] == desk.clock.now
    (line,) = desk.rows(EVENT)
    assert (line["actor"], line["verb"], line["detail"]) == ("web", "request", "{}")
    assert len(desk.messages(1)) == 4
    assert desk.woken == [desk.clock.now]
    api = file(desk, name="Ben", key="assistant")
    assert desk.appointment(api.appointment_id)["source"] == "api"
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
    assert file(desk, **values).created


def test_a_year_from_a_leap_day(desk: Any) -> None:
    desk.clock.now = desk.local(date(2028, 2, 29), 9)
    assert problems(desk, date="2029-03-01") == {"date": Kind.TOO_FAR}
    assert file(desk, date="2029-02-28").created


def test_today_is_the_offices(desk: Any) -> None:
    desk.set(office={"timezone": "Pacific/Auckland"})
    desk.clock.now = desk.local(date(2026, 3, 21), 1)
    assert problems(desk) == {"date": Kind.PAST}


def test_the_countries_that_are_set(desk: Any) -> None:
    desk.set(web={"countries": ["CH", "US"]})
    assert file(desk, phone="+41 44 668 18 00").created
    assert file(desk, phone="+1 201 555 0123", name="Ben").created
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
    assert desk.appointment(filed.appointment_id)["source"] == "web"


CLIENT_SMS, OFFICE_SMS = ("client", "sms"), ("office", "sms")


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
    scheduling.schedule(desk.office, filed.appointment_id, start)
    desk.clock.now = start - timedelta(hours=2)
    scheduling.schedule(desk.office, filed.appointment_id, start + timedelta(days=5))
    desk.clock.now = start + timedelta(days=4, hours=1)
    reminders.queue_reminders(desk.office)
    texts = [
        row
        for row in desk.messages(filed.appointment_id)
        if (row["recipient"], row["channel"]) == CLIENT_SMS
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
    note = desk.appointment(again.appointment_id)["note"]
    assert note == ("" if consent else "Agrees to texts, which is not on file.")


def test_what_is_on_file_is_never_changed_from_outside(desk: Any) -> None:
    desk.request(name="Ana Ruiz", phone="030 901820", email="ana@ruiz.example", language="de")
    before = desk.rows(CLIENT)
    filed = file(desk, email="thief@evil.example", language="es", note="Hello")
    assert desk.rows(CLIENT) == before
    note = desk.appointment(filed.appointment_id)["note"]
    assert note == "Hello\nAnother email was given: thief@evil.example"
    told = [m["to_address"] for m in desk.messages(filed.appointment_id)]
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
        assert file(desk, **same) == Filed(first.appointment_id, created=False)
    assert len(desk.rows(APPOINTMENT)) == len(desk.rows(EVENT)) == 1
    assert len(desk.woken) == 1
    desk.clock.forward(minutes=1)
    assert file(desk).created


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
    assert file(desk, **other) == Filed(2, created=True)


def test_a_cancelled_wish_may_be_wished_for_again(desk: Any) -> None:
    first = file(desk).appointment_id
    scheduling.schedule(desk.office, first, desk.local(FRIDAY, 11))
    assert not file(desk).created
    scheduling.cancel(desk.office, first, scheduling.CancelReason.CLIENT_ASKED)
    assert file(desk).created


def test_what_the_office_filed_itself_is_not_given_away(desk: Any) -> None:
    desk.request(name=ASKED.name, phone=ASKED.phone, email=ASKED.email)
    assert file(desk) == Filed(2, created=True)


def test_eight_at_once_file_one(desk: Any) -> None:
    found: list[Filed] = []
    threads = [threading.Thread(target=lambda: found.append(file(desk))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(filed.created for filed in found) == {True: 1, False: 7}
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
            assert file_request(office, ASKED, first).created
        return later

    late = replace(office, clock=clock)
    if body == "same":
        assert file_request(late, asked, first) == Filed(1, created=False)
    else:
        with pytest.raises(OtherBody):
            file_request(late, asked, once(desk, "other"))
    assert len(desk.rows(APPOINTMENT)) == len(desk.rows(API_CALL)) == 1


def test_a_key_belongs_to_what_was_filed_before_it(desk: Any) -> None:
    file(desk)
    assert file_request(desk.office, ASKED, once(desk)) == Filed(1, created=False)
    with pytest.raises(OtherBody):
        file_request(desk.office, replace(ASKED, band="evening"), once(desk, "y"))


def test_one_contact_files_only_so_many_a_day(desk: Any) -> None:
    days = [f"2026-04-{day:02}" for day in range(1, 31)]
    for day in days[: web_caps.REQUESTS_PER_CONTACT]:
        file(desk, date=day)
        desk.clock.forward(minutes=10)
    for same in ({}, {"name": "Ben", "email": ""}, {"name": "Cleo", "phone": ""}):
        with pytest.raises(TooMany) as caught:
            file(desk, date=days[-1], **same)
        assert caught.value.retry_after == (24 * 60 - 50) * 60
        assert "24 h" in caught.value.sentence
    assert not file(desk, date=days[0]).created
    assert file(desk, name="Ben", phone=number(1), email="").created
    desk.clock.forward(seconds=caught.value.retry_after)
    assert file(desk, date=days[-1]).created


def flood(desk: Any, how_many: int, **values: str) -> int:
    """How many of so many strangers' requests were taken."""
    taken = 0
    for _ in range(how_many):
        desk.people += 1
        someone = {"name": f"Ana {desk.people}", "phone": number(desk.people), "email": ""}
        try:
            taken += file(desk, **(someone | values)).created
        except TooMany:
            continue
    return taken


def test_a_flood_leaves_no_more_than_the_cap(desk: Any) -> None:
    assert flood(desk, 1000) == web_caps.OPEN_REQUESTS[0][1] == len(desk.rows(APPOINTMENT))
    assert len(desk.rows(CLIENT)) == 60


@pytest.mark.sqlite_only
def test_a_flood_of_one_persons_requests(desk: Any) -> None:
    assert flood(desk, 200, name="Ana", phone="030 901820") == 1
    assert flood(desk, 200, phone="030 901820") == web_caps.REQUESTS_PER_CONTACT - 1


@pytest.mark.sqlite_only
def test_floods_of_many_hours_stop_at_the_cap_of_a_day(desk: Any) -> None:
    (_, an_hour), (_, a_day) = web_caps.OPEN_REQUESTS
    assert flood(desk, 61, date="2026-04-20") == an_hour
    first = desk.rows(APPOINTMENT)
    clones = [
        {name: value for name, value in row.items() if name != "id"}
        | {"requested_at": row["requested_at"] + timedelta(hours=hours)}
        for hours in range(1, a_day // an_hour)
        for row in first
    ]
    with desk.office.database.write() as connection:
        connection.execute(APPOINTMENT.insert(), clones[1:])
    desk.clock.forward(hours=5)
    assert flood(desk, 3, date="2026-04-20") == 1
    with pytest.raises(TooMany) as caught:
        file(desk, name="Zoe", date="2026-04-20")
    assert caught.value.retry_after == 19 * 3600
    desk.clock.forward(seconds=caught.value.retry_after)
    assert flood(desk, 1, date="2026-04-20") == 1


@pytest.mark.sqlite_only
def test_nothing_is_counted_by_reading_a_whole_table(desk: Any) -> None:
    file(desk)
    asked: list[tuple[str, Any]] = []
    engine = desk.office.database.engine
    keep = lambda _c, _u, text, values, _x, _m: asked.append((text, values))  # noqa: E731
    event.listen(engine, "before_cursor_execute", keep)
    file(desk, date="2026-03-23", consent=True)
    event.remove(engine, "before_cursor_execute", keep)
    looks = [(text, values) for text, values in asked if text.startswith("SELECT")]
    with desk.office.database.read() as connection:
        for text, values in looks:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
            told = "\n".join(str(row[3]) for row in plan)
            for table in ("appointment", "client", "notification"):
                assert f"SCAN {table}" not in told, f"{text}\n{told}"
    assert len(looks) > 5


@pytest.mark.sqlite_only
def test_what_the_office_has_dealt_with_makes_room(desk: Any) -> None:
    assert flood(desk, 61) == 60
    scheduling.schedule(desk.office, 1, desk.local(FRIDAY, 11))
    scheduling.cancel(desk.office, 2, scheduling.CancelReason.OFFICE)
    assert flood(desk, 5) == 2


def test_a_number_gets_two_texts_an_hour_and_all_emails(desk: Any) -> None:
    made = [file(desk, consent=True, date=f"2026-03-{20 + n}") for n in range(3)]
    assert [fates(desk, one)[CLIENT_SMS] for one in made] == [None, None, "capped"]
    assert {fates(desk, one)[OFFICE_SMS] for one in made} == {None}
    assert {fates(desk, one)["client", "email"] for one in made} == {None}
    desk.clock.forward(minutes=59)
    assert fates(desk, file(desk, date="2026-03-25"))[CLIENT_SMS] == "capped"
    desk.clock.forward(minutes=1)
    assert fates(desk, file(desk, date="2026-03-26"))[CLIENT_SMS] is None


def test_thirty_texts_an_hour_in_all(desk: Any) -> None:
    for n in range(16):
        filed = file(desk, name=f"Ana {n}", phone=number(n), email=f"a{n}@b.example", consent=True)
        capped = "capped" if n == 15 else None
        told = fates(desk, filed)
        assert (told[CLIENT_SMS], told[OFFICE_SMS]) == (capped, capped)
        assert told["office", "email"] is None
    sent = [m for m in desk.rows(NOTIFICATION) if m["channel"] == "sms" and not m["reason"]]
    assert len(sent) == web_caps.TEXTS_IN_TOTAL
    desk.clock.forward(hours=1)
    later = file(desk, name="Zoe", phone=number(99), email="", consent=True)
    assert fates(desk, later)[CLIENT_SMS] is None


def test_the_thirtieth_text_is_the_last_although_its_request_owes_two(desk: Any) -> None:
    for n in range(15):
        file(desk, name=f"Ana {n}", phone=number(n), email=f"a{n}@b.example", consent=n > 0)
    last = fates(desk, file(desk, name="Zoe", phone=number(99), email="", consent=True))
    assert (last[CLIENT_SMS], last[OFFICE_SMS]) == (None, "capped")


@pytest.mark.sqlite_only
def test_the_desks_own_requests_are_not_capped(desk: Any) -> None:
    for n in range(16):
        file(desk, name=f"Ana {n}", phone=number(n), email=f"a{n}@b.example", consent=True)
    made = desk.request()
    assert {row["reason"] for row in desk.messages(made.appointment.id)} == {None}


def test_an_import_says_where_its_requests_are_from(desk: Any) -> None:
    asked = CleanRequest(
        name="Ana",
        phone="+4930901820",
        email=None,
        date=FRIDAY,
        band="morning",
        wish_time=None,
        service="",
        note="",
        urgency=Urgency.MEDIUM,
        source_key="line 1",
    )
    with desk.office.database.write() as connection:
        insert_requests(desk.office, connection, [asked], desk.clock.now)
    assert desk.appointment(1)["source"] == "import"
