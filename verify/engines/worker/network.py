"""A network of the engine's own, built and trained step by step."""

from __future__ import annotations

import inspect
from functools import partial
from types import GeneratorType

from .by_shape import TELLING, as_large, by_shape
from .entries import takes
from .errors import Missing, summary
from .floats import encode
from .namespace import derives
from .naming import (
    CALL_NAMES,
    LAYER_NAMES,
    NETWORK_NAMES,
    NEURON_NAMES,
    NEVER_CALLED,
    ZERO_NAMES,
    plain,
)
from .order import arranged, flat, leaves_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterator

    from .adapter import Adapter
    from .namespace import Namespace

PARAMETER_NAMES: Final = ("parameters", "params", "_parameters", "get_parameters", "weights")
ACTIVATIONS: Final = ("tanh", "relu")
"""Names that are given to a network that wants one for its activation."""
HIDDEN: Final = ("hid", "mid", "inner")
"""What stands in the name of an argument that is the size of a layer between the others."""
class Built:
    """How a network is built: a class or a function, the arguments, and both in words."""

    def __init__(self, make: Callable[..., Any], args: tuple[Any, ...], words: str) -> None:
        self.make, self.args, self.words = make, args, words

    def once_more(self) -> Any:
        """A new network, in the mode of use if it has several."""
        made = self.make(*[list(a) if isinstance(a, list) else a for a in self.args])
        settle(made)
        return made


