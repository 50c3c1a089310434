"""How template lines are kept, dropped and replaced, and what is refused."""

import pytest

from interworky_tui.messages.template import BadTemplate, fill, parse

NAMES = frozenset({"name", "phone"})


def filled(source: str, **fields: str) -> list[str]:
    return fill(parse(source, "test", NAMES), {"name": "", "phone": ""} | fields)


def test_a_line_with_an_empty_field_is_left_out() -> None:
    assert filled("Hello.\nCall {phone}.\nBye.") == ["Hello.", "Bye."]
    assert filled("{name} at {phone}", name="Ann") == []


def test_the_first_line_that_can_be_filled_stands_in() -> None:
    source = "{name} on {phone}\n| {name}\n| somebody\nend"
    assert filled(source, name="Ann", phone="1") == ["Ann on 1", "end"]
    assert filled(source, name="Ann") == ["Ann", "end"]
    assert filled(source) == ["somebody", "end"]


def test_values_are_not_templates() -> None:
    assert filled("{name} {phone}", name="{phone}", phone="{name}\\1") == ["{phone} {name}\\1"]


@pytest.mark.parametrize(
    "source", ["{nmae}", "{ name }", "{}", "{name!r}", "{name.x}", "{{name}}", "a } b", "a { b"]
)
def test_what_is_not_a_field_is_refused(source: str) -> None:
    with pytest.raises(BadTemplate, match=r"^test, line 1: "):
        parse(source, "test", NAMES)
