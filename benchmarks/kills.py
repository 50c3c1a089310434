"""Many kills in the middle of backups, restores, upgrades and moves of the office:
``python -m benchmarks.kills 50``.
"""

import os
import subprocess
import sys
from pathlib import Path


def main(kills: str = "50") -> int:
    tests = [f"tests/storage/test_killed_{what}.py" for what in ("copies", "dumps", "moves")]
    command = [sys.executable, "-m", "pytest", *tests, "-v", "--durations=3"]
    where = Path(__file__).parents[1]
    return subprocess.run(
        command, cwd=where, env={**os.environ, "KILLS": kills}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
