"""What an oracle or an engine says of one graph at one point: frozen data, errors included.

An engine (and torch, which is a float64 engine too) answers with plain floats, a :class:`Reading`.
An oracle that knows its own error answers with intervals, a :class:`Truth`.
Both hold one entry for each node of the graph, in the order of its nodes.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, TypeVar, overload

from verify.expression.formats import DOUBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterator, Mapping

    from verify.expression.formats import Format

T = TypeVar("T")
Phase = Literal["construct", "forward", "backward", "read", "answer"]

RaisedKind = Literal["raised", "missing", "refused", "misspelt", "not a node"]
"""What an exception means.

``missing``: there is no such method or operator.  ``refused``: there is, and the engine says itself
that it does not do this: a ``raise`` or ``assert`` of its own, ``NotImplementedError``, or
``NotImplemented`` returned.  Neither is a mistake.  ``misspelt``: missing, and something is there
that was meant to be it.  ``not a node``: an earlier operation gave a number or ``None``, and this
is what came of it.  ``raised``: anything else, out of the engine's own code.
"""


@dataclass(frozen=True, slots=True)
class Raised:
    """An engine that answered with an exception, or did not answer.

    Attributes:
        type: name of the exception, or ``timeout``, ``died``, ``memory``, ``output``, ``protocol``.
        message: its text, as the engine wrote it (never trusted, always escaped when shown).
        during: the phase that it interrupted.
        node: index of the node that was being made, where there is one.
        line: line in the engine's own file, where there is one.
        file: the file that the line is of, where that is another one than its class's.
        refused: whether ``kind`` is ``missing`` or ``refused``: not implemented, and no mistake.
        kind: what it means, see :data:`RaisedKind`.
        near_miss: where ``misspelt``, what was meant: ``_neg__``, or the right name and where it
            is in place of the class: ``__neg__ (outside of the class)``.
        wanted: where ``misspelt``, the method that Python looks for: ``__neg__``.
        returned: where ``not a node``, the type of what the operation ``node`` gave: ``NoneType``.
    """

    type: str
    message: str = ""
    during: Phase = "forward"
    node: int | None = None
    line: int | None = None
    refused: bool = False
    kind: RaisedKind = "raised"
    near_miss: str = ""
    wanted: str = ""
    returned: str = ""
    file: str = ""

    def __post_init__(self) -> None:
        if self.refused and self.kind == "raised":
            object.__setattr__(self, "kind", "refused")

    def __str__(self) -> str:
        text = f"{self.type}: {self.message}" if self.message else self.type
        where = f"line {self.line} of {self.file}" if self.file else f"line {self.line}"
        return text if self.line is None else f"{text} ({where})"


LOST: Final = frozenset({"timeout", "died", "memory", "output", "protocol"})
"""Types of a :class:`Raised` that is no exception: the process gave no answer."""

Quantity = Literal["value", "gradient"]
"""What is read of a node."""
QUANTITIES: Final[tuple[Quantity, ...]] = ("value", "gradient")


@dataclass(frozen=True, slots=True)
class Reading:
    """Values and gradients as floats; ``None`` where there was nothing to read.

    ``faults`` names entries that were not a float at all: ``{("gradient", 2): "complex"}``.
    ``same`` are inner nodes without a gradient of their own: they are the very object of another
    one, as where ``abs(a)`` is ``a``, so that what is read is that object's, over all its uses; or
    the output was made without them, as where ``--a`` is ``a``.
    ``cut`` are operations that gave no node, with the type of what they gave: ``{1: "float"}``.
    The graph is cut there; a backward pass from such an operation was not tried.
    """

    source: str
    values: tuple[float | None, ...] = ()
    gradients: tuple[float | None, ...] = ()
    raised: Raised | None = None
    faults: dict[tuple[str, int], str] = field(default_factory=dict)
    same: frozenset[int] = frozenset()
    cut: dict[int, str] = field(default_factory=dict)

    def column(self, quantity: Quantity) -> tuple[float | None, ...]:
        """The values, or the gradients."""
        return self.values if quantity == "value" else self.gradients


def same_bits(a: float | None, b: float | None) -> bool:
    """Whether two floats are the same to the last bit; every nan is the same."""
    if a is None or b is None:
        return a is b
    return a.hex() == b.hex() if a == b else math.isnan(a) and math.isnan(b)


@dataclass(frozen=True, slots=True)
class NetworkState:
    """An engine's network at one moment; ``None`` where there was nothing to read.

    Attributes:
        outputs: of the last call.
        loss: what the backward pass starts from.
        data: of each parameter, in the order in which the network lists them.
        gradients: of each parameter.
    """

    outputs: tuple[float | None, ...]
    loss: float | None
    data: tuple[float | None, ...]
    gradients: tuple[float | None, ...]


WORDS: Final = (
    "class", "built", "zero", "update", "replaced", "differs", "overwritten", "unasked",
    "generator", "rewritten",
)  # fmt: skip
"""What is told of a network in words; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class NetworkReading:
    """What a network of the engine's own said, step by step.

    Attributes:
        words: its ``class``, how it was ``built``, how ``zero`` and ``update`` were done, what
            takes steps and was left ``unasked``; the others where something is the matter.
        parameters: how many it lists.
        shared: how many of those are listed more than once.
        hidden: leaves that it holds and does not list.
        states: one for each ``read`` step.
        raised: what ended the run early.
    """

    words: dict[str, str] = field(default_factory=lambda: dict.fromkeys(WORDS, ""))
    parameters: int = 0
    shared: int = 0
    hidden: int = 0
    states: tuple[NetworkState, ...] = ()
    raised: Raised | None = None


