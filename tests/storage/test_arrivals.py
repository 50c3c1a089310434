"""What came in since the last look: each once, whatever is there already and whatever is undone."""

from datetime import timedelta

import pytest

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.feedback import Source
from interworky_tui.storage.arrivals import AT_MOST, Filed, Said, Seen, Took
from interworky_tui.storage.queries import Reader
from tests.storage.conftest import NO_CHAIN, NOW, Store

COLLECTED = Status.FEEDBACK_COLLECTED


def answered(store: Store, rating: int, good: str = "", bad: str = "") -> int:
    visit = store.visit(COLLECTED, NOW)
    store.insert(
        "survey_response",
        appointment_id=visit,
        rating=rating,
        good=good,
        bad=bad,
        publish=0,
        source="web",
        at=NOW,
    )
    return visit


def noted(store: Store, visit: int, rating: int | None, text: str) -> None:
    values = {"appointment_id": visit, "at": NOW, "source": "sms", "rating": rating, "text": text}
    store.insert("survey_note", **values)


def test_the_first_look_only_learns_what_is_there(store: Store, reader: Reader) -> None:
    assert reader.arrivals(None).seen == Seen(0, 0, 0)
    visit = answered(store, 2)
    noted(store, visit, 5, "")
    found = reader.arrivals(None)
    assert (found.seen, found.said, found.filed) == (Seen(1, 1, visit), (), ())


def test_each_is_told_once(store: Store, reader: Reader) -> None:
    seen = reader.arrivals(None).seen
    low = answered(store, 2, "the chairs", "the wait")
    high = answered(store, 4, "the chairs", "the wait")
    noted(store, low, None, "sorry")
    web, api = store.visit(source="web"), store.visit(source="api")
    store.visit(source="desk")
    found = reader.arrivals(seen)
    assert found.said == (
        Said(low, "Ada Lovelace", 2, "the wait / the chairs", Source.WEB),
        Said(high, "Ada Lovelace", 4, "the chairs / the wait", Source.WEB),
        Said(low, "Ada Lovelace", None, "sorry", Source.SMS, later=True),
    )
    assert found.filed == (Filed(web, "Ada Lovelace"), Filed(api, "Ada Lovelace"))
    again = reader.arrivals(found.seen)
    assert (again.said, again.filed) == ((), ())


def test_who_took_a_time_that_was_offered_is_told_once(store: Store, reader: Reader) -> None:
    visit = store.visit(Status.SCHEDULED, NOW)
    other = store.visit(Status.CANCELLED, NOW)
    step = {"at": NOW, "to_status": "scheduled", "from_status": "requested", "hash": NO_CHAIN}
    for version, (actor, verb) in enumerate(
        (("ana", "schedule"), ("client", "confirm"), ("client", "reschedule")), 2
    ):
        seen = reader.arrivals(None).seen
        for one in (visit, other):
            values = {"version": version, "actor": actor, "verb": verb, **step}
            store.insert("appointment_event", appointment_id=one, **values)
        told = reader.arrivals(seen)
    assert told.took == (Took(visit, "Ada Lovelace", NOW),)
    assert reader.arrivals(seen) == told
    assert reader.arrivals(told.seen).took == ()


def test_an_answer_in_the_place_of_an_undone_one_is_told_too(store: Store, reader: Reader) -> None:
    answered(store, 5)
    seen = reader.arrivals(None).seen
    store.run("DELETE FROM survey_response")
    seen = reader.arrivals(seen).seen
    visit = answered(store, 1)
    assert [one.appointment_id for one in reader.arrivals(seen).said] == [visit]


def test_a_flood_is_read_in_part_and_then_done_with(store: Store, reader: Reader) -> None:
    seen = reader.arrivals(None).seen
    store.run("BEGIN")
    for _ in range(AT_MOST + 5):
        answered(store, 5)
    store.run("COMMIT")
    found = reader.arrivals(seen)
    assert len(found.said) == AT_MOST
    assert reader.arrivals(found.seen).said == ()


@pytest.mark.sqlite_only
def test_a_look_goes_by_what_is_new(store: Store, reader: Reader) -> None:
    answered(store, 5)
    asked: list[str] = []
    reader.plain.connection.set_trace_callback(asked.append)
    reader.arrivals(Seen(0, 0, 0))
    looks = [sql for sql in asked if sql.startswith("SELECT")]
    assert len(looks) == 5
    for sql in looks:
        plan = [row[3] for row in store.run(f"EXPLAIN QUERY PLAN {sql}")]
        assert not [step for step in plan if "TEMP B-TREE" in step]
        # The newest number of a table is one step along its key.
        scans = [step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step]
        assert not scans, plan


@pytest.mark.parametrize("of_the_visit", [True, False])
def test_what_waits_stands_beside_its_visit(
    store: Store, reader: Reader, of_the_visit: bool
) -> None:
    client = store.client()
    visit, other = store.visit(client_id=client), store.visit(client_id=client)
    about = {"appointment_id": visit} if of_the_visit else {}
    text = store.inbound(client_id=client, **about)
    store.inbound(client_id=client, handled_at=NOW + timedelta(minutes=1), **about)
    store.inbound(client_id=None)

    def beside(id: int) -> list[int]:
        card = reader.card(id)
        assert card
        return [line.id for line in card.waiting]

    assert beside(visit) == [text]
    assert beside(other) == ([] if of_the_visit else [text])
