"""How the office is doing, in plain lines or as JSON."""

from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import as_json, opened, say
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.domain.bands import Bands
    from interworky_tui.services.insights import Insights


@click.command()
@click.option(
    "--days",
    type=click.Choice(["30", "90", "365"]),
    default="30",
    show_default=True,
    help="How many days, today among them.",
)
@as_json
@click.pass_obj
def insights(around: Surroundings, days: str, as_json: bool) -> None:
    """Say how the office is doing, in figures.

    Example: interworky-tui insights --days 90
    """
    with opened(around) as office:
        from interworky_tui.cli import printing
        from interworky_tui.services import insights as service

        found = service.insights(office, int(days))
        if as_json:
            say(printing.as_json(service.insights_json(office, found)))
        else:
            say(_printed(found, office.bands))


def _printed(found: "Insights", bands: "Bands") -> str:
    """A part after the other, its title above it, what was before in words."""
    from interworky_tui.services import insight_words as words

    lines = [
        f"The last {found.days} days: {words.say_dates(found.now)}",
        f"Before: {words.say_dates(found.before)}",
    ]
    if found.now.empty and found.before.empty:
        return "\n".join([*lines, "", words.EMPTY])
    for section in words.sections(found, bands):
        lines += ["", f"{section.title}:"]
        lines += [f"  {line}" for line in words.aligned(section.lines)]
    return "\n".join(lines)
