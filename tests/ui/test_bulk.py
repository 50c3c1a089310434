"""Many at once at the desk, by keys: marks, the modal, one confirmation, one undo."""

from datetime import timedelta
from typing import Any

import pytest

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.services import feedback, scheduling, visits
from interworky_tui.services.undo import undo

HOUR = timedelta(hours=1)


def file(asked: Any, count: int, **values: Any) -> list[int]:
    return [
        asked(
            name=f"Client {n}", phone=f"+49151123456{n:02}", email=f"c{n}@example.com", **values
        ).appointment.id
        for n in range(1, count + 1)
    ]


def scheduled(office: Any, asked: Any, count: int) -> list[int]:
    ids = file(asked, count)
    for place, number in enumerate(ids):
        scheduling.schedule(office, number, office.clock() + (24 + place) * HOUR)
    return ids


def states(desk: Any, ids: list[int]) -> list[str]:
    return [desk.row(number)["status"] for number in ids]


async def test_free_slots_for_three_requests_and_one_undo(open_desk: Any, asked: Any) -> None:
    ids = file(asked, 4)
    async with open_desk() as desk:
        await desk.sees("Client 4")
        await desk.press("space", "space", "space")
        await desk.sees(" 3 marked: b", "does one thing to all of them")
        await desk.press("b")
        await desk.sees("Give each a free slot")
        await desk.press("t")
        await desk.sees("Fri 20 Mar 10:00", "Fri 20 Mar 10:30", "Fri 20 Mar 11:00", "3 of 3")
        await desk.sees("6 SMS", "6 emails", "to clients 3 SMS and 3 emails")
        await desk.press("enter")
        await desk.sees("3 requests scheduled; word of it leaves in 10 s", "u Undo")
        assert states(desk, ids) == ["scheduled"] * 3 + ["requested"]
        assert "marked" not in desk.text()
        await desk.press("u")
        await desk.until(lambda: states(desk, ids) == ["requested"] * 4)
        assert desk.app.screen.last[0] == "Undone: all 3 are as they were"


async def test_a_line_is_left_out_with_space(open_desk: Any, asked: Any) -> None:
    ids = file(asked, 3)
    async with open_desk() as desk:
        await desk.sees("Client 3")
        await desk.press("A", "b", "t")
        await desk.sees("3 of 3")
        await desk.press("down", "space")
        await desk.sees("2 of 3, 1 left out", "[ ] Client 2")
        await desk.press("up", "space", "up", "up", "space")
        await desk.sees("2 of 3, 1 left out", "[ ] Client 1", "[x] Client 2")
        await desk.press("enter")
        await desk.sees("2 requests scheduled")
        assert states(desk, ids) == ["requested", "scheduled", "scheduled"]


async def test_a_sick_afternoon_is_cancelled_with_one_reason(
    open_desk: Any, asked: Any, office: Any
) -> None:
    ids = scheduled(office, asked, 3)
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("Client 3")
        await desk.press("A", "b", "x")
        await desk.sees("Press 1 to 5 for the reason", "did not come (none is due yet)")
        await desk.press("enter")
        await desk.sees("Press 1 to 5 for the reason.")
        assert states(desk, ids) == ["scheduled"] * 3
        await desk.press("3")
        await desk.sees("▶ 3", "3 of 3. Sends 6 SMS")
        await desk.press("enter")
        await desk.sees("3 visits cancelled; word of it leaves in 10 s")
        assert {desk.row(number)["cancel_reason"] for number in ids} == {"office"}
        await desk.press("u")
        await desk.until(lambda: states(desk, ids) == ["scheduled"] * 3)


async def test_another_reason_is_typed_as_fast_as_a_terminal_sends_it(
    open_desk: Any, asked: Any
) -> None:
    ids = file(asked, 2)
    async with open_desk() as desk:
        await desk.sees("Client 2")
        await desk.press("A", "b", "x")
        await desk.sees("Press 1 to 5")
        for key in ("5", *"sick", "5", "enter"):
            desk.app.simulate_key(key)
        await desk.sees("2 requests cancelled")
        assert {desk.row(number)["cancel_text"] for number in ids} == {"sick5"}


