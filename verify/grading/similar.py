"""Submissions that are the same up to names, comments and layout."""

from __future__ import annotations

import hashlib
import io
import keyword
import tokenize
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.grading.signs import sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verify.grading.submission import Submission

_LAYOUT: Final = frozenset({
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.ENDMARKER,
})  # fmt: skip
_LEAST: Final = 80
"""Tokens of a program that is not like others by chance."""


def fingerprint(path: str) -> str:
    """A digest of the tokens, each name by when it first appears; ``""`` for too few of them.

    Names of operators (``__add__``) stay: they are Python's own.  Texts count as one kind of
    token, so that a docstring of one's own hides nothing.
    """
    found: list[str] = []
    for _, text in sources(Path(path)):
        found += _tokens(text)
    if len(found) < _LEAST:
        return ""
    return hashlib.sha256("\0".join(found).encode("utf-8", "replace")).hexdigest()[:16]


def groups(submissions: Iterable[Submission]) -> list[tuple[str, ...]]:
    """Keys of those that are alike, in groups of two and more."""
    by_print: defaultdict[str, list[str]] = defaultdict(list)
    for one in submissions:
        if not one.problem and (mark := fingerprint(one.path)):
            by_print[mark].append(one.key)
    return sorted(tuple(keys) for keys in by_print.values() if len(keys) > 1)


def _tokens(text: str) -> list[str]:
    names: dict[str, str] = {}
    found = []
    alone = True
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in _LAYOUT:
                alone = True
                continue
            if token.type == tokenize.STRING:
                if not alone:  # a text that stands alone on its line is a comment
                    found.append('""')
                continue
            alone = token.type in {tokenize.INDENT, tokenize.DEDENT}
            found.append(_word(token, names))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return found
    return found


def _word(token: tokenize.TokenInfo, names: dict[str, str]) -> str:
    if token.type in {tokenize.INDENT, tokenize.DEDENT}:
        return "indent" if token.type == tokenize.INDENT else "dedent"
    text = token.string
    special = keyword.iskeyword(text) or (text.startswith("__") and text.endswith("__"))
    if token.type != tokenize.NAME or special:
        return text
    return names.setdefault(text, f"n{len(names)}")
