"""The real server on loopback with an office behind it, and visitors with a real browser's HTTP."""

import http.client
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from email.message import Message
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from sqlalchemy import Table, select

from interworky_tui.config import Settings
from interworky_tui.services import feedback, intake, scheduling, survey_links, visits
from interworky_tui.services.context import Context
from interworky_tui.web.server import WebServer
from tests.conftest import FixedClock

FORM = "application/x-www-form-urlencoded"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``both_databases``: on a file, and on a server as a role that may do what a desk must."""
    marked = metafunc.definition.get_closest_marker("both_databases")
    if marked and "store_url" in metafunc.fixturenames:
        stores = [pytest.param("file_url", id="sqlite"), pytest.param("desk_url", id="postgresql")]
        metafunc.parametrize("store_url", stores, indirect=True)


class Steady:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str

    @property
    def title(self) -> str:
        found = re.search("<title>(.*?)</title>", self.text)
        assert found
        return found[1]

    @property
    def document(self) -> "Document":
        return Document(self.text)


class Document(HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [
            given
            for name, given in self.elements
            if name == tag and attributes.items() <= given.items()
        ]

    def one(self, tag: str, **attributes: str) -> dict[str, str | None]:
        (found,) = self.all(tag, **attributes)
        return found


@dataclass(frozen=True)
class Site:
    """A served office. Every request is a connection of its own."""

    office: Context
    clock: FixedClock
    steady: Steady
    server: WebServer

    @property
    def at(self) -> tuple[str, int]:
        host, _, port = self.server.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """``headers`` with _ for -."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(*self.at, timeout=10)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        sent = {"Content_Type": FORM, "Sec_Fetch_Site": "same-origin"} | headers
        return self.ask("POST", path, urlencode(fields).encode(), **sent)

    def invited(self, **client: Any) -> tuple[int, str]:
        """A visit whose survey is open: its id, and the path of its link."""
        asked = {"name": "Ana Ruiz", "phone": "030 901820", "email": "ana@ruiz.example"} | client
        new = intake.NewRequest(date=date(2026, 3, 20), band="morning", **asked)
        visit = intake.request(self.office, new).appointment.id
        scheduling.schedule(self.office, visit, self.clock())
        visits.attend(self.office, visit)
        feedback.collect(self.office, visit)
        url = survey_links.link_for_screen(self.office, visit)
        return visit, "/s/" + url.rpartition("/")[2]

    def rows(self, table: Table) -> list[dict[str, Any]]:
        with self.office.database.read() as connection:
            found = connection.execute(select(table).order_by(*table.primary_key.columns))
            return [dict(row) for row in found.mappings()]

    def everything(self) -> list[str]:
        """Every row that there is, to see that nothing was changed."""
        with self.office.database.read() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            return list(driver.iterdump())


Serve = Callable[..., AbstractContextManager[Site]]


@pytest.fixture
def serve(office: Context, clock: FixedClock) -> Serve:
    """Serves the office with these settings; more of them by section. ``patience`` in seconds."""

    @contextmanager
    def served(patience: float = 10.0, **sections: dict[str, Any]) -> Iterator[Site]:
        raw = msgspec.to_builtins(office.settings)
        sections["web"] = {"enabled": True, "port": 0} | sections.get("web", {})
        for section, values in sections.items():
            raw[section] |= values
        own = replace(office, settings=msgspec.convert(raw, Settings))
        steady = Steady()
        server = WebServer(own, monotonic=steady, patience=patience)
        server.start()
        try:
            yield Site(own, clock, steady, server)
        finally:
            assert server.stop()

    return served


@pytest.fixture
def site(serve: Serve) -> Iterator[Site]:
    with serve() as running:
        yield running
