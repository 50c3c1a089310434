"""A server that answers as the SMS provider does, on loopback, with a memory and with faults.

It speaks the provider's protocol: basic authentication, forms in, JSON out, paging by tokens,
whole days in the filter by date, dates as in emails, and the two shapes of its errors.
"""

import json
import re
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from interworky_tui.delivery.sms import SmsAccount
from interworky_tui.domain.clock import Clock

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "secret-token"
POOL = "MG" + "0123456789abcdef" * 2
NUMBER = "+4930999000"
ROOT = f"/2010-04-01/Accounts/{SID}"
PATIENCE = 5
"""Seconds for which a line is left hanging at the most."""
STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
STARTS = frozenset({"START", "UNSTOP", "YES"})
"""What the provider itself obeys, when it is a text's only word."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request; ``takes`` says whether its work is done nevertheless.

    Without a status there is no answer: the line is cut, or with ``silent`` left hanging. An
    answer may be ``slow``, so many seconds for each byte, or cut short.
    """

    status: int = 0
    code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    problem: bool = False
    takes: bool = False
    silent: bool = False
    slow: float = 0
    cut_short: bool = False

    def content(self) -> bytes:
        if self.body is not None:
            return self.body
        return json.dumps(error(self.status, self.code, problem=self.problem)).encode()


DROPPED = Fault()
TAKEN_AND_DROPPED = Fault(takes=True)
SILENT = Fault(silent=True)
TAKEN_AND_SILENT = Fault(takes=True, silent=True)


def error(status: int, code: int | None, *, problem: bool = False) -> Json:
    """The older shape of an error, or that of RFC 9457; both repeat what is nobody's business."""
    words = f"'To' {NUMBER} is not possible"
    if problem:
        kind = f"https://www.twilio.com/docs/errors/{code}"
        return {"type": kind, "title": words, "status": status, "code": code, "detail": words}
    more = {} if code is None else {"code": code}
    return {"status": status, "message": words, "more_info": "https://www.twilio.com"} | more


class Refused(Exception):
    def __init__(self, status: int, code: int) -> None:
        super().__init__(status, code)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    fields: dict[str, str]


