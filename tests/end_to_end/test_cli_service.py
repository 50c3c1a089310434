"""The worker as a service: installed, asked for, removed; ready when it says so, gone when told."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from configparser import RawConfigParser
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from interworky_tui import systemd
from interworky_tui.cli import commands
from interworky_tui.config import Settings
from interworky_tui.domain.clock import Clock, system_clock
from interworky_tui.paths import Paths
from interworky_tui.services import presence
from interworky_tui.services.context import Context
from interworky_tui.services.presence import Kind
from interworky_tui.start import Surroundings
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from tests.end_to_end.conftest import SETTINGS

PATIENCE = 60
"""Seconds until a program of its own is ready on a busy machine."""


class Machine:
    """A machine whose ``systemctl`` notes what it is told, and refuses one word of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unit = folder / "systemd" / "user" / systemd.UNIT
        self._notes = folder / "notes"
        self.refuses("")

    def refuses(self, word: str) -> None:
        program = self.folder / "systemctl"
        program.write_text(
            f'#!/bin/sh\necho "$*" >> {shlex.quote(str(self._notes))}\n'
            '[ "$2" = is-active ] && echo active\n'
            f'[ "$2" != "{word or "-"}" ] || {{ echo "Failed: no" >&2; exit 1; }}\n'
        )
        program.chmod(0o755)

    def told(self) -> list[str]:
        """What it was told since it was last asked."""
        notes = self._notes.read_text().splitlines() if self._notes.exists() else []
        self._notes.unlink(missing_ok=True)
        return notes


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(systemd, "BOOTED", tmp_path)
    monkeypatch.setattr(systemd, "LINGERING", tmp_path)
    folder = tmp_path / "machine"
    folder.mkdir()
    return Machine(folder)


Service = Callable[..., Result]


@pytest.fixture
def service(places: Paths, clock: Clock, machine: Machine) -> Service:
    places.settings_file.write_text(SETTINGS)

    def call(*words: str, status: int = 0, **more: str) -> Result:
        told = {"PATH": str(machine.folder), "XDG_CONFIG_HOME": str(machine.folder)}
        around = Surroundings(places, clock, told | more)
        result = CliRunner().invoke(commands, ["service", *words], obj=around)
        assert result.exit_code == status, result.output
        assert "Traceback" not in result.output
        return result

    return call


