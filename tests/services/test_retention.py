"""Who is forgotten by themselves: clients whose every visit is as old as the settings say."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from interworky_tui.config import Settings
from interworky_tui.domain.appointment import CancelReason
from interworky_tui.services import inbox, retention, scheduling
from interworky_tui.storage.tables import CLIENT
from tests.services.conftest import Desk

ALL = dict.fromkeys(("cancelled", "attended", "feedback_pending", "feedback_collected"), 30)


@pytest.fixture
def previews(tmp_path: Path) -> Path:
    return tmp_path / "preview"


def cancelled(desk: Desk) -> Any:
    asked = desk.scheduled(desk.clock.now).appointment
    return scheduling.cancel(desk.office, asked.id, CancelReason.NO_SHOW)


MADE = {
    "cancelled": cancelled,
    "attended": Desk.attended,
    "feedback_pending": Desk.asked,
    "feedback_collected": Desk.answered,
}


def forgotten(desk: Desk) -> list[int]:
    return [row["id"] for row in desk.rows(CLIENT) if row["erased_at"]]


@pytest.mark.parametrize("status", MADE)
def test_each_status_has_days_of_its_own(desk: Desk, previews: Path, status: str) -> None:
    client = MADE[status](desk).client.id
    desk.deliver()
    desk.clock.forward(days=30)
    desk.set(retention=ALL | {status: 0})
    assert retention.due(desk.office) == []
    assert retention.forget_old(desk.office, previews) == 0
    desk.set(retention=dict.fromkeys(ALL, 0) | {status: 30})
    desk.clock.forward(seconds=-1)
    assert retention.due(desk.office) == []
    desk.clock.forward(seconds=1)
    assert retention.due(desk.office) == [client]
    assert retention.forget_old(desk.office, previews) == 1
    assert forgotten(desk) == [client]
    assert retention.due(desk.office) == []


def test_nothing_is_forgotten_unless_it_is_set(desk: Desk, previews: Path) -> None:
    desk.attended()
    desk.deliver()
    desk.clock.forward(days=10_000)
    assert not any(vars_of(Settings().retention))
    assert retention.forget_old(desk.office, previews) == 0
    assert forgotten(desk) == []


def vars_of(section: Any) -> list[int]:
    return [getattr(section, name) for name in section.__struct_fields__]


def test_one_visit_that_is_open_or_newer_keeps_the_client(desk: Desk, previews: Path) -> None:
    desk.set(retention=ALL)
    first = desk.attended()
    same = {"name": first.client.name, "phone": first.client.phone}
    desk.clock.forward(days=20)
    scheduling.cancel(
        desk.office,
        desk.scheduled(desk.clock.now, **same).appointment.id,
        CancelReason.OFFICE,
    )
    stale = desk.request(**same).appointment
    desk.deliver()
    desk.clock.forward(days=20)
    assert retention.due(desk.office) == []
    desk.clock.forward(days=20)
    assert retention.due(desk.office) == []
    scheduling.cancel(desk.office, stale.id, CancelReason.OFFICE)
    assert retention.due(desk.office) == []  # word of it waits
    desk.deliver()
    assert retention.due(desk.office) == [first.client.id]


def test_a_text_that_waits_for_a_person_keeps_the_client(desk: Desk, previews: Path) -> None:
    desk.set(retention=ALL)
    client = desk.attended().client
    desk.deliver()
    desk.clock.forward(days=40)
    given = {"from_number": client.phone, "to_number": "+4930999000", "body": "Hello?"}
    inbox.receive(desk.office, sid="SM1", at=desk.clock(), **given)
    assert retention.forget_old(desk.office, previews) == 0
    inbox.mark_handled(desk.office, 1)
    assert retention.forget_old(desk.office, previews) == 1


def test_many_go_a_part_at_a_time_and_the_others_stay(
    desk: Desk, previews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    desk.set(retention=ALL)
    old = [desk.attended().client.id for _ in range(5)]
    desk.clock.forward(days=30)
    new = desk.attended().client.id
    desk.deliver()
    assert retention.due(desk.office) == old
    assert retention.forget_old(desk.office, previews) == 5
    assert forgotten(desk) == old
    assert desk.rows(CLIENT, id=new)[0]["erased_at"] is None
    desk.clock.forward(seconds=timedelta(days=30).total_seconds())
    assert retention.due(desk.office) == [new]
