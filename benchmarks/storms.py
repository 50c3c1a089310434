"""Several desks and a worker on one office while everything falls over that can, on PostgreSQL
and on SQLite: ``python -m benchmarks.storms [VERBS [MINUTES [postgresql | sqlite]]]``.

Two of the desks on each are the program itself, without a terminal. Each storm ends after so many
verbs, or minutes.
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from tests import postgres
from tests.storm.weather import IN_TIME, Aftermath, Storm, rage

SPEED = 4.0
"""Of the storm's clock."""


def main(verbs: str = "10000", minutes: str = "inf", only: str = "") -> int:
    count, seconds, good = int(verbs), float(minutes) * 60, True
    if only in ("", "postgresql"):
        with postgres.launched(postgres.programs()) as server:
            storm = Storm(count, desks=4, persons=2, between=50, seconds=seconds, speed=SPEED)
            good &= _rage("4 desks on PostgreSQL", storm, server.create("storm"))
    if only in ("", "sqlite"):
        with tempfile.TemporaryDirectory() as folder:
            storm = Storm(count, desks=2, persons=2, between=50, seconds=seconds, speed=SPEED)
            url = schema.sqlite_url(Path(folder) / "office.db")
            good &= _rage("2 desks on SQLite", storm, url)
    return 0 if good else 1


def _rage(named: str, storm: Storm, url: str) -> bool:
    with closing(Database(url)) as database:
        schema.migrate(database)
        after = rage(storm, database)
    print(f"{named} and a worker: {_said(after)}", *after.wrongs, sep="\n  ", flush=True)
    return not after.wrongs and after.late is not None and after.late < IN_TIME


def _said(after: Aftermath) -> str:
    blows = ", ".join(f"{blow} {count} times" for blow, count in sorted(after.blows.items()))
    shown = "never" if after.late is None else f"{after.late:.1f} s after the end"
    return (
        f"{after.verbs} verbs ({after.keyed} by keys), {after.refused} refused, {after.texts} texts"
        f" in {after.seconds:.0f} s; {blows}; every screen right {shown}; {len(after.wrongs)} wrong"
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
