"""A forgotten client's number that opted out: it stays so, and nobody can read it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from interworky_tui.domain.errors import IllegalMove
from interworky_tui.services import inbox, intake
from interworky_tui.storage.tables import (
    CLIENT,
    NOTIFICATION,
    OFFICE_FACT,
    SMS_OPT_OUT,
    SUPPRESSED_NUMBER,
)
from tests.mending import mend_client
from tests.services.conftest import Desk
from tests.services.forgetting import PHONE, erase, filed_by_api, person, text_of, told


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
    mend_client(desk.office, other.id, name=other.name, phone=PHONE, email="")


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
