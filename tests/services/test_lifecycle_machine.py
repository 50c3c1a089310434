"""Random verbs by two people under a moving clock, against a small model of the rules."""

from datetime import timedelta
from itertools import pairwise, takewhile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.feedback import Survey
from interworky_tui.domain.lifecycle import Change, Verb
from interworky_tui.services import feedback, intake, scheduling, visits
from interworky_tui.services.change import apply
from interworky_tui.services.context import Changed
from interworky_tui.services.undo import latest
from tests.mending import mend_request
from tests.rounds import rounds
from tests.services.lives import EVENTS, MINUTE, MOST_VISITS, SILENT, Visit, World


class Lives(World):
    # What people do.

    actors = st.sampled_from(["ana", "ben"])
    picks = st.integers(0, 50)
    answers = st.sampled_from([Verb.CONFIRM, Verb.ASK_CHANGE])

    @rule(actor=actors, phone=st.booleans(), email=st.booleans())
    @precondition(lambda self: len(self.visits) < MOST_VISITS)
    def request(self, actor: str, phone: bool, email: bool) -> None:
        number = len(self.visits) + 1
        new = intake.NewRequest(
            name=f"Client {number}",
            phone=f"+4930123{number:04}" if phone or not email else "",
            email=f"c{number}@example.com" if email else "",
            date=self.today() + timedelta(days=3),
            band="evening",
        )
        visit = Visit(number)
        made = self.attempt(True, lambda: intake.request(self.desks[actor], new))
        assert made
        self.visits.append(visit)
        self.note(visit, actor, made, {})

    @rule(
        actor=actors,
        pick=picks,
        offset=st.sampled_from([-90, -1, 0, 15, 30, 60]),
        minutes=st.sampled_from([None, 15]),
        override=st.booleans(),
    )
    @precondition(lambda self: self.visits)
    def schedule(
        self, actor: str, pick: int, offset: int, minutes: int | None, override: bool
    ) -> None:
        visit = self.pick(pick)
        start = self.now.replace(second=0, microsecond=0) + offset * MINUTE
        length = timedelta(minutes=minutes or 30)
        if minutes is None and visit.slot:
            length = visit.slot[1] - visit.slot[0]
        slot = (start, start + length)
        possible = (
            visit.status in ("requested", "scheduled")
            and offset >= 0
            and slot != visit.slot
            and (override or not self.booked(slot, visit))
        )

        def do(version: int | None) -> Changed:
            return scheduling.schedule(
                self.desks[actor],
                visit.id,
                start,
                minutes=minutes,
                override=override,
                version=version,
            )

        verb = "reschedule" if visit.status == "scheduled" else "schedule"
        if self.change(visit, actor, verb, possible, do):
            visit.status, visit.slot, visit.since = "scheduled", slot, self.turn
            visit.said, visit.here = "", False

    @rule(pick=picks, verb=answers)
    @precondition(lambda self: self.visits)
    def the_client_answers(self, pick: int, verb: Verb) -> None:
        """It is a mark, not a step: it tells nobody, and undo passes over it."""
        visit = self.pick(pick)
        told = self.rows("notification", visit.id)

        def do() -> Changed:
            return apply(
                self.desks["ben"], visit.id, lambda _: verb, lambda *_: Change(), version=None
            )

        if self.attempt(visit.status == "scheduled", do):
            visit.version += 1
            visit.said = verb.value
            still_here = takewhile(lambda step: step.verb in SILENT, reversed(visit.steps))
            self.stays(visit, still_here, "confirmed_at", "change_asked_at")
            self.reached.add(verb.value)
        assert self.rows("notification", visit.id) == told

    @rule(actor=actors, pick=picks, contrary=st.sampled_from([False, False, True]))
    @precondition(lambda self: self.visits)
    def arrive(self, actor: str, pick: int, contrary: bool) -> None:
        """Tells nobody, but it is a step of one's own that undo takes back."""
        visit = self.pick(pick)
        gone = visit.here is not contrary
        possible = visit.status == "scheduled" and visit.here is gone
        if possible and visit.slot and not gone:
            possible = self.local(visit.slot[0]).date() == self.today()
        verb = visits.not_arrived if gone else visits.arrive

        def do(version: int | None) -> Changed:
            return verb(self.desks[actor], visit.id, version=version)

        if self.change(visit, actor, "not_arrived" if gone else "arrive", possible, do):
            visit.here = not gone

    @rule(actor=actors, pick=picks)
    @precondition(lambda self: self.visits)
    def attend(self, actor: str, pick: int) -> None:
        visit = self.pick(pick)

        def do(version: int | None) -> Changed:
            return visits.attend(self.desks[actor], visit.id, version=version)

        if self.change(visit, actor, "attend", self.due(visit), do):
            visit.status = "attended"

    @rule(actor=actors, pick=picks)
    @precondition(lambda self: self.visits)
    def collect(self, actor: str, pick: int) -> None:
        visit, today = self.pick(pick), self.today()
        possible = visit.status in ("attended", "feedback_pending") and today not in visit.asked

        def do(version: int | None) -> Changed:
            return feedback.collect(self.desks[actor], visit.id, version=version)

        verb = "resend" if visit.status == "feedback_pending" else "collect_feedback"
        if self.change(visit, actor, verb, possible, do):
            visit.status = "feedback_pending"
            visit.asked.append(today)

    @rule(actor=actors, pick=picks, rating=st.integers(1, 5))
    @precondition(lambda self: self.visits)
    def record(self, actor: str, pick: int, rating: int) -> None:
        visit = self.pick(pick)

        def do(version: int | None) -> Changed:
            return feedback.record(self.desks[actor], visit.id, Survey(rating), version=version)

        possible = visit.status == "feedback_pending"
        if self.change(visit, actor, "submit_feedback", possible, do, rating <= self.low):
            visit.status = "feedback_collected"

    @rule(
        actor=actors,
        pick=picks,
        reason=st.sampled_from(CancelReason),
        text=st.sampled_from(["", "ill"]),
    )
    @precondition(lambda self: self.visits)
    def cancel(self, actor: str, pick: int, reason: CancelReason, text: str) -> None:
        visit = self.pick(pick)
        possible = visit.status in ("requested", "scheduled")
        possible &= reason != "no_show" or self.due(visit)
        possible &= reason != "other" or bool(text)

        def do(version: int | None) -> Changed:
            return scheduling.cancel(self.desks[actor], visit.id, reason, text, version=version)

        if self.change(visit, actor, "cancel", possible, do):
            visit.status = "cancelled"

    @rule(actor=actors, pick=picks, note=st.sampled_from(["", "x", "y"]))
    @precondition(lambda self: self.visits)
    def edit(self, actor: str, pick: int, note: str) -> None:
        visit = self.pick(pick)
        told = len(self.rows("notification", visit.id))
        after = mend_request(self.desks[actor], visit.id, service="", note=note)
        assert after.version in (visit.version, visit.version + 1)
        assert len(self.rows("notification", visit.id)) == told
        if after.version != visit.version:
            visit.version = after.version
            self.stays(visit, [step for step in visit.steps if step.before], "note")

    @rule(actor=actors, pick=picks, own=st.booleans())
    @precondition(lambda self: any(visit.steps for visit in self.visits))
    def undo(self, actor: str, pick: int, own: bool) -> None:
        if not own:
            visit = self.pick(pick)
            self.take_back(visit, actor, bool(visit.steps), visit.id)
            return
        mine = [(s.turn, v) for v in self.visits for s in v.steps if s.actor == actor]
        turn, last = max(mine, key=lambda found: found[0], default=(0, None))
        offered = latest(self.desks[actor])
        undone = self.take_back(last, actor, bool(last and last.steps[-1].turn == turn), None)
        assert (offered is not None) == undone

    @rule(actor=actors, pick=picks, rating=st.integers(1, 5), wait=st.booleans())
    @precondition(lambda self: self.visits)
    def do_the_next_thing(self, actor: str, pick: int, rating: int, wait: bool) -> None:
        """Chance alone seldom leads to the end of a life."""
        visit = self.pick(pick)
        if visit.status == "requested":
            self.schedule(actor, pick, 0 if wait else 30, None, True)
        elif visit.status == "scheduled" and wait:
            self.schedule(actor, pick, 60, None, True)
        elif visit.status == "scheduled" and visit.slot:
            self.now = max(self.now, visit.slot[0])
            for _ in range(rating % 3):
                self.arrive(actor, pick, False)
            self.attend(actor, pick)
        elif visit.status == "feedback_pending" and not wait:
            self.record(actor, pick, rating)
        else:
            self.now += timedelta(days=int(visit.status == "feedback_pending"))
            self.collect(actor, pick)

    @rule(
        actor=actors,
        pick=picks,
        rating=st.integers(1, 5),
        steps=st.integers(1, 4),
        back=st.integers(0, 3),
        says=answers,
    )
    @precondition(lambda self: self.visits)
    def forth_and_back(
        self, actor: str, pick: int, rating: int, steps: int, back: int, says: Verb
    ) -> None:
        for step in range(steps):
            self.do_the_next_thing(actor, pick, rating, step == 1)
            self.the_client_answers(pick, says)
        for _ in range(back):
            visit = self.pick(pick)
            self.take_back(visit, actor, bool(visit.steps), visit.id)

    # What happens meanwhile.

    @rule(
        minutes=st.sampled_from([0, 1, 14, 30, 60, 6 * 60, 24 * 60]),
        seconds=st.sampled_from([0, 5, 59]),
    )
    def time_passes(self, minutes: int, seconds: int) -> None:
        self.now += timedelta(minutes=minutes, seconds=seconds)

    @rule(
        state=st.sampled_from(["sent", "previewed", "failed", "held", "sending", "retry"]),
        channel=st.sampled_from(["sms", "email", "%"]),
    )
    def a_worker_sends(self, state: str, channel: str) -> None:
        lease = "w" if state == "sending" else None
        reason = "rejected" if state in ("failed", "held") else None
        self.eye.execute(
            "UPDATE notification SET state = ?, lease_owner = ?, lease_until = ?, reason = ?,"
            " attempts = attempts + 1 WHERE state = 'pending' AND due_at <= ? AND channel LIKE ?",
            (
                "pending" if state == "retry" else state,
                lease,
                lease,
                reason,
                self.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                channel,
            ),
        )

    # What must hold.

    @invariant()
    def the_model_is_the_store(self) -> None:
        found = self.eye.execute(
            "SELECT id, status, version, starts_at, confirmed_at, change_asked_at,"
            " arrived_at IS NOT NULL FROM appointment"
        ).fetchall()
        assert [row[:3] for row in found] == [(v.id, v.status, v.version) for v in self.visits]
        for row, visit in zip(found, self.visits, strict=True):
            timed = visit.slot and visit.slot[0].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            assert row[3] == timed
            assert row[6] == visit.here
            marks = {"confirm": row[4], "ask_change": row[5]}
            assert [verb for verb, at in marks.items() if at] == [visit.said] * bool(visit.said)

    @invariant()
    def history_is_complete(self) -> None:
        for visit in self.visits:
            lines = self.eye.execute(
                "SELECT version, from_status, to_status, at FROM appointment_event"
                " WHERE appointment_id = ? ORDER BY id",
                (visit.id,),
            ).fetchall()
            assert [line[0] for line in lines] == list(range(1, visit.version + 1))
            assert lines[0][1] is None
            assert all(a[2] == b[1] and a[3] <= b[3] for a, b in pairwise(lines))
            assert lines[-1][2] == visit.status

    @invariant()
    def feedback_was_asked_for_once_a_day(self) -> None:
        rows = self.eye.execute("SELECT appointment_id, office_day FROM feedback_request")
        days = [(v.id, day.isoformat()) for v in self.visits for day in v.asked]
        assert sorted(rows) == sorted(days)


def test_no_series_of_verbs_breaks_a_rule(empty_store: Path) -> None:
    Lives.empty_store = empty_store
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=rounds(30),
            stateful_step_count=50,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # Else the series were too short to say anything.
    assert {*EVENTS, *SILENT, "confirm", "ask_change", "undo arrive"} <= Lives.reached
    assert sum(verb.startswith("undo ") for verb in Lives.reached) >= 3
