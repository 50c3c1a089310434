"""Taking over a list of requests from a CSV file."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import select

from interworky_tui.domain.errors import BadInput, StoreProblem
from interworky_tui.domain.text import fold
from interworky_tui.services.context import Context
from interworky_tui.services.csv_reading import CsvFile, Record, open_csv
from interworky_tui.services.import_row import Columns, find_columns, read_cells, read_request
from interworky_tui.services.intake import CleanRequest, clean, insert_requests
from interworky_tui.storage.tables import APPOINTMENT

BATCH = 500
Progress = Callable[[int, int], None]
"""Called with (done, total), bytes of the file, from the importing thread."""

Batch = Sequence[CleanRequest]


def _no_progress(done: int, total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class BadLine:
    """``line`` as a text editor counts; ``column`` as the file names it, empty for the whole."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """``rows`` is ``good`` and bad lines together.

    ``added`` and ``already_there`` make up ``good``; in a dry run ``added`` is what would be.
    ``refused``: bad lines and all-or-nothing, so nothing was added.
    """

    rows: int
    good: int
    added: int
    already_there: int
    bad: tuple[BadLine, ...]
    ignored_columns: tuple[str, ...]
    dry_run: bool
    refused: bool = False


def import_csv(
    office: Context,
    path: Path,
    *,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    notify: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Add the file's good lines as requests; what is there already is not added again.

    Without ``all_or_nothing`` the good lines are committed a batch at a time, so that no
    other desk waits. Dates that have passed are taken over. Raises BadFile when the file as
    a whole cannot be read, StoreProblem when the store fails; the sentence says what is in.
    """
    with open_csv(path) as file:
        columns = find_columns(file.header)
        run = _Run(office, file, columns, notify, progress or _no_progress)
        if dry_run:
            run.count(run.batches())
        elif all_or_nothing:
            run.write_together()
        else:
            run.write()
        run.progress(file.size, file.size)
    refused = all_or_nothing and bool(run.bad)
    return ImportReport(
        rows=run.rows,
        good=run.rows - len(run.bad),
        added=0 if refused else run.added,
        already_there=run.already_there,
        bad=tuple(run.bad),
        ignored_columns=columns.ignored,
        dry_run=dry_run,
        refused=refused,
    )


@dataclass(slots=True)
class _Run:
    office: Context
    file: CsvFile
    columns: Columns
    notify: bool
    progress: Progress
    rows: int = 0
    added: int = 0
    already_there: int = 0
    bad: list[BadLine] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def write(self) -> None:
        """One transaction a batch, so that other desks get their turn."""
        now = self.office.clock()
        for batch in self.batches():
            try:
                self._settle(batch, self._commit([batch], now))
            except StoreProblem as problem:
                raise self._stopped_by(problem) from problem

    def write_together(self) -> None:
        """Reads to the end before the one transaction, so that others wait for nothing else."""
        batches = list(self.batches())
        if self.bad:
            self.count(batches)
        else:
            added = self._commit(batches, self.office.clock())
            self._settle([asked for batch in batches for asked in batch], added)

    def count(self, batches: Iterable[Batch]) -> None:
        """Find out what writing would do."""
        for batch in batches:
            self._settle(batch, self._missing(batch))

    def batches(self) -> Iterator[Batch]:
        """The good lines, a line that comes twice only once."""
        clean_lines = filter(None, map(self._clean, self.file))
        while batch := tuple(islice(clean_lines, BATCH)):
            yield batch

    def _clean(self, record: Record) -> CleanRequest | None:
        self.rows += 1
        if self.rows % BATCH == 0:
            self.progress(self.file.bytes_read(), self.file.size)
        try:
            if record.trouble:
                raise BadInput(f"{record.trouble[0].upper()}{record.trouble[1:]}.")
            asked = clean(
                self.office, read_request(self.office, read_cells(self.columns, record.cells))
            )
        except BadInput as bad:
            column = self.columns.title(bad.field) if bad.field else ""
            self.bad.append(BadLine(record.line, column, bad.sentence))
            return None
        key = source_key(asked)
        if key in self.seen:
            self.already_there += 1
            return None
        self.seen.add(key)
        return replace(asked, source_key=key)

    def _missing(self, batch: Batch) -> int:
        column = APPOINTMENT.c.source_key
        keys = [asked.source_key for asked in batch]
        with self.office.database.read() as connection:
            known = connection.execute(select(column).where(column.in_(keys))).all()
        return len(batch) - len(known)

    def _commit(self, batches: Sequence[Batch], now: datetime) -> int:
        with self.office.database.write() as connection:
            added = sum(
                insert_requests(self.office, connection, batch, now, self.notify)
                for batch in batches
            )
        if added and self.notify:
            self.office.wake()
        return added

    def _settle(self, batch: Batch, added: int) -> None:
        self.added += added
        self.already_there += len(batch) - added

    def _stopped_by(self, problem: StoreProblem) -> StoreProblem:
        if not self.added:
            return problem
        why = problem.sentence.replace("; nothing was changed", "")
        return StoreProblem(
            f"{self.added} requests were added, then the import stopped: {why}"
            " Import the same file again to add the rest."
        )


def source_key(asked: CleanRequest) -> str:
    """What makes two lines the same request, whatever their spelling.

    Urgency and language are not part of it.
    """
    when = f"{asked.wish_time:%H:%M}" if asked.wish_time else asked.band
    email = asked.email.casefold() if asked.email else None
    parts = [fold(asked.name), asked.phone, email, asked.date.isoformat(), when]
    line = json.dumps([*parts, asked.service, asked.note])
    return hashlib.blake2b(line.encode(), digest_size=16).hexdigest()
