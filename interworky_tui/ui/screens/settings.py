"""What an office changes of its settings; each change is checked and saved at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from interworky_tui import config, settings_file
from interworky_tui.config import BadSettings
from interworky_tui.domain.errors import BadInput
from interworky_tui.settings_file import Value
from interworky_tui.ui.messages import KeysReady
from interworky_tui.ui.modals.setting import SettingDialog
from interworky_tui.ui.screens.office_screen import OfficeScreen
from interworky_tui.ui.setting_lines import SettingLine, following, lines, read
from interworky_tui.ui.widgets.bars import KeyBar, Line
from interworky_tui.ui.widgets.list_columns import fit
from interworky_tui.ui.widgets.pick_list import PickList
from interworky_tui.ui.widgets.texts import put

if TYPE_CHECKING:
    from interworky_tui.ui.screens.desk_view import DeskView

_LABEL, _VALUE = 34, 34


class SettingsScreen(OfficeScreen[bool]):
    """Dismissed with whether anything was changed. ``environment`` has the last word."""

    help_title = "The settings"
    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "#settings"
    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,comma", "leave", "Back", tooltip="Back to the desk"),
        Binding("space", "change", "Change", tooltip="Switch on or off, or type a value"),
        Binding("d", "default", "Default", tooltip="As it was before anybody changed it"),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]
    opening_keys = frozenset(("enter", "space"))

    def __init__(
        self,
        desk: DeskView,
        file: Path,
        environment: Mapping[str, str],
        settings: config.Settings,
    ) -> None:
        """``settings`` as they are in the file."""
        super().__init__(desk.settings, desk.clock, desk.reads, desk.hands)
        self.channels = desk.channels
        self._file, self._environment = file, environment
        self.heading, self.key_bar = Line(id="settings-title"), KeyBar(id="settings-keys")
        self._lines = {line.name: line for line in lines(settings, environment)}
        self._names: list[str] = []
        """Of the lines as they are shown; a title has none."""
        prompts = list(self._prompts())
        titles = [at for at, name in enumerate(self._names) if not name]
        self.list = PickList(prompts, titles, id="settings")
        self.help_text = Static("", id="settings-told", markup=False)
        self._changed = False

    def compose(self) -> ComposeResult:
        self._show_bars()
        yield self.heading
        yield self.banner
        yield self.list
        yield self.help_text
        yield self.key_bar

    def on_mount(self) -> None:
        self.show_channels()
        self._tell()
        self.call_after_refresh(self.post_message, KeysReady())

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_bars)

    async def _read(self) -> None:
        """Raises BadInput when the file was broken by hand since."""
        settings = await self.hands.run(lambda: load(self._file, self._environment))
        before = self._lines
        self._lines = {line.name: line for line in lines(settings, self._environment)}
        for name, line in self._lines.items():
            if line != before[name]:
                self.list.put(self._names.index(name), _prompt(line))
        self._tell()

    def _prompts(self) -> Iterator[Content]:
        title = ""
        for line in self._lines.values():
            if line.title != title:
                title = line.title
                self._names.append("")
                yield Content(f" {title}")
            self._names.append(line.name)
            yield _prompt(line)

    def _show_bars(self) -> None:
        title = Content.styled(" Settings", "bold")
        more = "  The rest: interworky-tui setup, or the file itself."
        self.heading.say(Content.assemble(title, Content.styled(more, "$text-muted")))
        self.key_bar.show(
            [
                ("Esc", "Back", "leave"),
                ("Enter", "Change", "change"),
                ("d", "Default", "default"),
                ("↓ ↑", "Move", ""),
            ]
        )

    @property
    def line(self) -> SettingLine | None:
        at = self.list.at
        return self._lines[self._names[at]] if at is not None else None

    @on(PickList.Moved)
    def _tell(self) -> None:
        line = self.line
        if line is None:
            return
        told = f"{line.told}." if not line.told.endswith(".") else line.told
        if line.by:
            told += f" {line.by} has the last word on it."
        elif not line.is_default:
            told += f" Unless it is changed: {line.default or 'nothing'}."
        put(self.help_text, told)

    @on(PickList.Chosen)
    def action_change(self) -> None:
        line = self.line
        if line is not None:
            self.begin(lambda: self._change(line))

    def action_default(self) -> None:
        line = self.line
        if line is not None:
            self.begin(lambda: self._keep(line, None))

    async def _change(self, line: SettingLine) -> None:
        self._refuse_overridden(line)
        if line.kind in ("switch", "choice"):
            await self._keep(line, following(line))
            return

        async def save(typed: str) -> None:
            await self._keep(line, read(line, typed))

        await self.app.push_screen_wait(SettingDialog(line, save))

    async def _keep(self, line: SettingLine, value: Value) -> None:
        """Raises BadInput with what the check of the file says."""
        self._refuse_overridden(line)

        def change() -> None:
            try:
                settings_file.change(self._file, {line.path: value})
            except BadSettings as bad:
                raise BadInput(_without_place(str(bad)), "value") from None

        await self.hands.run(change)
        self._changed = True
        await self._read()
        theme = self._lines["desk.theme"]
        if line.name == theme.name:
            self.app.theme = theme.value

    def _refuse_overridden(self, line: SettingLine) -> None:
        if line.by:
            raise BadInput(f"The variable {line.by} sets this; change it there.")

    def action_move(self, step: int) -> None:
        self.list.action_step(step)

    def go_to(self, name: str) -> None:
        """The cursor goes to a setting's line."""
        self.list.go(self._names.index(name))

    def action_leave(self) -> None:
        self.dismiss(self._changed)


def load(file: Path, environment: Mapping[str, str]) -> config.Settings:
    """Raises BadInput when the file was broken by hand."""
    try:
        return config.load(file, environment)
    except BadSettings as bad:
        raise BadInput(str(bad)) from None


def _prompt(line: SettingLine) -> Content:
    """Label and value; what was changed has a star."""
    mark = "  " if line.is_default else "* "
    return Content.assemble(
        Content.styled(f" {mark}", "bold"),
        fit(line.label, _LABEL),
        "  ",
        Content.styled(fit(line.shown or "-", _VALUE).rstrip(), "bold"),
    )


def _without_place(sentence: str) -> str:
    """The refusal without the file's line, which is not what was typed."""
    place, _, told = sentence.partition(": ")
    return told[:1].upper() + told[1:] if told and "line" in place else sentence
