"""A program changes the settings as a careful person would: one key, and nothing beside it."""

import os
import stat
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui import private_file
from interworky_tui.config import BadSettings, load
from interworky_tui.settings_file import change, edited

WRITTEN = """\
# Practice Lindenhof, by hand
office.name = "Lindenhof"  # as on the door

[email]   # the mail server
# ask Mr Weber
host = "mail.example.com"   # new since March
port = 465
security = 'tls'

[desk]
actor = "ana"
"""


@pytest.fixture
def file(places):
    places.settings_file.write_text(WRITTEN)
    return places.settings_file


def test_only_the_named_keys_change(file):
    change(file, {("email", "host"): "post.example.com", ("email", "port"): None})
    assert file.read_text() == WRITTEN.replace("mail.example", "post.example").replace(
        "port = 465\n", ""
    )


def test_new_keys_and_sections_come_where_they_belong(file):
    change(file, {("office", "phone"): "+493012345678", ("sms", "account_sid"): None})
    change(file, {("messages", "undo_seconds"): 5})
    assert 'office.phone = "+493012345678"\n' in file.read_text()
    assert file.read_text().endswith("\n[messages]\nundo_seconds = 5\n")
    assert load(file, {}).messages.undo_seconds == 5


def test_a_first_file_is_its_owners_alone(tmp_path):
    file = tmp_path / "new" / "office" / "config.toml"
    change(file, {("office", "name"): "Lindenhof"})
    assert file.read_text() == '[office]\nname = "Lindenhof"\n'
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="no modes elsewhere")
def test_a_file_that_was_open_to_others_is_closed(file):
    file.chmod(0o644)
    change(file, {("desk", "actor"): "ana"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == WRITTEN


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({("email", "port"): 70_000}, "email.port: must be at most 65535"),
        ({("email", "prot"): 25}, "did you mean email.port"),
        ({("email", "security"): "none"}, "email.security: without TLS"),
        ({("email", "password"): "x"}, "a secret has no place in this file"),
    ],
)
def test_what_would_be_refused_is_never_written(file, values, told):
    with pytest.raises(BadSettings, match=told):
        change(file, values)
    assert file.read_text() == WRITTEN
    assert os.listdir(file.parent) == [file.name]


def test_a_file_that_is_bad_already_is_left_alone(file):
    file.write_text("[email\n")
    with pytest.raises(BadSettings, match="not valid TOML"):
        change(file, {("email", "port"): 25})
    assert file.read_text() == "[email\n"


def test_what_others_wrote_meanwhile_stays(file):
    file.write_text(WRITTEN.replace('"ana"', '"ben"'))
    change(file, {("email", "port"): 587})
    assert load(file, {}).desk.actor == "ben"


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_stays_a_link(tmp_path):
    kept = tmp_path / "dotfiles.toml"
    kept.write_text(WRITTEN)
    link = tmp_path / "config.toml"
    link.symlink_to(kept)
    change(link, {("email", "port"): 587})
    assert link.is_symlink()
    assert load(kept, {}).email.port == 587


def test_an_interruption_leaves_the_old_file_and_nothing_else(file, monkeypatch):
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(private_file.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        change(file, {("email", "port"): 587})
    assert file.read_text() == WRITTEN
    assert os.listdir(file.parent) == [file.name]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)


@given(name=WORDS.filter(str.strip), actor=WORDS, port=st.integers(1, 65535))
def test_any_text_comes_back_as_it_was(name, actor, port):
    values = {("office", "name"): name, ("desk", "actor"): actor, ("email", "port"): port}
    after = tomllib.loads(edited(WRITTEN, values))
    assert after["office"] == {"name": name}
    assert after["desk"] == {"actor": actor}
    assert after["email"] == {"host": "mail.example.com", "port": port, "security": "tls"}
