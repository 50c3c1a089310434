"""Every part of the program, its state, and what to do about it. Nothing is made or changed."""

import http.client
import json
import logging
import os
import platform
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path

from interworky_tui import __version__, bootstrap, config, pin, private_file, secret
from interworky_tui.config import BadSettings, Settings, Web
from interworky_tui.delivery.advice import advice
from interworky_tui.delivery.channel import SendFailed
from interworky_tui.delivery.email import EmailSender
from interworky_tui.delivery.sms import SmsSender
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal
from interworky_tui.domain.events import Channel
from interworky_tui.drill import look_at_backups
from interworky_tui.findings import Finding, note, ok, problem
from interworky_tui.lanes import Lane
from interworky_tui.messages.catalogue import Catalogue
from interworky_tui.paths import Paths
from interworky_tui.services.chain_words import say_advice, say_check
from interworky_tui.services.diary import knows_holidays
from interworky_tui.storage import schema
from interworky_tui.storage.chain_check import check_file
from interworky_tui.storage.checkup import Checkup, look_over

log = logging.getLogger(__name__)

LONGEST = 20.0
"""Seconds for all that may take long; it is done side by side."""
READING = 10.0
"""Seconds for reading the store through."""
KNOCKING = 3.0
"""Seconds for what listens on the port of the web pages to say what it is."""
LEEWAY = timedelta(minutes=5)
"""Between the clocks of two desks, and for messages to leave."""
LITTLE, TOO_LITTLE = 1_000_000_000, 100_000_000
"""Bytes that are free."""
SET_UP = "interworky-tui setup"


def examine(
    paths: Paths,
    clock: Clock,
    environment: Mapping[str, str] | None = None,
    *,
    longest: float = LONGEST,
) -> list[Finding]:
    """Look at every part. The channels are asked for real, for ``longest`` seconds at most."""
    try:
        settings = config.load(paths.settings_file, environment)
    except BadSettings as error:
        bad = problem("settings", str(error), "Correct it there; interworky-tui config check.")
        return [_program(), bad, _log(paths), _disk(paths.data)]
    slow: dict[str, Callable[[], list[Finding]]] = {
        "data": lambda: _data(settings, paths, clock),
        "history": lambda: _history(settings, paths),
        "backups": lambda: _backups(settings, paths, clock, environment),
        "web": lambda: [_web(settings.web)],
        **{
            channel.value: lambda channel=channel: [  # type: ignore[misc]
                _channel(channel, settings, paths, clock, environment)
            ]
            for channel in Channel
        },
    }
    waited = _side_by_side(slow, longest)
    file = schema.sqlite_path(settings.database.url) or paths.database
    return [
        _program(),
        _settings(paths, environment),
        _office(settings),
        *_holidays(settings),
        _secrets(settings, paths, environment),
        _time(settings, clock),
        *waited["data"],
        *waited["history"],
        *waited["backups"],
        _templates(settings, paths),
        *(finding for channel in Channel for finding in waited[channel.value]),
        *waited["web"],
        *_lock(settings, paths),
        _log(paths),
        _disk(file.parent),
    ]


def _side_by_side(
    questions: Mapping[str, Callable[[], list[Finding]]], longest: float
) -> dict[str, list[Finding]]:
    futures = {part: Lane(part).submit(ask) for part, ask in questions.items()}
    end = time.monotonic() + longest
    return {part: _outcome(part, future, end) for part, future in futures.items()}


def _outcome(part: str, future: "Future[list[Finding]]", end: float) -> list[Finding]:
    try:
        return future.result(max(end - time.monotonic(), 0.0))
    except TimeoutError:
        return [problem(part, "There was no answer in time.", "Check the network, or try later.")]
    except Exception as error:
        log.error("The doctor stumbled", exc_info=error)
        told = f"This could not be looked at ({type(error).__name__})."
        return [problem(part, told, "The log says more.")]


def _program() -> Finding:
    told = (
        f"interworky-tui {__version__}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}"
    )
    try:
        schema.check_sqlite()
    except Refusal as error:
        return problem("program", told, str(error))
    return ok("program", told)


