"""A client who is forgotten: no table has a word of theirs, and every count is what it was."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from interworky_tui.domain.errors import IllegalMove, NotFound
from interworky_tui.services import clients, erasing, feedback, intake, outgoing, undo
from interworky_tui.storage import chain_check
from interworky_tui.storage.models import Base
from interworky_tui.storage.tables import (
    CLIENT,
    EVENT,
    INBOUND_SMS,
    NOTIFICATION,
    SMS_OPT_OUT,
    SURVEY_LINK,
)
from tests.mending import mend_client
from tests.services.conftest import Desk
from tests.services.forgetting import EMAIL, NAME, PHONE, erase, lived, person, text_of, told

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
        mend_client(desk.office, booked.client_id, name=NAME, phone=PHONE, email="")
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
