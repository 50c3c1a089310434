"""Quiet hours: when messages that can wait do not leave, by the office's own clock."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from interworky_tui.domain.calendar import moments_of
from interworky_tui.domain.events import Event, Recipient

WAITS = frozenset(
    {
        Event.ATTENDED,
        Event.FEEDBACK_REQUESTED,
        Event.FEEDBACK_COLLECTED,
        Event.REMINDER,
        Event.CLARIFY,
        Event.OFFER,
    }
)
"""What waits, to the client only, by both channels. What staff do by hand goes at once."""

Quiet = tuple[time, time]
"""From and to, local; over midnight when the first is the later one."""

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def quiet_until(now: datetime, quiet: Quiet | None, zone: ZoneInfo) -> datetime | None:
    """The end (UTC) of the quiet hours that ``now`` is in; None outside of them.

    Their start is quiet, their end is not. A time that the clock shows twice counts as the start
    when it is first shown, and as the end when it is last; one that it leaps over counts as the
    moment of the leap.
    """
    if quiet is None:
        return None
    starts, ends = quiet
    over_midnight = _DAY if ends <= starts else timedelta()
    day = now.astimezone(zone).date()
    until = now
    # A night may begin the moment the one before ends, where the clock leaps over the gap.
    for on in (day - _DAY, day, day + _DAY):
        end = _moments(on + over_midnight, ends, zone)[-1]
        if _moments(on, starts, zone)[0] <= until < end:
            until = end
    return until if until > now else None


def waits_until(
    event: Event, recipient: Recipient, now: datetime, quiet: Quiet | None, zone: ZoneInfo
) -> datetime | None:
    """When a message that would leave ``now`` may leave; None when that is now."""
    if event not in WAITS or recipient is not Recipient.CLIENT:
        return None
    return quiet_until(now, quiet, zone)


def _moments(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """When the clock shows the time, in UTC: once, twice, or the leap over it."""
    local = datetime.combine(day, at)
    return moments_of(local, zone) or (_leap(local, zone),)


def _leap(local: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which the clock is past a local time that it never shows."""
    before, after = (
        local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0)
    )  # In a leap the second reading is the earlier moment.

    def past(seconds: int) -> bool:
        moment = (before + seconds * _SECOND).astimezone(zone)
        return moment.replace(tzinfo=None) >= local

    return before + bisect_left(range((after - before) // _SECOND), True, key=past) * _SECOND
