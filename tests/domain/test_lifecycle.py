"""The table of transitions against the rules as they are written down, verb by verb."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Appointment, CancelReason, Status, Urgency
from interworky_tui.domain.errors import (
    AskedToday,
    BadInput,
    IllegalMove,
    InThePast,
    NotDue,
    NotToday,
    Refusal,
)
from interworky_tui.domain.events import Event
from interworky_tui.domain.lifecycle import (
    TRANSITIONS,
    Change,
    Verb,
    advance,
    allowed,
    coming,
    natural_verb,
    next_ask,
    refusal,
)

NOW = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
MINUTE = timedelta(minutes=1)
HALF_HOUR = timedelta(minutes=30)
TODAY = date(2026, 3, 16)

# from, verb, to: the whole of what is allowed.
MOVES = {
    ("requested", "schedule", "scheduled"),
    ("scheduled", "reschedule", "scheduled"),
    ("scheduled", "attend", "attended"),
    ("scheduled", "confirm", "scheduled"),
    ("scheduled", "ask_change", "scheduled"),
    ("scheduled", "arrive", "scheduled"),
    ("scheduled", "not_arrived", "scheduled"),
    ("attended", "collect_feedback", "feedback_pending"),
    ("feedback_pending", "resend", "feedback_pending"),
    ("feedback_pending", "submit_feedback", "feedback_collected"),
    ("requested", "cancel", "cancelled"),
    ("scheduled", "cancel", "cancelled"),
} | {(status.value, "edit", status.value) for status in Status}

GOOD_CHANGE = Change(
    starts_at=LATER,
    ends_at=LATER + HALF_HOUR,
    reason=CancelReason.CLIENT_ASKED,
    today=TODAY,
    visit_on=TODAY,
)


def an_appointment(status: Status, starts_at: datetime | None = NOW) -> Appointment:
    slot = {} if status is Status.REQUESTED else {"starts_at": starts_at}
    made = Appointment(
        id=7,
        client_id=3,
        status=status,
        requested_date=TODAY,
        band="morning",
        wish_time=None,
        requested_until=NOW + timedelta(hours=3),
        urgency=Urgency.LOW,
        version=4,
        **slot,
    )
    return replace(made, ends_at=made.starts_at and made.starts_at + HALF_HOUR)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.UNDO])
def test_exactly_the_moves_of_the_table_are_possible(status: Status, verb: Verb) -> None:
    appointment = an_appointment(status)
    if verb is Verb.NOT_ARRIVED:
        appointment = replace(appointment, arrived_at=NOW)
    targets = {to for source, name, to in MOVES if (source, name) == (status, verb)}
    if not targets:
        with pytest.raises(IllegalMove) as caught:
            advance(appointment, verb, NOW, GOOD_CHANGE)
        assert status.label.lower() in caught.value.sentence
        assert caught.value.sentence.endswith(".")
        return
    after = advance(appointment, verb, NOW, GOOD_CHANGE)
    assert {after.status.value} == targets
    assert after.version == appointment.version + 1


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("offset", [-MINUTE, timedelta(), MINUTE])
@pytest.mark.parametrize("arrived_at", [None, NOW])
def test_what_is_offered_is_what_is_possible(
    status: Status, offset: timedelta, arrived_at: datetime | None
) -> None:
    appointment = replace(an_appointment(status, NOW + offset), arrived_at=arrived_at)
    offered = set(allowed(appointment, NOW))
    for verb in TRANSITIONS:
        try:
            advance(appointment, verb, NOW, GOOD_CHANGE)
        except Refusal:
            assert verb not in offered
        else:
            assert verb in offered
    natural = natural_verb(appointment, NOW)
    assert natural is None or natural in offered


def test_each_move_tells_of_its_own_event() -> None:
    told = {verb.value: move.event for verb, move in TRANSITIONS.items()}
    assert told == {
        "request": Event.REQUESTED,
        "schedule": Event.SCHEDULED,
        "reschedule": Event.RESCHEDULED,
        "attend": Event.ATTENDED,
        "collect_feedback": Event.FEEDBACK_REQUESTED,
        "resend": Event.FEEDBACK_REQUESTED,
        "submit_feedback": Event.FEEDBACK_COLLECTED,
        "cancel": Event.CANCELLED,
        "edit": None,
        "confirm": None,
        "ask_change": None,
        "arrive": None,
        "not_arrived": None,
    }


def test_a_visit_is_due_from_its_start_on_whatever_it_lasts() -> None:
    visit = an_appointment(Status.SCHEDULED)
    assert not visit.is_due(NOW - timedelta(microseconds=1))
    assert visit.is_due(NOW)
    assert visit.is_due(NOW + timedelta(days=30))
    assert natural_verb(visit, NOW - MINUTE) is Verb.RESCHEDULE
    assert natural_verb(visit, NOW) is Verb.ATTEND
    with pytest.raises(NotDue):
        advance(visit, Verb.ATTEND, NOW - timedelta(microseconds=1))
    assert advance(visit, Verb.ATTEND, NOW).attended_at == NOW


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.SCHEDULED])
def test_only_a_scheduled_visit_is_due(status: Status) -> None:
    assert not an_appointment(status, NOW - MINUTE).is_due(NOW)


def test_a_request_is_stale_when_its_window_has_passed() -> None:
    asked = an_appointment(Status.REQUESTED)
    until = asked.requested_until
    assert not asked.is_stale(until - timedelta(microseconds=1))
    assert asked.is_stale(until)
    assert not replace(asked, status=Status.CANCELLED).is_stale(until)


def schedule(start: datetime, now: datetime = NOW, length: timedelta = HALF_HOUR) -> Appointment:
    change = Change(starts_at=start, ends_at=start + length)
    return advance(an_appointment(Status.REQUESTED), Verb.SCHEDULE, now, change)


def test_no_time_in_the_past_but_the_minute_on_the_clock() -> None:
    now = NOW + timedelta(seconds=42)
    assert schedule(NOW, now).starts_at == NOW
    with pytest.raises(InThePast):
        schedule(NOW - MINUTE, now)
    with pytest.raises(InThePast):
        schedule(NOW - timedelta(microseconds=1), now)


def test_a_time_is_needed_and_one_that_lasts() -> None:
    with pytest.raises(BadInput) as caught:
        advance(an_appointment(Status.REQUESTED), Verb.SCHEDULE, NOW, Change())
    assert caught.value.field == "when"
    with pytest.raises(BadInput) as caught:
        schedule(LATER, length=timedelta())
    assert caught.value.field == "minutes"


def test_a_time_centuries_away_is_a_slip() -> None:
    with pytest.raises(BadInput) as caught:
        schedule(datetime(9999, 12, 31, tzinfo=UTC))
    assert caught.value.field == "when"


def test_moving_a_visit_to_where_it_is_is_no_change() -> None:
    visit = an_appointment(Status.SCHEDULED, LATER)
    same = Change(starts_at=LATER, ends_at=LATER + HALF_HOUR)
    with pytest.raises(BadInput):
        advance(visit, Verb.RESCHEDULE, NOW, same)
    longer = replace(same, ends_at=LATER + 2 * HALF_HOUR)
    assert advance(visit, Verb.RESCHEDULE, NOW, longer).ends_at == LATER + 2 * HALF_HOUR


def test_who_waits_for_another_time_has_not_arrived() -> None:
    visit = replace(an_appointment(Status.SCHEDULED), arrived_at=NOW)
    assert advance(visit, Verb.RESCHEDULE, NOW, GOOD_CHANGE).arrived_at is None


def test_who_is_here_is_marked_once_and_can_be_taken_back() -> None:
    visit = an_appointment(Status.SCHEDULED, LATER)
    here = advance(visit, Verb.ARRIVE, NOW, GOOD_CHANGE)
    assert (here.arrived_at, here.starts_at, here.status) == (NOW, LATER, Status.SCHEDULED)
    with pytest.raises(IllegalMove, match="already"):
        advance(here, Verb.ARRIVE, LATER, GOOD_CHANGE)
    gone = advance(here, Verb.NOT_ARRIVED, LATER)
    assert gone == replace(visit, version=visit.version + 2)
    with pytest.raises(IllegalMove, match="Nobody has said"):
        advance(gone, Verb.NOT_ARRIVED, LATER)


def test_only_who_comes_today_is_here() -> None:
    """The day is the office's: just after midnight in Berlin it is still Sunday in London."""
    now = datetime(2026, 3, 15, 23, 30, tzinfo=UTC)
    for start, berlin, london in (
        (now + timedelta(hours=8), True, False),
        (now - timedelta(hours=1), False, True),
        (now + timedelta(days=1), False, False),
    ):
        visit = an_appointment(Status.SCHEDULED, start)
        for name, possible in (("Europe/Berlin", berlin), ("Europe/London", london)):
            change = coming(visit, now, ZoneInfo(name))
            refused = refusal(visit, Verb.ARRIVE, now, change)
            assert (refused is None) is possible
            if refused is not None:
                assert isinstance(refused, NotToday)
                assert refused.sentence.endswith(".")


