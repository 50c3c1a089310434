"""Who calls: everybody is found by what a phone shows, close ones first; and the client's card."""

from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.text import fold
from interworky_tui.services.contacts import beginnings
from interworky_tui.storage import callers
from interworky_tui.storage.callers import SHOWN, digits_of
from interworky_tui.storage.queries import Reader, open_reader
from tests.storage.conftest import NOW, QUICK, Store

NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,12}", fullmatch=True)
ALIKE = st.from_regex(r"\+4915[01]{5,8}", fullmatch=True)
NAMES = st.sampled_from(["Ana", "007", "(", "49", "Łuk", "x" * 9])
LONG_AGO = NOW - timedelta(days=400)


def ids(reader: Reader, query: str, country: str = "DE") -> list[int]:
    return [one.client_id for one in reader.callers(query, beginnings(query, country)).found]


@pytest.mark.parametrize("few", [0, 2_000], ids=["by all numbers", "by the index"])
@QUICK
@given(people=st.lists(st.tuples(NAMES, NUMBERS | ALIKE), min_size=1, max_size=30))
@example(people=[("1", "+4915100000")])
def test_everybody_is_among_the_first_by_the_last_four_digits(
    shared: Store, shared_reader: Reader, few: int, people: list[tuple[str, str]]
) -> None:
    shared.clear()
    made = [shared.client(name, phone=phone) for name, phone in people]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callers, "FEW", few)
        for client_id, (_, phone) in zip(made, people, strict=True):
            found = ids(shared_reader, phone[-4:])
            same = [other for _, other in people if other.endswith(phone[-4:])]
            assert client_id in found[: len(same)]


@pytest.mark.parametrize("few", [0, 2_000], ids=["by all numbers", "by the index"])
@QUICK
@given(
    people=st.lists(NUMBERS | ALIKE, min_size=1, max_size=12),
    typed=st.text("0159", min_size=1, max_size=6),
)
@example(people=["+4915100123"], typed="0123")
@example(people=["+4915100123"], typed="01510")
def test_exactly_those_are_found_whose_number_has_the_digits(
    shared: Store, shared_reader: Reader, few: int, people: list[str], typed: str
) -> None:
    shared.clear()
    made = {shared.client(phone=phone): phone for phone in people}
    bare = typed.lstrip("0") if len(typed.lstrip("0")) >= 3 else typed
    begins = beginnings(typed, "DE")
    expected = {
        id for id, phone in made.items() if bare in phone or any(map(phone.startswith, begins))
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callers, "FEW", few)
        found = ids(shared_reader, typed)
    assert set(found) == expected
    ends = [made[id].endswith(typed) for id in found]
    assert ends == sorted(ends, reverse=True)


@pytest.mark.parametrize(
    "typed",
    [
        "01511 2345601", "0151 12345601", "+49 151 12345601", "+49 (0)151 12345601",
        "0049 151 123-456/01", "0151", "015112", "151 123", "5601", "+49151", "345601",
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_shown(store: Store, reader: Reader, typed: str) -> None:
    wanted = store.client("Ana", phone="+4915112345601")
    store.client("Other", phone="+4917033333333")
    assert ids(reader, typed) == [wanted]


@pytest.mark.parametrize(
    ("phone", "country", "typed"),
    [
        ("+14155552671", "US", "(415) 555-2671"),
        ("+14155552671", "US", "1 415"),
        ("+390612345678", "IT", "06 123"),
        ("+79161234567", "RU", "8 916 123-45-67"),
        ("+34912345678", "ES", "912 34"),
        ("+442079460018", "DE", "0044 20 7946"),
    ],
)
def test_numbers_of_other_countries(
    store: Store, reader: Reader, phone: str, country: str, typed: str
) -> None:
    wanted = store.client("Ana", phone=phone)
    assert ids(reader, typed, country) == [wanted]


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("56 01", "5601"), ("+49 (0)151", "49151"), ("(0)151", "0151"), ("56a", ""), ("+", "")],
)  # fmt: skip
def test_what_is_read_as_digits(typed: str, digits: str) -> None:
    assert digits_of(typed) == digits


def test_ends_come_before_beginnings_and_these_before_the_inside(
    store: Store, reader: Reader
) -> None:
    inside = store.client("A", phone="+4930915199999")
    begins = store.client("B", phone="+4915199999999")
    ends = store.client("C", phone="+4930999990151")
    found = reader.callers("0151", beginnings("0151", "DE")).found
    assert [(one.client_id, one.close) for one in found] == [
        (ends, True), (begins, True), (inside, False),
    ]  # fmt: skip


def test_who_is_expected_soonest_comes_first_then_who_was_here_last(
    store: Store, reader: Reader
) -> None:
    def client(name: str) -> int:
        return store.client(name, phone=f"+49301{len(made)}5601")

    made: list[int] = []
    for name in ("Never", "Long ago", "Lately", "Asks", "Tomorrow", "Due"):
        made.append(client(name))
    never, long_ago, lately, asks, tomorrow, due = made
    store.visit(Status.ATTENDED, LONG_AGO, client_id=long_ago)
    store.visit(Status.FEEDBACK_PENDING, NOW - timedelta(days=3), client_id=lately)
    store.visit(Status.ATTENDED, LONG_AGO, client_id=lately)
    store.visit(Status.REQUESTED, client_id=asks)  # for 20 March
    store.visit(Status.SCHEDULED, NOW + timedelta(days=1), client_id=tomorrow)
    store.visit(Status.SCHEDULED, NOW - timedelta(hours=1), client_id=due)
    found = reader.callers("5601").found
    assert [one.client_id for one in found] == [due, tomorrow, asks, lately, long_ago, never]
    assert found[0].next_at == NOW - timedelta(hours=1)
    assert found[2].wishes_on == "2026-03-20"
    assert found[3].last_at == NOW - timedelta(days=3)


