"""Free slots for a request, or for a visit that is to be moved."""

import click

from interworky_tui.cli.base import appointment_id, as_json, opened, say
from interworky_tui.start import Surroundings


@click.command()
@appointment_id
@click.option(
    "--minutes",
    type=click.IntRange(1, 24 * 60),
    help="How long it takes; else as before, or as its service takes.",
)
@click.option(
    "--count", type=click.IntRange(1, 50), default=3, show_default=True, help="At most so many."
)
@as_json
@click.pass_obj
def slots(
    around: Surroundings, appointment_id: int, minutes: int | None, count: int, as_json: bool
) -> None:
    """Show the free slots for a client's wish, the best first.

    Give the start to schedule to take one.

    Example: interworky-tui slots 12
    """
    with opened(around) as office:
        from interworky_tui.cli import printing
        from interworky_tui.domain.calendar import say_moment
        from interworky_tui.services import diary

        found = diary.suggest(office, appointment_id, minutes, count)
        if as_json:
            say(printing.as_json([diary.slot_json(office, slot) for slot in found]))
            return
        for number, slot in enumerate(found, 1):
            end = slot.ends_at.astimezone(office.zone)
            say(f"{number}  {say_moment(slot.starts_at, office.zone)} to {end:%H:%M}: {slot.why}")
        if not found:
            say("No slot is free within two months of the wish.")
