"""The office's data on a PostgreSQL server."""

from contextlib import closing
from datetime import timedelta

from interworky_tui.doctor.around import Around
from interworky_tui.doctor.findings import Finding, note, ok, problem
from interworky_tui.doctor.machine import megabytes
from interworky_tui.doctor.words import (
    LEEWAY,
    say_ahead,
    say_history,
    say_messages,
    say_present,
)
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal
from interworky_tui.storage import schema, server
from interworky_tui.storage.chain_check import check
from interworky_tui.storage.database import Database
from interworky_tui.storage.server_checkup import Server, ServerCheckup, look_over_server

READING = 10.0
"""Seconds for reading the history through."""
NOTICED = timedelta(seconds=30)
"""From when on a difference between the clocks is told of."""
OLDEST = 130_000
"""The oldest server that is known to do."""
SHOWN = 3
"""Missing rights that are named."""
SEARCH_INDEX_MADE = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE INDEX ix_client_search_text ON client"
    " USING gin (search_text gin_trgm_ops);"
)
WHO = "Ask who looks after the server."


def look_at_server(around: Around) -> list[Finding]:
    url = around.url
    try:
        place = server.place_of(url)
        state = schema.look_at(url)
        if state is schema.SchemaState.MISSING:
            told = f"{place} is empty; the desk makes the office in it when it opens."
            return [note("data", told)]
        if state is schema.SchemaState.OLDER:
            told = f"{place} was made by an older version."
            return [note("data", told, "The first desk that may change its tables upgrades it.")]
        with closing(Database(url)) as database:
            found = look_over_server(database, around.clock)
        here = server.is_on_this_machine(url)
    except Refusal as error:
        return [problem("data", str(error), f"{WHO[:-1]}, or look at [database] url.")]
    return [
        say_server(place, found.server, here),
        _role(found.server),
        *_lax(found.server),
        _held(place, found, around.clock),
        *_search(found),
        say_present(found.held),
        say_messages(found.held, around.clock),
    ]


def look_at_server_history(around: Around) -> list[Finding]:
    """Only of a store that can be used as it is; what else there is to say of it, data says."""
    try:
        if schema.look_at(around.url) is not schema.SchemaState.CURRENT:
            return []
        with closing(Database(around.url)) as database, database.read() as connection:
            return [say_history(check(connection, READING), around.settings.zone)]
    except Refusal:
        return []


def say_server(place: str, found: Server, here: bool) -> Finding:
    """``here``: no network lies between."""
    way = f"encrypted ({found.tls})" if found.tls else "not encrypted"
    told = f"PostgreSQL {found.version}, {place}" + ("" if here and not found.tls else f", {way}")
    if found.refuses:
        return problem("server", f"{told}; it takes no changes now.", WHO)
    if not here and not found.tls:
        to_do = "Let [database] url say sslmode=require, or nothing about it."
        return problem("server", f"{told}: everybody on the network can read along.", to_do)
    if abs(found.ahead) > NOTICED:
        way = "ahead of" if found.ahead > timedelta(0) else "behind"
        wrong = f"{told}; its clock is {_span(abs(found.ahead))} {way} this machine's."
        grade = problem if abs(found.ahead) > LEEWAY else note
        return grade("server", wrong, "Let both machines take their time from the network.")
    if found.number < OLDEST:
        return note("server", f"{told}; it is older than what is tested.", "Upgrade the server.")
    return ok("server", told)


def _role(found: Server) -> Finding:
    if found.missing:
        shown = ", ".join(found.missing[:SHOWN])
        others = len(found.missing) - SHOWN
        more = f" and {others} more" if others > 0 else ""
        told = f"{found.role} lacks {shown}{more}"
        return problem("role", told, f"Let the owner of the tables run: {'; '.join(found.grants)};")
    if found.superuser:
        told = f"{found.role} may do everything on the server"
        return note("role", told, "A role of the office's own needs far less; see the README.")
    if found.may_upgrade:
        return ok("role", f"{found.role} owns the office's tables")
    return ok("role", f"{found.role} may do what a desk does; upgrades are made by the owner")


def _lax(found: Server) -> list[Finding]:
    if not found.lax:
        return []
    off = ", ".join(found.lax)
    told = f"A power cut may lose changes that were made: the server has {off} off."
    return [problem("durability", told, f"Turn it on in the server's settings. {WHO}")]


def _held(place: str, found: ServerCheckup, clock: Clock) -> Finding:
    held = found.held
    told = (
        f"{place}: {held.appointments} appointments, {held.clients} clients, {megabytes(held.size)}"
    )
    if held.sound is False:
        to_do = f"Make no changes, and restore the latest backup: interworky-tui restore. {WHO}"
        return problem("data", f"{told}; the server has found damaged pages.", to_do)
    if held.newest and held.newest > clock() + LEEWAY:
        return say_ahead(told)
    return ok("data", told)


def _search(found: ServerCheckup) -> list[Finding]:
    if found.indexed:
        return []
    told = "There is no index for the search (pg_trgm); it is slow with many clients."
    return [note("search", told, f"Have this run in the database: {SEARCH_INDEX_MADE}")]


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} minutes"
