"""Workers that die at any moment: nothing is lost, and nothing arrives twice."""

import multiprocessing
import random
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from interworky_tui.storage.database import Database
from tests.conftest import FixedClock
from tests.delivery.conftest import Post
from tests.delivery.worker import EPOCH, main

# A server that has loaded what a worker needs, where there is one, makes new workers quickly.
FORKS = "forkserver" in multiprocessing.get_all_start_methods()
CONTEXT = multiprocessing.get_context("forkserver" if FORKS else "spawn")
if FORKS:
    LOADED = ["pytest", "interworky_tui.delivery.outbox", "interworky_tui.delivery.preview"]
    CONTEXT.set_forkserver_preload(LOADED)
WORKERS = 3
MESSAGES = 300
KILLS = 24
PATIENCE = 30
"""Seconds without a word from any worker, after which the test gives up."""


@dataclass
class Crew:
    """Worker processes, and what they say."""

    arguments: tuple[str | Path | float, ...]
    alive: list[tuple[BaseProcess, Connection]] = field(default_factory=list)
    kills: int = 0

    def hire(self) -> None:
        ear, mouth = CONTEXT.Pipe(duplex=False)
        worker = CONTEXT.Process(target=main, args=(*self.arguments, mouth), daemon=True)
        worker.start()
        mouth.close()
        self.alive.append((worker, ear))

    def listen(self) -> None:
        """Wait for a word from any of them."""
        ready = wait([ear for _, ear in self.alive if not ear.closed], PATIENCE)
        assert ready, "no worker does anything"
        for ear in ready:
            assert isinstance(ear, Connection)
            try:
                ear.recv_bytes()
            except EOFError:
                ear.close()

    def kill(self, victim: int) -> None:
        """At once and without warning: kill -9, or what Windows has for it."""
        worker, ear = self.alive.pop(victim)
        self.kills += worker.is_alive()
        worker.kill()
        worker.join(PATIENCE)
        worker.close()
        ear.close()

    def finish(self) -> None:
        """Let the rest of them work until nothing is left."""
        while any(not ear.closed for _, ear in self.alive):
            self.listen()
        for worker, _ in self.alive:
            worker.join(PATIENCE)
            assert worker.exitcode == 0


def test_every_message_arrives_exactly_once_however_workers_die(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2])  # so that workers find their module
    clock = FixedClock()
    clock.now = EPOCH
    post = Post(database, clock)
    streams = [f"stream-{number % 70}" for number in range(MESSAGES)]
    with post.at_once():
        visit = post.visit()
        texts = {post.message(visit, stream=s): s for s in streams[::2]}
        emails = [post.email(visit, stream=f"{s}-mail") for s in streams[1::2]]
    folder, ledger = tmp_path / "preview", tmp_path / "ledger"
    crew = Crew((database.url, folder, ledger, time.monotonic()))
    try:
        _work_and_die(crew, random.Random(20260316))
        deaths = crew.kills
    finally:
        while crew.alive:
            crew.kill(0)

    assert deaths >= KILLS
    rows = [post.row(message) for message in [*texts, *emails]]
    assert {row.state for row in rows if row.channel == "email"} == {"previewed"}
    assert {row.state for row in rows if row.channel == "sms"} == {"sent"}
    files = [file.name for file in folder.iterdir()]
    assert sorted(files) == sorted(row.provider_ref for row in rows if row.channel == "email")
    arrived = [int(line) for line in ledger.read_text().split()]
    assert sorted(arrived) == sorted(texts)
    for stream in set(texts.values()):
        own = [message for message in arrived if texts[message] == stream]
        assert own == sorted(own)


def _work_and_die(crew: Crew, chance: random.Random) -> None:
    """A death after every few words until there were enough of them."""
    for _ in range(WORKERS):
        crew.hire()
    while crew.kills < KILLS:
        for _ in range(chance.randint(1, 18)):
            crew.listen()
        crew.kill(chance.randrange(WORKERS))
        crew.hire()
    crew.finish()
