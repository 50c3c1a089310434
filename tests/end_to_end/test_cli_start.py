"""How the program starts: what a bare start loads, and what help says."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from interworky_tui import __version__
from interworky_tui.cli import commands
from interworky_tui.paths import Paths
from tests.end_to_end.conftest import Program, Shell

LOADED = """
import json, sys
sys.argv = ["interworky-tui", *{words!r}]
from interworky_tui.__main__ import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)))
"""
HEAVY = {"sqlalchemy", "alembic", "apscheduler", "phonenumbers", "email_validator", "icalendar"}


def loaded(program: Program, *words: str) -> set[str]:
    done = program(code=LOADED.format(words=list(words)))
    return set(json.loads(done.stdout.decode().splitlines()[-1]))


def test_a_bare_start_loads_neither_the_commands_nor_the_services(program: Program) -> None:
    modules = loaded(program)
    assert "interworky_tui.ui.app" in modules
    ours = {"interworky_tui.services", "interworky_tui.bootstrap", "interworky_tui.cli"}
    assert not modules & (HEAVY | ours | {"click"})


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("schedule", "--help")])
def test_help_loads_nothing_heavy(program: Program, words: tuple[str, ...]) -> None:
    assert not loaded(program, *words) & (HEAVY | {"textual", "msgspec", "sqlite3"})


def test_the_version(program: Program) -> None:
    assert program("--version").stdout.decode().split() == ["interworky-tui", __version__]


def test_without_a_terminal_the_desk_says_what_to_do(program: Program) -> None:
    result = program()
    assert result.returncode == 1
    assert b"needs a terminal" in result.stderr
    assert b"Traceback" not in result.stderr


def test_the_same_office_in_a_process_of_its_own(shell: Shell, program: Program) -> None:
    one = shell.add()
    found = json.loads(program("show", one, "--json").stdout)
    assert found["client"]["name"] == "Ana Ruiz"
    assert program("show", 99).returncode == 1
    assert program("frobnicate").returncode == 2


def test_bad_settings_are_told_on_a_bare_start(program: Program, places: Paths) -> None:
    places.settings_file.write_text("[office]\ncolour = 'red'\n")
    result = program()
    assert result.returncode == 1
    assert b"config.toml, line 2, office.colour" in result.stderr
    assert b"Traceback" not in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_delivers_until_it_is_told_to_stop(
    shell: Shell, places: Paths, number: signal.Signals
) -> None:
    shell.add()  # due long ago by the clock of a real process
    worker = subprocess.Popen(
        [sys.executable, "-m", "interworky_tui", "worker"],
        env={**os.environ, "INTERWORKY_TUI_HOME": str(places.data)},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert worker.stdout
    for _channel in range(2):
        assert worker.stdout.readline() == b"Messages: 2 previewed.\n"
    worker.send_signal(number)
    _, told = worker.communicate(timeout=30)
    assert worker.returncode == 0
    assert b"Traceback" not in told


def every_command() -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    waiting: list[tuple[str, click.Command]] = [("interworky-tui", commands)]
    while waiting:
        name, command = waiting.pop()
        found.append((name, command))
        if isinstance(command, click.Group):
            waiting += [(f"{name} {word}", inner) for word, inner in command.commands.items()]
    return found


@pytest.mark.parametrize(("name", "command"), every_command())
def test_every_command_says_what_it_does_and_shows_how(name: str, command: click.Command) -> None:
    first = (command.help or "").partition("\n")[0]
    assert first.endswith(".")
    assert len(first) <= 60
    if not isinstance(command, click.Group):
        assert name in (command.help or "").replace("\n", " ")
