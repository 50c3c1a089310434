"""An office whose API is really served on loopback, and a program that posts to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import msgspec
import requests
from sqlalchemy import Table, select

from interworky_tui.config import Settings
from interworky_tui.services import api_keys
from interworky_tui.services.context import Context
from interworky_tui.web.server import WebServer
from tests.conftest import FixedClock

OURS = {"name": "Ana Ruiz", "phone": "030 901820", "date": "2026-03-20", "band": "morning"}
ASSISTANTS = {
    "client_first_name": "Ana",
    "client_last_name": "Ruiz",
    "client_email": "ana@ruiz.example",
    "client_phone": "030 901820",
    "preferred_date": "2026-03-20",
    "preferred_time": "10:30",
    "urgency": "high",
    "client_notes": "Please ring first",
}


@dataclass(frozen=True)
class Program:
    """Posts with a key that is in use, unless other headers are given."""

    office: Context
    clock: FixedClock
    server: WebServer
    secret: str

    def post(
        self,
        body: Any = OURS,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        **more: str,
    ) -> requests.Response:
        """``more`` are headers besides the key, with _ for -."""
        sent = {"Authorization": f"Bearer {self.secret}"} if headers is None else dict(headers)
        sent |= {name.replace("_", "-"): value for name, value in more.items()}
        url = f"{self.server.url}/api/requests"
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
            return requests.post(url, data=raw, headers=sent, timeout=20)
        return requests.post(url, json=body, headers=sent, timeout=20)

    def get(self, path: str, headers: dict[str, str] | None = None) -> requests.Response:
        sent = {"Authorization": f"Bearer {self.secret}"} if headers is None else headers
        return requests.get(self.server.url + path, headers=sent, timeout=20)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        with self.office.database.read() as connection:
            rows = connection.execute(select(table).order_by(*table.primary_key.columns))
            return [dict(row) for row in rows.mappings()]


@contextmanager
def serving(office: Context, clock: FixedClock) -> Iterator[Program]:
    """The limits by address see an hour pass between any two requests, so that none bites."""
    raw = msgspec.to_builtins(office.settings)
    raw["web"] |= {"enabled": True, "port": 0}
    office = replace(office, settings=msgspec.convert(raw, Settings))
    _, secret = api_keys.new_key(office, "assistant")
    hours = count(0, 3600)
    server = WebServer(office, monotonic=lambda: float(next(hours)))
    server.start()
    try:
        yield Program(office, clock, server, secret)
    finally:
        assert server.stop()


def refused(answer: requests.Response, status: int) -> str:
    """The one sentence of a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert list(told) == ["error"]
    assert isinstance(told["error"], str)
    return str(told["error"])


def by_field(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    errors = answer.json()["errors"]
    assert all(list(one) == ["field", "message"] for one in errors)
    found = {one["field"]: one["message"] for one in errors}
    assert len(found) == len(errors)
    return found
