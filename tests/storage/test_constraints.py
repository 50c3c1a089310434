"""Every rule that a row must keep is the store's own: raw SQL that breaks it is refused."""

import sqlite3
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from interworky_tui.domain import replies
from interworky_tui.domain.appointment import CancelReason, Status, Urgency
from interworky_tui.domain.events import Channel, MessageState, Recipient
from interworky_tui.domain.feedback import Recommend
from interworky_tui.services import opt_outs
from interworky_tui.storage.database import Database
from interworky_tui.storage.moments import to_text
from interworky_tui.storage.types import UtcDateTime
from tests.storage.conftest import HALF_HOUR, NO_CHAIN, NOW, Store, visit_values

LATER = NOW + timedelta(days=1)

BROKEN_VISITS: list[tuple[str, Status, dict[str, Any]]] = [
    ("status", Status.REQUESTED, {"status": "done"}),
    ("slot_whole", Status.SCHEDULED, {"ends_at": None}),
    ("slot_order", Status.SCHEDULED, {"ends_at": NOW}),
    ("slot_order", Status.SCHEDULED, {"ends_at": NOW - HALF_HOUR}),
    ("slot_present", Status.SCHEDULED, {"starts_at": None, "ends_at": None}),
    ("slot_absent", Status.REQUESTED, {"starts_at": NOW, "ends_at": NOW + HALF_HOUR}),
    ("sort_at", Status.REQUESTED, {"sort_at": NOW + HALF_HOUR}),
    ("sort_at", Status.SCHEDULED, {"sort_at": NOW + HALF_HOUR}),
    ("wish", Status.REQUESTED, {"band": None}),
    ("attended_at", Status.ATTENDED, {"attended_at": None}),
    ("attended_at", Status.SCHEDULED, {"attended_at": NOW}),
    ("feedback_requested_at", Status.FEEDBACK_PENDING, {"feedback_requested_at": None}),
    ("feedback_requested_at", Status.ATTENDED, {"feedback_requested_at": NOW}),
    ("feedback_collected_at", Status.FEEDBACK_COLLECTED, {"feedback_collected_at": None}),
    ("feedback_collected_at", Status.FEEDBACK_PENDING, {"feedback_collected_at": NOW}),
    ("cancelled_at", Status.CANCELLED, {"cancelled_at": None}),
    ("cancelled_at", Status.SCHEDULED, {"cancelled_at": NOW}),
    ("cancel_reason", Status.CANCELLED, {"cancel_reason": None}),
    ("cancel_reason", Status.REQUESTED, {"cancel_reason": "office"}),
    ("cancel_reason_known", Status.CANCELLED, {"cancel_reason": "rain"}),
    ("arrived_has_slot", Status.REQUESTED, {"arrived_at": NOW}),
    ("urgency", Status.REQUESTED, {"urgency": "whenever"}),
]


@pytest.mark.parametrize(("rule", "status", "values"), BROKEN_VISITS)
def test_an_appointment_keeps_its_rules(
    store: Store, rule: str, status: Status, values: dict[str, Any]
) -> None:
    visit = store.visit(status)
    stored = {k: to_text(v) if isinstance(v, datetime) else v for k, v in values.items()}
    changes = ", ".join(f"{name} = ?" for name in stored)
    with pytest.raises(sqlite3.IntegrityError, match=f"ck_appointment_{rule}$"):
        store.connection.execute(
            f"UPDATE appointment SET {changes} WHERE id = ?", (*stored.values(), visit)
        )


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("reason", CancelReason)
@pytest.mark.parametrize("urgency", Urgency)
def test_what_the_domain_knows_can_be_stored(
    store: Store, status: Status, reason: CancelReason, urgency: Urgency
) -> None:
    cancelled = {"cancel_reason": reason.value} if status is Status.CANCELLED else {}
    client = store.client()
    values = visit_values(status, NOW) | cancelled
    assert store.insert("appointment", client_id=client, urgency=urgency.value, **values)


