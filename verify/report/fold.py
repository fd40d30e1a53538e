"""A line of Python in several that fit a screen and mean the same."""

from __future__ import annotations

import io
import textwrap
import tokenize
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STEP: Final = 4
_OPENS: Final = frozenset("([{")
_CLOSES: Final = frozenset(")]}")
_BREAKS: Final = frozenset(",+-*/%(")
"""After these a line is broken rather than elsewhere."""
_ENDS: Final = frozenset({tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER, tokenize.COMMENT})


def folded(line: str, width: int) -> list[str]:
    """A statement of Python in lines of at most ``width`` characters, to paste as they are.

    A comment goes below the statement.  What is no statement by itself, and a name or a text that
    is too long, stay as they are.
    """
    if len(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(line.lstrip()).readline))
    except (tokenize.TokenError, SyntaxError):
        return [line]
    words = [t for t in tokens if t.string.strip() and t.type not in _ENDS]
    comments = [t.string for t in tokens if t.type == tokenize.COMMENT]
    code = list(_broken(words, indent, width)) if words else []
    for comment in comments:
        code += _comment(comment, indent, width)
    return code


def _comment(text: str, indent: str, width: int) -> list[str]:
    begin = f"{indent}# "
    return textwrap.wrap(
        text.removeprefix("#").strip(), width, initial_indent=begin, subsequent_indent=begin,
        break_on_hyphens=False,
    )  # fmt: skip


def _broken(words: Sequence[tokenize.TokenInfo], indent: str, width: int) -> Iterator[str]:
    """The words in lines; outside of brackets a line that goes on ends with a backslash."""
    room, start, depth = width - len(indent), 0, 0
    while start < len(words):
        origin = words[start].start[1]
        end = start + 1
        good = 0
        while end < len(words) and words[end].end[1] - origin <= room - 2:
            end += 1
            if words[end - 1].string in _BREAKS:
                good = end
        if end < len(words) and good > start:
            end = good
        text = _text(words[start:end])
        depth += sum((w.string in _OPENS) - (w.string in _CLOSES) for w in words[start:end])
        more = end < len(words) and depth == 0
        yield f"{indent}{text}{' ' + chr(92) if more else ''}"
        if start == 0:
            indent, room = indent + " " * _STEP, room - _STEP
        start = end


def _text(words: Sequence[tokenize.TokenInfo]) -> str:
    line = words[0].line
    return line[words[0].start[1] : words[-1].end[1]]
