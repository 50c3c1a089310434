"""What is refused: exit status 1 and one sentence for a "no", 2 for what was typed wrongly."""

import os
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from interworky_tui.paths import Paths
from tests.end_to_end.conftest import Program, Shell

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
ADD = ("requests", "add", "--name", "Ana Ruiz", "--date", "2026-03-20")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", 99), "There is no appointment 99."),
        (("schedule", 99, "fri 14:30"), "There is no appointment 99."),
        (("attend", 99), "There is no appointment 99."),
        (("cancel", 99, "--reason", "office"), "There is no appointment 99."),
        (("messages", "retry", 99), "There is no message 99."),
        (("undo",), "There is nothing to undo."),
        ((*ADD, "--band", "morning"), "Give a phone number or an email"),
        ((*ADD, "--band", "noonish", "--email", "a@b.example"), "is not a part of the day"),
        ((*ADD, "--band", "morning", "--phone", "123"), "is not a phone number that exists in DE"),
        ((*ADD, "--band", "morning", "--email", "ana@"), "is not an email address"),
        (
            (*ADD, "--band", "morning", "--email", "a@b.example", "--name", "\x1b\x07 "),
            "Give the client's name.",
        ),
        (
            (*ADD, "--band", "morning", "--email", "a@b.example", "--date", "2026-03-13"),
            "have passed",
        ),
        (("import", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_refused_in_an_empty_office(shell: Shell, words: tuple[object, ...], sentence: str) -> None:
    assert sentence in shell.refused(*words)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("schedule", 1, "blursday"), "was not understood"),
        (("schedule", 1, "2026-03-13 14:30"), "in the past"),
        (("schedule", 1, "2026-03-29 02:30"), "02:30"),
        (("attend", 1), "Only a scheduled visit can be attended; this one is requested."),
        (("collect-feedback", 1), "only after an attended visit; this one is requested."),
        (("record-feedback", 1, "--rating", "5"), "only after it was asked for"),
        (("cancel", 1, "--reason", "other"), "Say in a few words"),
        (("cancel", 1, "--reason", "no_show"), "has not begun"),
        (("messages", "retry", 1), "Only a failed or held message"),
    ],
)
def test_refused_for_a_request(shell: Shell, words: tuple[object, ...], sentence: str) -> None:
    shell.add()
    before = shell.json("show", 1)
    assert sentence in shell.refused(*words)
    assert shell.json("show", 1) == before


@pytest.mark.parametrize(
    "words",
    [
        ("shedule", 1, "fri 14:30"),
        ("schedule", 1),
        ("schedule", 1, "fri 14:30", "--minutes", 0),
        ("schedule", 1, "fri 14:30", "--minutes", 10**15),
        ("schedule", "one", "fri 14:30"),
        ("show", 0),
        ("show", 10**30),
        ("list", "--status", "done"),
        ("list", "--limit", "-1"),
        ("requests", "add", "--name", "Ana Ruiz"),
        (*ADD, "--phone", "030 901820"),
        (*ADD, "--band", "morning", "--date", "2026-02-30"),
        (*ADD, "--time", "25:00"),
        ("record-feedback", 1, "--rating", 6),
        ("cancel", 1),
        ("cancel", 1, "--reason", "bored"),
        ("messages", "--state", "lost"),
        ("--demo", "list"),
    ],
)
def test_typed_wrongly(shell: Shell, words: tuple[object, ...]) -> None:
    result = shell(*words, status=2)
    assert result.stdout == ""
    assert "Usage: " in result.stderr


def test_a_time_that_comes_twice_is_asked_about(shell: Shell) -> None:
    one = shell.add(date="2026-10-25", band="early_morning")
    sentence = shell.refused("schedule", one, "2026-10-25 02:30")
    assert "2026-10-25T02:30+02:00" in sentence
    assert "2026-10-25T02:30+01:00" in sentence
    shell("schedule", one, "2026-10-25T02:30+01:00")
    assert shell.json("show", one)["starts_at"] == "2026-10-25T02:30:00+01:00"
    shell("schedule", one, "2026-10-25T02:30+02:00")
    assert shell.json("show", one)["starts_at"] == "2026-10-25T02:30:00+02:00"


