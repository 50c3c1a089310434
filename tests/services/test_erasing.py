"""A client who is forgotten: no table has a word of theirs, and every count is what it was."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from interworky_tui.delivery.channel import Outgoing
from interworky_tui.delivery.preview import PreviewSender
from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import IllegalMove, NotFound
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.domain.feedback import Survey
from interworky_tui.services import (
    clients,
    erasing,
    feedback,
    inbox,
    intake,
    offers,
    outgoing,
    scheduling,
    survey_links,
    undo,
    visits,
    web_requests,
)
from interworky_tui.storage import chain_check
from interworky_tui.storage.models import Base
from interworky_tui.storage.tables import (
    API_KEY,
    CLIENT,
    EVENT,
    INBOUND_SMS,
    NOTIFICATION,
    OFFICE_FACT,
    SMS_OPT_OUT,
    SUPPRESSED_NUMBER,
    SURVEY_LINK,
)
from tests.services.conftest import FRIDAY, Desk

NAME, PHONE, EMAIL = "Zebulon Quasimodo", "+49305550199", "zebulon@quasimodo.example"
OLD_PHONE = "+49305550188"
TRACES = ("zebulon", "quasimodo", "5550199", "5550188", "xylophone")
"""Every text that is of this person has one of them in it."""


@pytest.fixture
def previews(tmp_path: Path) -> Path:
    return tmp_path / "preview"


def told(desk: Desk) -> dict[str, set[str]]:
    """In which tables a trace is found, and in which columns."""
    found: dict[str, set[str]] = {}
    for table, rows in desk.dump().items():
        for row in rows:
            for column, value in row.items():
                if any(trace in str(value).casefold() for trace in TRACES):
                    found.setdefault(table, set()).add(column)
    return found


def text_of(desk: Desk, body: str, sender: str = PHONE) -> int:
    desk.clock.forward(minutes=1)
    sid = f"SM{len(desk.rows(INBOUND_SMS))}"
    given = {"from_number": sender, "to_number": "+4930999000", "body": body}
    inbox.receive(desk.office, sid=sid, at=desk.clock(), **given)
    return int(desk.rows(INBOUND_SMS)[-1]["id"])


def person(desk: Desk, **more: Any) -> dict[str, Any]:
    return {"name": NAME, "phone": PHONE, "email": EMAIL, "note": "Xylophone"} | more


def lived(desk: Desk) -> int:
    """Somebody with a row in every table that can have one of theirs; the client's id."""
    visit = desk.scheduled(desk.clock.now, **person(desk, phone=OLD_PHONE)).appointment
    client = visit.client_id
    desk.deliver("sent")
    clients.edit_client(desk.office, client, name=NAME, phone=PHONE, email=EMAIL)
    visits.attend(desk.office, visit.id)
    desk.set(web={"enabled": True})
    feedback.collect(desk.office, visit.id)
    desk.deliver("sent")
    token = "x" * 22
    with desk.office.database.write() as connection:
        asked = intake.records.load(connection, visit.id)[0]
        survey_links.keep_link(connection, desk.office, asked, token, desk.clock())
    survey_links.answer(desk.office, token, Survey(2, good="A xylophone", bad="No xylophone"))
    survey_links.answer(desk.office, token, Survey(4, good="Xylophone after all"))
    desk.deliver("previewed")
    inbox.answer(desk.office, text_of(desk, "Is this Zebulon's xylophone?"), "Yes, Mr Quasimodo")
    text_of(desk, "HELP")
    text_of(desk, "Xylophone", sender=OLD_PHONE)
    text_of(desk, "HELP", sender=OLD_PHONE)
    gone = desk.request(**person(desk)).appointment
    scheduling.cancel(desk.office, gone.id, CancelReason.OTHER, "No xylophones any more")
    filed_by_api(desk)
    start = desk.local(FRIDAY, 15)
    waiting = desk.request(**person(desk)).appointment
    offers.make(desk.office, start, start + timedelta(minutes=30), [waiting.id])
    desk.scheduled(start + timedelta(days=7), **person(desk))
    return client


def filed_by_api(desk: Desk) -> None:
    with desk.office.database.write() as connection:
        values = {"name": "site", "key_hash": "0" * 64, "created_at": desk.clock()}
        made = connection.execute(API_KEY.insert().values(values))
    once = web_requests.Once(made.inserted_primary_key[0], "call-1", "xylophone hash")
    new = web_requests.WebRequest(
        name=NAME, phone=PHONE, email=EMAIL, date=FRIDAY.isoformat(), band="morning",
        note="Xylophone", key="site",
    )  # fmt: skip
    web_requests.file_request(desk.office, new, once)