@given(st.integers(-24 * 60, 24 * 60).map(lambda minutes: NOW + minutes * MINUTE))
@example(NOW - timedelta(hours=12))
def test_nobody_waits_for_half_a_day(arrived_at: datetime) -> None:
    here = replace(an_appointment(Status.SCHEDULED), arrived_at=arrived_at)
    assert here.is_here(NOW) is (arrived_at > NOW - timedelta(hours=12))
    assert not replace(here, status=Status.ATTENDED).is_here(NOW)
    assert not replace(here, arrived_at=None).is_here(NOW)


def test_the_clients_last_word_on_a_time_counts() -> None:
    visit = an_appointment(Status.SCHEDULED, LATER)
    suits = advance(visit, Verb.CONFIRM, NOW)
    assert (suits.confirmed_at, suits.change_asked_at) == (NOW, None)
    does_not = advance(suits, Verb.ASK_CHANGE, LATER)
    assert (does_not.confirmed_at, does_not.change_asked_at) == (None, LATER)
    assert advance(does_not, Verb.CONFIRM, LATER).change_asked_at is None
    assert (does_not.starts_at, does_not.status) == (LATER, Status.SCHEDULED)


@pytest.mark.parametrize("verb", [Verb.CONFIRM, Verb.ASK_CHANGE])
def test_another_time_is_not_confirmed_yet(verb: Verb) -> None:
    answered = advance(an_appointment(Status.SCHEDULED, LATER), verb, NOW)
    change = Change(starts_at=LATER + MINUTE, ends_at=LATER + HALF_HOUR)
    moved = advance(answered, Verb.RESCHEDULE, NOW + MINUTE, change)
    assert (moved.confirmed_at, moved.change_asked_at) == (None, None)
    assert moved.scheduled_at == NOW + MINUTE


