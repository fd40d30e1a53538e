"""What a fault is: a known mistake as data, and the engine that makes it as source text."""

from __future__ import annotations

import ast
import linecache
import re
import textwrap
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal

from verify.expression.graph import Case, Graph
from verify.expression.ops import OPS
from verify.faults.base import SOURCE
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verify.expression.graph import Number

Family = Literal[
    "forward", "operands", "local rule", "accumulation", "order",
    "graph", "state", "cost", "network",
]  # fmt: skip
"""Which step of the course a mistake belongs to.

``forward``: values.  ``operands``: plain numbers and reflected operators.  ``local rule``: one
operation's derivative, and the upstream gradient beside it.  ``accumulation``: a node used more
than once.  ``order``: when a node's gradient is passed on.  ``graph``: what is remembered of how a
node was made.  ``state``: what outlives one backward pass.  ``cost``: how long it takes.
``network``: neurons, layers, and the update of parameters.
"""

SIZE_BY_NATURE: Final = (
    "fan-out-eleven", "fan-out-seventeen", "fan-out-sixty-five", "fan-out-129", "fan-out-257",
    "cut-at-depth", "sort-stops-at-depth-45", "products-stop-at-depth-100",
    "tanh-stops-at-depth-35", "order-capped-at-64", "order-capped-at-1000",
    "inputs-beyond-fourth", "second-hidden-layer-linear",
)  # fmt: skip
"""Faults that no small graph shows: many uses of a node, a deep chain, a large graph or network."""

SHARING: Final = frozenset({
    "assign-in-add", "assign-in-sigmoid", "assign-to-exponent", "add-assigns-left",
    "same-operand-once", "same-operand-doubled", "third-use-lost", "three-uses-count-two",
    "shares-averaged", "operand-of-operand-skipped", "last-tanh-only", "last-user-only",
    "fan-out-five", "fan-out-eleven", "fan-out-seventeen", "fan-out-sixty-five", "fan-out-129",
    "fan-out-257", "recursion-without-order", "pre-order", "breadth-first", "listed-twice",
    "stack-pre-order", "uses-counted-for-ever", "cut-at-depth", "sort-stops-at-depth-45",
    "products-stop-at-depth-100", "tanh-stops-at-depth-35", "order-capped-at-64",
    "order-capped-at-1000",
})  # fmt: skip
"""Faults that are right on small trees: no node has two uses, and there are few operations."""

SMALL_TREE: Final = 8
"""Operations at most of such a tree."""

UNSTABLE: Final = (
    "order-by-address", "operands-in-a-set",
    "hundredth-pass-doubled", "rare-pass-doubled", "stops-after-5000-passes",
    "value-cached-by-rounded-key", "noise-in-gradients", "share-lost-by-chance", "dropout-left-on",
)  # fmt: skip
"""Faults whose numbers change: with where objects lie, by chance, or with what was run before.

Chance is drawn from a generator of the fault's own, with a fixed seed: a process that does the same
gets the same numbers.
"""


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement in the base engine.

    Attributes:
        where: dotted name of the class or function it is confined to, ``""`` for the whole file.
        old: text to be found there; ``""`` stands for the whole of that function.
        new: what takes its place, at every occurrence.
    """

    where: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake that people make in an engine.

    Attributes:
        id: its name in reports, tables and on the command line.
        family: the step of the course that it belongs to.
        title: one line.
        explanation: one paragraph, in the words of the course.
        hints: three, from a nudge to nearly the answer.
        witness: the smallest program that shows it, as :meth:`Graph.parse` reads it.
        point: a number for each leaf of the witness, in the order in which they appear.
        edits: what is changed in the base engine.
    """

    id: str
    family: Family
    title: str
    explanation: str
    hints: tuple[str, str, str]
    witness: str
    point: tuple[Number, ...]
    edits: tuple[Edit, ...]

    @property
    def case(self) -> Case:
        """The witness as a graph at a point."""
        return Case(Graph.parse(self.witness), self.point)

    @property
    def source(self) -> str:
        """A whole Python file: the base engine with this one mistake.

        Raises:
            ValueError: for an edit that finds nothing, so that no fault is silently the original.
        """
        return _planted(self)

    @property
    def diagnosis(self) -> Diagnosis:
        """What is said where this mistake is behind a finding."""
        return Diagnosis(self.id, self.title, self.explanation)

    @property
    def nodes(self) -> str:
        """The source without networks, where the mistake is in none: quicker to compile."""
        return self.source.removesuffix(_NETWORKS)

    @property
    def operations(self) -> frozenset[str]:
        """The operations whose own code it changes; none for a mistake that is nobody's alone."""
        return _operations(self)

    def shows(self, graph: Graph) -> bool:
        """Whether it may answer otherwise than the right engine, asked about a graph by itself."""
        if self.id in SHARING and len(graph.operations) <= SMALL_TREE:
            return any(count > 1 for count in graph.uses.values())
        return not self.confined or bool(self.confined & made_of(graph.operations))

    @property
    def confined(self) -> frozenset[str]:
        """The operations without which it answers as the right engine does; none if all may differ.

        Read off the edits alone: each has to be of one operation's method, or two.
        """
        return _confined(self)


