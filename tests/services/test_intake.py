"""Filing requests: what is asked, what is stored, and windows that follow the settings."""

import threading
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from interworky_tui.domain.appointment import Urgency
from interworky_tui.domain.errors import BadInput, Refusal
from interworky_tui.services import intake, scheduling
from interworky_tui.services.undo import undo
from interworky_tui.storage.tables import APPOINTMENT, EVENT, NOTIFICATION

FRIDAY = date(2026, 3, 20)
MONDAY = date(2026, 3, 16)


def test_a_request_is_stored_with_its_history_and_its_messages(desk: Any) -> None:
    made = desk.request(
        name=" Ana \t Lindt",
        phone="030 901820",
        email="Ana@EXAMPLE.com",
        band="Early Morning",
        service=" Check-\x07up ",
        note="first\r\nsecond\x1b",
        urgency=Urgency.URGENT,
    )
    row = desk.appointment(made.appointment.id)
    assert (row["status"], row["version"], row["requested_date"]) == (
        "requested",
        1,
        "2026-03-20",
    )
    assert (row["band"], row["wish_time"], row["urgency"]) == ("early_morning", None, "urgent")
    assert (row["service"], row["note"]) == ("Check-up", "first\nsecond")
    assert row["requested_at"] == desk.clock.now
    assert row["requested_until"] == row["sort_at"] == datetime(2026, 3, 20, 9, tzinfo=UTC)
    assert desk.clients() == [("Ana Lindt", "+4930901820", "Ana@example.com")]
    assert desk.history(row["id"]) == [("request", None, "requested")]
    (line,) = desk.rows(EVENT)
    assert (line["actor"], line["at"], line["version"]) == ("ana", desk.clock.now, 1)
    assert made.queued == len(desk.messages(row["id"])) == 4
    assert desk.woken == [desk.clock.now]


def test_history_holds_nothing_personal(desk: Any) -> None:
    desk.request(name="Quillon", note="Zephyr", service="Xylem", phone="", email="q@vex.example")
    told = str(desk.rows(EVENT))
    assert not [word for word in ("Quillon", "Zephyr", "Xylem", "vex") if word in told]


