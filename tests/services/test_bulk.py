"""Many at once: planned, carried out, and undone as one act."""

from datetime import time, timedelta
from typing import Any

import pytest

from interworky_tui.cli import printing
from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.errors import BadInput, UndoTooLate
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.limits import AT_ONCE
from interworky_tui.services import bulk, feedback, scheduling, visits
from interworky_tui.services.bulk import Act, Line, Target
from interworky_tui.services.undo import latest, undo
from interworky_tui.storage.tables import EVENT, NOTIFICATION, SMS_OPT_OUT

HOUR = timedelta(hours=1)
SCHEDULE, ATTEND = Act(Verb.SCHEDULE), Act(Verb.ATTEND)
CANCEL, ASK = Act(Verb.CANCEL, CancelReason.OFFICE), Act(Verb.COLLECT_FEEDBACK)


def requests(desk: Any, count: int, **values: Any) -> list[int]:
    return [desk.request(**values).appointment.id for _ in range(count)]


def targets(lines: tuple[Line, ...]) -> list[Target]:
    return [line.target for line in lines if not line.against]


def do(desk: Any, act: Act, ids: list[int]) -> bulk.Done:
    return bulk.carry_out(desk.office, act, targets(bulk.plan(desk.office, act, ids)))


def test_free_slots_take_account_of_those_before(desk: Any) -> None:
    ids = requests(desk, 6, band="morning")
    lines = bulk.plan(desk.office, SCHEDULE, ids)
    starts = [line.target.starts_at.astimezone(desk.office.zone) for line in lines]
    assert len(set(starts)) == 6
    assert [start.time() for start in starts[:4]] == [
        time(10), time(10, 30), time(11), time(11, 30)
    ]  # fmt: skip
    assert all(line.why for line in lines)
    done = bulk.carry_out(desk.office, SCHEDULE, targets(lines))
    assert [one.appointment.starts_at for one in done.changed] == [
        line.target.starts_at for line in lines
    ]
    assert len({row["batch"] for row in desk.rows(EVENT, verb="schedule")}) == 1
    undo(desk.office)
    assert {desk.appointment(number)["status"] for number in ids} == {"requested"}


def test_a_slot_that_was_taken_since_is_refused_and_the_others_go_through(desk: Any) -> None:
    ids = requests(desk, 3)
    lines = bulk.plan(desk.office, SCHEDULE, ids)
    other = requests(desk, 1)[0]
    start = lines[1].target.starts_at
    assert start
    scheduling.schedule(desk.another("ben").office, other, start)
    woken = len(desk.woken)
    done = bulk.carry_out(desk.office, SCHEDULE, targets(lines))
    assert [bool(outcome.changed) for outcome in done.outcomes] == [True, False, True]
    assert "choose another time" in done.outcomes[1].refused
    assert desk.appointment(ids[1])["status"] == "requested"
    assert desk.appointment(ids[1])["version"] == 1
    assert len(desk.messages(ids[1])) == 4
    assert len(desk.woken) == woken + 1


def test_the_plan_changes_nothing_and_says_what_is_left_out(desk: Any) -> None:
    due, later = desk.due().appointment.id, desk.scheduled().appointment.id
    before = desk.dump()
    lines = bulk.plan(desk.office, ATTEND, [due, later, 999, due])
    assert desk.dump() == before
    assert [line.appointment_id for line in lines] == [due, later]
    assert lines[0].against == ""
    assert "not begun" in lines[1].against
    assert len(lines[0].messages) == 4
    assert lines[1].messages == ()


def test_the_plan_counts_the_first_text_to_a_number_once(desk: Any) -> None:
    """Only the first text to a number says how to stop, so only that one may be longer."""
    desk.set(messages={"matrix": {"requested": off(), "scheduled": off()}})
    ids = [desk.scheduled(phone="030 1239999", name=f"Twin {n}").appointment.id for n in range(3)]
    lines = bulk.plan(desk.office, CANCEL, ids)
    bulk.carry_out(desk.office, CANCEL, targets(lines))
    said = [
        (row["recipient"], row["channel"], row["body"])
        for row in desk.rows(NOTIFICATION, event="cancelled")
    ]
    planned = [
        (message.recipient.value, message.channel.value, message.text.text)
        for line in lines
        for message in line.messages
    ]
    assert planned == said
    assert sum("STOP" in body for whom, _, body in said if whom == "client") == 1


def off() -> dict[str, dict[str, bool]]:
    return {whom: {"email": False, "sms": False} for whom in ("client", "office")}


def test_who_is_asked_twice_is_warned_of(desk: Any) -> None:
    first = desk.attended().appointment
    same = {"phone": "030 1230001", "name": "Ada Lovelace 1", "email": "ada1@example.com"}
    desk.clock.forward(hours=1)
    again = desk.scheduled(desk.clock.now, **same).appointment
    visits.attend(desk.office, again.id)
    lines = bulk.plan(desk.office, ASK, [first.id, again.id])
    assert first.client_id == again.client_id
    assert [bool(line.warnings) for line in lines] == [False, True]


@pytest.mark.parametrize("state", ["sending", "sent", "previewed", "failed", "held"])
def test_one_word_that_has_left_keeps_the_whole_act(desk: Any, state: str) -> None:
    ids = [desk.scheduled().appointment.id for _ in range(3)]
    do(desk, CANCEL, ids)
    desk.deliver(state, appointment_id=ids[1], channel="email", recipient="office")
    before = desk.dump()
    assert latest(desk.office) is None
    with pytest.raises(UndoTooLate, match="these 3 changes has already left"):
        undo(desk.office)
    assert desk.dump() == before


