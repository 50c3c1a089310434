"""The one table of transitions. Buttons, keys, CLI, jobs: all ask here what may happen."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from interworky_tui.domain.appointment import Appointment, CancelReason, Status
from interworky_tui.domain.calendar import YEARS, office_day, say_day
from interworky_tui.domain.errors import (
    AskedToday,
    BadInput,
    IllegalMove,
    InThePast,
    NotDue,
    NotToday,
    Refusal,
)
from interworky_tui.domain.events import Event


class Verb(StrEnum):
    REQUEST = "request"
    SCHEDULE = "schedule"
    RESCHEDULE = "reschedule"
    ATTEND = "attend"
    COLLECT_FEEDBACK = "collect_feedback"
    RESEND = "resend"
    SUBMIT_FEEDBACK = "submit_feedback"
    CANCEL = "cancel"
    EDIT = "edit"
    CONFIRM = "confirm"
    ASK_CHANGE = "ask_change"
    ARRIVE = "arrive"
    NOT_ARRIVED = "not_arrived"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Transition:
    """``event`` is what a change of this kind tells people; None tells nobody."""

    sources: frozenset[Status]
    target: Status | None
    event: Event | None


def _moves(sources: tuple[Status, ...], target: Status | None, event: Event | None) -> Transition:
    return Transition(frozenset(sources), target, event)


_S = Status
TRANSITIONS: dict[Verb, Transition] = {
    Verb.REQUEST: _moves((), _S.REQUESTED, Event.REQUESTED),
    Verb.SCHEDULE: _moves((_S.REQUESTED,), _S.SCHEDULED, Event.SCHEDULED),
    Verb.RESCHEDULE: _moves((_S.SCHEDULED,), _S.SCHEDULED, Event.RESCHEDULED),
    Verb.ATTEND: _moves((_S.SCHEDULED,), _S.ATTENDED, Event.ATTENDED),
    Verb.COLLECT_FEEDBACK: _moves((_S.ATTENDED,), _S.FEEDBACK_PENDING, Event.FEEDBACK_REQUESTED),
    Verb.RESEND: _moves((_S.FEEDBACK_PENDING,), _S.FEEDBACK_PENDING, Event.FEEDBACK_REQUESTED),
    Verb.SUBMIT_FEEDBACK: _moves(
        (_S.FEEDBACK_PENDING,), _S.FEEDBACK_COLLECTED, Event.FEEDBACK_COLLECTED
    ),
    Verb.CANCEL: _moves((_S.REQUESTED, _S.SCHEDULED), _S.CANCELLED, Event.CANCELLED),
    Verb.EDIT: _moves(tuple(_S), None, None),
    Verb.CONFIRM: _moves((_S.SCHEDULED,), None, None),
    Verb.ASK_CHANGE: _moves((_S.SCHEDULED,), None, None),
    Verb.ARRIVE: _moves((_S.SCHEDULED,), None, None),
    Verb.NOT_ARRIVED: _moves((_S.SCHEDULED,), None, None),
}
"""``confirm`` and ``ask_change`` are the client's own words, so that no clock stands against them:
what was texted before the start may be read after it. ``arrive`` and ``not_arrived`` mark who is
in the waiting room. What no event belongs to tells nobody.

Undo is not in the table: it restores the status before a change and asks the outbox."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a verb needs to know beyond the appointment itself.

    ``today`` is the office's calendar day; ``asked_on`` the latest day on which feedback
    was asked for, and ``asked_at`` that moment in the office's zone. ``visit_on`` is the
    office's day of the visit.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: CancelReason | None = None
    text: str = ""
    today: date | None = None
    asked_on: date | None = None
    asked_at: datetime | None = None
    visit_on: date | None = None


def refusal(
    appointment: Appointment, verb: Verb, now: datetime, change: Change | None = None
) -> Refusal | None:
    """Why the verb is not possible now, or None when it is.

    Without a ``change`` only what depends on the status and the clock is checked.
    """
    if appointment.status not in TRANSITIONS[verb].sources:
        return IllegalMove(_wrong_status(appointment.status, verb))
    if verb is Verb.ATTEND and not appointment.is_due(now):
        return NotDue("The visit has not begun yet; Attended appears at its start time.")
    if verb is Verb.ARRIVE and appointment.arrived_at:
        return IllegalMove("The client is in the waiting room already.")
    if verb is Verb.NOT_ARRIVED and not appointment.arrived_at:
        return IllegalMove("Nobody has said that the client is here.")
    return _bad_change(appointment, verb, now, change) if change else None


def allowed(appointment: Appointment, now: datetime) -> tuple[Verb, ...]:
    """The verbs that the appointment's status and the clock allow, in the table's order."""
    return tuple(verb for verb in TRANSITIONS if refusal(appointment, verb, now) is None)


def natural_verb(appointment: Appointment, now: datetime) -> Verb | None:
    """The one next thing that a receptionist would do, or None when nothing is left."""
    if appointment.is_due(now):
        return Verb.ATTEND
    return {
        Status.REQUESTED: Verb.SCHEDULE,
        Status.SCHEDULED: Verb.RESCHEDULE,
        Status.ATTENDED: Verb.COLLECT_FEEDBACK,
        Status.FEEDBACK_PENDING: Verb.SUBMIT_FEEDBACK,
    }.get(appointment.status)


def coming(appointment: Appointment, now: datetime, zone: ZoneInfo) -> Change:
    """What ``arrive`` needs to know: the office's today, and its day of the visit."""
    start = appointment.starts_at
    return Change(today=office_day(now, zone), visit_on=office_day(start, zone) if start else None)


def next_ask(asked_on: date) -> date:
    """The first day on which feedback may be asked for again."""
    return asked_on + timedelta(days=1)


