"""What a proof says, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from verify.expression.graph import Graph, Number
    from verify.expression.reading import Question, Seen, Tree

Standing = Literal["proven", "missing", "conditional", "bounded", "open", "refuted"]
"""How far a theorem is shown.

``proven``: without any condition.  ``conditional``: for the numbers that are named, and the rest is
named too.  ``bounded``: for all graphs up to a size, no further.  ``open``: not shown.
``refuted``: the judge confirms a number that is wrong.  ``missing``: the engine has no such thing.
"""
WEAKEST: Final[tuple[Standing, ...]] = (
    "refuted", "open", "conditional", "bounded", "proven", "missing",
)  # fmt: skip

Kind = Literal["operation", "structure", "network"]

Outcome = Literal["equal", "empty", "outside", "python", "refused", "differs", "raises", "lost"]
"""What became of one path, on one piece of an operation's domain.

``equal``: value and gradients are the right ones, by canonical forms.  ``empty``: no numbers take
this path.  ``outside``: the path is no part of the domain.  ``python``: Python itself raises
OverflowError there.  ``refused``: the engine says that it does not do this, for whatever numbers.
``differs``, ``raises``, ``lost``: not proven there.
"""


@dataclass(frozen=True, slots=True)
class Equality:
    """Two formulas that have to be the same function.

    Attributes:
        what: ``value``, or ``d/da``.
        computed: by the engine.
        expected: the right one.
    """

    what: str
    computed: Tree
    expected: Tree


@dataclass(frozen=True, slots=True)
class Path:
    """One path of the program on one piece of the domain.

    Attributes:
        graph: what was run.
        asked: the questions with their answers.
        piece: what holds on the piece.
        outcome: what became of it.
        equalities: what was shown, where it is ``equal``; what was not, where it ``differs``.
        note: in words.
        number: of which kind the constant ``c`` of the graph is, by an example; ``None`` for none.
        ints: names of leaves that were made of an int.
        truths: likewise of a truth value, and of which.
    """

    graph: Graph
    asked: tuple[Question, ...]
    piece: tuple[Question, ...]
    outcome: Outcome
    equalities: tuple[Equality, ...] = ()
    note: str = ""
    number: Number | None = None
    ints: tuple[str, ...] = ()
    truths: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Premise:
    """What a theorem rests on.

    Attributes:
        what: what has to hold.
        checked: how the machine made sure of it, with figures.
    """

    what: str
    checked: str


@dataclass(frozen=True, slots=True)
class Theorem:
    """A statement, and how far it is shown.

    Attributes:
        kind: whether it is about an operation, about all graphs, or about a network.
        name: the form of an operation, such as ``a + b``; or what it is about, in words.
        op: the operation.
        standing: see :data:`Standing`.
        statement: in words.
        complement: where it is not shown: for which inputs, and what is computed there.
        paths: all of them.
        seen: what an operation looked at that it has no business with.
        assumed: what the machine did not check.
        note: why it is not proven.
        domain: of which numbers, or graphs, it speaks.
        premises: what the machine checked.
    """

    kind: Kind
    name: str
    op: str
    standing: Standing
    statement: str
    complement: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    seen: tuple[Seen, ...] = ()
    assumed: tuple[str, ...] = ()
    note: str = ""
    domain: str = ""
    premises: tuple[Premise, ...] = ()
