"""How often a test leaves something to chance: ``TEST_ROUNDS=10 make test`` does it ten times
as often as is enough from day to day.
"""

import os

TIMES = int(os.environ.get("TEST_ROUNDS", "1"))


def rounds(enough: int) -> int:
    return enough * TIMES