def say_asked(asked_on: date, asked_at: datetime | None, today: date) -> str:
    """``asked today at 10:12; next: tomorrow``. ``asked_at`` is in the office's zone.

    The time is left out when the zone was changed, so that it was another day there.
    """
    at = f" at {asked_at:%H:%M}" if asked_at and asked_at.date() == asked_on else ""
    when = "today" if asked_on == today else f"on {say_day(asked_on)}"
    again = next_ask(asked_on)
    if again <= today:
        return f"asked {when}{at}; may be asked again now"
    return f"asked {when}{at}; next: {'tomorrow' if asked_on == today else say_day(again)}"


def advance(
    appointment: Appointment, verb: Verb, now: datetime, change: Change | None = None
) -> Appointment:
    """The appointment after the verb, one version on. Raises the Refusal that stands against it."""
    change = change or Change()
    against = refusal(appointment, verb, now, change)
    if against is not None:
        raise against
    target = TRANSITIONS[verb].target or appointment.status
    moved = replace(appointment, status=target, version=appointment.version + 1)
    if verb in (Verb.SCHEDULE, Verb.RESCHEDULE):
        return replace(
            moved,
            starts_at=change.starts_at,
            ends_at=change.ends_at,
            scheduled_at=now,
            confirmed_at=None,
            change_asked_at=None,
            arrived_at=None,
        )
    if verb is Verb.CONFIRM:
        return replace(moved, confirmed_at=now, change_asked_at=None)
    if verb is Verb.ASK_CHANGE:
        return replace(moved, change_asked_at=now, confirmed_at=None)
    if verb in (Verb.ARRIVE, Verb.NOT_ARRIVED):
        return replace(moved, arrived_at=now if verb is Verb.ARRIVE else None)
    if verb is Verb.ATTEND:
        return replace(moved, attended_at=now)
    if verb in (Verb.COLLECT_FEEDBACK, Verb.RESEND):
        return replace(moved, feedback_requested_at=now)
    if verb is Verb.SUBMIT_FEEDBACK:
        return replace(moved, feedback_collected_at=now)
    if verb is Verb.CANCEL:
        return replace(
            moved, cancelled_at=now, cancel_reason=change.reason, cancel_text=change.text
        )
    return moved


def _bad_change(
    appointment: Appointment, verb: Verb, now: datetime, change: Change
) -> Refusal | None:
    if verb in (Verb.SCHEDULE, Verb.RESCHEDULE):
        return _bad_time(appointment, verb, now, change)
    if verb in (Verb.COLLECT_FEEDBACK, Verb.RESEND):
        # Later than today: the clock or the zone was put back, and that day is used up, too.
        if change.asked_on and change.today and change.asked_on >= change.today:
            again = next_ask(change.asked_on)
            said = say_asked(change.asked_on, change.asked_at, change.today)
            tomorrow = f", {say_day(again)}" if said.endswith("tomorrow") else ""
            return AskedToday(f"The client was {said}{tomorrow}.", again)
        return None
    if verb is Verb.CANCEL:
        return _bad_reason(appointment, now, change)
    if verb is Verb.ARRIVE and change.visit_on and change.visit_on != change.today:
        day = say_day(change.visit_on)
        return NotToday(f"The visit is on {day}; only who comes today can be marked as here.")
    return None


def _bad_time(
    appointment: Appointment, verb: Verb, now: datetime, change: Change
) -> Refusal | None:
    if change.starts_at is None or change.ends_at is None:
        return BadInput("Give a start time, for example 'fri 14:30'.", "when")
    if change.ends_at <= change.starts_at:
        return BadInput("A visit must take at least a minute.", "minutes")
    if change.ends_at.year not in YEARS:
        return BadInput("That time is too far away; check the year.", "when")
    # To the minute, so that a walk-in can be given the time on the clock.
    if change.starts_at < now.replace(second=0, microsecond=0):
        return InThePast("That time is in the past; give one from now on.")
    same = (change.starts_at, change.ends_at) == (appointment.starts_at, appointment.ends_at)
    if verb is Verb.RESCHEDULE and same:
        return BadInput("The visit has that time already; nothing was changed.", "when")
    return None


def _bad_reason(appointment: Appointment, now: datetime, change: Change) -> Refusal | None:
    if change.reason is None:
        return BadInput("Give a reason for cancelling.", "reason")
    if change.reason is CancelReason.OTHER and not change.text.strip():
        return BadInput("Say in a few words why it is cancelled.", "text")
    if change.reason is CancelReason.NO_SHOW and not appointment.is_due(now):
        return NotDue("A visit that has not begun cannot be a no-show; choose another reason.")
    return None


_NOT_FROM = {
    Verb.SCHEDULE: "Only a request can be given a time",
    Verb.RESCHEDULE: "Only a scheduled visit can be moved",
    Verb.ATTEND: "Only a scheduled visit can be attended",
    Verb.COLLECT_FEEDBACK: "Feedback can be asked for only after an attended visit",
    Verb.RESEND: "Only a feedback request that is still open can be sent again",
    Verb.SUBMIT_FEEDBACK: "Feedback can be recorded only after it was asked for",
    Verb.CANCEL: "Only a request or a scheduled visit can be cancelled",
    Verb.CONFIRM: "Only a scheduled visit can be confirmed",
    Verb.ASK_CHANGE: "Another time can be asked for only for a scheduled visit",
    Verb.ARRIVE: "Only a client with a scheduled visit can be in the waiting room",
    Verb.NOT_ARRIVED: "Only a client with a scheduled visit can be in the waiting room",
    Verb.REQUEST: "A request is filed once",
}


def _wrong_status(status: Status, verb: Verb) -> str:
    return f"{_NOT_FROM[verb]}; this one is {status.label.lower()}."
