"""Who is in the waiting room and for how long: by one key, on the list, the card and above."""

from datetime import timedelta

import pytest

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.events import Channel
from interworky_tui.services import scheduling, visits
from interworky_tui.storage.rows import Counts
from interworky_tui.ui.channel_content import DEMO, header_notices
from interworky_tui.ui.widgets.list_columns import ago
from tests.ui.list_source import MONDAY, make_row
from tests.ui.test_desk_lifecycle import FRIDAY_1430
from tests.ui.test_list_columns import said


@pytest.fixture
def today(asked, office, clock):
    """A visit at 14:30, on the day itself at 14:00."""
    one = asked().appointment
    scheduling.schedule(office, one.id, FRIDAY_1430)
    clock.now = FRIDAY_1430 - timedelta(minutes=30)
    return one


async def test_r_says_who_is_here_and_r_again_takes_it_back(open_desk, today, clock):
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("Ana Ruiz", "r Arrived")
        await desk.press("r")
        await desk.sees("HERE 0m", "1 waiting, longest 0 min", "Ana Ruiz is here", "r Not here")
        clock.forward(minutes=12)
        await desk.sees("HERE 12m", "here 12m", "in the waiting room since 14:00", "longest 12 min")
        await desk.press("r")
        await desk.until(lambda: "HERE" not in desk.text())
        await desk.sees("Ana Ruiz is not here", "r Arrived")
        assert "waiting," not in desk.text()
        assert desk.row(today.id)["arrived_at"] is None
        versions = {message["appointment_version"] for message in desk.messages(today.id)}
        assert not versions & {3, 4}


async def test_u_takes_it_back_too(open_desk, today):
    async with open_desk() as desk:
        await desk.press("2", "r")
        await desk.sees("1 waiting")
        await desk.press("u")
        await desk.sees("Undone: Ana Ruiz is not here")
        row = desk.row(today.id)
        assert (row["status"], row["arrived_at"]) == ("scheduled", None)
        await desk.press("r")
        await desk.sees("Ana Ruiz is here; u takes it back")
        await desk.press("r")
        await desk.sees("Ana Ruiz is not here; u takes it back")
        await desk.press("u")
        await desk.sees("Undone: Ana Ruiz is here again")


async def test_who_comes_on_another_day_is_told_when_the_visit_is(open_desk, today, clock):
    clock.forward(days=-1)
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("Ana Ruiz", "Update time")
        assert "r Arrived" not in desk.text()
        await desk.press("r")
        await desk.sees("The visit is on Fri 20 Mar 2026")
        assert desk.row(today.id)["arrived_at"] is None


async def test_a_request_cannot_be_here(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("r")
        await desk.sees("Only a client with a scheduled visit", "requested.")


async def test_who_is_here_and_due_stands_out_and_leaves_with_the_visit(
    open_desk, today, asked, office, clock
):
    other = asked("Björn Åkesson", "+4915112345602", "b@example.com", band="evening").appointment
    scheduling.schedule(office, other.id, FRIDAY_1430 + timedelta(minutes=30))
    visits.arrive(office, today.id)
    clock.forward(minutes=5)
    visits.arrive(office, other.id)
    clock.now = FRIDAY_1430
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("DUE H", "HERE", "2 waiting, longest 30 min")
        visits.attend(office, today.id)
        await desk.sees("1 waiting, longest 25 min")


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, "0 min"), (25, "25 min"), (60, "1 h 00"), (65, "1 h 05"), (-3, "0 min")],
)
def test_the_header_says_how_many_wait_and_since_when(minutes, expected):
    since = MONDAY - timedelta(minutes=minutes)
    counted = Counts(dict.fromkeys(Status, 0), 0, 0, 1, 0, here=2, here_since=since)
    found = [n.plain for n in header_notices((), (), counted, demo=True, now=MONDAY)]
    full = f"2 waiting, longest {expected} · 1 failed"
    assert found == [f"{DEMO} · {full}", f"DEMO · {full}", "DEMO · 2 waiting · 1 failed"]
    found = header_notices((), (Channel.SMS,), counted, demo=False, now=MONDAY)
    assert [n.plain for n in found] == [f"SMS preview · {full}", full, "2 waiting · 1 failed"]


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, "here 0m"), (12, "here 12m"), (65, "here 1h05"), (719, "11h59")]
)
def test_how_long_somebody_waits_is_told_in_the_list(minutes, expected):
    row = make_row(arrived_at=MONDAY - timedelta(minutes=minutes))
    assert ago(row, MONDAY).endswith(expected)
    assert "HERE" in said(row)


def test_nobody_waits_for_half_a_day_nor_after_the_visit():
    early = MONDAY - timedelta(hours=12)
    assert ago(make_row(arrived_at=early), MONDAY) == "in 1 h"
    assert "HERE" not in said(make_row(arrived_at=early))
    assert "HERE" not in said(make_row(status=Status.ATTENDED, arrived_at=MONDAY))
