"""What can be read of a screen: the contrast of its text, and what is left of it in 16 colours."""

from functools import cache
from typing import Any

from rich.color import ColorSystem
from textual.app import App
from textual.color import Color

LEAST = 4.5
"""Of text that is not large: WCAG 2.2, 1.4.3."""
LINES = frozenset("│─╭╮╰╯█▌▏▁▂▃▄▅▆▇▔ >")


def poor(app: App[Any]) -> list[tuple[str, float, str]]:
    """Pieces of text with a contrast under LEAST, outside what a modal dims."""
    return [
        (text, round(contrast, 2), str(style))
        for text, style in _pieces(app)
        if (contrast := ratio(*_colors(style))) < LEAST
    ]


def unreadable_in_16(app: App[Any]) -> list[tuple[str, str]]:
    """Pieces of text that a terminal with 16 colours paints in the colour of what is behind."""
    found = []
    for text, style in _pieces(app):
        ink, paper = (
            one.downgrade(ColorSystem.STANDARD).number for one in (style.color, style.bgcolor)
        )
        if ink == paper:
            found.append((text, str(style)))
    return found


def _pieces(app: App[Any]) -> list[tuple[str, Any]]:
    frames = app.screen.query(".dialog, #help, #--container") if app.screen.is_modal else ()
    modal = next(iter(frames), None)
    found = []
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        x = 0
        for segment in strip:
            style = segment.style
            inside = modal is None or modal.region.contains(x, y)
            told = segment.text.strip() and not set(segment.text) <= LINES
            if inside and told and style and style.color and style.bgcolor:
                found.append((segment.text, style))
            x += segment.cell_length
    return found


def _colors(style: Any) -> tuple[Color, Color]:
    ink, paper = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
    return (paper, ink) if style.reverse else (ink, paper)


@cache
def ratio(one: Color, other: Color) -> float:
    """Contrast as WCAG 2.2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: Color) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