@pytest.mark.parametrize(
    ("status", "verb"),
    [(Status.ATTENDED, Verb.COLLECT_FEEDBACK), (Status.FEEDBACK_PENDING, Verb.RESEND)],
)
def test_feedback_is_asked_for_once_a_day(status: Status, verb: Verb) -> None:
    visit = an_appointment(status)
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    after = advance(visit, verb, NOW, Change(today=TODAY, asked_on=yesterday))
    assert after.feedback_requested_at == NOW
    # A day ahead is a clock that was put back: still not twice on one day.
    for asked_on, again in ((TODAY, tomorrow), (tomorrow, tomorrow + timedelta(days=1))):
        with pytest.raises(AskedToday) as caught:
            advance(visit, verb, NOW, Change(today=TODAY, asked_on=asked_on))
        assert caught.value.next_allowed == again == next_ask(asked_on)
    assert "Tue 17 Mar 2026" in str(refusal(visit, verb, NOW, Change(today=TODAY, asked_on=TODAY)))


def cancel(appointment: Appointment, reason: CancelReason | None, text: str = "") -> Appointment:
    return advance(appointment, Verb.CANCEL, NOW, Change(reason=reason, text=text))


def test_a_cancel_needs_its_reason() -> None:
    asked = an_appointment(Status.REQUESTED)
    with pytest.raises(BadInput) as caught:
        cancel(asked, None)
    assert caught.value.field == "reason"
    with pytest.raises(BadInput) as caught:
        cancel(asked, CancelReason.OTHER, " \n")
    assert caught.value.field == "text"
    after = cancel(asked, CancelReason.OTHER, "moved away")
    assert (after.cancelled_at, after.cancel_reason, after.cancel_text) == (
        NOW,
        CancelReason.OTHER,
        "moved away",
    )


