"""The card of an appointment, and the outbox page by page."""

import json
from dataclasses import asdict
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Appointment, CancelReason, Client, Status, Urgency
from interworky_tui.domain.events import MessageState
from interworky_tui.domain.feedback import Recommend, Source, Survey
from interworky_tui.storage.card import MESSAGE_COLUMNS, HistoryLine, MessageLine
from interworky_tui.storage.queries import Reader
from tests.storage.conftest import HALF_HOUR, NO_CHAIN, NOW, QUICK, Store


def test_a_card_has_all_that_is_known(store: Store, reader: Reader) -> None:
    client = store.client("Ada Lovelace", email="ada@example.org", language="de", version=3)
    visit = store.visit(
        Status.FEEDBACK_COLLECTED,
        NOW,
        client_id=client,
        wish_time="10:15",
        service="Check-up",
        note="Brings\ndocuments",
        urgency="urgent",
        scheduled_at=NOW - HALF_HOUR,
        confirmed_at=NOW,
        change_asked_at=NOW,
        arrived_at=NOW,
        version=5,
    )
    detail = {"now": {"starts_at": "2026-03-16"}}
    for number in (2, 1):
        store.insert(
            "appointment_event",
            appointment_id=visit,
            version=number,
            at=NOW + timedelta(minutes=number),
            actor="ana",
            verb="schedule" if number == 2 else "request",
            from_status="requested" if number == 2 else None,
            to_status="scheduled" if number == 2 else "requested",
            detail=json.dumps(detail if number == 2 else {}),
            hash=NO_CHAIN,
        )
    for day in ("2026-03-17", "2026-03-16"):
        store.insert(
            "feedback_request",
            appointment_id=visit,
            office_day=day,
            at=NOW,
            appointment_version=4,
        )
    store.insert(
        "survey_response",
        appointment_id=visit,
        rating=4,
        good="kind",
        bad="slow",
        recommend="maybe",
        publish=1,
        source="web",
        at=NOW,
    )
    first = store.message(visit, "sent", sent_at=NOW, provider_ref="SM2", attempts=2)
    for sid, status in (("SM1", "undelivered"), ("SM2", "delivered")):
        store.insert("sms_receipt", sid=sid, notification_id=first, accepted_at=NOW, status=status)
    store.insert("sms_opt_out", number="+4930111222", at=NOW - HALF_HOUR, source="desk")
    second = store.message(visit, "failed")
    store.message(store.visit())
    card = reader.card(visit)
    assert card is not None
    assert card.appointment == Appointment(
        id=visit,
        client_id=client,
        status=Status.FEEDBACK_COLLECTED,
        requested_date=date(2026, 3, 20),
        band="morning",
        wish_time=time(10, 15),
        requested_until=NOW,
        starts_at=NOW,
        ends_at=NOW + HALF_HOUR,
        service="Check-up",
        note="Brings\ndocuments",
        urgency=Urgency.URGENT,
        scheduled_at=NOW - HALF_HOUR,
        confirmed_at=NOW,
        change_asked_at=NOW,
        arrived_at=NOW,
        attended_at=NOW,
        feedback_requested_at=NOW,
        feedback_collected_at=NOW,
        version=5,
    )
    assert card.client == Client(client, "Ada Lovelace", "+4930111222", "ada@example.org", "de", 3)
    assert card.requested_at == NOW
    assert card.asked_on == date(2026, 3, 17)
    assert card.survey == Survey(4, "kind", "slow", Recommend.MAYBE, True, Source.WEB)
    assert card.history == (
        HistoryLine(NOW + timedelta(minutes=1), "ana", "request", None, "requested", {}),
        HistoryLine(
            NOW + timedelta(minutes=2), "ana", "schedule", "requested", "scheduled", detail
        ),
    )
    assert card.opted_out_at == NOW - HALF_HOUR
    assert [(line.id, line.receipt) for line in card.messages] == [
        (first, "delivered"),
        (second, None),
    ]
    assert card.messages[0] == MessageLine(
        id=first,
        event="scheduled",
        recipient="client",
        channel="sms",
        to_address="+4930111222",
        subject="",
        body="See you.",
        state="sent",
        reason=None,
        attempts=2,
        due_at=NOW,
        sent_at=NOW,
        provider_ref="SM2",
        appointment_id=visit,
        receipt="delivered",
        client_id=client,
        client_name="Ada Lovelace",
    )
    assert tuple(asdict(card.messages[0]))[:-3] == MESSAGE_COLUMNS


