"""A migrated store, rows for it by the plain driver, and other processes that use it."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from interworky_tui.domain.appointment import Status
from interworky_tui.storage import schema
from interworky_tui.storage.backup import backup
from interworky_tui.storage.database import Database
from interworky_tui.storage.moments import to_text
from interworky_tui.storage.plain_server import translated
from interworky_tui.storage.queries import Reader, open_reader
from interworky_tui.storage.search import search_text
from interworky_tui.storage.server import is_server, open_server
from tests import postgres
from tests.rounds import rounds

QUICK = settings(max_examples=rounds(30), deadline=None)
NOW = datetime(2026, 3, 16, 8, 10, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
SECRET = "wax and candles 7"
NO_CHAIN = "0" * 64
"""The hash of a line of history in tests that look at something else."""
TOMORROW = f"{int(schema.HEAD) + 1:04}"
NEXT = (*schema.REVISIONS, TOMORROW)
ADD_A_COLUMN = """
import os, sqlalchemy as sa
from pathlib import Path
from alembic import op
revision, down_revision, branch_labels, depends_on = {revision!r}, {before!r}, None, None
def upgrade():
    op.add_column("client", sa.Column("nickname", sa.Text))
    with Path({log!r}).open("a") as log:
        log.write("ran ")
    {then}
"""
MIGRATE = """
import sys
from pathlib import Path
from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
url, revisions, *scripts = sys.argv[1:]
sys.stdin.readline()
schema.migrate(Database(url), revisions=revisions.split(), scripts=[Path(s) for s in scripts])
"""
WITH_SLOT = (
    Status.SCHEDULED,
    Status.ATTENDED,
    Status.FEEDBACK_PENDING,
    Status.FEEDBACK_COLLECTED,
)


class Store:
    """A store on a file or a server, and a driver's connection that keeps the foreign keys."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.file = schema.sqlite_path(url) or Path()
        self.on_server = is_server(url)
        self.connection: Any
        if self.on_server:
            self.connection = open_server(url, busy_ms=1000)
            self.connection.autocommit = True
        else:
            self.connection = sqlite3.connect(self.file, isolation_level=None)
            self.connection.execute("PRAGMA foreign_keys = ON")
            self.connection.execute("PRAGMA synchronous = OFF")

    def run(self, sql: str, *values: Any) -> Any:
        """The driver's cursor after a statement, which marks its values with ``?``."""
        return self.connection.execute(translated(sql) if self.on_server else sql, values)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written within is committed at once, which is quicker."""
        self.run("BEGIN")
        try:
            yield
        finally:
            self.run("COMMIT")

    def insert(self, table: str, **values: Any) -> int:
        stored = {k: to_text(v) if isinstance(v, datetime) else v for k, v in values.items()}
        names, marks = ", ".join(stored), ", ".join("?" * len(stored))
        made = f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING *"
        row = self.run(made, *stored.values()).fetchone()
        return row[0] if isinstance(row[0], int) else 0

    def client(self, name: str = "Ada Lovelace", **values: Any) -> int:
        found = {"phone": "+4930111222", "email": None, **values}
        client_id = self.insert(
            "client",
            **{
                "name": name,
                "match_name": f"{name} {self.one('SELECT count(*) FROM client')}",
                "search_text": search_text(name, found["phone"], found["email"]),
                "created_at": NOW,
                **found,
            },
        )
        if not self.on_server:
            self.run(
                "INSERT INTO client_search(rowid, search_text)"
                " SELECT id, search_text FROM client WHERE id = ?",
                client_id,
            )
        return client_id

    def visit(self, status: Status = Status.REQUESTED, at: datetime = NOW, **values: Any) -> int:
        """``at``: when it starts; of a request and a cancelled one, when its wish ends."""
        if "client_id" not in values:
            values["client_id"] = self.client()
        return self.insert("appointment", **{**visit_values(status, at), **values})

    def message(self, visit: int | None, state: str = "pending", **values: Any) -> int:
        lease = {"lease_owner": "desk", "lease_until": NOW} if state == "sending" else {}
        reason = {"reason": "rejected"} if state in ("failed", "held", "cancelled") else {}
        return self.insert(
            "notification",
            **{
                "appointment_id": visit,
                "appointment_version": 1,
                "event": "scheduled",
                "recipient": "client",
                "channel": "sms",
                "to_address": "+4930111222",
                "body": "See you.",
                "state": state,
                "stream": "client:1:sms",
                "dedupe_key": f"key {self.one('SELECT count(*) FROM notification')}",
                "created_at": NOW,
                "due_at": NOW,
                **lease,
                **reason,
                **values,
            },
        )

    def inbound(self, **values: Any) -> int:
        """A text that came in, and waits unless ``handled_at`` is given."""
        return self.insert(
            "inbound_sms",
            **{
                "sid": f"SM{self.one('SELECT count(*) FROM inbound_sms')}",
                "from_number": "+4930111222",
                "to_number": "+4930999",
                "body": "Can I come later?",
                "received_at": NOW,
                "recorded_at": NOW,
                "kind": "other",
                **values,
            },
        )

    def one(self, sql: str, *values: Any) -> Any:
        return self.run(sql, *values).fetchone()[0]

    def clear(self) -> None:
        for table in ("notification", "inbound_sms", "survey_response", "appointment", "client"):
            self.run(f"DELETE FROM {table}")
            if self.on_server:
                self.run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1, false)")
        if not self.on_server:
            self.run("INSERT INTO client_search(client_search) VALUES ('delete-all')")


def visit_values(status: Status, at: datetime) -> dict[str, Any]:
    """What an appointment of a status must have."""
    values: dict[str, Any] = {
        "status": status.value,
        "requested_date": "2026-03-20",
        "band": "morning",
        "requested_until": at,
        "sort_at": at,
        "requested_at": NOW,
    }
    if status in WITH_SLOT:
        values |= {"starts_at": at, "ends_at": at + HALF_HOUR}
    if status in WITH_SLOT[1:]:
        values["attended_at"] = at
    if status in WITH_SLOT[2:]:
        values["feedback_requested_at"] = at
    if status in WITH_SLOT[3:]:
        values["feedback_collected_at"] = at
    if status is Status.CANCELLED:
        values |= {"cancelled_at": NOW, "cancel_reason": "office"}
    return values


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated store, to be copied."""
    file = tmp_path_factory.mktemp("template") / "interworky.db"
    database = Database(schema.sqlite_url(file))
    schema.migrate(database)
    database.close()
    return file


