"""Text that an engine may have written, made harmless for a terminal and for a page."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 400
"""Characters of one piece of an engine's text that a report shows."""


def plain(text: str, longest: int = LONGEST) -> str:
    """The text without anything that steers a terminal, cut to ``longest`` characters.

    Newlines stay; every other control, format or surrogate character (Unicode category C: escapes,
    bidirectional overrides) is shown as Python escapes it.
    """
    if len(text) > longest:
        text = f"{text[:longest]}... ({len(text)} characters)"
    return "".join(
        c
        if c == "\n" or unicodedata.category(c)[0] != "C"
        else c.encode("unicode_escape").decode("ascii")
        for c in text
    )
