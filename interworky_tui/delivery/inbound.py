"""Texts that came in, fetched from the provider in turns, each taken once.

The provider tells whole days only, so that every look goes back a day beyond what is known to be
taken; a text is known by its sid.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import delete, insert, select

from interworky_tui.delivery.sms import Received
from interworky_tui.services import inbox
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import INBOUND_SMS, OFFICE_FACT

TAKEN_FACT = "sms_taken_until"
"""The fact that says up to when every text was taken."""
DAY = timedelta(days=1)
PATIENCE = timedelta(days=7)
"""A text that cannot be taken for so long is given up."""
PAGE = 50
MOST = 5000
"""Of one number; an office with more texts than this in two days needs another program."""


class Source(Protocol):
    """Where texts come from."""

    def received(self, since: datetime, limit: int) -> list[Received]:
        """Oldest first; of each number the newest ``limit``. Blocks. Raises only SendFailed."""
        ...


def take_in(office: Context, source: Source) -> int:
    """Fetch what came in and take what is new; how many that was.

    Safe in several processes at once. Raises SendFailed when the provider cannot be asked. One
    text that cannot be taken stops no other: it is tried again next time, and what stood against
    it is raised when the others are taken.
    """
    since = _taken_until(office)
    texts = _fetch(source, since)
    new = _unknown(office, texts)
    taken, faults = 0, []
    for text in new:
        try:
            kind = inbox.receive(
                office,
                sid=text.sid,
                from_number=text.from_number,
                to_number=text.to_number,
                body=text.body,
                at=text.at,
            )
        except Exception as error:
            faults.append((text.at, error))
        else:
            taken += kind is not None
    if texts:
        patient = office.clock() - PATIENCE
        held = [at for at, _ in faults if at > patient]
        _remember(office, since, min(held, default=texts[-1].at))
    if faults:
        raise faults[0][1]
    return taken


def _fetch(source: Source, since: datetime) -> list[Received]:
    """Everything that came since a day before, asking for more until that is reached."""
    limit = PAGE
    texts = source.received(since, limit)
    while limit < MOST and not _reaches(texts, since - DAY, limit):
        limit = min(limit * 4, MOST)
        texts = source.received(since, limit)
    return texts


def _reaches(texts: Sequence[Received], moment: datetime, limit: int) -> bool:
    of_number = defaultdict(list)
    for text in texts:
        of_number[text.to_number].append(text.at)
    return all(len(moments) < limit or min(moments) < moment for moments in of_number.values())


def _unknown(office: Context, texts: Sequence[Received]) -> list[Received]:
    """By a read alone, so that a look at what is all known keeps no other process waiting."""
    known: set[str] = set()
    sids = [text.sid for text in texts]
    with office.database.read() as connection:
        for start in range(0, len(sids), 500):
            some = INBOUND_SMS.c.sid.in_(sids[start : start + 500])
            known.update(connection.execute(select(INBOUND_SMS.c.sid).where(some)).scalars())
    return [text for text in texts if text.sid not in known]


def _taken_until(office: Context) -> datetime:
    now = office.clock()
    with office.database.read() as connection:
        query = select(OFFICE_FACT.c.value).where(OFFICE_FACT.c.name == TAKEN_FACT)
        kept = connection.execute(query).scalar()
    until = datetime.fromisoformat(kept) if kept else now - DAY
    return min(until, now)  # the clock may have been wrong


def _remember(office: Context, since: datetime, until: datetime) -> None:
    """What another process has found out meanwhile may be later; then a look goes back further."""
    until = max(since, min(until, office.clock()))
    if until == since:
        return
    with office.database.write() as connection:
        connection.execute(delete(OFFICE_FACT).where(OFFICE_FACT.c.name == TAKEN_FACT))
        connection.execute(insert(OFFICE_FACT).values(name=TAKEN_FACT, value=until.isoformat()))
