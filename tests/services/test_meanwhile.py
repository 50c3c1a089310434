"""What is said to who was about to change what somebody else has changed."""

from datetime import timedelta
from typing import Any

import pytest

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import ChangedElsewhere
from interworky_tui.services import scheduling, visits
from interworky_tui.services.undo import undo

HOUR = timedelta(hours=1)


@pytest.fixture
def visit(desk: Any) -> int:
    return int(desk.scheduled().appointment.id)


def refused(verb: Any) -> ChangedElsewhere:
    with pytest.raises(ChangedElsewhere) as caught:
        verb()
    return caught.value


def test_who_moved_it_and_where_to_and_that_it_may_still_be_moved(desk: Any, visit: int) -> None:
    start = desk.appointment(visit)["starts_at"]
    scheduling.schedule(desk.another("ben").office, visit, start + HOUR)
    told = refused(lambda: scheduling.schedule(desk.office, visit, start + 2 * HOUR, version=2))
    assert told.sentence.startswith("ben moved it to ")
    assert told.sentence.endswith(" in the meantime; nothing of yours is saved yet.")
    assert told.current
    assert (told.current.version, told.current.starts_at) == (3, start + HOUR)
    after = scheduling.schedule(
        desk.office, visit, start + 2 * HOUR, version=told.current.version
    ).appointment
    assert after.starts_at == start + 2 * HOUR


def test_why_it_is_not_possible_any_more(desk: Any, visit: int) -> None:
    scheduling.cancel(desk.another("ben").office, visit, CancelReason.OFFICE)
    told = refused(lambda: visits.arrive(desk.office, visit, version=2))
    assert told.sentence == (
        "ben cancelled it in the meantime. Only a client with a scheduled visit can be in the"
        " waiting room; this one is cancelled."
    )
    assert told.current is None


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (lambda office, n: visits.arrive(office, n), "ben marked the client as here"),
        (lambda office, n: undo(office, n), "ben took back 'schedule' of it"),
    ],
)
def test_each_deed_in_its_words(desk: Any, visit: int, deed: Any, said: str) -> None:
    desk.clock.now = desk.appointment(visit)["starts_at"]
    deed(desk.another("ben").office, visit)
    told = refused(lambda: scheduling.cancel(desk.office, visit, CancelReason.OFFICE, version=2))
    assert told.sentence.startswith(f"{said} in the meantime;")
