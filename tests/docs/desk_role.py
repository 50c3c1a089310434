"""Writes ``data/desk_role.sql`` from the rights that the program says a desk needs.

``python -m tests.docs.desk_role`` does.
"""

from interworky_tui import paths
from interworky_tui.storage import rights

FILE = paths.shipped_data() / "desk_role.sql"
_HEAD = """\
-- What a desk's role must be allowed on PostgreSQL: the least with which all but an upgrade works.
--
-- To be run by the owner of the office's tables, once they are there, with the name of a role
-- that may log in:
--
--     psql --set desk=front_desk --file desk_role.sql "$OFFICE"

"""
_ADDED = """
-- And on what an upgrade by the same owner adds.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"desk";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {} ON SEQUENCES TO :"desk";
"""


def written() -> str:
    statements = "".join(f"{_folded(grant)};\n" for grant in rights.grants("desk"))
    added = _ADDED.format(", ".join(rights.ON_SEQUENCES))
    return _HEAD + statements.replace('"desk"', ':"desk"').replace('"public"', "public") + added


def _folded(grant: str) -> str:
    """A table a line, where it is of several."""
    what, on, rest = grant.partition(" ON ")
    names, to, who = rest.rpartition(" TO ")
    several = names.split(", ")
    if len(several) == 1:
        return grant
    return f"{what}{on.rstrip()}\n    " + ",\n    ".join(several) + f"\n   {to}{who}"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