def _settings(paths: Paths, environment: Mapping[str, str] | None) -> Finding:
    file = paths.settings_file
    own = os.environ if environment is None else environment
    extra = sum(name.startswith(config.PREFIX) and "__" in name for name in own)
    also = f" and {extra} from the environment" if extra else ""
    if not file.exists():
        return note(
            "settings", f"The defaults{also} are used: there is no {file}.", f"Run {SET_UP}."
        )
    told = f"{file}{also}"
    if private_file.open_to_others(file):
        return note("settings", f"{told}; others may read it.", f"chmod 600 {file}")
    return ok("settings", told)


def _office(settings: Settings) -> Finding:
    office = settings.office
    lacks = [name for name in ("phone", "email") if not getattr(office, name)]
    if lacks:
        told = f"The office has no {' and no '.join(lacks)}, so it is not told of changes there."
        return note("office", told, f"Run {SET_UP}.")
    return ok("office", f"{office.name}, {office.country}")


def _holidays(settings: Settings) -> list[Finding]:
    """Only when there is no list of those that the office keeps."""
    kept = settings.office.holidays_of
    if kept is None or knows_holidays(*kept):
        return []
    told = f"No public holidays are known for {'-'.join(filter(None, kept))}."
    return [note("holidays", told, "Mend office.holidays_country, or let it be none.")]


def _secrets(settings: Settings, paths: Paths, environment: Mapping[str, str] | None) -> Finding:
    needed = [
        (section, key)
        for section, key in config.SECRETS
        if (section == "email" and settings.email.host and settings.email.user)
        or (section == "sms" and settings.sms.account_sid)
    ]
    try:
        places = {pair: secret.where(*pair, paths.config, environment) for pair in config.SECRETS}
    except BadSettings as error:
        return problem("secrets", str(error))
    missing = [".".join(pair) for pair in needed if places[pair] is None]
    if missing:
        return problem("secrets", f"There is no {' and no '.join(missing)}.", f"Run {SET_UP}.")
    kept = [f"{'.'.join(pair)}: {place.value}" for pair, place in places.items() if place]
    return ok("secrets", ", ".join(kept) if kept else "None is needed.")


def _time(settings: Settings, clock: Clock) -> Finding:
    now, here = clock(), settings.zone
    told = f"{now.astimezone(here):%Y-%m-%d %H:%M}, {here.key}"
    if not 2026 <= now.year < 2100:
        return problem("clock", told, "Set the date of this machine.")
    if not settings.office.timezone:
        return note(
            "clock", f"{told}, which is this machine's", f"Fix it for the office: {SET_UP}."
        )
    return ok("clock", told)


def _data(settings: Settings, paths: Paths, clock: Clock) -> list[Finding]:
    url = settings.database.url or schema.sqlite_url(paths.database)
    file = schema.sqlite_path(url)
    if file is None:
        return [problem("data", "Only SQLite is supported.", "Leave [database] url empty.")]
    try:
        state = schema.look(file)
        if state is schema.SchemaState.MISSING:
            return [note("data", f"There is no {file} yet; the desk makes it when it opens.")]
        if private_file.open_to_others(file):
            return [problem("data", f"{file} can be read by others.", f"chmod 600 {file}")]
        if state is schema.SchemaState.OLDER:
            told = f"{file} was made by an older version."
            return [note("data", told, "The desk upgrades it when it opens, and keeps a copy.")]
        found = look_over(file, clock(), READING)
    except Refusal as error:
        return [problem("data", str(error))]
    return [_store(file, found, clock), _messages(found, clock)]


def _history(settings: Settings, paths: Paths) -> list[Finding]:
    """Only of a store that can be used as it is; what else there is to say of it, data says."""
    file = schema.sqlite_path(settings.database.url or schema.sqlite_url(paths.database))
    try:
        if file is None or schema.look(file) is not schema.SchemaState.CURRENT:
            return []
        found = check_file(file, READING)
    except Refusal:
        return []
    told, to_do = say_check(found, settings.zone), say_advice(found)
    if found.first is not None:
        return [problem("history", told, to_do)]
    return [ok("history", told) if found.whole else note("history", told)]


