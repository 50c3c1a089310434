"""Strangers who mean harm, or only talk too much: the pages stay up for everybody else."""

import http.client
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from interworky_tui import logs
from interworky_tui.paths import Paths
from interworky_tui.storage.tables import APPOINTMENT, SURVEY_RESPONSE
from interworky_tui.web.limits import BY_ADDRESS, Kind
from interworky_tui.web.security import LONGEST_BODY
from interworky_tui.web.server import CONNECTIONS, KEPT
from tests.web.conftest import FORM, Serve, Site

PROXIED = {"public_url": "https://desk.lindenhof.example"}


@contextmanager
def connected(site: Site, count: int, said: bytes = b"") -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        made = []
        for _ in range(count):
            made.append(stack.enter_context(socket.create_connection(site.at, timeout=10)))
            made[-1].sendall(said)
        yield made


def is_closed(connection: socket.socket) -> bool:
    """Waits until the far end says something; False when it is not the end."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "said",
    [b"", b"GET /request HT", b"POST /request HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"],
)
def test_connections_that_say_nothing_lock_nobody_out(site: Site, said: bytes) -> None:
    with connected(site, CONNECTIONS + 5, said):
        for _ in range(3):
            assert site.get("/request").status == 200


def test_a_visitor_between_two_pages_is_not_the_first_to_go(site: Site) -> None:
    with connected(site, KEPT - 2):
        visitor = http.client.HTTPConnection(*site.at, timeout=10)
        visitor.request("GET", "/request")
        assert visitor.getresponse().read()
        mine = visitor.sock
        with connected(site, 5):
            assert site.get("/request").status == 200
            visitor.request("GET", "/request")
            assert visitor.getresponse().status == 200
            assert visitor.sock is mine
        visitor.close()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /request HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"POST /request HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx",
    ],
)
def test_a_request_that_does_not_arrive_in_time_is_given_up(serve: Serve, said: bytes) -> None:
    with serve(patience=0.2) as site, connected(site, 1, said) as (idle,):
        assert is_closed(idle)


def test_a_slow_drip_is_given_up_too(serve: Serve) -> None:
    with serve(patience=0.3) as site, connected(site, 1, b"GET / HTTP/1.1\r\n") as (slow,):
        slow.settimeout(0.05)
        for _ in range(100):
            try:
                slow.sendall(b"X: y\r\n")
                assert slow.recv(1) == b""
                break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("it was listened to for ever")


def test_after_an_answer_a_drip_is_given_up_as_well(serve: Serve) -> None:
    with serve(patience=0.3) as site:
        asked = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with connected(site, 1, asked) as (slow,):
            told = b""
            while not told.endswith(b"}"):
                told += slow.recv(10_000)
            slow.sendall(b"GET /health HT")
            assert is_closed(slow)


def test_who_takes_no_answer_is_given_up(serve: Serve) -> None:
    with serve(patience=0.2, web=PROXIED) as site, connected(site, 1) as (deaf,):
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(ConnectionError):
            _ask_without_end(deaf)
        site.steady.now += 1000
        assert site.get("/health", X_Forwarded_For="192.0.2.2").status == 200


def _ask_without_end(deaf: socket.socket) -> None:
    for number in range(100_000):
        head = f"Host: localhost\r\nX-Forwarded-For: 10.0.{number // 250}.{number % 250}\r\n"
        deaf.sendall(b"GET /style.css HTTP/1.1\r\n" + head.encode() + b"\r\n")


def test_a_head_without_end_is_refused(site: Site) -> None:
    with connected(site, 1, b"GET / HTTP/1.1\r\nX: " + b"x" * 60_000) as (talker,):
        assert talker.recv(1000).startswith(b"HTTP/1.1 400")


def test_a_body_that_is_too_long(site: Site) -> None:
    before = site.everything()
    for path in ("/request", "/s/" + "A" * 22, "/api/requests"):
        answer = site.ask("POST", path, b"x" * 20_000, Content_Type=FORM)
        assert answer.status == 413
        assert_dressed(answer.headers)
    assert site.everything() == before


def test_a_body_whose_length_is_not_said(site: Site) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 1000

    connection = http.client.HTTPConnection(*site.at, timeout=10)
    connection.request("POST", "/request", parts(), {"Content-Type": FORM}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_as_long_as_may_be_is_read(site: Site) -> None:
    body = b"note=" + b"x" * (LONGEST_BODY - 5)
    assert site.ask("POST", "/request", body, Content_Type=FORM).status == 422


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "localhost.evil.example", "", "192.0.2.7", "[", "a b"],
)
def test_another_sites_name_is_refused(site: Site, host: str) -> None:
    answer = site.get("/request", Host=host)
    assert answer.status == 400
    assert_dressed(answer.headers)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:1",
        "127.0.0.1",
        "[::1]:80",
        "desk.lindenhof.example",
        "DESK.lindenhof.example.",
    ],
)
def test_its_own_names_are_good(serve: Serve, host: str) -> None:
    with serve(web=PROXIED) as site:
        assert site.get("/request", Host=host).status == 200


def test_who_listens_on_every_address_is_called_by_any_but_by_no_strangers_name(
    serve: Serve,
) -> None:
    with serve(web={"host": "0.0.0.0"}) as site:
        assert site.get("/request", Host="192.0.2.7:8080").status == 200
        assert site.get("/request", Host="evil.example").status == 400


def test_what_another_site_sends_is_refused(site: Site) -> None:
    _, link = site.invited()
    for path in (link, "/request", "/api/requests"):
        assert site.post(path, {"rating": "1"}, Sec_Fetch_Site="cross-site").status == 403
    assert site.rows(SURVEY_RESPONSE) == []
    # A link in an email or on the office's own site is followed.
    assert site.get(link, Sec_Fetch_Site="cross-site").status == 200


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]
)
def test_what_no_form_sends_is_refused(site: Site, kind: str) -> None:
    _, link = site.invited()
    for path in (link, "/request"):
        assert site.post(path, {"rating": "1"}, Content_Type=kind).status == 415
    assert site.rows(SURVEY_RESPONSE) == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_no_other_method(site: Site, method: str) -> None:
    _, link = site.invited()
    for path in (link, "/request"):
        answer = site.ask(method, path)
        assert answer.status == 405
        assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert site.post("/request/thanks", {}).status == 405


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe", b"name=%ff%fe", "name=ä".encode(), b"&".join(b"a=%d" % n for n in range(50))],
)
def test_a_body_that_no_browser_sends(site: Site, body: bytes) -> None:
    assert site.ask("POST", "/request", body, Content_Type=FORM).status == 400


def test_every_answer_has_the_headers(site: Site) -> None:
    _, link = site.invited()
    for path in (link, "/request", "/health", "/nothing", "/style.css", "/", "/api/openapi.json"):
        assert_dressed(site.get(path).headers)
    assert_dressed(site.post(link, {}).headers)
    assert_dressed(site.ask("DELETE", link).headers)
    for path in (link, "/request", "/health"):
        assert site.get(path).headers["Cache-Control"] == "no-store"
        assert "Server" not in site.get(path).headers


def assert_dressed(headers: object) -> None:
    assert isinstance(headers, http.client.HTTPMessage)
    policy = headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri"):
        assert rule in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"].startswith("noindex")
    assert headers["Cache-Control"]
    assert headers.get_all("Set-Cookie") is None


def test_a_program_gets_json(site: Site) -> None:
    answer = site.get("/api/nothing")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/json")


def test_a_flood_from_one_address_leaves_the_others_alone(serve: Serve) -> None:
    with serve(web=PROXIED) as site:
        flood = [
            site.post("/request", {}, X_Forwarded_For=f"203.0.113.{n}, 192.0.2.1")
            for n in range(int(BY_ADDRESS[Kind.SEND].burst) + 3)
        ]
        assert [answer.status for answer in flood[-4:]] == [422, 429, 429, 429]
        assert int(flood[-1].headers["Retry-After"]) == 20
        assert_dressed(flood[-1].headers)
        # Who it floods with may still look, and others may do everything.
        assert site.get("/request", X_Forwarded_For="192.0.2.1").status == 200
        assert site.post("/request", {}, X_Forwarded_For="192.0.2.2").status == 422
        site.steady.now += 20
        assert site.post("/request", {}, X_Forwarded_For="192.0.2.1").status == 422
        assert site.rows(APPOINTMENT) == []


def test_who_floods_by_many_connections_makes_room_for_others(serve: Serve) -> None:
    asked = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"
    with serve(web=PROXIED) as site:
        for _ in range(int(BY_ADDRESS[Kind.LOOK].burst)):
            assert site.get("/health", X_Forwarded_For="192.0.2.1").status == 200
        with connected(site, CONNECTIONS + 5, asked):
            # One of them may be between two of its requests just then.
            tries = [site.get("/request", X_Forwarded_For="192.0.2.2").status for _ in range(3)]
            assert 200 in tries


def test_when_all_are_being_answered_more_are_told_to_come_again(serve: Serve) -> None:
    with serve(patience=60, web=PROXIED) as site, ExitStack() as waiting:
        _, link = site.invited()
        with site.office.database.write():
            made: list[socket.socket] = []
            while len(made) < CONNECTIONS or _health(site, len(made)) != 503:
                assert len(made) < 2 * CONNECTIONS
                said = (
                    f"POST {link} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
                    f"X-Forwarded-For: 192.0.2.{len(made)}\r\nContent-Length: 8\r\n\r\nrating=5"
                )
                made += waiting.enter_context(connected(site, 1, said.encode()))
        for one in made:
            is_closed(one)
        assert _health(site, 250) == 200


def _health(site: Site, visitor: int) -> int:
    return site.get("/health", X_Forwarded_For=f"198.51.100.{visitor}").status


def test_nobody_chooses_an_address_without_a_proxy(site: Site) -> None:
    statuses = {
        site.post("/request", {}, X_Forwarded_For=f"203.0.113.{n}").status
        for n in range(int(BY_ADDRESS[Kind.SEND].burst) + 1)
    }
    assert 429 in statuses


def test_a_flood_is_told_as_json_at_the_api(site: Site) -> None:
    for _ in range(int(BY_ADDRESS[Kind.API].burst)):
        assert site.ask("POST", "/api/requests", b"{}").status == 401
    answer = site.ask("POST", "/api/requests", b"{}")
    assert (answer.status, answer.headers["Content-Type"]) == (429, "application/json")
    assert int(answer.headers["Retry-After"]) == 1


@pytest.fixture
def log(places: Paths) -> Iterator[Callable[[], str]]:
    root = logging.getLogger()
    before = root.handlers[:], logging.getLogger("interworky_tui").level
    logs.write_to(places.log_file)
    yield lambda: places.log_file.read_text() if places.log_file.exists() else ""
    for handler in set(root.handlers) - set(before[0]):
        root.removeHandler(handler)
        handler.close()
    logging.getLogger("interworky_tui").setLevel(before[1])


def test_a_fault_says_nothing_outside_and_nothing_personal_inside(
    site: Site, log: Callable[[], str]
) -> None:
    _, link = site.invited()
    with site.office.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE INSERT ON survey_response"
            " BEGIN SELECT RAISE(ABORT, 'survey_link'); END"
        )
    answer = site.post(link, {"rating": "1", "good": "Ask for Zebedee"})
    assert answer.status == 500
    assert_dressed(answer.headers)
    assert "went wrong on our side" in answer.text
    for word in ("survey_link", "Traceback", "sqlite", "Zebedee"):
        assert word not in answer.text
    assert "answering on the web" in log()
    for word in ("Zebedee", "Ana Ruiz", "901820", link.removeprefix("/s/"), "127.0.0.1"):
        assert word not in log()


def test_a_visit_is_not_in_the_log(site: Site, log: Callable[[], str]) -> None:
    _, link = site.invited()
    site.get(link)
    site.post(link, {"good": "Zebedee"})
    site.get("/request?name=Zebedee", Host="zebedee.example")
    with connected(site, 1, b"ZEBEDEE\r\n\r\n") as (talker,):
        assert talker.recv(1000).startswith(b"HTTP/1.1 400")
    assert log() == ""
