"""Where things are kept: one folder when INTERWORKY_TUI_HOME is set, else the platform's own."""

import os
from dataclasses import dataclass
from pathlib import Path

APP = "interworky-tui"
HOME_VARIABLE = "INTERWORKY_TUI_HOME"


@dataclass(frozen=True, slots=True)
class Paths:
    """Folders for settings, data and logs. Nothing is created until something is written."""

    config: Path
    data: Path
    logs: Path

    @property
    def settings_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def database(self) -> Path:
        return self.data / "interworky.db"

    @property
    def previews(self) -> Path:
        return self.data / "preview"

    @property
    def backups(self) -> Path:
        """Unless the settings name another folder."""
        return self.data / "backups"

    @property
    def lock_file(self) -> Path:
        return self.data / "lock.json"

    @property
    def log_file(self) -> Path:
        return self.logs / "interworky-tui.log"


def locate() -> Paths:
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return at(Path(home).expanduser())
    import platformdirs

    return Paths(
        config=Path(platformdirs.user_config_dir(APP, appauthor=False)),
        data=Path(platformdirs.user_data_dir(APP, appauthor=False)),
        logs=Path(platformdirs.user_log_dir(APP, appauthor=False)),
    )


def at(folder: Path) -> Paths:
    """Everything in one folder."""
    return Paths(config=folder, data=folder, logs=folder)


def shipped_data() -> Path:
    """The demo office and the sample imports: in the wheel, or beside the package in a clone."""
    package = Path(__file__).parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def nearest(folder: Path) -> Path:
    """The folder, or where it would be made."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder
