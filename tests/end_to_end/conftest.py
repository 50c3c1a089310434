"""The program as it is typed: in this process with a clock of the test's, or as one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from interworky_tui.cli import commands
from interworky_tui.domain.clock import Clock
from interworky_tui.paths import Paths
from interworky_tui.start import Surroundings

SETTINGS = """\
[office]
name = "Lindenhof Practice"
phone = "+493012345678"
email = "desk@lindenhof.example"
timezone = "Europe/Berlin"
country = "DE"

[desk]
actor = "ana"
"""


@dataclass(frozen=True)
class Shell:
    """Types commands. Whatever they are asked, they never answer with a traceback."""

    paths: Paths
    clock: Clock

    def __call__(self, *words: object, status: int = 0) -> Result:
        around = Surroundings(self.paths, self.clock, {})
        result = CliRunner().invoke(commands, [str(word) for word in words], obj=around)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert result.exit_code == status, result.output
        assert "Traceback" not in result.output
        return result

    def json(self, *words: object) -> Any:
        return json.loads(self(*words, "--json").stdout)

    def refused(self, *words: object) -> str:
        """The one sentence on stderr, with nothing beside it."""
        result = self(*words, status=1)
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
        return result.stderr.strip()

    def at(self, clock: Clock) -> "Shell":
        return replace(self, clock=clock)

    def add(self, **given: str) -> int:
        """File a request, for Ana Ruiz on Friday morning unless other options are given."""
        said = {
            "name": "Ana Ruiz",
            "phone": "030 901820",
            "email": "ana@ruiz.example",
            "date": "2026-03-20",
            "band": "morning",
            **given,
        }
        words = [word for name, value in said.items() for word in (f"--{name}", value) if value]
        return int(self("requests", "add", *words).stdout)


@pytest.fixture
def shell(places: Paths, clock: Clock) -> Shell:
    places.settings_file.write_text(SETTINGS)
    return Shell(places, clock)


Program = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def program(places: Paths) -> Program:
    """The program as a process of its own, with everything in the test's folder."""

    def run(
        *words: object, code: str = "", **variables: str
    ) -> "subprocess.CompletedProcess[bytes]":
        start = ["-c", code] if code else ["-m", "interworky_tui"]
        return subprocess.run(
            [sys.executable, *start, *map(str, words)],
            env={**os.environ, "INTERWORKY_TUI_HOME": str(places.data), **variables},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )

    return run
