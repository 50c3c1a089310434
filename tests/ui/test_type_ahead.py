"""Keys that come faster than the desk answers reach what the key before them opened."""

from textual import events

from interworky_tui.storage.moments import from_text
from interworky_tui.ui.messages import KeysReady
from tests.ui.test_desk_lifecycle import FRIDAY_1430


def rush(desk, *pressed):
    """All the keys at once, as a slow line delivers them."""
    for key in pressed:
        for letter in [key] if len(key) > 1 and " " not in key else key:
            name = {" ": "space", ":": "colon"}.get(letter, letter)
            character = letter if len(letter) == 1 else None
            desk.app.post_message(events.Key(name, character))


async def test_a_time_typed_in_one_rush_is_that_time_and_nothing_else(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        rush(desk, "t", "f", "r", "i", *" 14:30", "enter")
        await desk.sees("set for Fri 20 Mar 2026, 14:30")
        assert from_text(desk.row(one.id)["starts_at"]) == FRIDAY_1430
        assert "No visits" not in desk.text()


async def test_two_requests_in_one_rush_each_get_their_own_time(open_desk, asked):
    one = asked().appointment
    two = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        rush(desk, "t", *"10:00", "enter", "t", *"10:30", "enter")
        await desk.until(lambda: desk.row(two.id)["status"] == "scheduled")
        assert desk.row(one.id)["starts_at"] < desk.row(two.id)["starts_at"]


async def test_two_requests_in_one_rush_each_get_a_free_slot(open_desk, asked):
    one = asked().appointment
    two = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        rush(desk, "enter", "1", "enter", "1")
        await desk.until(lambda: desk.row(two.id)["status"] == "scheduled")
        first, second = (desk.row(number)["starts_at"] for number in (one.id, two.id))
        assert (first[:16], second[:16]) == ("2026-03-20T09:00", "2026-03-20T09:30")


async def test_a_time_typed_in_one_rush_beside_the_slots_keeps_its_order(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        rush(desk, "enter", "f", "r", "i", *" 14:30", "enter")
        await desk.until(lambda: desk.row(one.id)["status"] == "scheduled")
        assert from_text(desk.row(one.id)["starts_at"]) == FRIDAY_1430


async def test_a_form_filled_in_one_rush_has_each_text_in_its_field(open_desk):
    async with open_desk() as desk:
        await desk.sees("Welcome")
        rush(desk, "n", *"Bo Ek", "tab", "tab", *"b", "at", *"ek", "full_stop", *"se", "tab")
        await desk.until(lambda: desk.app.screen.is_modal)
        await desk.until(lambda: desk.app.focused.id == "when")
        assert desk.app.screen.query_one("#name").value == "Bo Ek"


async def test_a_search_typed_in_one_rush_presses_no_other_key(open_desk, asked):
    asked()
    asked("Vera Fern", "+4915112345602", "v@example.com")
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        rush(desk, "slash", *"vera fe")
        await desk.until(lambda: "Ana Ruiz" not in desk.text())
        assert desk.app.screen.search_box.entry.value == "vera fe"
        assert not desk.app.screen.is_modal


async def test_the_end_of_the_flow_before_lets_no_key_through_to_the_wrong_place(open_desk, asked):
    one = asked().appointment
    two = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        rush(desk, "x", "1", "enter")
        await desk.until(lambda: desk.row(one.id)["status"] == "cancelled")
        await desk.sees("Ana Ruiz is cancelled")
        rush(desk, "enter")
        desk.app.post_message(KeysReady(desk.app.closed_at))
        rush(desk, "1")
        await desk.until(lambda: desk.row(two.id)["status"] == "scheduled")
