"""The sweep at closing time: the due visits that nobody has resolved. Nothing happens by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interworky_tui.domain.appointment import CancelReason, Status
from interworky_tui.domain.errors import NotFound, Refusal
from interworky_tui.domain.text import clean_line
from interworky_tui.services import notice_preview, scheduling, visits
from interworky_tui.services.context import Changed
from interworky_tui.services.notice_preview import Preview
from interworky_tui.storage.rows import PAGE, Row
from interworky_tui.ui.flows import requests
from interworky_tui.ui.flows import visits as visit_flows
from interworky_tui.ui.modals.sweep import SweepDialog

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk import DeskScreen


class SweepDesk:
    """The office as the sweep asks it."""

    def __init__(self, desk: DeskScreen) -> None:
        self._desk = desk

    async def unresolved(self) -> list[Row]:
        """The due visits, oldest first; a page at most."""
        now = self._desk.clock()
        rows = await self._desk.reads.page(Status.SCHEDULED, limit=PAGE)
        return [row for row in rows if row.is_due(now)]

    async def preview(self, row: Row, *, came: bool) -> Preview:
        if came:
            return await self._desk.hands.ask(notice_preview.attend, row.id)
        return await self._desk.hands.ask(notice_preview.cancel, row.id, CancelReason.NO_SHOW)

    async def resolve(self, row: Row, *, came: bool) -> str:
        """Returns what was done."""
        ask = self._desk.hands.ask
        changed: Changed
        if came:
            changed = await ask(visits.attend, row.id, version=row.version)
        else:
            changed = await ask(
                scheduling.cancel, row.id, CancelReason.NO_SHOW, version=row.version
            )
        done = f"{clean_line(changed.client.name)} {'attended' if came else 'did not come'}"
        self._desk.say_done(done, changed)
        return done

    async def set_time(self, row: Row) -> None:
        card = await self._desk.reads.card(row.id)
        if card is None:
            raise NotFound(f"There is no appointment {row.id}.")
        await visit_flows.set_time(self._desk, card)

    async def take_back(self) -> None:
        await requests.take_back(self._desk)


async def sweep(desk: DeskScreen) -> None:
    office = SweepDesk(desk)
    rows = await office.unresolved()
    if not rows:
        raise Refusal("Every visit that has begun is resolved.")
    await desk.app.push_screen_wait(SweepDialog(office, rows, desk.told))
