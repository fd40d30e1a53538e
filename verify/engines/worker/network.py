"""A network of the engine's own, built and trained step by step."""

from __future__ import annotations

import types

from .attempt import Attempt
from .entries import takes
from .errors import Missing, summary
from .floats import as_float, decode, encode
from .naming import ZERO_NAMES, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterator

    from .adapter import Adapter
    from .namespace import Namespace

NETWORK_NAMES: Final = (
    "mlp", "multilayerperceptron", "perceptron", "neuralnetwork", "neuralnet", "network", "nn",
    "net", "feedforward", "feedforwardnetwork", "ann", "dnn", "fnn",
)  # fmt: skip
NEURON_NAMES: Final = ("neuron", "perceptron", "unit")
PARAMETER_NAMES: Final = ("parameters", "params", "_parameters", "get_parameters", "weights")
OPTIMIZER_NAMES: Final = ("sgd", "gradientdescent", "optimizer", "optim")


def execute_network(adapter: Adapter, space: Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """Build a network of the given sizes and take the steps; see ``docs/protocol.md``."""
    readings: list[dict[str, Any]] = []
    about: dict[str, Any] = {}
    with Attempt(space) as attempt:
        network = Network(adapter, space, request["network"])
        about = network.about
        training = Training(network, attempt)
        for name, *arguments in request["steps"]:
            if name not in STEPS:
                raise ValueError(f"no step {name!r}")
            reading = STEPS[name](training, *arguments)
            if reading is not None:
                readings.append(reading)
    return {"about": about, "readings": readings, "raised": attempt.raised}


class Network:
    """A network of the engine's own with its parameters, and how it is zeroed and updated."""

    def __init__(self, adapter: Adapter, space: Namespace, sizes: list[int]) -> None:
        self.adapter, self.space = adapter, space
        self.thing, built, reachable = self.build(sizes)
        self.parameters = self.find_parameters()
        own = {id(p) for p in self.parameters}
        self.about = {
            "class": type(self.thing).__name__[:80],
            "built": built,
            "parameters": len(self.parameters),
            "shared": len(self.parameters) - len(own),
            "hidden": sum(id(leaf) not in own for leaf in reachable),
            "zero": "by the harness",
            "update": "by the harness",
        }

    def build(self, sizes: list[int]) -> tuple[Any, str, list[Any]]:
        """The first class with a network's name that takes these sizes.

        Returns:
            the network, how it was built in words, the nodes that it holds.

        Raises:
            Missing: if none does.
        """
        problem = None
        for cls in self.own_classes(NETWORK_NAMES if len(sizes) > 1 else NEURON_NAMES):
            for words, args in ways_to_build(cls.__name__, sizes):
                try:
                    made = cls(*[list(a) if isinstance(a, list) else a for a in args])
                    leaves = leaves_of(made, self.adapter)  # before a call leaves its own there
                    self.outputs(made([self.adapter.make(0.5) for _ in range(sizes[0])]))
                except Exception as error:  # noqa: BLE001 - the engine's own code
                    problem = problem or f"{words} raises {summary(error)}"
                    continue
                return made, words, leaves
        what = "network class here (looked for MLP and its like)"
        what = what if len(sizes) > 1 else "neuron class here"
        raise Missing(problem or f"there is no {what}")

    def own_classes(self, names: tuple[str, ...]) -> Iterator[Any]:
        """Classes of the engine's own with one of these names, in their order, each once."""
        found = [
            cls
            for name in names
            for cls in self.space.names.values()
            if isinstance(cls, type) and self.space.is_own(cls) and plain(cls.__name__) == name
        ]
        return iter(dict.fromkeys(found))

    def outputs(self, returned: Any) -> list[Any]:
        """What a call returned as a list of nodes; TypeError if it is none."""
        row = list(returned) if isinstance(returned, (list, tuple)) else [returned]
        if not row or not all(self.adapter.is_node(node) for node in row):
            raise TypeError("a network's output is no node and no list of nodes")
        return row

    def find_parameters(self) -> list[Any]:
        """The nodes that the network calls its parameters; Missing if it does not say."""
        for name in PARAMETER_NAMES:
            found = getattr(self.thing, name, None)
            try:
                found = found() if callable(found) else found
                return [p for p in flat(found) if self.adapter.is_node(p)]
            except Exception:  # noqa: BLE001, S112 - a name that means something else
                continue
        raise Missing("the network does not say what its parameters are")

    def optimizers(self) -> Iterator[tuple[str, Callable[[Any, float], Any]]]:
        """Classes of the engine's own that look like an optimizer, with their names."""
        for cls in self.space.names.values():
            if (
                isinstance(cls, type)
                and plain(cls.__name__) in OPTIMIZER_NAMES
                and self.space.is_own(cls)
            ):
                yield cls.__name__, cls


class Training:
    """The steps that a network is taken through."""

    def __init__(self, network: Network, attempt: Attempt) -> None:
        adapter = network.adapter
        if adapter.enter is None or adapter.gradient is None or adapter.gradient_name is None:
            raise Missing("gradients are not stored in the parameters")
        self.network, self.adapter, self.attempt = network, adapter, attempt
        self.enter, self.gradient = adapter.enter, adapter.gradient
        self.add, self.mul = adapter.ops["add"], adapter.ops["mul"]
        self.outputs: list[Any] = []
        self.loss: Any = None

    def set(self, numbers: list[Any]) -> None:
        """Give the parameters these values."""
        self.attempt.during = "construct"
        for p, number in zip(self.network.parameters, numbers):
            self.adapter.assign(p, decode(number))

    def forward(self, inputs: list[Any], targets: list[Any] | None) -> None:
        """Call the network; the loss is its first output, or squared differences, added up."""
        self.attempt.during = "forward"
        make = self.adapter.make
        self.outputs = self.network.outputs(self.network.thing([make(decode(x)) for x in inputs]))
        self.loss = self.outputs[0]
        if targets is not None:
            errors = [self.add(o, make(-decode(t))) for o, t in zip(self.outputs, targets)]
            squares = [self.mul(e, e) for e in errors]
            self.loss = squares[0]
            for square in squares[1:]:
                self.loss = self.add(self.loss, square)

    def backward(self) -> None:
        """Run the backward pass from the loss."""
        self.attempt.during = "backward"
        self.enter(self.loss)

    def zero(self) -> None:
        """Set the gradients back, by the network's own method where it has one."""
        thing = self.network.thing
        for name in ZERO_NAMES:
            if callable(getattr(thing, name, None)) and takes(getattr(thing, name), 0):
                self.network.about["zero"] = f".{name}()"
                getattr(thing, name)()
                return
        for p in self.network.parameters:
            self.adapter.clear(p)

    def update(self, rate: Any) -> None:
        """One step of gradient descent, by the engine's own optimizer where it has one."""
        rate = decode(rate)
        for name, make in self.network.optimizers():
            try:
                step = make(self.network.parameters, rate).step
            except Exception:  # noqa: BLE001, S112 - another kind of optimizer
                continue
            self.network.about["update"] = f"{name}(parameters, rate).step()"
            step()
            return
        for p in self.network.parameters:
            gradient = self.gradient(p)
            if gradient is not None:
                self.adapter.assign(p, as_float(self.adapter.value(p)) - rate * as_float(gradient))

    def read(self) -> dict[str, Any]:
        """Outputs, loss, parameters and gradients as they are now."""
        self.attempt.during = "read"
        value, parameters = self.adapter.value, self.network.parameters
        return {
            "outputs": [encode(value(node)) for node in self.outputs],
            "loss": encode(value(self.loss)) if self.loss is not None else None,
            "data": [encode(value(p)) for p in parameters],
            "gradients": [encode(self.gradient(p)) for p in parameters],
        }


STEPS: Final[dict[str, Callable[..., dict[str, Any] | None]]] = {
    "set": Training.set,
    "forward": Training.forward,
    "backward": Training.backward,
    "zero": Training.zero,
    "update": Training.update,
    "read": Training.read,
}


def ways_to_build(name: str, sizes: list[int]) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """Calls of a network's class, in words and as arguments; of a neuron's where that is all."""
    if len(sizes) == 1:
        return ((f"{name}({sizes[0]!r})", (sizes[0],)),)
    return (
        (f"{name}({sizes[0]!r}, {sizes[1:]!r})", (sizes[0], sizes[1:])),
        (f"{name}({sizes!r})", (sizes,)),
    )


def flat(found: Any) -> list[Any]:
    """The leaves of nested lists, tuples, sets and mappings."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, (list, tuple, set, frozenset)) or hasattr(found, "__next__"):
        return [leaf for part in found for leaf in flat(part)]
    return [found]


def leaves_of(thing: Any, adapter: Adapter) -> list[Any]:
    """Nodes that are reached from a network through attributes and containers of its own."""
    found: list[Any] = []
    seen: set[int] = set()
    stack = [thing]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, adapter.cls):
            found.append(part)
        elif isinstance(part, dict):
            stack.extend(part.values())
        elif isinstance(part, (list, tuple, set, frozenset)):
            stack.extend(part)
        elif hasattr(part, "__dict__") and not isinstance(
            part, (type, types.ModuleType, types.FunctionType)
        ):
            stack.extend(vars(part).values())
    return found
