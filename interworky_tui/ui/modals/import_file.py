"""Take over requests from a CSV file: first a look at what is in it, then the import."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, ProgressBar, Static

from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.text import clean_line
from interworky_tui.services.context import Context
from interworky_tui.services.importing import ImportReport, import_csv
from interworky_tui.ui.hands import Hands
from interworky_tui.ui.modals.dialog import Dialog, field

SHOWN = 200


class ImportDialog(Dialog[ImportReport]):
    """Enter looks at the file; Enter again takes over its good lines."""

    title_text = "Take over requests from a CSV file"
    keys = (("Enter", "Look, then take over", "submit"), ("Esc", "Back", "leave"))

    class Progressed(Message):
        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

    def __init__(self, hands: Hands) -> None:
        super().__init__()
        self._hands = hands
        self._looked_at: Path | None = None

    def content(self) -> Iterable[Widget]:
        yield field("File", "file", placeholder="requests.csv, or drop a file on the window")
        yield Static(
            "Columns: name (or first_name, last_name), phone, email, date, band or time,"
            " service, note, urgency. Nobody is told of an import.",
            classes="said",
            markup=False,
        )
        with VerticalScroll(classes="scroll", can_focus=False):
            yield Static("", id="report", markup=False)
        yield ProgressBar(id="progress", show_eta=False)

    def on_mount(self) -> None:
        self.query_one("#progress").display = False

    def on_input_changed(self, _event: Input.Changed) -> None:
        self._looked_at = None
        self.tell("")

    async def send(self) -> ImportReport | None:
        text = self.typed("file").strip().strip("'\"")
        if not text:
            raise BadInput("Give the file's name.", "file")
        path = Path(text).expanduser()
        dry = path != self._looked_at
        self.query_one("#progress").display = True
        try:
            report = await self._hands.ask(self._import, path, dry)
        finally:
            self.query("#progress").set(display=False)
        if dry:
            self._looked_at = path
            self.say("report", _said(report))
            return None
        return report

    def _import(self, office: Context, path: Path, dry: bool) -> ImportReport:
        return import_csv(office, path, dry_run=dry, progress=self._progress)

    def _progress(self, done: int, total: int) -> None:
        self.post_message(self.Progressed(done, total))

    def on_import_dialog_progressed(self, event: Progressed) -> None:
        self.query_one(ProgressBar).update(total=event.total, progress=event.done)


def _said(report: ImportReport) -> Content:
    lines = [
        Content.styled(
            f"{report.added} to add, {report.already_there} already there,"
            f" {len(report.bad)} bad lines.",
            "bold",
        ),
    ]
    if report.ignored_columns:
        names = ", ".join(clean_line(name) for name in report.ignored_columns)
        lines.append(Content.styled(f"Columns not used: {names}", "$text-muted"))
    for bad in report.bad[:SHOWN]:
        column = f", {clean_line(bad.column)}" if bad.column else ""
        lines.append(Content.styled(f"line {bad.line}{column}: {bad.reason}", "$warning"))
    if len(report.bad) > SHOWN:
        lines.append(Content(f"and {len(report.bad) - SHOWN} more"))
    if report.added:
        lines.append(Content.styled("Enter takes over the good lines.", "$success bold"))
    return Content("\n").join(lines)
