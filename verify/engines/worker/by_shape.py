"""Networks without a usual name, found by what they are: layers stacked, or as many parameters.

What is made here is a network only if it holds as many nodes as one of its sizes has parameters.
"""

from __future__ import annotations

import re
from functools import partial
from types import FunctionType

from .entries import takes
from .floats import as_float
from .namespace import derives
from .naming import CALL_NAMES, LAYER_NAMES, NETWORK_NAMES, NEURON_NAMES, plain
from .order import leaves_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterator, Tuple

    from .adapter import Adapter
    from .namespace import Namespace

    Made = Tuple[str, Callable[..., Any], Tuple[Any, ...]]
    """In words, what makes a network, and of what."""
    Way = Callable[[list[int]], Made]

MAKES: Final = re.compile(
    "(make|build|create|new|get|construct)_*(mlp|nn|(neural_*)?net(work)?|model|perceptron)"
)
"""The names of functions that make a network."""
STACKS: Final = ("layers", "modules", "blocks", "args")
"""What a class calls the layers that it is given."""
TELLING: Final = (2, 3, 1)
"""Sizes at which no other thing holds as many numbers as a network."""
TRIED: Final = (-3.0, -1.0, 0.0, 1.0, 3.0)
FLAT: Final = 1e-9


def by_shape(adapter: Adapter, space: Namespace) -> Iterator[Way]:
    """Ways to make a network of any sizes, of whatever may be one."""
    own = [(name, thing) for name, thing in space.names.items() if space.is_own(thing)]
    types: dict[type, None] = dict.fromkeys(t for _, t in own if isinstance(t, type))
    classes = [c for c in types if not derives(c, adapter.cls) and defines_call(c)]
    known = {*NETWORK_NAMES, *NEURON_NAMES, *LAYER_NAMES}
    others: list[tuple[str, Callable[..., Any]]] = [
        (c.__name__, c) for c in reversed(classes)
        if plain(c.__name__) not in known
    ]  # fmt: skip
    others += [
        (name, thing) for name, thing in own
        if isinstance(thing, FunctionType) and MAKES.fullmatch(name.lower())
    ]  # fmt: skip
    for name, make in others:
        for count in (2, 1):
            if takes(make, count):
                yield partial(of_sizes, name, make, count)
    layers = [c for c in classes if plain(c.__name__) in LAYER_NAMES and takes(c, 2)]
    for cls in classes:
        for layer in layers if (how := stacks(cls)) else ():
            if cls is not layer and not linear(layer, adapter):
                yield partial(of_layers, cls, layer, how)


def of_sizes(name: str, make: Callable[..., Any], count: int, sizes: list[int]) -> Made:
    """A call with the sizes: all in a list, or that of the inputs by itself."""
    args = (sizes,) if count == 1 else (sizes[0], sizes[1:])
    return f"{name}({', '.join(map(repr, args))})", make, args


def of_layers(cls: type, layer: type, how: str, sizes: list[int]) -> Made:
    """A network of layers of these sizes, each given by itself or all in a list."""
    pairs = list(zip(sizes, sizes[1:]))
    made = ", ".join(f"{layer.__name__}({a}, {b})" for a, b in pairs)

    def make() -> Any:
        layers = [layer(a, b) for a, b in pairs]
        return cls(*layers) if how == "*" else cls(layers)

    return f"{cls.__name__}({made})" if how == "*" else f"{cls.__name__}([{made}])", make, ()


def defines_call(cls: type) -> bool:
    """Whether a class, or one of its bases but ``object``, says what comes of a call."""
    return any(name in vars(base) for base in cls.__mro__[:-1] for name in CALL_NAMES)


def stacks(cls: type) -> str:
    """How a class is given its layers: ``*`` for each by itself, ``[`` as a list, ``""`` not so."""
    function = vars(cls).get("__init__")
    if not isinstance(function, FunctionType):
        return ""
    code = function.__code__
    names = code.co_varnames[1 : code.co_argcount]
    star = code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & 4 else ""
    if star in STACKS and not names:
        return "*"
    return "[" if names[:1] and names[0] in STACKS and takes(cls, 1) else ""


def linear(layer: type, adapter: Adapter) -> bool:
    """Whether a layer has no activation of its own: one is put between layers then, by its user."""
    try:
        made = layer(1, 1)
        call = next(getattr(made, name) for name in CALL_NAMES if hasattr(made, name))
        for leaf in leaves_of(made, adapter):
            adapter.assign(leaf, 0.75)
        rows = [call([adapter.make(x)]) for x in TRIED]
        nodes = [row[0] if isinstance(row, (list, tuple)) else row for row in rows]
        y = [as_float(adapter.value(node)) for node in nodes]
    except Exception:  # noqa: BLE001 - the engine's own code
        return True
    slopes = [(b - a) / (q - p) for a, b, p, q in zip(y, y[1:], TRIED, TRIED[1:])]
    return max(slopes) - min(slopes) < FLAT


def as_large(made: Any, sizes: list[int], adapter: Adapter) -> bool:
    """Whether something holds as many numbers as a network of these sizes has parameters."""
    leaves = leaves_of(made, adapter)
    for leaf in leaves:
        as_float(adapter.value(leaf))
    pairs = list(zip(sizes, sizes[1:]))
    weights, biases = sum(a * b for a, b in pairs), sum(sizes[1:])
    return len(leaves) in {weights, weights + biases}