BROKEN_ROWS: list[tuple[str, str, dict[str, Any]]] = [
    ("message", "ck_notification_state", {"state": "lost"}),
    ("line", "ck_appointment_event_hash", {"hash": "00"}),
    ("message", "ck_notification_recipient", {"recipient": "press"}),
    ("message", "ck_notification_channel", {"channel": "pigeon"}),
    ("message", "ck_notification_lease_owner", {"state": "sending", "lease_owner": None}),
    ("message", "ck_notification_lease_owner", {"state": "pending", "lease_owner": "desk"}),
    ("message", "ck_notification_lease_until", {"state": "sending", "lease_until": None}),
    ("message", "ck_notification_lease_until", {"state": "pending", "lease_until": NOW}),
    ("message", "ck_notification_reason", {"state": "failed", "reason": None}),
    ("message", "ck_notification_reason", {"state": "held", "reason": None}),
    ("message", "ck_notification_reason", {"state": "cancelled", "reason": None}),
    ("message", "ck_notification_of_appointment", {"appointment_id": None}),
    ("text", "ck_inbound_sms_kind", {"kind": "shout"}),
    ("opt-out", "ck_sms_opt_out_source", {"source": "hearsay"}),
    ("client", "ck_client_reachable", {"phone": None, "email": None}),
    ("client", "ck_client_name_length", {"name": ""}),
    ("client", "ck_client_name_length", {"name": "x" * 301}),
    ("survey", "ck_survey_response_rating", {"rating": 0}),
    ("survey", "ck_survey_response_rating", {"rating": 6}),
    ("survey", "ck_survey_response_recommend", {"recommend": "perhaps"}),
    ("survey", "ck_survey_response_publish", {"publish": 2}),
    ("note", "ck_survey_note_rating", {"rating": 6}),
    ("offer", "ck_slot_offer_slot_order", {"ends_at": LATER}),
    ("offer", "ck_slot_offer_outcome", {"closed_at": NOW, "outcome": "eaten"}),
    ("offer", "ck_slot_offer_closed", {"closed_at": NOW}),
    ("offer", "ck_slot_offer_closed", {"outcome": "expired"}),
    ("offer", "ck_slot_offer_taken_by", {"closed_at": NOW, "outcome": "taken"}),
    ("offer", "ck_slot_offer_taken_by", {"taken_by": 1}),
    ("offer", "ck_slot_offer_held", {"expires_at": LATER + HALF_HOUR}),
    ("desk", "ck_desk_session_kind", {"kind": "fridge"}),
]


@pytest.mark.parametrize(("kind", "rule", "values"), BROKEN_ROWS)
def test_other_rows_keep_their_rules(
    store: Store, kind: str, rule: str, values: dict[str, Any]
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=f"{rule}$"):
        add(store, kind, **values)


OFFER = {
    "starts_at": LATER,
    "ends_at": LATER + HALF_HOUR,
    "made_at": NOW,
    "made_by": "ana",
    "expires_at": NOW + HALF_HOUR,
}
LINE = {
    "version": 1,
    "at": NOW,
    "actor": "ana",
    "verb": "request",
    "to_status": "requested",
    "hash": NO_CHAIN,
}


SESSION = {
    "id": "a",
    "kind": "desk",
    "actor": "ana",
    "machine": "front",
    "begun_at": NOW,
    "seen_at": NOW,
}


