"""Who else is at the desks: on the card, in the head of a modal, and who sends the messages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from interworky_tui.delivery.health import ChannelState, Health, to_text
from interworky_tui.domain.events import Channel
from interworky_tui.services import presence, scheduling
from interworky_tui.services.presence import Kind, Someone
from interworky_tui.ui.company import Company, where

both = pytest.mark.both_databases


@pytest.fixture
def ben(office):
    return presence.begin(replace(office, actor="Ben"), Kind.DESK, "pc-2")


def here(office, me):
    """What the person at the desk of the test is on, as the others see it."""
    return [one.appointment_id for one in presence.others(office, but=me.id)]


def line_of(desk, words):
    """The line of the modal that has these words, without its frame."""
    lines = [line.strip(" │▌▐┃║█▎▊") for line in desk.text().splitlines() if words in line]
    return lines[-1].strip() if lines else ""


@both
async def test_who_else_is_on_it_is_on_the_card_at_once_and_gone_when_they_leave(
    open_desk, asked, ben
):
    first, second = asked(name="Ana Ruiz").appointment.id, asked(name="Cleo Fox").appointment.id
    async with open_desk(size=(120, 30)) as desk:
        await desk.sees("Cleo Fox")
        assert "on this" not in desk.text()
        ben.seen()
        ben.seen(desk.app.screen.about)
        await desk.sees("Ben is on this")
        ben.seen(first + second - desk.app.screen.about)
        await desk.until(lambda: "Ben is on this" not in desk.text())
        await desk.press("down")
        await desk.sees("Ben is on this")
        ben.leave()
        await desk.until(lambda: "Ben is on this" not in desk.text())


@both
async def test_the_others_see_what_the_person_here_is_on(open_desk, asked, ben, office):
    asked(name="Ana Ruiz"), asked(name="Cleo Fox")
    async with open_desk() as desk:
        await desk.sees("Cleo Fox")
        ben.seen()
        await desk.until(lambda: here(office, ben) == [desk.app.screen.about])
        on = desk.app.screen.about
        await desk.press("down")
        await desk.until(lambda: desk.app.screen.about not in (on, None))
        await desk.until(lambda: here(office, ben) == [desk.app.screen.about])
    assert presence.others(office, but=ben.id) == ()


async def test_the_head_of_a_modal_says_it_and_one_of_something_else_does_not(
    open_desk, asked, ben, office
):
    on = asked(name="Ana Ruiz").appointment.id
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("t")
        await desk.sees("Set the time: Ana Ruiz")
        ben.seen()
        ben.seen(on)
        await desk.sees("Set the time: Ana Ruiz · Ben is on this")
        await desk.until(lambda: here(office, ben) == [on])
        ben.seen(None)
        await desk.until(lambda: "on this" not in desk.text().splitlines()[0])
        ben.seen(on)
        await desk.press("escape", "n")
        await desk.sees("New request")
        await desk.until(lambda: here(office, ben) == [None])
        assert "New request ·" not in desk.text()


@both
async def test_the_sweep_says_it_of_each_visit_and_tells_which_one_is_looked_at(
    open_desk, asked, ben, office, clock
):
    ids = [asked(name=name).appointment.id for name in ("Ana Ruiz", "Cleo Fox")]
    for half_hours, visit in enumerate(ids):
        scheduling.schedule(office, visit, clock.now + timedelta(minutes=30 * half_hours))
    clock.forward(hours=1)
    first, second = ids
    async with open_desk() as desk:
        await desk.press("S")
        await desk.sees("did they come?", "Ana Ruiz", "Cleo Fox")
        ben.seen()
        ben.seen(second)
        await desk.until(lambda: line_of(desk, "Cleo Fox").endswith("Ben is on this"))
        assert "on this" not in line_of(desk, "Ana Ruiz")
        assert "did they come? ·" not in desk.text()
        await desk.until(lambda: here(office, ben) == [first])
        await desk.press("down")
        await desk.until(lambda: here(office, ben) == [second])
        await desk.sees("did they come? · Ben is on this")
        ben.leave()
        await desk.until(lambda: "Ben" not in desk.text())


@both
async def test_so_does_what_is_done_to_many(open_desk, asked, ben, office):
    first, second = (asked(name=name).appointment.id for name in ("Ana Ruiz", "Cleo Fox"))
    async with open_desk() as desk:
        await desk.sees("Cleo Fox")
        await desk.press("A", "b", "t")
        await desk.sees("2 of 2")
        ben.seen()
        ben.seen(second)
        await desk.until(lambda: "! Ben is on this" in line_of(desk, "[x] Cleo Fox"))
        assert "on this" not in line_of(desk, "[x] Ana Ruiz")
        assert "for 2 requests ·" not in desk.text()
        await desk.until(lambda: here(office, ben) == [first])
        await desk.press("down")
        await desk.until(lambda: here(office, ben) == [second])
        await desk.sees("for 2 requests · Ben is on this")
        await desk.press("up", "space")
        await desk.sees("[ ] Ana Ruiz")
        ben.seen(first)
        await desk.until(lambda: "! Ben is on this" in line_of(desk, "[ ] Ana Ruiz"))
        ben.leave()
        await desk.until(lambda: "Ben" not in desk.text())
        await desk.press("enter")
        await desk.sees("1 request scheduled")


async def test_who_is_called_as_the_person_here_is_told_apart(open_desk, asked, office):
    on = asked(name="Cleo Fox").appointment.id
    same = presence.begin(office, Kind.DESK, "pc-2")
    async with open_desk() as desk:
        await desk.sees("Cleo Fox")
        same.seen()
        same.seen(on)
        await desk.sees("ana at pc-2 is on this")


async def test_colleagues_are_seen_through_the_curtain(open_desk, asked, office, ben):
    on = asked(name="Ben").appointment.id
    async with open_desk() as desk:
        await desk.press("p")
        ben.seen()
        ben.seen(on)
        await desk.sees(f"Client •{on}", "Ben is on this")


async def test_who_has_left_the_desk_is_on_nothing(open_desk, asked, office, ben, clock):
    asked(name="Cleo Fox")
    async with open_desk() as desk:
        await desk.sees("Cleo Fox")
        ben.seen()
        await desk.until(lambda: here(office, ben) == [desk.app.screen.about])
        clock.forward(minutes=5)
        ben._beat_at = None
        ben.seen()
        await desk.until(lambda: here(office, ben) == [None])
        await desk.press("down")
        await desk.until(lambda: here(office, ben) == [desk.app.screen.about])


@both
async def test_beside_a_worker_nothing_is_sent_from_the_desk_until_it_is_gone(
    open_desk, asked, office, clock
):
    worker = presence.begin(office, Kind.WORKER, "pc-3")
    worker.seen()
    asked_for = asked(name="Cleo Fox").appointment.id
    clock.forward(seconds=15)
    async with open_desk(size=(120, 30)) as desk:
        await desk.sees("worker sends")
        await desk.until(lambda: desk.app.jobs is not None)
        for _ in range(20):
            await desk.pilot.pause(0.005)
        assert {row["state"] for row in desk.messages(asked_for)} == {"pending"}
        worker.leave()
        await desk.until(lambda: "worker sends" not in desk.text())
        await desk.until(
            lambda: {row["state"] for row in desk.messages(asked_for)} == {"previewed"}
        )
        presence.begin(office, Kind.WORKER, "pc-3").seen()
        await desk.sees("worker sends")


@both
async def test_a_channel_that_the_worker_cannot_reach_is_on_the_banner(open_desk, office, clock):
    worker = presence.begin(office, Kind.WORKER, "pc-3")
    advice = "The provider does not answer; check the network."
    email = ChannelState(Channel.EMAIL, Health.LIVE)
    down = ChannelState(Channel.SMS, Health.DOWN, clock.now, clock.now, advice)
    async with open_desk(size=(120, 30)) as desk:
        await desk.until(lambda: presence.others(office))
        worker.seen(channels=to_text([email, down]))
        await desk.sees("email live · SMS down · worker sends", "cannot be reached since", advice)
        worker.seen(channels=to_text([email, replace(down, health=Health.LIVE, advice="")]))
        await desk.sees("email live · SMS live · worker sends")
        assert advice not in desk.text()
        worker.leave()
        await desk.sees("email preview · SMS preview ")


def test_many_are_told_of_in_few_words():
    company = Company(lambda: None)
    names = ["Ben", "Cleo", "Dana"]
    company.others = tuple(Someone(name, Kind.DESK, name, "pc", 4) for name in names)
    assert company.said_of(4) == "Ben and 2 others are on this"
    company.others = company.others[:2]
    assert company.said_of(4) == "Ben and Cleo are on this"
    assert (company.said_of(5), company.said_of(None)) == ("", "")
    assert where(()) is None


async def test_a_long_name_leaves_room_for_who_is_on_it(open_desk, asked, ben):
    name = "Maximiliane von Hohenstein-Wallenberg zu Dietrichstein"
    on = asked(name=name).appointment.id
    async with open_desk() as desk:
        await desk.sees(name)
        ben.seen()
        ben.seen(on)
        await desk.sees("Maximiliane von Hohenstein-…  Requested  Ben is on this")
        await desk.press("t")
        await desk.sees("Set the time: Maximiliane von Hohenstein-Wallenberg zu… · Ben is on this")