class Network:
    """A network of the engine's own with its parameters, and how it is zeroed and updated."""

    def __init__(self, adapter: Adapter, space: Namespace, sizes: list[int]) -> None:
        self.adapter, self.space = adapter, space
        self.arrange: Callable[[list[Any]], list[Any]] = list
        self.thing, self.call, made, reachable = self.build(sizes)
        self.listed_by, self.parameters = self.find_parameters()
        self.arrange = arranged(self.parameters, reachable, partial(self.another, made))
        self.parameters = self.arrange(self.parameters)
        own = {id(p) for p in self.parameters}
        self.about = {
            "class": type(self.thing).__name__[:80],
            "built": made.words,
            "parameters": len(self.parameters),
            "shared": len(self.parameters) - len(own),
            "hidden": sum(id(leaf) not in own for leaf in reachable),
            "zero": "by the harness",
            "update": "by the harness",
            "replaced": "",
            "differs": self.differs(),
            "overwritten": "",
            "rewritten": "",
            "generator": "",
            "unasked": "",
        }

    def build(self, sizes: list[int]) -> tuple[Any, Callable[[Any], Any], Built, list[Any]]:
        """The first class with a network's name that takes these sizes, or else what is one.

        Returns:
            the network, what runs it, how it was built, the nodes that it holds.

        Raises:
            Missing: if none does.
        """
        problem, ways = None, 0
        classes = list(self.own_classes(NETWORK_NAMES if len(sizes) > 1 else NEURON_NAMES))
        parts = {plain(c.__name__) for c in classes} <= {*NEURON_NAMES}  # of a network, if at all
        if sizes[1:] and parts and (found := self.built_by_shape(sizes)):
            return found
        if not classes and len(sizes) == 2:
            classes = list(self.own_classes(LAYER_NAMES))
        for cls in classes:
            layer = plain(cls.__name__) in LAYER_NAMES
            for words, args in ways_to_build(cls, sizes, layer=layer):
                built, ways = Built(cls, args, words), ways + 1
                try:
                    made = built.once_more()
                    leaves = leaves_of(made, self.adapter)  # before a call leaves its own there
                    call = self.runs(made, sizes[0])
                except NoNode:
                    if leaves:
                        raise
                    continue
                except Exception as error:  # noqa: BLE001 - the engine's own code
                    problem = problem or f"{words} raises {summary(error)}"
                    continue
                return made, call, built, leaves
        if classes and not ways:
            problem = f"no way was found to make a {classes[0].__name__} of its sizes"
        what = "network class here (looked for MLP and its like)"
        what = what if len(sizes) > 1 else "neuron class here"
        raise Missing(problem or f"there is no {what}")

    def built_by_shape(
        self, sizes: list[int]
    ) -> tuple[Any, Callable[[Any], Any], Built, list[Any]] | None:
        """What is a network by its parameters, whatever it is called; ``None`` if nothing is."""
        for way in by_shape(self.adapter, self.space):
            try:
                for each in ([*TELLING], sizes):
                    words, make, args = way(each)
                    made = (built := Built(make, args, words)).once_more()
                    if not as_large(made, each, self.adapter):
                        break
                else:
                    leaves = leaves_of(made, self.adapter)
                    return made, self.runs(made, sizes[0]), built, leaves
            except Exception:  # noqa: BLE001, S112 - something else, then
                continue
        return None

    def runs(self, made: Any, inputs: int) -> Callable[[Any], Any]:
        """What computes the outputs from a list of nodes, tried; ``forward(*x)`` as well."""
        call, tried = runner(made), [self.adapter.make(0.5) for _ in range(inputs)]
        try:
            self.outputs(call(tried))
        except TypeError:
            if not wants_each(call):
                raise
            self.outputs(call(*tried))
            return lambda x: call(*x)
        return call

    def own_classes(self, names: tuple[str, ...]) -> Iterator[Any]:
        """Classes of the engine's own with one of these names, in their order, each once."""
        found = [
            cls
            for name in names
            for cls in self.space.names.values()
            if isinstance(cls, type) and self.space.is_own(cls) and plain(cls.__name__) == name
        ]
        return iter(dict.fromkeys(self.in_use(cls) for cls in found))

    def in_use(self, cls: type) -> type:
        """A class, or the last of those derived from it that differs in how it is zeroed alone.

        Such a one is what is trained, and is made and called as its base is.
        """
        own = [t for t in self.space.names.values() if isinstance(t, type) and self.space.is_own(t)]
        made = {"__init__", *CALL_NAMES, *PARAMETER_NAMES}
        later = [t for t in own if t is not cls and derives(t, cls) and not made & {*vars(t)}]
        return next((t for t in reversed(later) if {*ZERO_NAMES} & {*vars(t)}), cls)

    def outputs(self, returned: Any) -> list[Any]:
        """What a call returned as a list of nodes.

        Raises:
            NoNode: for numbers, which remember nothing of how they were made.
            TypeError: for anything else.
        """
        row = list(returned) if isinstance(returned, (list, tuple)) else [returned]
        if row and all(self.adapter.is_node(node) for node in row):
            return row
        if row and all(isinstance(x, float) for x in row):
            raise NoNode("a network's output is a number and no node")
        raise TypeError("a network's output is no node and no list of nodes")

    def returned(self, given: list[Any]) -> Any:
        """What a call of the network gives; noted where it leaves other inputs in their list.

        That matters to whoever calls it with that list again, and gets other outputs.
        """
        row = [*map(id, given)]
        returned = self.call(given)
        if [*map(id, given)] != row and not self.about["rewritten"]:
            first = self.numbers(returned)
            try:
                again = self.numbers(self.call(given))
            except Exception as error:  # noqa: BLE001 - the engine's own code
                what = f"raises {summary(error)}"
            else:
                what = "gives other outputs" if again != first else ""
            if what:
                self.about["rewritten"] = f"the next call with the same list {what}"
        return returned

    def numbers(self, returned: Any) -> list[Any]:
        """The values of what a call returned."""
        return [encode(self.adapter.value(node)) for node in self.outputs(returned)]

    def find_parameters(self) -> tuple[str, list[Any]]:
        """The nodes that the network calls its parameters, and under which name.

        Raises:
            Missing: if it does not say.
        """
        for name in PARAMETER_NAMES:
            try:
                return name, self.listed(name)
            except Exception:  # noqa: BLE001, S112 - a name that means something else
                continue
        for name in [n for n in dir(self.thing) if "param" in n.lower() and n[:2] != "__"]:
            try:
                if not NEVER_CALLED.search(name.lower()) and (found := self.listed(name)):
                    return name, found
            except Exception:  # noqa: BLE001, S112 - one that means something else, too
                continue
        raise Missing("the network does not say what its parameters are")

    def listed(self, name: str) -> list[Any]:
        """The nodes under this name."""
        return self.arrange(self.listed_of(self.thing, name))

    def listed_of(self, thing: Any, name: str) -> list[Any]:
        """The nodes that a network lists under this name, in its own order."""
        found = getattr(thing, name)
        found = found() if callable(found) else found
        return [p for p in flat(found) if self.adapter.is_node(p)]

    def another(self, built: Built) -> tuple[list[Any], list[Any]]:
        """The parameters of one more network of the kind, and the nodes that it holds."""
        made = built.once_more()
        return self.listed_of(made, self.listed_by), leaves_of(made, self.adapter)

    def watch(self, last: str) -> None:
        """Note after which step the network first lists other nodes than it did."""
        if self.about["replaced"]:
            return
        try:
            now = self.listed(self.listed_by)
        except Exception:  # noqa: BLE001 - the engine's own code
            now = []
        if not self.same(now):
            self.about["replaced"] = f"{last}: {len(now)}"

    def same(self, now: list[Any]) -> bool:
        """Whether these are the nodes that were listed first.

        A compiled network may give new objects for the same nodes, each time it is asked: then
        they are the same where they have what those have that were set.
        """
        if [id(p) for p in now] == [id(p) for p in self.parameters]:
            return True
        again = self.listed(self.listed_by)
        if len(now) != len(self.parameters) or [id(p) for p in again] == [id(p) for p in now]:
            return False
        value = self.adapter.value
        return [value(p) for p in now] == [value(p) for p in self.parameters]

    def differs(self) -> str:
        """What is switched off in every parameter and on in a leaf as the harness makes it."""
        leaf = vars(self.adapter.make(0.5)) if hasattr(self.adapter.make(0.5), "__dict__") else {}
        for name, thing in leaf.items():
            if thing is True and self.parameters and all(
                getattr(p, name, None) is False for p in self.parameters
            ):
                return f"{name}=False"
        return ""

    def given(self) -> Any:
        """The parameters as whoever trains the network gets them: a list, a generator, ….

        Where what is listed is nested, or not all nodes, they are given one after the other.
        """
        found = getattr(self.thing, self.listed_by)
        found = found() if callable(found) else found
        if isinstance(found, (list, tuple, GeneratorType)):
            kept = list(found)
            if len(kept) == len(self.parameters) and all(map(self.adapter.is_node, kept)):
                return (p for p in kept) if isinstance(found, GeneratorType) else found
        return self.parameters

