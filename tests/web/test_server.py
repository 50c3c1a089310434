"""The server itself: where it listens, what it says when it cannot, and how it ends."""

import signal
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from interworky_tui.config import Settings
from interworky_tui.domain.errors import Refusal
from interworky_tui.services.context import Context
from interworky_tui.web import pages
from interworky_tui.web.server import WebServer
from tests.conftest import FixedClock
from tests.web.conftest import Serve, Site, Steady


def on(office: Context, **web: object) -> WebServer:
    raw = msgspec.to_builtins(office.settings)
    raw["web"] |= {"enabled": True, "port": 0} | web
    return WebServer(replace(office, settings=msgspec.convert(raw, Settings)))


def refusal_of(server: WebServer) -> str:
    with pytest.raises(Refusal) as refused:
        server.start()
    sentence = str(refused.value)
    assert sentence.count(". ") == 0
    assert sentence.endswith(".")
    assert server.stop()
    return sentence


def web_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "interworky-web" in thread.name]


def test_it_says_where_it_listens_and_leaves_nothing_behind(office: Context) -> None:
    server = on(office)
    server.start()
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    assert (host, int(port) > 0) == ("127.0.0.1", True)
    socket.create_connection((host, int(port)), timeout=5).close()
    assert server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
    assert "interworky-web" not in web_threads()
    assert server.stop()


def test_a_port_that_is_in_use_is_one_sentence(office: Context, site: Site) -> None:
    port = site.at[1]
    sentence = refusal_of(on(office, port=port))
    assert f"port {port} is in use" in sentence
    assert site.get("/health").status == 200


def test_the_port_is_free_at_once_afterwards(office: Context, serve: Serve) -> None:
    with serve() as site:
        port = site.at[1]
        assert site.get("/health").status == 200
    again = on(office, port=port)
    again.start()
    assert again.stop()


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "a" * 300, "-"])
def test_an_address_of_no_ones_is_one_sentence(office: Context, host: str) -> None:
    assert "[web] host" in refusal_of(on(office, host=host))


def test_ipv6(office: Context) -> None:
    server = on(office, host="::1")
    server.start()
    assert server.url.startswith("http://[::1]:")
    assert server.stop()


def test_a_template_that_cannot_be_read_is_one_sentence(
    office: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "survey.html").write_text("{% if %}")
    monkeypatch.setattr(pages, "_FOLDER", tmp_path)
    assert "survey.html cannot be used" in refusal_of(on(office))
    assert web_threads() == []


def test_the_signals_stay_the_programs(office: Context) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    server = on(office)
    server.start()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert server.stop()


def test_the_end_waits_for_nobody_who_has_not_asked(site: Site) -> None:
    said = b"POST /request HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
    with socket.create_connection(site.at), socket.create_connection(site.at) as half:
        half.sendall(said)
        assert site.get("/health").status == 200
        begun = time.monotonic()
        assert site.server.stop()
        assert time.monotonic() - begun < 1.5


def test_the_end_under_load(serve: Serve) -> None:
    """Whoever was answered got all of it."""
    with serve() as site:
        ended, answered, torn = threading.Event(), [], []

        def visit() -> None:
            while not ended.is_set():
                try:
                    answer = site.get("/health")
                except OSError:
                    continue
                except Exception as error:  # half an answer
                    torn.append(error)
                    continue
                answered.append(answer.status)

        visitors = [threading.Thread(target=visit) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        while len(answered) < 20:
            time.sleep(0)
        begun = time.monotonic()
        assert site.server.stop()
        assert time.monotonic() - begun < 2
        ended.set()
        for visitor in visitors:
            visitor.join()
        assert torn == []
        assert set(answered) <= {200, 429}


def test_a_change_by_the_web_wakes_the_delivery(office: Context, clock: FixedClock) -> None:
    woken = threading.Event()
    raw = msgspec.to_builtins(office.settings)
    raw["web"] |= {"enabled": True, "port": 0}
    raw["messages"] |= {"undo_seconds": 0}
    settings = msgspec.convert(raw, Settings)
    awake = replace(office, settings=settings, wake=woken.set)
    server = WebServer(awake)
    server.start()
    try:
        site = Site(awake, clock, Steady(), server)
        _, link = site.invited()
        woken.clear()
        assert site.post(link, {"rating": "2"}).status == 303
        assert woken.is_set()
    finally:
        assert server.stop()


def test_the_health_is_that_of_the_store(site: Site) -> None:
    assert site.get("/health").status == 200
    with site.office.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE appointment RENAME TO gone")
    assert site.get("/health").status != 200
