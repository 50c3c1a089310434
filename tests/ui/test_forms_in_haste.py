"""Forms filled faster than they open: a reason, its words, the minutes, Enter."""

from datetime import timedelta

import pytest

from interworky_tui.services import scheduling
from interworky_tui.storage.moments import from_text
from tests.ui.test_desk_lifecycle import FRIDAY_1430
from tests.ui.test_type_ahead import rush

both = pytest.mark.both_databases
WORDS = "flu, will call"


@both
async def test_the_words_of_another_reason_in_one_rush(open_desk, asked):
    one = asked().appointment.id
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        rush(desk, "x", "5", *WORDS, "enter")
        await desk.until(lambda: desk.row(one)["status"] == "cancelled")
        assert desk.row(one)["cancel_text"] == WORDS
        assert desk.row(one)["cancel_reason"] == "other"


@both
async def test_the_words_of_another_reason_key_by_key_without_a_pause(open_desk, asked):
    one = asked().appointment.id
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("x", "5")
        await desk.type(WORDS)
        await desk.press("enter")
        await desk.until(lambda: desk.row(one)["status"] == "cancelled")
        assert desk.row(one)["cancel_text"] == WORDS


@both
async def test_words_beside_a_reason_after_tab(open_desk, asked, office):
    one = asked().appointment.id
    scheduling.schedule(office, one, FRIDAY_1430)
    async with open_desk() as desk:
        rush(desk, "2")
        await desk.sees("Ana Ruiz")
        rush(desk, "x", "1", "tab", *WORDS, "enter")
        await desk.until(lambda: desk.row(one)["status"] == "cancelled")
        assert (desk.row(one)["cancel_text"], desk.row(one)["cancel_reason"]) == (
            WORDS,
            "client_asked",
        )


async def test_the_minutes_typed_right_after_tab_are_in_their_field(open_desk, asked):
    one = asked().appointment.id
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        rush(desk, "enter", "tab", *"fri 14:30", "tab", *"45", "enter")
        await desk.until(lambda: desk.row(one)["status"] == "scheduled")
        ends = from_text(desk.row(one)["ends_at"])
        assert ends - FRIDAY_1430 == timedelta(minutes=45)
