"""The settings from the desk: checked as the file is, saved at once, and the desk opens again."""

import tomllib

import pytest

from interworky_tui import config
from interworky_tui.domain.appointment import Status
from interworky_tui.ui.app import DeskApp
from interworky_tui.ui.screens.desk_view import Place
from interworky_tui.ui.setting_lines import TITLES, lines, read


def saved(places):
    return tomllib.loads(places.settings_file.read_text())


async def at(desk, name):
    """Open the settings and go to a line."""
    await desk.press("comma")
    await desk.sees("Settings", "The office")
    desk.app.screen.go_to(name)
    await desk.pilot.pause()


async def test_hours_are_changed_and_the_desk_opens_again(open_desk, places):
    async with open_desk() as desk:
        await at(desk, "office.hours.mon")
        await desk.press("enter")
        await desk.sees("Opening hours: Monday", "nothing means closed")
        await desk.press("ctrl+a", "ctrl+k")
        await desk.type("09:00-12:30")
        await desk.press("enter")
        await desk.sees("* Monday", "09:00-12:30")
        assert saved(places)["office"]["hours"] == {"mon": "09:00-12:30"}
        await desk.press("escape")
        await desk.until(lambda: desk.app.reopens)


async def test_the_desk_opens_again_where_it_was(open_desk, asked, settings, places, clock):
    names = ("Ana Ruiz", "Ben Ito", "Cem Kaya")
    for name in names:
        asked(name, email=f"{name[:3]}@example.com")
    async with open_desk() as desk:
        await desk.sees("Ana Ruiz")
        await desk.press("down")
        chosen = desk.app.screen.rows.cursor_row.id
        await at(desk, "office.hours.mon")
        await desk.press("d", "enter")
        await desk.press("ctrl+a", "ctrl+k")
        await desk.type("09:00-12:30")
        await desk.press("enter")
        await desk.sees("* Monday")
        await desk.press("escape")
        await desk.until(lambda: desk.app.reopens)
        place = desk.app.place
    again = DeskApp(settings, places, clock=clock, place=place)
    async with again.run_test(size=(80, 24)) as pilot:
        await again.hands.office()
        await pilot.pause()
        assert again.screen.rows.cursor_row.id == chosen


async def test_it_opens_again_in_the_tab_where_it_was(asked, settings, places, clock):
    asked()
    place = Place(Status.CANCELLED)
    app = DeskApp(settings, places, clock=clock, place=place)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.hands.office()
        await pilot.pause()
        assert app.screen.rows.view.status is Status.CANCELLED
        assert app.screen.here == place


async def test_a_look_at_them_closes_nothing(open_desk, places):
    before = places.settings_file.exists()
    async with open_desk() as desk:
        await at(desk, "office.name")
        await desk.press("escape")
        await desk.sees("Welcome")
        assert not desk.app.reopens
        assert places.settings_file.exists() == before


async def test_what_the_file_would_refuse_stays_in_the_form(open_desk, places):
    async with open_desk() as desk:
        await at(desk, "messages.quiet_hours")
        await desk.press("enter")
        await desk.sees("Quiet hours")
        await desk.press("ctrl+a", "ctrl+k")
        await desk.type("8pm to 8")
        await desk.press("enter")
        await desk.sees("'8pm to 8' is not a span like 20:00-08:00.")
        assert desk.app.screen.typed("value") == "8pm to 8"
        assert not places.settings_file.exists() or "quiet_hours" not in str(saved(places))


async def test_one_message_of_the_28_is_switched_off_and_on_again(open_desk, places):
    async with open_desk() as desk:
        await at(desk, "messages.matrix.attended.client.sms")
        await desk.press("space")
        await desk.sees("* Attended: client, SMS")
        matrix = saved(places)["messages"]["matrix"]
        assert matrix == {"attended": {"client": {"sms": False}}}
        await desk.press("d")
        await desk.until(lambda: "* Attended: client, SMS" not in desk.text())
        assert config.load(places.settings_file, {}).messages.matrix.attended.client.sms


async def test_the_theme_is_there_at_once(open_desk, places):
    async with open_desk() as desk:
        await at(desk, "desk.theme")
        await desk.press("enter")
        await desk.until(lambda: desk.app.theme == "desk-dusk")
        assert saved(places)["desk"]["theme"] == "desk-dusk"


async def test_a_variable_has_the_last_word(open_desk, places, monkeypatch):
    monkeypatch.setenv("INTERWORKY_TUI_MESSAGES__UNDO_SECONDS", "3")
    async with open_desk() as desk:
        await at(desk, "messages.undo_seconds")
        await desk.sees("INTERWORKY_TUI_MESSAGES__UNDO_SECONDS has the last word on it.")
        await desk.press("enter")
        await desk.sees("sets this; change it there.")
        assert "undo_seconds" not in str(places.settings_file.exists() and saved(places))


async def test_a_file_broken_meanwhile_is_told_of_and_left_alone(open_desk, places):
    async with open_desk() as desk:
        await at(desk, "slots.capacity")
        places.settings_file.write_text("[office\n")
        await desk.press("enter")
        await desk.press("ctrl+a", "ctrl+k")
        await desk.type("2")
        await desk.press("enter")
        await desk.sees("is not valid TOML")
        assert places.settings_file.read_text() == "[office\n"


ALL = {line.name: line for line in lines(config.Settings(), {})}


def test_every_title_has_lines_and_every_line_is_told_of():
    assert {line.title for line in ALL.values()} == set(TITLES.values())
    assert sum(line.title == "Who hears of what" for line in ALL.values()) == 28
    assert all(line.label and line.told for line in ALL.values())


@pytest.mark.parametrize("name", sorted(n for n, line in ALL.items() if line.kind != "switch"))
def test_what_is_shown_can_be_typed(name):
    line = ALL[name]
    assert read(line, line.shown) == (
        list(line.value) if isinstance(line.value, tuple) else line.value
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("office.breaks", "12:00-13:00, 16:00-16:15", ["12:00-13:00", "16:00-16:15"]),
        ("slots.services", "Root canal = 60, A = B = 5", {"Root canal": 60, "A = B": 5}),
        ("slots.services", "", {}),
        ("slots.capacity", "3", 3),
    ],
)
def test_lists_and_tables_are_typed_in_a_line(name, text, value):
    assert read(ALL[name], text) == value
