"""How many requests of strangers are taken, and how many texts they cause."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from interworky_tui.domain.appointment import Urgency
from interworky_tui.services import scheduling, web_caps
from interworky_tui.services.intake import CleanRequest, insert_requests
from interworky_tui.services.web_requests import TooMany
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, NOTIFICATION
from tests.rounds import rounds
from tests.services.filing import CLIENT_SMS, FRIDAY, OFFICE_SMS, fates, file, is_news, number


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
    assert not is_news(desk, date=days[0])
    assert is_news(desk, name="Ben", phone=number(1), email="")
    desk.clock.forward(seconds=caught.value.retry_after)
    assert is_news(desk, date=days[-1])


def flood(desk: Any, how_many: int, **values: str) -> int:
    """How many of so many strangers' requests were taken."""
    taken = 0
    for _ in range(how_many):
        desk.people += 1
        someone = {"name": f"Ana {desk.people}", "phone": number(desk.people), "email": ""}
        try:
            taken += is_news(desk, **(someone | values))
        except TooMany:
            continue
    return taken


def test_a_flood_leaves_no_more_than_the_cap(desk: Any) -> None:
    assert flood(desk, rounds(150)) == web_caps.OPEN_REQUESTS[0][1] == len(desk.rows(APPOINTMENT))
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
