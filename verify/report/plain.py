"""Text that comes from outside, made harmless: for a terminal, a page, a comment, a table.

Every string that is printed passes :func:`plain`, also a name that the user gave: a submission's
file is named by whoever made it.
"""

from __future__ import annotations

import shlex
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 400
"""Characters of one piece of an engine's text that a report shows."""
_HARMLESS: Final = frozenset("LMNPS")
"""Unicode's letters, marks, numbers, punctuation and symbols; of the rest, only the blank."""
UNSEEN: Final = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x180E)]
) | frozenset([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
"""Letters and marks that are shown as nothing: two names that differ in them look the same."""
_MOST_MARKS: Final = 4
"""Marks on one letter; a pile of them covers the lines above."""


def plain(text: str, longest: int = LONGEST) -> str:
    """The text on one line, without anything that steers a terminal, cut to ``longest`` characters.

    Line breaks, escapes, bidirectional overrides, surrogates, odd blanks, and what is not seen at
    all are shown as Python escapes them.
    """
    if len(text) > longest:
        text = f"{text[:longest]}... ({len(text)} characters)"
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], 0
    for c in text:
        marks = marks + 1 if unicodedata.category(c)[0] == "M" else 0
        shown.append(c if c == " " or (_harmless(c) and marks <= _MOST_MARKS) else _escaped(c))
    return "".join(shown)


flat = plain
"""What stands in a comment of a program: the same, since that is one line too."""


def shell(words: Sequence[str]) -> str:
    """A command to paste into a shell, on one line and harmless to look at.

    A word with anything in it that :func:`plain` would show otherwise is quoted as ``$'…'``.
    """
    return " ".join(map(_word, words))


def _word(word: str) -> str:
    if plain(word, len(word)) == word:
        return shlex.quote(word)
    quoted = "".join(
        chr(byte) if chr(byte) not in "\\'" and 0x20 <= byte < 0x7F else f"\\x{byte:02x}"
        for byte in word.encode("utf-8", "surrogateescape")
    )
    return f"$'{quoted}'"


def _harmless(c: str) -> bool:
    return unicodedata.category(c)[0] in _HARMLESS and ord(c) not in UNSEEN


def _escaped(c: str) -> str:
    return c.encode("unicode_escape").decode("ascii")
