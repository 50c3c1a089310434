"""Texts that change while they are looked at."""

from textual.content import Content
from textual.widgets import Static


def put(text: Static, content: Content | str) -> None:
    """Show another text, and lay out anew only when it takes another number of lines.

    A layout of a whole screen takes longer than to paint the line that differs.
    """
    after = Content(content) if isinstance(content, str) else content
    before, width = text.visual, text.content_size.width
    if not isinstance(before, Content) or not width:
        text.update(after)
    elif not before.is_same(after):
        rules = text.styles.get_rules()
        heights = {one.get_height(rules, width) for one in (before, after)}
        text.update(after, layout=len(heights) > 1)
