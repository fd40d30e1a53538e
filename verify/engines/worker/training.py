"""A network of the engine's own trained, with its own optimizer where it has one."""

from __future__ import annotations

import inspect
import itertools
from functools import partial
from types import GeneratorType

from .attempt import Attempt
from .entries import takes
from .errors import Missing
from .floats import as_float, decode, encode
from .forward import vars_of
from .namespace import derives
from .naming import ZERO_NAMES, plain
from .network import Network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterator

    from .adapter import Adapter
    from .namespace import Namespace

OPTIMIZER_NAMES: Final = ("sgd", "gradientdescent", "optimizer", "optim")
STEP_NAMES: Final = ("step", "update", "update_parameters", "update_params", "gradient_step")
LISTED_NAMES: Final = ("p", "ps", "theta", "weights", "values", "variables", "tensors", "leaves")
"""What an optimizer may call the parameters that it moves."""
RATE: Final = 0.05
"""Of an optimizer that takes no step."""
RATE_NAMES: Final = ("lr", "rate", "learning_rate", "eta", "alpha", "step_size", "stepsize")
"""What a method that takes one training step calls the number that it is given."""


def execute_network(adapter: Adapter, space: Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """Build a network of the given sizes and take the steps; see ``docs/protocol.md``."""
    readings: list[dict[str, Any]] = []
    about: dict[str, Any] = {}
    with Attempt(space) as attempt:
        network = Network(adapter, space, request["network"])
        about = network.about
        about["unasked"] = ", ".join(unasked(network))[:80]
        training = Training(network, attempt, request["steps"])
        for name, *arguments in request["steps"]:
            if name not in STEPS:
                raise ValueError(f"no step {name!r}")
            reading = STEPS[name](training, *arguments)
            training.last = training.last if name == "read" else name
            if reading is not None:
                readings.append(reading)
    return {"about": about, "readings": readings, "raised": attempt.raised}


class Training:
    """The steps that a network is taken through."""

    def __init__(self, network: Network, attempt: Attempt, steps: list[Any]) -> None:
        adapter = network.adapter
        if adapter.enter is None or adapter.gradient is None or adapter.gradient_name is None:
            stored = adapter.gradient is not None and not adapter.returned
            none = "after a backward pass no parameter was seen to hold a gradient"
            raise Missing(none if stored else "gradients are not stored in the parameters")
        self.network, self.adapter, self.attempt = network, adapter, attempt
        self.enter, self.gradient = adapter.enter, adapter.gradient
        self.add, self.mul = adapter.ops["add"], adapter.ops["mul"]
        self.outputs: list[Any] = []
        self.loss: Any = None
        self.last = "set"
        self.returned: Any = None
        self.values: list[Any] = []
        self.samples: dict[str, tuple[list[Any], list[Any]]] = {}
        self.own: tuple[str, Any] | None = None
        self.rate = next((decode(rest[0]) for name, *rest in steps if name == "update"), RATE)

    def set(self, numbers: list[Any]) -> None:
        """Give the parameters these values, from the start again where there are not enough."""
        self.attempt.during = "construct"
        for p, number in zip(self.network.parameters, itertools.cycle(numbers)):
            self.adapter.assign(p, decode(number))

    def forward(self, inputs: list[Any], targets: list[Any] | None) -> None:
        """Call the network; the loss is its first output, or squared differences, added up."""
        self.attempt.during = "forward"
        make = self.adapter.make
        returned = self.network.returned(self.sample(inputs))
        if self.outputs and not self.still(self.returned):
            self.network.about["overwritten"] = "by a later call"
        self.returned, self.outputs = returned, self.network.outputs(returned)
        self.values = [encode(self.adapter.value(node)) for node in self.outputs]
        self.loss = self.outputs[0]
        if targets is not None:
            errors = [self.add(o, make(-decode(t))) for o, t in zip(self.outputs, targets)]
            squares = [self.mul(e, e) for e in errors]
            self.loss = squares[0]
            for square in squares[1:]:
                self.loss = self.add(self.loss, square)

    def sample(self, inputs: list[Any]) -> list[Any]:
        """A list of nodes of these numbers, the same each time, as a row of data in training is.

        Not those whose numbers a call has changed.
        """
        numbers = [decode(x) for x in inputs]
        row, nodes = self.samples.get(repr(numbers), ([], []))
        if not nodes or [self.adapter.value(node) for node in nodes] != numbers:
            nodes = [self.adapter.make(x) for x in numbers]
            row = [*nodes]
            self.samples[repr(numbers)] = row, nodes
        row[:] = nodes
        return row

    def still(self, returned: Any) -> bool:
        """Whether what a call returned holds the nodes that it held then.

        A compiled network may make new objects for the same nodes: then their values are the same.
        """
        now = self.network.outputs(returned)
        values = [encode(self.adapter.value(node)) for node in now]
        return [*map(id, now)] == [*map(id, self.outputs)] or values == self.values

    def backward(self) -> None:
        """Run the backward pass from the loss."""
        self.attempt.during = "backward"
        self.enter(self.loss)

    def zero(self) -> None:
        """Set the gradients back, by a method of the network or its optimizer if one is there."""
        try:
            words, optimizer = self.optimizer() or ("", None)
        except Exception:  # noqa: BLE001 - the engine's own code: it is told where it takes a step
            words, optimizer = "", None
        names = [name for name in ZERO_NAMES if "grad" in name]  # "reset" may mean the weights
        for whose, thing in (("", self.network.thing), (words.partition("(")[0], optimizer)):
            for name in names:
                if callable(getattr(thing, name, None)) and takes(getattr(thing, name), 0):
                    self.network.about["zero"] = f"{whose}.{name}()"
                    getattr(thing, name)()
                    return
        for p in self.network.parameters:
            self.adapter.clear(p)

    def update(self, rate: Any) -> None:
        """One step of gradient descent, by the engine's own optimizer or method if it has one."""
        rate = decode(rate)
        for words, step in self.own_steps(rate):
            self.network.about["update"] = words
            step()
            return
        for p in self.network.parameters:
            gradient = self.gradient(p)
            if gradient is not None:
                self.adapter.assign(p, as_float(self.adapter.value(p)) - rate * as_float(gradient))

    def own_steps(self, rate: float) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Ways in which the engine takes a step itself, each in words."""
        if (own := self.optimizer()) is not None:
            words, optimizer = own
            yield f"{words}.step()", optimizer.step
        for name in STEP_NAMES:
            method = getattr(self.network.thing, name, None)
            if callable(method) and asks_for_rate(method):
                yield f".{name}(rate)", partial(method, rate)

    def optimizer(self) -> tuple[str, Any] | None:
        """The engine's own optimizer, in words and made: once, as whoever trains makes it."""
        if self.own is None:
            for words, make in optimizers(self.network):
                made = make(self.network.given(), self.rate)
                held = {name: getattr(made, name, None) for name in vars_of(made)}
                kept = [name for name, one in held.items() if isinstance(one, GeneratorType)]
                self.network.about["generator"] = ", ".join(kept)[:80]
                self.own = words, made
                break
        return self.own

    def read(self) -> dict[str, Any]:
        """Outputs, loss, parameters and gradients as they are now."""
        self.attempt.during = "read"
        self.network.watch(self.last)
        value, parameters = self.adapter.value, self.network.parameters
        return {
            "outputs": [encode(value(node)) for node in self.outputs],
            "loss": encode(value(self.loss)) if self.loss is not None else None,
            "data": [encode(value(p)) for p in parameters],
            "gradients": [encode(self.gradient(p)) for p in parameters],
        }

    def compute(self, numbers: list[Any], inputs: list[Any]) -> dict[str, Any]:
        """What the network gives at these parameters and inputs, and nothing else."""
        self.set(numbers)
        self.forward(inputs, None)
        self.attempt.during = "read"
        return {"outputs": [encode(self.adapter.value(node)) for node in self.outputs]}


STEPS: Final[dict[str, Callable[..., dict[str, Any] | None]]] = {
    "set": Training.set,
    "forward": Training.forward,
    "backward": Training.backward,
    "zero": Training.zero,
    "update": Training.update,
    "read": Training.read,
    "compute": Training.compute,
}


def steppers(network: Network) -> list[type]:
    """Classes of the engine's own that take steps, but for those that others derive from."""
    space = network.space
    own = [t for t in space.names.values() if isinstance(t, type) and space.is_own(t)]
    return [
        cls for cls in dict.fromkeys(own)
        if callable(step := getattr(cls, "step", None)) and takes(step, 1)
        and cls is not type(network.thing)
        and not any(derives(t, cls) and t is not cls for t in own)
    ]  # fmt: skip


def optimizers(network: Network) -> Iterator[tuple[str, Callable[[Any, float], Any]]]:
    """Classes of the engine's own that look like plain descent, and how each is made in words.

    Not those that want more than parameters and a rate.
    """
    for cls in steppers(network):
        if plain(cls.__name__) in OPTIMIZER_NAMES and (wanted := asked_by_name(cls)):
            listed, named, more = wanted
            words = f"{cls.__name__}(parameters, rate{', …' * more})"
            yield words, partial(called_by_name, cls, listed, named)


def unasked(network: Network) -> list[str]:
    """What else takes steps with parameters: Adam and its like, which nobody here asks."""
    asked = [words.partition("(")[0] for words, _ in optimizers(network)][:1]
    return [
        f"{cls.__name__}.step()" for cls in steppers(network)
        if cls.__name__ not in asked and holds_parameters(cls)
    ]  # fmt: skip


def asked_by_name(cls: type) -> tuple[str, str, bool] | None:
    """What an optimizer calls its parameters and its rate, and whether it takes more besides.

    ``None`` where it has to be given more, or says of neither what it is.
    """
    try:
        wanted = list(inspect.signature(cls).parameters.values())
    except (ValueError, TypeError):
        return None
    named = [p for p in wanted if p.kind is p.POSITIONAL_OR_KEYWORD]
    listed = [p.name for p in named if "param" in p.name.lower() or p.name in LISTED_NAMES]
    rates = [p.name for p in named if p.name in RATE_NAMES]
    if not listed or not rates:
        return None
    others = [p for p in wanted if p.name not in (listed[0], rates[0])]
    any_number = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    if any(p.default is p.empty and p.kind not in any_number for p in others):
        return None
    return listed[0], rates[0], bool(others)


def called_by_name(cls: type, listed: str, named: str, parameters: Any, rate: float) -> Any:
    """A new optimizer of these parameters, at this rate."""
    return cls(**{listed: parameters, named: rate})


def holds_parameters(cls: type) -> bool:
    """Whether a class is given parameters when it is made."""
    try:
        wanted = list(inspect.signature(cls).parameters.values())
    except (ValueError, TypeError):
        return False
    return any("param" in p.name.lower() or p.name in LISTED_NAMES for p in wanted)


def asks_for_rate(method: Callable[..., Any]) -> bool:
    """Whether a method wants one number, and calls it a learning rate."""
    try:
        names = list(inspect.signature(method).parameters)
    except (ValueError, TypeError):
        return False
    return takes(method, 1) and names[0] in RATE_NAMES
