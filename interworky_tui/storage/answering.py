"""A connection that knows a server which stands still from one that has much to do.

A frozen server, or a network that swallows everything, keeps its connections, so that neither the
driver nor the system would ever end the wait. A statement may rightly take long. So when there was
no word for a while the server is asked for another connection; it is frozen if it gives no answer.
"""

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg.errors import ConnectionTimeout

PATIENCE, ANSWER = 3.0, 4
"""Seconds without a word after which it is asked, and in which it has to answer."""

R = TypeVar("R")


class Answering(psycopg.Connection[tuple[Any, ...]]):
    """Raises psycopg.OperationalError, and is closed, once the server does not answer."""

    told: dict[str, Any]

    def wait(self, gen: Generator[Any, Any, R], *how: Any, **more: Any) -> R:
        return super().wait(self._watched(gen), *how, **more)

    def _watched(self, gen: Generator[Any, Any, R]) -> Generator[Any, Any, R]:
        since = time.monotonic()
        try:
            state = next(gen)
            while True:
                ready = yield state
                if ready:
                    since = time.monotonic()
                elif time.monotonic() - since >= PATIENCE:
                    self._ask()
                    since = time.monotonic()
                state = gen.send(ready)
        except StopIteration as ended:
            result: R = ended.value
            return result

    def _ask(self) -> None:
        try:
            psycopg.connect(**self.told | {"connect_timeout": str(ANSWER)}).close()
        except ConnectionTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server does not answer") from error
        except psycopg.Error:
            # No room for one more, for example: that is an answer.
            pass


def connect(told: dict[str, Any]) -> Answering:
    """``told`` is what the driver is told. Raises psycopg.Error."""
    connection = Answering.connect(**told)
    connection.told = told
    return connection
