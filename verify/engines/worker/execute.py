"""Builds a graph of an engine's nodes, takes the steps and reads."""

from __future__ import annotations

import re

from .attempt import Attempt
from .errors import Missing, text_of
from .floats import as_float, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Final, Iterable

    from .adapter import Adapter
    from .namespace import Namespace

    Row = list[Any]

_NO_POWER: Final = re.compile(
    r"unsupported operand type\(s\) for \*\* or pow\(\)|must be real number"
)


def execute(
    adapter: Adapter, space: Namespace, request: dict[str, Any], symbols: ModuleType | None = None
) -> dict[str, Any]:
    """Build a graph of nodes, take the steps, read after each "read".

    Args:
        adapter: how the engine is used.
        space: whose code it is.
        request: ``graph``, ``point`` and ``steps``, see ``docs/protocol.md``.
        symbols: the module, where the engine runs on symbols.

    Returns:
        ``readings``, one a "read" step, and ``raised`` or None.  An exception ends the run; the
        readings before it stand.
    """
    rows, steps = request["graph"], request["steps"]
    readings: list[dict[str, Any]] = []
    with Attempt(space) as attempt:
        numbers = [decode(x) for x in request["point"]]
        if symbols is not None:
            numbers = symbols.begin(numbers, [row[1] for row in rows if row[0] == "leaf"])
        clutter = [cluttered(adapter, step[1]) for step in steps[:1] if step[0] == "clutter"]
        run = Run(adapter, attempt, rows, symbols)
        run.build(numbers)
        for name, *arguments in steps[len(clutter) :]:
            attempt.during, attempt.node = "forward", None
            if name not in STEPS:
                raise ValueError(f"no step {name!r}")
            reading = STEPS[name](run, *arguments)
            if reading is not None:
                readings.append(reading)
        clutter.clear()
    answer = {"readings": readings, "raised": attempt.raised}
    return answer if symbols is None or attempt.raised else {**answer, **symbols.recorded()}


class Run:
    """The nodes of one graph on their way through the steps."""

    def __init__(
        self, adapter: Adapter, attempt: Attempt, rows: list[Row], symbols: ModuleType | None
    ) -> None:
        self.adapter, self.attempt, self.rows, self.symbols = adapter, attempt, rows, symbols
        self.nodes: list[Any] = []
        self.lookup: Callable[[Any], Any] | None = None

    def build(self, point: Iterable[Any]) -> None:
        """Make the nodes in order."""
        numbers = iter(point)
        for index, row in enumerate(self.rows):
            self.attempt.node = index
            if row[0] == "leaf":
                self.attempt.during = "construct"
                self.nodes.append(self.adapter.make(next(numbers)))
            else:
                self.attempt.during = "forward"
                self.nodes.append(self.apply(row))
        self.attempt.node = None

    def apply(self, row: Row) -> Any:
        """The node of one operation."""
        op = row[0]
        args = [self.nodes[arg] if type(arg) is int else self.constant(arg) for arg in row[1:]]
        call = self.adapter.inplace[op[:-1]] if op[-1] == "=" else self.adapter.ops.get(op)
        if call is None:
            raise Missing(f"the engine has no {op}")
        try:
            return call(*args)
        except TypeError as error:
            power = op.rstrip("=") == "pow" and self.adapter.is_node(args[1])
            if power and _NO_POWER.match(text_of(error)):
                message = f"an exponent is a number, not a node: {text_of(error)}"
                raise Missing(message) from error
            raise

    def constant(self, operand: dict[str, Any]) -> Any:
        """A plain number beside a node; a symbol where it has a name and there are symbols."""
        number = decode(operand["const"])
        if self.symbols is None or "name" not in operand:
            return number
        return self.symbols.made(number, operand["name"])

    def backward(self, index: int, deeper: int = 0) -> None:
        """Run the backward pass from a node, so many calls nearer to Python's limit."""
        if deeper:
            self.backward(index, deeper - 1)
            return
        self.attempt.during, self.attempt.node = "backward", index % len(self.nodes)
        if self.adapter.enter is not None:
            self.lookup = self.adapter.enter(self.nodes[index])

    def read(self) -> dict[str, Any]:
        """Values and gradients of all nodes, and which are the same object as an earlier one."""
        self.attempt.during = "read"
        gradient = self.lookup or self.adapter.gradient
        values: list[Any] = []
        gradients: list[Any] = []
        same: list[int] = []
        seen: set[int] = set()
        for index, node in enumerate(self.nodes):
            self.attempt.node = index
            if id(node) in seen:
                same.append(index)
            seen.add(id(node))
            if not self.adapter.is_node(node):
                values.append({"not": type(node).__name__[:80]} if node is None else encode(node))
                gradients.append(None)
                continue
            values.append(encode(self.adapter.value(node)))
            gradients.append(encode(gradient(node)) if gradient is not None else None)
        return {"values": values, "gradients": gradients, **({"same": same} if same else {})}

    def zero(self, which: Any) -> None:
        """Set gradients back: of the ``leaves``, of ``all`` nodes, or of those in a list."""
        adapter = self.adapter
        if adapter.gradient_name is None and adapter.guess.get("gradient") != "returned":
            raise Missing("gradients cannot be set back to 0 from outside")
        self.lookup = None
        if which == "leaves":
            which = [i for i, row in enumerate(self.rows) if row[0] == "leaf"]
        for index in range(len(self.rows)) if which == "all" else which:
            adapter.clear(self.nodes[index])

    def set(self, index: int, number: Any) -> None:
        """Give a leaf another value; Missing where an engine has no way to do that."""
        leaf, number = self.nodes[index], decode(number)
        try:
            self.adapter.assign(leaf, number)
            done = as_float(self.adapter.value(leaf)) == number
        except Exception:  # noqa: BLE001 - the engine's own code
            done = False
        if not done:
            raise Missing("a leaf's value cannot be changed from outside")

    def rebuild(self) -> None:
        """Apply all operations again, on the leaves that there are."""
        self.lookup = None
        for index, row in enumerate(self.rows):
            if row[0] != "leaf":
                self.attempt.node = index
                self.nodes[index] = self.apply(row)


STEPS: Final[dict[str, Callable[..., dict[str, Any] | None]]] = {
    "backward": Run.backward,
    "read": Run.read,
    "zero": Run.zero,
    "set": Run.set,
    "rebuild": Run.rebuild,
}


def cluttered(adapter: Adapter, pattern: int) -> list[Any]:
    """Leaves with gaps between them: what is made next lies elsewhere in memory."""
    leaves = [adapter.make(0.5) for _ in range(8 + 3 * pattern)]
    return [leaf for index, leaf in enumerate(leaves) if (index * 7 + pattern) % (2 + pattern % 5)]
