"""The one place where lines are added to the history."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from interworky_tui.storage.chain import HEAD_FACT, Head, chained, head_of
from interworky_tui.storage.tables import EVENT, OFFICE_FACT


def append(connection: Connection, lines: Sequence[dict[str, Any]]) -> None:
    """Add lines to the end of the chain, in their order, in the caller's write transaction.

    Their ``id`` and ``hash`` are given to them here.
    """
    if not lines:
        return
    numbered = list(chained(_head(connection), lines))
    connection.execute(insert(EVENT), numbered)
    last = Head(numbered[-1]["id"], numbered[-1]["hash"]).to_fact()
    of_head = OFFICE_FACT.c.name == HEAD_FACT
    if connection.execute(update(OFFICE_FACT).where(of_head).values(value=last)).rowcount == 0:
        connection.execute(insert(OFFICE_FACT).values(name=HEAD_FACT, value=last))


def _head(connection: Connection) -> Head:
    """What the next line follows on, locked where the database does not write one by one.

    It is the end as the program wrote it. Where the table ends elsewhere somebody was at it, and
    the desk goes on, but never so that the chain fits again: the doctor must see it.
    """
    kept = select(OFFICE_FACT.c.value).where(OFFICE_FACT.c.name == HEAD_FACT).with_for_update()
    head = head_of(connection.execute(kept).scalar() or "") or Head()
    last: int = connection.execute(select(func.max(EVENT.c.id))).scalar() or 0
    return Head(max(head.number, last), head.hash)
