"""A modal is there before what is beneath it is dimmed, and follows what changes there."""

from textual.app import App, ComposeResult
from textual.widgets import Static

from interworky_tui.ui.modals.modal import Modal

PATIENCE = 2000
"""Turns of the event loop: Textual takes on another size a moment later."""


class Desk(App[None]):
    CSS = "ModalScreen { background: $background 60%; } .frame { background: $surface; height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[list[str]] = []

    def compose(self) -> ComposeResult:
        yield Static("one", id="one")
        yield Static("two", id="two")

    def _display(self, screen, renderable):
        if renderable is not None and isinstance(screen, Modal):
            self.frames.append(type(renderable).__name__)
        super()._display(screen, renderable)


class Over(Modal[None]):
    def __init__(self, said: str) -> None:
        super().__init__()
        self.said, self.painted = said, 0

    def compose(self) -> ComposeResult:
        yield Static(self.said, classes="frame")

    def _painted(self, *given):
        self.painted += 1
        return super()._painted(*given)


def seen(app):
    return [strip.text.strip() for strip in app.screen._compositor.render_strips()]


async def until(pilot, there):
    for _ in range(PATIENCE):
        if there():
            return
        await pilot.pause(0.005)
    raise AssertionError(seen(pilot.app))


async def test_the_frame_is_painted_first_and_what_is_beneath_once():
    app = Desk()
    async with app.run_test(size=(20, 4)) as pilot:
        modal = Over("over it")
        await app.push_screen(modal)
        await pilot.pause()
        assert app.frames[:1] == ["ChopsUpdate"]
        assert "LayoutUpdate" in app.frames
        assert seen(app) == ["over it", "two", "", ""]
        # Again only because the screen beneath is told that it is left.
        assert modal.painted <= 2


async def test_what_changes_beneath_is_seen_and_nothing_else_is_painted():
    app = Desk()
    async with app.run_test(size=(20, 4)) as pilot:
        await app.push_screen(Over("over it"))
        await pilot.pause()
        app.frames.clear()
        beneath = app.screen_stack[0]
        beneath.query_one("#two", Static).update("2nd")
        await until(pilot, lambda: seen(app) == ["over it", "2nd", "", ""] and app.frames)
        assert app.frames == ["ChopsUpdate"]
        app.frames.clear()
        beneath.query_one("#two", Static).refresh()
        await pilot.pause()
        assert app.frames == []


async def test_a_modal_over_a_modal_shows_what_changes_beneath_both():
    app = Desk()
    async with app.run_test(size=(20, 4)) as pilot:
        await app.push_screen(Over("over it"))
        await pilot.pause()
        upper = Over("uppermost")
        await app.push_screen(upper)
        await pilot.pause()
        app.screen_stack[0].query_one("#two", Static).update("2nd")
        await until(pilot, lambda: seen(app) == ["uppermost", "2nd", "", ""])
        app.pop_screen()
        await until(pilot, lambda: seen(app) == ["over it", "2nd", "", ""])


async def test_it_follows_the_size_of_the_terminal():
    app = Desk()
    async with app.run_test(size=(20, 4)) as pilot:
        await app.push_screen(Over("over it"))
        await pilot.pause()
        await pilot.resize_terminal(30, 6)
        await until(pilot, lambda: seen(app) == ["over it", "two", "", "", "", ""])
        assert all(len(line.text) == 30 for line in app.screen._compositor.render_strips())


async def test_it_may_be_painted_once_more_after_it_was_closed():
    app = Desk()
    async with app.run_test(size=(20, 4)) as pilot:
        modal = Over("over it")
        await app.push_screen(modal)
        await pilot.pause()
        modal.forget_beneath()
        await app.pop_screen()
        assert modal._backdrop()[0].text.strip() == "one"
