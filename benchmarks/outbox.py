"""Thousands of messages, workers that are killed at random, far ends that fail: what arrives.

The same storm that the tests run, at full size. Nothing is stubbed: worker processes, a store in
a file, a mail server with STARTTLS and a login, and an HTTP server that answers as the SMS
provider does, each of which fails 2 % of what it is asked before it takes it and 2 % after.

    python -m benchmarks.outbox [--messages 5000] [--workers 4] [--kills 60] [--speed 5]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from interworky_tui.storage import schema
from interworky_tui.storage.database import Database
from tests.delivery.storm import Aftermath, Storm, weather

FULL = Storm(messages=5000, workers=4, kills=60, speed=5)
NOTES = (
    "Worker processes on one store, killed with kill -9 at random; a mail server with STARTTLS and"
    " a login, and an HTTP server that answers as the SMS provider does; each fails 2 % of the"
    " requests before it takes them and 2 % after. A held email may have arrived, and a person"
    " decides; nothing else is sent twice."
)


def main() -> int:
    storm = _options()
    after = run(storm)
    print(markdown(storm, after))
    faults = after.lost, after.duplicate_texts, after.wrong_emails, after.out_of_order
    return int(any(faults) or after.kills < storm.kills)


def run(storm: Storm) -> Aftermath:
    """In a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="interworky-storm-") as folder:
        database = Database(schema.sqlite_url(Path(folder) / "office.db"))
        schema.migrate(database)
        after = weather(storm, Path(folder), database)
        database.close()
    return after


def markdown(storm: Storm, after: Aftermath) -> str:
    """One row."""
    cells = {
        "messages": f"{len(after.rows):,}",
        "workers": storm.workers,
        "kills": after.kills,
        "lost": after.lost,
        "duplicate SMS": after.duplicate_texts,
        "second copies of emails, identical": after.duplicate_emails - after.wrong_emails,
        "other copies": after.wrong_emails,
        "held for a person": after.held,
        "out of order": after.out_of_order,
        "seconds": f"{after.seconds:.0f}",
    }
    rows = (cells.keys(), ["---:"] * len(cells), map(str, cells.values()))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _options() -> Storm:
    parser = argparse.ArgumentParser(prog="benchmarks.outbox", description=__doc__.split("\n")[0])
    for name in ("messages", "workers", "kills", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(FULL, name))
    parser.add_argument("--speed", type=float, default=FULL.speed, help="of time; a lease is 60 s")
    return Storm(**vars(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