def add(store: Store, kind: str, /, **values: Any) -> int:
    if kind == "client":
        return store.client(**values)
    if kind == "message":
        return store.message(store.visit(), **values)
    if kind == "text":
        return store.inbound(**values)
    if kind == "opt-out":
        return store.insert(
            "sms_opt_out", **{"number": "+4930111222", "at": NOW, "source": "desk", **values}
        )
    if kind == "note":
        return store.insert(
            "survey_note", appointment_id=store.visit(), at=NOW, source="sms", **values
        )
    if kind == "offer":
        return store.insert("slot_offer", **{**OFFER, **values})
    if kind == "desk":
        return store.insert("desk_session", **SESSION | values)
    if kind == "line":
        return store.insert("appointment_event", appointment_id=store.visit(), **LINE | values)
    found = {"rating": 5, "publish": 0, "source": "staff", "at": NOW, **values}
    return store.insert("survey_response", appointment_id=store.visit(), **found)


def test_every_check_is_broken_once_here(store: Store) -> None:
    sql = " ".join(
        row[0] or "" for row in store.connection.execute("SELECT sql FROM sqlite_master")
    )
    named = {word for word in sql.split() if word.startswith("ck_")}
    tried = {f"ck_appointment_{rule}" for rule, *_ in BROKEN_VISITS}
    tried |= {rule for _, rule, _ in BROKEN_ROWS}
    assert tried == named


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("state", list(MessageState)),
        ("recipient", list(Recipient)),
        ("channel", list(Channel)),
    ],
)
def test_what_a_message_can_be_can_be_stored(store: Store, column: str, values: list[str]) -> None:
    for value in values:
        assert store.message(store.visit(), **{column: value})


@pytest.mark.parametrize("kind", replies.Kind)
def test_what_a_text_can_mean_can_be_stored(store: Store, kind: replies.Kind) -> None:
    assert add(store, "text", kind=kind.value)


def test_how_a_number_can_opt_out_can_be_stored(store: Store) -> None:
    for number, source in enumerate(opt_outs.Source):
        add(store, "opt-out", source=source, number=f"+4930{number}")
    assert store.one("SELECT count(*) FROM sms_opt_out") == len(opt_outs.Source)


def test_only_who_is_forgotten_needs_neither_phone_nor_email(store: Store) -> None:
    assert store.client(phone=None, email=None, erased_at=NOW)
    for known in ({"phone": "+4930111222"}, {"email": "ada@example.com"}):
        assert store.client(**{"phone": None, **known})
    with pytest.raises(sqlite3.IntegrityError, match="ck_client_reachable"):
        store.client(phone=None, email=None)


def test_what_no_change_owes_needs_no_appointment(store: Store) -> None:
    text, bare = store.inbound(), {"appointment_version": None, "event": "reply"}
    assert store.message(None, in_reply_to=text, **bare)
    assert store.message(store.visit(), **bare)


def test_what_a_survey_can_say_can_be_stored(store: Store) -> None:
    for recommend in (None, *Recommend):
        assert add(store, "survey", recommend=recommend)


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("appointment_event", LINE),
        ("feedback_request", {"office_day": "2026-03-16", "at": NOW, "appointment_version": 1}),
        ("survey_response", {"rating": 1, "publish": 0, "source": "staff", "at": NOW}),
    ],
)
def test_what_may_be_there_once_is_refused_twice(
    store: Store, table: str, values: dict[str, Any]
) -> None:
    visit = store.visit()
    store.insert(table, appointment_id=visit, **values)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        store.insert(table, appointment_id=visit, **values)
    store.insert(table, appointment_id=store.visit(), **values)


@pytest.mark.parametrize("outcome", [None, "taken", "booked", "expired", "withdrawn"])
def test_how_an_offer_can_end_can_be_stored(store: Store, outcome: str | None) -> None:
    ended = {"closed_at": NOW, "outcome": outcome} if outcome else {}
    taken = {"taken_by": store.visit()} if outcome == "taken" else {}
    assert add(store, "offer", **ended, **taken)


