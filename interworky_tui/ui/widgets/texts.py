"""Texts that change while they are looked at."""

from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static


def put(text: Static, content: Content | str) -> None:
    """Show another text, and lay out anew only when it takes another number of lines.

    A layout of a whole screen takes longer than to paint the line that differs.
    """
    after = Content(content) if isinstance(content, str) else content
    before, width = text.visual, text.content_size.width
    if isinstance(before, Content) and before.is_same(after):
        return
    if not isinstance(before, Content) or not width:
        text.update(after)
    else:
        rules = text.styles.get_rules()
        heights = {one.get_height(rules, width) for one in (before, after)}
        text.update(after, layout=len(heights) > 1)


def strip_of(widget: Widget, line: Content, width: int, style: Style) -> Strip:
    """A line of text, exactly so wide. What is too long has an ellipsis.

    In a third of the time that Textual takes for it, which also finds out where links are, and
    what is selected.
    """
    if line.cell_length > width:
        line = line.truncate(width, ellipsis=True)
    parts = line.render(style, end="", parse_style=widget._get_style)
    strip = Strip([Segment(text, one.rich_style) for text, one in parts])
    return strip.adjust_cell_length(width, style.rich_style)
