"""Keys of the API on the command line: shown once, listed without themselves, revoked for good."""

import re

import pytest

from interworky_tui.paths import Paths
from tests.conftest import FixedClock
from tests.end_to_end.conftest import Shell

pytestmark = pytest.mark.both_databases


def test_a_key_is_shown_once(shell: Shell, places: Paths) -> None:
    made = shell("api-key", "new", " Website \x1b assistant ")
    secret = made.stdout.strip()
    assert re.fullmatch(r"iw_[A-Za-z0-9_-]{43}", secret)
    assert "never shown again" in made.stderr
    assert "[web] enabled" in made.stderr
    assert secret not in shell("api-key", "list").output
    assert secret not in shell("api-key", "list", "--json").output
    for file in places.database.parent.glob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()
    other = shell("api-key", "new", "other").stdout.strip()
    assert other != secret


def test_where_the_api_is_served_nothing_more_is_said(shell: Shell, places: Paths) -> None:
    with places.settings_file.open("a") as file:
        file.write("\n[web]\nenabled = true\n")
    assert "[web]" not in shell("api-key", "new", "assistant").stderr


def test_keys_are_listed(shell: Shell, clock: FixedClock) -> None:
    assert shell("api-key", "list").stdout == "There are no keys.\n"
    assert shell.json("api-key", "list") == []
    shell("api-key", "new", "assistant")
    clock.forward(hours=1)
    shell("api-key", "new", "till")
    shell("api-key", "revoke", 1)
    assert shell("api-key", "list").stdout == (
        "1  assistant: made Mon 16 Mar 2026, 09:10; never used; revoked Mon 16 Mar 2026, 10:10\n"
        "2  till: made Mon 16 Mar 2026, 10:10; never used\n"
    )
    assert shell.json("api-key", "list")[0] == {
        "id": 1,
        "name": "assistant",
        "created_at": "2026-03-16T09:10:00+01:00",
        "last_used_at": None,
        "revoked_at": "2026-03-16T10:10:00+01:00",
    }


def test_revoked_again_it_stays_so(shell: Shell, clock: FixedClock) -> None:
    shell("api-key", "new", "assistant")
    assert shell("api-key", "revoke", 1).stdout == "Key 1 (assistant) is revoked.\n"
    before = shell.json("api-key", "list")
    clock.forward(hours=1)
    shell("api-key", "revoke", 1)
    assert shell.json("api-key", "list") == before
    assert shell.refused("api-key", "revoke", 2) == "There is no key 2."


def test_names_of_keys(shell: Shell) -> None:
    assert "name" in shell.refused("api-key", "new", " \x1b ")
    assert "60" in shell.refused("api-key", "new", "x" * 61)
    shell("api-key", "new", "assistant")
    assert shell.refused("api-key", "new", "Assistant") == "Key 1 has that name; revoke it first."
    shell("api-key", "revoke", 1)
    shell("api-key", "new", "assistant")


def test_requests_say_that_they_were_typed_here(shell: Shell) -> None:
    shell.add()
    assert shell.sql("SELECT source FROM appointment") == [("cli",)]
