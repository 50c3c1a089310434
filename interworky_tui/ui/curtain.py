"""The curtain: while it is drawn, nothing personal is handed to the screens.

What the reads and the use cases answer passes here, before any screen has it. What is personal
is told by the names of the fields, so that whatever is read tomorrow is masked, too. Times,
statuses, ratings, counts and numbers of appointments stay.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from interworky_tui.domain.appointment import Client
from interworky_tui.domain.errors import DoubleBooked, Refusal

T = TypeVar("T")
P = ParamSpec("P")

HIDDEN = "••••"
_MASKS = re.compile(r"••••|(?:Client|Visit) •\d")
NAMES = frozenset(
    (
        *("name", "names", "client_name", "full_name", "first_name", "last_name"),
        *("who", "client", "clients", "caller", "person"),
    )
)
"""Fields that name a person: the mask still tells one from another."""
PERSONAL = frozenset(
    (
        *("phone", "phones", "number", "numbers", "email", "emails", "address", "to", "sender"),
        *("service", "note", "notes", "cancel_text", "good", "bad", "comment"),
        *("said", "words", "wrote", "quote", "content"),
        *("text", "texts", "body", "html", "subject", "message", "answer", "reply", "snippet"),
    )
)
_ENDINGS = ("_name", "_phone", "_email", "_number", "_address", "_note", "_text", "_comment")
_PLAIN = (bool, int, float, Enum, bytes, type(None))
_REMEMBERED = 2000
_SHORTEST = 3


class CurtainDrawn(Refusal):
    """What would show or write what is masked has to wait."""

    title = "The curtain is drawn"

    def __init__(self) -> None:
        super().__init__("The curtain is drawn: press p first.")


class Curtain:
    """Open at first."""

    def __init__(self) -> None:
        self.drawn = False
        self._known: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def move(self) -> None:
        """Draw it, or open it again."""
        self.drawn = not self.drawn
        self._known, self._pattern = {}, None

    def over(self, value: T) -> T:
        """The value as it may be shown: itself, or a copy in which the personal fields are masked.

        Looks into dataclasses, tuples, lists and dicts. Sentences lose the names that were
        masked beside them or before.
        """
        if not self.drawn:
            return value
        masked: T = self._masked(value, HIDDEN)
        return masked

    def check(self) -> None:
        """Raises CurtainDrawn while it is."""
        if self.drawn:
            raise CurtainDrawn

    def refuse_masked(self, given: tuple[object, ...]) -> None:
        """A mask is never saved, sent or looked up. Raises CurtainDrawn when there is one."""
        if _has_mask(given):
            raise CurtainDrawn

    def reword(self, refused: Refusal) -> None:
        """Make the refusal one that may be shown."""
        if self.drawn:
            named = isinstance(refused, DoubleBooked)
            refused.sentence = (
                "Another visit is at that time." if named else self.scrub(refused.sentence)
            )
            refused.args = (refused.sentence,)

    def scrub(self, sentence: str) -> str:
        """Without the names, numbers and addresses that were masked since it was drawn."""
        if not self._known or not sentence:
            return sentence
        if self._pattern is None:
            longest = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest)))
        return self._pattern.sub(lambda found: self._known[found[0]], sentence)

    def _masked(self, value: Any, label: str) -> Any:
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, str):
            return self.scrub(value) if " " in value else value
        if isinstance(value, Mapping):
            items = {key: self._field(key, one, label) for key, one in value.items()}
            return items if _differs(items.values(), value.values()) else value
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            named: Any = value
            return named._replace(**self._fields(named, named._fields, label))
        if isinstance(value, tuple | list | frozenset | set):
            found = [self._masked(one, label) for one in value]
            return type(value)(found) if _differs(found, value) else value
        if is_dataclass(value) and not isinstance(value, type):
            changed = self._fields(value, _names_of(type(value)), label)
            return replace(value, **changed) if changed else value
        return value

    def _fields(self, value: Any, names: tuple[str, ...], label: str) -> dict[str, Any]:
        """Those that read differently. Names first: sentences beside them may hold them."""
        label = _label(value) or label
        changed = {}
        for name in sorted(names, key=_is_sentence):
            before = getattr(value, name)
            after = self._field(name, before, label)
            if after is not before:
                changed[name] = after
        return changed

    def _field(self, name: object, value: Any, label: str) -> Any:
        if name in NAMES:
            return self._hidden(value, label)
        if name in PERSONAL or (isinstance(name, str) and name.endswith(_ENDINGS)):
            return self._hidden(value, HIDDEN)
        return self._masked(value, label)

    def _hidden(self, value: Any, mask: str) -> Any:
        if isinstance(value, str) and not isinstance(value, Enum):
            if not value or value == mask:
                return value
            self._remember(value, mask)
            return mask
        if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
            return type(value)(self._hidden(one, mask) for one in value)
        return self._masked(value, mask)

    def _remember(self, text: str, mask: str) -> None:
        if _SHORTEST <= len(text) < 100 and text not in self._known:
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[text] = mask
            self._pattern = None


def in_clear(
    flow: Callable[P, Awaitable[None]],
) -> Callable[P, Awaitable[None]]:
    """A flow that shows or writes what is personal: it raises CurtainDrawn while that is masked.

    Its first argument is the screen that it begins on.
    """

    @wraps(flow)
    async def checked(*args: P.args, **kwargs: P.kwargs) -> None:
        screen: Any = args[0]
        screen.hands.curtain.check()
        await flow(*args, **kwargs)

    return checked


def _has_mask(value: object) -> bool:
    if isinstance(value, str):
        return is_mask(value)
    if isinstance(value, Mapping):
        return any(map(_has_mask, value.values()))
    if isinstance(value, tuple | list | frozenset | set):
        return any(map(_has_mask, value))
    if is_dataclass(value):
        return any(_has_mask(getattr(value, name)) for name in _names_of(type(value)))
    return False


def is_mask(text: str) -> bool:
    return _MASKS.search(text) is not None


_FIELDS: dict[type[Any], tuple[str, ...]] = {}


def _names_of(of: type[Any]) -> tuple[str, ...]:
    if of not in _FIELDS:
        _FIELDS[of] = tuple(field.name for field in fields(of) if field.init)
    return _FIELDS[of]


def _is_sentence(name: str) -> bool:
    return name not in NAMES and name not in PERSONAL


def _label(value: Any) -> str:
    """What stands for the name of whom it is about: the number on file, or the visit's."""
    client = value.id if isinstance(value, Client) else getattr(value, "client_id", None)
    if isinstance(client, int):
        return f"Client •{client}"
    visit = getattr(value, "appointment_id", None)
    return f"Visit •{visit}" if isinstance(visit, int) else ""


def _differs(after: Any, before: Any) -> bool:
    return any(one is not other for one, other in zip(after, before, strict=True))
