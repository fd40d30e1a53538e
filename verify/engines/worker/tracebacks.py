"""Where an exception comes from: the line of the engine's own file, and whose doing it is."""

from __future__ import annotations

import ast
import linecache
import os
import re

from .errors import Missing, OutOfTime, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import AbstractSet, Final

    Frame = tuple[str, int]

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LOOPS: Final = (ast.For, ast.AsyncFor, ast.While)
_MOST_FRAMES: Final = 20000
_NO_SUCH_OPERAND: Final = re.compile(
    r"unsupported operand type|bad operand type|.*incompatible function arguments"
)
_FOLDER: Final = os.path.dirname(__file__)
_LINES: Final[dict[tuple[str, tuple[type, ...]], set[int]]] = {}


def trace(error: BaseException) -> list[Frame]:
    """(file, line) of each frame, outermost first; an endless recursion stays bounded."""
    frames: list[Frame] = []
    step = error.__traceback__
    while step is not None and len(frames) < _MOST_FRAMES:
        frames.append((step.tb_frame.f_code.co_filename, step.tb_lineno))
        step = step.tb_next
    return frames


def line_of(error: BaseException, files: AbstractSet[str]) -> tuple[int | None, str | None]:
    """(line, file) of the innermost frame in the engine's own files, or of what does not end."""
    if isinstance(error, SyntaxError):
        return error.lineno, error.filename
    own = [frame for frame in trace(error) if frame[0] in files]
    if not own:
        return None, None
    file, line = endless(own) if isinstance(error, OutOfTime) else own[-1]
    return line, file


def endless(frames: list[Frame]) -> Frame:
    """(file, line) of the outermost loop in which time ran out; of the function, where none is.

    On which line the alarm rings is up to chance.
    """
    starts = []
    for file, line in frames:
        around = sorted(
            (
                n
                for n in ast.walk(parsed(file))
                if isinstance(n, FUNCTIONS + LOOPS) and n.lineno <= line <= (n.end_lineno or 0)
            ),
            key=lambda n: n.lineno,
        )
        inside = [i for i, n in enumerate(around) if isinstance(n, FUNCTIONS)]
        loops = around[inside[-1] + 1 :] if inside else around
        if loops:
            return file, loops[0].lineno
        starts.append((file, around[inside[-1]].lineno if inside else line))
    return starts[0]


def is_refusal(error: BaseException, files: AbstractSet[str]) -> bool:
    """Whether the engine said itself that it does not support this; it did not trip over it."""
    if isinstance(error, (Missing, NotImplementedError)):
        return True
    if isinstance(error, ImportError):  # a library that is not here: nobody's mistake
        return True
    frames = trace(error)
    if not frames:
        return False
    file, line = frames[-1]
    if is_ours(file):
        return no_such_operand(error)
    return file in files and line in lines_with(file, ast.Raise, ast.Assert)


def no_such_operand(error: BaseException) -> bool:
    """Whether Python itself says that no operator of the engine's takes these operands."""
    return (
        isinstance(error, TypeError)
        and never_entered(error)
        and bool(_NO_SUCH_OPERAND.match(text_of(error)))
    )


def never_entered(error: BaseException) -> bool:
    """Whether an exception was raised before any code of the engine's ran."""
    frames = trace(error)
    return bool(frames) and is_ours(frames[-1][0])


def is_ours(file: str) -> bool:
    """Whether a file is of this folder; symbols are not: they stand for floats of the engine's."""
    return file.startswith(_FOLDER + os.sep) and os.path.basename(file) != "symbols.py"


def lines_with(file: str, *kinds: type[ast.AST]) -> set[int]:
    """Lines of a file that lie inside a statement of these kinds.

    They are kept by the text: an edited copy has the name of the file that it was made of.
    """
    text = "".join(linecache.getlines(file))
    if (text, kinds) not in _LINES:
        lines: set[int] = set()
        for node in ast.walk(parsed(file)):
            if isinstance(node, kinds):
                for part in node.body if isinstance(node, ast.Try) else [node]:
                    lines.update(range(part.lineno, (part.end_lineno or 0) + 1))  # type: ignore[attr-defined]
        _LINES[text, kinds] = lines
    return _LINES[text, kinds]


def parsed(file: str) -> ast.Module:
    """The syntax tree of a file, empty where it has none."""
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module(body=[], type_ignores=[])
