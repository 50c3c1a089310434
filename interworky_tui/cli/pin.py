"""The PIN of the desk's lock."""

from typing import TYPE_CHECKING

import click

from interworky_tui.cli.base import say
from interworky_tui.start import Surroundings

if TYPE_CHECKING:
    from interworky_tui.lock import DeskLock


@click.group("pin")
def pin() -> None:
    """Set or clear the PIN that opens a locked desk."""


@pin.command("set")
@click.pass_obj
def set_(around: Surroundings) -> None:
    """Set the PIN: 4 to 12 digits, asked for twice and not shown.

    Ctrl+L locks the desk from then on; left alone it locks itself after [desk] lock_minutes.

    Example: interworky-tui pin set
    """
    from interworky_tui import pin as pins
    from interworky_tui.domain.errors import BadInput

    _ask_present(_lock(around), around)
    typed = pins.checked(_ask("New PIN"))
    if _ask("Once more") != typed:
        raise BadInput("The two are not the same; nothing was changed.", "pin")
    pins.store(around.paths.config, typed)
    say("The PIN is set: Ctrl+L locks the desk.")


@pin.command()
@click.pass_obj
def clear(around: Surroundings) -> None:
    """Clear the PIN: the desk is locked no more.

    The present one is asked for. When it is forgotten, remove the file named pin beside the
    settings; "interworky-tui config path" says where they are.

    Example: interworky-tui pin clear
    """
    from interworky_tui import pin as pins

    lock = _lock(around)
    if not lock.has_pin:
        say("There is no PIN.")
        return
    _ask_present(lock, around)
    pins.clear(around.paths.config)
    lock.forget()
    say("The PIN is cleared: the desk is locked no more.")


def _lock(around: Surroundings) -> "DeskLock":
    from interworky_tui.lock import DeskLock

    return DeskLock(around.paths, around.clock)


def _ask_present(lock: "DeskLock", around: Surroundings) -> None:
    """Wrong ones count as they do at the desk. Raises BadInput, TooSoon."""
    from interworky_tui import pin as pins
    from interworky_tui.domain.errors import BadInput

    if lock.has_pin and not lock.knows(_ask("Present PIN")):
        forgotten = around.paths.config / pins.PIN_FILE
        raise BadInput(f"That is not the PIN. If it is forgotten, remove {forgotten}.", "pin")


def _ask(what: str) -> str:
    typed: str = click.prompt(what, hide_input=True, err=True)
    return typed.strip()
