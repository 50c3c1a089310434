"""The pages beside the desk and the worker, and alone: nothing else suffers from them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import msgspec
import pytest
from sqlalchemy import select

from interworky_tui import start
from interworky_tui.config import Settings
from interworky_tui.paths import Paths
from interworky_tui.services import intake
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import NOTIFICATION
from interworky_tui.ui.app import DeskApp
from tests.conftest import FixedClock
from tests.ui.conftest import Desk

SETTINGS = """\
[office]
name = "Lindenhof Practice"
timezone = "Europe/Berlin"
country = "DE"

[web]
enabled = {enabled}
port = {port}
"""


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as there:
        return int(there.getsockname()[1])


def desk_app(office: Context, places: Paths, clock: FixedClock, port: int) -> DeskApp:
    raw = msgspec.to_builtins(office.settings)
    raw["web"] |= {"enabled": True, "port": port}
    settings = msgspec.convert(raw, Settings)
    pages = start.pages_of(settings)
    return DeskApp(settings, places, clock=clock, pages=pages)


def health(port: int) -> Any:
    with urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
        return json.load(answer)


async def test_the_desk_serves_them_until_it_is_left(
    office: Context, places: Paths, clock: FixedClock, free_port: int
) -> None:
    app = desk_app(office, places, clock, free_port)
    async with app.run_test(notifications=True) as pilot:
        desk = Desk(pilot, app, await app.hands.office())

        def listens() -> bool:
            with socket.socket() as knocking:
                return knocking.connect_ex(("127.0.0.1", free_port)) == 0

        await desk.until(listens)
        assert (await app.hands.run(lambda: health(free_port)))["status"] == "ok"
        assert len(app._notifications) == 0
        begun = time.monotonic()
    assert time.monotonic() - begun < 2
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", free_port))


async def test_a_port_in_use_is_a_sentence_on_the_desk_and_the_rest_goes_on(
    office: Context, places: Paths, clock: FixedClock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        app = desk_app(office, places, clock, port)
        async with app.run_test(notifications=True) as pilot:
            desk = Desk(pilot, app, await app.hands.office())
            await desk.sees(f"port {port} is in use")
            await desk.press("n")
            await desk.sees("New request")


async def test_a_fault_of_theirs_is_a_sentence_too(
    office: Context, places: Paths, clock: FixedClock, free_port: int
) -> None:
    def broken(_office: Context) -> Any:
        raise ZeroDivisionError

    app = desk_app(office, places, clock, free_port)
    app._beside._serve = broken
    async with app.run_test(notifications=True) as pilot:
        desk = Desk(pilot, app, await app.hands.office())
        await desk.sees("pages are not served", "log says more")


def test_switched_off_nothing_serves(office: Context) -> None:
    assert start.pages_of(office.settings) is None


@contextmanager
def program(places: Paths, *words: str) -> Iterator["subprocess.Popen[str]"]:
    environment = {**os.environ, "INTERWORKY_TUI_HOME": str(places.data), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "interworky_tui", *words],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def end(process: "subprocess.Popen[str]") -> str:
    """Ask it to end, and what it has said since."""
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    said, complaints = process.communicate(timeout=10)
    assert process.returncode == 0, complaints
    assert time.monotonic() - begun < 5
    return said + complaints


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a program without asking")
@pytest.mark.parametrize("enabled", ["true", "false"])
def test_serve(office: Context, places: Paths, enabled: str) -> None:
    places.settings_file.write_text(SETTINGS.format(enabled=enabled, port=0))
    with program(places, "serve") as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        with urlopen(f"{url}/request", timeout=10) as page:
            assert b"Lindenhof Practice" in page.read()
        assert ("no links" in end(process)) is (enabled == "false")


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a program without asking")
def test_the_worker_serves_them(office: Context, places: Paths, free_port: int) -> None:
    places.settings_file.write_text(SETTINGS.format(enabled="true", port=free_port))
    with program(places, "worker") as process:
        assert process.stderr
        lines = [process.stderr.readline() for _ in range(2)]
        assert f"http://127.0.0.1:{free_port}" in "".join(lines)
        assert health(free_port)["status"] == "ok"
        end(process)


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a program without asking")
def test_the_worker_goes_on_without_them(office: Context, places: Paths) -> None:
    new = intake.NewRequest(
        name="Ana Ruiz", email="ana@ruiz.example", date=date(2026, 3, 20), band="morning"
    )
    assert intake.request(office, new).queued
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        places.settings_file.write_text(SETTINGS.format(enabled="true", port=port))
        with program(places, "worker") as process:
            assert process.stderr
            said = [process.stderr.readline() for _ in range(2)]
            assert any(f"port {port} is in use" in line for line in said)
            assert any("The worker runs" in line for line in said)
            until_nothing_waits(office)
            end(process)


def until_nothing_waits(office: Context) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with office.database.read() as connection:
            states = connection.execute(select(NOTIFICATION.c.state)).scalars().all()
        if "pending" not in states:
            return
    raise AssertionError("it waits still")


def test_serve_refuses_in_one_sentence(office: Context, places: Paths) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        places.settings_file.write_text(SETTINGS.format(enabled="true", port=port))
        with program(places, "serve") as process:
            said, complaints = process.communicate(timeout=30)
            assert (process.returncode, said, complaints.count("\n")) == (1, "", 1)
            assert f"port {port} is in use" in complaints


def test_the_commands_import_no_server_until_one_is_wanted(places: Paths) -> None:
    code = (
        "import sys; from interworky_tui import cli, start, bootstrap;"
        "import interworky_tui.ui.run;"
        "print(*({'starlette', 'uvicorn', 'jinja2', 'h11'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""
