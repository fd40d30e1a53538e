"""A name that was probably meant to be an operator of Python's, and is none."""

from __future__ import annotations

import ast
from types import FunctionType

from .naming import ALIASES, plain
from .tracebacks import parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Iterator

    from .namespace import Namespace

KNOWN: Final = frozenset([
    *[name for kind in (int, float, list, dict, type, FunctionType) for name in dir(kind)],
    "__matmul__", "__rmatmul__", "__imatmul__", "__iadd__", "__isub__", "__imul__",
    "__itruediv__", "__ifloordiv__", "__imod__", "__ipow__", "__iand__", "__ior__", "__ixor__",
    "__del__", "__slots__", "__match_args__", "__post_init__", "__enter__", "__exit__",
    "__next__", "__annotations__", "__weakref__", "__copy__", "__deepcopy__", "__getattr__",
    "__set_name__", "__complex__", "__length_hint__", "__missing__",
    "__array__", "__array_priority__", "__array_ufunc__", "__array_function__",
])  # fmt: skip
"""Special methods that Python, or a library that everybody knows, does call."""
OTHER_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "add": ("plus", "addition"),
    "sub": ("minus", "subtract", "subtraction"),
    "mul": ("times", "multiply", "mult"),
    "truediv": ("div", "divide", "division"),
    "pow": ("power",),
    "neg": ("negate", "negative", "minus", "uminus"),
    "abs": ("absolute",),
}
"""What people write for the name of an operator; ``__div__`` is Python 2."""
LONG: Final = 6
"""Letters from which on two of them may be wrong."""


def near_miss(cls: type, space: Namespace, wanted: str) -> str:
    """What was probably meant to be this method.

    Args:
        cls: the class of the nodes, which does not have it.
        space: where it is defined.
        wanted: a special name, such as ``__radd__``.

    Returns:
        the name, as in ``_neg__``; where it is right but not a method of the class, that follows:
        ``__neg__ (outside of the class)``; ``""`` if there is nothing like it.
    """
    for name in written_names(cls):
        if is_near(name, wanted):
            return name
    for place in misplaced(space, wanted):
        return f"{wanted} ({place})"
    return ""


def written_names(cls: type) -> Iterator[str]:
    """The names in a class and its bases as written: Python prefixes private ones."""
    for base in cls.__mro__:
        if base.__module__ == "builtins":
            continue
        private = f"_{base.__name__.lstrip('_')}__"
        for name in vars(base):
            yield name[len(private) - 2 :] if name.startswith(private) else name


def is_near(name: str, dunder: str) -> bool:
    """Whether a name is a misspelling of a special one: its underscores, a letter, a synonym."""
    before = len(name) - len(name.lstrip("_"))
    after = len(name) - len(name.rstrip("_"))
    marks = before + after if before and after else max(before, after) * (max(before, after) > 1)
    if name in KNOWN or marks < 2:
        return False
    core, want = plain(name), plain(dunder)
    if core == want:
        return True
    if before < 2 and after < 2:
        return False
    reflected = want[:1] == "r" and want[1:] in OTHER_WORDS
    usual, prefix = (want[1:], "r") if reflected else (want, "")
    if core in [prefix + word for word in OTHER_WORDS.get(usual, ())]:
        return True
    if any(core in words for words in ALIASES.values()) or core == "sum":
        return False
    return distance(core, want) <= (2 if len(want) >= LONG else 1)


def distance(first: str, second: str) -> int:
    """Letters to insert, delete, replace or swap with a neighbour (optimal string alignment)."""
    rows = [list(range(len(second) + 1))]
    for i, letter in enumerate(first, 1):
        row = [i]
        for j, other in enumerate(second, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def misplaced(space: Namespace, dunder: str) -> Iterator[str]:
    """Where else than in a class a function of this name is defined: an indentation is wrong."""
    if any(isinstance(vars(m).get(dunder), FunctionType) for m in space.modules):
        yield "outside of the class"
    for file in sorted(space.files):
        for outer in ast.walk(parsed(file)):
            if isinstance(outer, ast.FunctionDef):
                for inner in outer.body:
                    if isinstance(inner, ast.FunctionDef) and inner.name == dunder:
                        yield f"inside of {outer.name}"
