"""Every way in which the SMS provider fails, through the outbox: what becomes of the text.

It fails once and works from then on. Whatever it does, there is never a second text.
"""

import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

import pytest
import trustme

from interworky_tui.delivery.outbox import Outbox
from interworky_tui.delivery.sms import SmsSender
from interworky_tui.domain.events import Channel
from interworky_tui.services.opt_outs import has_opted_out
from interworky_tui.storage.database import Database
from tests.conftest import FixedClock
from tests.delivery.conftest import Post, Steady, known_in
from tests.delivery.sms_server import (
    DROPPED,
    SILENT,
    TAKEN_AND_DROPPED,
    TAKEN_AND_SILENT,
    Fault,
    SmsServer,
)
from tests.delivery.smtp_server import HOST, authority, certificate, expired, refusing_port

TIMEOUTS = (2.0, 0.3)
LATER = ("pending 1", "sent 2", 1)
NOBODY = ("pending 0", "sent 1", 1)
MISSET = ("pending/not_configured 0", "sent 1", 1)
REFUSED = ("failed/rejected 1", "failed/rejected 1", 0)
UNCLEAR = ("pending/unconfirmed 1", "sent 2", 1)
PAGE = b"<html><title>Log in to this network</title></html>"
WORD = b"Welcome to another service\r\n"
PLACE = Callable[[ExitStack, SmsServer], str]


@dataclass(frozen=True)
class Mode:
    """``first`` and ``end`` are states of the text, ``texts`` how many there are at the end.

    ``place`` is the URL of something else that answers, or does not.
    """

    first: str
    end: str
    texts: int
    posts: tuple[Fault, ...] = ()
    looks: tuple[Fault, ...] = ()
    place: PLACE | None = None


def on(end: tuple[str, str, int], *posts: Fault, looks: tuple[Fault, ...] = ()) -> Mode:
    return Mode(*end, posts=posts, looks=looks)


