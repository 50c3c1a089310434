"""The setup, as it is typed: what works is kept, what does not is told of in a sentence."""

import os
import stat
import tomllib
from dataclasses import dataclass, field
from typing import Any

import keyring
import pytest
from click.testing import CliRunner, Result
from keyring.backends import fail

from interworky_tui.cli import commands
from interworky_tui.cli.questions import QUESTIONS
from interworky_tui.cli.setup import OPTIONS
from interworky_tui.paths import Paths
from interworky_tui.secret import find
from interworky_tui.start import Surroundings
from tests.conftest import FixedClock
from tests.delivery.sms_server import NUMBER, POOL, SID, TOKEN, SmsServer
from tests.delivery.smtp_server import (
    HOST,
    PASSWORD,
    USER,
    Fault,
    MailHost,
    authority,
    certificate,
    refusing_port,
    serve,
)
from tests.test_secret import Drawer

PHONE = "+493012345678"
OFFICE = ("Lindenhof Practice", "DE", "030 12345678", "desk@lindenhof.example", "Europe/Berlin")
NONE = ""
SKIP = (NONE,)
"""A part that is left out: nothing at its first question."""


@dataclass
class Person:
    """Types answers, one a line, and reads what comes."""

    paths: Paths
    clock: FixedClock
    variables: dict[str, str] = field(default_factory=dict)

    def __call__(
        self, *answers: object, options: tuple[object, ...] = (), status: int = 0
    ) -> Result:
        around = Surroundings(self.paths, self.clock, self.variables)
        typed = "".join(f"{answer}\n" for answer in answers)
        words = ["setup", *map(str, options)]
        result = CliRunner().invoke(commands, words, obj=around, input=typed)
        assert result.exit_code == status, result.output
        assert "Traceback" not in result.output
        return result

    @property
    def settings(self) -> dict[str, Any]:
        return tomllib.loads(self.paths.settings_file.read_text())

    def secret(self, section: str, key: str) -> str:
        return find(section, key, self.paths.config, {})


