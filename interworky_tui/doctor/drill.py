"""Whether the backups would do: the doctor puts the newest one back, in a folder of its own."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from interworky_tui.config import BadSettings
from interworky_tui.doctor.findings import Finding, note, ok, problem
from interworky_tui.domain.errors import StoreProblem
from interworky_tui.services.backups import Backups
from interworky_tui.storage import restore
from interworky_tui.storage.backup import Contents

PART = "backups"
OLD = timedelta(days=2)
"""From when on the newest one is too old; an office has a closed day now and then."""
BY_HAND = "Make one by interworky-tui backup."


def look_at_backups(kept: Backups) -> Finding:
    """Of an office whose file is there. What it puts somewhere is gone at the end."""
    try:
        newest = kept.newest()
        if newest is None:
            if kept.settings.enabled:
                told = f"There is none in {kept.folder} yet; a desk or a worker makes one a day."
                return note(PART, told, BY_HAND)
            return note(PART, "None are made: [backup] enabled is false.", BY_HAND)
        held = _drill(newest.path, kept)
    except (StoreProblem, BadSettings) as error:
        return problem(PART, str(error), BY_HAND)
    told = f"{newest.path}: {held.appointments} appointments, {held.clients} clients, sound"
    age = kept.now().replace(tzinfo=None) - newest.made
    if age > OLD:
        return problem(PART, f"{told}; it is {age.days} days old.", BY_HAND)
    size, free = kept.file.stat().st_size, shutil.disk_usage(kept.folder).free
    if free < 2 * size:
        to_do = f"Free some space in {kept.folder}."
        return problem(PART, f"{told}; there is hardly room for another one.", to_do)
    return ok(PART, told)


def _drill(source: Path, kept: Backups) -> Contents:
    with tempfile.TemporaryDirectory(prefix="interworky-drill-") as folder:
        file = Path(folder) / kept.file.name
        with restore.fetched(source, file, kept.passphrase()) as copy:
            restore.put_in_place(copy, file, kept.now())
            return copy.contents
