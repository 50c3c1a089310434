"""PostgreSQL's own programs, pg_dump and pg_restore: where they are, and running them."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from interworky_tui.domain.errors import StoreProblem

NAMES = ("pg_dump", "pg_restore")
SYSTEM = Path("/usr/lib/postgresql")
"""Where Debian and its kin have one folder for each version."""
_WRAPPER = "pg_wrapper"
"""What Debian has on the PATH instead: it takes the version of a server that is on this machine,
and the office's may be another one.
"""
_MISSING = (
    "PostgreSQL's programs pg_dump and pg_restore are not found; install its client programs, or"
    " set [backup] programs to the folder that has them."
)
_FULL = "The disk is full; free some space and try again."
_ENDED = (
    ("no space left", _FULL),
    ("file too large", _FULL),
    ("permission denied", "The office's database does not allow a backup to this user: {told}"),
    ("could not connect", "The office's database does not answer; nothing was changed."),
    ("connection to server", "The office's database does not answer; nothing was changed."),
    ("server closed the connection", "The office's database does not answer any more."),
)
"""By the words of the programs, in English as they are asked to speak."""
TOLD = 200
"""Letters of theirs that are shown for what is not known."""


class ProgramTooOld(StoreProblem):
    """For what it is to read."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Those of one version, 15 for 15.3."""

    folder: Path
    version: int

    def path(self, name: str) -> str:
        return shutil.which(name, path=str(self.folder)) or name


def found(folder: str = "") -> list[Programs]:
    """All that there are, or only those of the folder; those of the PATH first."""
    if folder:
        places = [Path(folder).expanduser()]
    else:
        on_path = [Path(place) for place in os.get_exec_path() if place]
        places = [*on_path, *SYSTEM.glob("*/bin")]
    known: dict[Path, Programs] = {}
    for place in places:
        paths = [shutil.which(name, path=str(place)) for name in NAMES]
        if not all(paths):
            continue
        real = Path(str(paths[0])).resolve()
        if real.name == _WRAPPER or real.parent in known:
            continue
        if version := _version(str(paths[0])):
            known[real.parent] = Programs(place, version)
    return list(known.values())


def choose(there: Sequence[Programs], server: int) -> Programs:
    """The first that is new enough for a server of that version. Raises StoreProblem."""
    if not there:
        raise StoreProblem(_MISSING)
    for programs in there:
        if programs.version >= server:
            return programs
    newest = max(programs.version for programs in there)
    raise StoreProblem(
        f"pg_dump {newest} is too old for the office's database, PostgreSQL {server}; install the"
        f" client programs of PostgreSQL {server}, or set [backup] programs to their folder."
    )


def newest(there: Sequence[Programs]) -> Programs:
    """Raises StoreProblem."""
    if not there:
        raise StoreProblem(_MISSING)
    return max(there, key=lambda programs: programs.version)


def run(command: Sequence[str], password: str = "") -> str:
    """What it says. Raises StoreProblem when it does not succeed.

    A password goes by the environment: what is on a command line, everybody may see.
    """
    ended = subprocess.run(
        command,
        env=_environment(password),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if ended.returncode != 0:
        raise _problem(command[0], ended.stderr, ended.returncode)
    return ended.stdout.decode(errors="replace")


@contextmanager
def reading(command: Sequence[str]) -> Iterator[IO[bytes]]:
    """What it writes, as it comes. Raises StoreProblem at the end when it did not succeed."""
    with subprocess.Popen(
        command,
        env=_environment(""),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        process.stdout.read()
        said = process.stderr.read()
    if process.returncode != 0:
        raise _problem(command[0], said, process.returncode)


def _version(program: str) -> int | None:
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=10
        ).stdout
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    number = re.search(r"\) (\d+)", told)
    return int(number[1]) if number else None


def _environment(password: str) -> dict[str, str]:
    own = {**os.environ, "LC_ALL": "C", "TZ": "UTC", "PGTZ": "UTC"}
    return own | {"PGPASSWORD": password} if password else own


def _problem(program: str, said: bytes, status: int) -> StoreProblem:
    if status == -getattr(signal, "SIGXFSZ", 0):
        return StoreProblem(_FULL)
    lines = said.decode(errors="replace").splitlines()
    told = next((line for line in lines if "error:" in line), lines[0] if lines else "")
    lowered = " ".join(lines).casefold()
    short = (told.partition("error: ")[2] or told)[:TOLD]
    if "unsupported version" in lowered:
        return ProgramTooOld("pg_restore is older than what made the backup; install a newer one.")
    for words, sentence in _ENDED:
        if words in lowered:
            return StoreProblem(sentence.format(told=short))
    return StoreProblem(f"{Path(program).stem} did not succeed: {short or 'it says nothing'}")
