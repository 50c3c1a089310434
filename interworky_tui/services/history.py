"""Which verbs the history tells of since a moment, for who watches somebody learn."""

from sqlalchemy import func, select

from interworky_tui.domain.lifecycle import Verb
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import EVENT


def last_line(office: Context) -> int:
    """The number of the history's last line, 0 when there is none."""
    with office.database.read() as connection:
        return connection.execute(select(func.max(EVENT.c.id))).scalar() or 0


def verbs_since(office: Context, line: int) -> frozenset[Verb]:
    """What this person has done after that line."""
    wanted = select(EVENT.c.verb).where(EVENT.c.id > line, EVENT.c.actor == office.actor)
    with office.database.read() as connection:
        return frozenset(Verb(verb) for (verb,) in connection.execute(wanted))
