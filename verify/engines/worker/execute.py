"""Builds a graph of an engine's nodes, takes the steps and reads."""

from __future__ import annotations

import re

from .attempt import Attempt
from .errors import Missing, NotANode, text_of
from .floats import as_float, decode, encode
from .operations import lacking, special_name, special_name_in
from .reach import without_own
from .tracebacks import never_entered, no_such_operand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Final, Iterable

    from .adapter import Adapter
    from .namespace import Namespace

    Row = list[Any]

_NO_POWER: Final = re.compile(r"unsupported operand type\(s\) for \*\* or pow\(\)")
_WHOLE_POWERS: Final = re.compile(r".*cannot be interpreted as an integer")
_SIGNATURE: Final = re.compile(r".*(takes [1-9]\d* positional|missing \d+ required positional)")
_NUMBER: Final = re.compile(r"'(int|float|bool)' object has no attribute")
_PARAMETRISED: Final = ("relu", "log", "max", "min")
"""Methods that many write with further operands, or fewer: a slope, a base, no other at all."""


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
        run = Run(adapter, space, attempt, rows, symbols)
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
        self,
        adapter: Adapter,
        space: Namespace,
        attempt: Attempt,
        rows: list[Row],
        symbols: ModuleType | None,
    ) -> None:
        self.adapter, self.space, self.attempt = adapter, space, attempt
        self.rows, self.symbols = rows, symbols
        self.nodes: list[Any] = []
        self.lookup: Callable[[Any], Any] | None = None
        self.outputs: list[Any] = []  # of the passes since gradients were set back

    def build(self, point: Iterable[Any]) -> None:
        """Make the nodes in order."""
        numbers = iter(point)
        attempt, make, apply, append = (
            self.attempt, self.adapter.make, self.apply, self.nodes.append
        )  # fmt: skip
        for index, row in enumerate(self.rows):
            attempt.node = index
            if row[0] == "leaf":
                attempt.during = "construct"
                append(make(next(numbers)))
            else:
                attempt.during = "forward"
                append(apply(row))
        attempt.node = None

    def apply(self, row: Row) -> Any:
        """The node of one operation."""
        op, nodes = row[0], self.nodes
        args = [nodes[arg] if type(arg) is int else self.constant(arg) for arg in row[1:]]
        call = self.adapter.inplace[op[:-1]] if op[-1] == "=" else self.adapter.ops.get(op)
        if call is None:
            raise Missing(f"the engine has no {op}")
        try:
            made = call(*args)
        except Exception as error:
            for arg in row[1:]:
                if type(arg) is int and not self.is_node(self.nodes[arg]):
                    returned = type(self.nodes[arg]).__name__
                    raise NotANode(arg, returned, error) from error
            if isinstance(error, TypeError):
                self.lacks(op, args, error)
            if isinstance(error, AttributeError):
                self.takes_nodes(op, error)
            raise
        if made is NotImplemented:
            raise Missing(f"{op} returns NotImplemented", "refused")
        return made

    def lacks(self, op: str, args: list[Any], error: TypeError) -> None:
        """Raise Missing where this exception only says that the engine has no such operation."""
        text = text_of(error)
        if no_such_operand(error):
            wanted = special_name(op, node_first=isinstance(args[0], self.adapter.cls))
            kind, near_miss = lacking(wanted, self.adapter, self.space)
            raise Missing(text, kind, near_miss, wanted) from error
        if wanted := special_name_in(text, self.adapter.cls):
            near_miss = lacking(wanted, self.adapter, self.space)[1]
            if near_miss:  # this operation is there, and uses the one that is misspelt
                raise Missing(text, "misspelt", near_miss, wanted) from error
        if op.rstrip("=") == "pow":
            if self.is_node(args[1]) and not _SIGNATURE.match(text):
                raise Missing(f"an exponent is a number, not a node: {text}", "refused") from error
            if _WHOLE_POWERS.match(text):
                raise Missing(f"an exponent is a whole number: {text}", "refused") from error
        if op in _PARAMETRISED and _SIGNATURE.match(text) and never_entered(error):
            raise Missing(f"{op} takes other operands: {text}", "refused") from error

    def takes_nodes(self, op: str, error: AttributeError) -> None:
        """Raise Missing where a function was written for nodes alone: no operator promises more."""
        spelling = self.adapter.guess.get(op, "")
        if spelling.endswith("()") and spelling[0] != "." and _NUMBER.match(text_of(error)):
            raise Missing(f"{spelling} takes nodes alone: {text_of(error)}", "refused") from error

    def is_node(self, thing: Any) -> bool:
        """Whether this is a node; a number of numpy's has attributes of many names, and is none."""
        if isinstance(thing, self.adapter.cls):
            return True
        if self.adapter.guess.get("value") != "by your adapter":
            try:
                as_float(thing)
            except Exception:  # noqa: BLE001 - whatever an object does when asked for its number
                return self.adapter.is_node(thing)
            return False
        return self.adapter.is_node(thing)

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
        if self.adapter.reset is None:  # else they are needed to set gradients back
            self.outputs.clear()
        self.outputs.append(self.nodes[index])
        if not self.is_node(self.nodes[index]):
            return  # what it is instead is read
        if self.adapter.forward is not None:
            self.lookup = self.forward(index % len(self.nodes))
        elif self.adapter.enter is not None:
            try:
                self.lookup = self.adapter.enter(self.nodes[index])
            except TypeError as error:
                self.computed_late(error)
                raise

    def computed_late(self, error: TypeError) -> None:
        """Raise Missing where a lazy engine finds only now that an exponent is a node."""
        if not _NO_POWER.match(text_of(error)):
            return
        for index, row in enumerate(self.rows):
            if row[0].rstrip("=") == "pow" and type(row[2]) is int:
                self.attempt.node, self.attempt.during = index, "forward"
                message = f"an exponent is a number, not a node: {text_of(error)}"
                raise Missing(message, "refused") from error

    def forward(self, index: int) -> Callable[[Any], Any]:
        """Ask an engine of forward mode; the nodes between leaves and output have no gradient."""
        ask: Any = self.adapter.forward
        pairs = zip(self.nodes[: index + 1], self.rows)
        leaves = [node for node, row in pairs if row[0] == "leaf"]
        numbers = [self.adapter.value(leaf) for leaf in leaves]
        found = ask(lambda made: self.replayed(made, index), numbers)
        derivatives = {id(leaf): derivative for leaf, derivative in zip(leaves, found)}
        return lambda node: derivatives.get(id(node))

    def replayed(self, leaves: list[Any], index: int) -> Any:
        """The node of this graph at an index, made of other leaves."""
        other, supply = self.another(), iter(leaves)
        for row in self.rows[: index + 1]:
            other.nodes.append(next(supply) if row[0] == "leaf" else other.apply(row))
        return other.nodes[index]

    def another(self) -> Run:
        """The same graph, with nothing made of it yet."""
        return Run(self.adapter, self.space, self.attempt, self.rows, self.symbols)

    def read(self) -> dict[str, Any]:
        """Values and gradients of all nodes, and what is told of some, see ``docs/protocol.md``."""
        self.attempt.during = "read"
        cut: list[list[Any]] = []
        together = self.adapter.read_together(self.nodes) if self.lookup is None else None
        values, gradients = self.one_by_one(cut) if together is None else together
        same, bypassed = without_own(self.nodes, self.rows, gradients, self.outputs)
        told = {"same": same, "bypassed": bypassed, "cut": cut}
        columns = {"values": values, "gradients": gradients}
        return {**columns, **{name: rows for name, rows in told.items() if rows}}

    def one_by_one(self, cut: list[list[Any]]) -> tuple[list[Any], list[Any]]:
        """Values and gradients; appends what stands in the place of a node and is none."""
        gradient, value = self.lookup or self.adapter.gradient, self.adapter.value
        last = self.outputs[-1] if self.outputs else None
        values: list[Any] = []
        gradients: list[Any] = []
        attempt, cls, is_node = self.attempt, self.adapter.cls, self.is_node
        for index, node in enumerate(self.nodes):
            attempt.node = index
            if not isinstance(node, cls) and not is_node(node):
                returned = type(node).__name__[:80]
                cut.append([index, returned])
                values.append({"not": returned} if node is None else encode(node))
                gradients.append(None)
                continue
            try:
                number = value(node)
                values.append(number.hex() if type(number) is float else encode(number))
            except TypeError as error:
                self.computed_late(error)
                raise
            found = gradient(node) if gradient is not None else None
            if found is None and node is last and self.adapter.silent:
                found = 1.0  # of itself: this engine never says so of any output
            gradients.append(found.hex() if type(found) is float else encode(found))
        return values, gradients

    def zero(self, which: Any) -> None:
        """Set gradients back: of the ``leaves``, of ``all`` nodes, or of those in a list."""
        adapter = self.adapter
        if adapter.gradient_name is None and not adapter.returned:
            raise Missing("gradients cannot be set back to 0 from outside")
        self.lookup = None
        if adapter.reset is not None:
            for output in self.outputs or self.nodes[-1:]:
                adapter.reset([*self.nodes, output])
            self.outputs.clear()
            return
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
        if self.adapter.reset is None:
            self.outputs.clear()  # what is replaced is let go
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
