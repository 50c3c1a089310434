"""A line of the history as a sentence, in the office's zone."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from interworky_tui.domain.appointment import CancelReason
from interworky_tui.domain.calendar import say_moment
from interworky_tui.domain.lifecycle import Verb
from interworky_tui.domain.text import clean_line
from interworky_tui.services.context import CLIENT_ACTOR
from interworky_tui.services.past_lines import Entry

_PROGRAM = "api:"
_SAID = {
    Verb.REQUEST: "filed a request for {what}",
    Verb.SCHEDULE: "gave {what} the time {time}",
    Verb.RESCHEDULE: "moved {what} to {time}",
    Verb.ATTEND: "marked {what} as attended",
    Verb.COLLECT_FEEDBACK: "asked {what} for feedback",
    Verb.RESEND: "asked {what} for feedback again",
    Verb.SUBMIT_FEEDBACK: "recorded feedback for {what}",
    Verb.CANCEL: "cancelled {what}",
    Verb.EDIT: "edited {what}",
    Verb.CONFIRM: "confirmed {what}",
    Verb.ASK_CHANGE: "asked for another time for {what}",
    Verb.ARRIVE: "marked {what} as here",
    Verb.NOT_ARRIVED: "marked {what} as not here",
    Verb.UNDO: "took back '{undone}' of {what}",
}


def say_entry(entry: Entry, zone: ZoneInfo) -> str:
    """``Mon 16 Mar 2026, 09:10: ana moved Ana Ruiz (appointment 3) to Fri 20 Mar 2026, 14:30.``"""
    name, about = clean_line(entry.client_name), f"appointment {entry.appointment_id}"
    by_client = entry.actor == CLIENT_ACTOR
    what = about if by_client or not name else f"{name} ({about})"
    deed = say_deed(entry.actor, Verb(entry.verb), entry.detail, what, zone, client=name)
    return f"{say_moment(entry.at, zone)}: {deed}{_more(entry, zone)}."


def say_deed(
    actor: str, verb: Verb, detail: dict[str, Any], what: str, zone: ZoneInfo, *, client: str = ""
) -> str:
    """``ana moved it to Fri 20 Mar 2026, 14:30``, where ``what`` is "it"."""
    who = client or "The client" if actor == CLIENT_ACTOR else _who(clean_line(actor))
    start = (detail.get("now") or {}).get("starts_at")
    undone = str(detail.get("verb", "")).replace("_", " ")
    said = _SAID[verb].format(
        what=what, time=_say(start, zone) if start else "it has", undone=clean_line(undone)
    )
    return f"{who or 'The client'} {said}"


def _who(actor: str) -> str:
    if actor.startswith(_PROGRAM):
        return f"the program {actor.removeprefix(_PROGRAM)}"
    return "somebody on the web page" if actor == "web" else actor


def _more(entry: Entry, zone: ZoneInfo) -> str:
    told, was, now = entry.detail, entry.detail.get("was") or {}, entry.detail.get("now") or {}
    more = ""
    if told.get("source") == "import":
        more += ", from a file"
    if entry.verb == Verb.RESCHEDULE and was.get("starts_at"):
        more += f", from {_say(was['starts_at'], zone)}"
    if entry.verb == Verb.CANCEL and now.get("cancel_reason"):
        more += f": {CancelReason(now['cancel_reason']).label.lower()}"
    if told.get("override"):
        more += ", a double booking"
    if "offer" in told:
        more += ", a slot that was offered"
    return f"{more}, with others at once" if entry.batch else more


def _say(moment: str, zone: ZoneInfo) -> str:
    return say_moment(datetime.fromisoformat(moment), zone)
