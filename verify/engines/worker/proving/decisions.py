"""Questions about numbers that have no value yet: each is answered, remembered and written down.

An answer is forced by the harness, which tries both; or it follows from earlier ones; or, where
only one path is wanted, it is that of one point.  So the paths of a program are all explored, and
what was assumed on each of them is known.
"""

from __future__ import annotations

import math
import operator
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Mapping, Sequence

    Tree = Any
    """A name alone in a tuple, an operation and its operands in a tuple, or a number."""

MOST: Final = 60
"""Questions on one path."""
UNDEFINED: Final = ("undefined",)
"""The tree of what is no real number: ``nan``, ``inf``, and all that is made of them."""
FLIPPED: Final = {"<": ">", ">": "<", "=": "="}
ANSWERS: Final = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "<>"}
"""Which of the three ways in which two numbers can lie make a comparison true."""


class Lost(BaseException):
    """A symbol met what cannot be followed: nothing that comes after it may be believed.

    No ``Exception``, so that the engine's own handlers let it pass.
    """


class Record:
    """What happened on one path.

    Attributes:
        forced: the answers to the first questions.
        point: numbers for the names, where unforced questions are answered by a point.
        asked: the questions in order: what, left, right, the answer.
        lost: where symbols were lost, and by what.
        files: names of the files whose source was rewritten.
        residues: whether formulas are sent as numbers modulo a prime, since they are large.
    """

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.residues = False
        self.begin((), None)

    def begin(self, forced: Sequence[bool], point: Mapping[str, float] | None) -> None:
        """Forget the path before."""
        self.forced, self.point = list(forced), point
        self.asked: list[tuple[str, Tree, Tree, bool]] = []
        self.lost: list[list[Any]] = []
        self.known: dict[Any, Any] = {}
        self.values: dict[int, tuple[Tree, float]] = {}


RECORD: Final = Record()


def place() -> tuple[str, int]:
    """File and line of the engine's code that is running; nothing where none is."""
    frame: Any = sys._getframe(1)  # noqa: SLF001 - had in no other way
    while frame is not None:
        if frame.f_code.co_filename in RECORD.files:
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return "", 0


def lost(what: str) -> Any:
    """Note that a symbol is lost here, and end the run."""
    RECORD.lost.append([what, *place()])
    raise Lost(what)


def question(what: str, left: Tree, right: Tree, near: Callable[[], bool]) -> bool:
    """The answer to a question that nothing known decides; ``near`` is the point's."""
    if UNDEFINED in (left, right):
        lost("a question about what is no real number")
    number = len(RECORD.asked)
    if number >= MOST:
        lost(f"more than {MOST} questions about numbers")
    if number < len(RECORD.forced):
        answer = RECORD.forced[number]
    else:
        usual = what not in {"overflow", "minus", "whole", "==", "kind"}
        answer = near() if RECORD.point is not None else usual
    RECORD.asked.append((what, left, right, answer))
    return answer


def compared(relation: str, left: Tree, right: Tree) -> bool:
    """Whether ``left < right``, or another relation, in real arithmetic."""
    left, right = settled(left), settled(right)
    if type(left) is not tuple and type(right) is not tuple:
        return bool(RELATIONS[relation](left, right))
    if RECORD.residues:  # formulas are large, and only the point chooses the path
        return bool(RELATIONS[relation](value_at_point(left), value_at_point(right)))
    ways = frozenset(ANSWERS[relation])
    if (right, left) in RECORD.known:
        left, right = right, left
        ways = frozenset(FLIPPED[w] for w in ways)
    possible = RECORD.known.get((left, right), ANY)
    possible = frozenset("=") if left == right != UNDEFINED else possible
    yes = possible & ways
    if not yes or yes == possible:
        return bool(yes)
    answer = question(SPELT[ways], left, right, lambda: way_at_point(left, right) in ways)
    RECORD.known[left, right] = yes if answer else possible - ways
    return answer


def settled(tree: Tree) -> Tree:
    """The number itself where a tree is no more than one."""
    is_number = type(tree) is tuple and tree[0] == "neg" and type(tree[1]) is not tuple
    return -tree[1] if is_number else tree


ANY: Final = frozenset("<=>")
SPELT: Final = {frozenset(ways): relation for relation, ways in ANSWERS.items()}
RELATIONS: Final = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
    "!=": operator.ne,
}  # fmt: skip


def once(what: str, tree: Tree, near: Callable[[], bool]) -> bool:
    """A question about one number, asked only once."""
    if RECORD.residues:
        return bool(near())
    key = what, tree
    if key not in RECORD.known:
        RECORD.known[key] = question(what, tree, 0.0, near)
    return bool(RECORD.known[key])


def is_whole(tree: Tree) -> bool:
    """Whether a number is whole."""
    tree = settled(tree)
    if type(tree) is not tuple:
        return float(tree).is_integer()
    return once("whole", tree, lambda: value_at_point(tree).is_integer())


def overflows(tree: Tree) -> bool:
    """Whether Python raises OverflowError in place of this number; not at the point of residues."""
    if RECORD.residues:
        return False
    return once("overflow", tree, lambda: False)


def is_minus(tree: Tree) -> bool:
    """Whether a 0 has the sign -; a known one has what it has."""
    tree = settled(tree)
    if type(tree) is not tuple:
        return math.copysign(1.0, tree) < 0
    return once("minus", tree, lambda: False)


def way_at_point(left: Tree, right: Tree) -> str:
    """How two numbers lie at the point."""
    a, b = value_at_point(left), value_at_point(right)
    return "<" if a < b else ">" if a > b else "="


def value_at_point(tree: Tree) -> float:
    """A tree's number at the point; it only chooses a path, and proves nothing.

    Parts are shared by many trees, and each is computed once: a hash would run through them all.
    """
    if type(tree) is not tuple:
        return float(tree)
    if id(tree) not in RECORD.values:
        if len(tree) == 1:
            value = (RECORD.point or {}).get(tree[0], 0.5)
        else:
            try:
                value = float(AT_POINT[tree[0]](*map(value_at_point, tree[1:])))
            except (ArithmeticError, ValueError, TypeError):
                value = math.nan
        RECORD.values[id(tree)] = tree, value
    return RECORD.values[id(tree)][1]


AT_POINT: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "pow": operator.pow, "neg": operator.neg, "mod": operator.mod, "floor": math.floor,
    "exact": operator.pos, "rounded": operator.pos,
    **{name: getattr(math, name) for name in (
        "exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "log1p", "expm1",
    )},
}  # fmt: skip
"""Taken before the engine could replace them."""