def test_a_bare_card_has_nothing_that_is_not_there(store: Store, reader: Reader) -> None:
    visit = store.visit(Status.CANCELLED, NOW, cancel_text="moved away")
    card = reader.card(visit)
    assert card is not None
    assert card.appointment.cancel_reason is CancelReason.OFFICE
    assert card.appointment.cancel_text == "moved away"
    assert (card.appointment.starts_at, card.appointment.wish_time) == (None, None)
    assert (card.history, card.messages, card.survey, card.asked_on) == ((), (), None, None)
    assert card.opted_out_at is None
    assert reader.card(visit + 1) is None


def test_a_message_says_whom_it_is_for_with_or_without_an_appointment(
    store: Store, reader: Reader
) -> None:
    ada, grace = store.client("Ada Lovelace"), store.client("Grace Hopper")
    store.message(store.visit(client_id=ada))
    store.message(None, in_reply_to=store.inbound(client_id=grace), appointment_version=None)
    store.message(None, in_reply_to=store.inbound(), appointment_version=None)
    store.message(
        store.visit(client_id=ada),
        in_reply_to=store.inbound(client_id=grace),
        appointment_version=None,
    )
    found = [(line.client_id, line.client_name) for line in reader.messages()]
    assert found[::-1] == [
        (ada, "Ada Lovelace"),
        (grace, "Grace Hopper"),
        (None, None),
        (ada, "Ada Lovelace"),
    ]


STATES = st.lists(st.sampled_from(MessageState), max_size=25)
CHOICE = st.none() | st.lists(st.sampled_from(MessageState), max_size=3)


def test_the_outbox_is_walked_without_gaps(store: Store, reader: Reader) -> None:
    visit = store.visit()

    @QUICK
    @given(states=STATES, wanted=CHOICE, limit=st.integers(1, 9))
    def check(states: list[MessageState], wanted: list[MessageState] | None, limit: int) -> None:
        store.run("DELETE FROM notification")
        for state in states:
            store.message(visit, state.value)
        rows = store.run("SELECT id, state FROM notification").fetchall()
        urgent = ("failed", "held")
        expected = sorted(
            ((state not in urgent, -id) for id, state in rows if wanted is None or state in wanted)
        )
        walked: list[MessageLine] = []
        page = reader.messages(wanted, limit=limit)
        while page:
            assert len(page) <= limit
            walked += page
            page = reader.messages(wanted, limit=limit, after=page[-1])
        assert [(line.state not in urgent, -line.id) for line in walked] == expected

    check()


@pytest.mark.sqlite_only
def test_the_outbox_is_read_by_its_indexes(store: Store, reader: Reader) -> None:
    store.message(store.visit(), "sent")
    said: list[str] = []
    reader.plain.connection.set_trace_callback(said.append)
    line = reader.messages(None)[0]
    reader.messages(None, after=line)
    reader.plain.connection.set_trace_callback(None)
    asked = [sql for sql in said if sql.startswith("SELECT")]
    assert len(asked) > 8
    for sql in asked:
        plan = [row[3] for row in store.run(f"EXPLAIN QUERY PLAN {sql}")]
        assert not [step for step in plan if step.startswith("SCAN") and "USING" not in step]
        if "ix_notification_finished" in sql:
            assert not [step for step in plan if "TEMP B-TREE" in step]