@pytest.fixture
def no_keyring():
    """Whatever this machine has, a test puts nothing there."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def person(places, clock, tmp_path, monkeypatch, no_keyring):
    trusted = tmp_path / "authority.pem"
    authority().cert_pem.write_to_path(str(trusted))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    return Person(places, clock)


@pytest.fixture
def mails():
    with serve("starttls", certificate()) as host:
        yield host


@pytest.fixture
def texts(clock, person):
    with SmsServer(clock).running() as server:
        person.variables["INTERWORKY_TUI_SMS__API_BASE_URL"] = server.url
        yield server


def email(host: MailHost | int, *, password: str = PASSWORD, security: str = "starttls") -> tuple:
    port = host if isinstance(host, int) else host.port
    return (HOST, security, port, USER, NONE, password)


SMS = (SID, NUMBER, TOKEN)


def private(file) -> bool:
    return os.name != "posix" or stat.S_IMODE(file.stat().st_mode) == 0o600


def test_each_question_that_is_no_secret_is_an_option():
    assert {name for name, _ in OPTIONS} == {q.option for q in QUESTIONS if not q.secret}


def test_all_is_asked_tried_and_kept(person, mails, texts):
    said = person(*OFFICE, *email(mails), *SMS).output
    assert person.settings == {
        "office": {
            "name": OFFICE[0],
            "country": "DE",
            "phone": PHONE,
            "email": OFFICE[3],
            "timezone": "Europe/Berlin",
        },
        "email": {"host": HOST, "port": mails.port, "user": USER},
        "sms": {"account_sid": SID, "from_number": NUMBER},
    }
    assert person.secret("email", "password") == PASSWORD
    assert person.secret("sms", "auth_token") == TOKEN
    assert private(person.paths.settings_file)
    assert private(person.paths.config / "secrets.toml")
    assert sorted(os.listdir(person.paths.config)) == [
        "authority.pem",
        "config.toml",
        "secrets.toml",
    ]
    assert str(person.paths.settings_file) in said
    assert "interworky-tui doctor" in said


def test_the_test_messages_arrive_as_they_should(person, mails, texts):
    person(*OFFICE, *email(mails), *SMS)
    [copy] = mails.copies
    assert (copy.recipient, copy.by_tls, copy.user) == (OFFICE[3], True, USER)
    assert copy.mail["Subject"] == "A test from your front desk"
    assert copy.mail["From"] == f"{OFFICE[0]} <{OFFICE[3]}>"
    assert copy.mail["Date"].datetime == person.clock()
    assert copy.texts[0] == (
        "This is a test. Emails from your front desk arrive.\n\n"
        f"{OFFICE[0]}\n{PHONE}\n{OFFICE[3]}\n"
    )
    assert "<p>This is a test." in copy.texts[1]
    [text] = texts.messages
    assert (text["to"], text["from"]) == (PHONE, NUMBER)
    assert text["body"].startswith(f"{OFFICE[0]}: This is a test. Texts from your front desk ")
    assert "STOP" in text["body"]


def test_nothing_need_be_answered(person):
    said = person(*[NONE] * 5, *SKIP, *SKIP).output
    assert "emails are kept as files" in said
    assert "texts are kept as files" in said


def test_a_wrong_password_is_told_of_and_put_right(person, mails):
    again = (NONE, NONE, NONE, NONE, NONE, PASSWORD, NONE)
    said = person(*OFFICE, *email(mails, password="guessed"), "y", *again, *SKIP).output
    assert "does not accept the user or the password" in said
    assert person.secret("email", "password") == PASSWORD
    assert person.settings["email"]["port"] == mails.port
    assert len(mails.copies) == 1


def test_a_wrong_token_leaves_the_emails_kept(person, mails, texts):
    result = person(*OFFICE, *email(mails), SID, NUMBER, "guessed", "n", "n", status=1)
    assert "does not accept the account_sid or the auth_token" in result.stderr
    assert person.settings["email"]["host"] == HOST
    assert "sms" not in person.settings
    assert person.secret("sms", "auth_token") == ""
    assert "Not kept: Texts" in result.stderr


def test_an_address_that_was_corrected_in_vain_is_not_kept_with_the_texts(person, mails, texts):
    mails.faults.extend([Fault("RCPT", "550 5.1.1 no such mailbox")] * 2)
    again = (*[NONE] * 6, "ana@lindenhof.example", "n", "n")
    typed = (*OFFICE, *email(mails), "y", *again, *SMS)
    person(*typed, status=1)
    assert person.settings["office"]["email"] == OFFICE[3]
    assert person.settings["sms"]["account_sid"] == SID


def test_what_fails_is_kept_all_the_same_if_that_is_wanted(person):
    port = refusing_port()
    said = person(*OFFICE, *email(port), "n", "y", *SKIP).output
    assert "No mail server listens there" in said
    assert person.settings["email"]["port"] == port
    assert person.secret("email", "password") == PASSWORD


def test_a_server_that_is_none_for_mail(person, texts):
    port = int(texts.url.rpartition(":")[2])
    result = person(*OFFICE, *email(port, security="tls"), "n", "n", *SKIP, status=1)
    assert "What answers at this port" in result.stderr


def test_a_certificate_that_nobody_knows(person, mails, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    result = person(*OFFICE, *email(mails), "n", "n", *SKIP, status=1)
    assert "not trusted here" in result.stderr
    assert mails.logins == []


def test_the_offices_own_address_may_be_what_is_wrong(person, mails):
    mails.faults.append(Fault("RCPT", "550 5.1.1 no such mailbox"))
    again = [NONE] * 6
    said = person(*OFFICE, *email(mails), "y", *again, "ana@lindenhof.example", *SKIP).output
    assert "That email address does not exist" in said
    assert person.settings["office"]["email"] == "ana@lindenhof.example"
    assert mails.copies[0].recipient == "ana@lindenhof.example"


@pytest.mark.parametrize(
    ("question", "bad", "told"),
    [
        (0, "-", "is needed"),
        (1, "Germany", "two letters"),
        (1, "XX", "two letters"),
        (2, "12", "not a phone number"),
        (3, "desk@", "not an email address"),
        (4, "Berlin", "not a known zone"),
        (5, "smtp://mail", "not the name of a mail server"),
        (5, "mail.example.com:25", "port is asked for next"),
        (6, "ssl", "Answer starttls"),
        (7, "0", "from 1 to 65535"),
        (7, "70000", "from 1 to 65535"),
        (8, "désk", "beyond ASCII"),
        (10, "sécret", "beyond ASCII"),
        (11, "AC12", "as in the console"),
        (12, "+0", "write it with +"),
        (13, "tökén", "beyond ASCII"),
    ],
)
def test_a_bad_answer_is_asked_for_again_and_costs_no_other(person, question, bad, told):
    answers = [*OFFICE, *email(25), *SMS]
    answers.insert(question, bad)
    result = person(*answers, options=("--no-test",))
    assert told in result.stderr
    assert person.settings["office"]["phone"] == PHONE
    assert person.settings["sms"]["from_number"] == NUMBER
    if question in (10, 13):
        assert bad not in result.output


def test_a_messaging_service_instead_of_a_number(person, texts):
    person(*OFFICE, *SKIP, SID, NONE, POOL, TOKEN)
    assert person.settings["sms"] == {"account_sid": SID, "messaging_service_sid": POOL}
    assert texts.messages[0]["messaging_service_sid"] == POOL


def test_enter_keeps_and_a_dash_clears(person, mails):
    person(*OFFICE, *email(mails), *SKIP)
    before = person.paths.settings_file.read_bytes()
    result = person(*[NONE] * 5, *[NONE] * 6, *SKIP)
    assert "Nothing was changed." in result.output
    assert person.paths.settings_file.read_bytes() == before
    assert len(mails.copies) == 2
    person(NONE, NONE, "-", NONE, NONE, "-", *SKIP)
    assert "phone" not in person.settings["office"]
    assert "host" not in person.settings["email"]


def test_comments_and_other_settings_stay(person):
    person.paths.settings_file.write_text(
        '# by hand\n[desk]\nactor = "ana"  # the desk\n\n[office]\nname = "Old"  # on the door\n'
    )
    person(*OFFICE, *SKIP, *SKIP)
    text = person.paths.settings_file.read_text()
    assert text.startswith('# by hand\n[desk]\nactor = "ana"  # the desk\n')
    assert f'name = "{OFFICE[0]}"  # on the door\n' in text


def test_without_an_address_the_login_alone_is_tried(person, mails, texts):
    answers = ("Lindenhof", "DE", NONE, NONE, "Europe/Berlin")
    said = person(*answers, *email(mails), *SMS).output
    assert said.count("The login works.") == 2
    assert (mails.copies, texts.messages) == ([], [])
    assert mails.logins


class TestLeaving:
    def test_midway_leaves_what_was_there(self, person, mails):
        person(*OFFICE, *email(mails), *SKIP)
        files = [person.paths.settings_file, person.paths.config / "secrets.toml"]
        before = [file.read_bytes() for file in files]
        result = person(*[NONE] * 5, "mail.example.com", status=130)
        assert "Stopped. Nothing was changed." in result.output
        assert [file.read_bytes() for file in files] == before

    def test_keeps_the_parts_that_are_done(self, person):
        result = person(*OFFICE, "mail.example.com", status=130)
        assert "Stopped. Saved: " in result.output
        assert list(person.settings) == ["office"]


class TestScripts:
    def script(self, port: int) -> tuple[object, ...]:
        return (
            "--yes",
            *("--office-name", "Lindenhof", "--office-country", "de"),
            *("--office-email", OFFICE[3], "--office-phone", "030 12345678"),
            *("--email-host", HOST, "--email-port", port, "--email-user", USER),
        )

    @pytest.fixture
    def password(self, person, monkeypatch):
        # The program's own environment; the secret comes by it alone.
        person.variables["INTERWORKY_TUI_EMAIL__PASSWORD"] = PASSWORD

    def test_nothing_is_asked(self, person, mails, password):
        result = person(options=self.script(mails.port))
        assert result.stderr == ""
        assert len(mails.copies) == 1
        assert person.settings["office"]["country"] == "DE"
        assert not (person.paths.config / "secrets.toml").exists()

    def test_a_secret_is_kept_when_its_place_is_named(self, person, mails, password):
        person(options=(*self.script(mails.port), "--secrets", "file"))
        assert person.secret("email", "password") == PASSWORD

    def test_without_a_keyring_nothing_is_half_kept(self, person, mails, password):
        result = person(options=(*self.script(mails.port), "--secrets", "keyring"), status=1)
        assert "The keyring does not answer" in result.stderr
        assert list(person.settings) == ["office"]
        assert not (person.paths.config / "secrets.toml").exists()

    def test_a_secret_in_the_environment_alone(self, person, mails):
        typed = (*OFFICE, *email(mails), *SKIP)
        person(*typed, options=("--secrets", "environment"))
        assert person.settings["email"]["host"] == HOST
        assert person.secret("email", "password") == ""

    def test_a_bad_option_keeps_nothing(self, person):
        options = ("--yes", "--office-name", "Lindenhof", "--email-port", "x")
        result = person(options=options, status=1)
        assert "--email-port: A port is a number" in result.stderr
        assert not person.paths.settings_file.exists()

    def test_a_failed_test_keeps_the_rest(self, person, password):
        result = person(options=self.script(refusing_port()), status=1)
        assert "No mail server listens there" in result.stderr
        assert list(person.settings) == ["office"]

    def test_the_port_follows_the_security(self, person):
        options = ("--yes", "--no-test", "--email-host", "mail.example.com", "--email-security")
        person(options=(*options, "tls"))
        assert person.settings["email"]["port"] == 465


def test_what_a_variable_says_is_not_asked(person):
    person.variables["INTERWORKY_TUI_OFFICE__NAME"] = "By variable"
    said = person(*OFFICE[1:], *SKIP, *SKIP).output
    assert "from INTERWORKY_TUI_OFFICE__NAME" in said
    assert "name" not in person.settings["office"]


def test_settings_that_cannot_be_read_are_told_of_first(person):
    person.paths.settings_file.write_text("[email]\nprot = 3\n")
    assert "line 2, email.prot" in person(status=1).stderr


def test_a_keyring_is_offered_where_there_is_one(person, mails):
    drawer = Drawer()
    keyring.set_keyring(drawer)
    said = person(*OFFICE, *email(mails), "y", *SKIP).output
    assert f"Saved: {person.paths.settings_file}, the keyring." in said
    assert list(drawer.held.values()) == [PASSWORD]
    assert person.secret("email", "password") == PASSWORD
    assert PASSWORD not in (person.paths.config / "secrets.toml").read_text()
    assert PASSWORD not in said
    person(*[NONE] * 5, *[NONE] * 6, *SKIP)
    assert len(mails.copies) == 2
    person(options=("--yes", "--no-test", "--secrets", "file"))
    assert drawer.held == {}
    assert person.secret("email", "password") == PASSWORD
