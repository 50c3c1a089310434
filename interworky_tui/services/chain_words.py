"""What the doctor says of the history's chain."""

from datetime import datetime
from zoneinfo import ZoneInfo

from interworky_tui.domain.calendar import say_moment
from interworky_tui.storage.chain_check import ChainCheck, Kind, Misfit

SHOWN = 12
"""Letters of the last line's hash, to be noted elsewhere and compared."""


def say_check(check: ChainCheck, zone: ZoneInfo) -> str:
    """What was found, in one sentence."""
    if check.first is None:
        if not check.lines:
            return "Nothing has happened yet."
        if not check.whole:
            return f"The first {check.lines} lines are as they were written; the rest was not read."
        return f"{_lines(check.lines)} as written, the last is {check.head.hash[:SHOWN]}"
    others = check.misfits - 1
    more = f"; and {others} more {'place' if others == 1 else 'places'}" if others else ""
    return f"{_say_misfit(check.first, zone)}{more}"


def say_advice(check: ChainCheck) -> str:
    """What to do about it; "" when there is nothing to do."""
    if check.first is None:
        return ""
    about = check.first.appointment_id
    what = f"appointment {about} (interworky-tui show {about})" if about else "it"
    return (
        f"Something has changed the office's data past this program. Keep a copy of it, and"
        f" compare {what} with the latest backup from before."
    )


def _say_misfit(misfit: Misfit, zone: ZoneInfo) -> str:
    line = f"Line {misfit.number}{_of(misfit, zone)}"
    gone = (
        f"Line {misfit.number} is missing"
        if misfit.number == misfit.until
        else f"Lines {misfit.number} to {misfit.until} are missing"
    )
    return {
        Kind.CHANGED: f"{line} is not as it was written",
        Kind.MISSING: f"{gone}, before line {misfit.until + 1}{_of(misfit, zone)}",
        Kind.CUT_OFF: f"{gone} at the end",
        Kind.ADDED: f"{line} was not written by this program",
        Kind.NO_END: f"Where it ends is not on record any more; the last there is l{line[1:]}",
    }[misfit.kind]


def _of(misfit: Misfit, zone: ZoneInfo) -> str:
    if misfit.appointment_id is None:
        return ""
    return f" (appointment {misfit.appointment_id}, {_say_at(misfit.at or '', zone)})"


def _say_at(at: str, zone: ZoneInfo) -> str:
    """Of a line that was changed, it may be no moment any more."""
    try:
        moment = datetime.fromisoformat(at)
        return say_moment(moment, zone) if moment.tzinfo else at
    except (ValueError, OverflowError):
        return at


def _lines(count: int) -> str:
    return f"{count} line" if count == 1 else f"{count} lines"
