"""The insights, against histories that were counted by hand."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update
from sqlalchemy.dialects import postgresql

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.feedback import Recommend, Survey
from interworky_tui.services import feedback, insights_reads, scheduling, visits
from interworky_tui.services.insights import Delay, Week, insights, insights_json
from interworky_tui.services.undo import undo
from interworky_tui.storage.tables import NOTIFICATION, SMS_RECEIPT, SURVEY_RESPONSE


def now(desk, days=30):
    return insights(desk.office, days).now


def at(desk, *when):
    """A moment in the office's zone."""
    desk.clock.now = datetime(*when, tzinfo=desk.office.zone).astimezone(UTC)


def tomorrow(desk):
    """A day for a wish that no hour of today has passed."""
    return desk.clock.now.date() + timedelta(days=2)


def due(desk):
    return desk.scheduled(desk.clock.now, date=tomorrow(desk)).appointment


def asked(desk):
    visit = due(desk)
    visits.attend(desk.office, visit.id)
    return feedback.collect(desk.office, visit.id).appointment


def answered(desk, rating, after_minutes=0, **more):
    one = asked(desk)
    desk.clock.forward(minutes=after_minutes)
    return feedback.record(desk.office, one.id, Survey(rating, **more)).appointment


def test_an_office_that_is_new_has_nothing(desk):
    found = insights(desk.office, 90)
    assert found.now.empty
    assert found.before.empty
    assert found.now.feedback.average is None
    assert found.now.feedback.response_rate is None
    assert found.now.visits.no_show_rate is None
    assert found.now.requests.to_time == Delay(0, None, None)


@pytest.mark.parametrize("days", [0, 29, 31, 366])
def test_only_three_spans_are_known(desk, days):
    with pytest.raises(BadInput):
        insights(desk.office, days)


def test_a_span_is_days_of_the_office_and_ends_with_today(desk):
    at(desk, 2026, 3, 16, 0, 30)  # still Sunday in UTC
    found = insights(desk.office, 30)
    assert (found.now.first, found.now.last) == (date(2026, 2, 15), date(2026, 3, 16))
    assert (found.before.first, found.before.last) == (date(2026, 1, 16), date(2026, 2, 14))


@pytest.mark.parametrize(
    ("when", "counted"),
    [
        ((2026, 2, 14, 23, 59), (0, 1)),
        ((2026, 2, 15, 0, 0), (1, 0)),
        ((2026, 1, 16, 0, 0), (0, 1)),
        ((2026, 1, 15, 23, 59), (0, 0)),
    ],
)
def test_the_bounds_are_local_midnights(desk, when, counted):
    at(desk, *when)
    desk.request()
    at(desk, 2026, 3, 16, 9, 10)
    found = insights(desk.office, 30)
    assert (found.now.requests.total, found.before.requests.total) == counted


def test_ratings_are_by_week_and_the_weeks_are_local(desk):
    """The clocks go forward on Sunday 29 March 2026: that week has 167 hours."""
    at(desk, 2026, 3, 23, 0, 5)
    answered(desk, 5)
    at(desk, 2026, 3, 29, 23, 30)  # 21:30 in UTC; a week of 168 hours would be over
    answered(desk, 2)
    at(desk, 2026, 3, 30, 0, 30)  # still Sunday in UTC
    answered(desk, 4)
    at(desk, 2026, 4, 1, 12)
    weeks = now(desk).feedback.weeks
    assert weeks[-3:] == (
        Week(date(2026, 3, 16), 0, None),
        Week(date(2026, 3, 23), 2, 3.5),
        Week(date(2026, 3, 30), 1, 4.0),
    )
    assert weeks[0].monday == date(2026, 3, 2)  # of which the span has no day but Tuesday's on
    assert now(desk).feedback.ratings == (0, 1, 0, 1, 1)
    assert now(desk).feedback.average == pytest.approx(11 / 3)


