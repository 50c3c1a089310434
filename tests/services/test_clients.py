"""Who is the same person, who only may be, and mending what is on file."""

from contextlib import closing
from typing import Any

import pytest

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.errors import BadInput, ChangedElsewhere, NotFound
from interworky_tui.services import clients, intake
from interworky_tui.storage.queries import open_reader
from interworky_tui.storage.tables import CLIENT, NOTIFICATION
from tests.mending import mend_client

PHONE, OTHER = "+4930901820", "+4930901821"


@pytest.fixture
def request_of(desk: Any) -> Any:
    def file(name: str, phone: str = "", email: str = "") -> int:
        made = intake.request(desk.office, desk.new(name=name, phone=phone, email=email))
        return made.client.id

    return file


def test_phone_and_name_are_the_same_person(desk: Any, request_of: Any) -> None:
    first = request_of("José Łukasz", "030 901820")
    assert request_of("JOSE  lukasz", "+49 30 90 18 20") == first
    assert desk.clients() == [("José Łukasz", PHONE, None)]


def test_a_phone_or_an_email_alone_is_not(desk: Any, request_of: Any) -> None:
    ids = {
        request_of("Ana Lindt", PHONE, "family@example.com"),
        request_of("Ben Lindt", PHONE, "family@example.com"),
        request_of("Ana Lindt", OTHER, "family@example.com"),
        request_of("Cleo Lindt", "", "family@example.com"),
    }
    assert len(ids) == 4


def test_without_a_phone_the_email_and_the_name_are(desk: Any, request_of: Any) -> None:
    first = request_of("Ana", "", "ana@example.com")
    assert request_of("ana", "", "ana@EXAMPLE.com") == first
    with_phone = request_of("Eva", PHONE, "eva@example.com")
    assert request_of("Eva", "", "eva@example.com") == with_phone
    assert request_of("Ana", "", "other@example.com") != first


def test_the_email_given_last_wins_and_none_takes_nothing_away(desk: Any, request_of: Any) -> None:
    request_of("Ana", PHONE, "old@example.com")
    request_of("Ana", PHONE)
    assert desk.clients() == [("Ana", PHONE, "old@example.com")]
    request_of("Ana", PHONE, "new@example.com")
    assert desk.clients() == [("Ana", PHONE, "new@example.com")]
    (row,) = desk.rows(CLIENT)
    assert row["version"] == 2
    assert "new@example.com" in row["search_text"].replace(" ", "")


@pytest.mark.parametrize(
    "name", ["", " \t\n", "\u200d", "\u202e\u200b", "\u0301", "\x1b", "x" * 301, "\ufeff"]
)
def test_a_name_that_cannot_be_seen_or_has_no_end_is_refused(desk: Any, name: str) -> None:
    before = desk.dump()
    with pytest.raises(BadInput) as caught:
        desk.request(name=name)
    assert caught.value.field == "name"
    assert desk.dump() == before


@pytest.mark.parametrize("name", ["x", "x" * 300, "李", "🙂", "O'Brien [bold]", "Zoë\u0301"])
def test_other_names_are_kept_as_they_are(desk: Any, name: str) -> None:
    desk.request(name=f"  {name} ")
    assert desk.clients()[0][0] == name


def test_somebody_must_be_reachable(desk: Any) -> None:
    with pytest.raises(BadInput) as caught:
        desk.request(phone=" ", email="")
    assert caught.value.field == "phone"
    for field in ("phone", "email"):
        with pytest.raises(BadInput) as caught:
            desk.request(**{field: "12"})
        assert caught.value.field == field


def test_likely_duplicates_are_shown_by_name_phone_or_email(desk: Any, request_of: Any) -> None:
    ana = request_of("Ana Lindt", PHONE, "ana@example.com")
    ben = request_of("Ben Lindt", OTHER, "ben@example.com")

    def like(name: str = "", phone: str = "", email: str = "") -> list[int]:
        return [c.id for c in clients.likely_duplicates(desk.office, name, phone, email)]

    assert like("ANA  lindt") == [ana]
    assert like("", "030 901821") == [ben]
    assert like("", "", "ana@example.com") == [ana]
    assert like("Ben Lindt", PHONE) == [ana, ben]
    assert like("Cleo", "0", "x@") == []
    assert like() == like("\u200d") == []
    for number in range(8):
        request_of("Same Name", f"+4930123{number:04}")
    assert len(like("same name")) == 5


