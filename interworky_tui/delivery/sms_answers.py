"""What the answers of the SMS provider mean for a message, and what it means to get none."""

import errno
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.delivery.outcomes import LONGEST_WAIT
from interworky_tui.domain.events import Reason

# The provider's own codes; they say more than the status of an answer from 400 to 499.
OPTED_OUT = 21610
REFUSED = frozenset({OPTED_OUT, 21211, 21408, 21612, 21614})
MISSET = frozenset({20003, 21212, 21603, 21606, 21659, 21660, 21661, 21701, 21703, 21705})
BUSY = frozenset({20429, 21611})


def needed(value: Any) -> Any:
    """What an answer must hold; without it, it is no answer, which is a ValueError."""
    if not value:
        raise ValueError("an answer with a gap")
    return value


def moment(headers: Mapping[str, str], name: str) -> datetime | None:
    """A header that is a date, in UTC if it names no zone."""
    try:
        told = parsedate_to_datetime(headers.get(name, ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def unclear(error: Exception) -> SendFailed:
    return SendFailed(FailureKind.AMBIGUOUS, type(error).__name__)


def refusal(
    answer: Any, now: datetime, *, refused: FailureKind, missing: FailureKind
) -> SendFailed:
    """The failure for an answer that is not a success.

    ``refused`` is what a permanent no means to the one who asked, ``missing`` is what 404 means.
    """
    status, code = answer.status_code, _code(answer.text)
    kind = _kind(status, code)
    if kind is FailureKind.PERMANENT:
        kind = refused
    elif status == 404:
        kind = missing
    return SendFailed(
        kind,
        f"HTTP {status}" if code is None else f"HTTP {status}, code {code}",
        reason=Reason.OPTED_OUT if code == OPTED_OUT else Reason.REJECTED,
        retry_after=None
        if kind is FailureKind.CONFIGURATION
        else _retry_after(answer.headers, now),
    )


def unreachable(error: Exception) -> SendFailed:
    """The failure for an error of the HTTP library.

    Only what failed while connecting has certainly not left.
    """
    from ssl import SSLCertVerificationError

    from requests import exceptions
    from urllib3.exceptions import NewConnectionError

    from interworky_tui.delivery.sms_wire import NoHandshake

    not_an_address = exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema
    reason = getattr(error.args[0], "reason", None) if error.args else None
    kind = FailureKind.AMBIGUOUS
    if isinstance(error, exceptions.ConnectTimeout) or isinstance(reason, NewConnectionError):
        kind = FailureKind.UNREACHABLE
    elif isinstance(error, not_an_address) or (
        isinstance(error, exceptions.SSLError)
        and reason is not None
        and isinstance(reason.args[0], (SSLCertVerificationError, NoHandshake))
    ):
        kind = FailureKind.CONFIGURATION
    return SendFailed(kind, _named(error, reason))


def _named(error: Exception, reason: Any) -> str:
    """The error's name, and what tells one cause from another where the name alone does not."""
    from ssl import SSLCertVerificationError

    from urllib3.exceptions import NameResolutionError

    from interworky_tui.delivery.sms_wire import NoHandshake

    name = type(error).__name__
    if isinstance(reason, NameResolutionError):
        return f"{name} NameResolutionError"
    cause = reason.__cause__ if isinstance(reason, Exception) else None
    if isinstance(cause, OSError) and cause.errno:
        return f"{name} {errno.errorcode.get(cause.errno, '').removeprefix('WSA')}"
    first = reason.args[0] if isinstance(reason, Exception) and reason.args else None
    if isinstance(first, SSLCertVerificationError):
        return f"{name}: {first.verify_message}"
    if isinstance(first, NoHandshake):
        return f"{name}: {first.args[0]}"
    return name


def _kind(status: int, code: int | None) -> FailureKind:
    if status in (408, 425, 429):
        return FailureKind.RETRY
    if not 400 <= status < 500:
        return FailureKind.AMBIGUOUS
    if code in BUSY:
        return FailureKind.RETRY
    if code in MISSET or (status in (401, 403, 404) and code not in REFUSED):
        return FailureKind.CONFIGURATION
    return FailureKind.PERMANENT


def _code(text: str) -> int | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    code = str(body.get("code")) if isinstance(body, dict) else ""
    return int(code) if code.isdecimal() else None


def _retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The wait that is asked for, in seconds or as a date; at most the outbox's longest."""
    told = headers.get("Retry-After", "").strip()
    if told.isdecimal():
        wait = timedelta(seconds=int(told[:9]))
    elif until := moment(headers, "Retry-After"):
        wait = until - (moment(headers, "Date") or now)
    else:
        return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