def test_a_week_that_the_span_cuts_counts_its_part(desk):
    at(desk, 2026, 2, 14, 12)  # Saturday; the span begins on Sunday
    answered(desk, 1)
    at(desk, 2026, 2, 15, 12)
    answered(desk, 5)
    at(desk, 2026, 3, 16, 12)
    assert now(desk).feedback.weeks[0] == Week(date(2026, 2, 9), 1, 5.0)


def test_who_was_asked_and_answered_and_how_soon(desk):
    for minutes in (10, 20, 30, 40, 600):
        answered(desk, 5, minutes)
    asked(desk)
    found = now(desk).feedback
    assert (found.asked, found.answered) == (6, 5)
    assert found.response_rate == pytest.approx(5 / 6)
    assert found.to_answer == Delay(5, 30, 600)


def test_half_of_an_even_number_and_nine_of_ten(desk):
    for minutes in range(1, 11):
        answered(desk, 5, minutes)
    assert now(desk).feedback.to_answer == Delay(10, 5, 9)


def test_asking_again_is_asking_once_and_counts_from_the_first(desk):
    one = asked(desk)
    desk.clock.forward(days=1)
    feedback.collect(desk.office, one.id)
    desk.clock.forward(hours=1)
    feedback.record(desk.office, one.id, Survey(4))
    found = now(desk).feedback
    assert (found.asked, found.answered, found.to_answer.median) == (1, 1, 25 * 60)


def test_an_answer_belongs_to_the_span_of_its_asking_and_a_rating_to_its_own(desk):
    at(desk, 2026, 2, 14, 12)
    one = asked(desk)
    at(desk, 2026, 2, 15, 12)
    feedback.record(desk.office, one.id, Survey(4))
    at(desk, 2026, 3, 16, 12)
    found = insights(desk.office, 30)
    assert (found.now.feedback.asked, found.before.feedback.asked) == (0, 1)
    assert (found.now.feedback.answered, found.before.feedback.answered) == (0, 1)
    assert (found.now.feedback.answers, found.before.feedback.answers) == (1, 0)


def test_would_recommend(desk):
    answered(desk, 5, recommend=Recommend.YES)
    answered(desk, 5, recommend=Recommend.YES)
    answered(desk, 1, recommend=Recommend.NO)
    answered(desk, 3)
    assert now(desk).feedback.recommend == {"yes": 2, "maybe": 0, "no": 1, "unsaid": 1}


def test_requests_by_what_became_of_them_and_by_what_is_wished(desk):
    desk.request(date=date(2026, 3, 20), band="morning")  # a Friday
    desk.request(date=date(2026, 3, 20), band="evening")
    desk.request(date=date(2026, 3, 22), band="morning")
    desk.scheduled(date=date(2026, 3, 23), band="morning")
    found = now(desk).requests
    assert found.total == 4
    assert found.by_status == {
        "requested": 3, "scheduled": 1, "attended": 0,
        "feedback_pending": 0, "feedback_collected": 0, "cancelled": 0,
    }  # fmt: skip
    assert found.by_weekday == (1, 0, 0, 0, 2, 0, 1)
    assert found.by_band == {"early_morning": 0, "morning": 3, "afternoon": 0, "evening": 1}
    assert found.by_source == {"desk": 4, "cli": 0, "import": 0, "web": 0, "api": 0}


def test_an_exact_wish_outside_every_band_has_a_place(desk):
    desk.request(date=date(2026, 3, 20), band="", wish_time=time(21, 30))
    assert now(desk).requests.by_band[""] == 1


def test_from_the_request_to_a_set_time(desk):
    for minutes in (5, 10, 90):
        asked = desk.request().appointment
        desk.clock.forward(minutes=minutes)
        scheduling.schedule(desk.office, asked.id, desk.clock.now + timedelta(days=asked.id))
    desk.request()
    assert now(desk).requests.to_time == Delay(3, 10, 90)


