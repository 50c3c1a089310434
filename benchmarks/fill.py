"""An office of N appointments, made quickly and always alike: a fixed seed, times around now.

The schema is the program's own; the rows go in through the plain driver. Files are kept in the
temporary folder for a day, because what is due has to be due when the desk is measured.

    python -m benchmarks.fill 100k office.db
"""

import os
import random
import sqlite3
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from interworky_tui import bootstrap, config, paths
from interworky_tui.domain.appointment import Status
from interworky_tui.domain.text import fold
from interworky_tui.storage import chain, schema, search
from interworky_tui.storage.moments import to_text
from interworky_tui.storage.search import search_text

REBUILD = "INSERT INTO client_search(client_search) VALUES ('rebuild')"
SETTINGS = '[messages]\nundo_seconds = 600\n\n[office]\ntimezone = "UTC"\n'
"""Nothing is sent while the desk is measured, and what is owed is still written."""
_FIRST_NAMES = (
    "Ada Aino Alma Amir Anna Ben Bianca Boris Carla Chen Clara Dario David Dora Elif Emil Emma"
    " Erik Eva Felix Fiona Frida Gita Greta Hana Hugo Ida Ines Ivan Jana Jonas Julia Kai Karim"
    " Lara Leo Lina Luca Maja Marco Mei Mila Nadia Nils Nora Olga Omar Otto Paula Petra Rafael"
    " Rosa Samir Sara Sofia Tariq Theo Tilda Uma Vera Viktor Wanda Yara Zoe"
)
_SURNAMES = (
    "Abbott Adler Aydin Bakker Banerjee Barros Bauer Becker Bergman Bergstrom Bianchi Brandt"
    " Carlsen Castillo Chowdhury Conti Costa Dahl Delgado Demir Dubois Eriksen Esposito Falk"
    " Fernandes Fischer Fontaine Garcia Gruber Haas Hansen Hoffmann Horvat Ivanova Jansen"
    " Johansson Kaya Keller Kowalski Kramer Kumar Lang Larsen Laurent Lehmann Lindqvist Lopez"
    " Marchetti Martin Mendes Meyer Moreau Muller Nagy Nakamura Novak Nowak Okafor Olsen Ortega"
    " Patel Pereira Petrov Quist Ramos Ricci Rossi Santos Sato Schmidt Silva Sorensen Suzuki"
    " Tanaka Torres Varga Vogel Wagner Weber Yilmaz Zimmermann"
)
FIRST_NAMES, SURNAMES = _FIRST_NAMES.split(), _SURNAMES.split()
SERVICES = ("Check-up", "Consultation", "Follow-up", "First visit", "Advice", "")
NOTES = ("", "", "Prefers a call", "Brings documents", "Comes with a child", "New in town")
BANDS = (("early_morning", 10), ("morning", 12), ("afternoon", 17), ("evening", 20))
DAY = 24 * 60
WINDOWS = {
    Status.REQUESTED: (-2 * DAY, 60 * DAY),
    Status.SCHEDULED: (15, 120 * DAY),
    Status.ATTENDED: (-30 * DAY, -60),
    Status.FEEDBACK_PENDING: (-90 * DAY, -DAY),
    Status.FEEDBACK_COLLECTED: (-730 * DAY, -2 * DAY),
    Status.CANCELLED: (-365 * DAY, 30 * DAY),
}
"""Minutes from now between which the appointments of a status lie."""
VERBS = ("request", "schedule", "attend", "collect_feedback", "submit_feedback")
STEPS = {status: VERBS[: i + 1] for i, status in enumerate(list(Status)[:5])}
STEPS[Status.CANCELLED] = ("request", "schedule", "cancel")
AFTER = {
    "request": Status.REQUESTED,
    "schedule": Status.SCHEDULED,
    "attend": Status.ATTENDED,
    "collect_feedback": Status.FEEDBACK_PENDING,
    "submit_feedback": Status.FEEDBACK_COLLECTED,
    "cancel": Status.CANCELLED,
}
CHECKED = 20_000
"""Up to this size every row is held against the schema's CHECKs."""
WITH_MESSAGES = 2_000
"""So many of the latest appointments of each status have their last messages in the outbox."""


def cached(count: int) -> Path:
    """A filled database from the temporary folder, made anew when it is a day old."""
    folder = Path(tempfile.gettempdir())
    file = folder / f"interworky-bench-{schema_mark()}-{count}.db"
    if file.exists() and time.time() - file.stat().st_mtime < DAY * 60:
        return file
    for old in folder.glob(f"interworky-bench-*-{count}.db*"):
        old.unlink()
    making = file.with_suffix(".making.db")
    fill(making, count, datetime.now(UTC))
    making.rename(file)
    return file


def schema_mark() -> str:
    """Changes when the tables do, or what is put into them."""
    migrations = sorted((schema.MIGRATIONS / "versions").glob("*.py"))
    sources = (Path(__file__), Path(search.__file__), *migrations)
    content = b"".join(file.read_bytes() for file in sources)
    return f"{schema.HEAD}-{zlib.crc32(content):08x}"


