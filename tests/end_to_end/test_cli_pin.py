"""Setting and clearing the PIN at the command line."""

from click.testing import CliRunner, Result

from interworky_tui import pin
from interworky_tui.cli import commands
from interworky_tui.lock import DeskLock
from interworky_tui.start import Surroundings
from tests.conftest import FixedClock
from tests.end_to_end.conftest import Shell


def typing(shell: Shell, *words: str, typed: tuple[str, ...], status: int = 0) -> Result:
    around = Surroundings(shell.paths, shell.clock, {})
    lines = "".join(f"{line}\n" for line in typed)
    result = CliRunner().invoke(commands, list(words), obj=around, input=lines)
    assert result.exit_code == status, result.output
    for line in typed:
        assert line not in result.output
    return result


def test_it_is_asked_for_twice_and_never_shown(shell: Shell) -> None:
    done = typing(shell, "pin", "set", typed=("2468", "2468"))
    assert done.stdout == "The PIN is set: Ctrl+L locks the desk.\n"
    assert pin.is_right(shell.paths.config, "2468")


def test_two_that_differ_change_nothing(shell: Shell) -> None:
    refused = typing(shell, "pin", "set", typed=("2468", "2469"), status=1)
    assert "not the same" in refused.stderr
    assert not pin.is_set(shell.paths.config)


def test_what_is_no_pin_is_refused_at_once(shell: Shell) -> None:
    assert "4 to 12 digits" in typing(shell, "pin", "set", typed=("abcd",), status=1).stderr


def test_another_one_needs_the_present_one(shell: Shell) -> None:
    typing(shell, "pin", "set", typed=("2468", "2468"))
    refused = typing(shell, "pin", "set", typed=("1111",), status=1)
    assert f"remove {shell.paths.config / 'pin'}" in refused.stderr
    typing(shell, "pin", "set", typed=("2468", "97531", "97531"))
    assert pin.is_right(shell.paths.config, "97531")


def test_it_is_cleared_by_who_knows_it(shell: Shell, clock: FixedClock) -> None:
    assert shell("pin", "clear").stdout == "There is no PIN.\n"
    typing(shell, "pin", "set", typed=("2468", "2468"))
    DeskLock(shell.paths, clock).shut()
    typing(shell, "pin", "clear", typed=("1111",), status=1)
    assert DeskLock(shell.paths, clock).locked
    typing(shell, "pin", "clear", typed=("2468",))
    assert not pin.is_set(shell.paths.config)
    typing(shell, "pin", "set", typed=("2468", "2468"))
    assert not DeskLock(shell.paths, clock).locked


def test_guesses_cost_time_here_as_at_the_desk(shell: Shell, clock: FixedClock) -> None:
    typing(shell, "pin", "set", typed=("2468", "2468"))
    for _ in range(4):
        typing(shell, "pin", "clear", typed=("1111",), status=1)
    assert "wait 2 s" in typing(shell, "pin", "clear", typed=("2468",), status=1).stderr
    clock.forward(seconds=2)
    typing(shell, "pin", "clear", typed=("2468",))
