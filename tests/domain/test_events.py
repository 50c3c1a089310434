"""The matrix of who hears of what."""

from itertools import product

import pytest

from interworky_tui.config import Matrix
from interworky_tui.domain.events import (
    Channel,
    Event,
    MessageState,
    Reason,
    Recipient,
    messages_of,
)


def test_seven_events_reach_two_people_by_two_channels() -> None:
    four = {(r, c) for r in Recipient for c in Channel}
    assert [event.value for event in Event if set(messages_of(event)) == four] == [
        "requested",
        "scheduled",
        "rescheduled",
        "attended",
        "feedback_requested",
        "feedback_collected",
        "cancelled",
    ]


def test_a_low_rating_is_for_the_office_alone() -> None:
    assert set(messages_of(Event.LOW_RATING)) == {
        (Recipient.OFFICE, Channel.EMAIL),
        (Recipient.OFFICE, Channel.SMS),
    }


def test_every_message_of_the_matrix_has_its_switch() -> None:
    switched = [event for event in Event if len(messages_of(event)) == 4]
    assert Matrix.__struct_fields__ == tuple(event.value for event in switched)
    assert all(Matrix().allows(*entry) for entry in product(switched, Recipient, Channel))


def test_a_message_is_finished_when_nothing_more_will_happen_to_it() -> None:
    assert {state for state in MessageState if not state.finished} == {"pending", "sending"}


@pytest.mark.parametrize("kind", [Event, Channel, Reason])
def test_everything_has_its_words(kind: type[Event] | type[Channel] | type[Reason]) -> None:
    labels = [member.label for member in kind]
    assert all(labels)
    assert len(set(labels)) == len(labels)
