"""The lock on the real desk: by key, when idle, over whatever is open, and after a restart."""

import msgspec
import pytest

from interworky_tui import pin
from interworky_tui.config import Desk
from interworky_tui.domain.feedback import Source, Survey
from interworky_tui.lock import DeskLock
from interworky_tui.services import feedback
from tests.ui.test_survey import pending, served  # noqa: F401

PIN = "2468"


@pytest.fixture
def with_pin(places):
    pin.store(places.config, PIN)


@pytest.fixture
def idle(settings):
    """The desk locks itself after five minutes."""
    return msgspec.structs.replace(settings, desk=Desk(actor="ana", lock_minutes=5))


async def locked(desk):
    await desk.sees("Lindenhof Practice", "Type the PIN")
    assert desk.app.locked
    assert "Ana" not in desk.text()


async def unlock(desk):
    await desk.press(*PIN, "enter")
    await desk.until(lambda: not desk.app.locked)


@pytest.mark.usefixtures("with_pin")
@pytest.mark.parametrize("size", [(80, 24), (140, 40), (40, 12)])
async def test_it_hides_everything_until_the_pin_is_typed(open_desk, asked, size):
    asked()
    async with open_desk(size=size) as desk:
        await desk.until(lambda: desk.app.screen.card or size[0] < 80)
        await desk.press("ctrl+l")
        await locked(desk)
        await desk.sees("Mon 16 Mar 2026, 09:10")
        await desk.press("1", "2", "3", "4")
        await desk.sees("●●●●")
        assert "1234" not in desk.text()
        await desk.press("enter")
        await desk.sees("That is not the PIN.")
        await desk.press("9", "escape", "2", "4", "6", "8", "1", "backspace", "enter")
        await desk.until(lambda: not desk.app.locked)
        await desk.until(lambda: "Ana Ruiz" in desk.text() or size[0] < 80)


@pytest.mark.usefixtures("with_pin")
async def test_no_key_of_the_desk_works_through_it(open_desk, asked):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("ctrl+l")
        await locked(desk)
        keys = ("ctrl+p", "p", "x", "n", "t", "ctrl+t", "slash", "u", "m", "tab", "ctrl+l", "f1")
        await desk.press(*keys)
        await locked(desk)
        assert len(desk.app.screen_stack) == 2
        await unlock(desk)
        assert not desk.app.curtain.drawn
        assert desk.row(one.id)["status"] == "requested"
        assert desk.app.theme == "desk-dark"


@pytest.mark.usefixtures("with_pin")
async def test_guesses_have_to_wait(open_desk, clock):
    async with open_desk() as desk:
        await desk.press("ctrl+l")
        for _ in range(4):
            await desk.press("1", "1", "1", "1", "enter")
            await desk.sees("That is not the PIN.")
            await desk.until(lambda: not desk.app.screen._checking)
        await desk.sees("Wait 2 s")
        await desk.press(*PIN, "enter")
        await desk.sees("Too many wrong PINs: wait 2 s.")
        assert desk.app.locked
        clock.forward(seconds=2)
        desk.app._tick()
        await desk.sees("Type the PIN")
        await unlock(desk)


