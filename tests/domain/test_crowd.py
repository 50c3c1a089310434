"""How many visits take place at once, held against counting them minute by minute."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.crowd import Crowd

MONDAY = datetime(2026, 3, 16, tzinfo=UTC)
MINUTES = st.integers(0, 60)
SPANS = st.tuples(MINUTES, st.integers(1, 20)).map(lambda span: (span[0], sum(span)))


def at(minute: int) -> datetime:
    return MONDAY + timedelta(minutes=minute)


@given(st.lists(SPANS), SPANS)
def test_the_most_at_once_is_that_of_the_fullest_minute(
    taken: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    there = Crowd((at(begins), at(ends)) for begins, ends in taken)
    full = max(sum(begins <= minute < ends for begins, ends in taken) for minute in range(*asked))
    assert there.most(at(asked[0]), at(asked[1])) == full


@given(st.lists(SPANS), SPANS)
def test_between_two_moments_their_number_stays(
    taken: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    start, end = asked
    moments = Crowd((at(a), at(b)) for a, b in taken).moments(at(start), at(end))
    edges = {edge for span in taken for edge in span if start < edge < end}
    assert moments == [at(minute) for minute in sorted({start, end, *edges})]


def test_nobody_is_no_crowd() -> None:
    assert Crowd(()).most(at(0), at(60)) == 0
