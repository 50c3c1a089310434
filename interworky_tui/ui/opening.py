"""Opening the office behind the first rows: in a thread, and with all that is heavy to import."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from interworky_tui.jobs import Jobs
    from interworky_tui.services.context import Context
    from interworky_tui.ui.app import DeskApp


def open_office(
    app: DeskApp, wake: Callable[[], None], on_due: Callable[[], None]
) -> tuple[Context, Jobs]:
    """The services and the scheduler, which is not started. Raises StoreProblem, BadSettings."""
    from interworky_tui import bootstrap
    from interworky_tui.jobs import Jobs

    # So that the first key that changes something does not wait for them.
    importlib.import_module("interworky_tui.ui.flows")
    office = bootstrap.build(app.settings, app.paths, app.clock, wake)
    delivery = bootstrap.delivery(office, app.paths)
    jobs = Jobs(
        delivery.outbox,
        app.clock,
        next_start=lambda: bootstrap.next_start(office),
        on_due=on_due,
        chores=delivery.chores,
        on_channels=app.channels_are,
    )
    return office, jobs


def bad_templates(office: Context) -> str | None:
    """One sentence on those of the office's own templates that cannot be used."""
    problems = office.catalogue.problems()
    if not problems:
        return None
    more = f" ({len(problems) - 1} more.)" if len(problems) > 1 else ""
    return f"{problems[0]}{more} The built-in one is used; see interworky-tui templates check."