def test_moving_a_visit_later_is_no_part_of_it(desk):
    asked = desk.request().appointment
    desk.clock.forward(minutes=7)
    scheduling.schedule(desk.office, asked.id, desk.clock.now + timedelta(days=1))
    desk.clock.forward(hours=9)
    scheduling.schedule(desk.office, asked.id, desk.clock.now + timedelta(days=2))
    assert now(desk).requests.to_time == Delay(1, 7, 7)


def test_a_time_that_was_undone_was_never_set(desk):
    asked = desk.request().appointment
    desk.clock.forward(minutes=7)
    scheduling.schedule(desk.office, asked.id, desk.clock.now + timedelta(days=1))
    undo(desk.office)
    assert now(desk).requests.to_time == Delay(0, None, None)
    desk.clock.forward(minutes=13)
    scheduling.schedule(desk.office, asked.id, desk.clock.now + timedelta(days=1))
    assert now(desk).requests.to_time == Delay(1, 20, 20)


def test_what_was_undone_counts_nowhere(desk):
    desk.request()
    undo(desk.office)
    kept = desk.request().appointment
    scheduling.cancel(desk.office, kept.id, CancelReason.OFFICE)
    undo(desk.office)
    pending = asked(desk)
    feedback.record(desk.office, pending.id, Survey(1))
    undo(desk.office)
    asked(desk)
    undo(desk.office)
    found = now(desk)
    assert found.requests.total == 3
    assert not any(found.cancelled.values())
    assert found.feedback.answers == 0
    assert (found.feedback.asked, found.feedback.answered) == (1, 0)
    assert sum(found.requests.by_weekday) == sum(found.requests.by_band.values()) == 3


def test_a_request_that_was_cancelled_counts(desk):
    one = desk.request().appointment
    scheduling.cancel(desk.office, one.id, CancelReason.DUPLICATE)
    found = now(desk)
    assert found.requests.by_status["cancelled"] == found.cancelled["duplicate"] == 1


def test_who_came_and_who_did_not(desk):
    desk.attended()
    desk.attended()
    missed = desk.due().appointment
    scheduling.cancel(desk.office, missed.id, CancelReason.NO_SHOW)
    desk.due()
    desk.scheduled(desk.clock.now + timedelta(hours=3))  # later today
    called_off = desk.scheduled().appointment
    scheduling.cancel(desk.office, called_off.id, CancelReason.CLIENT_ASKED)
    found = now(desk)
    assert (found.visits.came, found.visits.no_shows, found.visits.unsaid) == (2, 1, 1)
    assert found.visits.no_show_rate == pytest.approx(1 / 3)
    assert found.cancelled == {
        "client_asked": 1, "no_show": 1, "office": 0, "duplicate": 0, "other": 0
    }  # fmt: skip


def test_a_visit_counts_by_its_start_and_its_cancelling_by_its_own_day(desk):
    at(desk, 2026, 2, 14, 12)
    missed = desk.due().appointment
    at(desk, 2026, 2, 15, 12)
    scheduling.cancel(desk.office, missed.id, CancelReason.NO_SHOW)
    at(desk, 2026, 3, 16, 12)
    found = insights(desk.office, 30)
    assert (found.now.visits.no_shows, found.before.visits.no_shows) == (0, 1)
    assert (found.now.cancelled["no_show"], found.before.cancelled["no_show"]) == (1, 0)


