"""What the doctor is given to look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from interworky_tui.config import Settings
from interworky_tui.domain.clock import Clock
from interworky_tui.paths import Paths
from interworky_tui.storage import schema


@dataclass(frozen=True, slots=True)
class Around:
    """``environment``: the process's own unless given."""

    settings: Settings
    paths: Paths
    clock: Clock
    environment: Mapping[str, str] | None = None

    @property
    def url(self) -> str:
        return self.settings.database.url or schema.sqlite_url(self.paths.database)

    @property
    def file(self) -> Path | None:
        """The office's; None when its data is not in one."""
        return schema.sqlite_path(self.url)
