"""The curtain on the real desk: every screen and modal, toasts and the terminal's title."""

import re
from datetime import timedelta

import msgspec
import pytest

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.feedback import Source, Survey
from interworky_tui.services import feedback, scheduling, visits
from interworky_tui.ui.curtain import HIDDEN
from tests.ui.test_channels import fail, text
from tests.ui.test_desk_lifecycle import FRIDAY_1430

NAME, PHONE, EMAIL = "Zebulon Quartz", "+4915112345601", "zq@canary.example"
WORDS = ("zebulon", "quartz", "canary", "penguin", "xylophone", "biscuit", "walrus", "giraffe")
DIGITS = "2345601"


@pytest.fixture
def secrets(office, clock, asked):
    """One client with an appointment in each status and everything on file."""
    own = {"email": EMAIL, "service": "xylophone lesson", "note": "afraid of penguins"}
    ids = [asked(NAME, PHONE, **own).appointment.id for _ in range(6)]
    for place, one in enumerate(ids[1:5]):
        scheduling.schedule(office, one, FRIDAY_1430 + timedelta(hours=place))
    scheduling.cancel(office, ids[5], CancelReason.OTHER, "a walrus bit them")
    clock.now = FRIDAY_1430 + timedelta(hours=4)
    for one in ids[2:5]:
        visits.attend(office, one)
    for one in ids[3:5]:
        feedback.collect(office, one)
        clock.forward(days=1)
    answer(office, ids[4], "the biscuit was stale")
    fail(office, ids[0])
    text(office, "May I bring my giraffe?")
    return ids


def answer(office, one, words):
    with office.database.write() as connection:
        survey = Survey(2, bad=words, source=Source.WEB)
        feedback.take(connection, office, one, survey, office.clock())


def told(desk):
    """The words that tell who it is, wherever they can be read."""
    app = desk.app
    shown = "\n".join([desk.text(), desk.toasts(), app.title, app.sub_title, str(app.screen.title)])
    found = [word for word in WORDS if word in shown.casefold()]
    return found + [DIGITS] * (DIGITS in re.sub(r"\D", "", shown))


async def covered(desk, *there):
    await desk.sees(*there)
    assert told(desk) == [], desk.text()


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_no_screen_tells_who_it_is(open_desk, secrets, size):
    async with open_desk(size=size) as desk:
        for seen in reversed(secrets):
            await desk.press("left")
            await desk.sees("Zebulon", f"#{seen}")
        assert told(desk)
        await desk.press("p")
        assert told(desk) == []
        for seen in (*secrets[1:], secrets[0]):
            await desk.press("right")
            await covered(desk, "CURTAIN", "Client •1", f"#{seen}", HIDDEN)
        await desk.press("m")
        await covered(desk, "1 waiting for an answer", "1 failed or held", HIDDEN)
        for _ in range(12):
            await desk.press("down")
            await covered(desk, "Messages")
        await desk.press("escape", "i")
        await covered(desk, "Insights")
        await desk.press("escape", "d", "left", "left")
        await covered(desk, "Client •1")
        await desk.press("escape", "question_mark")
        await covered(desk, "Help")


async def test_drawn_and_opened_on_any_screen(open_desk, secrets):
    async with open_desk(size=(140, 40)) as desk:
        for way in ([], ["m"], ["d", "left", "left"]):
            await desk.press(*way)
            await desk.sees("Zebulon")
            await desk.press("p")
            await covered(desk, "Client •1")
            await desk.press("p")
            await desk.sees("Zebulon")
            await desk.press("escape")


@pytest.mark.parametrize(
    ("tab", "key", "seen"),
    [
        ("1", "t", "Set the time: Client •1"),
        ("2", "a", "Did Client •1 come"),
        ("2", "t", "Update the time: Client •1"),
        ("2", "x", "Cancel: Client •1"),
        ("4", "s", "Survey for Client •1"),
        ("1", "space b enter", "Visit •1"),
        ("2", "space b x 1", "Visit •2"),
        ("2", "S", "Client •1"),
        ("3", "N", "Client •1"),
        ("3", "c 5 6 0 1", "Client •1"),
        ("3", "c 5 6 0 1 enter", "Client •1"),
    ],
)
async def test_modals_know_the_mask_only(open_desk, secrets, tab, key, seen):
    async with open_desk() as desk:
        await desk.press("p", tab)
        await covered(desk, "Client •1")
        await desk.until(lambda: not desk.app._notifications or desk.app.clear_notifications())
        for one in key.split():
            await desk.press(one)
        await covered(desk, seen)


