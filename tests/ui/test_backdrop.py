"""What is beneath a modal looks as Textual's own backdrop does."""

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widgets import Input, Static

from interworky_tui.ui.modals.modal import Modal


class Beneath(App[None]):
    CSS = "ModalScreen { align: center middle; background: $background 60%; }"

    def compose(self) -> ComposeResult:
        yield Static(Content.styled("Ana Ruiz", "bold $warning on $error"))
        yield Static(Content.assemble("wide: 診療 ", ("link", "underline $primary")))
        yield Input("typed")


async def strips_with(modal: Screen[None]) -> list[list[Segment]]:
    app = Beneath()
    async with app.run_test(size=(40, 10)) as pilot:
        await app.push_screen(modal)
        await pilot.pause()
        lines: list[Strip] = app.screen._compositor.render_strips()
        return [list(Strip(line).simplify()) for line in lines]


class Plain(ModalScreen[None]):
    def compose(self) -> ComposeResult:
        yield Static("over it")


class Ours(Modal[None]):
    def compose(self) -> ComposeResult:
        yield Static("over it")


async def test_the_backdrop_is_textuals_own():
    assert await strips_with(Ours()) == await strips_with(Plain())
