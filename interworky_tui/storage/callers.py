"""Who is on the phone: clients by digits of their number or by name, and all about one of them."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from interworky_tui.domain.appointment import TOOK_PLACE, Appointment, Client, Status
from interworky_tui.domain.text import fold
from interworky_tui.storage.arrivals import SAID
from interworky_tui.storage.card import to_appointment, to_client, to_moment
from interworky_tui.storage.inbox import InboundLine, read_of_client
from interworky_tui.storage.moments import from_text
from interworky_tui.storage.plain import Plain
from interworky_tui.storage.search import (
    FEWEST_DIGITS,
    LONGEST_QUERY,
    SearchTerms,
    clients_sql,
    terms,
)

SHOWN = 30
"""Lines of one answer; who is not among them is found by more digits."""
TRIED = 200
"""Clients whose visits are looked up, to have those first who are expected or were here last."""
FEW = 2_000
"""Up to so many finds of the index each is tried; of more, all numbers are read, which is quicker
then.
"""
PAST, COMING = 40, 20
"""Visits on a client's card; there are seldom more."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One line of the answer. ``close``: the number ends or begins with what was typed, or the
    name begins so. ``next_at`` is the soonest visit that has a time and no outcome, which may be
    due; ``wishes_on`` the office's day of the soonest request, as ISO text; ``last_at`` the start
    of the last visit that took place.
    """

    client_id: int
    name: str
    phone: str | None
    email: str | None
    close: bool
    next_at: datetime | None
    wishes_on: str | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Callers:
    """``more``: not all who match are here."""

    found: tuple[Caller, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class PastVisit:
    """``rating`` is the client's answer to it, if any."""

    appointment: Appointment
    rating: int | None


@dataclass(frozen=True, slots=True)
class LastWord:
    """The newest rating of a client, and the first words that came with it."""

    rating: int
    at: datetime
    said: str


@dataclass(frozen=True, slots=True)
class ClientCard:
    """All about one client, at one moment.

    ``coming`` is what is open, visits with a time first and each the soonest first; ``past`` the
    newest first. ``opted_out_at``: since when the phone gets no texts; ``sms_consent``: False when
    the client has not agreed to them. ``attended`` and ``no_shows`` count visits; ``ratings``
    and ``average`` answers, ``unread_low`` those that are low and that nobody has read.
    ``waiting`` are the texts of theirs that wait for a person.
    """

    client: Client
    created_at: datetime
    sms_consent: bool
    opted_out_at: datetime | None
    coming: tuple[Appointment, ...]
    past: tuple[PastVisit, ...]
    attended: int
    no_shows: int
    ratings: int
    average: float | None
    unread_low: int
    last_word: LastWord | None
    waiting: tuple[InboundLine, ...]

    @property
    def goal(self) -> int | None:
        """The appointment to turn to: the next open one, else the last that there was."""
        if self.coming:
            return self.coming[0].id
        return self.past[0].appointment.id if self.past else None

    @property
    def asked(self) -> tuple[Appointment, ...]:
        """The visits of which feedback was asked for, and is awaited."""
        return tuple(
            visit.appointment
            for visit in self.past
            if visit.appointment.status is Status.FEEDBACK_PENDING
        )


_DIALLED = re.compile(r"[0-9+()./\s\u2010-\u2015\u2212-]+")
_TRUNK = re.compile(r"\(0\)")


def digits_of(query: str) -> str:
    """Those of a number, however it is grouped; nothing when other things were typed."""
    line = fold(query[:LONGEST_QUERY])
    if not _DIALLED.fullmatch(line):
        return ""
    if line.startswith(("+", "00")):  # +49 (0)151: dialled from abroad without it
        line = _TRUNK.sub("", line)
    return re.sub("[^0-9]", "", line)


