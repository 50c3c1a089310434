"""Every part of the program, its state, and what to do about it. Nothing is made or changed."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial

from interworky_tui import config
from interworky_tui.config import BadSettings
from interworky_tui.doctor.around import Around
from interworky_tui.doctor.drill import look_at_backups
from interworky_tui.doctor.file import look_at_file, look_at_history
from interworky_tui.doctor.findings import Finding, problem
from interworky_tui.doctor.machine import look_at_disk, look_at_log, look_at_program
from interworky_tui.doctor.outside import look_at_channel, look_at_web
from interworky_tui.doctor.server import look_at_server, look_at_server_history
from interworky_tui.doctor.set_up import (
    look_at_clock,
    look_at_holidays,
    look_at_lock,
    look_at_office,
    look_at_secrets,
    look_at_settings,
    look_at_templates,
)
from interworky_tui.domain.clock import Clock
from interworky_tui.domain.events import Channel
from interworky_tui.lanes import Lane
from interworky_tui.paths import Paths

log = logging.getLogger(__name__)

LONGEST = 20.0
"""Seconds for all that may take long; it is done side by side."""


def examine(
    paths: Paths,
    clock: Clock,
    environment: Mapping[str, str] | None = None,
    *,
    longest: float = LONGEST,
) -> list[Finding]:
    """Look at every part. The channels are asked for real, for ``longest`` seconds at most."""
    try:
        settings = config.load(paths.settings_file, environment)
    except BadSettings as error:
        bad = problem("settings", str(error), "Correct it there; interworky-tui config check.")
        return [look_at_program(), bad, look_at_log(paths), look_at_disk(paths.data)]
    around = Around(settings, paths, clock, environment)
    waited = _side_by_side(_slow(around), longest)
    return [
        look_at_program(),
        look_at_settings(around),
        look_at_office(settings),
        *look_at_holidays(settings),
        look_at_secrets(around),
        look_at_clock(around),
        *waited["data"],
        *waited["history"],
        *waited["backups"],
        look_at_templates(around),
        *(finding for channel in Channel for finding in waited[channel.value]),
        *waited["web"],
        *look_at_lock(around),
        look_at_log(paths),
        look_at_disk((around.file or paths.database).parent),
    ]


def _slow(around: Around) -> dict[str, Callable[[], list[Finding]]]:
    channels: dict[str, Callable[[], list[Finding]]] = {
        channel.value: partial(_channel, channel, around) for channel in Channel
    }
    return {
        "data": lambda: _data(around),
        "history": lambda: _history(around),
        "backups": lambda: look_at_backups(around),
        "web": lambda: [look_at_web(around.settings.web)],
        **channels,
    }


def _channel(channel: Channel, around: Around) -> list[Finding]:
    return [look_at_channel(channel, around)]


def _side_by_side(
    questions: Mapping[str, Callable[[], list[Finding]]], longest: float
) -> dict[str, list[Finding]]:
    futures = {part: Lane(part).submit(ask) for part, ask in questions.items()}
    end = time.monotonic() + longest
    return {part: _outcome(part, future, end) for part, future in futures.items()}


def _outcome(part: str, future: "Future[list[Finding]]", end: float) -> list[Finding]:
    try:
        return future.result(max(end - time.monotonic(), 0.0))
    except TimeoutError:
        return [problem(part, "There was no answer in time.", "Check the network, or try later.")]
    except Exception as error:
        log.error("The doctor stumbled", exc_info=error)
        told = f"This could not be looked at ({type(error).__name__})."
        return [problem(part, told, "The log says more.")]


def _data(around: Around) -> list[Finding]:
    if around.file is not None:
        return look_at_file(around.file, around)
    return look_at_server(around)


def _history(around: Around) -> list[Finding]:
    if around.file is not None:
        return look_at_history(around.file, around)
    return look_at_server_history(around)
