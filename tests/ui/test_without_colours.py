"""What is chosen, marked or wrong is told by words, signs, reverse or bold, not by a colour."""

from collections import Counter

import pytest

from screenshots import stations, waiting

LISTS = ("AppointmentList", "OptionList", "PickList")
BARS = ("OptionList", "PickList", "Timeline")
CHOICES = [
    ("desk", "AppointmentList", "up"),
    ("desk", "TabBar", "3"),
    ("marks", "AppointmentList", "space"),
    ("free-slots", "Suggestions", "down"),
    ("cancel", "#reasons", "3"),
    ("bulk", "CheckList", "down"),
    ("bulk", "CheckList", "space"),
    ("bulk-cancel", "#reasons", "1"),
    ("bulk-choose", "#choices", "down"),
    ("refill", "#people", "down"),
    ("refill", "#people", "space"),
    ("sweep", "OptionList", "up"),
    ("messages", "OptionList", "up"),
    ("caller", "PickList", "down"),
    ("settings", "PickList", "down"),
    ("day", "Timeline", "down"),
    ("insights", "#insights-title", "9"),
    ("new-pin", ".dialog", "tab"),
    ("edit", ".dialog", "tab"),
]


@pytest.mark.parametrize(("name", "where", "key"), CHOICES)
@pytest.mark.parametrize("terminal", ["no colours", "16 colours"])
async def test_a_choice_is_seen_without_colours(opened, monkeypatch, name, where, key, terminal):
    if terminal == "no colours":
        monkeypatch.setenv("NO_COLOR", "1")
    async with opened(name, (80, 24)) as (app, pilot):
        if terminal == "16 colours":
            app.set_class(True, "-few-colors")
        await stations.reach(pilot, name)
        before = attributes(app, where)
        await pilot.press(key)
        await waiting.until(pilot, lambda: len(changed(before, attributes(app, where))) > 0)
        await pilot.pause()
        after = attributes(app, where)
        # A choice leaves one place and comes to another.
        assert len(changed(before, after)) > (where in LISTS), after
        # Bold alone is no sign where other words are bold.
        assert where not in BARS or longest_sign(after) > 20, after


def attributes(app, where):
    """Of each cell of a widget all that a terminal without colours shows."""
    region = app.screen.query(where).first().region
    found = {}
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        x = 0
        for segment in strip:
            style = segment.style
            look = (style.bold, style.reverse, style.underline) if style else ()
            for letter in segment.text:
                if region.contains(x, y):
                    found[x, y] = (letter, *map(bool, look))
                x += 1
    return found


def longest_sign(cells):
    """How many cells of one line are reversed or underlined."""
    lines = Counter(y for (_x, y), (*_, reverse, line) in cells.items() if reverse or line)
    return max(lines.values(), default=0)


def changed(before, after):
    """The lines, and in one line the cells, that do not look as they did."""
    cells = {place for place in before | after if before.get(place) != after.get(place)}
    lines = {y for _x, y in cells}
    return lines if len(lines) > 1 else cells


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("desk", ("DUE", "MOVE", "CONF", "asks for another time", "1 failed")),
        ("marks", ("*Fatima", "4 marked")),
        ("day", ("DOUBLE DUE HERE 11 min", "now", "free", "closed")),
        ("fix", ("FAILED",)),
        ("collected", ("LOW", "low unread")),
        ("bulk-attended", ("[x]", " – ", "2 left out")),
        ("curtain", ("CURTAIN",)),
        ("channel-down", ("cannot be reached", "1 failed")),
        ("quiet-hours", ("quiet hours: the client hears of this at once",)),
    ],
)
async def test_a_state_has_its_word(opened, name, words):
    async with opened(name, (140, 40)) as (_app, pilot):
        await stations.reach(pilot, name)
        shown = waiting.text_of(pilot)
        assert [word for word in words if word not in shown] == []