def read_callers(
    plain: Plain, query: str, begins: Sequence[str] = (), limit: int = SHOWN
) -> Callers:
    """Whose number ends with the digits first, then begins with them, then has them anywhere; by
    letters, whose name begins with them first. ``begins`` is how an E.164 number may begin that
    is dialled so.

    Several reads; the caller holds the snapshot that makes them one.
    """
    digits = digits_of(query)
    found = _by_number(plain, digits, begins) if digits else _by_words(plain, query)
    lines = sorted(_lines(plain, dict(found[:TRIED])), key=itemgetter(0))
    return Callers(tuple(line for _, line in lines[:limit]), len(found) > limit)


Found = list[tuple[int, int]]
"""Clients and their places: the lower the better."""
CLOSE = 2
"""The last place that is."""


_BEGINS = "phone >= :digits AND phone < :digits || ':'"  # the character after the digits
_ENDS = "substr(phone, length(phone) - length(:digits) + 1) = :digits"
_HAS = "instr(phone, :digits) > 0"
_WORD_ENDS = f"search_text LIKE '%' || :digits || ' %' AND {_ENDS}"
_MEETS: dict[str, Callable[[str, str], bool]] = {_ENDS: str.endswith, _HAS: str.__contains__}


def _by_number(plain: Plain, digits: str, begins: Sequence[str]) -> Found:
    """Place by place, among the few who have the digits, or along an index that has the number and
    little else, until there are enough.

    The stored number has no trunk 0 and no 00 before the country, so they are tried without, too.
    """
    bare = digits.lstrip("0")
    if len(bare) < FEWEST_DIGITS:
        bare = digits
    few = _few(plain, bare)
    tries = [(0, _ENDS, digits)]
    if plain.on_server and few is None:  # most are found so, by the index, and enough
        tries.insert(0, (0, _WORD_ENDS, digits))
    tries += [(1, _BEGINS, beginning) for beginning in begins]
    if bare != digits:
        tries += [(2, _ENDS, bare), (3, _HAS, digits)]
    tries.append((4, _HAS, bare))
    found: dict[int, int] = {}
    for place, condition, sought in tries:
        if len(found) > TRIED:
            break
        if few is not None and condition in _MEETS:
            meets = _MEETS[condition]
            ids = [id for id, phone in few if phone and meets(phone, sought)]
        else:
            most = TRIED + 1 + len(found)
            sql = f"SELECT id FROM client WHERE {condition} LIMIT {most}"
            ids = plain.ids(sql, {"digits": sought})
        for client_id in ids:
            found.setdefault(client_id, place)
    return list(found.items())


def _few(plain: Plain, digits: str) -> list[tuple[int, str | None]] | None:
    """Who may have the digits, by the index of the search, which knows pieces of three at least;
    None when there are too many of them.
    """
    if len(digits) < FEWEST_DIGITS:
        return None
    wanted = SearchTerms((), (digits,))
    sql, known = clients_sql(wanted, on_server=plain.on_server, columns="id, phone")
    found = plain.rows(f"{sql} LIMIT {FEW + 1}", known)
    return [(id, phone) for id, phone in found] if len(found) <= FEW else None


_NAMED = (
    f"SELECT id FROM client WHERE match_name >= :name AND match_name < :beyond"
    f" ORDER BY match_name, id LIMIT {TRIED + 1}"
)


def _by_words(plain: Plain, query: str) -> Found:
    wanted, name = terms(query), fold(query)
    if not wanted:
        return []
    found = plain.ids(_NAMED, {"name": name, "beyond": name + chr(0x10FFFF)})
    close = dict.fromkeys(found, 0)
    indexed, known = clients_sql(wanted, on_server=plain.on_server)
    others = plain.ids(f"{indexed} LIMIT {TRIED + 1 + len(close)}", known)
    return [*close.items(), *((id, CLOSE + 1) for id in others if id not in close)]


def _first(what: str, status: str, sort: str) -> str:
    return (
        f"(SELECT {what} FROM appointment a INDEXED BY ix_appointment_client"
        f" WHERE a.client_id = c.id AND a.status = '{status}' ORDER BY a.sort_at {sort} LIMIT 1)"
    )