def fill(file: Path, count: int, now: datetime) -> None:
    """Write an office of about ``count`` appointments to a new file."""
    _make(file)
    connection = sqlite3.connect(file, isolation_level=None)
    # Nothing here has to survive a crash; a file that is half made is never given its name.
    for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -1000000"):
        connection.execute(f"PRAGMA {pragma}")
    # A small office has the same rows, and there every constraint is checked.
    connection.execute(f"PRAGMA ignore_check_constraints = {int(count > CHECKED)}")
    connection.execute("BEGIN")
    indexes = _drop_indexes(connection)
    office = _Office(random.Random(20260320), count, now)
    _insert(connection, "client", CLIENT, office.clients())
    _insert(connection, "appointment", APPOINTMENT, office.appointments())
    _insert(connection, "appointment_event", EVENT, office.history())
    head = connection.execute("SELECT id, hash FROM appointment_event ORDER BY id DESC LIMIT 1")
    connection.execute(
        "UPDATE office_fact SET value = ? WHERE name = ?",
        (chain.Head(*head.fetchone()).to_fact(), chain.HEAD_FACT),
    )
    _insert(connection, "feedback_request", FEEDBACK, office.feedback_requests())
    _insert(connection, "survey_response", SURVEY, office.surveys())
    _insert(connection, "notification", MESSAGE, office.messages())
    for statement in (*indexes, REBUILD):
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _make(file: Path) -> None:
    """An empty office, made by the program with the settings that the bench gives it."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        home = paths.at(Path(folder))
        home.settings_file.write_text(SETTINGS, encoding="utf-8")
        bootstrap.build(config.load(home.settings_file, {}), home).database.close()
        home.database.rename(file)


def _drop_indexes(connection: sqlite3.Connection) -> list[str]:
    """Drop what can be built faster afterwards, and return how to."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [sql for _, sql in found]


CLIENT = "id, name, match_name, phone, email, search_text, created_at"
APPOINTMENT = (
    "id, client_id, status, requested_date, band, requested_until, starts_at, ends_at, sort_at,"
    " service, note, requested_at, attended_at, feedback_requested_at, feedback_collected_at,"
    " cancelled_at, cancel_reason, version"
)
EVENT = ", ".join((*chain.COLUMNS, "hash"))
FEEDBACK = "appointment_id, office_day, at, appointment_version"
SURVEY = "appointment_id, rating, good, bad, recommend, publish, source, at"
MESSAGE = (
    "appointment_id, appointment_version, event, recipient, channel, to_address, subject, body,"
    " visit_starts_at, state, reason, stream, dedupe_key, message_id, created_at, due_at,"
    " attempts, sent_at"
)


def _insert(
    connection: sqlite3.Connection, table: str, columns: str, rows: Iterator[tuple[object, ...]]
) -> None:
    marks = ", ".join("?" * len(columns.split(",")))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