Note = Literal["", "kink", "edge", "domain", "overflow", "pole", "beyond", "conditioning", "slopes"]
"""Why a number is special or loosely known.

``kink``: any element of the subdifferential is right.  ``edge``: known, but an honest formula may
overflow or divide by 0 on the way, so an exception, ``inf`` or ``nan`` is acceptable.  ``domain``,
``overflow``, ``pole``: there is no such float64 number (not defined, too large, an infinite
derivative), so a finite one is wrong.  ``beyond``: computed from such a number; nothing is due.
``conditioning``: the enclosure stayed loose at the highest precision.  ``slopes``: the derivatives
from either side at a kink, and all between them; the subdifferential holds at least these.
"""

NO_NUMBER: Final = frozenset({"domain", "overflow", "pole"})
"""Notes of what is no float64 number at all, however it is computed."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The truth about one number: it lies within ``radius`` of ``middle``.

    Attributes:
        middle: the number to show; ``nan`` or infinite when there is none.
        radius: half the width of what is known, rounded up.
        bound: the error that correct float64 arithmetic with the textbook formulas may make here.
        freedom: the error that any honest formula may make here; ``inf`` until it is asked for.
        scale: where the textbook formulas subtract nearly equal terms to make it, so that rounding
            may leave 0: the size of these terms; otherwise 0.
        note: why it is special, see :data:`Note`.
        ends: what it is with either end of the slope, where the graph stands on exactly one kink.
    """

    middle: float
    radius: float = 0.0
    bound: float = 0.0
    freedom: float = math.inf
    scale: float = 0.0
    note: Note = ""
    ends: tuple[float, float] | None = None

    @property
    def known(self) -> bool:
        """Whether there is a real number here, within the range of float64."""
        return math.isfinite(self.middle) and math.isfinite(self.radius)


UNKNOWN = Enclosure(math.nan, math.inf)
"""The enclosure that says nothing."""


class Measured(NamedTuple):
    """What is measured of a column beside its middles; see :class:`Column`."""

    radii: Sequence[float]
    others: Mapping[int, Enclosure | None] = MappingProxyType({})
    bounds: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """What holds of a whole column of plain numbers, before any of them is measured.

    Attributes:
        within: for each number, what surely lies within its radius and bound, and is told from a
            mistake by it, if a bound of such a share of its number tells mistakes.
        share: see there.
        measure: the enclosure of the number at a place.
    """

    within: Sequence[Container[float]]
    share: float
    measure: Callable[[int], Enclosure]

    def outside(self, numbers: Sequence[float]) -> Sequence[int]:
        """The places of those of which that is not sure."""
        sure = list(map(operator.contains, self.within, numbers))
        return () if all(sure) else [i for i, within in enumerate(sure) if not within]


