"""Every screen and modal of the desk over the demo office, each reached by keys alone.

The README's pictures are drawn from them, and the tests look at each in every size and theme.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from textual.pilot import Pilot
from textual.widgets import Input

from interworky_tui.delivery.health import ChannelState, Health
from interworky_tui.domain.events import Channel
from interworky_tui.ui.insight_content import LEFT, RIGHT
from interworky_tui.ui.messages import ChannelsChanged
from screenshots.waiting import (
    card_of_row,
    press,
    settled,
    shows,
    still,
    text_of,
    toasts_gone,
    until,
)

NOW = datetime(2026, 3, 16, 9, 10, tzinfo=UTC)
SAMPLE = "sample_requests.csv"
ALL_PANELS = len((*LEFT, *RIGHT))

Act = Callable[[Pilot[None]], Awaitable[None]]


async def desk(pilot: Pilot[None]) -> None:
    await press(pilot, "2", *["down"] * 5, until_shown="asks for another time")
    await settled(pilot)


async def wide(pilot: Pilot[None]) -> None:
    await press(pilot, "2", *["down"] * 4, until_shown="confirmed")
    await settled(pilot)


async def channel_down(pilot: Pilot[None]) -> None:
    await press(pilot, "6", "2", "down", until_shown="Contact")
    await settled(pilot)
    await press(pilot, "x", "2", "enter", until_shown="is cancelled")
    states = (
        ChannelState(Channel.EMAIL, Health.LIVE, None, None, ""),
        ChannelState(
            Channel.SMS,
            Health.DOWN,
            NOW - timedelta(minutes=18),
            None,
            "The SMS provider does not answer; check the network.",
        ),
    )
    pilot.app.screen.post_message(ChannelsChanged(states))
    await until(pilot, shows(pilot, "cannot be reached"))
    await pilot.pause()


async def quiet_hours(pilot: Pilot[None]) -> None:
    await press(pilot, "1", "down", "t", until_shown="Minutes")
    await press(pilot, *"fri 14:30", until_shown="14:30–15:00")
    await until(pilot, shows(pilot, "quiet hours"))


async def cancel(pilot: Pilot[None]) -> None:
    await press(pilot, "2", *["down"] * 6, "x", until_shown="In words")
    await press(pilot, "1", until_shown="Tells client")


async def edit(pilot: Pilot[None]) -> None:
    await press(pilot, "2", *["down"] * 4, "e", until_shown="An edit tells nobody")


async def write_answer(pilot: Pilot[None]) -> None:
    await press(pilot, "4", "w", until_shown="Recommend")


async def import_file(pilot: Pilot[None]) -> None:
    await press(pilot, "o", until_shown="Columns")
    pilot.app.screen.query_one("#file", Input).value = SAMPLE
    await press(pilot, "enter", until_shown="bad lines")


async def answer(pilot: Pilot[None]) -> None:
    await press(pilot, "m", until_shown="daughter")
    await press(pilot, "down", until_shown="May I bring my daughter? She is two.")
    await press(pilot, "a", until_shown="They wrote")
    await press(pilot, *"Of course.", until_shown="150 more")


async def fix(pilot: Pilot[None]) -> None:
    await press(pilot, "m", until_shown="daughter")
    await press(pilot, "down", "down", until_shown="FAILED")
    await press(pilot, "e", until_shown="Fix the phone")


async def set_time(pilot: Pilot[None]) -> None:
    await press(pilot, "1", "down", "t", until_shown="Minutes")
    await press(pilot, *"fri 14:30", until_shown="14:30–15:00")


async def attended(pilot: Pilot[None]) -> None:
    await press(pilot, "2", "a", until_shown="SMS to the client")


async def messages(pilot: Pilot[None]) -> None:
    await press(pilot, "m", until_shown="State")
    await press(pilot, "down", "down", until_shown="To       Mia")


async def new_request(pilot: Pilot[None]) -> None:
    await press(pilot, "n", until_shown="Service")
    keys = (*"Ulrike Brandt", "tab", *"030 1234567", "tab", "tab", *"fri morning")
    await press(pilot, *keys, until_shown="On file")
    await until(pilot, shows(pilot, "Morning 10:00"))


async def collected(pilot: Pilot[None]) -> None:
    await press(pilot, "5", "down", until_shown="LOW")
    await settled(pilot)


async def survey(pilot: Pilot[None]) -> None:
    await press(pilot, "5", "down", "v", until_shown="Said later")
    # What was read stands out no more.
    await until(pilot, lambda: " low" not in text_of(pilot))


async def survey_code(pilot: Pilot[None]) -> None:
    await press(pilot, "4", "s", until_shown="camera")


async def help_screen(pilot: Pilot[None]) -> None:
    await press(pilot, "question_mark", until_shown="The selected appointment")


async def insights(pilot: Pilot[None]) -> None:
    await press(pilot, "i", until_shown="Average rating")
    await until(pilot, lambda: len(pilot.app.screen.query(".panel")) >= ALL_PANELS)
    await until(pilot, lambda: not pilot.app.query(".-undrawn"))
    await pilot.pause()


async def settings(pilot: Pilot[None]) -> None:
    await press(pilot, "comma", until_shown="Opening hours")


async def one_setting(pilot: Pilot[None]) -> None:
    await press(pilot, "comma", until_shown="Opening hours")
    await press(pilot, "enter", until_shown="Unless it is changed")


async def free_slots(pilot: Pilot[None]) -> None:
    await press(pilot, "1", *["down"] * 3, "enter", until_shown="Tells client")


async def day(pilot: Pilot[None]) -> None:
    await press(pilot, "d", until_shown="free")
    await toasts_gone(pilot)


async def day_picked_up(pilot: Pilot[None]) -> None:
    await day(pilot)
    await press(pilot, "t", until_shown="Put here")


async def move_visit(pilot: Pilot[None]) -> None:
    await day_picked_up(pilot)
    await press(pilot, "t", until_shown="From")
    await press(pilot, *"fri 9:30", until_shown="09:30–10:00   30 min")


async def go_to_day(pilot: Pilot[None]) -> None:
    await day(pilot)
    await press(pilot, "g", until_shown="Go to a day")
    await press(pilot, *"in 2 weeks", until_shown="in 14 days")


async def caller(pilot: Pilot[None]) -> None:
    await press(pilot, "c", until_shown="Who is calling?")
    await press(pilot, *"56", until_shown="inside: 29")


async def client(pilot: Pilot[None]) -> None:
    await press(pilot, "c", until_shown="Who is calling?")
    await press(pilot, *"5640", until_shown="Hannah")
    await press(pilot, "enter", until_shown="New request")


async def forget(pilot: Pilot[None]) -> None:
    await client(pilot)
    await press(pilot, "E", until_shown="To do it")


async def stranger(pilot: Pilot[None]) -> None:
    await press(pilot, "c", until_shown="Who is calling?")
    await press(pilot, *"99887", until_shown="Nobody has that")


async def marks(pilot: Pilot[None]) -> None:
    await press(pilot, "1", *["space"] * 4, until_shown="4 marked")


async def bulk_mark_all(pilot: Pilot[None]) -> None:
    await press(pilot, "3", until_shown="Emma")
    await press(pilot, "b", until_shown="Nothing is marked")


async def bulk_choose(pilot: Pilot[None]) -> None:
    await marks(pilot)
    await press(pilot, "b", until_shown="Give each a free slot")


async def bulk(pilot: Pilot[None]) -> None:
    await bulk_choose(pilot)
    await press(pilot, "t", until_shown="4 of 4")


async def bulk_attended(pilot: Pilot[None]) -> None:
    await press(pilot, "2", *["space"] * 6, until_shown="6 marked")
    await press(pilot, "b", until_shown="those that are due")
    await press(pilot, "a", until_shown="4 of 6")


async def bulk_cancel(pilot: Pilot[None]) -> None:
    await press(pilot, "2", *["down"] * 4, *["space"] * 4, until_shown="4 marked")
    await press(pilot, "b", until_shown="with one reason")
    await press(pilot, "x", until_shown="the same for all")
    await press(pilot, "3", until_shown="4 of 4")


async def bulk_ask(pilot: Pilot[None]) -> None:
    await press(pilot, "3", until_shown="Emma")
    await press(pilot, "A", until_shown="marked")
    await press(pilot, "b", until_shown=" of 9")


async def freed(pilot: Pilot[None]) -> None:
    """A visit of tomorrow is cancelled; who would fit there is said."""
    await press(pilot, "2", *["down"] * 8, until_shown="Contact")
    await settled(pilot)
    await press(pilot, "x", "1", until_shown="Tells client")
    await press(pilot, "enter", until_shown="is free again")


async def refill(pilot: Pilot[None]) -> None:
    await freed(pilot)
    await press(pilot, "F", until_shown="Tells client")


async def offer(pilot: Pilot[None]) -> None:
    await refill(pilot)
    await press(pilot, "o", until_shown="Yes, offer")


async def offered(pilot: Pilot[None]) -> None:
    await offer(pilot)
    await press(pilot, "enter", until_shown="Offered to")
    await toasts_gone(pilot)
    await press(pilot, "F", until_shown="Withdraw the offer")


async def sweep(pilot: Pilot[None]) -> None:
    await press(pilot, "S", until_shown="Rosa")
    await press(pilot, "down", "a", until_shown="Yes, attended")


async def next_up(pilot: Pilot[None]) -> None:
    await press(pilot, "N", until_shown="Due:")
    await settled(pilot)


async def search(pilot: Pilot[None]) -> None:
    await press(pilot, "slash", *"eoghan", until_shown="2 Sched")
    await until(pilot, lambda: pilot.app.screen.query("#list").first().has_focus is False)
    await until(pilot, lambda: "due" not in text_of(pilot).splitlines()[1])
    await settled(pilot)


async def found_nobody(pilot: Pilot[None]) -> None:
    await press(pilot, "slash", *"krüger", until_shown="Elsewhere")
    await until(pilot, lambda: "Attended: 9" not in text_of(pilot))


async def curtain(pilot: Pilot[None]) -> None:
    await desk(pilot)
    await press(pilot, "p", until_shown="Client \u2022")
    await toasts_gone(pilot)


async def curtain_messages(pilot: Pilot[None]) -> None:
    await messages(pilot)
    await press(pilot, "p", until_shown="\u2022\u2022\u2022\u2022")
    await toasts_gone(pilot)


async def new_pin(pilot: Pilot[None]) -> None:
    await press(pilot, "ctrl+l", until_shown="Once more")


async def lock(pilot: Pilot[None]) -> None:
    await new_pin(pilot)
    await press(pilot, *"2468", "tab", *"2468", "enter", until_shown="Type the PIN")
    await press(pilot, *"24", until_shown="\u25cf\u25cf")


async def guide(pilot: Pilot[None]) -> None:
    await press(pilot, "G", until_shown="Good morning")


async def palette(pilot: Pilot[None]) -> None:
    await press(pilot, "ctrl+p", until_shown="Search for commands")
    await press(pilot, *"gap", until_shown="Fill a gap")
    await until(pilot, lambda: "Guide (G)" not in text_of(pilot))


async def too_small(pilot: Pilot[None]) -> None:
    await pilot.resize_terminal(50, 14)
    await until(pilot, shows(pilot, "This window is"))


async def reach(pilot: Pilot[None], name: str) -> None:
    """The station by that name, without what is told for a few seconds only."""
    await EVERY[name](pilot)
    await until(pilot, lambda: card_of_row(pilot.app.screen_stack[0]))
    await toasts_gone(pilot)
    await still(pilot)


EVERY: dict[str, Act] = {
    act.__name__.replace("_", "-"): act
    for act in (
        desk,
        search,
        found_nobody,
        next_up,
        free_slots,
        set_time,
        quiet_hours,
        attended,
        cancel,
        channel_down,
        edit,
        new_request,
        write_answer,
        collected,
        survey,
        survey_code,
        import_file,
        messages,
        answer,
        fix,
        day,
        day_picked_up,
        move_visit,
        go_to_day,
        caller,
        client,
        forget,
        stranger,
        marks,
        bulk_mark_all,
        bulk_choose,
        bulk,
        bulk_attended,
        bulk_cancel,
        bulk_ask,
        freed,
        refill,
        offer,
        offered,
        sweep,
        curtain,
        curtain_messages,
        new_pin,
        lock,
        guide,
        palette,
        insights,
        help_screen,
        settings,
        one_setting,
        too_small,
    )
}
"""By name; the tests see to it that no screen and no modal is missing."""

NIGHT = datetime(2026, 3, 16, 20, 10, tzinfo=UTC)
AT = {quiet_hours: NIGHT}
"""The office's present, where it is not NOW."""


def present(name: str) -> datetime:
    return AT.get(EVERY[name], NOW)