def edit(desk: Any, client_id: int, version: int | None = None, **values: str) -> Any:
    told = {"name": "Ana Lindt", "phone": PHONE, "email": "ana@example.com"} | values
    return mend_client(desk.office, client_id, version=version, **told)


def test_an_edit_mends_the_client_and_tells_nobody(desk: Any, request_of: Any) -> None:
    ana = request_of("Anna Lindt", PHONE, "ana@example.com")
    sent = len(desk.rows(NOTIFICATION))
    wakes = len(desk.woken)
    edited = edit(desk, ana, 1)
    assert (edited.name, edited.version) == ("Ana Lindt", 2)
    assert desk.rows(CLIENT)[0]["match_name"] == "ana lindt"
    assert len(desk.rows(NOTIFICATION)) == sent
    assert len(desk.woken) == wakes


def test_a_client_is_found_by_what_is_on_file_now_alone(desk: Any, request_of: Any) -> None:
    with closing(open_reader(desk.office.database.url)) as reader:

        def found(query: str) -> set[int]:
            return {row.client_id for row in reader.page(Status.REQUESTED, search=query)}

        ana = request_of("Anna Lindt", PHONE, "anna@example.com")
        assert found("anna") == found("030 90") == {ana}
        edit(desk, ana, 1, name="Eva Lindt", phone=OTHER, email="eva@example.com")
        assert found("anna") == found("901820") == set()
        assert found("eva") == found("901821") == found("l") == {ana}
        request_of("Eva Lindt", OTHER, "new@example.com")
        assert found("new") == {ana}
        assert found("eva@") == set()


def test_an_edit_that_changes_nothing_is_no_change(desk: Any, request_of: Any) -> None:
    ana = request_of("Ana Lindt", PHONE, "ana@example.com")
    before = desk.dump()
    assert edit(desk, ana, 1, phone="030 901820").version == 1
    assert desk.dump() == before


def test_an_edit_of_what_was_seen_before_is_refused(desk: Any, request_of: Any) -> None:
    ana = request_of("Ana", PHONE)
    edit(desk, ana, 1)
    before = desk.dump()
    with pytest.raises(ChangedElsewhere):
        edit(desk, ana, 1, name="Other")
    for missing in (999, -1, 2**70):
        with pytest.raises(NotFound):
            edit(desk, missing)
    assert desk.dump() == before


def test_an_edit_never_makes_two_of_the_same(desk: Any, request_of: Any) -> None:
    request_of("Ana Lindt", PHONE)
    twin = request_of("Ana Lindt", OTHER)
    before = desk.dump()
    with pytest.raises(BadInput) as caught:
        edit(desk, twin)
    assert caught.value.field == "phone"
    with pytest.raises(BadInput):
        edit(desk, twin, phone="", email="")
    assert desk.dump() == before
    assert edit(desk, twin, name="Ana L").phone == PHONE


def test_what_waits_goes_to_the_mended_address(desk: Any, request_of: Any) -> None:
    ana = request_of("Ana Lindt", OTHER, "anna@example.com")
    ben = request_of("Ben", OTHER, "anna@example.com")
    desk.deliver("sent", appointment_id=2)
    edit(desk, ana)

    def to(appointment: int) -> set[str]:
        rows = desk.rows(NOTIFICATION, appointment_id=appointment, recipient="client")
        return {row["to_address"] for row in rows}

    assert to(1) == {PHONE, "ana@example.com"}
    assert to(2) == {OTHER, "anna@example.com"}
    assert ben != ana


def test_what_waits_for_an_address_that_is_no_more_is_dropped(desk: Any, request_of: Any) -> None:
    ana = request_of("Ana Lindt", PHONE, "ana@example.com")
    edit(desk, ana, phone="")
    (text,) = desk.rows(NOTIFICATION, recipient="client", channel="sms")
    assert (text["state"], text["reason"], text["to_address"]) == ("cancelled", "no_address", None)
    (mail,) = desk.rows(NOTIFICATION, recipient="client", channel="email")
    assert mail["state"] == "pending"


def test_the_first_text_to_a_mended_number_says_how_to_stop(desk: Any, request_of: Any) -> None:
    request_of("Eva", OTHER)
    desk.deliver("sent")
    ana = request_of("Ana Lindt", OTHER)
    (text,) = desk.rows(NOTIFICATION, appointment_id=2, recipient="client", channel="sms")
    assert "STOP" not in text["body"]
    edit(desk, ana)
    (text,) = desk.rows(NOTIFICATION, appointment_id=2, recipient="client", channel="sms")
    assert "STOP" in text["body"]
    assert text["to_address"] == PHONE