class NoNode(Exception):
    """A network gives numbers where nodes are due."""


def ways_to_build(
    cls: type, sizes: list[int], *, layer: bool = False
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Calls of a network's class, in words and as arguments; of a neuron's or layer's likewise."""
    ways: list[tuple[Any, ...]] = [(sizes[0], sizes[1:]), (sizes,)]
    if len(sizes) == 1 or layer:
        ways = [tuple(sizes)]
    elif each_by_itself(cls, len(sizes)):
        ways = [tuple(sizes), *ways]
    more: list[tuple[Any, ...]] = [(), *[(name,) for name in ACTIVATIONS]]
    if len(sizes) > 1:
        more += [([name] * (len(sizes) - 1),) for name in ACTIVATIONS]
    for rest in more:
        for way in ways:
            args = (*way, *rest)
            if takes(cls, len(args)):
                yield f"{cls.__name__}({', '.join(map(repr, args))})", args


def each_by_itself(cls: type, count: int) -> bool:
    """Whether a network's class wants each layer's size by itself, as its arguments are called.

    ``MLP(n_in, hidden, n_out)``, and ``MLP(*sizes)``: a number elsewhere may be anything.
    """
    try:
        wanted = list(inspect.signature(cls).parameters.values())
    except (ValueError, TypeError):
        return False
    if wanted and wanted[0].kind is inspect.Parameter.VAR_POSITIONAL:
        return True
    names = [p.name.lower() for p in wanted[:count] if p.kind is p.POSITIONAL_OR_KEYWORD]
    middle = [any(word in name for word in HIDDEN) for name in names[1:-1]]
    return len(names) == count > 2 and "in" in names[0] and "out" in names[-1] and all(middle)


def runner(thing: Any) -> Callable[[Any], Any]:
    """What computes a network's outputs: calling it, or a method with a usual name."""
    for name in CALL_NAMES:
        found = getattr(thing, name, None)
        if callable(found):
            call: Callable[[Any], Any] = found
            return call
    raise TypeError("the network cannot be called")


def wants_each(call: Callable[..., Any]) -> bool:
    """Whether something is called with each input by itself, as ``forward(*x)`` is."""
    try:
        kinds = [p.kind for p in inspect.signature(call).parameters.values()]
    except (ValueError, TypeError):
        return False
    return inspect.Parameter.VAR_POSITIONAL in kinds[:1]


def settle(thing: Any) -> None:
    """Put a network that has two modes into that of use, where it does the same each time."""
    stop = getattr(thing, "eval", None)
    if callable(stop) and takes(stop, 0):
        stop()
    elif getattr(thing, "training", None) is True:
        thing.training = False