def _backups(
    settings: Settings, paths: Paths, clock: Clock, environment: Mapping[str, str] | None
) -> list[Finding]:
    """Only of an office that there is, in a file."""
    file = schema.sqlite_path(settings.database.url or schema.sqlite_url(paths.database))
    if file is None:
        return []
    kept = bootstrap.backups(settings, paths, clock, environment)
    if not file.exists():
        if kept.newest() is None:
            return []
        told = f"{file} is gone, but there are backups of it."
        return [problem("backups", told, "Put back the newest by interworky-tui restore.")]
    return [look_at_backups(kept)]


def _store(file: Path, found: Checkup, clock: Clock) -> Finding:
    told = (
        f"{file}: {found.appointments} appointments, {found.clients} clients,"
        f" {_megabytes(found.size)}"
    )
    if found.sound is False:
        return problem(
            "data", f"{told}; it is damaged.", "Restore the latest backup: interworky-tui restore."
        )
    if found.newest and found.newest > clock() + LEEWAY:
        to_do = "Check the date and time of this machine."
        return problem("data", f"{told}; its last change is later than now.", to_do)
    if found.sound is None:
        return note("data", f"{told}; too big to be read through here.")
    return ok("data", told)


def _messages(found: Checkup, clock: Clock) -> Finding:
    late = found.overdue_since is not None and found.overdue_since < clock() - LEEWAY
    counted = {
        "failed": found.failed,
        "held for a person": found.held,
        "should have left": found.overdue if late else 0,
        "came in and wait for an answer": found.waiting,
    }
    told = ", ".join(f"{count} {what}" for what, count in counted.items() if count)
    if not told:
        return ok("messages", "None failed, none waits.")
    if late:
        return note("messages", told, "Messages leave while a desk or a worker runs; open one.")
    return note("messages", told, "See the desk's messages screen (m).")


def _templates(settings: Settings, paths: Paths) -> Finding:
    folder = paths.config / "templates"
    if not folder.is_dir():
        return ok("templates", "The built-in ones.")
    bad = Catalogue(folder, settings.messages.language).problems()
    if bad:
        told = " ".join(map(str, bad[:3])) + (f" And {len(bad) - 3} more." if len(bad) > 3 else "")
        return problem("templates", told, "Until then the built-in ones are used.")
    return ok("templates", f"The office's own in {folder} are good.")


def _channel(
    channel: Channel,
    settings: Settings,
    paths: Paths,
    clock: Clock,
    environment: Mapping[str, str] | None,
) -> Finding:
    part = channel.value
    try:
        senders = bootstrap.senders(settings, paths, clock, lambda _: False, environment)
        sender = senders[channel]
        if not isinstance(sender, EmailSender | SmsSender):
            return note(part, "Not set up: messages are kept as files.", f"Run {SET_UP}.")
        sender.check()
    except SendFailed as failure:
        return problem(part, "It does not work.", advice(channel, failure))
    except (BadSettings, Refusal) as error:
        return problem(part, "It does not work.", str(error))
    return ok(part, "The login works.")


def _web(web: Web) -> Finding:
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


def _lock(settings: Settings, paths: Paths) -> list[Finding]:
    """Only what is wrong with it: an office need not lock its desk."""
    file = paths.config / pin.PIN_FILE
    if not pin.is_set(paths.config):
        if not settings.desk.lock_minutes:
            return []
        told = "the idle desk is to lock itself, and has no PIN"
        return [problem("lock", told, "Set one by interworky-tui pin set.")]
    if private_file.open_to_others(file):
        return [problem("lock", "the PIN's file can be read by others", f"chmod 600 {file}")]
    return []


def _log(paths: Paths) -> Finding:
    file = paths.log_file
    there = file if file.exists() else _nearest(file.parent)
    if not os.access(there, os.W_OK):
        return problem("log", f"{file} cannot be written.", "Check the folder's permissions.")
    if not file.exists():
        return ok("log", f"{file}: nothing was written yet")
    return ok("log", f"{file}, {_megabytes(file.stat().st_size)}")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(_nearest(folder)).free
    told = f"{_megabytes(free)} free"
    if free < TOO_LITTLE:
        return problem("disk", told, "Free some space soon: the desk cannot keep changes without.")
    return note("disk", told, "Free some space.") if free < LITTLE else ok("disk", told)


def _nearest(folder: Path) -> Path:
    """The folder, or where it would be made."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder


def _megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
