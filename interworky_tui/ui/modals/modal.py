"""A modal over a full screen, whose backdrop is painted without working out its looks anew."""

from functools import lru_cache
from typing import Generic, TypeVar

from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style as Look
from textual.color import Color
from textual.css.styles import RulesMap
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

R = TypeVar("R")


class Backdrop(Visual):
    """What is beneath a modal, tinted as Textual's BackgroundScreen does it.

    That one works out the tint of every piece of every line, each time a modal is laid out; a
    screen has few looks.
    """

    def __init__(self, beneath: Screen[object], tint: Color) -> None:
        self._beneath, self._tint = beneath, tint

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        base, tint = style.rich_style, self._tint
        return [
            Strip(
                [
                    Segment(text, tinted(look or Look.null(), tint, base), None)
                    for text, look, control in strip.crop(0, width)
                    if not control
                ]
            )
            for strip in self._beneath._compositor.render_strips()[:height]
        ]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        return self._beneath.size.height


@lru_cache(2000)
def tinted(look: Look, tint: Color, base: Look) -> Look:
    """A look beneath the modal whose own is ``base``."""
    (segment,) = BackgroundScreen.process_segments([Segment(" ", look)], tint)
    return base + segment.style


class _Beneath(BackgroundScreen):
    def visualize(self) -> Visual:
        return Backdrop(self.screen, self.color)


class Modal(ModalScreen[R], Generic[R]):
    def render(self) -> RenderableType:
        found = super().render()
        if isinstance(found, BackgroundScreen):
            return _Beneath(found.screen, found.color)
        return found
