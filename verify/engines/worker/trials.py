"""Sums that a child could do: the adapter proves itself on them before an engine is blamed.

All their numbers are small fractions of two, which any arithmetic adds and multiplies exactly.
Nothing here is ever asked by the judge: to know these answers helps no engine.
"""

from __future__ import annotations

from .alarm import ALARM, PROBE_SECONDS
from .errors import OutOfTime, summary
from .floats import as_float

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, List, Tuple

    from .adapter import Adapter

    Trial = Tuple[str, Tuple[float, ...], float, Tuple[float, ...]]
    Shape = Callable[[Adapter, List[Any]], Any]

TRIALS: Final[tuple[Trial, ...]] = (
    ("add", (1.5, 0.25), 1.75, (1.0, 1.0)),
    ("mul", (1.5, 0.25), 0.375, (0.25, 1.5)),
    ("sub", (1.5, 0.25), 1.25, (1.0, -1.0)),
    ("div", (1.5, 0.25), 6.0, (4.0, -24.0)),
    ("neg", (1.5,), -1.5, (-1.0,)),
    ("relu", (1.5,), 1.5, (1.0,)),
    ("abs", (1.5,), 1.5, (1.0,)),
    ("exp", (0.0,), 1.0, (1.0,)),
    ("log", (1.0,), 0.0, (1.0,)),
    ("tanh", (0.0,), 0.0, (1.0,)),
    ("sin", (0.0,), 0.0, (1.0,)),
)
"""An operation, its operands, its value and its gradients."""
LEAVES: Final = (1.25, 1.5, 1.75)


def deep_product(adapter: Adapter, leaves: list[Any]) -> Any:
    """``a * b * c``."""
    a, b, c = leaves
    return adapter.ops["mul"](adapter.ops["mul"](a, b), c)


def deep_sum(adapter: Adapter, leaves: list[Any]) -> Any:
    """``a + b + c``."""
    a, b, c = leaves
    return adapter.ops["add"](adapter.ops["add"](a, b), c)


def shared_sum(adapter: Adapter, leaves: list[Any]) -> Any:
    """``a + b + c + a``."""
    return adapter.ops["add"](deep_sum(adapter, leaves), leaves[0])


SHAPES: Final[tuple[tuple[Shape, tuple[float, ...]], ...]] = (
    (deep_product, (2.625, 2.1875, 1.875)),
    (deep_sum, (1.0, 1.0, 1.0)),
)
"""Graphs of three leaves at :data:`LEAVES`, each with its gradients."""
FULL_SCORE: Final = 6


class Outcome:
    """What came of one trial.

    Attributes:
        op: the operation.
        value: whether its value is right.
        gradients: whether all its gradients are right.
        raised: what it raised while its value was asked for, or its gradients.
        text: what was read, in words.
    """

    def __init__(self, op: str) -> None:
        self.op = op
        self.value = self.gradients = False
        self.raised: BaseException | None = None
        self.text = ""


def outcome(adapter: Adapter, trial: Trial) -> Outcome:
    """Try an operation in the way that the adapter has found."""
    op, numbers = trial[:2]
    result = Outcome(op)
    try:
        ALARM.call(PROBE_SECONDS, attempt, adapter, trial, result)
    except (Exception, OutOfTime) as error:  # noqa: BLE001 - the engine's own code
        result.raised = error
        result.text = f"{op} of {written(numbers)} raises {summary(error).rstrip(': ')}"
    return result


def attempt(adapter: Adapter, trial: Trial, result: Outcome) -> None:
    """Fill in the outcome of a trial."""
    op, numbers, value, gradients = trial
    leaves = [adapter.make(x) for x in numbers]
    output = adapter.ops[op](*leaves)
    what = f"{op} of {written(numbers)}"
    if not adapter.is_node(output):
        result.text = f"{what} gives a {type(output).__name__} without {adapter.value_name}"
        return
    found = adapter.value(output)
    result.value = number(found) == value
    result.text = f"{what} gives {read_as(found)}, not {value:g}"
    if result.value and (adapter.enter or adapter.forward):
        read = lookup(adapter, output, leaves, lambda made: adapter.ops[op](*made))
        slopes = [read(leaf) for leaf in leaves]
        result.gradients = [number(x) for x in slopes] == list(gradients)
        shown = " and ".join(map(read_as, slopes))
        result.text = f"{what} gives gradients {shown}, not {written(gradients)}"


def lookup(
    adapter: Adapter, output: Any, leaves: list[Any], build: Callable[[list[Any]], Any]
) -> Callable[[Any], Any]:
    """What reads a gradient once the backward pass is done."""
    if adapter.forward is not None:
        found = adapter.forward(build, [adapter.value(leaf) for leaf in leaves])
        by_leaf = {id(leaf): derivative for leaf, derivative in zip(leaves, found)}
        return lambda node: by_leaf.get(id(node))
    enter: Any = adapter.enter
    stored: Any = adapter.gradient
    read: Callable[[Any], Any] = enter(output) or stored
    return read


def number(found: Any) -> float | None:
    """The number that was read; None for anything else."""
    try:
        return as_float(found)
    except Exception:  # noqa: BLE001 - the engine's own object
        return None


def read_as(found: Any) -> str:
    """What was read, in words."""
    known = number(found)
    return f"{known:g}" if known is not None else f"a {type(found).__name__}"


def written(numbers: tuple[float, ...]) -> str:
    """Numbers in words."""
    return " and ".join(f"{x:g}" for x in numbers)


def values_right(adapter: Adapter) -> int:
    """How many operations give the right value; only ``+`` and ``*`` where one of them does."""
    count = 0
    for trial in TRIALS:
        if trial[0] in adapter.ops:
            result = outcome(forward_of(adapter), trial)
            count += result.value
        if trial[0] == "mul" and count:
            break
    return count


def forward_of(adapter: Adapter) -> Adapter:
    """The adapter without a backward pass."""
    from .adapter import Adapter as New

    plain = New(adapter.cls)
    plain.make, plain.value, plain.ops = adapter.make, adapter.value, adapter.ops
    return plain
