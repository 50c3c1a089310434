"""Answers as the desk reads them: which low ones nobody has read, what came later, what counts."""

from contextlib import closing
from datetime import date, timedelta

import pytest

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.feedback import Source
from interworky_tui.storage.card import NoteLine
from interworky_tui.storage.queries import Reader, open_reader
from interworky_tui.storage.waiting import CAP
from tests.storage.conftest import NOW, Store

COLLECTED, PENDING = Status.FEEDBACK_COLLECTED, Status.FEEDBACK_PENDING
HOUR = timedelta(hours=1)


def answered(store: Store, rating: int, **values: object) -> int:
    visit = store.visit(COLLECTED, NOW)
    answer = {"rating": rating, "publish": 0, "source": "web", "at": NOW, **values}
    store.insert("survey_response", appointment_id=visit, **answer)
    return visit


@pytest.mark.parametrize("low_rating", [0, 2, 3, 5])
def test_low_ratings_stand_out_until_somebody_has_read_them(store: Store, low_rating: int) -> None:
    for rating in range(1, 6):
        answered(store, rating)
        answered(store, rating, read_at=NOW)
    store.visit(PENDING, NOW)
    with closing(open_reader(store.url, low_rating=low_rating)) as reader:
        rows = reader.page(COLLECTED)
        found = sorted(row.rating or 0 for row in rows if row.unread_low)
        assert found == list(range(1, low_rating + 1))
        assert all(reader.row(row.id) == row for row in rows)
        assert [row.unread_low for row in reader.page(PENDING)] == [False]
        for search in ("", "ada", "nobody"):
            assert reader.counts(NOW, search=search).unread_low == low_rating


@pytest.mark.sqlite_only
def test_unread_ones_are_counted_along_their_index_up_to_the_cap(store: Store) -> None:
    store.run("BEGIN")
    for _ in range(CAP + 3):
        answered(store, 1)
    store.run("COMMIT")
    asked: list[str] = []
    with closing(open_reader(store.url)) as reader:
        reader.plain.connection.set_trace_callback(asked.append)
        assert reader.counts(NOW).unread_low == CAP
    (sql,) = (sql for sql in asked if "read_at" in sql)
    plan = [row[3] for row in store.run(f"EXPLAIN QUERY PLAN {sql}")]
    line = "SEARCH survey_response USING COVERING INDEX ix_survey_response_unread (rating<?)"
    assert line in plan


def test_a_card_has_what_came_later_and_when_it_was_read(store: Store, reader: Reader) -> None:
    visit = answered(store, 2, read_at=NOW + HOUR)
    for number, (source, rating) in enumerate((("web", 5), ("sms", None)), 1):
        at, text = NOW + number * HOUR, f"note {number}"
        store.insert(
            "survey_note", appointment_id=visit, at=at, source=source, rating=rating, text=text
        )
    store.insert("survey_note", appointment_id=answered(store, 1), at=NOW, source="web")
    card = reader.card(visit)
    assert card is not None
    assert (card.answered_at, card.read_at) == (NOW, NOW + HOUR)
    assert card.notes == (
        NoteLine(NOW + HOUR, Source.WEB, 5, "note 1"),
        NoteLine(NOW + 2 * HOUR, Source.SMS, None, "note 2"),
    )
    bare = reader.card(store.visit())
    assert bare is not None
    assert (bare.answered_at, bare.read_at, bare.notes, bare.asked_at) == (None, None, (), None)


@pytest.mark.parametrize(
    ("states", "counts"),
    [
        ((), True),
        (("failed", "cancelled"), False),
        (("failed", "pending"), True),
        (("cancelled", "sending"), True),
        (("failed", "held"), True),
        (("failed", "sent"), True),
        (("previewed", "cancelled"), True),
    ],
)
def test_a_request_of_which_nothing_could_leave_does_not_count(
    store: Store, reader: Reader, states: tuple[str, ...], counts: bool
) -> None:
    visit = store.visit(PENDING, NOW)
    asked = {"appointment_id": visit, "appointment_version": 4}
    store.insert("feedback_request", office_day="2026-03-15", at=NOW - 24 * HOUR, **asked)
    asked["appointment_version"] = 5
    store.insert("feedback_request", office_day="2026-03-16", at=NOW, **asked)
    for state in states:
        store.message(visit, state, event="feedback_requested", appointment_version=5)
    # Neither word to the office nor of another change stands in for one to the client.
    other = {"event": "feedback_requested", "appointment_version": 5, "recipient": "office"}
    store.message(visit, "sent", **other)
    store.message(visit, "sent", appointment_version=5)
    card = reader.card(visit)
    assert card is not None
    kept = (date(2026, 3, 16), NOW) if counts else (date(2026, 3, 15), NOW - 24 * HOUR)
    assert (card.asked_on, card.asked_at) == kept


def test_what_may_have_left_counts(store: Store, reader: Reader) -> None:
    visit = store.visit(PENDING, NOW)
    store.insert(
        "feedback_request",
        appointment_id=visit,
        appointment_version=5,
        office_day="2026-03-16",
        at=NOW,
    )
    store.message(visit, "failed", event="feedback_requested", appointment_version=5, copies=1)
    card = reader.card(visit)
    assert card is not None
    assert card.asked_on == date(2026, 3, 16)
