"""Whether the backups would do: the doctor puts the newest one back, in a folder of its own.

One of an office on a server is read through to its end.
"""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from interworky_tui import bootstrap
from interworky_tui.config import BadSettings
from interworky_tui.doctor.around import Around
from interworky_tui.doctor.findings import Finding, note, ok, problem
from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.errors import Refusal, StoreProblem
from interworky_tui.services.backups import Backups
from interworky_tui.services.upkeep import Made, last_made
from interworky_tui.storage import restore, schema
from interworky_tui.storage.backup import Contents
from interworky_tui.storage.database import Database
from interworky_tui.storage.programs import choose
from interworky_tui.storage.server_checkup import major_version

PART = "backups"
OLD = timedelta(days=2)
"""From when on the newest one is too old; an office has a closed day now and then."""
BY_HAND = "Make one by interworky-tui backup."
OTHERWISE = "If the server is backed up otherwise, set [backup] enabled = false."


def look_at_backups(around: Around) -> list[Finding]:
    """Only of an office that there is. What it puts somewhere is gone at the end."""
    kept = bootstrap.backups(around.settings, around.paths, around.clock, around.environment)
    if kept.url:
        return _of_a_server(kept)
    if kept.file.exists():
        return [_newest(kept)]
    if kept.newest() is None:
        return []
    told = f"{kept.file} is gone, but there are backups of it."
    return [problem(PART, told, "Put back the newest by interworky-tui restore.")]


def _of_a_server(kept: Backups) -> list[Finding]:
    try:
        state = schema.look_at(kept.url)
        if state is schema.SchemaState.MISSING:
            if kept.newest() is None:
                return []
            told = f"{kept.place} is empty, but there are backups of an office."
            return [problem(PART, told, "Put back the newest by interworky-tui restore.")]
        database = Database(kept.url)
        try:
            with database.read() as connection:
                server, elsewhere = major_version(connection), last_made(connection)
        finally:
            database.close()
    except Refusal:
        return []
    try:
        if kept.settings.enabled:
            choose(kept.programs(), server)
        if kept.newest() is None and elsewhere is not None:
            return [_elsewhere(elsewhere, kept)]
    except StoreProblem as lacks:
        if elsewhere is not None and kept.clock() - elsewhere.at < OLD:
            return [note(PART, f"{_say(elsewhere, kept)}; here none can be made.", str(lacks))]
        return [problem(PART, "None can be made here.", f"{lacks} {OTHERWISE}")]
    return [_newest(kept)]


def _elsewhere(made: Made, kept: Backups) -> Finding:
    if kept.clock() - made.at > OLD:
        return problem(PART, f"{_say(made, kept)}, and none since.", BY_HAND)
    return ok(PART, _say(made, kept))


def _say(made: Made, kept: Backups) -> str:
    return f"The last was made on {made.machine}, {say_moment(made.at, kept.office.zone)}"


def _newest(kept: Backups) -> Finding:
    try:
        newest = kept.newest()
        if newest is None:
            if kept.settings.enabled:
                told = f"There is none in {kept.folder} yet; a desk or a worker makes one a day."
                return note(PART, told, BY_HAND)
            return note(PART, "None are made: [backup] enabled is false.", BY_HAND)
        held = _drill(newest.path, kept)
        size = newest.path.stat().st_size if kept.url else kept.file.stat().st_size
    except (StoreProblem, BadSettings) as error:
        return problem(PART, str(error), BY_HAND)
    told = f"{newest.path}: {held.appointments} appointments, {held.clients} clients, sound"
    age = kept.now().replace(tzinfo=None) - newest.made
    if age > OLD:
        return problem(PART, f"{told}; it is {age.days} days old.", BY_HAND)
    if shutil.disk_usage(kept.folder).free < 2 * size:
        to_do = f"Free some space in {kept.folder}."
        return problem(PART, f"{told}; there is hardly room for another one.", to_do)
    return ok(PART, told)


def _drill(source: Path, kept: Backups) -> Contents:
    if kept.url:
        with kept.opened(source) as opened:
            return opened.contents
    with tempfile.TemporaryDirectory(prefix="interworky-drill-") as folder:
        file = Path(folder) / kept.file.name
        with restore.fetched(source, file, kept.passphrase()) as copy:
            restore.put_in_place(copy, file, kept.now())
            return copy.contents