def erase(desk: Desk, client: int, previews: Path) -> erasing.Erased:
    return erasing.erase(desk.office, client, previews)


COUNTED = ("id", "status", "service", "requested_at", "starts_at", "attended_at", "source")


def test_no_table_tells_of_them_and_the_counts_stay(desk: Desk, previews: Path) -> None:
    client = lived(desk)
    bystander = desk.answered().appointment
    before = desk.dump()
    found = told(desk)
    assert "appointment_event" not in found
    assert {
        *("client", "appointment", "notification", "inbound_sms", "slot_offer_to", "api_call"),
        *("survey_response", "survey_note"),
    } == set(found)
    erase(desk, client, previews)
    assert told(desk) == {}
    assert before["survey_link"]
    assert desk.rows(SURVEY_LINK, appointment_id=before["survey_link"][0]["appointment_id"]) == []
    after = desk.dump()
    kept = Base.metadata.tables.keys() - {"survey_link", "office_fact", "appointment_event"}
    assert {name: len(before[name]) for name in kept} == {name: len(after[name]) for name in kept}
    (row,) = desk.rows(CLIENT, id=client)
    assert (row["name"], row["erased_at"]) == ("Erased client", desk.clock())
    assert [row["rating"] for row in after["survey_response"]] == [2, 5]
    assert [row for row in after["appointment"] if row["id"] == bystander.id] == [
        row for row in before["appointment"] if row["id"] == bystander.id
    ]
    assert row_of_others(before, client) == row_of_others(after, client)


def row_of_others(dump: dict[str, list[dict[str, Any]]], client: int) -> list[dict[str, Any]]:
    theirs = {row["id"] for row in dump["appointment"] if row["client_id"] == client}
    messages = [row for row in dump["notification"] if row["in_reply_to"] is None]
    people = [row for row in dump["client"] if row["id"] != client]
    return people + [row for row in messages if row["appointment_id"] not in theirs]


def test_the_history_is_added_to_and_holds(desk: Desk, previews: Path) -> None:
    client = lived(desk)
    before = desk.rows(EVENT)
    erase(desk, client, previews)
    lines = desk.rows(EVENT)
    assert lines[: len(before)] == before
    assert {(line["verb"], line["actor"]) for line in lines[len(before) :]} == {("cancel", "ana")}
    with desk.office.database.read() as connection:
        assert chain_check.check(connection, 60).first is None


def test_open_visits_are_cancelled_and_nobody_is_told(desk: Desk, previews: Path) -> None:
    asked = desk.request(**person(desk)).appointment
    booked = desk.scheduled(**person(desk)).appointment
    look = erasing.look(desk.office, asked.client_id)
    assert (look.visits, look.open_visits, look.waiting) == (2, 2, look.messages)
    done = erase(desk, asked.client_id, previews)
    assert done.cancelled == 2
    assert [desk.appointment(one.id)["status"] for one in (asked, booked)] == ["cancelled"] * 2
    messages = desk.rows(NOTIFICATION)
    assert len(messages) == look.messages
    assert {(row["state"], row["reason"]) for row in messages} == {("cancelled", "erased")}


def test_what_needs_a_person_needs_nobody_any_more(desk: Desk, previews: Path) -> None:
    client = desk.scheduled(**person(desk)).client.id
    desk.deliver("failed")
    text_of(desk, "Are you there?")
    erase(desk, client, previews)
    assert {row["state"] for row in desk.rows(NOTIFICATION)} == {"cancelled"}
    assert all(row["handled_at"] for row in desk.rows(INBOUND_SMS))
    with pytest.raises(IllegalMove):
        outgoing.retry(desk.office, desk.rows(NOTIFICATION)[0]["id"])


def test_a_message_that_is_being_sent_is_waited_for(desk: Desk, previews: Path) -> None:
    client = desk.request(**person(desk)).client.id
    desk.deliver("sending")
    lease = update(NOTIFICATION).values(lease_until=desk.clock() + timedelta(seconds=30))
    with desk.office.database.write() as connection:
        connection.execute(lease)
    before = desk.dump()
    with pytest.raises(IllegalMove, match="being sent just now"):
        erase(desk, client, previews)
    assert desk.dump() == before
    desk.clock.forward(minutes=1)
    erase(desk, client, previews)
    assert told(desk) == {}


