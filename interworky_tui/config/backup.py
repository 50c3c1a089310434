"""The copies that are made of the office's data."""

from typing import Annotated

from interworky_tui.config.section import Section, doc


class Backup(Section, frozen=True):
    enabled: Annotated[bool, doc("Make a backup every day while a desk or a worker runs")] = True
    folder: Annotated[str, doc("Where to; empty means backups in the data folder")] = ""
    keep_daily: Annotated[int, doc("Of so many days the backups are kept", ge=1, le=400)] = 7
    keep_weekly: Annotated[int, doc("And the last ones of so many weeks before", ge=0, le=520)] = 4
    programs: Annotated[
        str, doc("The folder of pg_dump and pg_restore; empty means they are found by themselves")
    ] = ""
