"""What the command line prints reads well aloud: no boxes, no colours, states in words."""

import re

import pytest

from screenshots import draw
from tests.end_to_end.conftest import Shell

SIGNS = re.compile(r"[\x1b│─╭╮╰╯┌┐└┘├┤┬┴┼━┃═║█▌▏▁▂▃▄▅▆▇★☆●▶→←]")


@pytest.fixture(scope="module")
def demo_home(demo, tmp_path_factory):
    _told, kept = demo
    return draw.copied(kept, tmp_path_factory.mktemp("words") / "home")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("list", "--limit", "0"), ("Scheduled", "due", "stale", "rating 5 of 5")),
        (("day", "2026-03-16"), ("double booking", "Rosa Martínez", "free")),
        (("show", "151"), ("Scheduled", "Visit: ", "Arrived: ", "History:", "client by SMS")),
        (("messages",), ("failed", "sent", "client by SMS")),
        (("slots", "132"), ("1", "Mar 2026")),
    ],
)
@pytest.mark.parametrize("no_color", [True, False])
def test_it_reads_well_aloud(demo_home, monkeypatch, command, words, no_color):
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    out = Shell(demo_home, draw.clock)(*command).stdout
    assert SIGNS.findall(out) == []
    assert [word for word in words if word not in out] == []