def test_one_that_was_changed_since_keeps_the_whole_act(desk: Any) -> None:
    ids = [desk.scheduled(desk.clock.now + n * HOUR).appointment.id for n in (24, 25)]
    desk.clock.forward(hours=26)
    do(desk, ATTEND, ids)
    feedback.collect(desk.another("ben").office, ids[1])
    before = desk.dump()
    with pytest.raises(UndoTooLate, match="was changed again since; undo that change first"):
        undo(desk.office)
    assert desk.dump() == before
    undo(desk.office, ids[1])
    assert 1 + len(undo(desk.office).also) == 2
    assert {desk.appointment(number)["status"] for number in ids} == {"scheduled"}


def test_what_was_taken_back_by_itself_is_not_taken_back_again(desk: Any) -> None:
    ids = [desk.scheduled().appointment.id for _ in range(3)]
    do(desk, CANCEL, ids)
    undo(desk.office, ids[0])
    found = latest(desk.office)
    assert found is not None
    assert (found.appointment_id, found.also) == (ids[1], (ids[2],))
    changed = undo(desk.office)
    assert (changed.appointment.id, changed.also) == (ids[1], (ids[2],))
    assert {desk.appointment(number)["status"] for number in ids} == {"scheduled"}


@pytest.mark.sqlite_only
def test_an_undo_after_that_takes_back_what_was_before(desk: Any) -> None:
    """However many the act changed: they count as one."""
    first = desk.scheduled().appointment.id
    ids = requests(desk, 60)
    desk.another("ben").scheduled()
    scheduling.schedule(desk.office, first, desk.clock.now + HOUR)
    do(desk, CANCEL, ids)
    assert len(undo(desk.office).also) == 59
    assert undo(desk.office).appointment.id == first


def test_visits_that_overlap_come_back_together(desk: Any) -> None:
    start = desk.clock.now + 30 * HOUR
    one = desk.scheduled(start).appointment.id
    two = requests(desk, 1)[0]
    scheduling.schedule(desk.office, two, start, override=True)
    do(desk, CANCEL, [one, two])
    undo(desk.office)
    assert {desk.appointment(number)["status"] for number in (one, two)} == {"scheduled"}


def test_a_time_that_was_given_away_since_keeps_the_whole_act(desk: Any) -> None:
    start = desk.clock.now + 30 * HOUR
    ids = [desk.scheduled(start + n * HOUR).appointment.id for n in range(3)]
    do(desk, CANCEL, ids)
    desk.another("ben").scheduled(start + HOUR, name="Ben Taker")
    before = desk.dump()
    assert latest(desk.office) is None
    with pytest.raises(UndoTooLate, match="Ben Taker has that time"):
        undo(desk.office)
    assert desk.dump() == before


@pytest.mark.parametrize(("newcomers", "possible"), [(1, False), (0, True)])
def test_visits_side_by_side_come_back_when_there_is_room_for_all(
    desk: Any, newcomers: int, possible: bool
) -> None:
    desk.set(slots={"capacity": 2})
    start = desk.clock.now + 30 * HOUR
    ids = [desk.scheduled(start).appointment.id for _ in range(2)]
    do(desk, CANCEL, ids)
    for _ in range(newcomers):
        desk.another("ben").scheduled(start)
    if possible:
        undo(desk.office)
        assert {desk.appointment(number)["status"] for number in ids} == {"scheduled"}
    else:
        before = desk.dump()
        with pytest.raises(UndoTooLate, match="has that time"):
            undo(desk.office)
        assert desk.dump() == before


def test_too_many_and_no_reason_are_refused_as_a_whole(desk: Any) -> None:
    number = requests(desk, 1)[0]
    before = desk.dump()
    with pytest.raises(BadInput, match=str(AT_ONCE)):
        bulk.plan(desk.office, CANCEL, list(range(1, AT_ONCE + 2)))
    for act in (Act(Verb.CANCEL), Act(Verb.CANCEL, CancelReason.OFFICE, "x" * 501)):
        with pytest.raises(BadInput):
            bulk.carry_out(desk.office, act, [Target(number, 1)])
    assert desk.dump() == before


def test_without_a_reason_the_plan_says_what_could_be_cancelled(desk: Any) -> None:
    ids = [desk.request().appointment.id, desk.attended().appointment.id]
    lines = bulk.plan(desk.office, Act(Verb.CANCEL), ids)
    assert [bool(line.against) for line in lines] == [False, True]
    assert lines[0].messages == ()


def test_who_opted_out_is_counted_as_not_sent(desk: Any) -> None:
    made = desk.scheduled()
    with desk.office.database.write() as connection:
        connection.execute(
            SMS_OPT_OUT.insert().values(number=made.client.phone, at=desk.clock.now, source="desk")
        )
    (line,) = bulk.plan(desk.office, CANCEL, [made.appointment.id])
    blocked = [m.blocked.value for m in line.messages if m.blocked]
    assert blocked == ["opted_out"]


def test_progress_is_told_of_each(desk: Any) -> None:
    ids = requests(desk, 3)
    told: list[int] = []
    lines = bulk.plan(desk.office, CANCEL, ids)
    bulk.carry_out(desk.office, CANCEL, targets(lines), told.append)
    assert told == [1, 2, 3]


def test_the_shell_says_how_many_came_back(desk: Any) -> None:
    ids = requests(desk, 3)
    do(desk, CANCEL, ids)
    said = printing.changed(desk.office, undo(desk.office), [])
    assert said.startswith("Undone: Ada Lovelace 1, appointment 1, is requested, and 2 more")