class Column(Sequence[Enclosure | None]):
    """Enclosures of many numbers as columns of floats; each is made when it is asked for.

    Attributes:
        middles: ``nan`` where nothing is known, and where there is a note.
        reach: where all are plain numbers with bounds, until all of them are measured.

    Radii, bounds, and what is no plain number, are given, or measured when they are first asked
    for; what is measured so late has no notes.
    """

    __slots__ = ("_measure", "_measured", "middles", "reach")

    def __init__(  # noqa: D107 - the docstring of the class tells the arguments
        self,
        middles: Sequence[float],
        measured: Measured | Callable[[], Measured],
        reach: Reach | None = None,
    ) -> None:
        self.middles, self.reach = middles, reach
        self._measure = None if isinstance(measured, Measured) else measured
        self._measured = measured if isinstance(measured, Measured) else None

    @property
    def radii(self) -> Sequence[float]:
        """Half the width of each."""
        return self._rest().radii

    @property
    def bounds(self) -> Sequence[float] | None:
        """The bound of each; ``None`` where the oracle has no bounds: all are 0."""
        return self._rest().bounds

    @property
    def others(self) -> Mapping[int, Enclosure | None]:
        """What is no plain number, by its place: it has a note, or is not known at all."""
        return self._rest().others

    @property
    def notes(self) -> Collection[int]:
        """The places of what has a note."""
        if self._measured is None:
            return ()
        return [place for place, e in self.others.items() if e is not None and e.note]

    def _rest(self) -> Measured:
        if self._measured is None and self._measure is not None:
            self._measured = self._measure()
            self._measure = self.reach = None  # which keep all that they were measured from
        return self._measured  # type: ignore[return-value]  # measured just now

    @overload
    def __getitem__(self, index: int) -> Enclosure | None: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Enclosure | None, ...]: ...

    def __getitem__(
        self, index: int | slice
    ) -> Enclosure | tuple[Enclosure | None, ...] | None:
        if isinstance(index, slice):
            return tuple([self._made(i) for i in range(*index.indices(len(self)))])
        if self.reach is not None:  # one is measured, and not all of them for it
            return self.reach.measure(range(len(self))[index])
        return self._made(range(len(self))[index])

    def __len__(self) -> int:
        return len(self.middles)

    def __iter__(self) -> Iterator[Enclosure | None]:
        return map(self._made, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Column | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    @property
    def plain(self) -> bool:
        """Whether each is a plain number; nothing is measured for the answer."""
        return self._measured is None or not self._measured.others

    def _made(self, index: int) -> Enclosure | None:
        radii, others, bounds = self._rest()
        if index in others:
            return others[index]
        bound = bounds[index] if bounds is not None else 0.0
        return Enclosure(self.middles[index], radii[index], bound)


class OnDemand(Sequence[T]):
    """Entries that are made when they are asked for, each of them once.

    Args:
        size: how many there are.
        make: what makes the entry at a place.
    """

    __slots__ = ("_kept", "_make", "_size")

    def __init__(  # noqa: D107 - the docstring of the class tells the arguments
        self, size: int, make: Callable[[int], T]
    ) -> None:
        self._size, self._make = size, make
        self._kept: dict[int, T] = {}

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...

    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            return tuple([self[i] for i in range(*index.indices(self._size))])
        place = range(self._size)[index]
        if place not in self._kept:
            self._kept[place] = self._make(place)
        return self._kept[place]

    def __len__(self) -> int:
        return self._size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OnDemand | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


@dataclass(frozen=True, slots=True)
class Truth:
    """Enclosures from one oracle; ``None`` where the oracle does not look.

    ``format`` is the arithmetic whose errors the bounds are.
    """

    source: str
    values: Sequence[Enclosure | None]
    gradients: Sequence[Enclosure | None]
    format: Format = DOUBLE

    def column(self, quantity: Quantity) -> Sequence[Enclosure | None]:
        """The values, or the gradients."""
        return self.values if quantity == "value" else self.gradients


Tree: TypeAlias = "str | float | tuple[Any, ...] | None"
"""A formula as computed: a leaf's name, a number, ``(operation, *trees)``, or ``None``: unknown."""
RELATIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
"""Of two numbers, as they stand in a :class:`Condition` and a :class:`Question`."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison that an engine made on symbols, and the answer that it went on with."""

    relation: str
    left: Tree
    right: Tree
    answer: bool | float

    def __str__(self) -> str:
        text = f"{formula_text(self.left)} {self.relation} {formula_text(self.right)}"
        if self.relation == "%":
            return f"{text} is {self.answer:g}"
        return text if self.answer else f"not {text}"


@dataclass(frozen=True, slots=True)
class Formulas:
    """What an engine computes on symbols, node by node, on the path that one point takes."""

    values: tuple[Tree, ...] = ()
    gradients: tuple[Tree, ...] = ()
    path: tuple[Condition, ...] = ()
    leaks: tuple[str, ...] = ()
    raised: Raised | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a program asked about numbers that are not known, and the answer that it was given.

    ``what`` is a comparison, ``whole``: is it a whole number, ``overflow``: does Python raise
    OverflowError in its place, or is it infinite, or ``minus``: has this 0 the sign -; these three
    are about ``left`` alone.  ``kind``: are numbers of another class than float, int and bool.
    """

    what: str
    left: Tree
    right: Tree
    answer: bool

    def __str__(self) -> str:
        if self.what == "kind":
            return f"numbers are of {'a' if self.answer else 'no'} class that no theorem is about"
        left = formula_text(tidied(self.left))
        if self.what == "whole":
            return f"{left} is {'' if self.answer else 'not '}a whole number"
        if self.what == "minus":
            return f"{left} is {'-0' if self.answer else '+0'}"
        if self.what == "overflow":
            return f"{left} {'overflows' if self.answer else 'does not overflow'}"
        relation = self.what if self.answer else _OPPOSITE[self.what]
        return f"{left} {relation} {formula_text(tidied(self.right))}"


_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was noted while an engine was watched: of what kind, in words, and where."""

    kind: str
    what: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.what} ({self.file}, line {self.line})" if self.file else self.what