@pytest.mark.usefixtures("with_pin")
async def test_what_was_typed_in_a_modal_is_there_again(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.press("n")
        await desk.until(lambda: desk.app.screen.is_modal)
        await desk.type("Bo Ek")
        await desk.press("ctrl+l")
        await locked(desk)
        assert "Bo Ek" not in desk.text()
        await unlock(desk)
        assert desk.app.screen.query_one("#name").value == "Bo Ek"
        await desk.type("holm")
        assert desk.app.screen.query_one("#name").value == "Bo Ekholm"


@pytest.mark.usefixtures("with_pin")
async def test_a_modal_that_closes_by_itself_opens_nothing(open_desk, pending, office, served):  # noqa: F811
    async with open_desk(settings=served(public_url="https://desk.example")) as desk:
        await desk.press("4", "s")
        await desk.sees("Survey for Ana Ruiz")
        await desk.press("ctrl+l")
        await locked(desk)
        with office.database.write() as connection:
            said = Survey(5, "all good", source=Source.WEB)
            feedback.take(connection, office, pending, said, office.clock())
        await desk.until(lambda: len(desk.app.screen_stack) == 2)
        await locked(desk)
        await desk.until(lambda: desk.app._untold)
        await locked(desk)
        await unlock(desk)
        await desk.sees("Ana Ruiz answered, by web")
        assert len(desk.app.screen_stack) == 1


@pytest.mark.usefixtures("with_pin")
async def test_what_opens_late_opens_beneath_it(open_desk, asked):
    from interworky_tui.ui.screens.help import HelpScreen

    asked()
    async with open_desk() as desk:
        await desk.press("ctrl+l")
        await locked(desk)
        desk.app.push_screen(HelpScreen([]))
        await desk.pilot.pause()
        await locked(desk)
        assert "Help" not in desk.text()
        await unlock(desk)
        await desk.sees("Help")
        await desk.press("escape")
        await desk.sees("Ana Ruiz")


@pytest.mark.usefixtures("with_pin")
async def test_left_idle_it_locks_itself(open_desk, asked, clock, idle):
    asked()
    async with open_desk(settings=idle) as desk:
        await desk.sees("Ana Ruiz")
        clock.forward(minutes=4, seconds=59)
        desk.app._tick()
        assert not desk.app.locked
        await desk.press("down")
        clock.forward(minutes=4, seconds=59)
        desk.app._tick()
        await desk.pilot.hover(offset=(5, 5))
        clock.forward(minutes=4, seconds=59)
        desk.app._tick()
        assert not desk.app.locked
        clock.forward(seconds=1)
        desk.app._tick()
        await locked(desk)
        await unlock(desk)
        desk.app._tick()
        assert not desk.app.locked


async def test_without_a_pin_nothing_locks_itself(open_desk, clock, idle):
    async with open_desk(settings=idle) as desk:
        clock.forward(hours=1)
        desk.app._tick()
        assert not desk.app.locked


@pytest.mark.usefixtures("with_pin")
async def test_without_the_setting_it_stays_open(open_desk, clock):
    async with open_desk() as desk:
        clock.forward(days=1)
        desk.app._tick()
        assert not desk.app.locked


@pytest.mark.usefixtures("with_pin")
@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_who_leaves_finds_it_locked_again(open_desk, asked, places, clock, key):
    asked()
    async with open_desk() as desk:
        await desk.press("ctrl+l")
        await locked(desk)
        await desk.press(key)
        await desk.until(lambda: desk.app._exit)
    async with open_desk() as desk:
        await locked(desk)
        await desk.until(lambda: desk.app.jobs is not None)
        await unlock(desk)
        await desk.sees("Ana Ruiz", "1 Request 1")
        await desk.press("x", "1", "enter")
        await desk.sees("Ana Ruiz is cancelled")


@pytest.mark.usefixtures("with_pin")
async def test_locked_it_goes_on_sending(open_desk, asked, places, clock):
    DeskLock(places, clock).shut()
    one = asked().appointment
    async with open_desk() as desk:
        await locked(desk)
        clock.forward(minutes=5)
        desk.app._tick()
        desk.app._wake()
        await desk.until(lambda: {m["state"] for m in desk.messages(one.id)} == {"previewed"})
        await locked(desk)


async def test_without_a_pin_the_key_sets_one_and_locks(open_desk, asked, places):
    asked()
    async with open_desk() as desk:
        await desk.press("ctrl+l")
        await desk.sees("The desk has no PIN yet", "pin set")
        await desk.press(*PIN, "tab", "1", "enter")
        await desk.sees("The two are not the same.")
        assert PIN not in desk.text()
        await desk.press("backspace", *PIN, "enter")
        await locked(desk)
        assert pin.is_right(places.config, PIN)
        await unlock(desk)
        await desk.sees("Ana Ruiz")


async def test_without_a_pin_the_key_can_be_thought_better_of(open_desk, places):
    async with open_desk() as desk:
        await desk.press("ctrl+l")
        await desk.sees("The desk has no PIN yet")
        await desk.press("ctrl+l", "escape")
        await desk.until(lambda: not desk.app.screen.is_modal)
        assert not pin.is_set(places.config)


@pytest.mark.usefixtures("with_pin")
async def test_the_lock_can_be_found_in_the_palette(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.press("ctrl+p")
        await desk.type("Lock")
        await desk.sees("Lock (Ctrl+L)")
        await desk.press("enter")
        await locked(desk)
