"""A client is forgotten from the card, by a word that has to be typed."""

import pytest

from interworky_tui.services import inbox, scheduling
from tests.ui.test_caller import BJORN
from tests.ui.test_desk_lifecycle import FRIDAY_1430


async def open_card(desk, name):
    await desk.press("c")
    await desk.until(lambda: type(desk.app.screen).__name__ == "CallerScreen")
    await desk.type(name)
    await desk.sees("On file")
    await desk.press("enter")
    await desk.sees("Next caller")


@pytest.mark.both_databases
@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_client_is_forgotten_by_keys(open_desk, asked, office, size):
    first = asked()
    second = asked(note="Brings the dog")
    scheduling.schedule(office, second.appointment.id, FRIDAY_1430)
    asked(*BJORN)
    async with open_desk(size) as desk:
        await desk.sees("Ana Ruiz")
        await open_card(desk, "ana")
        await desk.press("E")
        await desk.sees("Forget: Ana Ruiz", "2 visits: the notes and reasons; 2 open: cancelled")
        await desk.sees("nobody is told", "Backups keep it")
        await desk.press("enter")
        await desk.sees("Type forget to forget this client")
        assert desk.row(first.appointment.id)["status"] == "requested"
        await desk.type("forget")
        await desk.press("enter")
        await desk.sees("Client 1 is forgotten; 2 open visits were cancelled.", "Who is calling?")
        await desk.type("ana")
        await desk.sees("Nobody has that")
        await desk.press("escape")
        await desk.sees("Björn")
        await desk.press("6")
        await desk.sees("Erased client", "no phone: no SMS")
        assert desk.row(second.appointment.id)["note"] == ""
        states = {(row["state"], row["reason"]) for row in desk.messages(first.appointment.id)}
        assert states == {("cancelled", "erased")}
        await desk.press("u")
        await desk.sees("That client was forgotten")


async def test_nobody_is_forgotten_by_escape_or_behind_the_curtain(open_desk, asked):
    filed = asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await open_card(desk, "ana")
        await desk.press("E")
        await desk.sees("What goes, for good")
        await desk.type("forget")
        await desk.press("escape")
        await desk.until(lambda: "What goes" not in desk.text())
        await desk.press("p", "E")
        await desk.sees("The curtain is drawn")
        assert desk.row(filed.appointment.id)["status"] == "requested"


async def test_a_number_that_comes_back_has_still_opted_out(open_desk, asked, office):
    asked()
    inbox.stop_texts(office, "+4915112345601")
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "NOSMS")
        await open_card(desk, "ana")
        await desk.press("E")
        await desk.sees("Opted out of texts: stays so")
        await desk.type("forget")
        await desk.press("enter")
        await desk.sees("Client 1 is forgotten")
        await desk.press("escape")
        await desk.until(lambda: "NOSMS" not in desk.text())
        await desk.press("n")
        await desk.sees("Name")
        for field in ("Ana Ruiz", "015112345601", "", "fri morning"):
            await desk.type(field)
            await desk.press("tab")
        await desk.press("enter")
        await desk.sees("Ana Ruiz", "NOSMS", "Opted out of texts")