async def test_attended_leaves_out_what_is_not_due_and_says_why(
    open_desk: Any, asked: Any, office: Any, clock: Any
) -> None:
    ids = scheduled(office, asked, 3)
    clock.forward(hours=25)
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("Client 3")
        await desk.press("A", "b", "a")
        await desk.sees("2 of 3, 1 left out", "Client 3 left out: The visit has not begun yet")
        await desk.press("enter")
        await desk.sees("2 visits attended")
        assert states(desk, ids) == ["attended", "attended", "scheduled"]


async def test_feedback_skips_who_was_asked_today(
    open_desk: Any, asked: Any, office: Any, clock: Any
) -> None:
    ids = scheduled(office, asked, 3)
    clock.forward(hours=30)
    for number in ids:
        visits.attend(office, number)
    feedback.collect(office, ids[0])
    undo(office)
    feedback.collect(office, ids[0])
    clock.forward(days=1)
    feedback.collect(office, ids[1])
    async with open_desk() as desk:
        await desk.press("4")
        await desk.sees("Client 2")
        await desk.press("A", "b")
        await desk.sees("Collect Feedback: 2 visits", "1 of 2, 1 left out", "asked today at")
        await desk.press("enter")
        await desk.sees("Feedback asked for of 1 visit")
        events = [row["appointment_version"] for row in desk.messages(ids[0])]
        assert max(events) == desk.row(ids[0])["version"]


async def test_nothing_marked_offers_to_mark_all(open_desk: Any, asked: Any) -> None:
    file(asked, 3)
    async with open_desk() as desk:
        await desk.sees("Client 3")
        await desk.press("b")
        await desk.sees("Nothing is marked", "300 at most")
        await desk.press("escape")
        await desk.until(lambda: "Nothing is marked" not in desk.text())
        assert desk.app.screen.rows.marked == ()
        await desk.press("b", "enter")
        await desk.sees("3 marked", "Give each a free slot")


async def test_escape_takes_the_marks_away_before_it_leaves_the_search(
    open_desk: Any, asked: Any
) -> None:
    file(asked, 3)
    async with open_desk() as desk:
        await desk.sees("Client 3")
        await desk.press("slash")
        await desk.type("Client")
        await desk.press("enter", "space")
        await desk.sees(" 1 marked: b")
        await desk.press("escape")
        await desk.until(lambda: "marked" not in desk.text())
        assert desk.app.screen.search_box is not None
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen.search_box is None)


@pytest.mark.parametrize("tab", ["5", "6"])
async def test_where_nothing_can_be_done_to_many_it_says_so(
    open_desk: Any, asked: Any, office: Any, tab: str
) -> None:
    scheduling.cancel(office, file(asked, 1)[0], CancelReason.OFFICE)
    async with open_desk() as desk:
        await desk.press(tab, "b")
        await desk.sees("nothing to be done to many in")


async def test_what_somebody_else_changed_meanwhile_is_left_out_and_told_of(
    open_desk: Any, asked: Any, office: Any
) -> None:
    ids = file(asked, 3)
    async with open_desk() as desk:
        await desk.sees("Client 3")
        await desk.press("A", "b", "x")
        await desk.sees("Press 1 to 5")
        await desk.press("4")
        await desk.sees("3 of 3")
        scheduling.cancel(office, ids[1], CancelReason.CLIENT_ASKED)
        await desk.press("enter")
        await desk.sees("2 requests cancelled", "1 left out", "Client 2:", "cancelled it in the")
        assert desk.row(ids[1])["cancel_reason"] == "client_asked"


async def test_a_refused_undo_of_many_is_one_sentence(open_desk: Any, asked: Any) -> None:
    ids = file(asked, 2)
    async with open_desk() as desk:
        await desk.sees("Client 2")
        await desk.press("A", "b", "x")
        await desk.sees("Press 1 to 5")
        await desk.press("4")
        await desk.sees("2 of 2")
        await desk.press("enter")
        await desk.sees("2 requests cancelled")
        with desk.office.database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE notification SET state = 'sent', attempts = 1"
                " WHERE id = (SELECT max(id) FROM notification)"
            )
        await desk.press("u")
        await desk.sees("word of these 2 changes has already left")
        assert states(desk, ids) == ["cancelled"] * 2
