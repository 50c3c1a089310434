"""How the channels are: the header and the banner."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from textual.content import Content

from interworky_tui.delivery.health import ChannelState, Health
from interworky_tui.domain.appointment import Status
from interworky_tui.domain.events import Channel
from interworky_tui.services import inbox
from interworky_tui.storage.rows import Counts
from interworky_tui.storage.tables import NOTIFICATION
from interworky_tui.storage.waiting import CAP
from interworky_tui.ui.channel_content import banner, clock_time, header_notices
from interworky_tui.ui.messages import ChannelsChanged
from interworky_tui.ui.widgets.bars import header_line

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 18, 43, tzinfo=UTC)
MOMENTS = ("Sun 22 Nov 2026, 19:43", "Sun 22 Nov, 19:43", "19:43")
ADVICE = "The SMS provider does not answer; check the network."


def state(channel, health, since=None, advice=""):
    return ChannelState(channel, health, since, None, advice)


def down(since=NOW - timedelta(hours=1)):
    return (
        state(Channel.EMAIL, Health.LIVE),
        state(Channel.SMS, Health.DOWN, since, ADVICE),
    )


def counts(trouble=0, waiting=0):
    return Counts(dict.fromkeys(Status, 0), 0, 0, trouble, waiting)


def notices(states, previewed=(), trouble=0, waiting=0, demo=False):
    found = header_notices(states, previewed, counts(trouble, waiting), demo=demo)
    return [content.plain for content in found]


def test_the_header_says_how_each_channel_is_and_what_waits():
    assert notices(down(), trouble=2, waiting=1)[0] == "email live · SMS down · 2 failed · 1 reply"
    both = (state(Channel.EMAIL, Health.PREVIEW), state(Channel.SMS, Health.PAUSED))
    assert notices(both, waiting=3)[0] == "email preview · SMS paused · 3 replies"
    assert notices(down(), trouble=CAP)[0] == "email live · SMS down · 999+ failed"


def test_before_the_channels_are_known_the_settings_say_what_is_kept_as_files():
    assert notices((), (Channel.SMS,))[0] == "SMS preview"
    assert notices(())[0] == ""


def test_the_demo_says_that_nothing_leaves():
    assert notices((), (Channel.SMS,), waiting=1, demo=True) == [
        "DEMO: nothing leaves this machine · 1 reply",
        "DEMO · 1 reply",
    ]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (100, " Lindenhof Practice  Sun 22 Nov 2026, 19:43 "),
        (80, " Lindenhof…  Sun 22 Nov 2026, 19:43 "),
        (79, " Lindenhof Pra…  Sun 22 Nov, 19:43 "),
        (68, " Lindenhof Prac…  19:43 "),
        (55, " Lindenhof Practice  Sun 22 Nov 2026, 19:43 "),
    ],
)
def test_the_name_gives_way_first_then_the_date_then_the_notice(width, expected):
    told = [Content("email live · SMS down · 2 failed · 1 reply"), Content("3 to do")]
    line = header_line(width, "Lindenhof Practice", MOMENTS, told).plain
    assert len(line) == width
    assert line.startswith(expected)
    assert line.rstrip().endswith("1 reply" if width > 60 else "3 to do")


def test_a_header_without_any_room_keeps_the_notice():
    assert header_line(9, "Lindenhof", MOMENTS, [Content("2 failed")]).plain == " 2 failed"


def test_the_banner_says_since_when_and_what_becomes_of_the_messages():
    said = banner(down(), {Channel.SMS: 12}, BERLIN, NOW)
    assert said.plain == (
        "SMS: cannot be reached since 18:43; 12 messages wait and go out by themselves. " + ADVICE
    )
    one = banner(down(), {Channel.SMS: 1}, BERLIN, NOW)
    assert "1 message waits and goes out by itself." in one.plain
    none = banner(down(), {}, BERLIN, NOW)
    assert "it is tried again by itself." in none.plain


def test_a_paused_channel_waits_for_a_person():
    paused = (state(Channel.EMAIL, Health.PAUSED, NOW, "Check the password."),)
    said = banner(paused, {Channel.EMAIL: 3}, BERLIN, NOW).plain
    assert said == (
        "Email: paused since 19:43; 3 messages wait and go out once it is mended."
        " Check the password."
    )


def test_no_banner_when_all_is_well():
    well = (state(Channel.EMAIL, Health.LIVE), state(Channel.SMS, Health.PREVIEW))
    assert banner(well, {}, BERLIN, NOW) is None


def test_a_time_far_away_has_its_day():
    assert clock_time(NOW + timedelta(hours=11), BERLIN, NOW) == "06:43"
    assert clock_time(NOW - timedelta(days=2), BERLIN, NOW) == "Fri 20 Nov, 19:43"


async def test_the_banner_comes_and_goes_by_itself(open_desk, asked, clock):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "email preview · SMS preview")
        since = clock.now - timedelta(minutes=5)
        desk.app.screen.post_message(ChannelsChanged(down(since)))
        await desk.sees(
            "email live · SMS down", "SMS: cannot be reached since 09:05; 2 messages wait"
        )
        desk.app.screen.post_message(ChannelsChanged((state(Channel.SMS, Health.LIVE),)))
        await desk.until(lambda: "cannot be reached" not in desk.text())
        await desk.sees("SMS live", "Ana Ruiz")


async def test_the_count_of_replies_and_failures_is_in_the_header(open_desk, asked, office):
    one = asked().appointment
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz", "SMS preview")
        text(office, "May I bring my dog?")
        await desk.sees("1 reply")
        fail(office, one.id)
        await desk.sees("1 failed · 1 reply")


def text(office, body, number="+4915112345601", sid="SM1"):
    return inbox.receive(
        office,
        sid=sid,
        from_number=number,
        to_number="+493012345678",
        body=body,
        at=office.clock(),
    )


def fail(office, appointment_id, reason="wrong_number"):
    with office.database.write() as connection:
        connection.execute(
            update(NOTIFICATION)
            .where(
                NOTIFICATION.c.appointment_id == appointment_id,
                NOTIFICATION.c.recipient == "client",
                NOTIFICATION.c.channel == "sms",
            )
            .values(state="failed", reason=reason, attempts=1)
        )