@pytest.fixture(scope="session")
def sealed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of Ada's office that SECRET opens; made once, for that is meant to take long."""
    store = Store(copied(template, tmp_path_factory.mktemp("plain")))
    with closing(store.connection):
        store.client("Ada Lovelace")
    return backup(store.file, tmp_path_factory.mktemp("sealed") / "office.db", NOW, SECRET)


@pytest.fixture
def file(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path / "interworky.db"))


def copied(template: Path, folder: Path) -> str:
    """The URL of a copy in the folder."""
    return schema.sqlite_url(Path(shutil.copy(template, folder)))


READS = ("arrivals", "attention", "callers", "card", "inbox", "paging", "search", "unread")
"""The files of the reads by the driver, which are tested on both databases."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition("test_")[2] not in READS:
        return
    if metafunc.definition.get_closest_marker("sqlite_only") is None:
        for name in {"store", "shared"} & set(metafunc.fixturenames):
            metafunc.parametrize(name, ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """In a file, or on what the folder's tests are run on, each in turn."""
    if getattr(request, "param", "sqlite") == "sqlite":
        url = schema.sqlite_url(request.getfixturevalue("file"))
    else:
        url = request.getfixturevalue("postgres_url")
    store = Store(url)
    with closing(store.connection):
        yield store


@pytest.fixture
def reader(store: Store) -> Iterator[Reader]:
    with closing(open_reader(store.url)) as reader:
        yield reader


@pytest.fixture(scope="module")
def shared(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """One store for all examples; each begins by clearing it."""
    if getattr(request, "param", "sqlite") == "sqlite":
        store = Store(copied(template, tmp_path_factory.mktemp("shared")))
        with closing(store.connection):
            yield store
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    store = Store(server.create("shared", request.getfixturevalue("empty_database")))
    with closing(store.connection):
        yield store
    server.drop("shared")


@pytest.fixture(scope="module")
def shared_reader(shared: Store) -> Iterator[Reader]:
    with closing(open_reader(shared.url)) as reader:
        yield reader


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    database = Database(schema.sqlite_url(file))
    yield database
    database.close()


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts Python processes of their own; those that are left at the end are killed."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: object, **options: Any) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def next_versions(tmp_path: Path, then: str = "pass") -> list[Path]:
    """The folders of the program's scripts and of one of tomorrow, which ends with ``then``."""
    folder = tmp_path / "versions"
    folder.mkdir(exist_ok=True)
    script = ADD_A_COLUMN.format(
        revision=TOMORROW, before=schema.HEAD, log=str(tmp_path / "log"), then=then
    )
    (folder / f"{TOMORROW}_nickname.py").write_text(script)
    return [schema.MIGRATIONS / "versions", folder]
