"""Who is at the desks: seen at once, gone after half a minute, by the clock that all share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, select

from interworky_tui.domain.clock import system_clock
from interworky_tui.services import presence
from interworky_tui.services.context import Context
from interworky_tui.services.presence import Kind, Session, Someone
from interworky_tui.storage.shared_clock import server_clock, shared_clock
from interworky_tui.storage.tables import DESK_SESSION
from tests.services.conftest import Desk


@dataclass
class Hall:
    """Programs on one store; ``seconds`` pass for all of them."""

    desk: Desk
    seconds: float = 0

    def enter(self, actor: str, kind: Kind = Kind.DESK) -> Session:
        office = self.desk.another(actor).office
        clock = shared_clock(office.database.url, office.clock)
        tick = lambda: self.seconds  # noqa: E731
        return Session(office, kind, f"pc-{actor}", clock=clock, monotonic=tick)

    def pass_on(self, seconds: float) -> None:
        self.seconds += seconds
        self.desk.clock.forward(seconds=seconds)


@pytest.fixture
def hall(desk: Desk) -> Hall:
    return Hall(desk)


@pytest.fixture
def writes(desk: Desk) -> Iterator[list[str]]:
    """What was written to the store since."""
    told: list[str] = []

    def note(*call: object) -> None:
        statement = str(call[2])
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            told.append(" ".join(statement.split()[:3]))

    event.listen(desk.office.database.engine, "before_cursor_execute", note)
    yield told
    event.remove(desk.office.database.engine, "before_cursor_execute", note)


def seen(there: tuple[Someone, ...]) -> list[tuple[str, int | None]]:
    return sorted((one.actor, one.appointment_id) for one in there)


def test_each_sees_the_other_and_what_she_is_on(hall: Hall) -> None:
    ana, ben = hall.enter("ana"), hall.enter("ben")

    assert ana.seen(4) == ()
    assert seen(ben.seen(7)) == [("ana", None)], "nobody was there to tell it"
    assert seen(ana.seen(4)) == [("ben", 7)]
    assert seen(ben.seen(7)) == [("ana", 4)]
    assert [one.machine for one in ben.seen(7)] == ["pc-ana"]
    assert seen(presence.others(hall.desk.office)) == [("ana", 4), ("ben", 7)]


def test_who_moves_on_is_seen_there_at_once(hall: Hall) -> None:
    ana, ben = hall.enter("ana"), hall.enter("ben")
    ben.seen()
    ana.seen(4)
    ana.seen(None)
    assert seen(ben.seen()) == [("ana", None)]
    ana.seen(5)
    assert seen(ben.seen()) == [("ana", 5)]


def test_who_leaves_is_gone_at_once(hall: Hall) -> None:
    ana, ben = hall.enter("ana"), hall.enter("ben")
    ana.seen()
    assert seen(ben.seen()) == [("ana", None)]
    ana.leave()
    assert ben.seen() == ()


def test_who_is_killed_is_gone_half_a_minute_later(hall: Hall) -> None:
    ana, ben = hall.enter("ana"), hall.enter("ben")
    ana.seen(4)
    for _ in range(2):
        hall.pass_on(10)
        assert seen(ben.seen())
    hall.pass_on(10)
    assert ben.seen() == ()


def test_who_lives_is_never_gone(hall: Hall) -> None:
    ana, ben = hall.enter("ana"), hall.enter("ben")
    ben.seen()
    for moment in range(40):
        ana.seen(4)
        assert seen(ben.seen()) == [("ana", 4)], f"after {moment * 9.5} s"
        hall.pass_on(9.5)


STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from([None, 1, 2, "leave", 9, 40])), max_size=12
)


@pytest.mark.sqlite_only
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_once_everybody_has_looked_everybody_sees_what_the_others_are_on(
    hall: Hall, steps: list[tuple[str, int | str | None]]
) -> None:
    """Whoever came, went, moved on or was silent before. 9 and 40 are seconds that pass."""
    with hall.desk.office.database.write() as connection:
        connection.execute(delete(DESK_SESSION))
    at: dict[str, Session] = {}
    on: dict[str, int | None] = {}
    for name, step in steps:
        if step == "leave":
            if name in at:
                at.pop(name).leave()
        elif step in (9, 40):
            assert isinstance(step, int)
            hall.pass_on(step)
        else:
            assert not isinstance(step, str)
            on[name] = step
            at.setdefault(name, hall.enter(name)).seen(step)
    for _ in range(2):
        hall.pass_on(10)
        for name, session in at.items():
            session.seen(on[name])
    for name, session in at.items():
        others = sorted((one, on[one]) for one in at if one != name)
        assert seen(session.seen(on[name])) == others


def test_a_program_that_was_frozen_is_there_again(hall: Hall) -> None:
    ana, ben = hall.enter("ana"), hall.enter("ben")
    ben.seen()
    ana.seen(4)
    hall.pass_on(3600)
    hall.enter("cleo").seen()
    assert len(hall.desk.rows(DESK_SESSION)) == 1, "the newcomer removes who is gone"

    ben.seen()
    ana.seen(4)
    assert seen(ben.seen()) == [("ana", 4), ("cleo", None)]


@pytest.mark.sqlite_only
def test_nothing_but_heartbeats_is_written_while_nobody_else_is_there(
    hall: Hall, writes: list[str]
) -> None:
    ana = hall.enter("ana")
    ana.seen(1)
    del writes[:]
    for appointment_id in range(100):
        ana.seen(appointment_id)
        hall.pass_on(0.2)
    assert writes == ["UPDATE desk_session SET"] * 2, "20 seconds"


@pytest.mark.sqlite_only
def test_a_worker_looks_at_nothing_so_nothing_is_written_for_it(
    hall: Hall, writes: list[str]
) -> None:
    hall.enter("night", Kind.WORKER).seen()
    ana = hall.enter("ana")
    ana.seen(1)
    del writes[:]
    assert seen(ana.seen(2)) == [("night", None)]
    assert writes == []


def test_only_what_has_changed_is_written_when_somebody_looks(
    hall: Hall, writes: list[str]
) -> None:
    hall.enter("ben").seen()
    ana = hall.enter("ana")
    ana.seen(1)
    del writes[:]
    for _ in range(5):
        ana.seen(1)
    assert writes == []
    ana.seen(2)
    assert writes == ["UPDATE desk_session SET"]


def test_a_worker_is_known_as_long_as_it_runs(hall: Hall) -> None:
    office = hall.desk.office
    hall.enter("ana").seen()
    hall.enter("web", Kind.SERVE).seen()
    assert not presence.has_worker(presence.others(office))

    worker = hall.enter("night", Kind.WORKER)
    worker.seen()
    assert presence.has_worker(presence.others(office))
    worker.leave()
    assert not presence.has_worker(presence.others(office))

    hall.enter("night", Kind.WORKER).seen()
    hall.pass_on(30)
    assert not presence.has_worker(presence.others(office))


def test_what_a_worker_says_of_its_channels_is_seen_at_the_desks_at_once(hall: Hall) -> None:
    desk, worker = hall.enter("ana"), hall.enter("night", Kind.WORKER)
    desk.seen()
    for words in ("live", "down"):
        worker.seen(channels=words)
        assert [one.channels for one in desk.seen()] == [words]


def test_a_clock_that_was_put_back_makes_nobody_immortal(hall: Hall) -> None:
    ana, ben = hall.enter("ana"), hall.enter("ben")
    ana.seen(4)
    ben.seen()
    hall.desk.clock.forward(hours=-1)
    assert ben.seen() == (), "until ana says that she is there"
    hall.seconds += 10
    ana.seen(4)
    assert seen(ben.seen()) == [("ana", None)]


def test_names_from_other_machines_hold_no_control_sequences(hall: Hall) -> None:
    office = hall.desk.office
    session = Session(
        hall.desk.another("an\x1b[31ma\n").office,
        Kind.DESK,
        "p\x9bc\u202e1",
        clock=lambda _connection: office.clock(),
    )
    session.seen()
    (one,) = presence.others(office)
    assert one.actor.isprintable()
    assert one.machine.isprintable()


@pytest.mark.postgresql_only
@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1)])
def test_on_a_server_a_desk_whose_clock_is_wrong_does_not_look_dead(
    hall: Hall, wrong: timedelta
) -> None:
    def at(clock: Callable[[], datetime]) -> Context:
        office = hall.desk.office
        return Context(office.settings, office.database, clock, office.actor)

    wrong_one = at(lambda: system_clock() + wrong)
    ana = Session(wrong_one, Kind.DESK, "pc", clock=server_clock)
    ben = presence.begin(at(system_clock), Kind.DESK)
    ben.seen()
    assert len(ana.seen(4)) == 1
    assert seen(ben.seen()) == [("ana", 4)]
    with hall.desk.office.database.read() as connection:
        ages = select(func.max(func.abs(func.extract("epoch", func.now() - _SEEN))))
        assert connection.execute(ages).scalar_one() < 30


_SEEN = DESK_SESSION.c.seen_at


def test_the_clock_that_is_set_by_hand_stands_for_the_servers(desk: Desk) -> None:
    office = desk.office
    by_hand = shared_clock(office.database.url, office.clock)
    with office.database.read() as connection:
        assert by_hand(connection) == desk.clock.now


@pytest.mark.postgresql_only
def test_a_server_has_its_own_clock(desk: Desk) -> None:
    assert shared_clock(desk.office.database.url, system_clock) is server_clock
    with desk.office.database.read() as connection:
        first, second = server_clock(connection), server_clock(connection)
    assert first.utcoffset() == timedelta(0)
    assert first < second, "it goes on within a transaction"