def test_letters_find_names_that_begin_so_first_and_emails(store: Store, reader: Reader) -> None:
    second = store.client("Grace Ana", phone="+49301111111")
    first = store.client("Ána Ruiz", phone="+49302222222", match_name=fold("Ána Ruiz"))
    mail = store.client("Bo", phone=None, email="ana@example.com")
    found = reader.callers("ana").found
    assert found[0].client_id == first
    assert found[0].close
    assert {one.client_id for one in found[1:]} == {second, mail}
    assert ids(reader, "1111 grace") == [second]
    assert reader.callers("  ").found == ()
    assert reader.callers("'; DROP").found == ()


def test_there_are_more_than_can_be_shown(store: Store, reader: Reader) -> None:
    for number in range(SHOWN + 1):
        store.client(f"Ana {number}", phone=f"+49301{number:02}5601")
    for query in ("5601", "ana"):
        found = reader.callers(query)
        assert (len(found.found), found.more) == (SHOWN, True)
    assert not reader.callers("301005601").more


def test_the_card_of_a_client(store: Store, reader: Reader) -> None:
    ana = store.client("Ana", phone="+4915112345601", language="es", sms_consent=0)
    twin = store.client("Leo", phone="+4915112345601")
    later = store.visit(Status.SCHEDULED, NOW + timedelta(days=2), client_id=ana)
    soon = store.visit(Status.SCHEDULED, NOW + timedelta(days=1), client_id=ana)
    asks = store.visit(Status.REQUESTED, client_id=ana)
    store.visit(Status.SCHEDULED, client_id=twin)
    old = store.visit(Status.FEEDBACK_COLLECTED, LONG_AGO, client_id=ana)
    rated = store.visit(Status.FEEDBACK_COLLECTED, NOW - timedelta(days=5), client_id=ana)
    asked = store.visit(Status.FEEDBACK_PENDING, NOW - timedelta(days=4), client_id=ana)
    missed = store.visit(
        Status.CANCELLED, NOW - timedelta(days=9), client_id=ana, cancel_reason="no_show"
    )
    for visit, rating, at in ((old, 5, LONG_AGO), (rated, 2, NOW)):
        store.insert(
            "survey_response",
            appointment_id=visit, rating=rating, bad="Long wait", publish=0, source="web", at=at,
        )  # fmt: skip
    store.insert("sms_opt_out", number="+4915112345601", at=NOW, source="desk")
    by_client = store.inbound(client_id=ana, from_number="+4915112345601")
    unknown = store.inbound(from_number="+4915112345601")
    store.inbound(client_id=twin, from_number="+4915112345601")
    store.inbound(client_id=ana, handled_at=NOW)

    card = reader.client(ana)

    assert card is not None
    assert (card.client.name, card.client.language, card.sms_consent) == ("Ana", "es", False)
    assert (card.opted_out_at, card.created_at) == (NOW, NOW)
    assert [one.id for one in card.coming] == [soon, later, asks]
    assert card.goal == soon
    assert [one.appointment.id for one in card.past] == [asked, rated, missed, old]
    assert [one.rating for one in card.past] == [None, 2, None, 5]
    assert [one.id for one in card.asked] == [asked]
    assert (card.attended, card.no_shows) == (3, 1)
    assert (card.ratings, card.average, card.unread_low) == (2, 3.5, 1)
    assert card.last_word == callers.LastWord(2, NOW, "Long wait")
    assert [line.id for line in card.waiting] == [by_client, unknown]


def test_the_card_of_who_was_never_here(store: Store, reader: Reader) -> None:
    card = reader.client(store.client("New", phone=None, email="a@b.de"))
    assert card is not None
    assert (card.goal, card.average, card.last_word, card.waiting) == (None, None, None, ())
    assert reader.client(999) is None


def test_with_nothing_open_the_last_visit_is_where_to_go(store: Store, reader: Reader) -> None:
    ana = store.client("Ana")
    last = store.visit(Status.ATTENDED, NOW, client_id=ana)
    store.visit(Status.ATTENDED, LONG_AGO, client_id=ana)
    card = reader.client(ana)
    assert card is not None
    assert card.goal == last


@pytest.mark.sqlite_only
def test_all_numbers_are_read_from_an_index_and_visits_by_client(store: Store) -> None:
    plans = []
    with closing(open_reader(store.url)) as reader:
        store.client("Ana", phone="+4915112345601")
        statements: list[str] = []
        reader.plain.connection.set_trace_callback(statements.append)
        reader.callers("56")
        reader.plain.connection.set_trace_callback(None)
        for statement in statements:
            if statement.startswith("SELECT"):
                plan = reader.plain.connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
                plans += [row[3] for row in plan]
    assert not [plan for plan in plans if plan.startswith("SCAN") and "COVERING" not in plan]
    assert any("ix_appointment_client" in plan for plan in plans)


@QUICK
@given(st.text(max_size=12) | st.text("0+(% _\\'\"*\x00\ud800aÄß", max_size=12))
def test_whatever_is_typed_is_answered(shared: Store, shared_reader: Reader, query: str) -> None:
    shared.clear()
    shared.visit(client_id=shared.client("Ada_%'\\ Lovelace"))
    begins = [digits] if (digits := digits_of(query)) else []
    assert len(shared_reader.callers(query, begins).found) <= 1
    assert len(shared_reader.page(Status.REQUESTED, search=query)) <= 1
    assert shared_reader.counts(NOW, search=query).of[Status.REQUESTED] <= 1
