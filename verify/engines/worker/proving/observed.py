"""What is being watched, and what was seen that should not be."""

from __future__ import annotations

import collections
import fractions
import functools
import itertools
import types

from .changeable import Changeable
from .decisions import lost, place
from .opaque import Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

MOST_NOTES: Final = 50


class State:
    """What is being watched.

    Attributes:
        phase: ``construct``, ``build``, ``backward``; None where nothing is.
        group: the number of the node that is being made, or where a pass starts.
        values: names of the attributes that hold numbers of nodes.
        gradients: likewise their gradients.
        owned: things that belong to a node, by ``id``: the thing and the node's number.
        old: things that were there before any graph, by ``id``.
        operands: of each node's number, those of its operands.
        born: things in the order in which they were first written to, by ``id``.
        notes: what was seen that should not be.
        looked: whose own attributes were read since the last gradient was passed on: the thing's
            ``id`` and its node.
        passed: whether one was passed on in this pass.
        backwards: whether sets are run through from their end.
        constants: names of the numbers beside nodes.
        leaves: the numbers of nodes that are leaves.
        of_leaves: texts that leaves have, and their truth values by name.
        kinds_of_leaves: their classes.
        labels: texts that results of operations have.
        asked: of which nodes the pass asked what they are, since a gradient was passed on.
        forcing: whether a number is read that may be computed only now.
        collected: names of attributes that are read, where these are wanted; else None.
        modules: names of the modules whose source was rewritten.
        unread: whether a number that is not known went into a text.
        base: the class of nodes; others that are made of it tell which operation made a node.
        overridden: an operation of which such a class has another version.
        always: notes about the engine itself.
        tapes: lists of the module's that operations append to, by ``id``.
        changeable: what functions of the text may change later.
        reaches: words of other files by which everything can be reached, with file and line.
        named: names under which containers of the modules are found, by ``id``, and whether they
            lie in another one.
    """

    def __init__(self) -> None:
        self.phase: str | None = None
        self.modules: set[str] = set()
        self.old: dict[int, Any] = {}
        self.kinds: dict[tuple[type, str], str] = {}
        self.base: type = object
        self.unread = False
        self.overridden = ""
        self.tapes: dict[int, list[Any]] = {}
        self.changeable = Changeable()
        self.reaches: list[tuple[str, str, int]] = []
        self.named: dict[int, list[tuple[str, bool]]] = {}
        self.always: dict[tuple[str, str, int], str] = {}
        self.begin()

    def begin(self) -> None:
        """Forget the graph before."""
        for tape in self.tapes.values():
            tape.clear()
        self.phase, self.group = None, -1
        self.values: frozenset[str] = frozenset()
        self.gradients: frozenset[str] = frozenset()
        self.owned: dict[int, tuple[Any, int]] = {}
        self.operands: dict[int, set[int]] = {}
        self.born: dict[int, tuple[int, Any]] = {}
        self.notes: dict[tuple[str, str, int], str] = {}
        self.looked: list[tuple[int, int]] = []
        self.passed = False
        self.backwards = self.unread = False
        self.collected: list[str] | None = None
        self.forcing = False
        self.constants: frozenset[str] = frozenset()
        self.leaves: set[int] = set()
        self.of_leaves: set[Any] = set()
        self.kinds_of_leaves: set[type] = set()
        self.labels: set[str] = set()
        self.asked: list[int] = []


STATE: Final = State()


def note(kind: str, what: str) -> None:
    """Write down what was seen, once a line."""
    file, line = place()
    if len(STATE.notes) < MOST_NOTES:
        STATE.notes.setdefault((kind, file, line), what)


def asks_kind(number: Any) -> None:
    """Note that it is asked of which kind a number is that leaves have a part in."""
    if STATE.phase is not None and type(number) is Symbol and number.tree[0] not in STATE.constants:
        file, line = place()
        STATE.notes[("kinds", file, line)] = "asks of which kind a number is"


def consults(container: Any) -> None:
    """Note that a container of the module's is looked at that the text may change later."""
    if STATE.phase is None or id(container) in STATE.tapes:
        return
    if isinstance(container, collections.defaultdict) and id(container) in STATE.old:
        note("state", "looks at a defaultdict that is older than the graph")
    for name, inner in STATE.named.get(id(container), ()):
        changed = STATE.changeable.parts if inner else STATE.changeable.things
        may_change(name, changed)


def may_change(name: str, by: dict[str, int]) -> None:
    """Note that something is read which a line of the text may change later."""
    line = by.get(name)
    if line is not None:
        note("state", f"reads {name}, which line {line} may change")


def is_own(cls: type) -> bool:
    """Whether a class was defined in the engine's source."""
    return cls.__module__ in STATE.modules


KNOWN: Final = frozenset({
    Symbol, int, float, bool, complex, str, bytes, bytearray, list, dict, set, tuple, frozenset,
    slice, range, type, property, staticmethod, classmethod, super, map, filter, zip, enumerate,
    reversed, fractions.Fraction, functools.partial, collections.deque, collections.defaultdict,
    collections.OrderedDict, types.GeneratorType, types.FunctionType, types.MethodType,
    types.ModuleType, types.BuiltinFunctionType, types.MethodWrapperType,
    types.WrapperDescriptorType, types.MethodDescriptorType, types.MemberDescriptorType,
    types.MappingProxyType, type(None), type(NotImplemented), type(...),
    *map(type, ({}.keys(), {}.values(), {}.items(), iter([]), iter(()))),
})  # fmt: skip
"""Kinds of Python's own things of which nothing can be asked but what they hold."""
OURS: Final = __name__.rpartition(".")[0]


def is_foreign(thing: Any) -> bool:
    """Whether it is neither the engine's nor one of Python's plain things: it may be a clock."""
    kind = type(thing)
    module = kind.__module__
    return not (
        kind in KNOWN or module in STATE.modules or issubclass(kind, (type, BaseException))
        or module.partition(".")[0] == "numpy" or module.rpartition(".")[0] == OURS
        or any(is_own(base) for base in kind.__mro__)
    )


def foreign(thing: Any, what: str) -> None:
    """End the run where something is asked of a thing that may be a clock, or the environment."""
    if STATE.phase is not None and is_foreign(thing) and not isinstance(thing, ITERATORS):
        lost(f"{what} a {type(thing).__name__}")


ITERATORS: Final = (
    itertools.chain, itertools.count, itertools.cycle, itertools.repeat, itertools.zip_longest,
    itertools.starmap, *map(type, (
        iter(range(0)), iter(range(2**99)), iter(""), iter(b""), iter(set()), iter({}),
        iter({}.values()), iter({}.items()), reversed([]), reversed({}), iter(int, 0),
        iter(collections.deque()), reversed(collections.deque()),
    )),
)  # fmt: skip
"""Kinds of iterators: what they give is told by what they were made of."""


def goes_on(thing: Any) -> None:
    """Note an iterator that is older than what is being done: it gives something else each time."""
    if hasattr(type(thing), "__next__") and (
        id(thing) in STATE.old or group_of(thing) is not None
    ):
        note("state", "goes on with an iterator that is older than the operation")


def group_of(thing: Any) -> int | None:
    """The number of the node that a thing belongs to; None where that is the one being made."""
    found = STATE.owned.get(id(thing))
    return None if found is None else found[1]
