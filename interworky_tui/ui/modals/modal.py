"""A modal over a full screen: it is there at once, and what is beneath it is dimmed after that.

Textual paints what is beneath a modal anew whenever the modal itself is painted, several times as
it opens, and works out the tint of every piece of every line of it. Here it is painted once, and
then where it changed.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Generic, Self, TypeVar

from rich.segment import Segment
from rich.style import Style as Look
from textual.color import Color
from textual.geometry import Region, Size
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen
from textual.strip import Strip

R = TypeVar("R")


@lru_cache(2000)
def tinted(look: Look, tint: Color, base: Look) -> Look:
    """A look beneath the modal whose own is ``base``."""
    (segment,) = BackgroundScreen.process_segments([Segment(" ", look)], tint)
    return base + segment.style


class Modal(ModalScreen[R], Generic[R]):
    _seen = False
    """Whether what is in it was painted, and the rest may follow."""
    _beneath: tuple[tuple[Size, Color, Look], list[Strip]] | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        if not self._seen:
            return [Strip.blank(crop.width)] * crop.height
        if self.styles.background.a == 1:
            return super().render_lines(crop)
        lines = self._backdrop()[crop.y : crop.bottom]
        return [line.crop(crop.x, crop.right) for line in lines]

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Regions are what was painted anew beneath it."""
        if regions and self._seen:
            regions = tuple(self._differing())
            if not regions:
                return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def forget_beneath(self) -> None:
        """What is beneath was painted anew while another modal was over this one."""
        self._beneath = None

    def _screen_resized(self, size: Size) -> None:
        if size != self._size:
            super()._screen_resized(size)

    def _compositor_refresh(self) -> None:
        inside = set() if self._seen else set(self._inside())
        if inside and self is self.app.screen:
            self._compositor._dirty_regions = inside
            super()._compositor_refresh()
            self._seen = True
            self.refresh()
        else:
            self._seen = True
            super()._compositor_refresh()

    def _inside(self) -> Iterator[Region]:
        """Where nothing of the backdrop is to be seen."""
        for child in self.children:
            if child in self._compositor.full_map and child.styles.background.a == 1:
                region = child.region.intersection(self.size.region)
                if region:
                    yield region

    def _differing(self) -> Iterator[Region]:
        before, self._beneath = self._beneath, None
        for screen in self.app.screen_stack:
            if isinstance(screen, Modal) and screen is not self:
                screen.forget_beneath()
        after = self._backdrop()
        if before is None or len(before[1]) != len(after):
            yield self.size.region
            return
        for y, (one, other) in enumerate(zip(before[1], after, strict=True)):
            if one != other:
                yield Region(0, y, self.size.width, 1)

    def _backdrop(self) -> list[Strip]:
        """What is beneath, tinted as Textual's BackgroundScreen does it."""
        key = (self.size, self.styles.background, self.visual_style.rich_style)
        if self._beneath is None or self._beneath[0] != key:
            self._beneath = key, self._painted(*key)
        return self._beneath[1]

    def _painted(self, size: Size, tint: Color, base: Look) -> list[Strip]:
        stack = self.app._screen_stack
        # It may be painted once more after it was closed.
        at = stack.index(self) if self in stack else len(stack)
        beneath: Screen[object] = stack[max(0, at - 1)]
        filters, colour = self.get_line_filters(), self.background_colors[1]
        lines = []
        for strip in beneath._compositor.render_strips(size):
            line = Strip(
                [
                    Segment(text, tinted(look or Look.null(), tint, base), None)
                    for text, look, control in strip.crop(0, size.width)
                    if not control
                ]
            )
            for one in filters:
                line = line.apply_filter(one, colour)
            lines.append(line)
        return lines