@pytest.mark.parametrize("same", ["appointment_id", "number", "notification_id"])
def test_an_offer_goes_to_nobody_twice(store: Store, same: str) -> None:
    def to(number: int) -> dict[str, Any]:
        visit = store.visit()
        return {
            "appointment_id": visit,
            "number": f"+4930{number}",
            "notification_id": store.message(visit),
        }

    first, second = {"offer_id": add(store, "offer"), **to(1)}, to(2)
    store.insert("slot_offer_to", **first)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        store.insert("slot_offer_to", **{**first, **second, same: first[same]})
    store.insert("slot_offer_to", **{**first, **second})
    other = {} if same == "notification_id" else {same: first[same]}
    store.insert("slot_offer_to", **{**to(3), **other, "offer_id": add(store, "offer")})


def test_a_text_is_taken_in_once_and_a_number_opts_out_once(store: Store) -> None:
    for kind, values in (("text", {"sid": "SM1"}), ("opt-out", {"number": "+4930111222"})):
        add(store, kind, **values)
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            add(store, kind, **values)


def test_a_text_that_was_taken_has_one_receipt(store: Store) -> None:
    receipt = {"sid": "SM1", "notification_id": store.message(store.visit()), "accepted_at": NOW}
    store.insert("sms_receipt", **receipt)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        store.insert("sms_receipt", **receipt)


@pytest.mark.parametrize("column", ["dedupe_key", "message_id"])
def test_a_message_is_queued_once(store: Store, column: str) -> None:
    store.message(store.visit(), **{column: "same"})
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        store.message(store.visit(), **{column: "same"})


def test_an_imported_row_is_taken_once(store: Store) -> None:
    store.visit(source_key="line 1")
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        store.visit(source_key="line 1")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM client",
        "UPDATE appointment SET client_id = 99",
        "UPDATE notification SET appointment_id = 99",
        "UPDATE notification SET in_reply_to = 99",
        "UPDATE inbound_sms SET client_id = 99",
        "UPDATE inbound_sms SET appointment_id = 99",
        "UPDATE sms_receipt SET notification_id = 99",
        "UPDATE slot_offer SET closed_at = made_at, outcome = 'taken', taken_by = 99",
        "UPDATE slot_offer_to SET appointment_id = 99",
        "UPDATE slot_offer_to SET notification_id = 99",
        "DELETE FROM slot_offer",
        "DELETE FROM inbound_sms",
        "DELETE FROM appointment",
    ],
)
def test_nothing_refers_to_what_is_not_there(
    store: Store, database: Database, statement: str
) -> None:
    message = store.message(store.visit(), in_reply_to=store.inbound())
    store.insert("sms_receipt", sid="SM1", notification_id=message, accepted_at=NOW)
    offered = {"offer_id": add(store, "offer"), "appointment_id": 1, "number": "+4930111222"}
    store.insert("slot_offer_to", notification_id=message, **offered)
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), database.write() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE appointment_event SET actor = 'nobody'",
        "DELETE FROM appointment_event",
        "INSERT OR REPLACE INTO appointment_event"
        " (id, appointment_id, version, at, actor, verb, to_status, hash)"
        " SELECT id, appointment_id, version, at, 'nobody', verb, to_status, hash"
        " FROM appointment_event",
    ],
)
def test_history_is_only_added_to(store: Store, database: Database, statement: str) -> None:
    add(store, "line")
    with pytest.raises(IntegrityError, match="only ever added"), database.write() as connection:
        connection.exec_driver_sql(statement)
    assert store.one("SELECT actor FROM appointment_event") == "ana"


@pytest.mark.parametrize("value", ["tomorrow", 1.5, b"1"])
def test_columns_keep_their_type(store: Store, value: object) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="cannot store"):
        store.client(version=value)


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    dialect = database.engine.dialect
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(NOW.replace(tzinfo=None), dialect)
    stored = UtcDateTime().process_bind_param(NOW + timedelta(microseconds=1), dialect)
    assert stored == "2026-03-16T08:10:00.000001Z"
    assert UtcDateTime().process_result_value(stored, dialect) == NOW + timedelta(microseconds=1)