class _Office:
    """The rows of one office. Minutes are counted from now, cut to a quarter of an hour."""

    def __init__(self, chance: random.Random, count: int, now: datetime) -> None:
        self.chance = chance
        self.count = count
        self.patients = max(200, count // 3)
        self.now = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
        self._day = lru_cache(None)(self._day_text)
        self.spans: dict[Status, range] = {}
        first = 1
        for status in Status:
            share = count // 20 if status is Status.CANCELLED else count * 19 // 100
            self.spans[status] = range(first, first + share)
            first += share

    def moment(self, minutes: int) -> str:
        day, minute = divmod(minutes + self.now.hour * 60 + self.now.minute, DAY)
        return f"{self._day(day)}{minute // 60:02}:{minute % 60:02}:00.000000Z"

    def _day_text(self, day: int) -> str:
        return to_text(self.now + timedelta(days=day))[:11]

    def clients(self) -> Iterator[tuple[object, ...]]:
        created = self.moment(-800 * DAY)
        for number in range(1, self.patients + 1):
            first, last = self.chance.choice(FIRST_NAMES), self.chance.choice(SURNAMES)
            name = f"{first} {last}"
            folded, phone = _folded(name), f"+4930{50_000_000 + number}"
            email = f"{first}.{last}{number}@example.org".casefold()
            search = search_text(name, phone, email)
            yield number, name, folded, phone, email, search, created

    def appointments(self) -> Iterator[tuple[object, ...]]:
        for status, span in self.spans.items():
            for place, number in enumerate(span):
                yield self._appointment(status, number, self._minutes(status, place, len(span)))

    def _minutes(self, status: Status, place: int, length: int) -> int:
        """When the appointment at a place of its status is; places are in order of time."""
        due = min(200, max(30, length // 50))
        if status is Status.SCHEDULED and place < due:
            return -180 + place * 180 // due // 15 * 15
        start, end = WINDOWS[status]
        return start + (end - start) * place // length // 15 * 15

    def _appointment(self, status: Status, number: int, minutes: int) -> tuple[object, ...]:
        band, hour = BANDS[number % 4] if status is not Status.REQUESTED else BANDS[0]
        starts: str | None = self.moment(minutes)
        ends: str | None = self.moment(minutes + 30)
        if status is Status.REQUESTED:
            day, minute = divmod(minutes + self.now.hour * 60 + self.now.minute, DAY)
            band, hour = next((b for b in BANDS if minute < b[1] * 60), BANDS[-1])
            starts = ends = None
        else:
            day = (minutes + self.now.hour * 60 + self.now.minute) // DAY
        until = f"{self._day(day)}{hour:02}:00:00.000000Z"
        steps = STEPS[status]
        return (
            number,
            self.chance.randint(1, self.patients),
            status.value,
            until[:10],
            band,
            until,
            starts,
            ends,
            starts or until,
            SERVICES[number % len(SERVICES)],
            NOTES[number % len(NOTES)],
            self.moment(min(minutes, 0) - 7 * DAY),
            self.moment(minutes + 5) if "attend" in steps else None,
            self.moment(minutes + 40) if "collect_feedback" in steps else None,
            self.moment(minutes + DAY) if "submit_feedback" in steps else None,
            self.moment(min(minutes, 0) - DAY) if "cancel" in steps else None,
            "client_asked" if "cancel" in steps else None,
            len(steps),
        )

    def history(self) -> Iterator[tuple[object, ...]]:
        """The lines with their numbers and the hashes that chain them."""
        before = b""
        for number, line in enumerate(self.events(), 1):
            row = (number, *line, "{}", None)
            made = chain.hash_of(before, chain.encoded(row))
            before = made.encode()
            yield *row, made

    def events(self) -> Iterator[tuple[object, ...]]:
        for status, span in self.spans.items():
            for place, number in enumerate(span):
                at = min(self._minutes(status, place, len(span)), 0) - 7 * DAY
                before = None
                for version, verb in enumerate(STEPS[status], 1):
                    after = AFTER[verb].value
                    yield number, version, self.moment(at), "desk", verb, before, after
                    before, at = after, at + 30

    def feedback_requests(self) -> Iterator[tuple[object, ...]]:
        for status in (Status.FEEDBACK_PENDING, Status.FEEDBACK_COLLECTED):
            span = self.spans[status]
            for place, number in enumerate(span):
                at = self.moment(self._minutes(status, place, len(span)) + 40)
                yield number, at[:10], at, 4

    def surveys(self) -> Iterator[tuple[object, ...]]:
        span = self.spans[Status.FEEDBACK_COLLECTED]
        for place, number in enumerate(span):
            at = self.moment(self._minutes(Status.FEEDBACK_COLLECTED, place, len(span)) + DAY)
            rating = 5 - number * number % 5
            yield number, rating, "Friendly and on time", "", "yes", number % 2, "web", at

    def messages(self) -> Iterator[tuple[object, ...]]:
        """Long done; one in a hundred failed, so that its mark is on screen."""
        for status, span in self.spans.items():
            latest = span if status in (Status.REQUESTED, Status.SCHEDULED) else span[::-1]
            for number in latest[:WITH_MESSAGES]:
                yield from self._messages_of(status, number)

    def _messages_of(self, status: Status, number: int) -> Iterator[tuple[object, ...]]:
        version = len(STEPS[status])
        at = self.moment(-60)
        for recipient in ("client", "office"):
            for channel in ("email", "sms"):
                failed = number % 100 == 0 and channel == "sms" and recipient == "client"
                key = f"{number}:{version}:{recipient}:{channel}"
                yield (
                    number, version, MESSAGE_EVENT[status], recipient, channel,
                    "somebody@example.org" if channel == "email" else "+493050000000",
                    "About your visit", "Your visit is noted. We look forward to seeing you.",
                    None, "failed" if failed else "previewed", "rejected" if failed else None,
                    f"{number}:{recipient}:{channel}", key, f"<{key}@example.org>", at, at,
                    1, None if failed else at,
                )  # fmt: skip


MESSAGE_EVENT = {
    Status.REQUESTED: "requested",
    Status.SCHEDULED: "scheduled",
    Status.ATTENDED: "attended",
    Status.FEEDBACK_PENDING: "feedback_requested",
    Status.FEEDBACK_COLLECTED: "feedback_collected",
    Status.CANCELLED: "cancelled",
}


@lru_cache(None)
def _folded(name: str) -> str:
    return fold(name)


def count_of(text: str) -> int:
    """``1k``, ``100k``, ``1M`` or plain digits."""
    scale = {"k": 1_000, "m": 1_000_000}.get(text[-1:].casefold(), 1)
    return int(text.rstrip("kKmM")) * scale


if __name__ == "__main__":
    began = time.perf_counter()
    fill(Path(sys.argv[2]), count_of(sys.argv[1]), datetime.now(UTC))
    size = os.path.getsize(sys.argv[2]) / 2**20
    print(f"{sys.argv[2]}: {size:.0f} MiB in {time.perf_counter() - began:.1f} s")
