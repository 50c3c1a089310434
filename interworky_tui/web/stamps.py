"""When a form was handed out, signed, so that a program cannot fill it in at once."""

import hmac
import secrets
from datetime import timedelta

from interworky_tui.domain.clock import Clock

SOONEST = timedelta(seconds=3)
"""A person needs longer to fill in the form."""
LATEST = timedelta(hours=24)


class Stamps:
    """The key lives as long as the process: a form from before is handed out anew, filled in."""

    def __init__(self, clock: Clock, key: bytes | None = None) -> None:
        self._clock, self._key = clock, key or secrets.token_bytes(32)

    def new(self) -> str:
        moment = str(int(self._clock().timestamp()))
        return f"{moment}.{self._sign(moment)}"

    def again(self, stamp: str) -> str:
        """The one that a form came back with, so that it grows older; a new one for a bad one."""
        age = self._age(stamp)
        return stamp if age is not None and age <= LATEST else self.new()

    def trouble(self, stamp: str) -> str:
        """ "" when it is good; else ``too_fast``, or ``too_old`` for one that is not ours now."""
        age = self._age(stamp)
        if age is None or age > LATEST:
            return "too_old"
        return "too_fast" if age < SOONEST else ""

    def _age(self, stamp: str) -> timedelta | None:
        moment, _, signature = stamp.partition(".")
        if not (moment.isascii() and moment.isdecimal() and signature.isascii()):
            return None
        if not hmac.compare_digest(signature, self._sign(moment)):
            return None
        return timedelta(seconds=self._clock().timestamp() - int(moment))

    def _sign(self, moment: str) -> str:
        return hmac.new(self._key, f"request form {moment}".encode(), "sha256").hexdigest()
