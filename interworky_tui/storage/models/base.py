"""What all tables share: names of constraints, types of columns, partial indexes."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, MetaData, Text, text
from sqlalchemy.orm import DeclarativeBase

from interworky_tui.storage.types import Id, UtcDateTime


def partial(name: str | None, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


BYTEWISE = Text().with_variant(Text(collation="C"), "postgresql")
"""So that what begins with some letters stands together in an index, whatever the language."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime(), int: Id, str: Text()}
