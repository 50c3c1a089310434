"""Says of this program, for as long as it runs, that it is there, and sees who else is."""

import threading
from collections.abc import Callable

from interworky_tui.jobs import log_fault
from interworky_tui.services.presence import BEAT, Session, Someone

PATIENCE = 0.4
"""Seconds that the end of the program waits until the others know of it."""

There = tuple[Someone, ...]


def _nobody_listens(_there: There) -> None:
    pass


class Heart:
    """A thread of its own, so that nothing waits for the store.

    ``on_there`` is told in it who else is there, at first and whenever that changes. While that
    cannot be read it stays what it was.
    """

    def __init__(self, session: Session, on_there: Callable[[There], None] = _nobody_listens):
        self._session, self._on_there = session, on_there
        self._there: There | None = None
        self._on: int | None = None
        self._channels: str | None = None
        self._fault = ""
        self._due, self._ending = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="interworky-heart", daemon=True)

    def start(self) -> None:
        """Looks once before it returns."""
        self._look()
        self._thread.start()

    def on(self, appointment_id: int | None) -> None:
        """What the person is on from now on. From any thread; does not wait."""
        if appointment_id != self._on:
            self._on = appointment_id
            self._due.set()

    def channels(self, told: str) -> None:
        """How those of a worker are from now on. From any thread; does not wait."""
        self._channels = told
        self._due.set()

    def look(self) -> None:
        """Something was changed in the store. From any thread; does not wait."""
        self._due.set()

    def stop(self) -> None:
        """The others know, unless that takes long: then they find out."""
        self._ending = True
        self._due.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        while True:
            self._due.wait(BEAT.total_seconds())
            self._due.clear()
            if self._ending:
                break
            self._look()
        self._try(self._session.leave)

    def _look(self) -> None:
        def look() -> None:
            there = self._session.seen(self._on, self._channels)
            if there != self._there:
                self._there = there
                self._on_there(there)

        self._try(look)

    def _try(self, call: Callable[[], None]) -> None:
        """A fault that lasts is told once, not at every beat."""
        try:
            call()
        except Exception as error:
            if repr(error) != self._fault:
                self._fault = repr(error)
                log_fault("saying who is at the desk", error)
        else:
            self._fault = ""
