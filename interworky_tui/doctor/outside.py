"""What leads out of the house: the channels, asked for real, and the web pages."""

import http.client
import json
import os
import socket

from interworky_tui import bootstrap
from interworky_tui.config import BadSettings, Web
from interworky_tui.delivery.advice import advice
from interworky_tui.delivery.channel import SendFailed
from interworky_tui.delivery.email import EmailSender
from interworky_tui.delivery.sms import SmsSender
from interworky_tui.doctor.around import Around
from interworky_tui.doctor.findings import Finding, note, ok, problem
from interworky_tui.doctor.set_up import SET_UP
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.events import Channel

KNOCKING = 3.0
"""Seconds for what listens on the port of the web pages to say what it is."""


def look_at_channel(channel: Channel, around: Around) -> Finding:
    part = channel.value
    try:
        senders = bootstrap.senders(
            around.settings, around.paths, around.clock, lambda _: False, around.environment
        )
        sender = senders[channel]
        if not isinstance(sender, EmailSender | SmsSender):
            return note(part, "Not set up: messages are kept as files.", f"Run {SET_UP}.")
        sender.check()
    except SendFailed as failure:
        return problem(part, "It does not work.", advice(channel, failure))
    except (BadSettings, Refusal) as error:
        return problem(part, "It does not work.", str(error))
    return ok(part, "The login works.")


def look_at_web(web: Web) -> Finding:
    if not web.enabled:
        return ok("web", "Off: nothing listens, and messages name no links.")
    host = f"[{web.host}]" if ":" in web.host else web.host
    where = f"http://{host}:{web.port}"
    trouble = _cannot_listen(web)
    if trouble and not _pages_are_at(web):
        to_do = "Set [web] host and port to what is free."
        return problem("web", f"{where} cannot be listened on: {trouble}.", to_do)
    now = "the pages are there" if trouble else "served while a desk or a worker runs"
    told = f"{where}: {now}"
    if web.public_url:
        return ok("web", f"{told}; clients reach it as {web.public_url}")
    return note(
        "web",
        f"{told}; {web.shut_out}.",
        "Set [web] public_url to the address by which clients reach it.",
    )


def _cannot_listen(web: Web) -> str:
    """Why not, or "" when the address is free."""
    try:
        kind = socket.SOCK_STREAM
        family, *_, address = socket.getaddrinfo(web.host or None, web.port, type=kind)[0]
        with socket.socket(family, kind) as trial:
            if os.name == "posix":
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        return (error.strerror or "it is no address of this machine").lower()
    return ""


def _pages_are_at(web: Web) -> bool:
    """Whether what listens there is this program."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(web.host, web.host)
    asking = http.client.HTTPConnection(host, web.port, timeout=KNOCKING)
    try:
        asking.request("GET", "/health")
        told = json.loads(asking.getresponse().read(1000))
        return isinstance(told, dict) and told.get("program") == "interworky-tui"
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        asking.close()
