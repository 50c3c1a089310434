"""How much the pages take from one address, and from all together: requests and connections."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from math import ceil

ADDRESSES = 4096
"""How many are remembered; of more, the one that was quiet for the longest is forgotten."""


class Kind(StrEnum):
    CONNECT = "connect"
    LOOK = "look"
    SEND = "send"
    API = "api"


@dataclass(frozen=True, slots=True)
class Allowance:
    """A bucket of ``burst`` of them that fills again by ``per_second``."""

    burst: float
    per_second: float


BY_ADDRESS = {
    Kind.CONNECT: Allowance(60, 4.0),
    Kind.LOOK: Allowance(90, 1.0),
    Kind.SEND: Allowance(12, 1 / 20),
    Kind.API: Allowance(60, 1.0),
}
IN_TOTAL = {
    Kind.CONNECT: Allowance(200, 20.0),
    Kind.LOOK: Allowance(400, 40.0),
    Kind.SEND: Allowance(60, 1.0),
    Kind.API: Allowance(120, 4.0),
}


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float

    def fill(self, allowance: Allowance, now: float) -> None:
        gained = max(now - self.at, 0.0) * allowance.per_second
        self.tokens = min(allowance.burst, self.tokens + gained)
        self.at = now


class Limits:
    """Token buckets. Not for several threads: it belongs to the server's loop.

    ``monotonic`` gives seconds that never go back.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, *, addresses: int = ADDRESSES
    ) -> None:
        self._monotonic, self._most = monotonic, addresses
        self._buckets: OrderedDict[tuple[Kind, str], _Bucket] = OrderedDict()
        now = monotonic()
        self._total = {kind: _Bucket(IN_TOTAL[kind].burst, now) for kind in Kind}

    def wait(self, kind: Kind, address: str | None) -> int:
        """0 to go on, which is counted; or after how many whole seconds to come again.

        An address that has had its share takes nothing from what is left for the others.
        """
        now = self._monotonic()
        own, total = self._of(kind, address, now), self._total[kind]
        return _take(now, (own, BY_ADDRESS[kind]), (total, IN_TOTAL[kind]))

    def allows(self, kind: Kind, address: str | None) -> bool:
        """Whether to go on, which is counted. None is everybody: only the total counts."""
        now = self._monotonic()
        total = (self._total[kind], IN_TOTAL[kind])
        if address is None:
            return not _take(now, total)
        return not _take(now, (self._of(kind, address, now), BY_ADDRESS[kind]), total)

    def __len__(self) -> int:
        return len(self._buckets)

    def _of(self, kind: Kind, address: str | None, now: float) -> _Bucket:
        key = (kind, network(address))
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(BY_ADDRESS[kind].burst, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket


def _take(now: float, *shares: tuple[_Bucket, Allowance]) -> int:
    """One from each, when each has one; or after how many seconds they will."""
    waits = [0]
    for bucket, allowance in shares:
        bucket.fill(allowance, now)
        if bucket.tokens < 1.0:
            waits.append(max(ceil((1.0 - bucket.tokens) / allowance.per_second), 1))
    if len(waits) == 1:
        for bucket, _ in shares:
            bucket.tokens -= 1.0
    return max(waits)


def network(address: str | None) -> str:
    """Who is counted together: an IPv4 address, or the 64 bits that one IPv6 line is given."""
    try:
        known = ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(IPv6Address(int(known) >> 64 << 64))