def test_messages_by_channel(desk):
    one = desk.request().appointment
    mail, text, office_mail, office_text = (m["id"] for m in desk.messages(one.id))
    moment = desk.clock.now
    row = NOTIFICATION.c
    with desk.office.database.write() as connection:
        for number, values in {
            mail: {"state": "sent", "sent_at": moment},
            text: {"state": "sent", "sent_at": moment},
            office_mail: {"state": "failed", "reason": "rejected"},
            office_text: {"state": "sent", "sent_at": moment - timedelta(days=30)},
        }.items():
            connection.execute(update(NOTIFICATION).where(row.id == number).values(values))
        receipt = {"accepted_at": moment, "status": "delivered"}
        connection.execute(insert(SMS_RECEIPT).values(sid="1", notification_id=text, **receipt))
    found = insights(desk.office, 30)
    channel = {m["id"]: m["channel"] for m in desk.messages(one.id)}
    assert [channel[n] for n in (mail, text, office_mail, office_text)] == [
        "email", "sms", "email", "sms"
    ]  # fmt: skip
    email, sms = found.now.messages["email"], found.now.messages["sms"]
    assert (email.sent, email.delivered, email.failed) == (1, None, 1)
    assert (sms.sent, sms.delivered, sms.failed) == (1, 1, 0)
    assert found.before.messages["sms"].sent == 1


def test_what_is_undone_before_it_leaves_is_no_message(desk):
    desk.request()
    undo(desk.office)
    found = now(desk).messages
    assert not any(c.sent or c.failed or c.held or c.previewed for c in found.values())


def test_the_json_has_the_same_figures_for_both_spans(desk):
    answered(desk, 4, 15)
    told = insights_json(desk.office, insights(desk.office, 30))
    assert list(told) == ["days", "timezone", "now", "before"]
    assert told["now"]["first_day"] == "2026-02-15"
    assert told["now"]["feedback"]["minutes_to_answer"] == {"count": 1, "median": 15, "p90": 15}
    assert told["now"]["feedback"]["ratings"] == {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0}
    assert told["now"]["feedback"]["response_rate"] == 1.0
    assert told["before"]["feedback"]["response_rate"] is None

    def shape(value):
        return {k: shape(v) for k, v in value.items()} if isinstance(value, dict) else None

    assert shape(told["now"]) == shape(told["before"])


LIVES = st.lists(
    st.tuples(
        st.integers(31, 200),
        st.sampled_from(["request", "undone", "missed", "attended", "asked", "answered"]),
        st.integers(1, 5),
    ),
    max_size=8,
)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # One store for all examples: a smaller one is none that failed.
    phases=[Phase.generate],
)
@given(lives=LIVES)
def test_the_parts_add_up(desk, lives):
    """Whatever has happened; what earlier examples have left in the store is counted too."""
    for minutes, life, rating in lives:
        desk.clock.forward(minutes=minutes)
        live(desk, life, rating)
    found = insights(desk.office, 30).now
    requests, said = found.requests, found.feedback
    assert requests.total == sum(requests.by_source.values()) == sum(requests.by_band.values())
    assert requests.total == sum(requests.by_weekday)
    assert said.answers == sum(w.count for w in said.weeks) == sum(said.recommend.values())
    assert said.answered <= said.asked
    assert requests.to_time.count <= requests.total
    assert found.visits.no_shows == found.cancelled["no_show"]
    if said.answers:
        weighed = sum(w.count * w.average for w in said.weeks if w.average)
        assert said.average == pytest.approx(weighed / said.answers)
    stored = len(desk.rows(SURVEY_RESPONSE))
    assert said.answers == stored


def live(desk, life, rating):
    if life == "request":
        desk.request(date=tomorrow(desk))
    elif life == "undone":
        desk.request(date=tomorrow(desk))
        undo(desk.office)
    elif life == "missed":
        scheduling.cancel(desk.office, due(desk).id, CancelReason.NO_SHOW)
    elif life == "attended":
        visits.attend(desk.office, due(desk).id)
    elif life == "asked":
        asked(desk)
    else:
        answered(desk, rating)


SPAN = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


@pytest.mark.parametrize("query", [insights_reads.to_answer, insights_reads.to_time])
def test_minutes_have_words_for_postgresql(query):
    said = str(query(SPAN).compile(dialect=postgresql.dialect()))
    assert "extract(epoch FROM" in said
    assert "julianday" not in said
