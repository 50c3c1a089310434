"""A time that came free: said on the desk, and filled by keys."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.services import scheduling
from interworky_tui.services.context import Context
from tests.ui.conftest import Desk, OpenDesk

FRIDAY = date(2026, 3, 20)


@pytest.fixture
def start(office: Context) -> datetime:
    return datetime.combine(FRIDAY, time(10, 30), office.zone)


def book(office: Context, asked: Any, at: datetime, name: str, phone: str) -> int:
    made = asked(name, phone, f"{name.lower().replace(' ', '.')}@example.com")
    scheduling.schedule(office, made.appointment.id, at)
    return int(made.appointment.id)


@pytest.fixture
def people(office: Context, asked: Any, start: datetime) -> dict[str, int]:
    """A visit on Friday at 10:30, three who wait for that morning, and one with a later visit."""
    found = {"visit": book(office, asked, start, "Ana Ruiz", "+4915112345601")}
    for number, name in enumerate(("Ben Vogt", "Cleo Maas", "Dora Klee"), 2):
        found[name] = asked(name, f"+491511234560{number}", "").appointment.id
    later = start + timedelta(days=4)
    found["later"] = book(office, asked, later, "Emil Horn", "+4915112345606")
    return found


def offers_of(desk: Desk) -> list[dict[str, Any]]:
    with desk.office.database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT o.*, t.appointment_id, t.number FROM slot_offer o"
            " JOIN slot_offer_to t ON t.offer_id = o.id ORDER BY t.id"
        )
        return [dict(row) for row in found.mappings()]


async def cancel(desk: Desk) -> None:
    """Ana's visit, which the cursor is on."""
    await desk.press("2")
    await desk.sees("Ana Ruiz  Scheduled")
    await desk.press("x")
    await desk.sees("Cancel: Ana Ruiz")
    await desk.press("1", "enter")
    await desk.sees("Fri 20 Mar 10:30 is free again, 4 would fit: F fills it")


async def test_a_cancel_says_what_is_free_and_enter_books_it(
    open_desk: OpenDesk, people: dict[str, int]
) -> None:
    async with open_desk() as desk:
        await cancel(desk)
        await desk.press("F")
        await desk.sees("Fill Fri 20 Mar 2026, 10:30–11:00", "Offer to 3 * by SMS")
        await desk.sees("▶ * Ben Vogt", "asked for Fri 20 Mar, morning", "Tells client")
        assert "Emil Horn" in desk.text()
        assert "has Tue 24 Mar 2026, 10:30" in desk.text()
        await desk.press("down")
        await desk.sees("▶ * Cleo Maas")
        await desk.press("enter")
        await desk.sees("Cleo Maas set for Fri 20 Mar 2026, 10:30")
        assert desk.row(people["Cleo Maas"])["status"] == "scheduled"


async def test_the_status_says_it_also_when_the_word_has_left(
    open_desk: OpenDesk, people: dict[str, int], clock: Any
) -> None:
    async with open_desk() as desk:
        await cancel(desk)
        await desk.sees("4 would fit: F fills it; 10 s  u Undo")
        clock.forward(minutes=1)
        desk.app.screen.show_status()
        await desk.until(lambda: "u Undo  " not in desk.text().splitlines()[-2])
        await desk.sees("Fri 20 Mar 10:30 is free again, 4 would fit: F fills it")


async def test_a_move_frees_the_time_before(open_desk: OpenDesk, people: dict[str, int]) -> None:
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("Ana Ruiz  Scheduled")
        await desk.press("t")
        await desk.sees("Update the time")
        await desk.type("23 mar 10:00")
        await desk.sees("Mon 23 Mar 2026, 10:00")
        await desk.press("enter")
        # Not she herself, although her visit is a later one now.
        await desk.sees("Fri 20 Mar 10:30 is free again, 4 would fit: F fills it")


