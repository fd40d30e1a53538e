"""Submissions, or files of them, that are the same up to names, comments and layout."""

from __future__ import annotations

import hashlib
import io
import keyword
import tokenize
from collections import defaultdict
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Alike:
    """Submissions that are the same, or of which a file each is.

    Attributes:
        keys: of the submissions, two or more.
        files: what the files that are the same are called; none where all of the work is the same.
    """

    keys: tuple[str, ...]
    files: tuple[str, ...] = ()


def fingerprints(path: str) -> dict[str, tuple[str, bool]]:
    """A digest of each file's tokens, each name by when it first appears, and of all together.

    Names of operators (``__add__``) stay: they are Python's own.  Texts count as one kind of
    token, so that a docstring of one's own hides nothing.

    Returns:
        by digest the name of the file, and whether it is all of the work; none of too few tokens.
    """
    files = [(name, _tokens(text)) for name, text in sources(Path(path))]
    whole = [token for _, tokens in files for token in tokens]
    found = {_digest(tokens): (name, False) for name, tokens in files if len(tokens) >= _LEAST}
    if len(whole) >= _LEAST:
        mark = _digest(whole)
        found[mark] = (found.get(mark, ("", True))[0], True)
    return found


def groups(submissions: Iterable[Submission]) -> list[Alike]:
    """Those that are alike: one more file in a submission hides nothing."""
    by_print: defaultdict[str, dict[str, tuple[str, bool]]] = defaultdict(dict)
    for one in submissions:
        for mark, place in ({} if one.problem else fingerprints(one.path)).items():
            by_print[mark][one.key] = place
    names: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    whole = set()
    for places in by_print.values():
        if len(places) > 1:
            keys = tuple(sorted(places))
            names[keys] |= {name for name, _ in places.values() if name}
            if all(everything for _, everything in places.values()):
                whole.add(keys)
    return [
        Alike(keys, () if keys in whole else tuple(sorted(files)))
        for keys, files in sorted(names.items())
    ]


def _digest(tokens: list[str]) -> str:
    return hashlib.sha256("\0".join(tokens).encode("utf-8", "replace")).hexdigest()[:16]


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
