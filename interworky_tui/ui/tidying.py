"""When Python looks for what nobody holds any more: while the person rests, not under a key."""

import gc

_ENOUGH = 5_000
"""New objects that are worth a look."""
_AT_ONCE = 50_000, 20, 100
"""New objects after which there is a look whatever the person does, and rounds up to the
thorough ones. By itself Python looks at every 700: scores of times as a form is opened.
"""


def begin() -> None:
    """What is loaded by now stays: no later look walks through it."""
    gc.freeze()
    gc.set_threshold(*_AT_ONCE)
    gc.enable()


def at_rest() -> None:
    """Nobody has pressed a key for a while."""
    new, *rounds = gc.get_count()
    if new > _ENOUGH or any(rounds):
        gc.collect()
