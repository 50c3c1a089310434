"""Every setting in words, for the README and for a hint on a misspelt name."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import inspect

from interworky_tui.config import Section, Settings


@dataclass(frozen=True, slots=True)
class SettingDoc:
    """One setting, for people. ``default`` is written as in the file."""

    name: str
    type: str
    default: str
    description: str


def describe() -> list[SettingDoc]:
    """Every setting, in the order of the sections."""
    root = inspect.type_info(Settings)
    assert isinstance(root, inspect.StructType)
    return list(_described(root, Settings(), "", ""))


def _described(
    section: inspect.StructType, values: Section, prefix: str, above: str
) -> Iterator[SettingDoc]:
    for field in section.fields:
        kind, told = field.type, above
        if isinstance(kind, inspect.Metadata):
            told = (kind.extra_json_schema or {}).get("description", above)
            kind = kind.type
        name, value = prefix + field.name, getattr(values, field.name)
        if isinstance(kind, inspect.StructType):
            yield from _described(kind, value, f"{name}.", told)
        else:
            yield SettingDoc(name, _say_type(kind), msgspec.json.encode(value).decode(), told)


def _say_type(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.BoolType | inspect.UnionType):
        return "true or false"
    if isinstance(kind, inspect.IntType):
        return f"whole number from {kind.ge} to {kind.le}"
    if isinstance(kind, inspect.DictType):
        return "table of whole numbers"
    return "list of texts" if isinstance(kind, inspect.VarTupleType) else "text"
