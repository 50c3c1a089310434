"""The office's data in an SQLite file."""

from pathlib import Path

from interworky_tui import private_file
from interworky_tui.doctor.around import Around
from interworky_tui.doctor.findings import Finding, note, ok, problem
from interworky_tui.doctor.machine import megabytes, mounts, share_of
from interworky_tui.doctor.words import LEEWAY, say_ahead, say_history, say_messages, say_present
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.errors import Refusal
from interworky_tui.storage import schema
from interworky_tui.storage.chain_check import check_file
from interworky_tui.storage.checkup import Checkup, look_over

READING = 10.0
"""Seconds for reading the store through."""


def look_at_file(file: Path, around: Around) -> list[Finding]:
    try:
        state = schema.look(file)
        if state is schema.SchemaState.MISSING:
            return [note("data", f"There is no {file} yet; the desk makes it when it opens.")]
        if private_file.open_to_others(file):
            return [problem("data", f"{file} can be read by others.", f"chmod 600 {file}")]
        if state is schema.SchemaState.OLDER:
            told = f"{file} was made by an older version."
            return [note("data", told, "The desk upgrades it when it opens, and keeps a copy.")]
        found = look_over(file, around.clock(), READING)
    except Refusal as error:
        return [problem("data", str(error))]
    return [
        _store(file, found, around.clock),
        say_present(found),
        say_messages(found, around.clock),
    ]


def look_at_history(file: Path, around: Around) -> list[Finding]:
    """Only of a store that can be used as it is; what else there is to say of it, data says."""
    try:
        if schema.look(file) is not schema.SchemaState.CURRENT:
            return []
        return [say_history(check_file(file, READING), around.settings.zone)]
    except Refusal:
        return []


def _store(file: Path, found: Checkup, clock: Clock) -> Finding:
    told = (
        f"{file}: {found.appointments} appointments, {found.clients} clients,"
        f" {megabytes(found.size)}"
    )
    if found.sound is False:
        return problem(
            "data", f"{told}; it is damaged.", "Restore the latest backup: interworky-tui restore."
        )
    if found.newest and found.newest > clock() + LEEWAY:
        return say_ahead(told)
    if kind := share_of(file.absolute().parent, mounts()):
        to_do = "Move it to a disk of this machine, or to a server (interworky-tui move-to)."
        return problem("data", f"{told}; a network share ({kind}) may lose changes.", to_do)
    if found.sound is None:
        return note("data", f"{told}; too big to be read through here.")
    return ok("data", told)
