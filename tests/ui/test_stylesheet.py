"""What is remembered of the styles is what Textual would work out anew."""

import pytest
from textual.css.stylesheet import Stylesheet
from textual.widgets import Input

from interworky_tui.ui import themes


def differing(app):
    """Widgets whose styles, or those of their parts, are not the ones the rules say."""
    plain = Stylesheet(variables=app.get_css_variables())
    plain.source = app.stylesheet.source
    plain.parse()
    found = []
    for screen in app.screen_stack:
        for node in screen.walk_children(with_self=True):
            before = worn(node)
            plain.apply(node)
            if worn(node) != before:
                found.append(node)
    return found


def worn(node):
    parts = {name: styles.base.get_rules() for name, styles in node._component_styles.items()}
    return node.styles.base.get_rules(), parts, node._has_hover_style, node._has_order_style


@pytest.mark.parametrize("key", ["t", "n", "x", "c", "d", "m", "comma", "question_mark", "ctrl+p"])
async def test_everything_looks_as_the_rules_say_however_often_it_is_opened(open_desk, asked, key):
    asked()
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        for theme in (None, *themes.NAMES[:2]):
            if theme:
                desk.app.theme = theme
            await desk.press(key)
            await desk.until(lambda: len(desk.app.screen_stack) > 1)
            assert differing(desk.app) == []
            await desk.press("tab")
            assert differing(desk.app) == []
            await desk.press("escape")
            await desk.until(lambda: len(desk.app.screen_stack) == 1)


async def test_a_state_that_comes_and_goes_changes_the_looks(open_desk):
    async with open_desk() as desk:
        await desk.press("n")
        await desk.until(lambda: desk.app.screen.query(Input))
        entry = desk.app.screen.query(Input).first()
        seen = []
        for change in (
            lambda: entry.set_class(True, "-invalid"),
            lambda: setattr(entry, "disabled", True),
            lambda: setattr(entry, "disabled", False),
            lambda: entry.set_class(False, "-invalid"),
            lambda: setattr(desk.app, "app_focus", False),
            lambda: setattr(desk.app, "app_focus", True),
        ):
            change()
            await desk.pilot.pause()
            assert differing(desk.app) == []
            seen.append(str(entry.styles.base.get_rules()))
        assert len(set(seen)) > 1
