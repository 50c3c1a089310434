"""The README says what the program does: keys, commands, settings, pictures, make targets."""

import re
from pathlib import Path

import pytest

from tests.docs import tables

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", tables.SECTIONS)
def test_the_table_is_what_the_program_says(name):
    told = "python -m tests.docs.tables writes it"
    assert tables.section(TEXT, name) == tables.SECTIONS[name](), told


def test_every_picture_and_file_it_names_is_there():
    named = re.findall(r"\]\(([^)#]+)\)", TEXT)
    missing = [n for n in named if "://" not in n and not (ROOT / n).exists()]
    assert named
    assert not missing


def test_every_make_target_it_names_is_there():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make ([a-z]+)", TEXT))
    assert {"run", "test", "demo"} <= named <= targets


def test_it_speaks_of_no_machine():
    assert not re.search(r"/(work|root|home/(?!you))/", TEXT)
