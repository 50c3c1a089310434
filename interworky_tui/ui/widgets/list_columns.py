"""How an appointment reads as one line of the list. Pure: words and widths in cells, no styles.

The marks have a column of seven cells. The first that holds is a word, each further one a
letter: ``STALE``, ``MOVE`` (M: the client asks for another time), ``DUE`` (D), ``HERE`` (H),
``URG`` (U), ``LOW`` (L: a low rating that nobody has read), ``CONF`` (C: the client confirmed),
``NOSMS`` (N: the number opted out), and ``!`` for a message that failed or is held: ``DUE H!`` is
a visit that is due, whose client is in the waiting room, and whose message did not leave.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

from interworky_tui.domain.appointment import Status, Urgency
from interworky_tui.domain.calendar import say_span, say_wait
from interworky_tui.domain.feedback import stars
from interworky_tui.domain.text import clean_line
from interworky_tui.storage.rows import Row

MARKS_WIDTH = 7
MARK = "*"
"""Right before the name of a row that a person has marked."""
_BEFORE_NAME = 1 + MARKS_WIDTH + 1
"""The cursor's sign, the marks, a blank."""
GAP = "  "
_LEAST_NAME = 13
_LEAST_SAID = 8
_ROOM_FOR_MORE = 110
"""Cells from which the answers leave room for more columns."""
_MOST_ACCENTS = 3
_FLAG_A = 0x1F1E6


@dataclass(frozen=True, slots=True)
class Column:
    """``key`` is the field of the row it shows."""

    key: str
    title: str
    width: int


class Piece(NamedTuple):
    """A part of a line. ``look`` says what it is: a mark's name, ``muted``, or empty."""

    text: str
    look: str = ""


@dataclass(frozen=True)
class Wording:
    """How the office says things: its zone, its names of the bands, its way to write a phone."""

    zone: tzinfo
    band: Callable[[str | None], str]
    phone: Callable[[str], str] = str


def columns(status: Status, width: int) -> tuple[Column, ...]:
    """The columns that fit into ``width`` cells, left to right; the marks come before them.

    The name and the time are always there; then come how long, the phone, service and email.
    """
    requested = status is Status.REQUESTED
    when = Column("when", "Wished for" if requested else "Visit", _WHEN[status])
    room = width - _BEFORE_NAME
    if room < _LEAST_NAME + len(GAP) + when.width:
        when = Column(when.key, when.title, max(0, room - _LEAST_NAME - len(GAP)))
    ago = Column("ago", "Waiting", 7) if requested else Column("ago", "In / ago", 10)
    service, email = Column("service", "Service", 12), Column("email", "Email", 18)
    wanted = [ago, Column("phone", "Phone", 15), service, email]
    if status is Status.FEEDBACK_COLLECTED:
        wanted = [Column("stars", "Rating", 6), Column("said", "Said", 20)]
        wanted += [ago, service] if room >= _ROOM_FOR_MORE else []
    shown, left = [when], room - _LEAST_NAME - len(GAP) - when.width
    for column in wanted:
        if left < len(GAP) + column.width:
            break
        shown.append(column)
        left -= len(GAP) + column.width
    return _stretch([Column("name", "Client", min(_LEAST_NAME, room)), *shown], max(0, left))


_WHEN = {
    Status.REQUESTED: 24,
    Status.SCHEDULED: 17,
    Status.ATTENDED: 17,
    Status.FEEDBACK_PENDING: 17,
    Status.FEEDBACK_COLLECTED: 17,
    Status.CANCELLED: 20,
}
_STRETCH = (
    ("name", 20),
    ("said", 40),
    ("name", 22),
    ("service", 16),
    ("email", 26),
    ("name", 34),
    ("service", 28),
    ("said", 120),
    ("email", 40),
)


