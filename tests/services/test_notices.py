"""What each change queues, to whom, and what is blocked; and that the preview says the same."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as hooks

from interworky_tui.config import Matrix
from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import AskedToday, BadInput, NotDue
from interworky_tui.domain.feedback import Survey
from interworky_tui.domain.lifecycle import Change, Verb
from interworky_tui.services import feedback, notice_preview, scheduling, visits
from interworky_tui.services.change import apply
from interworky_tui.services.undo import undo
from interworky_tui.storage.tables import NOTIFICATION
from tests.mending import mend_request

HOUR = timedelta(hours=1)
FOUR = [("client", "email"), ("client", "sms"), ("office", "email"), ("office", "sms")]


def whole_life(desk: Any) -> int:
    """One visit through every event but the cancel."""
    number = desk.scheduled().appointment.id
    scheduling.schedule(desk.office, number, desk.clock.now)
    visits.attend(desk.office, number)
    feedback.collect(desk.office, number)
    feedback.record(desk.office, number, Survey(5))
    return int(number)


def test_a_whole_life_is_the_28_messages(desk: Any) -> None:
    whole_life(desk)
    other = desk.request().appointment.id
    scheduling.cancel(desk.office, other, CancelReason.OFFICE)
    rows = [r for r in desk.rows(NOTIFICATION) if r["appointment_id"] == 1]
    rows += [r for r in desk.rows(NOTIFICATION) if r["event"] == "cancelled"]
    told = [(r["event"], r["recipient"], r["channel"]) for r in rows]
    assert sorted(told) == sorted((event, *to) for event in Matrix.__struct_fields__ for to in FOUR)


def test_a_row_is_ready_to_leave(desk: Any) -> None:
    made = desk.scheduled(name="Ana", phone="030 901820", email="ana@example.com")
    start = made.appointment.starts_at
    rows = desk.messages(made.appointment.id, 2)
    for row in rows:
        assert (row["state"], row["reason"], row["attempts"]) == ("pending", None, 0)
        assert row["created_at"] == desk.clock.now
        assert row["due_at"] == desk.clock.now + timedelta(seconds=10)
        assert row["visit_starts_at"] == start
        assert row["body"]
    by_way = {(r["recipient"], r["channel"]): r for r in rows}
    assert {way: r["to_address"] for way, r in by_way.items()} == {
        ("client", "email"): "ana@example.com",
        ("client", "sms"): "+4930901820",
        ("office", "email"): "desk@lindenhof.example",
        ("office", "sms"): "+493012345678",
    }
    assert {way: r["stream"] for way, r in by_way.items()} == {
        ("client", "email"): "client:1:email",
        ("client", "sms"): "client:1:sms",
        ("office", "email"): "office:1:email",
        ("office", "sms"): "office:1:sms",
    }
    mail, sms = by_way["client", "email"], by_way["client", "sms"]
    assert mail["subject"]
    assert mail["html"].startswith("<!")
    assert (sms["subject"], sms["html"], sms["message_id"]) == ("", "", None)
    assert by_way["client", "sms"]["dedupe_key"] == "1:2:scheduled:client:sms"


def test_all_to_one_client_leaves_in_one_order(desk: Any) -> None:
    for _ in range(2):
        desk.request(name="Ana", phone="030 901820")
    assert {r["stream"] for r in desk.rows(NOTIFICATION, recipient="client", channel="sms")} == {
        "client:1:sms"
    }


def test_every_mail_has_a_message_id_of_its_own(desk: Any) -> None:
    whole_life(desk)
    ids = [r["message_id"] for r in desk.rows(NOTIFICATION, channel="email")]
    assert len(set(ids)) == len(ids) == 12
    assert all(i.startswith("<") and i.endswith("@lindenhof.example>") for i in ids)
    desk.set(office={"email": ""})
    other = desk.request().appointment.id
    ids = [r["message_id"] for r in desk.messages(other) if r["channel"] == "email"]
    assert all(i.endswith(".invalid>") for i in ids)


@pytest.mark.parametrize("seconds", [0, 10, 600])
def test_word_leaves_when_the_time_to_undo_is_over(desk: Any, seconds: int) -> None:
    desk.set(messages={"undo_seconds": seconds})
    made = desk.request()
    due = desk.clock.now + timedelta(seconds=seconds)
    assert {row["due_at"] for row in desk.messages(made.appointment.id)} == {due}
    assert made.undo_until == due


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"phone": ""}, {("client", "sms")}),
        ({"email": ""}, {("client", "email")}),
    ],
)
def test_without_an_address_the_row_says_so(
    desk: Any, values: dict[str, str], missing: set[tuple[str, str]]
) -> None:
    made = desk.request(**values)
    blocked = [r for r in desk.messages(made.appointment.id) if r["state"] == "cancelled"]
    assert {(r["recipient"], r["channel"]) for r in blocked} == missing
    assert {(r["reason"], r["to_address"]) for r in blocked} == {("no_address", None)}
    assert made.queued == 3


def test_an_office_without_address_is_told_nothing(desk: Any) -> None:
    desk.set(office={"phone": "", "email": ""})
    made = desk.request()
    assert made.queued == 2
    assert {r["reason"] for r in desk.rows(NOTIFICATION, recipient="office")} == {"no_address"}


@pytest.mark.parametrize(
    ("written", "to"),
    [
        ("030 12345678", "+493012345678"),
        ("+15005550006", "+15005550006"),
        ("+44 20 7946 0958", "+442079460958"),
        ("123", None),
    ],
)
def test_the_offices_number_is_dialled_as_it_is_written(
    desk: Any, written: str, to: str | None
) -> None:
    desk.set(office={"phone": written})
    desk.request()
    (row,) = desk.rows(NOTIFICATION, recipient="office", channel="sms")
    assert row["to_address"] == to


@pytest.mark.sqlite_only
@pytest.mark.parametrize("event", Matrix.__struct_fields__)
@pytest.mark.parametrize("way", FOUR)
def test_each_of_the_28_has_its_switch(desk: Any, event: str, way: tuple[str, str]) -> None:
    recipient, channel = way
    desk.set(messages={"matrix": {event: {recipient: {channel: False}}}})
    whole_life(desk)
    scheduling.cancel(desk.office, desk.request().appointment.id, CancelReason.OFFICE)
    off = {
        (r["event"], r["recipient"], r["channel"], r["reason"])
        for r in desk.rows(NOTIFICATION, state="cancelled")
    }
    assert off == {(event, recipient, channel, "switched_off")}


def test_a_change_of_which_nobody_is_told_wakes_nobody(desk: Any) -> None:
    number = desk.request().appointment.id
    off = {r: {"email": False, "sms": False} for r in ("client", "office")}
    desk.set(messages={"matrix": {"scheduled": off}})
    woken = len(desk.woken)
    made = scheduling.schedule(desk.office, number, desk.clock.now + HOUR)
    assert (made.queued, made.undo_until) == (0, None)
    assert len(desk.woken) == woken


def test_nobody_is_woken_by_what_was_refused(desk: Any) -> None:
    number = desk.scheduled().appointment.id
    woken = len(desk.woken)
    with pytest.raises(NotDue):
        visits.attend(desk.office, number)
    assert len(desk.woken) == woken


def stops(desk: Any, **equal: Any) -> list[bool]:
    """Of each SMS in order: does it say how to stop?"""
    return ["STOP" in r["body"] for r in desk.rows(NOTIFICATION, channel="sms", **equal)]


def test_the_first_text_to_a_number_says_how_to_stop_and_only_that(desk: Any) -> None:
    whole_life(desk)
    assert stops(desk, recipient="client") == [True] + [False] * 5
    assert stops(desk, recipient="office") == [True] + [False] * 5
    desk.request()
    assert stops(desk, appointment_id=2, recipient="client") == [True]
    assert stops(desk, appointment_id=2, recipient="office") == [False]
    desk.request(name="Sister", phone="030 1230001")
    assert stops(desk, appointment_id=3, recipient="client") == [False]


def test_two_texts_of_one_change_are_not_both_the_first(desk: Any) -> None:
    number = desk.asked().appointment.id
    desk.set(office={"phone": "+493099999999"})
    feedback.record(desk.office, number, Survey(1))
    assert sorted(stops(desk, to_address="+493099999999")) == [False, True]


@pytest.mark.parametrize(
    ("state", "again"),
    [
        ("sent", False),
        ("previewed", False),
        ("sending", False),
        ("pending", False),
        ("failed", True),
        ("held", True),
    ],
)
def test_a_text_that_did_not_arrive_was_not_the_first(desk: Any, state: str, again: bool) -> None:
    number = desk.request().appointment.id
    desk.deliver(state)
    scheduling.schedule(desk.office, number, desk.clock.now + HOUR)
    assert stops(desk, recipient="client", event="scheduled") == [again]


def test_a_text_that_was_undone_or_switched_off_was_not_the_first(desk: Any) -> None:
    desk.set(messages={"matrix": {"requested": {"client": {"sms": False}}}})
    number = desk.request().appointment.id
    for _ in range(2):
        scheduling.schedule(desk.office, number, desk.clock.now + HOUR)
        undo(desk.office)
    assert stops(desk, recipient="client", event="scheduled") == [True, True]


def test_a_text_that_the_change_overtakes_will_not_be_the_first(desk: Any) -> None:
    """Asked, set and cancelled within ten seconds: only the last of the texts leaves."""
    number = desk.scheduled().appointment.id
    scheduling.cancel(desk.office, number, CancelReason.CLIENT_ASKED)
    assert stops(desk, recipient="client") == [True, False, True]
    other = desk.scheduled().appointment.id
    scheduling.schedule(desk.office, other, desk.clock.now + 300 * HOUR)
    assert stops(desk, recipient="client", appointment_id=other) == [True, False, False]


@pytest.mark.sqlite_only
def test_the_search_for_the_first_text_reads_an_index(desk: Any) -> None:
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "EXISTS" in statement and "notification" in statement:
            seen.append((statement, parameters))

    listening = desk.office.database.engine, "before_cursor_execute", note
    hooks.listen(*listening)
    desk.request()
    hooks.remove(*listening)
    assert len(seen) == 2
    with desk.office.database.read() as connection:
        for statement, parameters in seen:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            assert "ix_notification_texts" in str(plan.all())


def previewed(preview: Any) -> tuple[str, list[tuple[Any, ...]]]:
    return preview.verb.value, [
        (
            m.event.value,
            m.recipient.value,
            m.channel.value,
            m.to,
            m.text.subject,
            m.text.text,
            m.text.html,
            m.blocked and m.blocked.value,
        )
        for m in preview.messages
    ]


def queued(desk: Any, made: Any) -> tuple[str, list[tuple[Any, ...]]]:
    names = ("event", "recipient", "channel", "to_address", "subject", "body", "html", "reason")
    rows = desk.messages(made.appointment.id, made.appointment.version)
    return made.verb.value, [tuple(row[name] for name in names) for row in rows]


def test_the_preview_is_what_is_queued(desk: Any) -> None:
    desk.set(messages={"matrix": {"attended": {"client": {"sms": False}}}})
    office = desk.office
    number = desk.request(email="", note="knee", service="Massage").appointment.id
    answer = Survey(2, " slow\x1b ", "")
    reason = (CancelReason.OTHER, " moved \x1b")
    steps: list[tuple[Any, Any]] = [
        (
            lambda: notice_preview.schedule(office, number, desk.clock.now + HOUR, 45),
            lambda: scheduling.schedule(office, number, desk.clock.now + HOUR, minutes=45),
        ),
        (
            lambda: notice_preview.schedule(office, number, desk.clock.now),
            lambda: scheduling.schedule(office, number, desk.clock.now),
        ),
        (
            lambda: notice_preview.attend(office, number),
            lambda: visits.attend(office, number),
        ),
        (
            lambda: notice_preview.collect(office, number),
            lambda: feedback.collect(office, number),
        ),
        (
            lambda: notice_preview.record(office, number, answer),
            lambda: feedback.record(office, number, answer),
        ),
    ]
    for look, do in steps:
        before = desk.dump()
        shown = previewed(look())
        assert desk.dump() == before
        assert shown == queued(desk, do())
    other = desk.scheduled().appointment.id
    shown = previewed(notice_preview.cancel(office, other, *reason))
    assert shown == queued(desk, scheduling.cancel(office, other, *reason))


def test_a_preview_refuses_what_the_verb_would(desk: Any) -> None:
    number = desk.asked().appointment.id
    with pytest.raises(AskedToday):
        notice_preview.collect(desk.office, number)
    other = desk.scheduled().appointment.id
    with pytest.raises(NotDue):
        notice_preview.attend(desk.office, other)
    with pytest.raises(BadInput):
        notice_preview.cancel(desk.office, other, CancelReason.OTHER, "\x1b")
    with pytest.raises(BadInput):
        notice_preview.cancel(desk.office, other, CancelReason.OFFICE, "x" * 501)


def test_a_text_says_what_it_costs(desk: Any) -> None:
    number = desk.request().appointment.id
    shown = notice_preview.schedule(desk.office, number, desk.clock.now + HOUR).messages
    assert {m.channel.value: m.segments > 0 for m in shown} == {"email": False, "sms": True}


def test_no_reason_of_the_visit_is_in_a_text(desk: Any) -> None:
    number = desk.due().appointment.id
    mend_request(desk.office, number, service="Zephyr", note="Xylem")
    visits.attend(desk.office, number)
    feedback.collect(desk.office, number)
    feedback.record(desk.office, number, Survey(1, "Quasar", "Vortex"))
    bodies = " ".join(r["body"] for r in desk.rows(NOTIFICATION, channel="sms"))
    assert not [w for w in ("Zephyr", "Xylem", "Quasar", "Vortex") if w in bodies]
    mails = [r["body"] for r in desk.rows(NOTIFICATION, channel="email", event="low_rating")]
    assert "Vortex" in mails[0]


def test_nothing_is_queued_when_the_store_fails_in_the_middle(desk: Any) -> None:
    number = desk.due().appointment.id
    before = desk.dump()

    def fail(*_: Any) -> None:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        apply(
            desk.office,
            number,
            lambda _: Verb.ATTEND,
            lambda *_: Change(),
            version=None,
            extra=fail,
        )
    assert desk.dump() == before
