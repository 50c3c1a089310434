"""Free slots with the time: taken by a digit, by arrows, by the mouse; typed time beside them."""

from datetime import UTC, date, datetime, timedelta

import msgspec

from interworky_tui.services import scheduling
from interworky_tui.storage.moments import from_text

FRIDAY_10 = datetime(2026, 3, 20, 9, tzinfo=UTC)


def start(desk, number):
    text = desk.row(number)["starts_at"]
    return from_text(text) if text else None


def but(settings, **sections):
    """The settings with other values, by section."""
    raw = msgspec.to_builtins(settings)
    for section, values in sections.items():
        raw[section] |= values
    return msgspec.convert(raw, type(settings))


def focus(desk):
    return desk.app.focused.id


async def test_enter_and_a_digit_take_a_free_slot(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("enter")
        await desk.sees(
            "▶ 1  Fri 20 Mar 10:00–10:30  first free in the morning you asked for",
            "  2  Fri 20 Mar 10:30–11:00  free in the morning you asked for",
            "Fri 20 Mar 2026, 10:00–10:30",
            "Tells client",
        )
        await desk.press("2")
        await desk.sees("set for Fri 20 Mar 2026, 10:30")
        assert start(desk, one.id) == FRIDAY_10 + timedelta(minutes=30)


async def test_arrows_and_enter_take_one_that_is_read_back(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("enter")
        await desk.sees("▶ 1")
        await desk.press("down", "down")
        await desk.sees("▶ 3", "Fri 20 Mar 2026, 11:00–11:30")
        await desk.press("up")
        await desk.sees("▶ 2", "Fri 20 Mar 2026, 10:30–11:00", "booked for Fri 20 Mar 2026, 10:30")
        await desk.press("enter")
        await desk.sees("set for Fri 20 Mar 2026, 10:30")
        assert start(desk, one.id) == FRIDAY_10 + timedelta(minutes=30)


async def test_any_other_character_begins_a_typed_time(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("enter")
        await desk.sees("▶ 1")
        await desk.type("fri 14:30")
        await desk.sees("Fri 20 Mar 2026, 14:30–15:00", "outside the wished Morning")
        assert "▶" not in desk.text()
        await desk.press("enter")
        await desk.sees("set for Fri 20 Mar 2026, 14:30")
        assert start(desk, one.id) == FRIDAY_10 + timedelta(hours=4, minutes=30)


async def test_a_digit_that_names_no_slot_is_typed(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.press("enter")
        await desk.sees("▶ 1")
        await desk.type("9:30")
        await desk.sees("Fri 20 Mar 2026, 09:30–10:00")


async def test_tab_goes_round_from_the_slots_to_an_empty_field(open_desk, asked):
    asked(wish_time=None)
    async with open_desk() as desk:
        await desk.press("enter")
        await desk.sees("▶ 1")
        places = []
        for _ in range(4):
            places.append(focus(desk))
            await desk.press("tab")
        assert places == ["offers", "when", "minutes", "offers"]
        assert desk.app.screen.query_one("#when").value == ""
        await desk.press("shift+tab")
        assert focus(desk) == "offers"


async def test_opened_by_its_letter_digits_are_text_and_one_alone_is_a_slot(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("t")
        await desk.sees("  3  Fri 20 Mar 11:00–11:30")
        assert focus(desk) == "when"
        await desk.press("1")
        await desk.sees("Fri 20 Mar 2026, 10:00–10:30")
        await desk.press("1")
        await desk.sees("Fri 20 Mar 2026, 11:00–11:30")
        await desk.press("backspace", "backspace", "2")
        await desk.sees("Fri 20 Mar 2026, 10:30–11:00")
        assert desk.row(one.id)["status"] == "requested"
        await desk.press("enter")
        await desk.sees("set for Fri 20 Mar 2026, 10:30")


async def test_from_the_field_the_slots_are_one_key_away(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        for key in ("tab", "down"):
            await desk.press("t")
            await desk.sees("  3  Fri 20 Mar")
            await desk.press(key)
            await desk.sees("▶ 1")
            await desk.press("up")
            await desk.until(lambda: focus(desk) == "when")
            await desk.press("escape")
        await desk.press("t")
        await desk.sees("  3  Fri 20 Mar")
        await desk.press("down", "3")
        await desk.sees("set for Fri 20 Mar 2026, 11:00")
        assert start(desk, one.id) == FRIDAY_10 + timedelta(hours=1)


async def test_a_slot_is_chosen_with_the_mouse(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("t")
        await desk.sees("  3  Fri 20 Mar")
        await desk.pilot.click("#offers", offset=(8, 2))
        await desk.sees("▶ 3", "Fri 20 Mar 2026, 11:00–11:30")
        await desk.pilot.click("#dialog-keys", offset=(2, 0))
        await desk.sees("set for Fri 20 Mar 2026, 11:00")
        assert start(desk, one.id) == FRIDAY_10 + timedelta(hours=1)


async def test_a_slot_that_another_desk_took_is_not_booked_twice(open_desk, asked, office):
    other = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    one = asked().appointment
    async with open_desk() as desk:
        await desk.press("down", "enter")
        await desk.sees("Set the time: Ana Ruiz", "▶ 1  Fri 20 Mar 10:00")
        scheduling.schedule(office, other.id, FRIDAY_10)
        await desk.press("1")
        await desk.sees("taken in the meantime", "1  Fri 20 Mar 10:30–11:00")
        assert desk.row(one.id)["status"] == "requested"
        assert focus(desk) == "offers"
        await desk.press("ctrl+o")
        await desk.sees("set for Fri 20 Mar 2026, 10:30")


async def test_what_the_calendar_has_against_a_time_is_a_note(open_desk, asked):
    one = asked(date=date(2026, 4, 3)).appointment
    async with open_desk() as desk:
        await desk.press("enter")
        await desk.sees("1  Tue  7 Apr 10:00–10:30  closed: Good Friday; the next free morning")
        await desk.type("fri 3 apr 2026 21:00")
        await desk.sees("Note: outside the wished Morning; closed: Good Friday.")
        await desk.press("enter")
        await desk.sees("set for Fri 3 Apr 2026, 21:00")
        assert desk.row(one.id)["status"] == "scheduled"


async def test_a_service_has_its_length_and_a_typed_length_its_slots(open_desk, asked, settings):
    one = asked(service="Root canal").appointment
    longer = but(settings, slots={"services": {"root canal": 60}})
    async with open_desk(settings=longer) as desk:
        await desk.press("t")
        await desk.sees("Minutes      60", "2  Fri 20 Mar 11:00–12:00")
        await desk.press("tab", "tab")
        await desk.type("20")
        await desk.sees("1  Fri 20 Mar 10:00–10:20", "2  Fri 20 Mar 10:30–10:50")
        await desk.press("shift+tab", "2")
        await desk.sees("set for")
        row = desk.row(one.id)
        assert from_text(row["ends_at"]) - from_text(row["starts_at"]) == timedelta(minutes=20)


async def test_where_nothing_is_free_a_time_is_typed(open_desk, asked, settings):
    asked()
    shut = but(settings, office={"closures": ["2026-03-01..2026-12-31"]})
    async with open_desk(settings=shut) as desk:
        await desk.press("enter")
        await desk.sees("No slot is free within two months of the wish; type a time.")
        await desk.until(lambda: focus(desk) == "when")
        await desk.type("fri 10:00")
        await desk.sees("Fri 20 Mar 2026, 10:00–10:30", "closed: days off")


async def test_a_visit_is_moved_by_two_keys(open_desk, asked, office):
    one = asked().appointment
    scheduling.schedule(office, one.id, FRIDAY_10)
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("Update time")
        await desk.press("enter")
        await desk.sees("Update the time: Ana Ruiz", "▶ 1  Fri 20 Mar 10:15–10:45")
        await desk.press("1")
        await desk.sees("moved to Fri 20 Mar 2026, 10:15")


async def test_the_frame_fits_whatever_is_said_of_a_slot(open_desk, asked, office, clock):
    """At night with the slot taken: the slots, the sentence and the keys are seen."""
    other = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    asked()
    clock.now = datetime(2026, 3, 16, 20, 10, tzinfo=UTC)
    async with open_desk() as desk:
        await desk.press("down", "enter")
        await desk.sees("Set the time: Ana Ruiz", "quiet hours")
        scheduling.schedule(office, other.id, FRIDAY_10)
        await desk.press("1")
        await desk.sees("taken in the meantime", "▶ 1", "Minutes", "quiet hours", "1-3 Take", "╰")
