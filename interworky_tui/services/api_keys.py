"""Keys of the API: who may file requests by it. Only the hash of a key is kept."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select, update

from interworky_tui.domain.errors import BadInput, NotFound
from interworky_tui.domain.text import clean_line, fold
from interworky_tui.services import records
from interworky_tui.services.context import Context
from interworky_tui.storage.tables import API_KEY

PREFIX = "iw_"
"""By which scanners for leaked secrets can know a key."""
BITS = 256
LONGEST_NAME = 60

_KEY = re.compile(r"iw_[A-Za-z0-9_-]{43}")
_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key. ``last_used_at`` is true to a minute."""

    id: int
    name: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


def new_key(office: Context, name: str) -> tuple[ApiKey, str]:
    """A key and its secret, which can never be shown again. Raises BadInput for the name."""
    named = clean_line(name)
    if not fold(named):
        raise BadInput("Give the key a name: whose it is.", "name")
    if len(named) > LONGEST_NAME:
        raise BadInput(f"A key's name may have {LONGEST_NAME} characters at most.", "name")
    secret = PREFIX + secrets.token_urlsafe(BITS // 8)
    with office.database.write() as connection:
        for row in connection.execute(_known()).mappings():
            if row["revoked_at"] is None and fold(row["name"]) == fold(named):
                # The history says by the name who filed a request.
                raise BadInput(f"Key {row['id']} has that name; revoke it first.", "name")
        values = {"name": named, "key_hash": _hash(secret), "created_at": office.clock()}
        made = connection.execute(insert(API_KEY).values(values))
        query = _known().where(API_KEY.c.id == records.inserted_id(made))
        return _to_key(connection.execute(query).mappings().one()), secret


def list_keys(office: Context) -> list[ApiKey]:
    """All that were ever made, the oldest first."""
    with office.database.read() as connection:
        return [_to_key(row) for row in connection.execute(_known()).mappings()]


def revoke(office: Context, key_id: int) -> ApiKey:
    """From now on nothing is filed with it; again changes nothing. Raises NotFound."""
    records.require_id("key", key_id)
    with office.database.write() as connection:
        connection.execute(
            update(API_KEY)
            .where(API_KEY.c.id == key_id, API_KEY.c.revoked_at.is_(None))
            .values(revoked_at=office.clock())
        )
        row = connection.execute(_known().where(API_KEY.c.id == key_id)).mappings().first()
    if row is None:
        raise NotFound(f"There is no key {key_id}.")
    return _to_key(row)


def owner(office: Context, secret: str) -> ApiKey | None:
    """Whose key it is; None for one that is unknown or revoked. Its use is noted."""
    if not _KEY.fullmatch(secret):
        return None
    hashed = _hash(secret)
    with office.database.read() as connection:
        # Found by its hash: how long that takes tells nothing about any key.
        query = _known().add_columns(API_KEY.c.key_hash).where(API_KEY.c.key_hash == hashed)
        row = connection.execute(query).mappings().first()
    if row is None or row["revoked_at"] or not hmac.compare_digest(row["key_hash"], hashed):
        return None
    key, now = _to_key(row), office.clock()
    if key.last_used_at is None or key.last_used_at <= now - _USED_EVERY:
        with office.database.write() as connection:
            used = update(API_KEY).where(API_KEY.c.id == key.id).values(last_used_at=now)
            connection.execute(used)
    return key


def fingerprint(secret: str, body: bytes) -> str:
    """By which a request is known again. With the key in it nobody can guess what was in it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _known() -> Select[Any]:
    return select(*(API_KEY.c[field.name] for field in fields(ApiKey))).order_by(API_KEY.c.id)


def _to_key(row: RowMapping) -> ApiKey:
    return ApiKey(**{field.name: row[field.name] for field in fields(ApiKey)})
