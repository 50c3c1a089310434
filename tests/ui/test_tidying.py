"""What nobody holds any more is looked for while the person rests."""

import gc
import weakref

import pytest

from interworky_tui.ui import tidying

# What other tests left is found here as well, and is none of these tests' doing.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Thing:
    pass


def ring():
    """Something that only holds itself."""
    thing = Thing()
    thing.itself = thing
    return weakref.ref(thing)


@pytest.fixture
def thresholds():
    before = gc.get_threshold()
    gc.collect()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("thresholds")
def test_a_form_is_opened_without_a_look():
    tidying.begin()
    left = ring()
    made = [[] for _ in range(20_000)]
    assert left() is not None, len(made)


@pytest.mark.usefixtures("thresholds")
def test_at_rest_what_is_left_goes():
    tidying.begin()
    left = ring()
    made = [[] for _ in range(20_000)]
    tidying.at_rest()
    assert left() is None, len(made)


@pytest.mark.usefixtures("thresholds")
def test_at_rest_nothing_is_looked_through_for_nothing():
    tidying.begin()
    left = ring()
    tidying.at_rest()
    assert left() is not None


async def test_the_desk_tidies_once_no_key_was_pressed_for_a_moment(open_desk, clock):
    async with open_desk() as desk:
        await desk.press("down")
        assert not desk.app.rests
        clock.forward(seconds=2)
        assert desk.app.rests