async def test_a_free_time_is_given_under_the_curtain(open_desk, secrets, office, asked, clock):
    monday = clock.now + timedelta(hours=20)
    freed = asked(NAME, PHONE, email=EMAIL, date=monday.date()).appointment.id
    scheduling.schedule(office, freed, monday)
    scheduling.cancel(office, freed, CancelReason.OFFICE)
    async with open_desk() as desk:
        await desk.press("p")
        await covered(desk, "Client •1")
        await desk.press("F")
        await covered(desk, "Visit •1")
        assert desk.app.screen.is_modal
        await desk.press("o")
        await desk.until(lambda: not desk.app.screen._busy)
        await covered(desk)


async def test_the_visit_is_as_long_as_its_hidden_service_takes(open_desk, secrets, settings):
    slots = msgspec.structs.replace(settings.slots, services={"xylophone lesson": 55})
    async with open_desk(settings=msgspec.structs.replace(settings, slots=slots)) as desk:
        await desk.press("p")
        await covered(desk, "Client •1")
        await desk.press("t")
        await covered(desk, "Set the time: Client •1")
        await desk.until(lambda: desk.app.screen.query_one("#minutes").value == "55")


async def test_what_needs_no_name_is_done_under_the_curtain(open_desk, secrets):
    requested, scheduled = secrets[:2]
    async with open_desk() as desk:
        await desk.press("p", "2", "a")
        await covered(desk, "Did Client •1 come")
        await desk.press("enter")
        await desk.until(lambda: desk.row(scheduled)["status"] == "attended")
        await covered(desk, "Client •1 attended")
        await desk.press("1", "x", "1")
        await covered(desk, "SMS to the client", "segment", HIDDEN)
        await desk.press("enter")
        await desk.until(lambda: desk.row(requested)["status"] == "cancelled")
        await covered(desk, "Client •1 is cancelled")
        sent = [message["body"] for message in desk.messages(requested)]
        assert any("Zebulon" in body for body in sent)
        assert not any("•" in body for body in sent)


@pytest.mark.parametrize(
    ("tab", "key"), [("1", "n"), ("1", "e"), ("1", "o"), ("1", "comma"), ("4", "w"), ("5", "v")]
)
async def test_forms_wait_until_it_is_opened(open_desk, secrets, tab, key):
    async with open_desk() as desk:
        await desk.press("p", tab)
        await covered(desk, "Client •1")
        await desk.press(key)
        await covered(desk, "The curtain is drawn: press p first.")
        assert not desk.app.screen.is_modal


@pytest.mark.parametrize("key", ["a", "o"])
async def test_answers_wait_until_it_is_opened(open_desk, secrets, key):
    async with open_desk() as desk:
        await desk.press("p", "m")
        await covered(desk, HIDDEN)
        await desk.press(key)
        await covered(desk, "The curtain is drawn: press p first.")


async def test_an_open_modal_is_left_when_it_is_drawn(open_desk, secrets):
    async with open_desk() as desk:
        await desk.press("2", "a")
        await desk.sees("Did Zebulon Quartz come")
        await desk.press("p")
        await covered(desk, "Client •1")
        assert not desk.app.screen.is_modal
        assert desk.row(secrets[1])["status"] == "scheduled"


async def test_in_a_field_the_key_is_a_letter(open_desk, secrets):
    async with open_desk() as desk:
        await desk.press("n", "p")
        await desk.until(lambda: desk.app.screen.is_modal)
        await desk.until(lambda: desk.app.screen.query_one("#name").value == "p")
        assert not desk.app.curtain.drawn


async def test_what_was_searched_for_is_hidden_too(open_desk, secrets):
    async with open_desk() as desk:
        await desk.press("slash")
        await desk.type("zebulon")
        await desk.press("enter")
        await desk.sees("zebulon", "Zebulon Quartz")
        await desk.press("p")
        await covered(desk, "Client •1")
        await desk.press("escape", "slash")
        await desk.type("quartz")
        await covered(desk, "Client •1")


async def test_what_comes_in_meanwhile_names_nobody(open_desk, secrets, office):
    async with open_desk() as desk:
        await desk.press("p")
        await covered(desk, "Client •1")
        answer(office, secrets[3], "the biscuit again")
        await covered(desk, f"Visit •{secrets[3]} answered, by web")


async def test_what_was_just_done_loses_the_name(open_desk, secrets):
    async with open_desk() as desk:
        await desk.press("1", "x", "1", "enter")
        await desk.sees("Zebulon Quartz is cancelled")
        await desk.press("p")
        await covered(desk, "is cancelled")
        await desk.press("u")
        await desk.until(lambda: desk.row(secrets[0])["status"] == "requested")
        await covered(desk, "Client •1")
