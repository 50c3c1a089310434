"""A desk to work at: the use cases in a row, and everything that they leave in the store."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Table, select, update

from interworky_tui.domain.clock import Clock
from interworky_tui.domain.feedback import Survey
from interworky_tui.services import feedback, intake, scheduling, visits
from interworky_tui.services.context import Changed, Context
from interworky_tui.storage.models import Base
from interworky_tui.storage.tables import APPOINTMENT, CLIENT, EVENT, NOTIFICATION
from tests.conftest import on_both

pytest_generate_tests = on_both
FRIDAY = date(2026, 3, 20)


@dataclass
class Desk:
    """The office with the verbs of a day, and a look at its tables. ``woken`` counts the wakes."""

    office: Context
    clock: Any
    woken: list[datetime] = field(default_factory=list)
    people: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new(self, **values: Any) -> intake.NewRequest:
        """A request of somebody who was not here before."""
        self.people = next(self.numbers)
        someone = {
            "name": f"Ada Lovelace {self.people}",
            "phone": f"030 123{self.people:04}",
            "email": f"ada{self.people}@example.com",
            "date": max(FRIDAY, self.clock.now.astimezone(self.office.zone).date()),
            "band": "evening" if self.clock.now.date() >= FRIDAY else "morning",
        }
        return intake.NewRequest(**(someone | values))

    def request(self, **values: Any) -> Changed:
        return intake.request(self.office, self.new(**values))

    def scheduled(self, starts_at: datetime | None = None, **values: Any) -> Changed:
        """Scheduled for a free half hour of its own, days ahead, unless told otherwise."""
        asked = self.request(**values).appointment
        start = starts_at or self.clock.now + timedelta(hours=24 * asked.id)
        return scheduling.schedule(self.office, asked.id, start)

    def due(self) -> Changed:
        """Scheduled for this minute."""
        return self.scheduled(self.clock.now)

    def attended(self) -> Changed:
        return visits.attend(self.office, self.due().appointment.id)

    def asked(self) -> Changed:
        return feedback.collect(self.office, self.attended().appointment.id)

    def answered(self, rating: int = 5) -> Changed:
        asked = self.asked().appointment
        return feedback.record(self.office, asked.id, Survey(rating))

    def local(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), self.office.zone)

    def rows(self, table: Table, **equal: Any) -> list[dict[str, Any]]:
        query = select(table).order_by(*table.primary_key.columns)
        for name, value in equal.items():
            query = query.where(table.c[name] == value)
        with self.office.database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table."""
        return {name: self.rows(table) for name, table in Base.metadata.tables.items()}

    def appointment(self, appointment_id: int) -> dict[str, Any]:
        (row,) = self.rows(APPOINTMENT, id=appointment_id)
        return row

    def clients(self) -> list[tuple[str, str | None, str | None]]:
        return [(row["name"], row["phone"], row["email"]) for row in self.rows(CLIENT)]

    def history(self, appointment_id: int) -> list[tuple[str, str | None, str]]:
        lines = self.rows(EVENT, appointment_id=appointment_id)
        return [(line["verb"], line["from_status"], line["to_status"]) for line in lines]

    def messages(self, appointment_id: int, version: int | None = None) -> list[dict[str, Any]]:
        found = self.rows(NOTIFICATION, appointment_id=appointment_id)
        return [row for row in found if version in (None, row["appointment_version"])]

    def deliver(self, state: str = "sent", **equal: Any) -> None:
        """Give the waiting messages the state that a worker would give them."""
        lease = {"lease_owner": "w", "lease_until": self.clock.now} if state == "sending" else {}
        reason = {"reason": "rejected"} if state in ("failed", "held") else {}
        change = update(NOTIFICATION).where(NOTIFICATION.c.state == "pending")
        for name, value in equal.items():
            change = change.where(NOTIFICATION.c[name] == value)
        with self.office.database.write() as connection:
            connection.execute(change.values(state=state, attempts=1, **lease, **reason))

    def another(self, actor: str) -> "Desk":
        """A colleague at the same store."""
        return replace(self, office=replace(self.office, actor=actor))

    def set(self, **settings: Any) -> None:
        """Change settings by section, as in ``office={"phone": ""}``."""
        raw = msgspec.to_builtins(self.office.settings)
        for section, values in settings.items():
            raw[section] |= values
        told = msgspec.convert(raw, type(self.office.settings))
        self.office = replace(self.office, settings=told)


@pytest.fixture
def desk(office: Context, clock: Clock) -> Desk:
    woken: list[datetime] = []
    wake: Callable[[], None] = lambda: woken.append(clock())  # noqa: E731
    return Desk(replace(office, wake=wake), clock, woken)


@pytest.fixture
def gap(desk: Desk) -> tuple[datetime, datetime]:
    """Friday from half past ten to eleven."""
    start = desk.local(FRIDAY, 10, 30)
    return start, start + timedelta(minutes=30)


@pytest.fixture
def previews(tmp_path: Path) -> Path:
    return tmp_path / "preview"
