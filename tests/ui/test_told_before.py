"""What the modals say before a change: quiet hours, channels that are out, the texts."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from interworky_tui.services import opt_outs, scheduling
from interworky_tui.ui.messages import ChannelsChanged
from tests.ui.contrast import poor
from tests.ui.test_channels import down
from tests.ui.test_desk_lifecycle import FRIDAY_1430
from tests.ui.test_messages_screen import rows

EVENING = datetime(2026, 3, 20, 20, 10, tzinfo=UTC)
"""Friday, 21:10 in Berlin."""


@pytest.fixture
def visited(asked, office, clock):
    one = asked().appointment
    scheduling.schedule(office, one.id, FRIDAY_1430)
    clock.now = EVENING
    return one


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_thanks_wait_for_the_end_of_the_quiet_hours(open_desk, visited, office, size):
    async with open_desk(size=size) as desk:
        await desk.press("2", "a")
        await desk.sees("Did Ana Ruiz come", "→ client  SMS")
        await desk.sees("waits until 08:00 (quiet hours)", "1 segment", "Enter Yes, attended")
        await desk.press("enter")
        await desk.sees("Ana Ruiz attended")
        await desk.press("3")
        await desk.sees("Ana Ruiz  Attended  #1")
        if size[0] == 80:
            await desk.press("shift+down")
        await desk.sees("client email, SMS: waits until 08:00 (quiet hours)")


async def test_what_is_done_by_hand_at_night_is_warned_of(open_desk, asked, clock):
    asked()
    clock.now = datetime(2026, 3, 16, 20, 10, tzinfo=UTC)
    async with open_desk() as desk:
        await desk.press("t")
        await desk.sees("Minutes")
        await desk.type("fri 14:30")
        await desk.sees("It is 21:10, quiet hours: the client hears of this at once.")
        await desk.sees("SMS to the client, 1 segment", "Enter Save")
        await desk.press("escape", "x", "1")
        await desk.sees("It is 21:10, quiet hours: the client hears of this at once.")
        await desk.sees("SMS to the client, 1 segment", "Enter Cancel the appointment")


async def test_nothing_is_said_of_quiet_hours_by_day(open_desk, asked):
    asked()
    async with open_desk() as desk:
        await desk.press("x", "1")
        await desk.sees("Tells client", "SMS to the client")
        assert "quiet" not in desk.text()


async def test_a_channel_that_is_down_is_said_to_leave_later(open_desk, asked, office, clock):
    asked()
    async with open_desk() as desk:
        desk.app.screen.post_message(ChannelsChanged(down(clock.now)))
        await desk.sees("SMS down")
        await desk.press("x", "1")
        await desk.sees("SMS cannot be reached: leaves when it can.")


async def test_a_number_that_opted_out_is_said_to_get_nothing(open_desk, asked, office):
    asked()
    with office.database.write() as connection:
        opt_outs.opt_out(connection, "+4915112345601", opt_outs.Source.REPLY, office.clock())
    async with open_desk() as desk:
        await desk.press("x", "1")
        await desk.sees("1 not sent: the number", "SMS to the client, not sent")


async def test_every_part_of_a_crowded_modal_fits(open_desk, asked, office, clock):
    """A double booking, on another day, at night, with a channel down: the keys are seen."""
    other = asked("Björn Åkesson", "+4915112345602", "b@example.com").appointment
    scheduling.schedule(office, other.id, FRIDAY_1430 + timedelta(days=1))
    asked()
    clock.now = datetime(2026, 3, 16, 20, 10, tzinfo=UTC)
    async with open_desk() as desk:
        desk.app.screen.post_message(ChannelsChanged(down(clock.now)))
        await desk.sees("SMS down")
        await desk.press("t")
        await desk.sees("Minutes")
        await desk.type("sat 14:30")
        await desk.sees("DOUBLE BOOKING", "another day", "quiet hours", "leaves when it can")
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen.query_one(".error").has_class("-told"))
        await desk.sees("Ctrl+O books both.", "Enter Save", "╰")


async def test_a_long_name_leaves_room_for_the_undo(open_desk, asked):
    asked("Wolfgang Amadeus Hildebrandt-Zimmermann zu Hohenstein und von der Heide")
    async with open_desk() as desk:
        await desk.press("x", "1", "enter")
        await desk.sees("Wolfgang Amadeus", "… is cancelled; word of it leaves in 10 s", " u Undo ")


async def test_a_client_gets_a_language_and_no_more_texts(open_desk, asked, office):
    asked()
    async with open_desk() as desk:
        await desk.press("e")
        await desk.sees("An edit tells nobody", "Texts", "empty: the office's own (en)")
        await desk.press("tab", "tab", "tab")
        await desk.type("xx yy")
        await desk.press("enter")
        await desk.sees("is not a language code")
        assert desk.app.focused.id == "language"
        for _ in range(5):
            await desk.press("backspace")
        await desk.type("es")
        await desk.press("tab")
        await desk.type("maybe")
        await desk.press("enter")
        await desk.sees("Texts: yes or no.")
        assert desk.app.focused.id == "texts"
        for _ in "maybe":
            await desk.press("backspace")
        await desk.type("no")
        await desk.press("enter")
        await desk.sees("Saved: Ana Ruiz.", "NOSMS")
        assert rows(office, "SELECT language FROM client") == [{"language": "es"}]
        assert rows(office, "SELECT source FROM sms_opt_out") == [{"source": "desk"}]
        await desk.press("e")
        await desk.sees("An edit tells nobody")
        await desk.press("tab", "tab", "tab", "backspace", "tab")
        await desk.type("yes")
        await desk.press("enter")
        await desk.until(lambda: not rows(office, "SELECT source FROM sms_opt_out"))
        assert rows(office, "SELECT language FROM client") == [{"language": None}]


async def test_who_agrees_at_the_desk_is_texted_though_not_asked_for_on_the_web(
    open_desk, asked, office
):
    asked()
    with office.database.write() as connection:
        connection.exec_driver_sql("UPDATE client SET sms_consent = 0")
    async with open_desk() as desk:
        await desk.sees("Has not agreed to texts")
        await desk.press("e")
        await desk.sees("An edit tells nobody")
        await desk.press("tab", "tab", "tab", "tab")
        assert desk.app.focused.value == "no"
        await desk.type("yes")
        await desk.press("enter")
        await desk.until(lambda: rows(office, "SELECT sms_consent AS yes FROM client")[0]["yes"])
        await desk.until(lambda: "Has not agreed" not in desk.text())


async def test_an_edit_that_is_refused_in_part_changes_nothing_and_can_be_mended(
    open_desk, asked, office
):
    asked("Ana Ruis")
    async with open_desk() as desk:
        await desk.press("e")
        await desk.sees("An edit tells nobody")
        await desk.press("end", "backspace", "z")
        desk.app.screen.query_one("#service").value = "x" * 300
        await desk.press("enter")
        await desk.sees("A service may have")
        assert rows(office, "SELECT name FROM client") == [{"name": "Ana Ruis"}]
        desk.app.screen.query_one("#service").value = "Eye test"
        await desk.press("enter")
        await desk.sees("Saved: Ana Ruiz.")


async def test_no_text_of_a_modal_is_poor_in_contrast(open_desk, asked, settings, clock):
    asked()
    clock.now = datetime(2026, 3, 16, 20, 10, tzinfo=UTC)
    themed = msgspec.structs.replace(
        settings, desk=msgspec.structs.replace(settings.desk, theme="desk-light")
    )
    async with open_desk(settings=themed) as desk:
        desk.app.screen.post_message(ChannelsChanged(down(clock.now)))
        await desk.sees("cannot be reached since")
        assert not poor(desk.app), poor(desk.app)[:5]
        for keys, sign in (("e", "An edit"), ("x", "In words"), ("t", "Minutes"), ("n", "Wishes")):
            await desk.press(keys)
            await desk.sees(sign)
            assert not poor(desk.app), poor(desk.app)[:5]
            await desk.press("escape")
            await desk.sees("Contact")
