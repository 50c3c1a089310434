"""The desk's marks: how they are set by keys, and how many are told of."""

from __future__ import annotations

from textual import on
from textual.content import Content

from interworky_tui.domain.limits import AT_ONCE
from interworky_tui.ui.screens.desk_view import DeskView
from interworky_tui.ui.widgets.appointment_list import AppointmentList


class DeskMarks(DeskView):
    def action_mark(self) -> None:
        self.rows.mark_here()

    def action_mark_to(self) -> None:
        self.rows.mark_to_here()

    def action_mark_all(self) -> None:
        self.rows.mark_all()

    @on(AppointmentList.Marked)
    def _marked(self, event: AppointmentList.Marked) -> None:
        self.show_status()
        if event.full:
            self.notify(
                f"{AT_ONCE} are marked; more at once would be too many.",
                severity="warning",
                markup=False,
                timeout=6,
            )

    def show_status(self) -> None:
        """While something can be undone, the line says that; the list's title counts the marks."""
        count = self.rows.count_marked
        until = self.last[2] if self.last else None
        if not count or (until is not None and until > self.clock()):
            super().show_status()
            return
        self.status_line.say(
            Content.assemble(
                Content.styled(f" {count} marked: ", "bold"),
                Content.styled(" b ", "bold reverse"),
                " does one thing to all of them, Esc takes the marks away",
            )
        )
