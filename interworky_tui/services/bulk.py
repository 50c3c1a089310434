"""One thing done to many appointments: planned and counted, then carried out as one act."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from interworky_tui.domain.appointment import Appointment, CancelReason, Client
from interworky_tui.domain.errors import BadInput, IllegalMove, NotFound, Refusal
from interworky_tui.domain.lifecycle import Change, Verb, advance, refusal
from interworky_tui.domain.limits import AT_ONCE
from interworky_tui.services import (
    asking,
    bulk_slots,
    change,
    feedback,
    notices,
    records,
    scheduling,
)
from interworky_tui.services.context import Changed, Context
from interworky_tui.services.facts import News
from interworky_tui.services.survey_tokens import placeholder_link

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Act:
    """``verb`` is SCHEDULE, CANCEL, ATTEND or COLLECT_FEEDBACK, which also asks again.

    ``reason`` and ``text`` are of a cancellation.
    """

    verb: Verb
    reason: CancelReason | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """An appointment as it was planned with; the slot is what SCHEDULE gives it, in UTC."""

    appointment_id: int
    version: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What the act would do to one appointment, ``before`` that it is so.

    ``against`` is the sentence why it is left out, or "". ``why`` explains a proposed slot;
    ``warnings`` are sentences about what to think of before.
    """

    target: Target
    client_name: str
    before: Appointment
    messages: tuple[notices.Planned, ...] = ()
    against: str = ""
    why: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def appointment_id(self) -> int:
        return self.target.appointment_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """``refused`` is the sentence why nothing was done; then ``changed`` is None."""

    appointment_id: int
    changed: Changed | None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    outcomes: tuple[Outcome, ...]

    @property
    def changed(self) -> tuple[Changed, ...]:
        return tuple(outcome.changed for outcome in self.outcomes if outcome.changed)

    @property
    def whole(self) -> Changed | None:
        """All of it as one change, of the first appointment; None when nothing was done."""
        changed = self.changed
        if not changed:
            return None
        until = [one.undo_until for one in changed if one.undo_until]
        return replace(
            changed[0],
            queued=sum(one.queued for one in changed),
            undo_until=min(until, default=None),
            also=tuple(one.appointment.id for one in changed[1:]),
        )


Progress = Callable[[int], None]
"""Told how many are done, in the thread that does it."""


def _quietly(_done: int) -> None:
    pass


def plan(office: Context, act: Act, appointment_ids: Sequence[int]) -> tuple[Line, ...]:
    """What the act would do to each, in order, without changing anything.

    SCHEDULE proposes a free slot for each, which takes account of those before it. A
    cancellation without a reason yet is planned without its messages. What is gone is left
    away. Raises BadInput for more than AT_ONCE.
    """
    now, told, asked = office.clock(), set[str](), set[int]()
    _refuse_too_many(appointment_ids)
    with office.database.read() as connection:
        slots = bulk_slots.Proposals(connection, office, now)
        lines = []
        for number in dict.fromkeys(appointment_ids):
            try:
                before, client = records.load(connection, number)
            except NotFound:
                continue
            line = Line(Target(number, before.version), client.name, before)
            try:
                if act.verb is Verb.SCHEDULE:
                    line = _with_slot(line, slots, now)
                messages = _messages(connection, office, act, line, client, now, told)
                warned = _warnings(connection, office, act, before, now, asked)
                lines.append(replace(line, messages=messages, warnings=warned))
            except Refusal as refused:
                lines.append(replace(line, against=refused.sentence))
    return tuple(lines)


def carry_out(
    office: Context, act: Act, targets: Sequence[Target], progress: Progress = _quietly
) -> Done:
    """Do it to each in one transaction, as one act that one undo takes back.

    One that was changed since it was planned, or that anything else stands against, is left out;
    the others go through. Raises BadInput for more than AT_ONCE, or for what is wrong with all.
    """
    _refuse_too_many(targets)
    batch = secrets.token_hex(8)
    outcomes: dict[int, Outcome] = {}
    if act.verb is Verb.CANCEL:
        _why(act)
    with office.database.write() as connection:
        now = office.clock()
        for target in targets:
            if target.appointment_id not in outcomes:
                outcome = _one(connection, office, act, target, now, batch)
                outcomes[target.appointment_id] = outcome
                progress(len(outcomes))
    done = Done(tuple(outcomes.values()))
    if done.whole and done.whole.queued:
        office.wake()
    return done