def test_nothing_of_them_can_be_changed_any_more(desk: Desk, previews: Path) -> None:
    attended = desk.attended().appointment
    booked = desk.scheduled(name=NAME, phone=PHONE).appointment
    erase(desk, attended.client_id, previews)
    with pytest.raises(IllegalMove, match="forgotten"):
        feedback.collect(desk.office, attended.id)
    erase(desk, booked.client_id, previews)
    assert undo.latest(desk.office) is None
    for number in (None, booked.id):
        with pytest.raises(Exception, match="forgotten"):
            undo.undo(desk.office, number)
    with pytest.raises(IllegalMove, match="forgotten"):
        clients.edit_client(desk.office, booked.client_id, name=NAME, phone=PHONE, email="")
    with pytest.raises(IllegalMove, match="forgotten"):
        intake.request(desk.office, desk.new(name=NAME), client_id=booked.client_id)
    assert told(desk) == {}


@pytest.mark.parametrize("client", [0, 7, 2**63])
def test_nobody_is_unknown_twice(desk: Desk, previews: Path, client: int) -> None:
    known = desk.request(**person(desk)).client.id
    with pytest.raises(NotFound, match="There is no client"):
        erase(desk, client, previews)
    erase(desk, known, previews)
    before = desk.dump()
    for again in (lambda: erase(desk, known, previews), lambda: erasing.look(desk.office, known)):
        with pytest.raises(IllegalMove, match="forgotten already"):
            again()
    assert desk.dump() == before


def test_the_same_person_later_is_a_new_client(desk: Desk, previews: Path) -> None:
    first = desk.request(**person(desk)).client
    erase(desk, first.id, previews)
    assert clients.likely_duplicates(desk.office, NAME, PHONE, EMAIL) == []
    assert clients.likely_duplicates(desk.office, "Erased client", "", "") == []
    again = desk.request(**person(desk)).client
    assert again.id != first.id
    assert desk.rows(SMS_OPT_OUT) == []


def test_only_who_is_forgotten_needs_neither_phone_nor_email(desk: Desk, previews: Path) -> None:
    known, other = desk.request().client.id, desk.request().client.id
    erase(desk, known, previews)
    (row,) = desk.rows(CLIENT, id=known)
    assert (row["phone"], row["email"]) == (None, None)
    nothing = update(CLIENT).where(CLIENT.c.id == other).values(phone=None, email=None)
    with (
        pytest.raises(IntegrityError, match="ck_client_reachable"),
        desk.office.database.write() as connection,
    ):
        connection.execute(nothing)


def opted_out_and_erased(desk: Desk, previews: Path) -> None:
    client = desk.request(**person(desk)).client.id
    text_of(desk, "STOP")
    desk.clock.forward(days=3)
    erase(desk, client, previews)
    assert desk.rows(SMS_OPT_OUT) == []
    assert told(desk) == {}
    (row,) = desk.rows(SUPPRESSED_NUMBER)
    assert len(row["digest"]) == 64


def by_hand(desk: Desk) -> None:
    desk.request(**person(desk))


def by_edit(desk: Desk) -> None:
    other = desk.request().client
    clients.edit_client(desk.office, other.id, name=other.name, phone=PHONE, email="")


def by_import(desk: Desk) -> None:
    new = intake.clean(desk.office, desk.new(**person(desk)))
    with desk.office.database.write() as connection:
        intake.insert_requests(
            desk.office, connection, [replace(new, source_key="k")], desk.clock(), notify=True
        )


def by_text(desk: Desk) -> None:
    inbox.answer(desk.office, text_of(desk, "Hello?"), "Hello!")


@pytest.mark.parametrize("comes_back", [by_hand, by_edit, by_import, filed_by_api])
def test_a_number_that_opted_out_still_has_when_it_comes_back(
    desk: Desk, previews: Path, comes_back: Any
) -> None:
    since = desk.clock() + timedelta(minutes=1)
    opted_out_and_erased(desk, previews)
    comes_back(desk)
    (row,) = desk.rows(SMS_OPT_OUT)
    assert (row["number"], row["at"]) == (PHONE, since)
    assert desk.rows(SUPPRESSED_NUMBER) == []
    texts = desk.rows(NOTIFICATION, channel="sms", to_address=PHONE)
    assert {(text["state"], text["reason"]) for text in texts} == {("cancelled", "opted_out")}


def test_a_text_of_theirs_is_answered_by_no_text(desk: Desk, previews: Path) -> None:
    opted_out_and_erased(desk, previews)
    with pytest.raises(IllegalMove, match="opted out"):
        by_text(desk)


def test_who_texts_start_gets_texts_again(desk: Desk, previews: Path) -> None:
    opted_out_and_erased(desk, previews)
    text_of(desk, "START")
    by_hand(desk)
    assert desk.rows(SMS_OPT_OUT) == desk.rows(SUPPRESSED_NUMBER) == []


