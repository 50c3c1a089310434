"""What a person sees before an appointment is given a time: free slots, and what one means."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from interworky_tui.domain.slots import Slot
from interworky_tui.services import diary, notice_preview, scheduling
from interworky_tui.services.context import Context
from interworky_tui.services.notice_preview import Preview
from interworky_tui.services.scheduling import Booked

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of a time: the visits in the way, what the calendar says against it, and who is told."""

    taken: tuple[Booked, ...]
    notes: tuple[str, ...]
    preview: Preview


@dataclass(frozen=True, slots=True)
class Beginning:
    """``minutes`` is how long the visit takes; ``first`` is of the first slot, if there is one."""

    minutes: int
    slots: tuple[Slot, ...]
    first: Outlook | None


def begin(office: Context, appointment_id: int) -> Beginning:
    """Raises NotFound, and IllegalMove when it cannot be given a time any more."""
    slots = diary.suggest(office, appointment_id)
    if not slots:
        return Beginning(diary.length_for(office, appointment_id) // _MINUTE, (), None)
    starts_at, ends_at = slots[0].starts_at, slots[0].ends_at
    first = outlook(office, appointment_id, starts_at, ends_at)
    return Beginning((ends_at - starts_at) // _MINUTE, slots, first)


def outlook(
    office: Context, appointment_id: int, starts_at: datetime, ends_at: datetime
) -> Outlook:
    """Raises NotFound, and what stands against the change whoever is in the way."""
    taken = scheduling.conflicts(office, starts_at, ends_at, but=appointment_id)
    notes = diary.against(office, starts_at, ends_at)
    minutes = (ends_at - starts_at) // _MINUTE
    preview = notice_preview.schedule(office, appointment_id, starts_at, minutes)
    return Outlook(tuple(taken), notes, preview)