def by_tls(leaf: trustme.LeafCert) -> PLACE:
    """A server with that certificate."""

    def make(stack: ExitStack, server: SmsServer) -> str:
        other = SmsServer(server.clock)
        context = SSLContext(PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        other.encrypt(context)
        return stack.enter_context(other.running()).url

    return make


def saying(words: bytes, scheme: str = "http") -> PLACE:
    """A server that says that to everybody, whatever it is asked, and hangs up."""

    def make(stack: ExitStack, _: SmsServer) -> str:
        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.request.recv(1)
                self.wfile.write(words)

        other = stack.enter_context(socketserver.ThreadingTCPServer((HOST, 0), Talk))
        thread = threading.Thread(target=other.serve_forever, args=(0.01,))
        thread.start()
        stack.callback(thread.join)
        stack.callback(other.shutdown)
        return f"{scheme}://{HOST}:{other.server_address[1]}"

    return make


def shut_door(stack: ExitStack, _: SmsServer) -> str:
    """A server that is too busy to take the connection."""
    busy = stack.enter_context(socket.create_server((HOST, 0), backlog=0))
    for _number in range(8):
        caller = stack.enter_context(socket.socket())
        caller.setblocking(False)
        caller.connect_ex(busy.getsockname())
    return f"http://{HOST}:{busy.getsockname()[1]}"


def wrong(status: int, code: int | None = None, **values: Any) -> Fault:
    return Fault(status, code, **values)


AFTER_TEN_MINUTES = {"Retry-After": "600"}
MODES = {
    "nobody listens": Mode(*NOBODY, place=lambda *_: f"http://{HOST}:{refusing_port()}"),
    # An interface that does not exist: no server of names is asked.
    "no such host": Mode(*NOBODY, place=lambda *_: "https://[fe80::1%25nowhere]:1"),
    "the door does not open": Mode(*NOBODY, place=shut_door),
    "dropped": on(UNCLEAR, DROPPED),
    "takes it and drops": on(UNCLEAR, TAKEN_AND_DROPPED),
    "hangs": on(UNCLEAR, SILENT),
    "takes it and hangs": on(UNCLEAR, TAKEN_AND_SILENT),
    "takes it and drips": on(UNCLEAR, wrong(201, slow=0.05, takes=True)),
    "drips a page": on(UNCLEAR, wrong(503, body=PAGE, slow=0.05)),
    "takes it and is cut off": on(UNCLEAR, wrong(201, body=b'{"sid"', cut_short=True, takes=True)),
    "too many": on(LATER, wrong(429, 20429)),
    "too many, says for how long": on(LATER, wrong(429, 20429, headers=AFTER_TEN_MINUTES)),
    "its queue is full": on(LATER, wrong(400, 21611)),
    "waited too long itself": on(LATER, wrong(408)),
    "too early": on(LATER, wrong(425)),
    "a wrong token": on(MISSET, wrong(401, 20003)),
    "may not do this": on(MISSET, wrong(403, 20403)),
    "no such account": on(MISSET, wrong(404, 20404)),
    "a sender that is not the account's": on(MISSET, wrong(400, 21606)),
    "no such number": on(REFUSED, wrong(400, 21211)),
    "no mobile phone": on(REFUSED, wrong(400, 21614)),
    "no texts to that country": on(REFUSED, wrong(403, 21408)),
    "has opted out": on(("failed/opted_out 1", "failed/opted_out 1", 0), wrong(400, 21610)),
    "a refusal of another kind": on(REFUSED, wrong(400, 99999)),
    "a refusal that is a page": on(REFUSED, wrong(400, body=PAGE)),
    "a fault": on(UNCLEAR, wrong(500, 20500)),
    "takes it and says it did not": on(UNCLEAR, wrong(500, 20500, takes=True)),
    "a page of a gateway": on(UNCLEAR, wrong(502, body=PAGE)),
    "a page of a gateway that handed it on": on(UNCLEAR, wrong(504, body=PAGE, takes=True)),
    "is being repaired": on(UNCLEAR, wrong(503, headers=AFTER_TEN_MINUTES)),
    "sends elsewhere": on(UNCLEAR, wrong(307, headers={"Location": "/elsewhere"})),
    "a page to log in to the network": on(UNCLEAR, wrong(200, body=PAGE)),
    "takes it and says it badly": on(UNCLEAR, wrong(201, body=b"{", takes=True)),
    "takes it and says nothing": on(UNCLEAR, wrong(201, body=b"", takes=True)),
    "takes it and gives no name": on(UNCLEAR, wrong(201, body=b"{}", takes=True)),
    "another protocol": Mode(*UNCLEAR, place=saying(WORD)),
    "no TLS": Mode(*MISSET, place=saying(WORD, "https")),
    "dropped in the handshake": Mode(*NOBODY, place=saying(b"", "https")),
    "a certificate of its own": Mode(*MISSET, place=by_tls(trustme.CA().issue_cert(HOST))),
    "a certificate for another name": Mode(*MISSET, place=by_tls(certificate("sms.example"))),
    "an expired certificate": Mode(*MISSET, place=by_tls(expired())),
    "cannot be asked at first": on(
        ("pending/unconfirmed 1", "sent 6", 1),
        TAKEN_AND_DROPPED,
        looks=(wrong(500), DROPPED, SILENT, wrong(200, body=PAGE)),
    ),
}
TELLS = {
    "no TLS": "WRONG_VERSION_NUMBER",
    "a certificate of its own": "unable to get local issuer certificate",
    "a certificate for another name": "not valid for",
    "an expired certificate": "certificate has expired",
}


def test_there_are_enough_of_them() -> None:
    assert len(MODES) >= 14


@pytest.mark.parametrize("name", MODES)
def test_what_becomes_of_a_text(
    server: SmsServer,
    database: Database,
    post: Post,
    clock: FixedClock,
    steady: Steady,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    name: str,
) -> None:
    mode = MODES[name]
    message = post.message()
    server.script("POST", *mode.posts)
    server.script("GET", *mode.looks)
    with ExitStack() as stack:
        url = mode.place(stack, server) if mode.place else server.url
        bad = sender_at(url, server, database, trusted=tmp_path / "authority.pem")
        outbox_of(database, clock, steady, bad).drain()
        assert post.state(message) == mode.first
    assert TELLS.get(name, "") in caplog.text
    clock.forward(minutes=1)
    good = outbox_of(database, clock, steady, sender_at(server.url, server, database))
    while (due := good.next_due()) is not None:
        clock.now = max(clock.now, due)
        good.drain()
    assert post.state(message) == mode.end
    assert [text["sid"] for text in server.messages] == [post.row(message).provider_ref][
        : mode.texts
    ]
    assert len(server.messages) == mode.texts
    with database.read() as connection:
        assert has_opted_out(connection, post.row(message).to_address) == (name == "has opted out")


def sender_at(
    url: str, server: SmsServer, database: Database, trusted: Path | None = None
) -> SmsSender:
    account = replace(server.sms_account(), api_base_url=url)
    sender = SmsSender(account, server.clock, known_in(database), timeouts=TIMEOUTS)
    if trusted is not None:
        # As a machine that trusts the authority would.
        authority().cert_pem.write_to_path(str(trusted))
        sender._connected()[1]._inner.session.verify = str(trusted)
    return sender


def outbox_of(database: Database, clock: FixedClock, steady: Steady, sender: SmsSender) -> Outbox:
    return Outbox(database, clock, {Channel.SMS: sender}, monotonic=steady, chance=lambda: 0.5)
