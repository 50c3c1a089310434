"""What is shown before a time is given: the free slots, and what the first of them means."""

from datetime import timedelta
from typing import Any

import pytest

from interworky_tui.domain.errors import IllegalMove
from interworky_tui.services import diary, notice_preview, proposing, scheduling


def test_it_begins_with_the_free_slots_and_what_the_first_means(desk: Any) -> None:
    office, one = desk.office, desk.request().appointment
    begun = proposing.begin(office, one.id)
    first = begun.slots[0]
    assert begun.slots == diary.suggest(office, one.id)
    assert begun.minutes == 30
    assert begun.first == proposing.outlook(office, one.id, first.starts_at, first.ends_at)
    assert begun.first is not None
    assert (begun.first.taken, begun.first.notes) == ((), ())
    assert begun.first.preview == notice_preview.schedule(office, one.id, first.starts_at)


def test_without_a_free_slot_there_is_the_length_alone(desk: Any) -> None:
    one = desk.request().appointment
    desk.set(office={"hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "")})
    begun = proposing.begin(desk.office, one.id)
    assert (begun.minutes, begun.slots, begun.first) == (30, (), None)


def test_who_and_what_is_in_the_way(desk: Any) -> None:
    office, one, other = desk.office, desk.request().appointment, desk.request().appointment
    at = diary.suggest(office, one.id)[0].starts_at
    scheduling.schedule(office, other.id, at)
    night = timedelta(hours=12)
    seen = proposing.outlook(office, one.id, at, at + timedelta(minutes=30))
    assert [booked.appointment_id for booked in seen.taken] == [other.id]
    late = proposing.outlook(office, one.id, at + night, at + night + timedelta(minutes=30))
    assert late.notes[0].startswith("outside the hours")


def test_who_can_be_given_no_time_is_shown_none(desk: Any) -> None:
    with pytest.raises(IllegalMove):
        proposing.begin(desk.office, desk.attended().appointment.id)
