"""Marks of the list: set by keys and mouse, kept by id, shown by a sign and counted."""

import pytest

from interworky_tui.domain.appointment import Status
from interworky_tui.domain.limits import AT_ONCE
from interworky_tui.ui.widgets.appointment_list import AppointmentList
from interworky_tui.ui.widgets.list_columns import MARK
from tests.ui.list_desk import Hands, Slow, opened
from tests.ui.list_source import make_row, many


def starred(hands: Hands) -> list[str]:
    return [line[9:21].strip() for line in hands.lines()[1:] if line[8] == MARK]


async def marked(hands: Hands, *keys: str) -> None:
    """Space, M and A are the desk's keys; here they are pressed by name."""
    do = {
        "space": hands.list.mark_here,
        "M": hands.list.mark_to_here,
        "A": hands.list.mark_all,
    }
    for key in keys:
        if key in do:
            do[key]()
        else:
            hands.app.simulate_key(key)
            await hands.pilot.pause()
    await hands.rest()


async def test_a_mark_is_a_sign_and_is_counted_and_the_cursor_moves_down() -> None:
    async with opened(many(5)) as hands:
        before = hands.lines()
        await marked(hands, "space", "space")
        assert starred(hands) == ["Client 00001", "Client 00002"]
        assert hands.cursor_name() == "Client 00003"
        assert hands.lines()[0].startswith(" 2 marked: b")
        assert hands.list.marked == (1, 2)
        await marked(hands, "up", "space", "up", "up", "space")
        assert starred(hands) == []
        assert hands.lines()[0] == before[0]


async def test_from_the_last_mark_to_here_in_both_directions_and_beyond_what_is_loaded() -> None:
    async with opened(many(400)) as hands:
        await marked(hands, "down", "space", "down", "M")
        assert hands.list.marked == (2, 3, 4)
        await marked(hands, "end", "home", "M")
        assert hands.list.marked == (1, 2, 3, 4)
        hands.list.select(250)
        await hands.rest()
        await marked(hands, "M")
        assert hands.list.marked == tuple(range(1, 251))


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.CANCELLED])
async def test_the_marked_come_in_the_order_of_the_tab(status: Status) -> None:
    async with opened(many(6, status)) as hands:
        await hands.show(status)
        await marked(hands, "down", "down", "down", "space", "up", "up", "M")
        order = [row.id for row in hands.source.view(status)]
        assert list(hands.list.marked) == [id for id in order if id in hands.list.marked]
        assert len(hands.list.marked) >= 2


async def test_without_a_mark_the_range_begins_here() -> None:
    async with opened(many(5)) as hands:
        await marked(hands, "down", "M", "down", "down", "M")
        assert hands.list.marked == (2, 3, 4)


async def test_all_that_the_search_finds_and_no_more_than_may_be() -> None:
    rows = [*many(AT_ONCE + 50), make_row(1000, name="Zoe Found"), make_row(1001, name="Zoe Two")]
    async with opened(rows) as hands:
        await hands.show(Status.SCHEDULED, "Zoe")
        await marked(hands, "A")
        assert hands.list.marked == (1000, 1001)
        await hands.show(Status.SCHEDULED)
        assert hands.list.count_marked == 2
        await marked(hands, "A")
        assert hands.list.count_marked == AT_ONCE
        told = hands.app.heard(AppointmentList.Marked)
        assert [event.full for event in told] == [False, True]


async def test_marks_belong_to_ids_and_to_a_tab() -> None:
    rows = [*many(4), make_row(50, Status.ATTENDED)]
    async with opened(rows) as hands:
        await marked(hands, "space", "space")
        await hands.show(Status.ATTENDED)
        assert starred(hands) == []
        await marked(hands, "space")
        await hands.show(Status.SCHEDULED)
        assert hands.list.marked == (1, 2)
        hands.source.put(make_row(2, name="Client 00002", version=2), make_row(3, Status.CANCELLED))
        hands.source.put(make_row(1, Status.CANCELLED))
        await hands.reload()
        assert hands.list.marked == (2,)
        assert starred(hands) == ["Client 00002"]
        assert hands.list.unmark()
        assert not hands.list.unmark()
        await hands.show(Status.ATTENDED)
        assert hands.list.marked == (50,)


async def test_keys_pressed_before_the_rows_are_there_mark_the_right_ones() -> None:
    source = Slow(many(300))
    async with opened(source) as hands:
        source.gate.clear()
        hands.list.show(Status.SCHEDULED, "Client")
        for wish in (hands.list.mark_here, hands.list.mark_here, lambda: hands.list.action_page(1)):
            wish()
        hands.list.mark_here()
        source.gate.set()
        await hands.rest()
        assert len(hands.list.marked) == 3
        assert hands.list.marked[:2] == (1, 2)


async def test_settled_waits_for_what_is_being_marked() -> None:
    source = Slow(many(30))
    async with opened(source) as hands:
        source.gate.clear()
        hands.list.mark_all()
        assert hands.list.marking
        source.gate.set()
        await hands.list.settled()
        assert hands.list.count_marked == 30


async def test_nothing_is_painted_or_read_for_marks_when_there_are_none() -> None:
    async with opened(many(30)) as hands:
        hands.app.list.painted.clear()
        await hands.reload()
        assert hands.app.list.painted == []
        assert "among" not in hands.source.asked
        await marked(hands, "space")
        assert sorted(set(hands.app.list.painted)) == [0, 1, 2]


async def test_a_click_with_ctrl_marks() -> None:
    async with opened(many(5)) as hands:
        await hands.pilot.click(AppointmentList, offset=(20, 3), control=True)
        await hands.rest()
        assert hands.list.marked == (3,)
        await hands.pilot.click(AppointmentList, offset=(20, 2))
        await hands.rest()
        assert hands.list.marked == (3,)
