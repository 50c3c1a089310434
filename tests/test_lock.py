"""The PIN and the lock: who may open, how long who mistypes has to wait, and what is kept."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui import lock, pin
from interworky_tui.config import BadSettings
from interworky_tui.domain.errors import BadInput
from interworky_tui.lock import DeskLock, TooSoon, wait_after
from interworky_tui.paths import Paths
from tests.conftest import FixedClock


@pytest.fixture
def desk_lock(places: Paths, clock: FixedClock) -> DeskLock:
    pin.store(places.config, "2468")
    return DeskLock(places, clock)


def again(places: Paths, clock: FixedClock) -> DeskLock:
    """As the next start of the program finds it."""
    return DeskLock(places, clock)


def test_only_the_pin_is_right_and_nothing_keeps_it(places: Paths) -> None:
    assert not pin.is_set(places.config)
    pin.store(places.config, "2468")
    file = places.config / "pin"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().startswith("$argon2id$")
    assert "2468" not in file.read_text().replace("$", "")
    assert pin.is_right(places.config, "2468")
    assert not pin.is_right(places.config, "2469")
    assert not pin.is_right(places.config, "")
    pin.clear(places.config)
    pin.clear(places.config)
    assert not pin.is_set(places.config)


@pytest.mark.parametrize("typed", ["", "123", "1234567890123", "12a4", " 1234", "١٢٣٤", "1234\n"])
def test_what_is_no_pin_is_not_kept(places: Paths, typed: str) -> None:
    with pytest.raises(BadInput, match="4 to 12 digits"):
        pin.store(places.config, typed)
    assert not pin.is_set(places.config)


def test_a_file_that_is_no_pin_opens_nothing(places: Paths, desk_lock: DeskLock) -> None:
    desk_lock.shut()
    (places.config / "pin").write_text("2468")
    with pytest.raises(BadSettings, match="holds no PIN"):
        desk_lock.open("2468")
    assert desk_lock.locked
    (places.config / "pin").chmod(0o644)
    with pytest.raises(BadSettings, match="chmod 600"):
        desk_lock.open("2468")


@given(st.integers(0, 10**6))
def test_each_wrong_pin_costs_at_least_as_much_as_the_one_before(wrong: int) -> None:
    assert 0 <= wait_after(wrong) <= wait_after(wrong + 1) <= 300


def test_three_are_free_then_it_doubles() -> None:
    assert [wait_after(n) for n in range(13)] == [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300]


def test_it_opens_by_the_pin_and_stays_shut_by_any_other(desk_lock: DeskLock) -> None:
    assert not desk_lock.locked
    desk_lock.shut()
    assert not desk_lock.open("0000")
    assert desk_lock.locked
    assert desk_lock.open("2468")
    assert not desk_lock.locked


def test_a_guess_too_soon_is_not_looked_at(
    places: Paths, clock: FixedClock, desk_lock: DeskLock
) -> None:
    desk_lock.shut()
    for _ in range(4):
        assert not desk_lock.open("0000")
    with pytest.raises(TooSoon, match="wait 2 s"):
        desk_lock.open("2468")
    clock.forward(seconds=1)
    with pytest.raises(TooSoon, match="wait 1 s"):
        again(places, clock).open("2468")
    clock.forward(seconds=1)
    assert not again(places, clock).open("0000")
    assert again(places, clock).seconds_left == 4
    clock.forward(seconds=4)
    assert again(places, clock).open("2468")
    assert again(places, clock).seconds_left == 0


def test_ending_the_program_opens_nothing(
    places: Paths, clock: FixedClock, desk_lock: DeskLock
) -> None:
    desk_lock.shut()
    assert again(places, clock).locked
    assert places.lock_file.stat().st_mode & 0o777 == 0o600
    assert again(places, clock).open("2468")
    assert not again(places, clock).locked


def test_a_guess_is_counted_before_it_is_looked_at(
    places: Paths, clock: FixedClock, desk_lock: DeskLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(lock.pin, "is_right", killed)
    with pytest.raises(KeyboardInterrupt):
        desk_lock.open("0000")
    assert json.loads(places.lock_file.read_text())["wrong"] == 1


def test_a_clock_that_was_set_back_locks_nobody_out(clock: FixedClock, desk_lock: DeskLock) -> None:
    desk_lock.shut()
    for _ in range(4):
        desk_lock.open("0000")
    clock.now -= timedelta(days=2)
    assert desk_lock.seconds_left == 2


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", "3", '{"wrong": 1}', '{"locked": 1, "wrong": "x"}', "\x00", "null"]
)
def test_a_broken_state_is_a_locked_one(
    places: Paths, clock: FixedClock, desk_lock: DeskLock, broken: str
) -> None:
    places.lock_file.write_text(broken)
    assert again(places, clock).locked
    assert again(places, clock).open("2468")


def test_without_a_pin_nothing_is_locked(
    places: Paths, clock: FixedClock, desk_lock: DeskLock
) -> None:
    desk_lock.shut()
    pin.clear(places.config)
    assert not again(places, clock).locked
    assert desk_lock.open("anything")


def test_where_nothing_can_be_written_it_is_locked_all_the_same(
    clock: FixedClock, places: Paths, desk_lock: DeskLock
) -> None:
    places.lock_file.mkdir()
    desk_lock.shut()
    assert desk_lock.locked
