"""What is in the store after the storm, held against the rules and against what was said."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, Table, select

from interworky_tui.storage import chain_check, tables
from interworky_tui.storage.database import Database
from tests.storm.crew import AT_ONCE

STEPS = {
    "request": {(None, "requested")},
    "schedule": {("requested", "scheduled")},
    "reschedule": {("scheduled", "scheduled")},
    "arrive": {("scheduled", "scheduled")},
    "attend": {("scheduled", "attended")},
    "collect_feedback": {("attended", "feedback_pending")},
    "resend": {("feedback_pending", "feedback_pending")},
    "submit_feedback": {("feedback_pending", "feedback_collected")},
    "cancel": {("requested", "cancelled"), ("scheduled", "cancelled")},
}
"""The lifecycle as it is written down, not as the program has it; undo goes back along these."""
TELLING = frozenset(STEPS) - {"arrive"}
DONE = {"sent", "cancelled", "failed"}


@dataclass
class Said:
    """What one desk was told: ``made`` are appointments and versions; ``unknown`` counts the
    changes of which it could not know, among them the one in whose middle it was killed.
    """

    made: list[tuple[int, int]] = field(default_factory=list)
    unknown: int = 0


class Store:
    """All rows, read at one moment."""

    def __init__(self, database: Database) -> None:
        with database.read() as connection:

            def all_of(table: Table) -> Sequence[Row[Any]]:
                return connection.execute(select(table).order_by(table.c.id)).all()

            self.visits = {row.id: row for row in all_of(tables.APPOINTMENT)}
            self.lines = all_of(tables.EVENT)
            self.messages = all_of(tables.NOTIFICATION)
            self.answered = {row.appointment_id for row in all_of(tables.SURVEY_RESPONSE)}
            self.asked = {row.appointment_id for row in all_of(tables.FEEDBACK_REQUEST)}
            self.chain = chain_check.check(connection, 600)
        self.history: dict[int, list[Row[Any]]] = defaultdict(list)
        for line in self.lines:
            self.history[line.appointment_id].append(line)

    def wrongs(self, said: Mapping[str, Said], texts: Sequence[Mapping[str, Any]]) -> list[str]:
        """Sentences; none when all is as it should be."""
        return [
            *self._states(),
            *self._crowds(),
            *self._promises(said),
            *self._messages(),
            *self._texts(texts),
        ]

    def _states(self) -> Iterator[str]:
        if self.chain.misfits or self.chain.lines != len(self.lines):
            yield f"the history does not fit: {self.chain.first}"
        for number, visit in self.visits.items():
            lines = self.history[number]
            if [line.version for line in lines] != [*range(1, visit.version + 1)]:
                yield f"{number} has versions {[line.version for line in lines]}"
            before = None
            for line in lines:
                if line.from_status != before:
                    yield f"{number} was {before}, and {line.verb} is from {line.from_status}"
                allowed = STEPS.get(line.verb)
                if allowed and (line.from_status, line.to_status) not in allowed:
                    yield f"{number}: {line.verb} led to {line.to_status}"
                before = line.to_status
            if visit.status != before:
                yield f"{number} is {visit.status}, and its history says {before}"
            if (number in self.answered) != (visit.status == "feedback_collected"):
                yield f"{number} is {visit.status}, and its answer is not so"
            if (number in self.asked) != visit.status.startswith("feedback"):
                yield f"{number} is {visit.status}, and what was asked is not so"

    def _crowds(self) -> Iterator[str]:
        """Nobody here books a slot over another one's."""
        moments = []
        for visit in self.visits.values():
            if visit.status == "scheduled":
                moments += [(visit.starts_at, 1), (visit.ends_at, -1)]
        at_once = 0
        for moment, step in sorted(moments):
            at_once += step
            if at_once > AT_ONCE:
                yield f"{at_once} visits at {moment}"

    def _promises(self, said: Mapping[str, Said]) -> Iterator[str]:
        """What was acknowledged is there, and what was refused is not."""
        there: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for line in self.lines:
            there[line.actor].add((line.appointment_id, line.version))
        for name in {*there, *said}:
            told = said.get(name, Said())
            if lost := set(told.made) - there[name]:
                yield f"{name} was told of {sorted(lost)}, which is lost"
            more = there[name] - set(told.made)
            if len(more) > told.unknown:
                yield f"{name} was not told of {sorted(more)}"

    def _messages(self) -> Iterator[str]:
        owed = Counter((row.appointment_id, row.appointment_version) for row in self.messages)
        for line in self.lines:
            own = owed[line.appointment_id, line.version]
            low = 2 if line.verb == "submit_feedback" else 0
            if not (4 <= own <= 4 + low if line.verb in TELLING else own == 0):
                yield f"{own} messages of {line.verb}"
        for row in self.messages:
            if row.state not in DONE:
                yield f"message {row.id} is {row.state}"

    def _texts(self, texts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        arrived = {text["sid"]: (text["to"], text["body"]) for text in texts}
        more = Counter(arrived.values())
        rows = [row for row in self.messages if row.channel == "sms"]
        for row in rows:
            text = row.to_address, row.body
            more[text] -= 1
            if row.state == "sent" and arrived.pop(row.provider_ref, None) != text:
                yield f"message {row.id} was sent, and is not there"
        for text, count in more.items():
            if count > 0:
                yield f"{count} more than there should be of {text}"
        for text in arrived.values():
            yield f"nobody has sent {text}"
