"""Visits: who came."""

from interworky_tui.domain.lifecycle import Change, Verb
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