def test_the_time_may_stand_without_quotes_and_its_day_is_the_one_wished_for(shell: Shell) -> None:
    one = shell.add(date="2026-03-20")
    shell("schedule", one, "thu", "14:30", "--minutes", 20)
    assert shell.json("show", one)["starts_at"] == "2026-03-19T14:30:00+01:00"
    shell("schedule", one, "15:30")
    assert shell.json("show", one)["starts_at"] == "2026-03-19T15:30:00+01:00"
    two = shell.add(date="2026-03-20")
    shell("schedule", two, "11:30")
    assert shell.json("show", two)["starts_at"] == "2026-03-20T11:30:00+01:00"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[office]\nname = \n", "not valid TOML"),
        ("[office]\ncolour = 'red'\n", "config.toml, line 2, office.colour"),
        ("[messages]\nundo_seconds = -1\n", "config.toml, line 2, messages.undo_seconds"),
        ("[office]\ntimezone = 'Mars/Base'\n", "Mars/Base"),
    ],
)
def test_bad_settings_stop_every_command(
    shell: Shell, places: Paths, text: str, sentence: str
) -> None:
    places.settings_file.write_text(text)
    for words in (("config", "check"), ("list",), ()):
        assert sentence in shell.refused(*words)
    assert not places.database.exists()


def test_settings_from_the_environment_are_checked_too(program: Program) -> None:
    result = program("list", INTERWORKY_TUI_OFFICE__COLOUR="red")
    assert result.returncode == 1
    assert b"INTERWORKY_TUI_OFFICE__COLOUR" in result.stderr


def test_a_picture_is_not_a_list(shell: Shell, tmp_path: Path) -> None:
    picture = tmp_path / "scan.csv"
    picture.write_bytes(PNG)
    assert "PNG" in shell.refused("import", picture)


@pytest.mark.parametrize("words", [("list",), ("worker", "--once"), ()])
def test_a_picture_in_the_place_of_the_store(
    shell: Shell, places: Paths, words: tuple[str, ...]
) -> None:
    places.database.write_bytes(PNG * 100)
    if words:
        shell.refused(*words)
    else:
        shell(status=1)
    assert places.database.read_bytes() == PNG * 100


def test_a_folder_in_the_place_of_the_store(shell: Shell, places: Paths) -> None:
    places.database.mkdir()
    shell.refused("list")


def test_a_store_of_a_newer_version(shell: Shell, places: Paths) -> None:
    shell("list")
    connection = sqlite3.connect(places.database)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer version" in shell.refused("list")


def test_a_store_that_another_program_holds(shell: Shell, places: Paths) -> None:
    shell.add()
    other = sqlite3.connect(places.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "Another program is writing" in shell.refused("schedule", 1, "fri 14:30")
    other.close()


def test_a_home_that_cannot_be_made(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = program("list", INTERWORKY_TUI_HOME=str(file / "home"))
    assert result.returncode == 1
    assert b"Traceback" not in result.stderr
    assert result.stderr.count(os.linesep.encode()) == 1


def test_a_fault_goes_to_the_log_without_what_was_typed(shell: Shell) -> None:
    shell.add()

    held = ["Ana Ruiz", "+49 30 901820", "ana@ruiz.example"]

    def broken() -> datetime:
        raise RuntimeError(f"no time for {held[0]!r}, {held[1]}, {held[2]}")

    sentence = shell.at(broken).refused("list", "--search", "Ana Ruiz")
    assert sentence.startswith("Something went wrong")
    assert str(shell.paths.log_file) in sentence
    log = shell.paths.log_file.read_text()
    assert "RuntimeError: no time for …, …, …" in log
    assert "in broken" in log
    for private in ("Ana", "901820", "ruiz"):
        assert private not in log


def test_an_interrupt_is_quiet(shell: Shell) -> None:
    def interrupted() -> datetime:
        raise KeyboardInterrupt

    result = shell.at(interrupted)("list", status=130)
    assert result.output == ""
