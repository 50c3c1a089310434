"""Worker processes of a test: hired, listened to, and killed without warning."""

import multiprocessing
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

# A server that has loaded what a worker needs, where there is one, makes new workers quickly.
FORKS = "forkserver" in multiprocessing.get_all_start_methods()
CONTEXT = multiprocessing.get_context("forkserver" if FORKS else "spawn")
if FORKS:
    CONTEXT.set_forkserver_preload(["pytest", "tests.delivery.worker", "twilio.rest", "yagmail"])
A_SEND = 0.02
"""Seconds; about as long as one takes."""


@dataclass
class Crew:
    """``patience``: seconds without a word from any worker, after which they are given up."""

    main: Callable[..., None]
    arguments: tuple[Any, ...]
    patience: float = 30
    alive: list[tuple[BaseProcess, Connection]] = field(default_factory=list)
    kills: int = 0

    def hire(self) -> None:
        ear, mouth = CONTEXT.Pipe(duplex=False)
        worker = CONTEXT.Process(target=self.main, args=(*self.arguments, mouth), daemon=True)
        worker.start()
        mouth.close()
        self.alive.append((worker, ear))

    def listen(self) -> None:
        """Wait for a word from any of them."""
        ready = wait([ear for _, ear in self.alive if not ear.closed], self.patience)
        assert ready, "no worker does anything"
        for ear in ready:
            assert isinstance(ear, Connection)
            try:
                ear.recv_bytes()
            except EOFError:
                ear.close()

    def kill(self, victim: int, after: float = 0) -> None:
        """Without warning: kill -9, or what Windows has for it; ``after`` so many seconds."""
        worker, ear = self.alive.pop(victim)
        worker.join(after)
        self.kills += worker.is_alive()
        worker.kill()
        worker.join(self.patience)
        worker.close()
        ear.close()

    def finish(self) -> None:
        """Let the rest of them work until nothing is left."""
        while any(not ear.closed for _, ear in self.alive):
            self.listen()
        for worker, _ in self.alive:
            worker.join(self.patience)
            assert worker.exitcode == 0

    def work_and_die(self, chance: random.Random, workers: int, kills: int, words: int) -> None:
        """A death after every few words, about ``words``, until there were enough of them."""
        try:
            for _ in range(workers):
                self.hire()
            while self.kills < kills:
                for _ in range(chance.randint(1, 2 * words)):
                    self.listen()
                # In the middle of a send as well as before or after one.
                self.kill(chance.randrange(workers), chance.uniform(0, A_SEND))
                self.hire()
            self.finish()
        finally:
            deaths = self.kills
            while self.alive:
                self.kill(0)
            self.kills = deaths
