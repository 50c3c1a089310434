"""What is said of the office's data, wherever it is kept."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from interworky_tui.doctor.findings import Finding, note, ok, problem
from interworky_tui.domain.clock import Clock
from interworky_tui.services.chain_words import say_advice, say_check
from interworky_tui.storage.chain_check import ChainCheck
from interworky_tui.storage.checkup import Checkup, Present

LEEWAY = timedelta(minutes=5)
"""Between the clocks of two desks, and for messages to leave."""


def say_history(found: ChainCheck, zone: ZoneInfo) -> Finding:
    told, to_do = say_check(found, zone), say_advice(found)
    if found.first is not None:
        return problem("history", told, to_do)
    return ok("history", told) if found.whole else note("history", told)


def say_messages(found: Checkup, clock: Clock) -> Finding:
    late = found.overdue_since is not None and found.overdue_since < clock() - LEEWAY
    counted = {
        "failed": found.failed,
        "held for a person": found.held,
        "should have left": found.overdue if late else 0,
        "came in and wait for an answer": found.waiting,
    }
    told = ", ".join(f"{count} {what}" for what, count in counted.items() if count)
    if not told:
        return ok("messages", "None failed, none waits.")
    if late:
        return note("messages", told, "Messages leave while a desk or a worker runs; open one.")
    return note("messages", told, "See the desk's messages screen (m).")


def say_present(found: Checkup) -> Finding:
    """Who has the office open, as far as the office's data tells."""
    told = ", ".join(_say_one(one) for one in found.present)
    return ok("desks", told or "Nobody has the office open.")


def _say_one(one: Present) -> str:
    what = {"desk": one.actor, "serve": "the web pages"}.get(one.kind, f"a {one.kind}")
    return f"{what} on {one.machine}"


def say_ahead(told: str) -> Finding:
    to_do = "Check the date and time of this machine."
    return problem("data", f"{told}; its last change is later than now.", to_do)