def test_whom_staff_allow_texts_gets_them_again(desk: Desk, previews: Path) -> None:
    opted_out_and_erased(desk, previews)
    inbox.allow_texts(desk.office, PHONE)
    by_hand(desk)
    assert desk.rows(SMS_OPT_OUT) == desk.rows(SUPPRESSED_NUMBER) == []


def test_the_digest_is_under_a_key_of_the_store(desk: Desk, previews: Path) -> None:
    opted_out_and_erased(desk, previews)
    (first,) = desk.rows(SUPPRESSED_NUMBER)
    (key,) = desk.rows(OFFICE_FACT, name="key of suppressed numbers")
    with desk.office.database.write() as connection:
        connection.execute(
            update(OFFICE_FACT).where(OFFICE_FACT.c.name == key["name"]).values(value="00" * 32)
        )
    by_hand(desk)
    assert desk.rows(SUPPRESSED_NUMBER) == [first]
    assert desk.rows(SMS_OPT_OUT) == []


def test_a_number_of_two_stays_that_of_the_other(desk: Desk, previews: Path) -> None:
    other = desk.request(name="Rosa Parks", phone=PHONE, email="").client
    client = desk.request(**person(desk)).client.id
    text_of(desk, "STOP")
    erase(desk, client, previews)
    assert [row["number"] for row in desk.rows(SMS_OPT_OUT)] == [PHONE]
    assert desk.rows(SUPPRESSED_NUMBER) == []
    assert desk.rows(CLIENT, id=other.id)[0]["phone"] == PHONE


def test_previewed_files_are_removed(desk: Desk, previews: Path) -> None:
    theirs = desk.request(**person(desk)).client.id
    desk.request()
    sender = PreviewSender(previews, Channel.EMAIL, "Lindenhof Practice", "")
    for row in desk.rows(NOTIFICATION, channel="email"):
        sender.send(outgoing_of(row))
    desk.deliver("previewed")
    part = previews / f".{min(file.name for file in previews.iterdir())}.1.part"
    part.write_text("half of it")
    assert len(list(previews.iterdir())) == 5
    erase(desk, theirs, previews)
    assert len(list(previews.iterdir())) == 2
    assert not any("Zebulon" in file.read_text() for file in previews.iterdir())


def outgoing_of(row: dict[str, Any]) -> Outgoing:
    return Outgoing(
        id=row["id"],
        appointment_id=row["appointment_id"],
        event=Event(row["event"]),
        recipient=Recipient(row["recipient"]),
        channel=Channel(row["channel"]),
        to_address=row["to_address"],
        subject=row["subject"],
        body=row["body"],
        html=row["html"],
        message_id=row["message_id"],
        created_at=row["created_at"],
        attempts=1,
        copies=0,
    )


@pytest.mark.sqlite_only
def test_the_bytes_are_gone_from_the_file_and_its_log(
    desk: Desk, previews: Path, places: Any
) -> None:
    client = lived(desk)
    leave_in_free_pages(places.database, "Zebulon Quasimodo, xylophone " * 1000)
    erased = b"zebulon", b"quasimodo", b"5550199", b"xylophone"
    assert [word for word in erased if word not in bytes_of(places.database)] == []
    assert erase(desk, client, previews).overwritten
    assert [word for word in erased if word in bytes_of(places.database)] == []
    assert desk.rows(OFFICE_FACT, name="erased bytes are left") == []


@pytest.mark.sqlite_only
def test_what_a_reader_holds_is_overwritten_later(desk: Desk, previews: Path, places: Any) -> None:
    client = desk.request(**person(desk)).client.id
    with desk.office.database.read() as reader:
        reader.execute(select(func.count()).select_from(CLIENT)).scalar()
        overwrite = erasing.overwriting.overwrite
        erasing.overwriting.BUSY_MS, before = 50, erasing.overwriting.BUSY_MS
        try:
            assert not erase(desk, client, previews).overwritten
        finally:
            erasing.overwriting.BUSY_MS = before
    assert b"quasimodo" in bytes_of(places.database)
    assert overwrite(desk.office.database.url)
    assert b"quasimodo" not in bytes_of(places.database)


def leave_in_free_pages(file: Path, text: str) -> None:
    """As a row does that was long and was changed, where SQLite is not built to overwrite it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("INSERT INTO office_fact VALUES ('long', ?)", (text,))
        connection.execute("DELETE FROM office_fact WHERE name = 'long'")


def bytes_of(file: Path) -> bytes:
    """Of the file and of what is beside it."""
    beside = file.parent.glob(f"{file.name}*")
    return b"".join(one.read_bytes() for one in beside).lower()
