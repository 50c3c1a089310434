"""The browser that the tests drive: Chromium or Chrome of this machine, never one of playwright's.

python -m tests.web.browser.chromium      installs it unless there is one
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "TEST_BROWSER"
"""Names the browser's program, for who has it somewhere else."""
COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
)
ELSEWHERE = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/snap/bin/chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
INSTALLERS = {
    "apt-get": (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"),
    ),
    "dnf": (("dnf", "install", "-y", "-q", "chromium"),),
    "brew": (("brew", "install", "--quiet", "--cask", "google-chrome"),),
}
"""By the command of the system's package manager, what it is told."""


class NoBrowser(Exception):
    """One sentence that says what to do."""


def find() -> str:
    """The browser's program. Raises NoBrowser."""
    named = os.environ.get(VARIABLE, "")
    if named:
        if not Path(named).is_file():
            raise NoBrowser(f"{VARIABLE} names {named}, and there is no such file.")
        return named
    found = [path for path in map(shutil.which, COMMANDS) if path]
    found += [path for path in ELSEWHERE if Path(path).is_file()]
    if not found:
        raise NoBrowser(
            "The tests need a browser and there is none: run make browser, or install Chromium or"
            f" Google Chrome, or name its program in {VARIABLE}."
        )
    return found[0]


def install() -> None:
    """By the system's package manager. Raises NoBrowser."""
    manager = next((name for name in INSTALLERS if shutil.which(name)), None)
    if manager is None:
        raise NoBrowser(
            "There is no browser for the tests, and no package manager that is known here:"
            f" install Chromium or Google Chrome, or name its program in {VARIABLE}."
        )
    print(f"Installing a browser for the tests by {manager}.", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in INSTALLERS[manager]:
        # That the lists could not all be renewed does not matter if the package is there.
        done = subprocess.run(_rights(manager, command), env=environment, check=False)
    if done.returncode:
        raise NoBrowser(
            f"The browser for the tests could not be installed ({' '.join(command)}): install"
            " Chromium or Google Chrome yourself, with an administrator's rights, or name its"
            f" program in {VARIABLE}."
        )


def _rights(manager: str, command: Sequence[str]) -> list[str]:
    """Without a question for a password, because nobody may be there to answer."""
    if manager == "brew" or os.geteuid() == 0 or not shutil.which("sudo"):
        return list(command)
    return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", *command]


def main() -> int:
    try:
        try:
            find()
        except NoBrowser:
            if os.environ.get(VARIABLE):
                raise
            install()
            find()
    except NoBrowser as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
