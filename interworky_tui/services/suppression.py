"""Numbers that get no texts and whose owner was forgotten: known again, and not to be read.

Of each there is an HMAC-SHA-256 under a random key of the store's own. Whoever has both could
try every number there is, so it keeps a number from being seen, not from being searched for.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select

from interworky_tui.storage.once import insert_once
from interworky_tui.storage.tables import OFFICE_FACT, SUPPRESSED_NUMBER

KEY_FACT = "key of suppressed numbers"
"""The row of office_fact that holds the key, in hex; there once somebody was forgotten."""
_ROW = SUPPRESSED_NUMBER.c


def add(connection: Connection, number: str, at: datetime) -> None:
    """``at`` is since when it has opted out."""
    key = _key(connection) or _new_key(connection)
    values = {"digest": _digest(key, number), "at": at}
    insert_once(connection, SUPPRESSED_NUMBER, values, "digest")


def take(connection: Connection, numbers: Iterable[str]) -> dict[str, datetime]:
    """Those of the numbers that are here, and since when they have opted out; here no more."""
    wanted = frozenset(numbers)
    key = _key(connection) if wanted else None
    if key is None:
        return {}
    by_digest = {_digest(key, number): number for number in wanted}
    here = _ROW.digest.in_(list(by_digest))
    found = connection.execute(select(SUPPRESSED_NUMBER).where(here)).all()
    if found:
        connection.execute(delete(SUPPRESSED_NUMBER).where(here))
    return {by_digest[row.digest]: row.at for row in found}


def _key(connection: Connection) -> bytes | None:
    kept = select(OFFICE_FACT.c.value).where(OFFICE_FACT.c.name == KEY_FACT)
    value: str | None = connection.execute(kept).scalar()
    return bytes.fromhex(value) if value else None


def _new_key(connection: Connection) -> bytes:
    key = secrets.token_bytes(32)
    insert_once(connection, OFFICE_FACT, {"name": KEY_FACT, "value": key.hex()}, "name")
    return key


def _digest(key: bytes, number: str) -> str:
    return hmac.new(key, number.encode(), hashlib.sha256).hexdigest()
