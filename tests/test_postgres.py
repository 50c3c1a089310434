"""The server that the tests bring along: found, started by any user, and gone with its holder."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
import pytest

from tests import postgres

HOLD = """
import sys, time
from tests import postgres
with postgres.launched(postgres.programs()) as server:
    print(server.address, flush=True)
    sys.stdin.read()
"""


def folder_of(address: str) -> Path:
    return Path(parse_qs(urlsplit(address).query)["host"][0])


def test_the_wheel_alone_is_enough() -> None:
    """Even where only root may look, as in a virtual environment in its home folder."""
    wheel = postgres.of_wheel()
    assert wheel is not None
    with tempfile.TemporaryDirectory() as hidden:  # which is for its owner alone
        package = wheel.parents[1]
        for name in (package.name, f"{package.name}.libs"):
            (Path(hidden) / name).symlink_to(package.with_name(name))
        inside = Path(hidden) / wheel.relative_to(package.parent)
        with (
            postgres.launched(inside) as server,
            psycopg.connect(server.create("office")) as connection,
        ):
            connection.execute("CREATE EXTENSION pg_trgm")
            (version,) = connection.execute("SHOW server_version_num").fetchone() or ("",)
    assert int(version) >= 180000
    assert not folder_of(server.address).exists()


def test_databases_are_copied_and_dropped(postgres_server: postgres.Server) -> None:
    with psycopg.connect(postgres_server.create("first")) as connection:
        connection.execute("CREATE TABLE word AS SELECT 'hello' AS said")
    with psycopg.connect(postgres_server.create("second", "first")) as connection:
        assert connection.execute("SELECT said FROM word").fetchall() == [("hello",)]
        postgres_server.drop("second")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    postgres_server.drop("first")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(postgres_server.url("first"))


def test_a_given_server_is_used_and_left_as_it_was(postgres_server: postgres.Server) -> None:
    address = postgres_server.address
    with postgres.running({postgres.GIVEN: address}) as server:
        server.create("office")
    with psycopg.connect(address) as connection:
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    assert not [name for name in names if name.startswith(server.prefix)]


def test_a_server_goes_with_its_holder() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        folder = folder_of(holder.stdout.readline().strip())
        (keeper,) = psutil.Process(holder.pid).children()
        (server,) = keeper.children()
        holder.send_signal(signal.SIGKILL)
        keeper.wait(30)
    assert not server.is_running()
    assert not folder.exists()


def test_none_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres, "of_wheel", lambda: None)
    monkeypatch.setattr(postgres, "SYSTEM", tmp_path)
    with pytest.raises(postgres.NoPostgres, match=r"^No PostgreSQL is here to test with: [^.]*\.$"):
        postgres.programs({"PATH": str(tmp_path)})


def test_one_that_does_not_start_says_why(tmp_path: Path) -> None:
    programs = tmp_path / "pginstall" / "bin"
    programs.mkdir(parents=True)
    for name in postgres.PROGRAMS:
        (programs / name).write_text("#!/bin/sh\necho no room here >&2\nexit 1\n")
        (programs / name).chmod(0o755)
    with (
        pytest.raises(postgres.NoPostgres, match="no room here"),
        postgres.launched(programs),
    ):
        pass
