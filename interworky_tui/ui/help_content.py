"""What the help says: what can be done here and now, then every key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from textual.binding import ActiveBinding

from interworky_tui.domain.appointment import Status
from interworky_tui.ui.keys import KEYS, LIST_KEYS, MOVE, Key
from interworky_tui.ui.widgets.bars import capped

if TYPE_CHECKING:
    from interworky_tui.storage.rows import Counts


class HelpLine(NamedTuple):
    """``face`` is a key, or what is explained; without one the line is a sentence."""

    face: str
    told: str


class HelpPart(NamedTuple):
    title: str
    lines: Sequence[HelpLine]


FACES = {
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "comma": ",",
    "full_stop": ".",
    "question_mark": "?",
    "slash": "/",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}

MARKS = HelpPart(
    "Marks in the list",
    (
        HelpLine("", "The first mark of a row is a word, each further one its letter."),
        HelpLine("STALE S", "the wished-for time has passed and no time was set"),
        HelpLine("MOVE  M", "the client asks for another time: t sets it"),
        HelpLine("DUE   D", "the visit's time has come: did the client come?"),
        HelpLine("HERE  H", "the client is in the waiting room"),
        HelpLine("URG   U", "urgent"),
        HelpLine("LOW   L", "a low rating that nobody has read yet: v reads it"),
        HelpLine("CONF  C", "the client confirmed the visit"),
        HelpLine("NOSMS N", "the client's number opted out of texts; email still goes"),
        HelpLine("!", "a message could not be sent; m shows which and why"),
    ),
)


def of_desk(
    status: Status | None,
    offered: Sequence[tuple[Key, str]],
    counts: Counts | None,
    previewed: Sequence[str],
) -> list[HelpPart]:
    """``offered`` are the keys that the selected appointment of that ``status`` allows;
    ``previewed`` the channels whose messages are kept as files.
    """
    parts = []
    if waiting := list(_waiting(counts, previewed)):
        parts.append(HelpPart("What waits for you", waiting))
    if offered and status:
        lines = [HelpLine(key.face, key.help) for key, _label in offered]
        title = f"Now, with the selected appointment ({status.label})"
        parts.append(HelpPart(title, [_next_step(status), *lines]))
    for group, keys in groupby(KEYS, key=lambda key: key.group):
        lines = [HelpLine(key.face, key.help) for key in keys]
        if group == MOVE:
            lines += [HelpLine(face, told) for face, told in LIST_KEYS]
        parts.append(HelpPart(group, lines))
    return [*parts, MARKS]


_NEXT = {
    Status.REQUESTED: "gives it a time: three free slots are offered",
    Status.SCHEDULED: "confirms who came once the visit is due; before that it moves the visit",
    Status.ATTENDED: "asks the client for feedback",
    Status.FEEDBACK_PENDING: "writes down what the client says",
    Status.FEEDBACK_COLLECTED: "reads the answer in full",
    Status.CANCELLED: "finds nothing left to do",
}


def _next_step(status: Status) -> HelpLine:
    return HelpLine("Enter", _NEXT[status])


def _waiting(counts: Counts | None, previewed: Sequence[str]) -> Iterable[HelpLine]:
    """What the office has to do, each with the key that goes there."""
    if counts is not None:
        if not any(counts.of.values()):
            yield HelpLine("n", "files the first request; o takes over a list from a CSV file")
        for count, one, many, key in (
            (counts.due, "visit is due: did the client come?", "visits are due: who came?", "2"),
            (counts.stale, "request is stale", "requests are stale", "1"),
            (counts.waiting, "text waits for an answer", "texts wait for an answer", "m"),
            (counts.trouble, "message did not leave", "messages did not leave", "m"),
            (counts.unread_low, "low rating is unread", "low ratings are unread", "5"),
        ):
            if count:
                yield HelpLine(key, f"{capped(count)} {one if count == 1 else many}")
    if previewed:
        kept = " and ".join(previewed)
        yield HelpLine("", f"{kept} messages are kept as files: interworky-tui setup changes that")


def of_screen(title: str, bindings: Mapping[str, ActiveBinding]) -> list[HelpPart]:
    """The keys of a screen that has no table of its own; those that do the same share a line."""
    faces: dict[str, list[str]] = {}
    told: dict[str, str] = {}
    for key, active in bindings.items():
        binding = active.binding
        if binding.description and not binding.system:
            faces.setdefault(binding.action, []).append(FACES.get(key, key))
            told[binding.action] = binding.tooltip or binding.description
    lines = [HelpLine(" ".join(keys[:3]), told[action]) for action, keys in faces.items()]
    return [HelpPart(title, lines)]
