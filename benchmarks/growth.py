"""What a growing office costs, on SQLite and on PostgreSQL: the same reads at 10k and at 1M.

A page of a tab, the counts, what is due, and the claim of messages are held against themselves in
the smaller office, interleaved; the search for a client, at the larger size, against the clock.

    python -m benchmarks.growth [--sizes 10k,1M] [--rounds 60]
"""

import argparse
import random
import sqlite3
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from benchmarks import report
from benchmarks.fill import FIRST_NAMES, SURNAMES, cached, count_of
from benchmarks.report import Target
from interworky_tui import config
from interworky_tui.domain.appointment import Status
from interworky_tui.services import reading
from interworky_tui.services.context import Context
from interworky_tui.storage import outbox, schema
from interworky_tui.storage.database import Database
from interworky_tui.storage.models import Base
from interworky_tui.storage.queries import Reader, open_reader
from interworky_tui.storage.rows import Key
from tests import postgres

PAGE, COUNTS, DUE, CLAIM = "page of a tab", "counts", "what is due", "claim of 20 messages"
CALLER, SEARCHED = "who is on the phone", "first page of a search"
GROWING, SEARCHES = (PAGE, COUNTS, DUE, CLAIM), (SEARCHED, CALLER)
MEASURES = (*GROWING, *SEARCHES)
NOTES = (
    "Median / p95 of interleaved rounds, from the question to the last row in Python: a page of"
    " 100 at any place of any tab, all the counts of the desk, 30 visits that are due, 20 messages"
    " leased in a transaction of their own, and clients by what is typed of a name, a number or an"
    " address. There is a client for every three appointments. PostgreSQL is on this machine."
)
GROWN = 1.3
"""How many times as long a read may take in the larger office."""
FOUND_IN = 50.0
"""Milliseconds, for 95 of 100 searches."""
SIZES = ("10k", "1M")
ROUNDS = 60
WAITING = 200
"""Messages that wait to be sent, in each office."""
BATCH = 100_000


class TakenBack(Exception):
    """Ends a write of which nothing is to be kept."""


@dataclass
class Office:
    """One store as the desk has it open. ``keys`` are rows all over its tabs."""

    name: str
    size: str
    url: str
    database: Database
    reader: Reader
    keys: list[tuple[Status, Key]]
    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Milliseconds by measure."""


def main() -> int:
    options = _options()
    offices = measure(options.sizes.split(","), options.rounds)
    found = targets(offices)
    print(markdown(offices), report.target_table(found), sep="\n\n")
    return int(not all(target.met for target in found))


def measure(sizes: Sequence[str], rounds: int) -> list[Office]:
    """The smallest office first, by each database."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres.running())
        offices = []
        for size in sizes:
            file = cached(count_of(size))
            copy = stack.enter_context(_copy(file))
            for name, url in (("SQLite", copy), ("PostgreSQL", fill_server(server, file, size))):
                offices.append(stack.enter_context(_opened(name, size, url)))
        chance = random.Random(20260320)
        for number in range(rounds + 1):
            for office in offices:
                for measure, read in _reads(office, chance):
                    _time(office, measure, read)
                if number == 0:  # fills the caches
                    office.taken.clear()
        for office in offices:
            for query in searches(chance, 2 * rounds):
                _time(office, SEARCHED, partial(_first_page, office.reader, query))
                _time(office, CALLER, partial(office.reader.callers, query))
        return offices


def _reads(office: Office, chance: random.Random) -> Iterator[tuple[str, Callable[[], object]]]:
    now = datetime.now(UTC)
    status, key = chance.choice(office.keys)
    yield PAGE, lambda: office.reader.page(status, after=key)
    yield COUNTS, lambda: office.reader.counts(now)
    context = Context(SETTINGS, office.database, lambda: now, "bench")
    yield DUE, lambda: reading.listing(context, due=True, limit=30)
    yield CLAIM, lambda: _claim(office.database, now)


def _claim(database: Database, now: datetime) -> None:
    room = {"email": 20, "sms": 20}
    lease = now + timedelta(minutes=1)
    try:
        with database.write(alone=False) as connection:
            claimed = outbox.claim(connection, room, owner="bench", now=now, until=lease, limit=20)
            assert len(claimed) == 20
            raise TakenBack
    except TakenBack:
        pass


def _first_page(reader: Reader, query: str) -> None:
    """What one key in the search box asks for, but the counts that follow."""
    reader.page(Status.SCHEDULED, search=query)


def searches(chance: random.Random, count: int) -> Iterator[str]:
    """What is typed: a name so far, both names, digits of a number, an address."""
    for number in range(count):
        first, last = chance.choice(FIRST_NAMES), chance.choice(SURNAMES)
        name = chance.choice((first, last))
        digits = f"{50_000_000 + chance.randint(1, 300_000)}"
        yield (
            name[: chance.randint(2, len(name))],
            f"{first} {last[: chance.randint(1, len(last))]}",
            digits[-chance.randint(3, 8) :],
            f"{first}.{last}{chance.randint(1, 999)}"[: chance.randint(6, 20)],
        )[number % 4]


