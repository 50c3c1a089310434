"""The office moved to a server and back, by one command each."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from interworky_tui import config
from interworky_tui.cli.moving import _without_password
from interworky_tui.start import Surroundings
from interworky_tui.storage import schema
from tests import postgres
from tests.end_to_end.conftest import SETTINGS, Shell


@pytest.fixture
def server_url(postgres_server: postgres.Server) -> Iterator[str]:
    """An empty database."""
    yield postgres_server.create("moved")
    postgres_server.drop("moved")


def url_in_settings(shell: Shell) -> str:
    return config.load(shell.paths.settings_file, {}).database.url


def with_password(url: str) -> str:
    return url.replace("//postgres@", "//postgres:p%40ss%3Aw@")


def test_to_a_server_and_back(shell: Shell, server_url: str) -> None:
    first = shell.add()
    said = shell("move-to", with_password(server_url))
    assert "1 clients, 1 appointments" in said.stdout
    assert "each table is the same in both" in said.stdout
    assert "p%40ss" not in said.output
    assert "p@ss" not in said.output

    assert "p%40ss" not in shell.paths.settings_file.read_text()
    assert SETTINGS in shell.paths.settings_file.read_text()
    [kept] = parse_qs(urlsplit(url_in_settings(shell)).query)["passfile"]
    assert kept == str(shell.paths.config / "database.pgpass")
    with open(kept) as file:
        assert file.read() == "*:*:*:*:p@ss\\:w\n"

    second = shell.add(name="Ben Ode", phone="030 901821", email="")
    assert second == first + 1
    assert len(shell.json("list")) == 2

    said = shell("move-to", shell.paths.database)
    assert "-replaced-" in said.stdout
    assert url_in_settings(shell) == ""
    assert [one["id"] for one in shell.json("list")] == [first, second]
    assert shell.add(name="Cid Fox", phone="030 901822", email="") == second + 1


def test_the_old_place_is_closed(shell: Shell, server_url: str) -> None:
    visit = shell.add()
    shell("move-to", server_url)
    shell.paths.settings_file.write_text(SETTINGS)
    for words in (("list",), ("schedule", visit, "2026-03-20 10:30"), ("worker", "--once")):
        told = shell.refused(*words)
        assert "The office was moved" in told
        assert "[database] url" in told
    # As after a power cut, before the settings could say so.
    said = shell("move-to", server_url)
    assert "had arrived" in said.stdout
    assert url_in_settings(shell) == server_url
    assert len(shell.json("list")) == 1


def test_what_is_set_elsewhere_is_left_to_a_person(shell: Shell, server_url: str) -> None:
    from click.testing import CliRunner

    from interworky_tui.cli import commands

    shell.add()
    name = "INTERWORKY_TUI_DATABASE__URL"
    old = {name: schema.sqlite_url(shell.paths.database)}
    around = Surroundings(shell.paths, shell.clock, old)
    said = CliRunner().invoke(commands, ["move-to", with_password(server_url)], obj=around)
    assert said.exit_code == 0
    assert f'{name} names the old place: set it to "{server_url}"' in said.stdout
    assert shell.paths.settings_file.read_text() == SETTINGS
    assert not (shell.paths.config / "database.pgpass").exists()


def test_what_cannot_be_a_place_is_refused(shell: Shell) -> None:
    shell.add()
    assert "SQLite file or on PostgreSQL" in shell.refused("move-to", "mysql://db/office")
    nowhere = "postgresql://ana:secret@127.0.0.1:9/office"
    told = shell.refused("move-to", nowhere)
    assert "does not answer" in told
    assert "secret" not in told
    assert "there already" in shell.refused("move-to", shell.paths.database)
    assert len(shell.json("list")) == 1


@pytest.mark.parametrize(
    ("url", "bare", "password"),
    [
        ("postgresql://db/office", "postgresql://db/office", ""),
        ("postgresql://ana@db/office?a=b", "postgresql://ana@db/office?a=b", ""),
        ("postgresql://ana:x@db:5433/o?a=b", "postgresql://ana@db:5433/o?a=b", "x"),
        ("postgresql://a@db/o?password=x%26&a=b", "postgresql://a@db/o?a=b", "x&"),
        ("postgresql://:x@/o", "postgresql://@/o", "x"),
    ],
)
def test_a_password_is_taken_out(url: str, bare: str, password: str) -> None:
    assert _without_password(url) == (bare, password)


def test_no_backup_makes_a_second_office_where_it_was_before(shell: Shell, server_url: str) -> None:
    shell.add()
    kept = shell("backup").stdout.strip()
    shell("move-to", server_url)
    shell.paths.settings_file.write_text(SETTINGS)
    told = shell.refused("restore", kept, "--yes")
    assert "would make a second one" in told
    assert "The office was moved" in shell.refused("list")
    shell("restore", kept, "--yes", "--although-moved")
    assert len(shell.json("list")) == 1


def test_nor_does_one_on_the_server(shell: Shell, server_url: str) -> None:
    shell.add()
    shell("move-to", server_url)
    kept = shell("backup").stdout.strip()
    settings = shell.paths.settings_file.read_text()
    shell("move-to", shell.paths.database)
    shell.paths.settings_file.write_text(settings)
    assert "would make a second one" in shell.refused("restore", kept, "--yes")
    shell("restore", kept, "--yes", "--although-moved")
    assert len(shell.json("list")) == 1
