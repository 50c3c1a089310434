"""Bands: the parts of the day that a client may wish for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.text import echo

EXACT = timedelta(minutes=30)
"""How long the window of an exact wish is; it may end on the next day."""


@dataclass(frozen=True, slots=True)
class Band:
    """``key`` is what is stored; ``start`` and ``end`` are the office's local times."""

    key: str
    start: time
    end: time

    @property
    def label(self) -> str:
        return self.key.replace("_", " ").title()


class Bands:
    """The office's bands in the order of the day."""

    def __init__(self, hours: Mapping[str, tuple[time, time]]) -> None:
        self.all = tuple(
            sorted((Band(key, *span) for key, span in hours.items()), key=lambda b: b.start)
        )
        self._by_key = {band.key: band for band in self.all}

    def get(self, key: str | None) -> Band | None:
        return self._by_key.get(key or "")

    def label(self, key: str | None) -> str:
        band = self.get(key)
        return band.label if band else (key or "").replace("_", " ").title()

    def parse(self, text: str) -> Band:
        """Read a band as people write it: ``Early Morning``, ``early-morning``, ``AFTERNOON``.

        Raises BadInput with the names that would do.
        """
        key = re.sub(r"[\s_-]+", "_", text.strip().casefold())
        band = self._by_key.get(key)
        if band is None:
            names = ", ".join(b.key for b in self.all)
            raise BadInput(f"'{echo(text)}' is not a part of the day; use one of {names}.", "band")
        return band

    def containing(self, at: time) -> Band | None:
        return next((b for b in self.all if b.start <= at < b.end), None)

    def window(
        self, day: date, band: str | None, wish: time | None, zone: ZoneInfo
    ) -> tuple[datetime, datetime]:
        """The wished-for window in UTC: the band, or the half hour from an exact wish.

        A band that the settings no longer know stands for the whole day.
        """
        if wish is not None:
            start = datetime.combine(day, wish, zone).astimezone(UTC)
            return start, start + EXACT
        known = self.get(band)
        if known is None:
            midnight = datetime.combine(day + timedelta(days=1), time(), zone)
            return datetime.combine(day, time(), zone).astimezone(UTC), midnight.astimezone(UTC)
        return (
            datetime.combine(day, known.start, zone).astimezone(UTC),
            datetime.combine(day, known.end, zone).astimezone(UTC),
        )
