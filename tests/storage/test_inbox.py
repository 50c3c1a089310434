"""The texts that came in: what waits for a person stands first, and is counted."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status
from interworky_tui.storage.inbox import InboundLine
from interworky_tui.storage.queries import Reader
from interworky_tui.storage.waiting import CAP
from tests.storage.conftest import NOW, QUICK, Store

LATER = NOW + timedelta(minutes=5)


def test_a_text_comes_back_as_it_was_stored(store: Store, reader: Reader) -> None:
    client = store.client("Ada Lovelace")
    visit = store.visit(client_id=client)
    known = store.inbound(
        client_id=client,
        appointment_id=visit,
        kind="change",
        body="R\x1b[31m 😀\n",
        received_at=LATER,
    )
    store.message(None, in_reply_to=known, appointment_version=None, body="first", event="reply")
    store.message(
        None, "held", in_reply_to=known, appointment_version=None, body="second", event="reply"
    )
    stranger = store.inbound(from_number="+4930777", handled_at=LATER, handled_by="ana")
    assert reader.inbox() == [
        InboundLine(
            id=known,
            from_number="+4930111222",
            body="R\x1b[31m 😀\n",
            received_at=LATER,
            kind="change",
            client_id=client,
            client_name="Ada Lovelace",
            appointment_id=visit,
            handled_at=None,
            answer="second",
            answer_state="held",
            visit_status=Status.REQUESTED,
        ),
        InboundLine(
            id=stranger,
            from_number="+4930777",
            body="Can I come later?",
            received_at=NOW,
            kind="other",
            client_id=None,
            client_name=None,
            appointment_id=None,
            handled_at=LATER,
            answer=None,
            answer_state=None,
        ),
    ]


def test_the_inbox_has_what_waits_and_then_what_is_done_with(store: Store, reader: Reader) -> None:
    @QUICK
    @given(handled=st.lists(st.booleans(), max_size=12), limit=st.integers(1, 9))
    def check(handled: list[bool], limit: int) -> None:
        store.run("DELETE FROM inbound_sms")
        waiting, done = [], []
        for is_done in handled:
            number = store.inbound(handled_at=NOW if is_done else None)
            (done if is_done else waiting).append(number)
        expected = waiting + done[::-1]
        assert [line.id for line in reader.inbox(limit)] == expected[:limit]
        for search in ("", "ada"):
            assert reader.counts(NOW, search=search).waiting == len(waiting)

    check()


def test_the_count_of_what_waits_stops_at_a_thousand(store: Store, reader: Reader) -> None:
    store.run("BEGIN")
    for _ in range(CAP + 3):
        store.inbound()
    store.run("COMMIT")
    assert reader.counts(NOW).waiting == CAP


@pytest.mark.sqlite_only
@pytest.mark.parametrize("analyzed", [False, True])
def test_the_inbox_is_read_by_its_indexes(store: Store, reader: Reader, analyzed: bool) -> None:
    for number in range(40):
        visit = store.visit()
        text = store.inbound(
            handled_at=NOW if number % 3 else None, client_id=store.client(), appointment_id=visit
        )
        store.message(visit)
        store.message(None, in_reply_to=text, appointment_version=None)
    if analyzed:
        store.run("ANALYZE")
    said: list[str] = []
    reader.plain.connection.set_trace_callback(said.append)
    assert len(reader.inbox()) == 40
    reader.plain.connection.set_trace_callback(None)
    asked = [sql for sql in said if sql.startswith("SELECT")]
    assert len(asked) == 2
    plans = [[row[3] for row in store.run(f"EXPLAIN QUERY PLAN {sql}")] for sql in asked]
    # The second walks back along the rows themselves, from the newest.
    assert [plan[0] for plan in plans] == ["SCAN i USING INDEX ix_inbound_sms_waiting", "SCAN i"]
    for plan in plans:
        assert not [step for step in plan if "TEMP B-TREE" in step]
        assert not [step for step in plan[1:] if step.startswith("SCAN")]
        assert any("ix_notification_in_reply_to_id" in step for step in plan)
