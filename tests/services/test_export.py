"""What is given out can be taken in again, never runs in a spreadsheet, and fits a calendar."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from interworky_tui import config, paths
from interworky_tui.domain.appointment import CancelReason, Urgency
from interworky_tui.domain.errors import BadInput
from interworky_tui.services import export, reading, scheduling, visits
from interworky_tui.services.context import Context
from interworky_tui.services.importing import import_csv
from interworky_tui.services.intake import NewRequest, request
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from tests.conftest import FixedClock
from tests.rounds import rounds

FRIDAY = date(2026, 3, 20)
START = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)


def ask(office: Context, name: str = "Ann Lee", **more: Any) -> int:
    given: dict[str, Any] = {"phone": "030 901820", "date": FRIDAY, "band": "morning"} | more
    return request(office, NewRequest(name=name, **given)).appointment.id


def visit(office: Context, name: str = "Ann Lee", hours: int = 0, **more: object) -> int:
    number = ask(office, name, **more)
    start = START + timedelta(hours=hours)
    scheduling.schedule(office, number, start, minutes=45)
    return number


def rows(office: Context) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(export.as_csv(office)), newline="")))


def events(office: Context) -> list[object]:
    return Calendar.from_ical("".join(export.as_ics(office))).walk("VEVENT")


@pytest.fixture
def elsewhere(office: Context, tmp_path: Path) -> Iterator[Context]:
    """Another office with a store of its own."""
    places = paths.at(tmp_path / "elsewhere")
    places.data.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite:///{places.database}")
    schema.migrate(database)
    yield Context(office.settings, database, office.clock, office.actor)
    database.close()


def test_a_row_says_what_is_known(office: Context) -> None:
    visit(office, email="ann@example.com", service="Check-up", urgency=Urgency.HIGH)
    assert rows(office) == [
        {
            "id": "1",
            "status": "scheduled",
            "name": "Ann Lee",
            "phone": "+4930901820",
            "email": "ann@example.com",
            "date": "2026-03-20",
            "band": "morning",
            "time": "",
            "service": "Check-up",
            "note": "",
            "urgency": "high",
            "starts_at": "2026-03-20T14:30:00+01:00",
            "ends_at": "2026-03-20T15:15:00+01:00",
            "rating": "",
        }
    ]


TEXT = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["=1+1", "'=1+1", "''@x", "-5", "+49", "'s Jan", '="a"', '"', "a\n=b", "a;b,c"]
    ),
)


@settings(
    max_examples=rounds(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=TEXT, note=TEXT, service=TEXT, at=st.one_of(st.none(), st.times()))
def test_what_was_exported_is_imported_as_it_was(
    office: Context,
    elsewhere: Context,
    tmp_path: Path,
    name: str,
    note: str,
    service: str,
    at: time | None,
) -> None:
    try:
        ask(office, name, note=note, service=service, band="" if at else "evening", wish_time=at)
    except BadInput:
        return
    last = list(reading.everything(office))[-1]
    file = tmp_path / "all.csv"
    file.write_text("".join(export.as_csv(office)), encoding="utf-8", newline="")
    assert import_csv(elsewhere, file).bad == ()
    fields = ("requested_date", "band", "wish_time", "service", "note", "urgency")
    assert any(
        again.client.name == last.client.name
        and all(getattr(again.appointment, f) == getattr(last.appointment, f) for f in fields)
        for again in reading.everything(elsewhere)
    )


@pytest.mark.parametrize("typed", ["=cmd()", "+1", "-1", "@SUM(A1)", "'=1"])
def test_no_cell_begins_a_formula(office: Context, typed: str) -> None:
    ask(office, typed, note=typed, service=typed)
    (row,) = rows(office)
    assert [row[column] for column in ("name", "service", "note")] == [f"'{typed}"] * 3
    assert row["phone"] == "+4930901820"


def test_json_is_the_objects_of_the_list(office: Context) -> None:
    assert json.loads("".join(export.as_json(office))) == []
    visit(office)
    ask(office, "Bob")
    told = [reading.appointment_json(office, one) for one in reading.everything(office)]
    assert json.loads("".join(export.as_json(office))) == told
    assert [one["client"]["name"] for one in told] == ["Ann Lee", "Bob"]


def test_a_calendar_has_the_visits_that_take_place(office: Context, clock: FixedClock) -> None:
    ask(office, "Only asked")
    visit(office, service="Check-up", note="Ring twice; then wait,\nplease")
    gone = visit(office, "Off", 2)
    scheduling.cancel(office, gone, CancelReason.CLIENT_ASKED)
    here = visit(office, "Was here", 4)
    clock.now = START + timedelta(hours=5)
    visits.attend(office, here)
    first, second = events(office)
    assert first["summary"] == "Ann Lee, Check-up"
    assert first["description"] == "030 901820\nRing twice; then wait,\nplease"
    assert first.decoded("dtstart") == START
    assert first.decoded("dtend") == START + timedelta(minutes=45)
    assert second["summary"] == "Was here"


def test_a_visit_that_moves_keeps_its_uid_and_tells_when_it_was_moved(
    office: Context, clock: FixedClock
) -> None:
    number = visit(office)
    (before,) = events(office)
    assert before.decoded("dtstamp") == clock.now
    clock.forward(minutes=10)
    scheduling.schedule(office, number, START + timedelta(days=1), minutes=30)
    (after,) = events(office)
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.decoded("dtstamp") == clock.now
    clock.forward(minutes=10)
    assert "".join(export.as_ics(office)).count(before["uid"]) == 1


def test_a_calendar_is_the_same_text_each_time_and_has_whole_lines(office: Context) -> None:
    visit(office, "Żaneta " + "Ω" * 80, note="x\r\nEND:VCALENDAR\r\n")
    text = "".join(export.as_ics(office))
    assert text == "".join(export.as_ics(office))
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (event,) = events(office)
    assert event["description"] == "030 901820\nx\nEND:VCALENDAR"


def test_an_office_without_visits_has_an_empty_calendar(office: Context) -> None:
    assert events(office) == []


def test_visits_of_more_than_one_read_are_all_there(
    office: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 2)
    for number in range(5):
        visit(office, f"Client {number}", number)
    assert [event["summary"] for event in events(office)] == [f"Client {n}" for n in range(5)]
    assert len(rows(office)) == 5


def test_a_calendar_names_the_office(office: Context, settings: config.Settings) -> None:
    text = "".join(export.as_ics(office))
    assert f"X-WR-CALNAME:{settings.office.name}\r\n" in text