_LINE = f"""SELECT c.id, c.name, c.phone, c.email, {_first("a.sort_at", "scheduled", "ASC")},
 {_first("a.requested_date", "requested", "ASC")},
 {", ".join(_first("a.sort_at", status, "DESC") for status in TOOK_PLACE)}
 FROM client c WHERE c.id IN """


def _lines(plain: Plain, places: dict[int, int]) -> Iterable[tuple[tuple[object, ...], Caller]]:
    """Each with what it is sorted by: its place, then who is expected soonest or was here last."""
    listed = ",".join(map(str, places))
    rows = plain.rows(f"{_LINE} ({listed})") if places else []
    for id, name, phone, email, next_at, wishes_on, *took_place in rows:
        last_at = max(filter(None, took_place), default=None)
        caller = Caller(
            id,
            name,
            phone,
            email,
            places[id] <= CLOSE,
            to_moment(next_at),
            wishes_on,
            to_moment(last_at),
        )
        expected = next_at or wishes_on or "~"
        ago = -from_text(last_at).timestamp() if last_at else 0.0
        yield (places[id], expected, ago, fold(name), id), caller


_OF_CLIENT = "FROM appointment a WHERE a.client_id = :id AND"
_COMING = f"""SELECT a.* {_OF_CLIENT} a.status IN ('scheduled', 'requested')
 ORDER BY a.status = 'requested', a.sort_at, a.id LIMIT {COMING}"""
_PAST = f"""SELECT a.*, s.rating FROM appointment a
 LEFT JOIN survey_response s ON s.appointment_id = a.id
 WHERE a.client_id = :id AND a.status NOT IN ('scheduled', 'requested')
 ORDER BY a.sort_at DESC, a.id DESC LIMIT {PAST}"""
_COUNTED = f"""SELECT count(CASE WHEN a.attended_at IS NOT NULL THEN 1 END) AS attended,
 count(CASE WHEN a.cancel_reason = 'no_show' THEN 1 END) AS no_shows {_OF_CLIENT} TRUE"""
_ANSWERS = """FROM appointment a CROSS JOIN survey_response s
 WHERE s.appointment_id = a.id AND a.client_id = :id"""
_RATED = f"""SELECT count(*) AS ratings, CAST(avg(s.rating) AS DOUBLE PRECISION) AS average,
 count(CASE WHEN s.rating <= :low AND s.read_at IS NULL THEN 1 END) AS unread_low
 {_ANSWERS}"""
_LAST_WORD = f"""SELECT s.rating, s.at, {SAID} {_ANSWERS}
 ORDER BY s.at DESC, s.id DESC LIMIT 1"""


def read_client_card(plain: Plain, client_id: int, low_rating: int) -> ClientCard | None:
    """None when there is no such client. The caller holds the snapshot."""
    values = {"id": client_id, "low": low_rating}
    client = plain.dicts(
        "SELECT c.*, o.at AS opted_out_at FROM client c"
        " LEFT JOIN sms_opt_out o ON o.number = c.phone WHERE c.id = :id",
        values,
    )
    if not client:
        return None
    found = client[0]
    word = plain.rows(_LAST_WORD, values)
    return ClientCard(
        client=to_client(found),
        created_at=from_text(found["created_at"]),
        sms_consent=bool(found["sms_consent"]),
        opted_out_at=to_moment(found["opted_out_at"]),
        coming=tuple(map(to_appointment, plain.dicts(_COMING, values))),
        past=tuple(
            PastVisit(to_appointment(row), row["rating"]) for row in plain.dicts(_PAST, values)
        ),
        **plain.dicts(_COUNTED, values)[0],
        **plain.dicts(_RATED, values)[0],
        last_word=LastWord(word[0][0], from_text(word[0][1]), word[0][2]) if word else None,
        waiting=tuple(read_of_client(plain, client_id, found["phone"])),
    )
