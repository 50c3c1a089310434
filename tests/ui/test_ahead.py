"""What is kept once it is read: for how long, and for whose eyes."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from interworky_tui.services import day, scheduling
from interworky_tui.ui.ahead import Ahead
from interworky_tui.ui.hands import Hands

FRIDAY, FRIDAY_10 = date(2026, 3, 20), datetime(2026, 3, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def book(office, asked):
    def book(name, at=FRIDAY_10):
        one = asked(name).appointment
        return scheduling.schedule(office, one.id, at, minutes=30, override=True).appointment

    return book


@pytest.fixture
async def hands(office):
    hands = Hands()
    hands.opened(office)
    yield hands
    hands._threads.shutdown()


def names(found):
    return [visit.client_name for visit in found[0].visits]


async def test_a_day_is_read_once_until_something_changes(hands, book):
    ahead = Ahead(hands)
    book("Ana Ruiz")
    found = await ahead.ask(day.look, FRIDAY)
    assert await ahead.ask(day.look, FRIDAY) is found
    book("Ben Okafor")
    ahead.drop()
    assert names(await ahead.ask(day.look, FRIDAY)) == ["Ana Ruiz", "Ben Okafor"]


async def test_a_day_from_which_a_visit_is_moved_is_another(hands, book):
    ahead, ana = Ahead(hands), book("Ana Ruiz")
    (here, _), (lifted, _) = (
        await ahead.ask(day.look, FRIDAY),
        await ahead.ask(day.look, FRIDAY, but=ana.id),
    )
    assert len(here.gaps) == 2
    assert len(lifted.gaps) == 1


async def test_what_was_being_read_as_something_changed_is_not_kept(hands, book):
    ahead = Ahead(hands)
    reading = asyncio.create_task(ahead.ask(day.look, FRIDAY))
    await asyncio.sleep(0)
    ahead.drop()
    found = await reading
    assert await ahead.ask(day.look, FRIDAY) is not found


async def test_the_curtain_covers_what_was_read_before_it_was_drawn(hands, book):
    ahead = Ahead(hands)
    book("Ana Ruiz")
    assert names(await ahead.ask(day.look, FRIDAY)) == ["Ana Ruiz"]
    hands.curtain.move()
    assert "Ana Ruiz" not in names(await ahead.ask(day.look, FRIDAY))


async def test_the_days_beside_the_shown_one_are_there_and_are_of_now(open_desk, book, clock):
    async with open_desk((80, 24)) as desk:
        await desk.press("d")
        await desk.sees("Mon 16 Mar 2026, today")
        kept = desk.app.screen.desk.ahead._found
        await desk.until(lambda: len(kept) == 3)
        book("Ana Ruiz", datetime(2026, 3, 17, 9, 0, tzinfo=UTC))
        await desk.press("right")
        await desk.sees("Tue 17 Mar 2026, tomorrow", "Ana Ruiz")


async def test_the_free_slots_of_who_is_rested_on_are_there_and_are_of_now(open_desk, asked, book):
    asked()
    async with open_desk() as desk:
        kept = desk.app.screen.ahead._found
        await desk.until(lambda: kept)
        (first,) = kept.values()
        assert first.slots[0].starts_at == FRIDAY_10
        book("Ben Okafor")
        await desk.until(lambda: kept and first not in kept.values())
        await desk.press("enter")
        await desk.sees("▶ 1  Fri 20 Mar 10:30", "Tells client")


async def test_what_many_are_given_is_worked_out_while_the_deed_is_chosen(open_desk, asked):
    asked("Ana Ruiz")
    asked("Ben Okafor", "+4915112345602", "ben@example.com")
    async with open_desk() as desk:
        await desk.sees("Ben Okafor")
        await desk.press("space", "space", "b")
        await desk.sees("2 marked", "Give each a free slot")
        kept = desk.app.screen_stack[0].ahead._found
        await desk.until(lambda: [one for one in kept.values() if isinstance(one, tuple)])
        await desk.press("t")
        await desk.sees("Free slots for 2 requests", "Fri 20 Mar 10:00", "Fri 20 Mar 10:30")
