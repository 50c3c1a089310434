"""The next thing that needs a person: each once, in turn, from wherever one stands, by index."""

from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status
from interworky_tui.storage.attention import Need, Place, Waiting, place_of
from interworky_tui.storage.queries import Reader, open_reader
from tests.storage.conftest import NOW, QUICK, Store

MINUTE = timedelta(minutes=1)


def low(store: Store, rating: int = 1, **values: object) -> int:
    visit = store.visit(Status.FEEDBACK_COLLECTED, NOW)
    answer = {"rating": rating, "publish": 0, "source": "web", "at": NOW, **values}
    store.insert("survey_response", appointment_id=visit, **answer)
    return visit


def lone(store: Store, state: str = "failed") -> int:
    """A message that belongs to no appointment."""
    return store.message(None, state, appointment_version=None, event="answer")


def turn(reader: Reader, after: Place | None = None, most: int = 50) -> list[Waiting]:
    """Once round, from a place on."""
    found: list[Waiting] = []
    while len(found) < most:
        one = reader.next_waiting(NOW, found[-1].place if found else after)
        if one is None or one in found:
            break
        found.append(one)
    return found


def test_nothing_waits_when_nothing_does(store: Store, reader: Reader) -> None:
    store.visit(Status.SCHEDULED, NOW + MINUTE)
    store.visit(Status.REQUESTED, NOW + MINUTE)
    store.visit(Status.ATTENDED, NOW - MINUTE)
    low(store, 5)
    low(store, 1, read_at=NOW)
    store.message(store.visit(at=NOW + MINUTE), "sent")
    store.inbound(handled_at=NOW)
    assert reader.next_waiting(NOW, None) is None


def test_the_kinds_come_in_turn_and_each_in_its_order(store: Store, reader: Reader) -> None:
    stale = store.visit(Status.REQUESTED, NOW)
    worse, bad, worse_too = low(store, 1), low(store, 2), low(store, 1)
    quiet = store.visit(at=NOW + MINUTE)
    first, _second = store.message(quiet, "failed"), store.message(quiet, "held")
    answer = lone(store)
    text = store.inbound()
    later = store.visit(Status.SCHEDULED, NOW)
    sooner = store.visit(Status.SCHEDULED, NOW - MINUTE)
    found = turn(reader)
    assert [(one.place.need, one.appointment_id, one.entry) for one in found] == [
        (Need.DUE, sooner, ""),
        (Need.DUE, later, ""),
        (Need.REPLY, None, f"in-{text}"),
        (Need.TROUBLE, None, f"out-{answer}"),
        (Need.TROUBLE, quiet, f"out-{first}"),
        (Need.LOW, worse, ""),
        (Need.LOW, worse_too, ""),
        (Need.LOW, bad, ""),
        (Need.STALE, stale, ""),
    ]
    assert found[0].name == "Ada Lovelace"
    assert found[0].at == NOW - MINUTE
    assert (found[2].number, found[2].name) == ("+4930111222", None)
    assert [one.rating for one in found[5:8]] == [1, 1, 2]
    for start in range(len(found)):
        rotated = found[start + 1 :] + found[: start + 1]
        assert turn(reader, found[start].place) == rotated


def test_the_only_one_comes_again(store: Store, reader: Reader) -> None:
    visit = store.visit(Status.SCHEDULED, NOW)
    found = reader.next_waiting(NOW, None)
    assert found is not None
    assert found.appointment_id == visit
    assert reader.next_waiting(NOW, found.place) == found


def test_what_is_done_with_meanwhile_keeps_nobody_from_going_on(
    store: Store, reader: Reader
) -> None:
    one, two = low(store, 2), low(store, 2)
    found = reader.next_waiting(NOW, None)
    assert found is not None
    assert found.appointment_id == one
    store.run("UPDATE survey_response SET read_at = at WHERE appointment_id = 1")
    after = reader.next_waiting(NOW, found.place)
    assert after is not None
    assert after.appointment_id == two
    store.run("DELETE FROM survey_response WHERE appointment_id = ?", one)
    assert reader.next_waiting(NOW, found.place) == after


def test_a_row_of_the_list_knows_its_place(store: Store, reader: Reader) -> None:
    due, stale = store.visit(Status.SCHEDULED, NOW), store.visit(Status.REQUESTED, NOW)
    unread, calm = low(store, 1), store.visit(Status.SCHEDULED, NOW + MINUTE)
    found = {one.appointment_id: one.place for one in turn(reader)}
    for visit in (due, stale, unread, calm):
        row = reader.row(visit)
        assert row is not None
        assert place_of(row, NOW) == found.get(visit)


@pytest.mark.parametrize("low_rating", [0, 2, 5])
def test_what_is_low_is_the_settings(store: Store, low_rating: int) -> None:
    for rating in range(1, 6):
        low(store, rating)
    with closing(open_reader(store.url, low_rating=low_rating)) as reader:
        assert [one.rating for one in turn(reader)] == list(range(1, low_rating + 1))


THINGS = ("due", "stale", "low", "failed", "lone", "text")


@QUICK
@given(st.lists(st.tuples(st.sampled_from(THINGS), st.integers(0, 3)), max_size=12))
def test_once_round_meets_each_of_them_once(
    shared: Store, shared_reader: Reader, things: list[tuple[str, int]]
) -> None:
    shared.clear()
    client = shared.client()
    for thing, number in things:
        at = NOW - number * MINUTE
        if thing == "due":
            shared.visit(Status.SCHEDULED, at, client_id=client)
        elif thing == "stale":
            shared.visit(Status.REQUESTED, at, client_id=client)
        elif thing == "low":
            low(shared, 1 + number % 3)
        elif thing == "failed":
            visit = shared.visit(Status.ATTENDED, at, client_id=client)
            for _ in range(1 + number):
                shared.message(visit, "failed")
        elif thing == "lone":
            lone(shared, "held")
        else:
            shared.inbound()
    found = turn(shared_reader)
    assert len(found) == len(things)
    if found:
        assert shared_reader.next_waiting(NOW, found[-1].place) == found[0]


@pytest.mark.sqlite_only
def test_every_kind_is_looked_up_along_an_index_however_many_there_are(
    store: Store, reader: Reader
) -> None:
    store.run("BEGIN")
    for number in range(30):
        low(store, 1 + number % 3)
        store.visit(Status.SCHEDULED, NOW)
        store.visit(Status.REQUESTED, NOW)
        store.message(store.visit(Status.ATTENDED, NOW), "failed")
        lone(store)
        store.inbound()
    store.run("COMMIT")
    asked: list[str] = []
    reader.plain.connection.set_trace_callback(asked.append)
    turn(reader, most=400)
    reads = {sql for sql in asked if "SELECT" in sql}
    assert len(reads) > 100
    for sql in reads:
        plan = [row[3] for row in store.run(f"EXPLAIN QUERY PLAN {sql}")]
        assert not [step for step in plan if "TEMP B-TREE" in step], (sql, plan)
        assert not [step for step in plan if step.startswith("SCAN")], (sql, plan)
        outermost = next(step for step in plan if step.startswith("SEARCH"))
        assert " INDEX ix_" in outermost, (sql, plan)
