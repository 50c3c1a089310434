"""Settings: defaults, the file, the environment, and refusals that name the key and the line."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from interworky_tui import config
from interworky_tui.config import BadSettings, Settings, load
from interworky_tui.settings_doc import SettingDoc, describe
from interworky_tui.spans import parse_span


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refused(folder: Path, text: str, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(BadSettings) as caught:
        load(write(folder, text), environment or {})
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    found = load(tmp_path / "config.toml", {})
    assert found == Settings()
    assert found.messages.undo_seconds == 10
    assert found.feedback.low_rating == 3
    assert found.desk.theme == "desk-dark"
    assert found.bands.spans() == {
        "early_morning": (time(8), time(10)),
        "morning": (time(10), time(12)),
        "afternoon": (time(12), time(17)),
        "evening": (time(17), time(20)),
    }


def test_the_file_is_read(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        [office]
        name = "Praxis Süd"
        timezone = "Europe/Berlin"
        hours.sat = "09:00-12:00"
        [messages]
        undo_seconds = 0
        [messages.matrix.requested]
        client.sms = false
        """,
    )
    found = load(file, {})
    assert found.office.name == "Praxis Süd"
    assert found.zone == ZoneInfo("Europe/Berlin")
    assert found.office.hours.of(5) == (time(9), time(12))
    assert found.office.hours.of(6) is None
    assert found.messages.undo_seconds == 0
    assert not found.messages.matrix.allows("requested", "client", "sms")
    assert found.messages.matrix.allows("requested", "office", "sms")
    assert found.messages.matrix.allows("low_rating", "office", "sms")


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[office]\nname = "A"\n', encoding="utf-8-sig")
    assert load(file, {}).office.name == "A"


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ('[office]\nnane = "A"', "config.toml, line 2, office.nane: is not a setting"),
        ('# x\n[offize]\nname = "A"', "config.toml, line 2, offize: is not a setting"),
        ("[messages]\n\nundo_seconds = -1", "config.toml, line 3, messages.undo_seconds: must be"),
        (
            '[messages]\nundo_seconds = "10"',
            "config.toml, line 2, messages.undo_seconds: must be a whole number",
        ),
        ("[office]\nname = 3", "config.toml, line 2, office.name: must be a text"),
        ("office = 3", "config.toml, line 1, office: must be a table"),
        (
            "[messages.matrix]\nrequested.client.sms = 1",
            "config.toml, line 2, messages.matrix.requested.client.sms: must be true or false",
        ),
        (
            '[messages.matrix.attended.client]\nsms = false\nmail = "x"',
            "config.toml, line 3, messages.matrix.attended.client.mail: is not a setting",
        ),
        (
            '[office]\nname = "A"\ntimezone = "Europe/Berln"',
            "config.toml, line 3, office.timezone: 'Europe/Berln' is not",
        ),
        ('[office]\ncountry = "Germany"', "config.toml, line 2, office.country: 'Germany' is not"),
        ('[office]\nname = "  "', "config.toml, line 2, office.name: "),
        ('[office]\nemail = "desk at x"', "config.toml, line 2, office.email: 'desk at x' is not"),
        ('[office]\nphone = "call us"', "config.toml, line 2, office.phone: 'call us' is not"),
        ('[web]\ncountries = ["DE", "ch"]', "config.toml, line 2, web.countries: 'ch' is not"),
        ('[web]\ncountries = "DE"', "config.toml, line 2, web.countries: must be a list"),
        (
            '[office]\nhours = { mon = "8-17" }',
            "config.toml, line 2, office.hours.mon: '8-17' is not a span",
        ),
        (
            '[office.hours]\nmon = "08:00-17:00"\ntue = "17:00-08:00"',
            "config.toml, line 3, office.hours.tue: '17:00-08:00' ends before it begins",
        ),
        (
            '[bands]\nmorning = "10:00-25:00"',
            "config.toml, line 2, bands.morning: '10:00-25:00' has an hour or minute",
        ),
        (
            '[bands]\nearly_morning = "08:00-10:30"',
            "config.toml, line 2, bands.early_morning: overlaps bands.morning",
        ),
        (
            '[bands]\nmorning = "09:00-11:00"\nafternoon = "12:00-13:00"',
            "config.toml, line 2, bands.morning: overlaps bands.early_morning",
        ),
        (
            '[desk]\ntheme = "nord"',
            "config.toml, line 2, desk.theme: 'nord' is not one of desk-dark, desk-dusk,"
            " desk-light, desk-paper",
        ),
        ("[desk]\nrefresh_ms = 10", "config.toml, line 2, desk.refresh_ms: must be at least 50"),
        (
            "[feedback]\nlow_rating = 6",
            "config.toml, line 2, feedback.low_rating: must be at most 5",
        ),
        ("[office\n", "config.toml is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_by_key_and_line(tmp_path: Path, text: str, start: str) -> None:
    assert refused(tmp_path, text).startswith(start)


def test_a_misspelt_key_is_answered_with_the_right_one(tmp_path: Path) -> None:
    assert "did you mean office.timezone?" in refused(tmp_path, '[office]\ntime_zone = "UTC"')


def test_a_key_in_the_text_of_another_is_not_mistaken_for_it(tmp_path: Path) -> None:
    text = '[office]\nname = """\ncountry = x\n"""\n"country" = "xx"'
    assert refused(tmp_path, text).startswith("config.toml, line 5, office.country: ")


def test_a_file_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(BadSettings, match="cannot be read"):
        load(tmp_path / "config.toml", {})
    other = tmp_path / "latin.toml"
    other.write_bytes(b'name = "\xfc"')
    with pytest.raises(BadSettings, match="cannot be read"):
        load(other, {})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[office]\nname = "File"\nphone = "+4930123456"\n')
    found = load(
        file,
        {
            "INTERWORKY_TUI_OFFICE__NAME": "Environment",
            "INTERWORKY_TUI_OFFICE__LOCALE_DAY_FIRST": "false",
            "INTERWORKY_TUI_OFFICE__HOURS__SUN": "10:00-11:00",
            "INTERWORKY_TUI_MESSAGES__UNDO_SECONDS": "30",
            "INTERWORKY_TUI_MESSAGES__MATRIX__CANCELLED__OFFICE__SMS": "0",
            "INTERWORKY_TUI_HOME": "/elsewhere",
            "OTHER__OFFICE__NAME": "x",
        },
    )
    assert found.office.name == "Environment"
    assert found.office.phone == "+4930123456"
    assert found.office.locale_day_first is False
    assert found.office.hours.of(6) == (time(10), time(11))
    assert found.messages.undo_seconds == 30
    assert not found.messages.matrix.allows("cancelled", "office", "sms")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("INTERWORKY_TUI_OFFICE__NANE", "x", "is not a setting"),
        ("INTERWORKY_TUI_OFFICE__NAME__X", "x", ""),
        ("INTERWORKY_TUI_DESK__THEME", "nord", "'nord' is not one of"),
        ("INTERWORKY_TUI_MESSAGES__UNDO_SECONDS", "ten", "must be a whole number"),
        ("INTERWORKY_TUI_OFFICE__LOCALE_DAY_FIRST", "perhaps", "must be true or false"),
        ("INTERWORKY_TUI_OFFICE__HOURS__MON", "8-9", "'8-9' is not a span"),
        ("INTERWORKY_TUI_BANDS__EVENING", "16:00-20:00", "overlaps bands.afternoon"),
        ("INTERWORKY_TUI_OFFICE__HOURS", "x", ""),
    ],
)
@pytest.mark.parametrize("text", ["", '[office]\nname = "A"\n'])
def test_a_bad_override_is_named(
    tmp_path: Path, name: str, value: str, told: str, text: str
) -> None:
    assert refused(tmp_path, text, {name: value}).startswith(f"{name}: {told}")


