"""Who fits a time that came free: rules that hold for all, and the order in which they stand."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.appointment import Status, Urgency
from interworky_tui.domain.bands import Bands
from interworky_tui.domain.refill import Fit, Waiting, fit_of, rank

ZONE = ZoneInfo("Europe/Berlin")
BANDS = Bands(
    {
        "early_morning": (time(8), time(10)),
        "morning": (time(10), time(12)),
        "afternoon": (time(12), time(17)),
        "evening": (time(17), time(20)),
    }
)
NOW = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)
FRIDAY = date(2026, 3, 20)
START = datetime(2026, 3, 20, 10, 30, tzinfo=ZONE).astimezone(UTC)
HALF_HOUR = timedelta(minutes=30)
GAP = (START, START + HALF_HOUR)
LATER = datetime(2026, 3, 24, 11, 0, tzinfo=ZONE).astimezone(UTC)


def request(**values: Any) -> Waiting:
    day = values.get("requested_date", FRIDAY)
    given: dict[str, Any] = {
        "id": 1,
        "status": Status.REQUESTED,
        "requested_date": day,
        "band": "morning",
        "wish_time": None,
        "requested_until": datetime.combine(day, time(12), ZONE).astimezone(UTC),
        "requested_at": NOW - timedelta(days=1),
        "urgency": Urgency.MEDIUM,
        "starts_at": None,
        "change_asked_at": None,
        "length": HALF_HOUR,
    }
    return Waiting(**(given | values))


def visit(**values: object) -> Waiting:
    return request(**({"status": Status.SCHEDULED, "starts_at": LATER} | values))


def fit(one: Waiting) -> Fit | None:
    return fit_of(one, GAP, zone=ZONE, bands=BANDS, now=NOW)


def test_how_well_each_fits() -> None:
    yesterday = date(2026, 3, 13)
    assert fit(request(wish_time=time(10, 30))) is Fit.EXACT
    assert fit(request(wish_time=time(11, 15))) is Fit.BAND
    assert fit(request()) is Fit.BAND
    assert fit(request(band="evening")) is Fit.DAY
    assert fit(request(band=None, wish_time=time(7))) is Fit.DAY
    assert fit(request(requested_date=yesterday)) is Fit.STALE
    assert fit(visit(change_asked_at=NOW)) is Fit.ASKED
    assert fit(visit()) is Fit.LATER
    assert fit(visit(starts_at=LATER + timedelta(hours=3))) is None
    assert fit(visit(starts_at=START - timedelta(days=1))) is None
    assert fit(request(requested_date=date(2026, 3, 21))) is None
    assert fit(request(requested_date=date(2026, 3, 18))) is None


def test_the_reasons_in_words() -> None:
    old = request(requested_date=date(2026, 3, 13), urgency=Urgency.URGENT)
    people = [visit(), visit(change_asked_at=NOW), old, request(), request(wish_time=time(10, 30))]
    found = rank(people, GAP, zone=ZONE, bands=BANDS, now=NOW, most=9)
    assert [one.reason for one in found] == [
        "asked for this very time; waits 24 h",
        "asked for Fri 20 Mar, morning; waits 24 h",
        "URGENT: asked for Fri 13 Mar, morning, which has passed; waits 24 h",
        "wants another time than Tue 24 Mar 2026, 11:00",
        "has Tue 24 Mar 2026, 11:00",
    ]


def moments(first: int, last: int) -> st.SearchStrategy[datetime]:
    """From so many days after now to so many."""
    return st.integers(first * 1440, last * 1440).map(lambda after: NOW + timedelta(minutes=after))


def lengths(longest: int) -> st.SearchStrategy[timedelta]:
    return st.integers(5, longest).map(lambda minutes: timedelta(minutes=minutes))


waiting = st.builds(
    request,
    id=st.integers(1, 10_000),
    status=st.sampled_from(Status),
    requested_date=st.dates(date(2026, 3, 10), date(2026, 3, 25)),
    band=st.sampled_from([band.key for band in BANDS.all]),
    wish_time=st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    urgency=st.sampled_from(Urgency),
    requested_at=moments(-40, 0),
    starts_at=st.none() | moments(2, 14),
    change_asked_at=st.none() | st.just(NOW),
    length=lengths(120),
)
gaps = st.tuples(moments(1, 8), lengths(180)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1]))


@given(st.lists(waiting, max_size=20), gaps)
def test_who_is_found_fits_and_stands_in_order(
    people: list[Waiting], gap: tuple[datetime, datetime]
) -> None:
    found = rank(people, gap, zone=ZONE, bands=BANDS, now=NOW, most=20)
    assert rank(people, gap, zone=ZONE, bands=BANDS, now=NOW, most=3) == found[:3]
    day = gap[0].astimezone(ZONE).date()
    band = BANDS.containing(gap[0].astimezone(ZONE).time())
    for one in found:
        who = one.waiting
        assert who in people
        assert who.length <= gap[1] - gap[0]
        assert who.status in (Status.REQUESTED, Status.SCHEDULED)
        if who.status is Status.SCHEDULED:
            assert who.starts_at
            assert who.starts_at >= gap[1]
            assert BANDS.containing(who.starts_at.astimezone(ZONE).time()) == band
        else:
            assert (who.requested_date == day) == (one.fit <= Fit.DAY)
            assert one.fit is not Fit.STALE or who.requested_until <= NOW
        assert one.reason
    rights = list(Urgency)
    for first, second in pairwise(found):
        assert first.fit <= second.fit
        if first.fit is second.fit:
            a, b = (rights.index(one.waiting.urgency) for one in (first, second))
            assert a >= b
            if a == b:
                assert first.waiting.requested_at <= second.waiting.requested_at


@given(st.lists(waiting, max_size=20, unique_by=lambda one: one.id), gaps, st.randoms())
def test_the_order_does_not_hang_on_the_order_of_the_rows(
    people: list[Waiting], gap: tuple[datetime, datetime], random: Random
) -> None:
    shuffled = list(people)
    random.shuffle(shuffled)
    first, second = (
        rank(some, gap, zone=ZONE, bands=BANDS, now=NOW, most=20) for some in (people, shuffled)
    )
    assert list(first) == list(second)
