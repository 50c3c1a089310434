"""What nobody expected: logged without what it held, so that names stay private."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from textual.worker import WorkerFailed

from interworky_tui.domain.errors import StoreProblem

if TYPE_CHECKING:
    from interworky_tui.ui.guarded import GuardedApp

log = logging.getLogger(__name__)


def not_read(error: Exception) -> StoreProblem | None:
    """Why work behind the desk could not read; None when it is a fault of the program."""
    if isinstance(error, WorkerFailed) and isinstance(error.error, StoreProblem):
        return error.error
    return None


def tell(app: GuardedApp, error: Exception) -> int:
    """Log it and tell the person; the exit status. A worker's fault ends nothing: 0."""
    if isinstance(error, WorkerFailed):
        log.error("Work behind the desk failed", exc_info=error.error)
        app.notify(
            "Something went wrong; nothing that was saved is lost. The log says more.",
            severity="error",
            markup=False,
        )
        return 0
    log.error("The desk stopped", exc_info=error)
    app.exit(
        return_code=1,
        message="Something went wrong and the desk closed; nothing that was saved is lost."
        f" The log says more: {app.paths.log_file}",
    )
    return 1
