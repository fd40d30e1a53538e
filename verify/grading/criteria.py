"""What an engine can show, milestone by milestone along the course, and what each is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.corpus.population import milestone as step
from verify.expression.graph import Apply
from verify.expression.ops import FORMS, OPS

if TYPE_CHECKING:
    from verify.expression.graph import Case


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step of the course.

    Attributes:
        key: its name in a rubric and in result files.
        title: what pages call it.
        points: in the default rubric.
        needs: milestones that come before it: where they fail, it may not be reached.
        question: the question that leads to a mistake in it, where no known mistake has a better.
    """

    key: str
    title: str
    points: float
    needs: tuple[str, ...] = ()
    question: str = ""


_TABLE: Final = (
    Milestone("values", "Values and arithmetic", 10, (),
              "What is the value of the result, computed by hand?"),
    Milestone("graph", "The graph is kept", 8, ("values",),
              "After c = a * b, what does c know of a and of b?"),
    Milestone("local", "Local derivatives", 10, ("values",),
              "What is the derivative of this one operation, and is it multiplied by what comes "
              "back from its result?"),
    Milestone("backward", "backward: the chain rule", 12, ("graph", "local"),
              "Where does backward begin, and what does each node hand to its operands?"),
    Milestone("accumulation", "Accumulation on reuse", 12, ("backward",),
              "A node that is used twice gets two shares: what becomes of the first?"),
    Milestone("order", "Order of the pass", 12, ("backward",),
              "Is a node's gradient complete when it is handed on?"),
    Milestone("numbers", "Numbers on either side", 8, ("values",),
              "What happens when one operand is a plain number, and when it stands on the left?"),
    Milestone("arithmetic", "Subtraction, division, powers", 12, ("values",),
              "Which operand does the formula treat as which?"),
    Milestone("activations", "Activations and other functions", 8, ("values",),
              "Compare the function, and its slope, with a plot of both."),
    Milestone("networks", "Neuron, layer, MLP", 4, ("backward",),
              "How many parameters should there be, and what is the output for known weights?"),
    Milestone("training", "Training step and zero_grad", 2, ("networks",),
              "What is left over from the turn before?"),
    Milestone("robustness", "Robustness: depth, size, large inputs", 2, ("backward",),
              "Does it still hold for a long chain, many uses, or very large numbers?"),
)  # fmt: skip

MILESTONES: Final[dict[str, Milestone]] = {m.key: m for m in _TABLE}
"""The steps of the course by key, in order."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing to show, worth a share of its milestone's points.

    Attributes:
        key: ``local/mul``: the milestone, and what of it.
        title: in words.
        op: the operation that it is about; ``""`` for none.
    """

    key: str
    title: str
    op: str = ""

    @property
    def milestone(self) -> str:
        """The key of its milestone."""
        return self.key.partition("/")[0]


BASE: Final = ("add", "mul")
"""What nothing can do without: of these, values and derivatives are asked for separately."""
ARITHMETIC: Final = ("neg", "sub", "div", "pow")
FUNCTIONS: Final = tuple([op for op in OPS if op not in {*BASE, *ARITHMETIC, "sum"}])
BESIDE_NUMBERS: Final = ("add", "mul", "sub", "div", "pow")

_NAMED: Final = (
    ("graph/kept", "each result remembers what it was made of"),
    ("backward/chain", "operations one after the other"),
    ("accumulation/reuse", "a leaf or a result used again"),
    ("order/shared", "results used by paths of different lengths"),
    ("numbers/sum", "the built-in sum, which begins with 0 + a"),
    ("numbers/in place", "a += b and its like"),
    ("networks/neuron", "one neuron"),
    ("networks/mlp", "layers and networks"),
    ("training/step", "a training step moves the parameters"),
    ("training/zero_grad", "gradients are set back to 0"),
    ("training/state", "several passes over the same nodes"),
    ("robustness/depth", "long chains"),
    ("robustness/reuse", "nodes used very often"),
    ("robustness/size", "large graphs"),
    ("robustness/range", "large and small numbers"),
    ("robustness/edges", "the ends of domains: no made-up numbers"),
    ("robustness/time", "time grows with the graph, not with its paths"),
    ("robustness/steady", "the same answer each time"),
)


def _criteria() -> list[Criterion]:
    found = [Criterion(f"values/{op}", f"value of {_shown(op)}", op) for op in BASE]
    found += [Criterion(f"local/{op}", f"derivative of {_shown(op)}", op) for op in BASE]
    found += [
        Criterion(f"numbers/{op}", f"{_shown(op)} with a number on either side", op)
        for op in BESIDE_NUMBERS
    ]
    found += [Criterion(f"arithmetic/{op}", _shown(op), op) for op in ARITHMETIC]
    found += [Criterion(f"activations/{op}", _shown(op), op) for op in FUNCTIONS]
    found += [Criterion(key, title) for key, title in _NAMED]
    order = list(MILESTONES)
    return sorted(found, key=lambda c: order.index(c.milestone))


def _shown(op: str) -> str:
    return next(form.text for form in FORMS.values() if form.op == op and all(form.nodes))


CRITERIA: Final[dict[str, Criterion]] = {c.key: c for c in _criteria()}
"""Everything there is to show, by key, along the course."""
SHOWN: Final[dict[str, tuple[Criterion, ...]]] = {
    key: tuple([c for c in CRITERIA.values() if c.milestone == key]) for key in MILESTONES
}
"""What each milestone has to show: looked up for every student, and more than once."""

_STEPS: Final = {
    "in place": "numbers/in place",
    "order": "order/shared",
    "accumulation": "accumulation/reuse",
    "chain rule": "backward/chain",
}


def own(op: str) -> str:
    """The criterion of an operation by itself."""
    home = "local" if op in BASE else "arithmetic" if op in ARITHMETIC else "activations"
    return "numbers/sum" if op == "sum" else f"{home}/{op}"


def beside(op: str) -> str:
    """The criterion of an operation with a plain number."""
    return f"numbers/{op}" if op in BESIDE_NUMBERS else own(op)


def asked(case: Case) -> str:
    """What a case asks for: the latest step that is needed to get it right."""
    found = step(case)
    if found in _STEPS:
        return _STEPS[found]
    applied = [node for node in case.graph.nodes if isinstance(node, Apply)]
    if len(applied) != 1:
        return "backward/chain"
    (node,) = applied
    plain_power = node.form == "a ** 2"
    return own(node.op) if found != "numbers" or plain_power else beside(node.op)


def _demands(criterion: Criterion) -> tuple[str, ...]:
    """The forms that have to be there where the operation of a criterion is demanded."""
    if criterion.key == "numbers/sum":
        return ("sum([a, b])",)
    if not criterion.op:
        return ()
    if criterion.op == "pow":  # as in the lecture: the exponent is a number
        return () if criterion.milestone == "numbers" else ("a ** 2",)
    beside_numbers = criterion.milestone == "numbers"
    return tuple([
        form.text for form in FORMS.values()
        if form.op == criterion.op and not form.inplace and all(form.nodes) is not beside_numbers
    ][: None if beside_numbers else 1])  # fmt: skip


DEMANDS: Final[dict[str, tuple[str, ...]]] = {key: _demands(c) for key, c in CRITERIA.items()}
"""The forms that each criterion demands: all of them, or it is not whole."""
