"""What a desk's role must be allowed on PostgreSQL: the least with which every verb works.

The owner of the tables may all of it, and alone may upgrade them.
"""

from sqlalchemy import Connection, text

from interworky_tui.storage.models import Base

VERSION_TABLE = "alembic_version"
APPEND_ONLY = "appointment_event"
ON_SEQUENCES = ("SELECT", "USAGE")
"""A backup reads where the numbers are."""
EMPTIED = frozenset(
    {
        "desk_session",
        "feedback_request",
        "office_fact",
        "sms_opt_out",
        "sms_receipt",
        "suppressed_number",
        "survey_link",
        "survey_response",
    }
)
"""The tables that rows are taken out of."""
_CHANGED = ("SELECT", "INSERT", "UPDATE")
_LACKS = (
    "SELECT need.what || ' on ' || need.name"
    " FROM unnest(CAST(:names AS text[]), CAST(:rights AS text[])) AS need(name, what)"
    " JOIN pg_class c ON c.relname = need.name"
    " AND c.relnamespace = to_regnamespace(current_schema())"
    " WHERE NOT has_table_privilege(c.oid, need.what) ORDER BY need.name, need.what"
)
_SEQUENCES = (
    "SELECT need.what || ' on ' || c.relname"
    " FROM unnest(CAST(:rights AS text[])) AS need(what), pg_sequence s"
    " JOIN pg_class c ON c.oid = s.seqrelid"
    " WHERE c.relnamespace = to_regnamespace(current_schema())"
    " AND NOT has_sequence_privilege(s.seqrelid, need.what) ORDER BY c.relname, need.what"
)
_OWNER = (
    "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class"
    " WHERE relnamespace = to_regnamespace(current_schema()) AND relname = :name"
)


def needed() -> dict[str, tuple[str, ...]]:
    """The rights on each table. History is added to, and never changed."""
    rights: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(Base.metadata.tables), _CHANGED)
    for name in EMPTIED:
        rights[name] = (*_CHANGED, "DELETE")
    return rights | {APPEND_ONLY: ("SELECT", "INSERT"), VERSION_TABLE: ("SELECT",)}


def grants(role: str, schema: str = "public") -> list[str]:
    """The statements by which the tables' owner lets a role use the office."""
    who, where = (f'"{name.replace(chr(34), chr(34) * 2)}"' for name in (role, schema))
    by_rights: dict[tuple[str, ...], list[str]] = {}
    for name, rights in needed().items():
        by_rights.setdefault(rights, []).append(f"{where}.{name}")
    tables = [
        f"GRANT {', '.join(rights)} ON {', '.join(names)} TO {who}"
        for rights, names in by_rights.items()
    ]
    sequences = f"GRANT {', '.join(ON_SEQUENCES)} ON ALL SEQUENCES IN SCHEMA {where} TO {who}"
    return [f"GRANT USAGE ON SCHEMA {where} TO {who}", *tables, sequences]


def missing(connection: Connection) -> tuple[str, ...]:
    """Those that the role of the connection lacks, as ``INSERT on client``."""
    pairs = [(name, right) for name, rights in needed().items() for right in rights]
    names, rights = zip(*pairs, strict=True)
    asked = {"names": list(names), "rights": list(rights)}
    lacks = list(connection.execute(text(_LACKS), asked).scalars())
    lacks += connection.execute(text(_SEQUENCES), {"rights": list(ON_SEQUENCES)}).scalars()
    return tuple(lacks)


def may_upgrade(connection: Connection) -> bool:
    return bool(connection.execute(text(_OWNER), {"name": VERSION_TABLE}).scalar())