def _one(
    connection: Connection, office: Context, act: Act, target: Target, now: datetime, batch: str
) -> Outcome:
    move = _move(office, act, target)
    try:
        with connection.begin_nested():
            changed = change.within(
                connection,
                office,
                target.appointment_id,
                move.verb_of,
                move.change_of,
                now,
                version=target.version,
                extra=move.extra,
                survey_link=move.survey_link,
                batch=batch,
            )
    except Refusal as refused:
        return Outcome(target.appointment_id, None, refused.sentence)
    return Outcome(target.appointment_id, changed)


@dataclass(frozen=True, slots=True)
class _Move:
    """The act for one appointment, as ``change`` is told of it."""

    verb_of: Callable[[Appointment], Verb]
    change_of: change.ChangeOf
    extra: change.Extra | None = None
    survey_link: str = ""


def _move(office: Context, act: Act, target: Target) -> _Move:
    if act.verb is Verb.SCHEDULE:
        assert target.starts_at
        assert target.ends_at
        minutes = (target.ends_at - target.starts_at) // _MINUTE
        slot = scheduling.booking(office, target.starts_at, minutes=minutes)
        return _Move(lambda _before: Verb.SCHEDULE, slot)
    if act.verb is Verb.CANCEL:
        why = _why(act)
        return _Move(lambda _before: Verb.CANCEL, lambda *_: why)
    if act.verb is Verb.COLLECT_FEEDBACK:
        extra, link = feedback.written_down(office)
        return _Move(
            feedback.collect_verb,
            lambda connection, before, now: feedback.ask_change(office, connection, before, now),
            extra,
            link,
        )
    return _Move(lambda _before: Verb.ATTEND, lambda *_: Change())


def _why(act: Act) -> Change:
    if act.reason is None:
        raise BadInput("Give a reason for cancelling.", "reason")
    return scheduling.cancel_change(act.reason, act.text)


def _with_slot(line: Line, slots: bulk_slots.Proposals, now: datetime) -> Line:
    against = refusal(line.before, Verb.SCHEDULE, now)
    if against is not None:
        raise against
    slot = slots.of(line.before)
    if slot is None:
        raise IllegalMove("No slot is free in the two months from the day that was asked for.")
    target = replace(line.target, starts_at=slot.starts_at, ends_at=slot.ends_at)
    return replace(line, target=target, why=slot.why)


def _messages(
    connection: Connection,
    office: Context,
    act: Act,
    line: Line,
    client: Client,
    now: datetime,
    told: set[str],
) -> tuple[notices.Planned, ...]:
    """What the change would queue. Raises the Refusal that stands against it."""
    before = line.before
    if act.verb is Verb.CANCEL and act.reason is None:
        against = refusal(before, Verb.CANCEL, now)
        if against is not None:
            raise against
        return ()
    move = _move(office, act, line.target)
    verb = move.verb_of(before)
    after = advance(before, verb, now, move.change_of(connection, before, now))
    link = placeholder_link(office.settings) if move.survey_link else ""
    news = News(before, after, client, None, link)
    return tuple(notices.plan(connection, office, verb, news, now, told=told))


def _warnings(
    connection: Connection,
    office: Context,
    act: Act,
    before: Appointment,
    now: datetime,
    asked: set[int],
) -> tuple[str, ...]:
    """``asked`` are the clients that are asked for feedback by the lines before; it grows."""
    if act.verb is not Verb.COLLECT_FEEDBACK:
        return ()
    again = before.client_id in asked
    asked.add(before.client_id)
    twice = ("The same client is asked for another visit of these as well.",) if again else ()
    return asking.warnings(connection, office, before, now) + twice


def _refuse_too_many(what: Sequence[object]) -> None:
    if len(what) > AT_ONCE:
        raise BadInput(f"That is too many at once; mark {AT_ONCE} at most.")