class SmsServer:
    """The provider. ``messages`` are its records, oldest first; ``seen`` are the requests;
    ``taken_at`` says by sid when there was a record, on the steady clock.

    A text that is asked about takes its next step first: by ``steps``, if its number is there.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.account: Json = {"sid": SID, "status": "active", "type": "Full"}
        self.numbers = {NUMBER: True}
        self.opted_out: set[str] = set()
        self.steps: dict[str, deque[tuple[str, int | None]]] = {}
        self.messages: list[Json] = []
        self.taken_at: dict[str, float] = {}
        self.seen: list[Seen] = []
        self.faults: defaultdict[str, deque[Fault | None]] = defaultdict(deque)
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.http = _Listener(self)
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.http.server_port}"

    def sms_account(self, **values: str) -> SmsAccount:
        return SmsAccount(
            **({"account_sid": SID, "auth_token": TOKEN, "from_number": NUMBER} | values),
            api_base_url=self.url,
        )

    def script(self, method: str, *faults: Fault | None) -> None:
        """What goes wrong with the next requests; nothing does where there is None."""
        self.faults[method].extend(faults)

    def posts(self) -> int:
        return sum(seen.method == "POST" for seen in self.seen)

    def encrypt(self, context: ssl.SSLContext) -> None:
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.scheme = "https"

    @contextmanager
    def running(self) -> Iterator["SmsServer"]:
        thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            self.http.shutdown()
            self.http.server_close()
            thread.join()

    def accept(self, form: Mapping[str, str]) -> Json:
        """Take a text as the provider does, or say why not."""
        sender, pool, to = form.get("From"), form.get("MessagingServiceSid"), form.get("To", "")
        if not re.fullmatch(r"\+[1-9]\d{6,14}", to):
            raise Refused(400, 21211)
        if sender is not None and not self.numbers.get(sender):
            raise Refused(400, 21606 if sender in self.numbers else 21659)
        if sender is None and pool != POOL:
            raise Refused(400, 21603 if pool is None else 21701)
        if not form.get("Body"):
            raise Refused(400, 21602)
        if to in self.opted_out:
            raise Refused(400, 21610)
        trial = "Sent from your Twilio trial account - " if self.account["type"] == "Trial" else ""
        return self.record(
            to,
            sender,
            trial + form["Body"],
            status="queued" if sender else "accepted",
            messaging_service_sid=pool,
        )

    def record(self, to: str, sender: str | None, body: str, **values: Any) -> Json:
        now = format_datetime(self.clock())
        sid = f"SM{len(self.messages):032x}"
        record: Json = {
            "sid": sid,
            "account_sid": SID,
            "to": to,
            "from": sender,
            "messaging_service_sid": None,
            "body": body,
            "status": "queued",
            "direction": "outbound-api",
            "date_created": now,
            "date_updated": now,
            "date_sent": None,
            "error_code": None,
            "error_message": None,
            "num_segments": "1",
            "uri": f"{ROOT}/Messages/{sid}.json",
        }
        self.taken_at[sid] = time.monotonic()
        self.messages.append(record | values)
        return self.messages[-1]

    def receive(self, sender: str, body: str, to: str = NUMBER) -> Json:
        now = format_datetime(self.clock())
        word = body.strip().upper()
        if word in STOPS:
            self.opted_out.add(sender)
        elif word in STARTS:
            self.opted_out.discard(sender)
        return self.record(to, sender, body, status="received", direction="inbound", date_sent=now)

    def deliver(self, sid: str, status: str = "delivered", code: int | None = None) -> None:
        values = {"date_sent": format_datetime(self.clock()), "status": status, "error_code": code}
        self.find(sid).update(values)

    def moves_on(self, number: str, *steps: str | tuple[str, int]) -> None:
        """What becomes of texts to the number, one step each time that one is asked about."""
        self.steps[number] = deque(
            (step, None) if isinstance(step, str) else step for step in steps
        )

    def asked_about(self, sid: str) -> Json:
        record = self.find(sid)
        if steps := self.steps.get(record["to"]):
            self.deliver(sid, *steps.popleft())
        return record

    def find(self, sid: str) -> Json:
        for one in self.messages:
            if one["sid"] == sid:
                return one
        raise Refused(404, 20404)

    def answer(self, method: str, path: str, fields: dict[str, str]) -> tuple[int, Json]:
        parts = path.removeprefix(ROOT).removesuffix(".json").split("/")
        match method, parts:
            case "GET", [""]:
                return 200, self.account
            case "POST", ["", "Messages"]:
                return 201, self.accept(fields)
            case "GET", ["", "Messages"]:
                return 200, self.listing(path, fields)
            case "GET", ["", "Messages", sid]:
                return 200, self.asked_about(sid)
            case "GET", ["", "IncomingPhoneNumbers"]:
                wanted = fields.get("PhoneNumber", "").lstrip("+")
                found = [
                    {"sid": "PN1", "phone_number": number, "capabilities": {"sms": can}}
                    for number, can in self.numbers.items()
                    if wanted in number
                ]
                return 200, {"incoming_phone_numbers": found, "next_page_uri": None}
            case "GET", ["", "v1", "Services", sid] if sid == POOL:
                return 200, {"sid": POOL, "account_sid": SID}
            case "GET", ["", "v1", "Services", sid, "PhoneNumbers"] if sid == POOL:
                pool = [{"sid": "PN1", "phone_number": number} for number in self.numbers]
                meta = {"key": "phone_numbers", "next_page_url": None}
                return 200, {"phone_numbers": pool, "meta": meta}
        return 404, error(404, 20404)

    def listing(self, path: str, fields: dict[str, str]) -> Json:
        """The newest first, what is still queued before all; queued texts have no date to match."""
        found = [one for one in reversed(self.messages) if _matches(one, fields)]
        found.sort(key=lambda one: one["date_sent"] is not None)
        size = int(fields.get("PageSize", "50"))
        after = fields.get("PageToken", "").removeprefix("PA")
        start = next((n + 1 for n, one in enumerate(found) if one["sid"] == after), 0)
        page, more = found[start : start + size], found[start + size :]
        token = {"PageToken": f"PA{page[-1]['sid']}"} if more else {}
        following = f"{path}?{urlencode(fields | token)}" if more else None
        return {"messages": page, "page_size": size, "next_page_uri": following, "uri": path}


def _matches(record: Json, fields: Mapping[str, str]) -> bool:
    if "DateSent>" in fields:
        sent = record["date_sent"]
        if sent is None or str(parsedate_to_datetime(sent).date()) < fields["DateSent>"][:10]:
            return False
    return record["to"] == fields.get("To", record["to"]) and (
        record["from"] == fields.get("From", record["from"])
    )


class _Listener(ThreadingHTTPServer):
    def __init__(self, office: SmsServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.office = office

    def handle_error(self, *_: object) -> None:
        """Clients that are killed hang up at any moment."""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve("GET", dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._serve("POST", dict(parse_qsl(form)))

    def _serve(self, method: str, fields: dict[str, str]) -> None:
        office = self.server.office
        path = urlsplit(self.path).path
        with office.lock:
            office.seen.append(Seen(method, path, fields))
            script = office.faults[method]
            fault = script.popleft() if script else None
            if fault is None or fault.takes:
                status, answer = self._work(office, method, path, fields)
        if fault is None:
            self._send(status, json.dumps(answer).encode(), {})
        elif fault.slow:
            self._drip(fault, json.dumps(answer).encode() if fault.takes else fault.content())
        elif fault.status:
            self._send(fault.status, fault.content(), fault.headers, missing=int(fault.cut_short))
            self.close_connection |= fault.cut_short
        else:
            if fault.silent:
                office.closing.wait(PATIENCE)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _work(
        self, office: SmsServer, method: str, path: str, fields: dict[str, str]
    ) -> tuple[int, Json]:
        key = b64encode(f"{SID}:{TOKEN}".encode()).decode()
        try:
            if self.headers["Authorization"] != f"Basic {key}":
                raise Refused(401, 20003)
            return office.answer(method, path, fields)
        except Refused as refused:
            return refused.status, error(refused.status, refused.code)

    def _drip(self, fault: Fault, body: bytes) -> None:
        whole = f"HTTP/1.1 {fault.status} Ok\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        self.close_connection = True
        with suppress(OSError):
            for byte in whole:
                self.connection.sendall(bytes([byte]))
                if self.server.office.closing.wait(fault.slow):
                    break

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], missing: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) + missing))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.server.office.clock(), usegmt=True)

    def log_message(self, *_: object) -> None:
        pass