def _time(office: Office, measure: str, read: Callable[[], object]) -> None:
    begun = time.perf_counter()
    read()
    office.taken[measure].append((time.perf_counter() - begun) * 1000)


def markdown(offices: list[Office]) -> str:
    """The medians, how they grow, and how soon a client is found."""
    small, large = offices[0].size, offices[-1].size
    lines = [
        f"| growth | database | {small} | {large} | grown |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for measure in MEASURES:
        for name, before, after in _pairs(offices):
            few, many = (_told(office.taken[measure]) for office in (before, after))
            grown = f"{_grown(measure, before, after):.2f}x"
            lines.append(f"| {measure} | {name} | {few} | {many} | {grown} |")
    return "\n".join((*lines, "", NOTES))


def targets(offices: list[Office]) -> list[Target]:
    found = []
    for name, small, large in _pairs(offices):
        for measure in GROWING:
            grown = _grown(measure, small, large)
            found.append(Target(f"{measure} on {name}, growth", GROWN, grown))
        for measure in SEARCHES:
            found.append(
                Target(f"{measure} on {name}, p95", FOUND_IN, _p95(large.taken[measure]), "ms")
            )
    return found


def _grown(measure: str, small: Office, large: Office) -> float:
    return statistics.median(large.taken[measure]) / statistics.median(small.taken[measure])


def _pairs(offices: list[Office]) -> Iterator[tuple[str, Office, Office]]:
    for name in dict.fromkeys(office.name for office in offices):
        by_size = [office for office in offices if office.name == name]
        yield name, by_size[0], by_size[-1]


def _told(taken: list[float]) -> str:
    return f"{statistics.median(taken):.1f} / {_p95(taken):.1f} ms"


def _p95(taken: list[float]) -> float:
    return sorted(taken)[len(taken) * 95 // 100]


SETTINGS = msgspec.convert({"office": {"timezone": "UTC"}}, config.Settings)


@contextmanager
def _copy(file: Path) -> Iterator[str]:
    """A copy to write to; gone afterwards."""
    copy = file.with_suffix(".growth.db")
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        with closing(sqlite3.connect(copy)) as connection:
            for statement in _WAIT:
                connection.execute(statement, {"most": WAITING})
            connection.execute("PRAGMA optimize")
            connection.commit()
        yield schema.sqlite_url(copy)
    finally:
        for name in ("", "-wal", "-shm"):
            copy.with_name(copy.name + name).unlink(missing_ok=True)


_WAIT = (
    "UPDATE notification SET state = 'pending', reason = NULL, sent_at = NULL WHERE id <= :most",
)


@contextmanager
def _opened(name: str, size: str, url: str) -> Iterator[Office]:
    database = Database(url)
    with closing(open_reader(url)) as reader:
        chance = random.Random(7)
        total = {s: reader.position(s, Key("2000-01-01T00:00:00.000000Z", 0))[1] for s in Status}
        keys = [
            (status, reader.page_at(status, chance.randrange(total[status]), limit=1)[0].key)
            for status in Status
            for _ in range(8)
        ]
        yield Office(name, size, url, database, reader, keys)
    database.close()


def fill_server(server: postgres.Server, file: Path, name: str) -> str:
    """The rows of a file in a new database, as they are after a night's autovacuum."""
    url = server.create(name.casefold())
    database = Database(url)
    schema.migrate(database)
    database.close()
    with closing(sqlite3.connect(file)) as source, psycopg.connect(url, autocommit=True) as target:
        # Rules were kept when the file was filled.
        target.execute("SET session_replication_role = replica")
        target.execute("SET maintenance_work_mem = '512MB'")
        indexes = _drop_indexes(target)
        for table in Base.metadata.sorted_tables:
            _carry(source, target, table.name, [column.name for column in table.columns])
        for statement in indexes:
            target.execute(statement)
        target.execute(sql.SQL(_WAIT[0].replace(":most", str(WAITING))))
        target.execute("VACUUM ANALYZE")
    return url


def _drop_indexes(target: "psycopg.Connection[tuple[str, str]]") -> list[sql.SQL]:
    """Drop what can be built faster afterwards, and return how to."""
    found = target.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    ).fetchall()
    for name, _ in found:
        target.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [sql.SQL(made) for _, made in found]


def _carry(
    source: sqlite3.Connection,
    target: "psycopg.Connection[tuple[str, str]]",
    table: str,
    names: list[str],
) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    target.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    rows = source.execute(f"SELECT {', '.join(names)} FROM {table}")
    with target.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row(row)
    if "id" in names and table != "desk_session":
        target.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.growth", description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", default=",".join(SIZES), help="the smaller one first")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
