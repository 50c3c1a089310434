"""A QR code in half blocks: two rows of modules are one line of text."""

from functools import lru_cache
from itertools import groupby

import segno
from textual.content import Content

# The light modules are what is drawn: without colours, on a dark terminal, they are light too.
_INK = "#ffffff on #000000"
_ALL_LIGHT = "#ffffff on #ffffff"
"""Where the font leaves gaps between lines, these are light, too."""
_BLOCKS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
_QUIET = 4
"""Light modules around the code, as ISO/IEC 18004 wants them."""


@lru_cache(maxsize=8)
def lines(text: str) -> tuple[str, ...]:
    """The code with its quiet zone, a column for each module: 41 for a link of 78 letters."""
    code = segno.make(text, error="l", micro=False)
    light = [[not module for module in row] for row in code.matrix_iter(border=_QUIET)]
    if len(light) % 2:
        light.append([True] * len(light[0]))
    pairs = zip(light[::2], light[1::2], strict=True)
    return tuple("".join(_BLOCKS[pair] for pair in zip(*rows, strict=True)) for rows in pairs)


def content(text: str) -> Content:
    return Content("\n").join(
        Content.assemble(
            *(
                Content.styled("".join(run), _ALL_LIGHT if full else _INK)
                for full, run in groupby(line, key="█".__eq__)
            )
        )
        for line in lines(text)
    )
