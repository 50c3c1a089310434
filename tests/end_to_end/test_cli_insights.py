"""The insights as they are printed: plain lines for people, JSON for scripts."""

import re

import pytest

from tests.end_to_end.conftest import Shell

pytestmark = pytest.mark.both_databases

FIGURE = re.compile(r"  (?P<label>\S.*?)  +(?P<value>\d+)  (?P<note>.*)")


def figures(printed: str) -> dict[str, str]:
    return {m["label"]: m["value"] for m in map(FIGURE.fullmatch, printed.splitlines()) if m}


def test_a_new_office_is_told_what_will_stand_here(shell: Shell) -> None:
    said = shell("insights").stdout
    assert said.startswith("The last 30 days: 15 Feb to 16 Mar 2026\n")
    assert "nothing to count in these days" in said
    assert "Ratings" not in said


def test_the_figures_stand_in_plain_lines(shell: Shell) -> None:
    shell.add()
    one = shell.add(name="Bo Berg")
    shell("cancel", one, "--reason", "office")
    said = shell("insights").stdout
    found = figures(said)
    assert (found["Requested"], found["Still open"], found["Cancelled"]) == ("2", "1", "1")
    assert (found["Morning"], found["Friday"], found["The office"]) == ("2", "2", "1")
    assert "  Friday     2  100 %, was 0\n" in said
    assert said.isascii()
    assert not re.search(r"[─│█\x1b]", said)


def test_the_figures_are_the_same_as_json(shell: Shell) -> None:
    shell.add()
    told = shell.json("insights", "--days", 90)
    assert (told["days"], told["timezone"]) == (90, "Europe/Berlin")
    assert told["now"]["requests"]["total"] == 1
    assert told["now"]["requests"]["by_band"]["morning"] == 1
    assert len(told["now"]["feedback"]["weeks"]) == 14
    assert told["before"]["requests"]["total"] == 0


def test_only_three_spans_are_known(shell: Shell) -> None:
    assert "30" in shell("insights", "--days", 31, status=2).stderr
