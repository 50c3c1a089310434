"""What a person is told when the office is opened with something wrong in its folder."""

import os

import pytest

from interworky_tui import config
from interworky_tui.delivery.health import Health
from interworky_tui.ui.app import DeskApp
from interworky_tui.ui.messages import ChannelsChanged
from interworky_tui.ui.screens.desk import DeskScreen
from tests.delivery.smtp_server import serve
from tests.ui.conftest import Desk
from tests.ui.test_terminal import read_until, start


def desk_app(places, clock):
    settings = config.load(places.settings_file, {})
    return DeskApp(settings, places, clock=clock)


async def test_a_template_that_cannot_be_used_is_told_once(shell, places, clock):
    shell.add()
    bad = places.config / "templates" / "scheduled" / "client" / "sms.txt"
    bad.parent.mkdir(parents=True)
    bad.write_text("Dear {nonsense}\n")
    app = desk_app(places, clock)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        desk = Desk(pilot, app, await app.hands.office())
        await desk.sees("scheduled/client/sms.txt, line 1", "templates check")
        assert len(app._notifications) == 1


async def test_good_templates_are_not_told_of(shell, places, clock):
    shell.add()
    app = desk_app(places, clock)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        desk = Desk(pilot, app, await app.hands.office())
        await desk.until(lambda: app.channels)
        assert len(app._notifications) == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_secrets_that_others_can_read_close_the_desk_with_a_sentence(shell, set_up, places):
    with serve("none") as mails:
        set_up(mails, None)
        (places.config / "secrets.toml").chmod(0o644)
        shell("list")
        process, main = start(places.data)
        try:
            read_until(main, b"chmod 600")
            assert process.wait(20) == 1
        finally:
            process.kill()
            os.close(main)
        assert mails.connections == 0


async def test_the_screens_hear_how_the_channels_are(shell, places, clock, monkeypatch):
    heard = []
    post = DeskScreen.post_message

    def hear(screen, message):
        if isinstance(message, ChannelsChanged):
            heard.append(message.states)
        return post(screen, message)

    monkeypatch.setattr(DeskScreen, "post_message", hear)
    shell.add()
    app = desk_app(places, clock)
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(pilot, app, await app.hands.office())
        await desk.until(lambda: heard)
    assert heard == [app.channels]
    assert {state.health for state in app.channels} == {Health.PREVIEW}
