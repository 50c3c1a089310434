"""The language of a client: kept as it is given, and what is said in it."""

from datetime import timedelta
from typing import Any

import pytest

from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.language import clean_language, wider
from interworky_tui.services import intake
from interworky_tui.storage.tables import CLIENT, NOTIFICATION
from tests.mending import mend_client


def language_of(desk: Any, client_id: int) -> str | None:
    (row,) = desk.rows(CLIENT, id=client_id)
    return row["language"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("es", "es"),
        (" ES ", "es"),
        ("es_mx", "es-MX"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("", None),
    ],
)
def test_a_tag_is_kept_in_one_spelling(typed: str, kept: str | None) -> None:
    assert clean_language(typed) == kept
    assert clean_language(kept or "") == kept


@pytest.mark.parametrize("typed", ["Spanish", "e", "es-", "es-MEX-x", "../es", "es/MX", "español"])
def test_what_is_no_tag_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match="is not a language code") as refused:
        clean_language(typed)
    assert refused.value.field == "language"


def test_a_tag_is_a_kind_of_wider_ones() -> None:
    assert wider("zh-Hant-TW") == ("zh-Hant-TW", "zh-Hant", "zh")


def test_the_language_given_last_wins_and_none_takes_nothing_away(desk: Any) -> None:
    who = {"name": "Ana Ruiz", "phone": "030 901820"}
    first = desk.request(**who, language="es").client
    assert first.language == "es"
    assert desk.request(**who).client.language == "es"
    again = desk.request(**who, language="en").client
    assert (again.id, again.language) == (first.id, "en")


def test_the_language_is_mended_or_left(desk: Any) -> None:
    client = desk.request(language="es").client
    known = {"name": client.name, "phone": client.phone, "email": client.email}
    assert mend_client(desk.office, client.id, **known).language == "es"
    assert mend_client(desk.office, client.id, **known, language="pt_br").language == "pt-BR"
    assert mend_client(desk.office, client.id, **known, language="").language is None
    with pytest.raises(BadInput):
        mend_client(desk.office, client.id, **known, language="Spanish")


def test_what_is_mended_beside_it_leaves_the_language(desk: Any) -> None:
    client = desk.request(language="es").client
    known = {"name": "Another Name", "phone": client.phone, "email": client.email}
    mend_client(desk.office, client.id, **known)
    assert language_of(desk, client.id) == "es"


def test_in_a_batch_the_newest_language_wins_and_none_takes_nothing_away(desk: Any) -> None:
    who = {"name": "Ana Ruiz", "phone": "030 901820"}
    made = desk.request(**who, language="es").client
    batch = [
        intake.replace(intake.clean(desk.office, desk.new(**given)), source_key=key)
        for key, given in (
            ("a", who | {"language": "pt"}),
            ("b", who | {"note": "again"}),
            ("c", {"name": "Bo", "phone": "030 901821", "language": "de"}),
        )
    ]
    with desk.office.database.write() as connection:
        intake.insert_requests(desk.office, connection, batch, desk.clock.now)
    kept = {row["name"]: row["language"] for row in desk.rows(CLIENT)}
    assert kept == {"Ana Ruiz": "pt", "Bo": "de"}
    assert made.id == 1


def test_the_first_text_to_a_mended_number_is_in_her_language(desk: Any) -> None:
    client = desk.request(language="es").client
    desk.deliver()
    desk.clock.now += timedelta(minutes=5)
    visit = desk.scheduled(name=client.name, phone=client.phone, email=client.email)
    mend_client(
        desk.office, client.id, name=client.name, phone="030 998877", email=client.email or ""
    )
    waiting = [
        row["body"]
        for row in desk.rows(NOTIFICATION, appointment_id=visit.appointment.id, state="pending")
        if (row["recipient"], row["channel"]) == ("client", "sms")
    ]
    stops = [body for body in waiting if "STOP" in body]
    assert len(stops) == 1
    assert stops[0].endswith("Responda STOP para darse de baja.")
