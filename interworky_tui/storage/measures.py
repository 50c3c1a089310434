"""What SQL calls differently on SQLite and on PostgreSQL."""

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class minutes_between(FunctionElement[int]):
    """Whole minutes from one moment to a later one; NULL when one of them is."""

    name = "minutes_between"
    type = Integer()
    inherit_cache = True


@compiles(minutes_between, "sqlite")
def _sqlite(element: minutes_between, compiler: SQLCompiler, **told: Any) -> str:
    begin, end = (compiler.process(clause, **told) for clause in element.clauses)
    # By way of whole seconds, for a day's fraction is not exact.
    seconds = f"(julianday({end}) - julianday({begin})) * 86400"
    return f"CAST(round({seconds}) AS INTEGER) / 60"


@compiles(minutes_between, "postgresql")
def _postgresql(element: minutes_between, compiler: SQLCompiler, **told: Any) -> str:
    begin, end = (compiler.process(clause, **told) for clause in element.clauses)
    return f"CAST(floor(extract(epoch FROM {end} - {begin}) / 60) AS INTEGER)"
