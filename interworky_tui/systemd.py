"""The worker as a service of systemd's, of the person who installs it."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from interworky_tui.domain.errors import Refusal

UNIT = "interworky-tui.service"
BOOTED = Path("/run/systemd/system")
LINGERING = Path("/var/lib/systemd/linger")
_PATIENCE = 120
"""Seconds for the start: the store may be backed up and upgraded before it is ready."""

_TEXT = """\
[Unit]
Description=interworky-tui: messages of the office go out and replies come in
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={command}
{environment}Restart=on-failure
RestartSec=10
TimeoutStartSec={patience}
TimeoutStopSec=5
StandardOutput=null
StandardError=journal
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


class NotDone(Refusal):
    title = "The service"


def text(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """The unit, word for word. It is ready once the store is open, and begins again by itself
    after a fault, as often as it takes.
    """
    lines = [f'Environment="{_escaped(f"{n}={value}")}"\n' for n, value in environment.items()]
    return _TEXT.format(
        command=" ".join(f'"{_escaped(word).replace("$", "$$")}"' for word in command),
        environment="".join(lines),
        patience=_PATIENCE,
    )


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def place(environment: Mapping[str, str]) -> Path:
    """Where the unit is, or would be."""
    told = environment.get("XDG_CONFIG_HOME", "")
    folder = Path(told) if told.startswith("/") else Path.home() / ".config"
    return folder / "systemd" / "user" / UNIT


class Manager:
    """The service manager of the person whose ``environment`` it is."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.unit = place(environment)

    def check(self) -> None:
        """Raises NotDone when there is none."""
        if self._program() is None or not BOOTED.is_dir():
            raise NotDone(
                "This machine has no systemd to keep a service: start interworky-tui worker by"
                " whatever starts programs here (interworky-tui service --help says how)."
            )
        if self._call("show-environment").returncode:
            raise NotDone(
                "systemd keeps no services for you in this session: log in as yourself, not by"
                " su or sudo, and try again."
            )

    def install(self, text: str) -> None:
        """Write the unit, and start it, now and at every login. Returns when it is ready.

        Raises NotDone.
        """
        try:
            self.unit.parent.mkdir(parents=True, exist_ok=True)
            self.unit.write_text(text, encoding="utf-8")
        except OSError as error:
            raise NotDone(f"{self.unit} cannot be written ({error.strerror}).") from error
        self._must("daemon-reload")
        self._must("enable", UNIT)
        if self._call("restart", UNIT).returncode:
            raise NotDone(
                "The service is installed, and did not start; it is tried again by itself."
                f" Why: journalctl --user -u {UNIT}"
            )

    def uninstall(self) -> bool:
        """Stop it and remove the unit; False when there was none. Raises NotDone."""
        if not self.unit.exists():
            return False
        self._must("disable", "--now", UNIT)
        try:
            self.unit.unlink()
        except OSError as error:
            raise NotDone(f"{self.unit} cannot be removed ({error.strerror}).") from error
        self._must("daemon-reload")
        return True

    def state(self) -> str:
        """``active``, ``activating``, ``failed``, ``inactive``"""
        return self._call("is-active", UNIT).stdout.strip() or "unknown"

    def lingers(self) -> bool:
        """Whether it runs while the person is not logged in, too."""
        return (LINGERING / getpass.getuser()).exists()

    def _must(self, *words: str) -> None:
        done = self._call(*words)
        if done.returncode:
            said = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
            raise NotDone(f"systemctl {words[0]} did not work: {said}")

    def _program(self) -> str | None:
        return shutil.which("systemctl", path=self._environment.get("PATH", os.defpath))

    def _call(self, *words: str) -> "subprocess.CompletedProcess[str]":
        program = self._program() or "systemctl"
        try:
            return subprocess.run(
                [program, "--user", *words],
                env=dict(self._environment),
                capture_output=True,
                stdin=subprocess.DEVNULL,
                text=True,
                errors="replace",
                timeout=_PATIENCE + 10,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotDone(f"systemctl {words[0]} did not answer.") from error
