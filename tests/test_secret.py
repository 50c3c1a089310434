"""Secrets are kept where only their owner reads them, and found again there."""

import os
import stat
import subprocess
import sys

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from interworky_tui.config import BadSettings
from interworky_tui.secret import SECRETS_FILE, Place, find, keyring_works, store, where

SECRET = 'Wax "seal", 7 C:\\candles\n é'


class Drawer(KeyringBackend):
    """A keyring that is kept in memory, and can be locked."""

    priority = -1  # nobody's choice but a test's

    def __init__(self):
        super().__init__()
        self.held = {}
        self.locked = False

    def get_password(self, service, username):
        self._look()
        return self.held.get((service, username))

    def set_password(self, service, username, password):
        self._look()
        self.held[service, username] = password

    def delete_password(self, service, username):
        self._look()
        if self.held.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")

    def _look(self):
        if self.locked:
            raise KeyringLocked(f"locked, with {SECRET}")


@pytest.fixture
def drawer():
    before = keyring.get_keyring()
    mine = Drawer()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def test_a_secret_comes_back_from_the_file(tmp_path):
    folder = tmp_path / "office"
    store("email", "password", SECRET, folder)
    assert find("email", "password", folder, {}) == SECRET
    assert where("email", "password", folder, {}) is Place.FILE
    assert where("sms", "auth_token", folder, {}) is None
    if os.name == "posix":
        assert stat.S_IMODE((folder / SECRETS_FILE).stat().st_mode) == 0o600
    assert os.listdir(folder) == [SECRETS_FILE]


def test_the_others_and_the_comments_stay(tmp_path):
    file = tmp_path / SECRETS_FILE
    file.write_text("# from Mr Weber\n[sms]\nauth_token = 'abc'  # until May\n")
    file.chmod(0o600)
    store("email", "password", "one", tmp_path)
    store("email", "password", "two", tmp_path)
    assert file.read_text() == (
        "# from Mr Weber\n[sms]\nauth_token = 'abc'  # until May\n\n[email]\npassword = \"two\"\n"
    )
    store("email", "password", "", tmp_path)
    assert find("email", "password", tmp_path, {}) == ""
    assert find("sms", "auth_token", tmp_path, {}) == "abc"


@pytest.mark.parametrize(
    "text", ["[email\n", "email = 'x'\n", "keyring = 'email.password'\n", "keyring = 3\n"]
)
def test_a_file_that_is_no_secrets_file_is_refused_and_left(tmp_path, text):
    file = tmp_path / SECRETS_FILE
    file.write_text(text)
    file.chmod(0o600)
    for ask in (
        lambda: find("email", "password", tmp_path, {}),
        lambda: store("email", "password", "x", tmp_path),
    ):
        with pytest.raises(BadSettings, match=r"secrets\.toml is not valid"):
            ask()
    assert file.read_text() == text


class TestKeyring:
    def test_a_secret_goes_there_alone(self, tmp_path, drawer):
        store("email", "password", "in the file", tmp_path)
        store("email", "password", SECRET, tmp_path, Place.KEYRING)
        assert find("email", "password", tmp_path, {}) == SECRET
        assert where("email", "password", tmp_path, {}) is Place.KEYRING
        text = (tmp_path / SECRETS_FILE).read_text()
        assert 'keyring = ["email.password"]' in text
        assert "password =" not in text
        assert list(drawer.held.values()) == [SECRET]

    def test_back_to_the_file(self, tmp_path, drawer):
        store("email", "password", "old", tmp_path, Place.KEYRING)
        store("email", "password", "new", tmp_path)
        assert find("email", "password", tmp_path, {}) == "new"
        assert drawer.held == {}

    def test_forgotten(self, tmp_path, drawer):
        store("sms", "auth_token", "t", tmp_path, Place.KEYRING)
        store("email", "password", "p", tmp_path, Place.KEYRING)
        store("sms", "auth_token", "", tmp_path)
        assert find("sms", "auth_token", tmp_path, {}) == ""
        assert find("email", "password", tmp_path, {}) == "p"

    def test_two_offices_do_not_share(self, tmp_path, drawer):
        for name in ("one", "two"):
            store("sms", "auth_token", name, tmp_path / name, Place.KEYRING)
        assert find("sms", "auth_token", tmp_path / "one", {}) == "one"

    def test_a_locked_one_is_told_of_without_the_secret(self, tmp_path, drawer):
        store("email", "password", SECRET, tmp_path, Place.KEYRING)
        drawer.locked = True
        with pytest.raises(BadSettings, match="does not answer") as caught:
            find("email", "password", tmp_path, {})
        assert SECRET not in str(caught.value)
        assert caught.value.__suppress_context__
        with pytest.raises(BadSettings, match="does not answer"):
            store("email", "password", "new", tmp_path, Place.KEYRING)
        drawer.locked = False
        assert find("email", "password", tmp_path, {}) == SECRET

    def test_whether_there_is_one(self, drawer):
        assert keyring_works()
        keyring.set_keyring(keyring.backends.fail.Keyring())
        assert not keyring_works()


def test_neither_the_keyring_nor_the_writer_is_imported_for_a_secret_in_the_file(tmp_path):
    store("email", "password", "x", tmp_path)
    code = (
        "import sys, pathlib; from interworky_tui.secret import find\n"
        f"assert find('email', 'password', pathlib.Path({str(tmp_path)!r}), {{}}) == 'x'\n"
        "print([name for name in ('keyring', 'tomlkit') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