def _stretch(shown: list[Column], left: int) -> tuple[Column, ...]:
    """Give what is left over to the columns whose texts are long, the name first."""
    widths = {column.key: column.width for column in shown}
    for key, most in _STRETCH:
        if key in widths:
            more = min(left, max(0, most - widths[key]))
            widths[key] += more
            left -= more
    return tuple(Column(c.key, c.title, widths[c.key]) for c in shown)


def header(shown: tuple[Column, ...], width: int, marked: int = 0) -> str:
    """The line of titles, exactly ``width`` cells; how many are marked stands over the name."""
    titles = GAP.join(fit(column.title, column.width) for column in shown)
    if marked:
        room = _BEFORE_NAME + shown[0].width
        titles = titles[shown[0].width :]
        return fit_exact(fit_exact(f" {marked} marked: b", room) + titles, width)
    return fit_exact(" " * _BEFORE_NAME + titles, width)


def line(
    row: Row,
    shown: tuple[Column, ...],
    width: int,
    now: datetime,
    wording: Wording,
    sign: str = " ",
    *,
    marked: bool = False,
) -> tuple[Piece, ...]:
    """The row in exactly ``width`` cells, the first of them for ``sign``.

    Neighbours that look alike are one piece, because each costs the terminal its colours; but
    a piece ends with text that is not ASCII, so that a picture of the screen, which places
    every piece by itself, keeps its columns in any font.
    """
    *pieces, (text, look) = _marks(row, now, sign)
    if marked:
        pieces.append(Piece(text[:-1], look))
        text, look = MARK, "marked"
    used = _BEFORE_NAME
    for column in shown:
        wanted = "muted" if column.key in _MUTED else ""
        if marked and column.key == "name":
            wanted = "marked"
        if column.key == "ago" and row.is_here(now):
            wanted = "here"
        if wanted != look or not text.isascii():
            pieces.append(Piece(text, look))
            text, look = "", wanted
        gap = GAP if column.key != "name" else ""
        text += gap + fit(_text(column.key, row, now, wording), column.width)
        used += len(gap) + column.width
    pieces.append(Piece(text + " " * (width - used), look))
    return tuple(pieces) if used <= width else _cut_off(pieces, width)


_MUTED = frozenset(("service", "email"))


def _cut_off(pieces: list[Piece], width: int) -> tuple[Piece, ...]:
    """The line of a list too narrow for its least columns."""
    kept = []
    for piece in pieces:
        text = _cut(piece.text, width)
        width -= cell_len(text)
        kept.append(Piece(text, piece.look))
    return (*(piece for piece in kept if piece.text), *([Piece(" " * width)] if width else []))


def _marks(row: Row, now: datetime, sign: str) -> list[Piece]:
    """All that stands before the name; the last piece is blank."""
    scheduled = row.status is Status.SCHEDULED
    open_ = scheduled or row.status is Status.REQUESTED
    held = [
        (row.is_stale(now), "STALE", "S", "stale"),
        (scheduled and row.change_asked, "MOVE", "M", "change"),
        (row.is_due(now), "DUE", "D", "due"),
        (row.is_here(now), "HERE", "H", "here"),
        (open_ and row.urgency == Urgency.URGENT, "URG", "U", "urgent"),
        (row.unread_low, "LOW", "L", "low"),
        (scheduled and row.confirmed and not row.change_asked, "CONF", "C", "confirmed"),
        (row.opted_out, "NOSMS", "N", "opted-out"),
        (row.trouble, "!", "!", "trouble"),
    ]
    there = [(word, letter, look) for holds, word, letter, look in held if holds]
    if not there:
        return [Piece(sign + " " * (_BEFORE_NAME - len(sign)))]
    (word, _, look), rest = there[0], there[1:]
    pieces = [Piece(sign), Piece(word[: MARKS_WIDTH - len(rest) - 1] if rest else word, look)]
    if rest:
        pieces.append(Piece(" "))
        pieces += [Piece(letter, look) for _, letter, look in rest]
    used = sum(len(piece.text) for piece in pieces)
    return [*pieces, Piece(" " * (_BEFORE_NAME - used))]


