"""How the channels are, in words: for the header, the banner and the modals."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from textual.content import Content

from interworky_tui.delivery.health import ChannelState, Health
from interworky_tui.domain.calendar import office_day
from interworky_tui.domain.events import Channel
from interworky_tui.storage.rows import Counts
from interworky_tui.ui.widgets.bars import capped

DEMO = "DEMO: nothing leaves this machine"
OUT = (Health.PAUSED, Health.DOWN)
"""Nothing leaves by a channel that is one of these."""

_STYLES = {
    Health.LIVE: "$text-muted",
    Health.PREVIEW: "$warning",
    Health.PAUSED: "$error bold",
    Health.DOWN: "$error bold",
}


def header_notices(
    states: Sequence[ChannelState],
    previewed: Sequence[Channel],
    counts: Counts | None,
    *,
    demo: bool,
    curtain: bool = False,
    now: datetime | None = None,
    worker: bool = False,
) -> list[Content]:
    """``email live · SMS down · 2 failed · 1 reply``, from the fullest to the shortest.

    ``previewed`` is what the settings say while the channels' ``states`` are not known yet, as
    they are not beside a ``worker``; ``curtain`` says that it is drawn; ``now`` is for how long
    those here have waited.
    """
    known = {state.channel: state.health for state in states}
    health = dict.fromkeys(previewed, Health.PREVIEW) | known
    channels = [
        Content.styled(f"{channel.label} {health[channel].value}", _STYLES[health[channel]])
        for channel in Channel
        if channel in health
    ]
    if worker:
        channels.append(Content.styled("worker sends", "$text-muted"))
    first = [Content.styled(" CURTAIN ", "bold reverse")] if curtain else []
    work = []
    if counts and counts.trouble:
        work.append(Content.styled(f"{capped(counts.trouble)} failed", "$error bold"))
    if counts and counts.waiting:
        replies = "reply" if counts.waiting == 1 else "replies"
        work.append(Content.styled(f"{capped(counts.waiting)} {replies}", "$warning bold"))
    full, short = ([*first, *here, *work] for here in _waiting_room(counts, now))
    if demo:
        whole, word = (Content.styled(text, "$warning bold") for text in (DEMO, "DEMO"))
        found = [[whole, *full], [word, *full], [word, *short]]
    else:
        found = [[*channels, *full], full, short]
    return [_joined(parts) for parts in (found if full != short else found[:-1])]


def _waiting_room(
    counts: Counts | None, now: datetime | None
) -> tuple[Sequence[Content], Sequence[Content]]:
    """``2 waiting, longest 25 min``, in full and short."""
    if not counts or not counts.here:
        return (), ()
    said = f"{capped(counts.here)} waiting"
    short = Content.styled(said, "$accent bold")
    if not now or not counts.here_since:
        return (short,), (short,)
    longest = say_long(now - counts.here_since)
    return (Content.styled(f"{said}, longest {longest}", "$accent bold"),), (short,)


def say_long(span: timedelta) -> str:
    """``25 min``, ``1 h 05``"""
    hours, minutes = divmod(max(0, int(span.total_seconds())) // 60, 60)
    return f"{hours} h {minutes:02}" if hours else f"{minutes} min"


def said_of_unresolved(counts: Counts) -> str:
    """``3 visits are not resolved``"""
    return f"{capped(counts.due)} visit{' is' if counts.due == 1 else 's are'} not resolved"


def said_of_work(counts: Counts) -> str:
    """``1 message failed, 2 replies wait``"""
    parts = []
    if counts.trouble:
        parts.append(f"{capped(counts.trouble)} message{'' if counts.trouble == 1 else 's'} failed")
    if counts.waiting:
        parts.append(
            "1 reply waits" if counts.waiting == 1 else f"{capped(counts.waiting)} replies wait"
        )
    return ", ".join(parts)


def _joined(parts: Sequence[Content]) -> Content:
    return Content.styled(" · ", "$text-muted").join(parts)


def banner(
    states: Sequence[ChannelState],
    waiting: Mapping[Channel, int],
    zone: ZoneInfo,
    now: datetime,
    *,
    others: Sequence[str] = (),
) -> Content | None:
    """What is out, since when, what becomes of the messages, and what to do; None: all is well.

    ``others`` says what else is wrong.
    """
    said = [
        _outage(state, waiting.get(state.channel, 0), zone, now)
        for state in states
        if state.health in OUT
    ]
    said += [Content.styled(other, "bold") for other in others]
    return Content("\n").join(said) if said else None


def _outage(state: ChannelState, waiting: int, zone: ZoneInfo, now: datetime) -> Content:
    down = state.health is Health.DOWN
    since = f" since {clock_time(state.since, zone, now)}" if state.since else ""
    head = f"{_named(state)}: {'cannot be reached' if down else 'paused'}{since}; "
    one = waiting == 1
    many = "1 message waits" if one else f"{capped(waiting)} messages wait"
    goes = "goes out" if one else "go out"
    when = "by itself" if one else "by themselves"
    if not waiting:
        then = "it is tried again by itself." if down else "nothing leaves until it is mended."
    elif down:
        then = f"{many} and {goes} {when}."
    else:
        then = f"{many} and {goes} once it is mended."
    advice = f" {state.advice}" if state.advice else ""
    return Content.assemble(Content.styled(f"{head}{then}", "bold"), advice)


def _named(state: ChannelState) -> str:
    label = state.channel.label
    return label[:1].upper() + label[1:]


def clock_time(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """``14:02`` within the office's day or half a day from now, else ``Sat 21 Nov, 14:02``."""
    local = moment.astimezone(zone)
    near = abs((moment - now).total_seconds()) < 12 * 3600
    if near or office_day(moment, zone) == office_day(now, zone):
        return f"{local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def leaves_later(states: Sequence[ChannelState], channel: Channel) -> str:
    """Why a message by this channel does not leave at once, or nothing."""
    for state in states:
        if state.channel is channel and state.health is Health.DOWN:
            return f"{channel.label} cannot be reached: leaves when it can"
        if state.channel is channel and state.health is Health.PAUSED:
            return f"{channel.label} is paused: leaves once that is mended"
    return ""
