"""From a key to a change: each flow asks the person by a modal and calls one service.

``ui/keys.py`` names the flow of a key as ``module.function``. A flow of the selected appointment
gets the desk and the card, another one the desk alone.
"""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, cast

Flow = Callable[..., Awaitable[None]]


def find(name: str) -> Flow:
    """The flow ``module.function``; its module is imported when it is first wanted."""
    module, _, function = name.partition(".")
    home: Any = import_module(f"{__name__}.{module}")
    return cast(Flow, getattr(home, function))