@dataclass(frozen=True, slots=True)
class Watched:
    """One graph of an engine that was watched, on numbers that are not known, on one path.

    Attributes:
        values: formulas, node by node; ``None`` where there was no number.
        gradients: likewise.
        asked: questions about numbers, with their answers: these make the path.
        lost: where a number met what cannot be followed; then nothing else may be believed.
        notes: what was looked at or written that an operation or a pass has no business with.
        sources: each file that was rewritten, and a hash of its text.
        raised: what ended it.
    """

    values: tuple[Tree, ...] = ()
    gradients: tuple[Tree, ...] = ()
    asked: tuple[Question, ...] = ()
    lost: tuple[Seen, ...] = ()
    notes: tuple[Seen, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    raised: Raised | None = None


def names_in(tree: Tree) -> set[str]:
    """The leaves of which a formula is made."""
    if isinstance(tree, str):
        return {tree}
    return set().union(*map(names_in, tree[1:])) if isinstance(tree, tuple) else set()


_WRITTEN: Final = {"neg": "(-{})", "exact": "{}", "rounded": "float({})"}
_INFIX: Final = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}


def formula_text(tree: Tree) -> str:
    """A formula in Python."""
    if isinstance(tree, tuple):
        parts = [formula_text(part) for part in tree[1:]]
        if tree[0] in _WRITTEN:
            return _WRITTEN[tree[0]].format(parts[0])
        if symbol := _INFIX.get(tree[0]):
            return f"({parts[0]} {symbol} {parts[1]})"
        return f"{tree[0]}({', '.join(parts)})"
    return tree if isinstance(tree, str) else "?" if tree is None else _number(tree)


def tidied(tree: Tree) -> Tree:
    """A formula for people: without sums with 0 and products with 1, and 0 without a sign."""
    if not isinstance(tree, tuple):
        return 0.0 if tree == 0.0 else tree
    parts = [tidied(part) for part in tree[1:]]
    (first, *_) = parts
    if tree[0] == "neg" and isinstance(first, float | int):
        return -first or 0.0
    if tree[0] == "add" and 0.0 in parts:
        return parts[1] if first == 0.0 else first
    if tree[0] == "mul" and 1.0 in parts:
        return parts[1] if first == 1.0 else first
    return (tree[0], *parts)


def _number(x: float) -> str:
    """Short where that is the number itself: a factor of 1.0000000001 is not 1."""
    short = f"{x:g}"
    return short if float(short) == x else repr(x)