def test_secrets_are_no_settings(tmp_path: Path) -> None:
    secrets = {
        "INTERWORKY_TUI_EMAIL__PASSWORD": "pw-7",
        "INTERWORKY_TUI_SMS__AUTH_TOKEN": "tok-7",
    }
    assert load(tmp_path / "none.toml", secrets) == Settings()
    told = refused(tmp_path, '[email]\npassword = "pw-7"')
    assert told.startswith("config.toml, line 2, email.password: ")
    assert "INTERWORKY_TUI_EMAIL__PASSWORD" in told
    assert "pw-7" not in told


def test_the_hours_of_the_week() -> None:
    assert config.Hours().widest() == (time(8), time(20))
    one = config.Hours(mon="07:30-12:00", tue="", wed="", thu="", fri="09:00-21:00")
    assert one.widest() == (time(7, 30), time(21))
    closed = config.Hours(mon="", tue="", wed="", thu="", fri="")
    assert closed.widest() == (time(8), time(20))


@pytest.mark.parametrize("text", ["8:00-9:30", " 08:00 - 09:30 "])
def test_a_span(text: str) -> None:
    assert parse_span(text) == (time(8), time(9, 30))


def test_the_actor_is_the_login_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ben")
    assert Settings().actor == "ben"
    assert Settings(desk=config.Desk(actor="ana")).actor == "ana"


def test_every_setting_is_described() -> None:
    docs = {doc.name: doc for doc in describe()}
    assert len(docs) == len(describe())
    assert docs["messages.undo_seconds"] == SettingDoc(
        "messages.undo_seconds",
        "whole number from 0 to 600",
        "10",
        "How long a change can be undone before word of it leaves",
    )
    assert docs["office.country"].default == '"US"'
    assert docs["office.locale_day_first"].type == "true or false"
    assert docs["desk.theme"].type == "text"
    assert sum(name.startswith("messages.matrix.") for name in docs) == 28
    assert all(doc.description for doc in docs.values())


def test_the_described_defaults_are_a_file_that_is_the_default(tmp_path: Path) -> None:
    lines = [f"{doc.name} = {doc.default}" for doc in describe() if doc.default != "null"]
    assert load(write(tmp_path, "\n".join(lines)), {}) == Settings()


def test_the_countries_of_phone_numbers(tmp_path: Path) -> None:
    assert Settings().web.countries == ()
    assert load(write(tmp_path, '[web]\ncountries = ["DE", "CH"]'), {}).web.countries == (
        "DE",
        "CH",
    )
    override = {"INTERWORKY_TUI_WEB__COUNTRIES": "DE, AT"}
    assert load(tmp_path / "none.toml", override).web.countries == ("DE", "AT")


@pytest.mark.parametrize(
    ("host", "who"),
    [
        ("127.0.0.1", "phones outside this machine"),
        ("localhost", "phones outside this machine"),
        ("192.168.1.20", "phones outside this network"),
        ("0.0.0.0", "no phone can open a link to 0.0.0.0"),
        ("::", "no phone can open a link to ::"),
    ],
)
def test_who_cannot_open_a_link(host: str, who: str) -> None:
    assert config.Web(host=host).shut_out.startswith(who)
    assert config.Web(host=host, public_url="https://desk.example").shut_out == ""
