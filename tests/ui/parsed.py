"""Each source of styles is parsed once in a process: every desk that a test opens has the same."""

from functools import wraps
from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_parsed: dict[tuple[Any, ...], list[RuleSet]] = {}


def install() -> None:
    """Let every stylesheet of this process remember so from now on.

    Textual itself shares the rules of one source among all widgets of an app, and forgets them
    with the app and with its theme.
    """
    parse = Stylesheet._parse_rules

    @wraps(parse)
    def once(self: Stylesheet, *args: Any, **more: Any) -> list[RuleSet]:
        key = (args, *more.items(), frozenset(self._variables.items()))
        if key not in _parsed:
            _parsed[key] = parse(self, *args, **more)
        return _parsed[key]

    Stylesheet._parse_rules = once  # type: ignore[method-assign]
