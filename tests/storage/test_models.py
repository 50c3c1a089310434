"""The migrations, one after the other, make what the models say, on SQLite and on PostgreSQL.

A column that came later stands elsewhere in a table, so tables are compared as sets of their
columns and constraints.
"""

import re
import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, create_mock_engine
from sqlalchemy.dialects import postgresql

from interworky_tui.storage import schema
from interworky_tui.storage.models import Base

Schema = dict[str, set[str]]
"""The parts of each table by its name; of an index, its one definition."""
CREATE = re.compile(r"CREATE (?:TABLE (\w+)\((.*)\)|((?:UNIQUE )?INDEX (\w+) .*))(\w+)?")
ALTER = re.compile(
    r"ALTER TABLE (\w+)"
    r" (?:ADD (?:COLUMN )?(.*)|DROP (CONSTRAINT \w+)"
    r"|ALTER COLUMN (\w+) (?:(SET|DROP) NOT NULL|TYPE (.*)))"
)
RULE = re.compile("PRIMARY KEY|CHECK|UNIQUE|FOREIGN KEY|REFERENCES")


def schema_of(statements: str) -> Schema:
    """What CREATE and ALTER statements make, parted by semicolons; others are passed over."""
    made: Schema = {}
    for statement in statements.split(";"):
        # SQLite quotes a table that was renamed.
        text = re.sub(r" ?([(),]) ?", r"\1", " ".join(statement.replace('"', "").split()))
        if created := CREATE.fullmatch(text):
            table, parts, index, index_name, option = created.groups()
            made[table or index_name] = (
                {*split(parts), *filter(None, [option])} if table else {index}
            )
        elif altered := ALTER.fullmatch(text):
            table, added, dropped, column, change, kind = altered.groups()
            if added:
                made[table].add(added)
            elif dropped:
                [part] = [part for part in made[table] if part.startswith(f"{dropped} ")]
                made[table].remove(part)
            else:
                [part] = [part for part in made[table] if part.split()[0] == column]
                needed = change == "SET" if change else part.endswith(" NOT NULL")
                bare = f"{column} {kind}" if kind else part.removesuffix(" NOT NULL")
                made[table] ^= {part, bare + " NOT NULL" * needed}
        else:
            assert not text.startswith(("ALTER", "CREATE TABLE", "CREATE INDEX")), text
    made.pop("alembic_version", None)
    return made


def split(parts: str) -> list[str]:
    """At the commas that are in no parentheses and in no quotes."""
    found, depth = [""], 0
    for piece in re.split(r"([(),]|'[^']*')", parts):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "," and depth == 0:
            found.append("")
        else:
            found[-1] += piece
    return found


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def shown_for_postgresql() -> str:
    """What the migrations would run there, as text."""
    out = StringIO()
    options = {"as_sql": True, "output_buffer": out}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        for script in reversed(list(scripts().walk_revisions())):
            script.module.upgrade()
    return out.getvalue()


def stored(file: Path) -> Schema:
    # The full-text index keeps itself in tables of its own.
    query = (
        "SELECT sql FROM sqlite_master WHERE sql NOT NULL AND type IN ('table', 'index')"
        " AND name NOT LIKE 'client_search%'"
    )
    with closing(sqlite3.connect(file)) as connection:
        return schema_of(";".join(row[0] for row in connection.execute(query)))


def test_a_migrated_file_is_what_the_models_create(file: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    Base.metadata.create_all(engine)
    engine.dispose()
    migrated = stored(file)
    assert migrated == stored(tmp_path / "created.db")
    assert len(migrated) > len(Base.metadata.tables)


def test_the_migrations_make_what_the_models_say_on_postgresql() -> None:
    made: list[str] = []
    dialect = postgresql.dialect()
    engine = create_mock_engine(
        "postgresql://", lambda ddl, *_: made.append(str(ddl.compile(dialect=dialect)))
    )
    Base.metadata.create_all(engine, checkfirst=False)
    assert schema_of(without_functions(shown_for_postgresql())) == schema_of(";".join(made))


def without_functions(statements: str) -> str:
    return re.sub(r"\$\$.*?\$\$", "", statements, flags=re.DOTALL)


def test_every_constraint_has_a_name_and_every_table_is_strict(file: Path) -> None:
    tables = {name: parts for name, parts in stored(file).items() if name in Base.metadata.tables}
    assert set(tables) == set(Base.metadata.tables)
    for parts in tables.values():
        assert "STRICT" in parts
        assert not [p for p in parts if RULE.search(p) and not p.startswith("CONSTRAINT ")]


def test_the_constants_name_the_scripts() -> None:
    found = [script.revision for script in scripts().walk_revisions()]
    assert tuple(reversed(found)) == schema.REVISIONS


@pytest.mark.parametrize("word", ["UPDATE", "DELETE", "TRUNCATE"])
def test_history_is_kept_by_a_trigger_on_postgresql_too(word: str) -> None:
    trigger = shown_for_postgresql().partition("CREATE TRIGGER")[2]
    assert word in trigger.partition("FOR EACH")[0]
