"""What an engine refuses, by operation and shape, held against what it does elsewhere.

"I do not do that" is no mistake, where it is said each time.  An engine that multiplies and adds,
and refuses a product that is used twice, does not lack an operation: it was never judged on what it
might get wrong.  That is not for us to call wrong, and it is not correct either.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.expression.graph import Apply, Const, Leaf

if TYPE_CHECKING:
    from verify.checking.assess import Examined
    from verify.expression.graph import Case, Graph, Number
    from verify.expression.reading import Raised, Truth
    from verify.oracles.registry import Testimony

Key: TypeAlias = "tuple[str, ...]"
"""A form, and what its operands are like."""

_ORDINARY: Final = frozenset({"", "kink"})
"""Notes of numbers that are there, and that honest code reaches."""


@dataclass(slots=True)
class Refusals:
    """What was refused so far, and what was done.

    Attributes:
        counts: refusals by what was refused, in words.
        first: what the engine said the first time, by the same words.
    """

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, Raised] = field(default_factory=dict)
    _done: set[Key] = field(default_factory=set)
    _refused: dict[str, set[frozenset[Key]]] = field(default_factory=dict)

    def enter(self, seen: Examined) -> None:
        """Take note of an answer: of a refusal, or of what was done."""
        case, raised, truth = seen.case, seen.judgement.raised, seen.testimony.truth
        if raised is None:
            self.done(case, seen.testimony)
        if raised is None or not raised.refused:
            return
        keys = seen.testimony.kept("keys", lambda: _keys(case, truth))
        if raised.during in {"construct", "forward"} and raised.node is not None:
            if not _ordinary(truth, raised.node):
                return
            what, operations = _words(case.graph, raised.node), frozenset([keys[raised.node]])
        else:
            if not all(_ordinary(truth, i) for i in range(len(keys))):
                return
            what, operations = shape(case.graph), frozenset(keys)
        self.counts[what] += 1
        self.first.setdefault(what, raised)
        self._refused.setdefault(what, set()).add(operations)

    def done(self, case: Case, testimony: Testimony) -> None:
        """Take note of a case that was answered, whatever the numbers."""
        self._done.update(testimony.kept("keys", lambda: _keys(case, testimony.truth)))

    @property
    def contradicted(self) -> tuple[str, ...]:
        """What is refused though each operation of it is done elsewhere, the commonest first."""
        often = [what for what, _ in self.counts.most_common()]
        return tuple([w for w in often if any(ops <= self._done for ops in self._refused[w])])

    @property
    def reason(self) -> str:
        """Why the engine cannot be called correct; ``""`` if it refuses nothing that it does."""
        if not self.contradicted:
            return ""
        what = self.contradicted[0]
        return (
            f"it refuses {what}, though it does each operation there elsewhere: {self.first[what]} "
            f"({self.counts[what]} times)"
        )

    @property
    def common(self) -> str:
        """What the engine says most often when it refuses; ``""`` if it refuses nothing."""
        own = {what: raised for what, raised in self.first.items() if raised.kind == "refused"}
        if not own:
            return ""
        often = Counter(raised.type for raised in own.values()).most_common(1)[0][0]
        what = next(what for what, raised in own.items() if raised.type == often)
        return f"{len(own)} refused, as {what}: {own[what]}"


def _keys(case: Case, truth: Truth) -> list[Key]:
    return [key(case, truth, i) for i in range(len(case.graph.nodes))]


def key(case: Case, truth: Truth, index: int) -> Key:
    """What one node is like: its form, the kinds of the leaves and numbers beside it.

    The sign of what is raised to a power, or divided by, belongs to it: to take positive ones only
    is no whim.
    """
    node, inputs = case.graph.nodes[index], dict(zip(case.graph.leaves, case.point, strict=True))
    if isinstance(node, Leaf):
        return ("leaf", type(inputs[index]).__name__)
    parts = [
        kind(arg.value) if isinstance(arg, Const) else type(inputs.get(arg, 0.0)).__name__
        for arg in node.args
    ]
    raised = {"pow": 0, "div": 1}.get(node.op)
    operand = None if raised is None else node.args[raised]
    if isinstance(operand, int):
        base = truth.values[operand]
        parts.append("negative" if base is not None and base.middle < 0 else "")
    return (node.form, *parts)


def kind(number: Number) -> str:
    """What a plain number is like, as far as engines make a difference."""
    sign = "zero" if number == 0 else "negative" if number < 0 else "positive"
    fraction = isinstance(number, float) and not number.is_integer()
    return f"{type(number).__name__} {sign}{' fraction' if fraction else ''}"


def shape(graph: Graph) -> str:
    """What is particular about a graph, in words."""
    if isinstance(graph.nodes[-1], Leaf):
        return "a backward pass from a leaf"
    if any(count > 1 for count in graph.uses.values()):
        return "a shared node"
    if len(graph.operations) == 1:
        return f"the backward pass of {_words(graph, len(graph.nodes) - 1)}"
    return "an operation on an operation"


def _words(graph: Graph, index: int) -> str:
    node = graph.nodes[index]
    return node.form if isinstance(node, Apply) else "a leaf"


def _ordinary(truth: Truth, index: int) -> bool:
    """Whether there is a value and a gradient that no honest code fails to reach."""
    numbers = (truth.values[index], truth.gradients[index])
    return all(e is None or e.note in _ORDINARY for e in numbers)
