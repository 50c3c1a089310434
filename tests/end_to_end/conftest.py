"""The program as it is typed: in this process with a clock of the test's, or as one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from interworky_tui import config
from interworky_tui.cli import commands
from interworky_tui.domain.clock import Clock
from interworky_tui.paths import Paths
from interworky_tui.start import Surroundings
from interworky_tui.storage.database import Database
from interworky_tui.storage.schema import sqlite_url
from tests.conftest import DESK_PASSWORD
from tests.delivery.sms_server import NUMBER, SID, TOKEN, SmsServer
from tests.delivery.smtp_server import PASSWORD, USER, MailHost, authority

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
        assert DESK_PASSWORD not in result.output
        return result

    def json(self, *words: object) -> Any:
        return json.loads(self(*words, "--json").stdout)

    def refused(self, *words: object) -> str:
        """The one sentence on stderr, with nothing beside it."""
        result = self(*words, status=1)
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
        return result.stderr.strip()

    def sql(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """As if something else wrote into the store."""
        url = config.load(self.paths.settings_file, {}).database.url
        database = Database(url or sqlite_url(self.paths.database))
        with closing(database), database.write() as connection:
            found = connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``both_databases``: on a file that the first command makes, and on a server, where the
    role may do just what a desk must.
    """
    marked = metafunc.definition.get_closest_marker("both_databases")
    if marked and "database_url" in metafunc.fixturenames:
        stores = [pytest.param("", id="sqlite")]
        if metafunc.definition.get_closest_marker("sqlite_only") is None:
            stores.append(pytest.param("desk_url", id="postgresql"))
        metafunc.parametrize("database_url", stores, indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """What the settings name; empty for the file in its place."""
    server = getattr(request, "param", "")
    return str(request.getfixturevalue(server)) if server else ""


@pytest.fixture
def shell(places: Paths, clock: Clock, database_url: str) -> Iterator[Shell]:
    named = f"\n[database]\nurl = {json.dumps(database_url)}\n" if database_url else ""
    places.settings_file.write_text(SETTINGS + named)
    yield Shell(places, clock)
    if places.log_file.exists():
        assert DESK_PASSWORD not in places.log_file.read_text()


@pytest.fixture
def texts(clock: Clock) -> Iterator[SmsServer]:
    """The SMS provider."""
    with SmsServer(clock).running() as running:
        yield running


SetUp = Callable[..., None]


@pytest.fixture
def set_up(places: Paths) -> SetUp:
    """Writes what a person would set up: both channels, or one, by servers on this machine."""

    def write(
        mails: MailHost | None,
        texts: SmsServer | None,
        *,
        token: str = TOKEN,
        messages: str = "quiet_hours = ''",
    ) -> None:
        told = [SETTINGS, f"[messages]\n{messages}\n"]
        if mails is not None:
            told.append(
                f"[email]\nhost = '127.0.0.1'\nport = {mails.port}\n"
                f"security = '{mails.security}'\nuser = '{USER}'\n"
            )
        if texts is not None:
            told.append(
                f"[sms]\naccount_sid = '{SID}'\nfrom_number = '{NUMBER}'\n"
                f"api_base_url = '{texts.url}'\n"
            )
        places.settings_file.write_text("\n".join(told))
        secrets = places.config / "secrets.toml"
        secrets.write_text(f"[email]\npassword = '{PASSWORD}'\n[sms]\nauth_token = '{token}'\n")
        secrets.chmod(0o600)

    return write


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the mail server's private authority, and nobody else."""
    file = tmp_path / "authority.pem"
    authority().cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


Program = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def program(places: Paths, database_url: str) -> Program:
    """The program as a process of its own, with everything in the test's folder."""

    def run(
        *words: object, code: str = "", **variables: str
    ) -> "subprocess.CompletedProcess[bytes]":
        start = ["-c", code] if code else ["-m", "interworky_tui"]
        named = {"INTERWORKY_TUI_DATABASE__URL": database_url} if database_url else {}
        return subprocess.run(
            [sys.executable, *start, *map(str, words)],
            env={**os.environ, "INTERWORKY_TUI_HOME": str(places.data), **named, **variables},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )

    return run