def _text(key: str, row: Row, now: datetime, wording: Wording) -> str:
    match key:
        case "name":
            return row.name
        case "when":
            return when(row, now, wording)
        case "ago":
            return ago(row, now)
        case "phone":
            return wording.phone(row.phone) if row.phone else ""
        case "stars":
            return stars(row.rating) if row.rating else ""
        case "said":
            return row.said
        case "service":
            return row.service
        case _:
            return row.email or ""


def when(row: Row, now: datetime, wording: Wording) -> str:
    """``Fri 20 Mar 14:30``, ``Fri 20 Mar Morning``; of another year ``20 Mar 2027 14:30``."""
    if row.starts_at is not None:
        local = row.starts_at.astimezone(wording.zone)
        day, part = local.date(), f"{local:%H:%M}"
    else:
        day = date.fromisoformat(row.requested_date)
        part = row.wish_time[:5] if row.wish_time else wording.band(row.band)
    this_year = day.year == now.astimezone(wording.zone).year
    said = f"{day:%a} {day.day:2} {day:%b}" if this_year else f"{day.day:2} {day:%b} {day.year}"
    return f"{said} {part}"


def ago(row: Row, now: datetime) -> str:
    """How long a request has waited, or a client in the waiting room: ``here 12m``; else how
    long until the visit or since: ``in 2 h``.
    """
    if row.status is Status.REQUESTED:
        return say_span((now - row.requested_at).total_seconds())
    if row.arrived_at is not None and row.is_here(now):
        return f"here {say_wait(row.arrived_at, now)}"
    seconds = ((row.starts_at or row.requested_until) - now).total_seconds()
    said = say_span(seconds)
    if said == "now":
        return said
    return f"in {said}" if seconds > 0 else f"{said} ago"


@lru_cache(maxsize=4096)
def fit(text: str, width: int) -> str:
    """Text from anywhere in exactly ``width`` cells, cut with an ellipsis when it is too long."""
    shown = plain(text)
    size = len(shown) if shown.isascii() else cell_len(shown)
    if size <= width:
        return shown + " " * (width - size)
    return fit_exact(_cut(shown, width - 1) + "…", width) if width > 0 else ""


def with_shorter(name: str, text: str, width: int) -> str:
    """The text with as much of a long name in it as ``width`` cells allow."""
    over = cell_len(text) - width
    if over <= 0:
        return text
    return text.replace(name, fit(name, max(_LEAST_SAID, cell_len(name) - over)).rstrip(), 1)


def fit_exact(text: str, width: int) -> str:
    """Plain text in exactly ``width`` cells, cut without a sign."""
    kept = _cut(text, width)
    return kept + " " * max(0, width - cell_len(kept))


def _cut(text: str, width: int) -> str:
    if text.isascii():
        return text[: max(0, width)]
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width:
            return text[:index]
    return text


_AT_ODDS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200d\u3164\ufe00-\ufe0f\uffa0"
    "\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]"
)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """What every terminal gives the same width.

    Terminals differ over joiners, variation selectors, skin tones, flags and fillers, so these
    go: a family is shown as its members, a flag as its two letters, and a character that is
    too new to be known as a replacement sign. Accents beyond a few on one letter go too; a
    pile of them would reach into other lines.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    kept: list[str] = []
    accents = _MOST_ACCENTS  # none before the first letter
    for character in unicodedata.normalize("NFC", _AT_ODDS.sub("", clean_line(text))):
        letter, category = ord(character) - _FLAG_A, unicodedata.category(character)
        if 0 <= letter < 26:
            character = chr(ord("A") + letter)
        elif category == "Cn":
            character = "\ufffd"
        if get_character_cell_size(character) == 0:
            accents += 1
            if accents > _MOST_ACCENTS or category == "Me":
                continue
        else:
            accents = 0
        kept.append(character)
    return "".join(kept)