class Unit(RawConfigParser):
    """Its keys are written in capitals and small letters."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit_of(text: str) -> Unit:
    parser = Unit(strict=True)
    parser.read_string(text)
    return parser


def test_it_is_installed_started_asked_for_and_removed(service: Service, machine: Machine) -> None:
    assert service("status", status=1).stdout.startswith("Service: not installed")
    assert machine.told() == ["--user show-environment"]

    out = service("install").stdout
    assert out.startswith("The worker runs as a service")
    assert "loginctl enable-linger" in out
    assert machine.told() == [
        "--user show-environment",
        "--user daemon-reload",
        f"--user enable {systemd.UNIT}",
        f"--user restart {systemd.UNIT}",
    ]
    assert service("status", status=1).stdout.startswith("Service: active")
    machine.told()

    service("uninstall")
    assert not machine.unit.exists()
    assert machine.told()[1:] == [
        f"--user disable --now {systemd.UNIT}",
        "--user daemon-reload",
    ]
    assert "not installed" in service("uninstall").stdout


def test_a_dry_run_prints_the_unit_and_does_nothing(service: Service, machine: Machine) -> None:
    out = service("install", "--dry-run").stdout
    assert out.splitlines()[0] == f"# {machine.unit}"
    assert machine.told() == []
    assert not machine.unit.exists()
    service("install")
    assert out == f"# {machine.unit}\n{machine.unit.read_text()}"


def test_systemd_waits_until_it_is_ready_and_starts_it_again_after_a_fault(
    service: Service,
) -> None:
    unit = unit_of(service("install", "--dry-run").stdout)
    told = unit["Service"]
    assert (told["Type"], told["Restart"]) == ("notify", "on-failure")
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Install"]["WantedBy"] == "default.target"
    assert "Environment" not in told


def test_signs_that_systemd_reads_stand_for_themselves() -> None:
    told = unit_of(systemd.text(['/o 1/p"y$x%h\\'], {"INTERWORKY_TUI_HOME": '/a "b" %c $d'}))
    assert told["Service"]["ExecStart"] == '"/o 1/p\\"y$$x%%h\\\\"'
    assert told["Service"]["Environment"] == '"INTERWORKY_TUI_HOME=/a \\"b\\" %%c $d"'


def test_the_home_of_the_office_goes_along_and_no_secret_does(
    service: Service, machine: Machine
) -> None:
    secret = {"INTERWORKY_TUI_SMS__AUTH_TOKEN": "hush"}
    told = service("install", **secret, INTERWORKY_TUI_HOME="/srv/desk")
    assert "does not know INTERWORKY_TUI_SMS__AUTH_TOKEN" in told.stderr
    text = machine.unit.read_text()
    assert "hush" not in text + told.output
    assert unit_of(text)["Service"]["Environment"] == '"INTERWORKY_TUI_HOME=/srv/desk"'


def test_bad_settings_are_told_before_anything_is_installed(
    service: Service, machine: Machine, places: Paths
) -> None:
    places.settings_file.write_text("[office]\nnme = 1\n")
    assert "nme" in service("install", status=1).stderr
    assert not machine.unit.exists()


def test_without_systemd_one_sentence_says_so(
    service: Service, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (("install",), ("uninstall",)):
        error = service(*words, status=1, PATH="/nowhere").stderr
        assert error.startswith("This machine has no systemd")
        assert error.count("\n") == 1
    assert "no systemd" in service("status", status=1, PATH="/nowhere").stdout
    monkeypatch.setattr(systemd, "BOOTED", machine.folder / "not there")
    assert "no systemd" in service("install", status=1).stderr


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("show-environment", "log in as yourself"),
        ("daemon-reload", "systemctl daemon-reload did not work: Failed: no"),
        ("enable", "systemctl enable did not work: Failed: no"),
        ("restart", "journalctl --user -u interworky-tui.service"),
    ],
)
def test_what_systemd_refuses_is_told_in_one_sentence(
    service: Service, machine: Machine, word: str, sentence: str
) -> None:
    machine.refuses(word)
    error = service("install", status=1).stderr
    assert sentence in error
    assert error.count("\n") == 1


def test_workers_of_any_machine_are_told_of(service: Service, places: Paths, clock: Clock) -> None:
    service("status", status=1)
    with closing(Database(schema.sqlite_url(places.database))) as database:
        office = Context(Settings(), database, clock, "ana")
        presence.begin(office, Kind.DESK, "pc-1").seen()
        assert "No worker runs" in service("status", status=1).stderr
        presence.begin(office, Kind.WORKER, "pc-9").seen()
        assert "A worker runs: ana at pc-9." in service("status").stdout


@pytest.fixture
def manager() -> Iterator[socket.socket]:
    """What hears that a service is ready."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire,
    ):
        wire.bind(str(Path(folder) / "n"))
        wire.settimeout(PATIENCE)
        yield wire


@pytest.mark.parametrize("command", ["worker", "serve"])
def test_the_unit_is_ready_once_it_is_at_work_and_stopped_in_two_seconds(
    service: Service, places: Paths, manager: socket.socket, command: str
) -> None:
    """As systemd runs it: by the unit's own words, and told to stop by SIGTERM."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places.settings_file.write_text(f"{SETTINGS}[web]\nport = {port}\n")
    told = unit_of(service("install", "--dry-run", INTERWORKY_TUI_HOME=str(places.data)).stdout)
    words = shlex.split(told["Service"]["ExecStart"])
    (home,) = shlex.split(told["Service"]["Environment"])
    name, _, folder = home.partition("=")
    assert words == [sys.executable, "-P", "-m", "interworky_tui", "worker"]
    environment = {**os.environ, name: folder, "NOTIFY_SOCKET": str(manager.getsockname())}
    program = subprocess.Popen(
        [*words[:-1], command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        assert manager.recv(100) == b"READY=1"
        with closing(Database(schema.sqlite_url(places.database))) as database:
            office = Context(Settings(), database, system_clock, "ana")
            assert [one.kind for one in presence.others(office)] == [command]
            began = time.monotonic()
            program.send_signal(signal.SIGTERM)
            _, errors = program.communicate(timeout=PATIENCE)
            assert time.monotonic() - began < 2
            assert program.returncode == 0, errors
            assert manager.recv(100) == b"STOPPING=1"
            assert presence.others(office) == ()
    finally:
        program.kill()
        program.wait()
