"""Text that an engine may have written, made harmless for a terminal and for a page."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 400
"""Characters of one piece of an engine's text that a report shows."""
_HARMLESS: Final = frozenset("LMNPS")
"""Unicode's letters, marks, numbers, punctuation and symbols; of the rest, only the blank."""


def plain(text: str, longest: int = LONGEST) -> str:
    """The text without anything that steers a terminal, cut to ``longest`` characters.

    Newlines stay; escapes, bidirectional overrides, surrogates, odd blanks and line separators are
    shown as Python escapes them.
    """
    if len(text) > longest:
        text = f"{text[:longest]}... ({len(text)} characters)"
    return "".join(c if c in "\n " or _harmless(c) else _escaped(c) for c in text)


def flat(text: str, longest: int = LONGEST) -> str:
    """The text as :func:`plain` has it, and on one line: a comment stays a comment."""
    return plain(text, longest).replace("\n", " ")


def _harmless(c: str) -> bool:
    return unicodedata.category(c)[0] in _HARMLESS


def _escaped(c: str) -> str:
    return c.encode("unicode_escape").decode("ascii")
