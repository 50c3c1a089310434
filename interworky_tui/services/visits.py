"""Visits: who is here, and who came."""

from interworky_tui.domain.lifecycle import Change, Verb, coming
from interworky_tui.services import change
from interworky_tui.services.context import Changed, Context


def attend(office: Context, appointment_id: int, *, version: int | None = None) -> Changed:
    """The client came. Only from the start time on."""
    return change.apply(
        office,
        appointment_id,
        lambda _before: Verb.ATTEND,
        lambda *_: Change(),
        version=version,
    )


def arrive(office: Context, appointment_id: int, *, version: int | None = None) -> Changed:
    """The client is in the waiting room. Tells nobody; raises NotToday for another day's visit."""
    return change.apply(
        office,
        appointment_id,
        lambda _before: Verb.ARRIVE,
        lambda _connection, before, now: coming(before, now, office.zone),
        version=version,
    )


def not_arrived(office: Context, appointment_id: int, *, version: int | None = None) -> Changed:
    """The client is not here after all, or has left again. Tells nobody."""
    return change.apply(
        office,
        appointment_id,
        lambda _before: Verb.NOT_ARRIVED,
        lambda *_: Change(),
        version=version,
    )