@lru_cache(maxsize=256)
def _planted(fault: Fault) -> str:
    text = SOURCE
    for edit in fault.edits:
        text = _applied(text, edit, fault.id)
    return text


@lru_cache(maxsize=256)
def _operations(fault: Fault) -> frozenset[str]:
    right, wrong = _methods(SOURCE), _methods(fault.source)
    changed = [name for name, code in wrong.items() if code != right.get(name)]
    return frozenset(op for name in changed if (op := _operation(name)))


@lru_cache(maxsize=256)
def _confined(fault: Fault) -> frozenset[str]:
    names: set[str] = set()
    for edit in fault.edits:
        cls, _, method = edit.where.partition(".")
        if cls != "Value" or not method:
            return frozenset()
        names |= {method, *_DEFINED.findall(edit.new)}
    own = {n for n in names if n.startswith("__") or n in _base_methods()}
    found = [_operation(name) for name in own]
    return frozenset(found) if all(found) else frozenset()


@lru_cache(maxsize=1)
def _base_methods() -> frozenset[str]:
    return frozenset(_methods(SOURCE))


def _methods(text: str) -> dict[str, str]:
    """The methods of ``Value`` as code, without blanks and comments."""
    (value,) = [
        n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == "Value"
    ]
    return {n.name: ast.dump(n) for n in value.body if isinstance(n, ast.FunctionDef)}


def _operation(method: str) -> str:
    """The operation that a method of the base engine is for: ``div`` for ``__rtruediv__``."""
    name = method.strip("_")
    for spelled in (name, name[1:]):  # the second for __radd__ and __iadd__
        op = _SPELLED.get(spelled, spelled)
        if op in OPS:
            return op
    return ""


_MADE_OF: Final = {
    "neg": ("mul",), "sub": ("add", "neg", "mul"), "div": ("mul", "pow"), "sum": ("add",),
}  # fmt: skip
"""Operations that the base engine makes of others."""


def made_of(operations: Iterable[str]) -> frozenset[str]:
    """Operations, and those of which the base engine makes them."""
    return frozenset(part for op in operations for part in (op, *_MADE_OF.get(op, ())))


_NETWORKS: Final = SOURCE[SOURCE.index("\n\nclass Neuron") :]
"""What stands below the class of nodes."""
_DEFINED: Final = re.compile(r"def (\w+)")
_SPELLED: Final = {"truediv": "div", "power": "pow"}


def _applied(text: str, edit: Edit, fault: str) -> str:
    start, end = _region(text, edit.where)
    region = text[start:end]
    if not edit.old:
        indent = region[: len(region) - len(region.lstrip())]
        body = textwrap.indent(textwrap.dedent(edit.new).strip("\n"), indent) + "\n"
        return text[:start] + body + text[end:]
    if edit.old not in region:
        raise ValueError(f"fault {fault}: {edit.old!r} is not in {edit.where or 'the base engine'}")
    return text[:start] + region.replace(edit.old, edit.new) + text[end:]


def _region(text: str, where: str) -> tuple[int, int]:
    """Offsets of the lines of a class or a function; of everything for ``""``."""
    if not where:
        return 0, len(text)
    body = _tree(text).body
    for name in where.split("."):
        named = {n.name: n for n in body if isinstance(n, ast.ClassDef | ast.FunctionDef)}
        if name not in named:
            raise ValueError(f"there is no {where} in the base engine")
        found = named[name]
        body = found.body
        first, last = found.lineno - 1, found.end_lineno
    lines = text.splitlines(keepends=True)
    return sum(map(len, lines[:first])), sum(map(len, lines[:last]))


@lru_cache(maxsize=8)
def _tree(text: str) -> ast.Module:
    """The syntax tree of a text; nearly always that of the base engine."""
    return ast.parse(text)


def catalogue() -> dict[str, Fault]:
    """All faults by id, from ``catalogue.toml``."""
    rows = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))
    return {row["id"]: _fault(row) for row in rows["fault"]}


def _fault(row: dict[str, Any]) -> Fault:
    edits = [Edit(e.get("where", ""), e.get("old", ""), e["new"]) for e in row.pop("edit")]
    return Fault(
        **row
        | {
            "explanation": " ".join(row["explanation"].split()),
            "hints": tuple(row["hints"]),
            "point": tuple(row["point"]),
            "edits": tuple(edits),
        }
    )


def module(source: str, name: str = "planted") -> ModuleType:
    """The source as a new module of this process, lines of its text included in tracebacks.

    It is run here: for the catalogue's own text, never for somebody else's file.
    """
    file = f"<{name}>"
    made = ModuleType(name.replace("-", "_"))
    made.__file__ = file
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), vars(made))  # noqa: S102 - our own text
    return made