def test_a_no_show_is_a_due_visit() -> None:
    assert cancel(an_appointment(Status.SCHEDULED), CancelReason.NO_SHOW).status == "cancelled"
    for appointment in (
        an_appointment(Status.SCHEDULED, NOW + MINUTE),
        an_appointment(Status.REQUESTED),
    ):
        with pytest.raises(NotDue):
            cancel(appointment, CancelReason.NO_SHOW)


def test_undo_is_not_asked_of_the_table() -> None:
    assert Verb.UNDO not in TRANSITIONS
    assert all(Verb.UNDO not in allowed(an_appointment(status), NOW) for status in Status)


moments = st.integers(-30, 30).map(lambda days: NOW + timedelta(days=days))
changes = st.builds(
    Change,
    starts_at=st.none() | moments,
    ends_at=st.none() | moments,
    reason=st.none() | st.sampled_from(CancelReason),
    text=st.sampled_from(["", " ", "ill"]),
    today=st.just(TODAY),
    asked_on=st.none() | st.dates(TODAY - timedelta(days=2), TODAY + timedelta(days=2)),
    visit_on=st.none() | st.sampled_from([TODAY, TODAY + timedelta(days=1)]),
)


@given(
    st.lists(st.tuples(st.sampled_from(list(TRANSITIONS)), moments, changes), max_size=12),
)
def test_no_series_of_moves_reaches_a_state_that_cannot_be(
    steps: list[tuple[Verb, datetime, Change]],
) -> None:
    appointment = an_appointment(Status.REQUESTED)
    for verb, now, change in steps:
        refused = refusal(appointment, verb, now, change)
        if refused is not None:
            with pytest.raises(type(refused)):
                advance(appointment, verb, now, change)
            continue
        after = advance(appointment, verb, now, change)
        assert (appointment.status, verb, after.status) in MOVES
        assert after.version == appointment.version + 1
        appointment = after
    seen = appointment.status
    assert (appointment.starts_at is None) == (appointment.ends_at is None)
    assert (appointment.attended_at is not None) == (
        seen in (Status.ATTENDED, Status.FEEDBACK_PENDING, Status.FEEDBACK_COLLECTED)
    )
    assert (appointment.cancelled_at is not None) == (seen is Status.CANCELLED)
    assert (appointment.cancel_reason is not None) == (seen is Status.CANCELLED)
    assert (appointment.feedback_collected_at is not None) == (seen is Status.FEEDBACK_COLLECTED)
    if appointment.starts_at and appointment.ends_at:
        assert appointment.starts_at < appointment.ends_at
    assert (appointment.scheduled_at is None) == (appointment.starts_at is None)
    assert not (appointment.confirmed_at and appointment.change_asked_at)
    assert appointment.starts_at or not appointment.arrived_at
