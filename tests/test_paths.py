"""Where things are kept."""

from pathlib import Path

import pytest

from interworky_tui import paths


def test_one_folder_when_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    found = paths.locate()
    assert found == paths.at(tmp_path)
    assert {
        found.settings_file.parent,
        found.database.parent,
        found.previews.parent,
        found.log_file.parent,
    } == {tmp_path}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv(paths.HOME_VARIABLE, "~/desk")
    assert paths.locate().config == tmp_path / "desk"


@pytest.mark.parametrize("value", [None, ""])
def test_else_the_platforms_own_folders(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv(paths.HOME_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(paths.HOME_VARIABLE, value)
    found = paths.locate()
    for folder in (found.config, found.data, found.logs):
        assert folder.is_absolute()
        assert paths.APP in folder.parts
    names = [found.settings_file, found.database, found.previews, found.log_file]
    assert len(set(names)) == 4


def test_the_demo_office_is_shipped() -> None:
    assert (paths.shipped_data() / "demo_office.toml").is_file()
