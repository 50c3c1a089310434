"""A client is forgotten: everywhere, at once, and for good. The history and the counts stay."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from interworky_tui.domain.appointment import CancelReason, Client, Status
from interworky_tui.domain.errors import IllegalMove, StoreProblem
from interworky_tui.domain.lifecycle import Change, Verb, advance
from interworky_tui.domain.text import clean_line
from interworky_tui.services import offer_ends, opt_outs, records, traces
from interworky_tui.services.context import Context
from interworky_tui.storage import overwriting
from interworky_tui.storage.tables import (
    APPOINTMENT,
    NOTIFICATION,
    SURVEY_NOTE,
    SURVEY_RESPONSE,
)

OPEN = (Status.REQUESTED.value, Status.SCHEDULED.value)
GONE = "That client was forgotten already."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erasable:
    """What goes when a client is forgotten, in numbers.

    ``open_visits`` are cancelled by it, and ``waiting`` messages do not leave. ``opted_out``: a
    number of theirs gets no texts, and stays so.
    """

    client: Client
    visits: int
    open_visits: int
    messages: int
    waiting: int
    texts: int
    answers: int
    opted_out: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """``cancelled`` are the visits that were open. ``overwritten``: the old text is gone from the
    file, too; else that is made up for by the next chore.
    """

    client_id: int
    cancelled: int
    overwritten: bool


def look(office: Context, client_id: int) -> Erasable:
    """What would go. Raises NotFound, and IllegalMove for one who was forgotten already."""
    with office.database.read() as connection:
        client = load(connection, client_id)
        found = traces.find(connection, [client_id])
        states = select(NOTIFICATION.c.state).where(NOTIFICATION.c.id.in_(found.messages))
        of_messages = connection.execute(states).scalars().all()
        answered = [
            select(func.count()).where(table.c.appointment_id.in_(found.visits))
            for table in (SURVEY_RESPONSE, SURVEY_NOTE)
        ]
        return Erasable(
            client,
            visits=len(found.visits),
            open_visits=len(_open(connection, [client_id])),
            messages=len(found.messages),
            waiting=sum(state in ("pending", "sending") for state in of_messages),
            texts=len(found.texts),
            answers=sum(connection.execute(query).scalar_one() for query in answered),
            opted_out=bool(opt_outs.opted_out(connection, found.numbers)),
        )


def goes(found: Erasable) -> Iterator[str]:
    """A line for each kind of what goes, and what does not."""
    client = found.client
    yield f"{clean_line(client.name)}: the name, the phone, the email, the language"
    if found.visits:
        open_ones = f"; {found.open_visits} open: cancelled" if found.open_visits else ""
        yield f"{_many(found.visits, 'visit')}: the notes and reasons{open_ones}"
    if found.messages:
        waiting = f"; {found.waiting} waiting: not sent" if found.waiting else ""
        yield f"{_many(found.messages, 'message')}: the addresses and the words{waiting}"
    if found.texts:
        yield f"{_many(found.texts, 'text')} from the client: the number and the words"
    if found.answers:
        yield f"{_many(found.answers, 'answer')}: the words, not the rating"
    if found.opted_out:
        yield "Opted out of texts: stays so, should the number come back"


def say(done: Erased) -> str:
    """What was done, for a person."""
    cancelled = ""
    if done.cancelled:
        were = "was" if done.cancelled == 1 else "were"
        cancelled = f"; {_many(done.cancelled, 'open visit')} {were} cancelled"
    return f"Client {done.client_id} is forgotten{cancelled}."


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def erase(office: Context, client_id: int, previews: Path) -> Erased:
    """Forget a client. Open visits of theirs are cancelled, and nobody is told of anything.

    ``previews`` is the folder of the preview channel. Raises NotFound; IllegalMove for one who
    was forgotten already, or while a message of theirs is being sent; StoreProblem. Then nothing
    has changed.
    """
    with office.database.write() as connection:
        load(connection, client_id)
        cancelled = erase_within(connection, office, [client_id], previews)
    tell([client_id])
    # A large file is left to the daily chore, so that no desk waits for it in the day's work.
    done = overwriting.overwrite(office.database.url, largest=overwriting.AT_ONCE)
    return Erased(client_id, cancelled, done)


def erase_within(
    connection: Connection, office: Context, client_ids: Sequence[int], previews: Path
) -> int:
    """The same of several, in the caller's transaction; how many open visits were cancelled.

    What is left in the file is overwritten by ``overwriting.overwrite`` afterwards.
    """
    now = office.clock()
    still_open = _open(connection, client_ids)
    for appointment_id in still_open:
        _cancel(connection, office, appointment_id, now)
    if still_open:
        offer_ends.settle_within(connection, office, now)
    found = traces.find(connection, client_ids)
    if not traces.stop_messages(connection, found, now):
        raise IllegalMove("A message of that client is being sent just now; try again in a minute.")
    try:
        traces.remove_files(connection, found, previews)
    except OSError as error:
        raise StoreProblem(
            f"A message that is kept as a file cannot be removed ({error.strerror}): {previews}."
        ) from error
    opt_outs.suppress(connection, found.numbers)
    traces.blank(connection, found, now)
    overwriting.ask_for(connection)
    return len(still_open)


def tell(client_ids: Sequence[int]) -> None:
    """Leave in the log who has to be forgotten again when a backup from before is put back."""
    log.info("clients who were forgotten: %s", ", ".join(map(str, client_ids)))


def _cancel(connection: Connection, office: Context, appointment_id: int, now: datetime) -> None:
    """Without a word to anybody."""
    before, _client = records.load(connection, appointment_id)
    after = advance(before, Verb.CANCEL, now, Change(reason=CancelReason.CLIENT_ASKED))
    records.save(connection, before, after, Verb.CANCEL, actor=office.actor, at=now)


def load(connection: Connection, client_id: int) -> Client:
    """Raises NotFound, and IllegalMove for one who was forgotten."""
    client = records.load_client(connection, client_id)
    if records.is_erased(connection, client_id):
        raise IllegalMove(GONE)
    return client


def _open(connection: Connection, client_ids: Sequence[int]) -> Sequence[int]:
    one = APPOINTMENT.c
    query = select(one.id).where(one.client_id.in_(client_ids), one.status.in_(OPEN))
    return connection.execute(query.order_by(one.id)).scalars().all()
