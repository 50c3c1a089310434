"""When a message that waits says what is no longer so."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.events import Event
from interworky_tui.domain.staleness import is_stale

NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)
TEN = datetime(2026, 3, 17, 10, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


def stale(
    event: Event,
    status: Status | None,
    starts_at: datetime | None = TEN,
    told: datetime | None = TEN,
    now: datetime = NOW,
) -> bool:
    ends_at = starts_at + HALF_HOUR if starts_at else None
    return is_stale(event, told, status=status, starts_at=starts_at, ends_at=ends_at, now=now)


@pytest.mark.parametrize("event", [Event.SCHEDULED, Event.RESCHEDULED])
class TestATimeThatWasTold:
    def test_it_holds_while_the_visit_keeps_it(self, event: Event) -> None:
        assert not stale(event, Status.SCHEDULED)

    def test_it_is_overtaken_by_another_time(self, event: Event) -> None:
        assert stale(event, Status.SCHEDULED, TEN + HALF_HOUR)

    def test_it_is_overtaken_by_undo(self, event: Event) -> None:
        assert stale(event, Status.REQUESTED, None)

    def test_it_is_overtaken_by_a_cancel(self, event: Event) -> None:
        assert stale(event, Status.CANCELLED)

    def test_it_is_news_until_the_visit_is_over(self, event: Event) -> None:
        last = TEN + HALF_HOUR
        assert not stale(event, Status.SCHEDULED, now=last - timedelta(microseconds=1))
        assert stale(event, Status.SCHEDULED, now=last)

    def test_an_early_attendance_leaves_it_true(self, event: Event) -> None:
        assert not stale(event, Status.ATTENDED)


def test_a_request_is_overtaken_only_by_its_cancel() -> None:
    overtaken = {s for s in Status if stale(Event.REQUESTED, s, None, None)}
    assert overtaken == {Status.CANCELLED}


@pytest.mark.parametrize("event", [Event.FEEDBACK_REQUESTED, Event.CLARIFY])
def test_a_feedback_request_stands_only_while_feedback_is_pending(event: Event) -> None:
    standing = {s for s in Status if not stale(event, s)}
    assert standing == {Status.FEEDBACK_PENDING}


def test_a_reminder_stands_only_for_the_scheduled_visit_it_speaks_of() -> None:
    assert {s for s in Status if not stale(Event.REMINDER, s)} == {Status.SCHEDULED}
    assert stale(Event.REMINDER, Status.SCHEDULED, TEN + HALF_HOUR)
    assert stale(Event.REMINDER, Status.REQUESTED, None, None)
    assert stale(Event.REMINDER, None, None, None)


def test_nobody_is_reminded_of_what_has_begun() -> None:
    moment = timedelta(microseconds=1)
    assert not stale(Event.REMINDER, Status.SCHEDULED, now=TEN - moment)
    assert stale(Event.REMINDER, Status.SCHEDULED, now=TEN)


@given(
    st.sampled_from([event for event in Event if event is not Event.REMINDER]),
    st.integers(0, 400),
)
def test_nothing_overtakes_what_is_about_no_visit(event: Event, days: int) -> None:
    assert not stale(event, None, None, None, NOW + timedelta(days=days))


SAID = [
    Event.ATTENDED,
    Event.FEEDBACK_COLLECTED,
    Event.CANCELLED,
    Event.LOW_RATING,
    Event.HELP,
    Event.REPLY,
    Event.TEST,
]


@given(
    st.sampled_from(SAID),
    st.sampled_from(Status),
    st.integers(0, 400),
)
def test_what_has_happened_stays_true(event: Event, status: Status, days: int) -> None:
    assert not stale(event, status, TEN + HALF_HOUR, now=NOW + timedelta(days=days))
