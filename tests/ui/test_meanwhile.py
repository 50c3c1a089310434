"""Somebody else was first: the form keeps its text, says who did what, and Enter again saves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.services import editing, feedback, scheduling, visits
from interworky_tui.storage.moments import from_text
from tests.ui.test_desk_lifecycle import FRIDAY_1430
from tests.ui.test_type_ahead import rush

both = pytest.mark.both_databases


@pytest.fixture
def ben(office):
    return replace(office, actor="ben")


@both
async def test_a_time_is_saved_at_the_second_enter(open_desk, asked, ben):
    one = asked().appointment.id
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("t")
        await desk.type("fri 14:30")
        await desk.sees("Fri 20 Mar 2026, 14:30–")
        scheduling.schedule(ben, one, FRIDAY_1430 + timedelta(hours=1))
        await desk.press("enter")
        await desk.sees("ben gave it the time Fri 20 Mar 2026, 15:30", "Enter again")
        assert desk.app.screen.typed("when") == "fri 14:30"
        assert from_text(desk.row(one)["starts_at"]) == FRIDAY_1430 + timedelta(hours=1)
        await desk.press("enter")
        await desk.sees("moved to Fri 20 Mar 2026, 14:30")
        assert from_text(desk.row(one)["starts_at"]) == FRIDAY_1430


async def test_a_second_enter_that_was_pressed_before_it_could_be_read_does_nothing(
    open_desk, asked, ben
):
    one = asked().appointment.id
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("t")
        await desk.type("fri 14:30")
        await desk.sees("Fri 20 Mar 2026, 14:30–")
        scheduling.schedule(ben, one, FRIDAY_1430 + timedelta(hours=1))
        rush(desk, "enter", "enter")
        await desk.sees("ben gave it the time", "Enter again")
        await desk.pilot.pause(0.05)
        assert desk.app.screen.is_modal
        assert from_text(desk.row(one)["starts_at"]) == FRIDAY_1430 + timedelta(hours=1)


async def test_what_is_not_possible_any_more_says_why_and_keeps_what_was_typed(
    open_desk, asked, ben
):
    one = asked().appointment.id
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("t")
        await desk.type("fri 14:30")
        await desk.sees("Fri 20 Mar 2026, 14:30–")
        scheduling.cancel(ben, one, CancelReason.CLIENT_ASKED)
        for _ in range(2):
            await desk.press("enter")
            await desk.sees("ben cancelled it in the meantime. Only a request can")
        assert "Enter again" not in desk.text()
        assert desk.app.screen.typed("when") == "fri 14:30"


async def test_a_cancel_frees_the_time_that_it_had_last(open_desk, asked, office, ben):
    one = asked().appointment.id
    scheduling.schedule(office, one, FRIDAY_1430)
    asked("Cleo Fox", "+4915112345602", "c@example.com", band="afternoon")
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("Ana Ruiz", "14:30")
        await desk.press("x", "3")
        await desk.sees("▶ 3")
        scheduling.schedule(ben, one, FRIDAY_1430 - timedelta(hours=1))
        await desk.press("enter")
        await desk.sees("ben moved it to Fri 20 Mar 2026, 13:30", "Enter again")
        await desk.press("enter")
        await desk.until(lambda: desk.row(one)["status"] == "cancelled")
        await desk.sees("13:30 is free again")


async def test_attended_asks_of_the_visit_as_it_is_by_now(open_desk, asked, office, ben, clock):
    one = asked().appointment.id
    scheduling.schedule(office, one, clock() + timedelta(minutes=1))
    clock.forward(minutes=5)
    async with open_desk() as desk:
        await desk.press("2")
        await desk.sees("Ana Ruiz")
        await desk.press("a")
        await desk.sees("Did Ana Ruiz come")
        visits.arrive(ben, one)
        await desk.press("enter")
        await desk.sees("ben marked the client as here in the meantime", "Enter again")
        await desk.press("enter")
        await desk.until(lambda: desk.row(one)["status"] == "attended")


async def test_a_day_that_others_have_used_up_is_told(open_desk, asked, office, ben, clock):
    one = asked().appointment.id
    scheduling.schedule(office, one, clock() + timedelta(minutes=1))
    clock.forward(minutes=5)
    visits.attend(office, one)
    feedback.collect(office, one)
    clock.forward(days=1)
    async with open_desk() as desk:
        await desk.press("4")
        await desk.sees("Ana Ruiz")
        await desk.press("f")
        await desk.sees("again")
        feedback.collect(ben, one)
        await desk.press("enter")
        await desk.sees("ben asked the client for feedback again in the meantime. The client was")
        assert "Enter again" not in desk.text()


@both
async def test_an_edit_keeps_what_others_mended_beside_it(open_desk, asked, office, ben):
    made = asked()
    one, client = made.appointment.id, made.client
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("e")
        await desk.sees("Edit: Ana Ruiz")
        entry = desk.app.screen.query_one("#name")
        entry.value = "Ana Ruiz Soto"
        editing.edit(
            ben,
            client.id,
            one,
            name=client.name,
            phone="+4915112345699",
            email=client.email,
            service="Check-up",
            note="",
        )
        await desk.press("enter")
        await desk.sees("ben changed the phone and service in the meantime", "Enter again")
        assert desk.app.screen.typed("phone") == "+4915112345699"
        await desk.press("enter")
        await desk.sees("Saved: Ana Ruiz Soto")
        await desk.sees("Check-up")
        assert desk.row(one)["service"] == "Check-up"


async def test_an_edit_of_words_goes_through_when_the_visit_was_only_moved(open_desk, asked, ben):
    one = asked().appointment.id
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("e")
        await desk.sees("Edit: Ana Ruiz")
        scheduling.schedule(ben, one, FRIDAY_1430)
        desk.app.screen.query_one("#note").value = "brings papers"
        await desk.press("enter")
        await desk.sees("Saved: Ana Ruiz")
        assert desk.row(one)["note"] == "brings papers"