@pytest.mark.parametrize(
    ("band", "wish", "stored"),
    [
        ("", time(10, 15), ("morning", "10:15")),
        ("Morning", time(10, 15, 42), ("morning", "10:15")),
        ("", time(12), ("afternoon", "12:00")),
        ("", time(7, 30), (None, "07:30")),
        ("", time(23, 50), (None, "23:50")),
        ("evening", None, ("evening", None)),
    ],
)
def test_a_wish_is_a_band_or_a_time(
    desk: Any, band: str, wish: time | None, stored: tuple[str | None, str | None]
) -> None:
    made = desk.request(band=band, wish_time=wish).appointment
    row = desk.appointment(made.id)
    assert (row["band"], row["wish_time"]) == stored
    window = desk.office.bands.window(FRIDAY, made.band, made.wish_time, desk.office.zone)
    assert row["requested_until"] == window[1]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"band": ""}, "band"),
        ({"band": "noon"}, "band"),
        ({"band": "morning", "wish_time": time(15)}, "band"),
        ({"band": "morning", "wish_time": time(12)}, "band"),
        ({"band": "evening", "wish_time": time(20, 30)}, "band"),
        ({"note": "x" * 2001}, "note"),
        ({"service": "x" * 101}, "service"),
        ({"date": date(9999, 12, 31)}, "date"),
        ({"date": date(1, 1, 1)}, "date"),
        ({"date": date(2026, 3, 15)}, "date"),
        ({"date": MONDAY, "band": "", "wish_time": time(8, 40)}, "date"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(
    desk: Any, values: dict[str, Any], field: str
) -> None:
    before = desk.dump()
    with pytest.raises(BadInput) as caught:
        desk.request(**values)
    assert caught.value.field == field
    assert desk.dump() == before
    assert desk.woken == []


def test_a_band_can_be_asked_for_until_it_has_passed(desk: Any) -> None:
    desk.clock.now = desk.local(MONDAY, 9, 59).astimezone(UTC)
    desk.request(date=MONDAY, band="early_morning")
    desk.clock.forward(minutes=1)
    with pytest.raises(BadInput):
        desk.request(date=MONDAY, band="early_morning")


def test_the_offices_day_counts_not_the_worlds(desk: Any) -> None:
    desk.set(office={"timezone": "Pacific/Auckland"})
    desk.clock.now = datetime(2026, 3, 15, 23, tzinfo=UTC)  # Monday noon in Auckland
    desk.request(date=MONDAY, band="afternoon")
    with pytest.raises(BadInput):
        desk.request(date=date(2026, 3, 15), band="evening")


def test_two_at_once_file_two_requests_of_one_client(desk: Any) -> None:
    new = desk.new()
    threads = [threading.Thread(target=intake.request, args=(desk.office, new)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.rows(APPOINTMENT)) == 4
    assert len(desk.clients()) == 1


def taken_over(desk: Any, *asked: dict[str, Any], notify: bool = False) -> int:
    batch = [
        intake.CleanRequest(
            **{
                "name": "Ana",
                "phone": None,
                "email": None,
                "date": FRIDAY,
                "band": "morning",
                "wish_time": None,
                "service": "",
                "note": "",
                "urgency": Urgency.MEDIUM,
                "source_key": f"line {number}",
            }
            | values
        )
        for number, values in enumerate(asked)
    ]
    with desk.office.database.write() as connection:
        return intake.insert_requests(desk.office, connection, batch, desk.clock.now, notify=notify)


PHONE, OTHER = "+4930901820", "+4930901821"


def test_a_batch_matches_clients_as_one_request_does(desk: Any) -> None:
    people = [
        {"name": "Ana", "phone": PHONE, "email": "one@example.com"},
        {"name": "ANA", "phone": PHONE},
        {"name": "Ana", "phone": OTHER, "email": "two@example.com"},
        {"name": "ana", "email": "two@example.com"},
        {"name": "Ben", "phone": PHONE},
        {"name": "Cleo", "email": "three@example.com"},
        {"name": "Cleo", "phone": PHONE, "email": "three@example.com"},
        {"name": "Ana", "phone": PHONE, "email": "new@example.com"},
    ]
    assert taken_over(desk, *people) == 8
    batched = desk.clients()
    owners = [row["client_id"] for row in desk.rows(APPOINTMENT)]
    singly = [
        desk.request(**({"phone": "", "email": ""} | p), band="evening").client.id for p in people
    ]
    assert desk.clients() == batched
    assert singly == owners
    assert batched[owners[0] - 1] == ("Ana", PHONE, "new@example.com")


def test_in_a_batch_the_newest_email_wins_and_none_takes_nothing_away(desk: Any) -> None:
    desk.request(name="Known", phone=OTHER, email="old@example.com")
    taken_over(
        desk,
        {"name": "Known", "phone": OTHER, "email": "new@example.com"},
        {"name": "Ana", "phone": PHONE, "email": "ana@example.com"},
        {"name": "Ana", "phone": PHONE},
    )
    assert sorted(desk.clients()) == [
        ("Ana", PHONE, "ana@example.com"),
        ("Known", OTHER, "new@example.com"),
    ]


def test_a_batch_again_adds_nothing(desk: Any) -> None:
    assert taken_over(desk, {"phone": PHONE}, {"phone": OTHER}) == 2
    before = desk.dump()
    assert taken_over(desk, {"phone": PHONE}, {"phone": OTHER}) == 0
    assert desk.dump() == before
    assert desk.rows(NOTIFICATION) == []
    assert {line["verb"] for line in desk.rows(EVENT)} == {"request"}


def test_a_batch_tells_people_only_when_asked_to(desk: Any) -> None:
    taken_over(desk, {"phone": PHONE, "email": "a@example.com"}, notify=True)
    assert len(desk.rows(NOTIFICATION)) == 4
    assert {row["state"] for row in desk.rows(NOTIFICATION)} == {"pending"}


def test_windows_follow_the_bands_and_the_zone(desk: Any) -> None:
    asked = desk.request(band="morning").appointment
    exact = desk.request(band="", wish_time=time(21, 15)).appointment
    timed = desk.scheduled().appointment
    gone = desk.request().appointment
    scheduling.cancel(desk.office, gone.id, scheduling.CancelReason.OFFICE)
    intake.follow_bands(desk.office)
    before = desk.dump()
    intake.follow_bands(desk.office)
    assert desk.dump() == before

    desk.set(bands={"morning": "10:00-11:30"})
    intake.follow_bands(desk.office)
    row = desk.appointment(asked.id)
    assert row["requested_until"] == row["sort_at"] == desk.local(FRIDAY, 11, 30)
    assert row["version"] == 1
    assert desk.appointment(exact.id)["requested_until"] == exact.requested_until

    desk.set(office={"timezone": "America/New_York"})
    intake.follow_bands(desk.office)
    assert desk.appointment(asked.id)["sort_at"] == desk.local(FRIDAY, 11, 30)
    assert desk.appointment(exact.id)["sort_at"] == desk.local(FRIDAY, 21, 45)
    assert desk.appointment(timed.id)["sort_at"] == timed.starts_at

    undo(desk.office, timed.id)
    undo(desk.office, gone.id)
    for number in (timed.id, gone.id):
        assert desk.appointment(number)["sort_at"] == desk.local(FRIDAY, 11, 30)


def test_every_refusal_is_one_sentence(desk: Any) -> None:
    for values in ({"band": "x"}, {"name": ""}, {"phone": "1"}, {"email": "x"}, {"date": MONDAY}):
        with pytest.raises(Refusal) as caught:
            desk.request(**({"band": "early_morning"} | values), wish_time=time(8, 5))
        assert caught.value.sentence.endswith(".")
        assert "\n" not in caught.value.sentence