async def test_an_offer_says_who_gets_what_and_is_taken_back_by_w(
    open_desk: OpenDesk, people: dict[str, int]
) -> None:
    async with open_desk() as desk:
        await cancel(desk)
        await desk.press("F")
        await desk.sees("▶ * Ben Vogt")
        await desk.press("space")
        await desk.sees("Offer to 2 * by SMS", "▶ * Cleo Maas")
        await desk.press("o")
        await desk.sees(
            "hold it until 10:10", "→ Cleo Maas", "→ Dora Klee", "SMS to Cleo Maas, Dora Klee"
        )
        await desk.sees("Reply C by 10:10")
        assert "Ben Vogt" not in desk.text()
        assert offers_of(desk) == []
        await desk.press("escape")
        await desk.sees("Offer to 2 * by SMS")
        await desk.press("o")
        await desk.sees("→ Dora Klee")
        await desk.press("enter")
        await desk.sees("Offered to 2; held until 10:10")
        made = offers_of(desk)
        assert [row["appointment_id"] for row in made] == [people["Cleo Maas"], people["Dora Klee"]]
        await desk.press("F")
        await desk.sees("Offered to Cleo Maas, Dora Klee; held until 10:10", "Withdraw the offer")
        # The mark is now at those who have the offer.
        await desk.sees("▶   Ben Vogt", "  * Cleo Maas", "  * Dora Klee", "    Emil Horn")
        await desk.press("enter")
        await desk.sees("An offer by SMS")
        await desk.press("w")
        await desk.sees("Offer to 3 * by SMS")
        assert {row["outcome"] for row in offers_of(desk)} == {"withdrawn"}


async def test_who_cannot_be_texted_is_not_marked(
    open_desk: OpenDesk, office: Context, people: dict[str, int]
) -> None:
    with office.database.write() as connection:
        connection.exec_driver_sql("UPDATE client SET sms_consent = 0 WHERE name = 'Ben Vogt'")
    async with open_desk() as desk:
        await cancel(desk)
        await desk.press("F")
        await desk.sees("▶   Ben Vogt", "No offer by SMS: has not agreed to texts")
        await desk.press("space")
        await desk.sees("Ben Vogt can get no offer by SMS: has not agreed to texts.")
        await desk.press("o")
        await desk.sees("→ Cleo Maas", "→ Emil Horn", "SMS to Emil Horn", "instead of")


async def test_nothing_free_is_said(open_desk: OpenDesk, people: dict[str, int]) -> None:
    async with open_desk() as desk:
        await desk.press("F")
        await desk.sees("No time to come was freed lately")


async def test_nobody_fits(open_desk: OpenDesk, office: Context, asked: Any, start: Any) -> None:
    visit = book(office, asked, start, "Ana Ruiz", "+4915112345601")
    scheduling.cancel(office, visit, CancelReason.CLIENT_ASKED)
    async with open_desk() as desk:
        await desk.press("F")
        await desk.sees("Fill Fri 20 Mar 2026", "Nobody who waits would fit here.")
        await desk.press("o", "enter")
        await desk.sees("Nobody who waits would fit here.")
        await desk.press("escape")


async def test_it_is_offered_to_nobody_in_quiet_hours(
    open_desk: OpenDesk, people: dict[str, int], clock: Any
) -> None:
    async with open_desk() as desk:
        await cancel(desk)
        clock.now = datetime.combine(FRIDAY - timedelta(days=1), time(23), desk.office.zone)
        await desk.press("F")
        await desk.sees("▶ * Ben Vogt")
        await desk.press("o")
        await desk.sees("These are quiet hours")
        assert "Fill Fri 20 Mar" in desk.text()


async def test_where_there_is_room_it_is_said_beside_what_was_done(
    open_desk: OpenDesk, people: dict[str, int]
) -> None:
    async with open_desk(size=(140, 40)) as desk:
        await cancel(desk)
        await desk.sees("Ana Ruiz is cancelled. Fri 20 Mar 10:30 is free again, 4 would fit")
        await desk.sees("word of it leaves in 10 s  u Undo")


async def test_what_frees_nothing_for_anybody_says_nothing(
    open_desk: OpenDesk, office: Context, asked: Any, start: datetime
) -> None:
    book(office, asked, start, "Ana Ruiz", "+4915112345601")
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("Ana Ruiz  Scheduled")
        await desk.press("x")
        await desk.sees("Cancel: Ana Ruiz")
        await desk.press("1", "enter")
        await desk.sees("Ana Ruiz is cancelled; word of it leaves")
        await desk.pilot.pause()
        assert "free again" not in desk.text()
