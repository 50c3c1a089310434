"""What is in an archive of pg_dump, read without a server: its contents, its script in parts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from interworky_tui.domain.errors import StoreProblem
from interworky_tui.storage import programs, schema
from interworky_tui.storage.backup import Contents
from interworky_tui.storage.models import Base
from interworky_tui.storage.programs import Programs, ProgramTooOld
from interworky_tui.storage.rights import VERSION_TABLE

MAGIC = b"PGDMP"
SEARCH_INDEX = "ix_client_search_text"
"""It is there only where the server has trigrams, so it is made anew."""
NOT_OURS = ("SCHEMA", "EXTENSION", "COMMENT", "ACL")
"""Entries that belong to the database and not to the office."""
AT_ONCE = 1 << 18
"""Bytes of the script that are read together."""
HISTORY = "appointment_event"
PRESENCE = "desk_session"
"""Who was there when the backup was made, is not."""
_ENTRY = re.compile(r"\d+; \d+ \d+ ([A-Z][A-Z ]*[A-Z]|[A-Z]+) (\S+) (\S+)( \S+)?")
_MADE = re.compile(r"; *Archive created at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ?(UTC)?")
_COPY = re.compile(rb"COPY (\S+)\.(\S+) \((.*)\) FROM stdin;\n")
_END = b"\\.\n"


@dataclass(slots=True)
class Sql:
    """Statements of the script that stand between two tables' rows."""

    text: str


@dataclass(slots=True)
class Rows:
    """The rows of one table as COPY has them, a line each and many at a time.

    They are to be read before what follows.
    """

    statement: str
    table: str
    columns: list[str]
    blocks: Iterator[list[bytes]]


@dataclass(frozen=True, slots=True)
class Archive:
    """One that is ours and can be read to its end. ``rows``: how many there are, by table.

    ``entries`` are those of its list that are put back.
    """

    path: Path
    contents: Contents
    schema: str
    rows: dict[str, int]
    entries: str
    programs: Programs


@dataclass(slots=True)
class _Count:
    rows: dict[str, int] = field(default_factory=dict)
    revision: str = ""
    newest: str = ""


def is_archive(file: Path) -> bool:
    """Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(len(MAGIC)) == MAGIC


def examine(file: Path, source: Path, by: Programs) -> Archive:
    """Read it through: ours, whole, of no newer version. ``source`` is what a person knows it as.

    Raises StoreProblem, OSError.
    """
    foreign = StoreProblem(f"{source} is no backup of this program.")
    if not is_archive(file):
        raise foreign
    try:
        listed = programs.run([by.path("pg_restore"), "--list", str(file)])
    except StoreProblem as problem:
        raise _as_of(source, problem) from problem
    kept, where, tables = _entries(listed)
    if len(where) != 1 or not set(schema.OURS) <= tables or not tables <= _known():
        raise foreign
    found = _Count()
    try:
        with programs.reading([by.path("pg_restore"), "--file", "-", str(file)]) as script:
            for part in parts(script):
                if isinstance(part, Rows):
                    _count(part, found)
    except (StoreProblem, ValueError) as problem:
        raise _as_of(source, problem) from problem
    if not set(schema.OURS) <= set(found.rows):
        raise foreign
    if found.revision not in schema.REVISIONS:
        if len(found.revision) == len(schema.HEAD) and found.revision.isdecimal():
            raise StoreProblem(
                f"{source} was made by a newer version of this program;"
                " install that version to restore it."
            )
        raise foreign
    contents = Contents(
        found.revision,
        found.rows["client"],
        found.rows["appointment"],
        datetime.fromisoformat(found.newest) if found.newest else None,
        _made(listed),
    )
    return Archive(file, contents, where.pop(), found.rows, kept, by)


def parts(script: IO[bytes]) -> Iterator[Sql | Rows]:
    """The script without its head, which is about psql and the session."""
    lines = _Lines(script)
    for line in lines:
        if line.startswith((b"-- Name: ", b"-- Data for Name: ")):
            break
    text: list[bytes] = []
    for line in lines:
        copy = _COPY.fullmatch(line)
        if copy is None:
            if not line.startswith((b"--", b"\\")) and line.strip():
                text.append(line)
            continue
        if text:
            yield Sql(b"".join(text).decode())
            text = []
        columns = copy[3].decode().split(", ")
        rows = Rows(line.decode().rstrip(";\n"), copy[2].decode(), columns, lines.rows())
        yield rows
        for _ in rows.blocks:  # what was not read
            pass
    if text:
        yield Sql(b"".join(text).decode())


class _Lines:
    """A script by the line, and a table's rows by the block, for there may be millions."""

    def __init__(self, script: IO[bytes]) -> None:
        self._script, self._block, self._at = script, list[bytes](), 0

    def __iter__(self) -> Iterator[bytes]:
        while self._fill():
            self._at += 1
            yield self._block[self._at - 1]

    def rows(self) -> Iterator[list[bytes]]:
        """To the end of the table."""
        while self._fill():
            try:
                end = self._block.index(_END, self._at)
            except ValueError:
                end = len(self._block)
            rows, self._at = self._block[self._at : end], end + 1
            if rows:
                yield rows
            if end < len(self._block):
                return
        raise ValueError("a table's rows have no end")

    def _fill(self) -> bool:
        if self._at >= len(self._block):
            self._block, self._at = self._script.readlines(AT_ONCE), 0
        return bool(self._block)


def _count(part: Rows, found: _Count) -> None:
    number, last = 0, b""
    for block in part.blocks:
        number += len(block)
        last = block[-1]
    if part.table == HISTORY and number:
        # It is only added to, so that the last line is the newest.
        found.newest = last.split(b"\t")[part.columns.index("at")].decode()
    elif part.table == VERSION_TABLE and number == 1:
        found.revision = last.decode().strip()
    found.rows[part.table] = number


def _entries(listed: str) -> tuple[str, set[str], set[str]]:
    """Those of the list that are put back, the schemas that they are in, and the tables."""
    kept, schemas, tables = [], set(), set()
    for line in listed.splitlines():
        entry = _ENTRY.match(line)
        if entry is None or entry[1] in NOT_OURS or entry[3] == SEARCH_INDEX:
            continue
        kept.append(line)
        schemas.add(entry[2])
        if entry[1] == "TABLE":
            tables.add(entry[3])
    return "\n".join(kept) + "\n", schemas, tables


def _known() -> set[str]:
    return {*Base.metadata.tables, VERSION_TABLE}


def _made(listed: str) -> datetime | None:
    told = _MADE.search(listed)
    return datetime.fromisoformat(told[1]).replace(tzinfo=UTC) if told and told[2] else None


def _as_of(source: Path, problem: Exception) -> StoreProblem:
    if isinstance(problem, ProgramTooOld):
        return problem
    return StoreProblem(f"{source} is damaged; take an earlier backup.")
