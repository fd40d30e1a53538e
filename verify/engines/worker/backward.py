"""Which way into the backward pass works: the one that gives the most leaves the right gradient."""

from __future__ import annotations

import re

from .adapter import ABSENT, slot_behind
from .alarm import ALARM, PROBE_SECONDS
from .entries import ALL_AT_ONCE, entries, takes, unnamed
from .errors import OutOfTime, Unusable
from .floats import encode, same
from .forward import find_forward
from .late import after_computing
from .naming import ENTRY_NAMES, GRADIENT_NAMES, ZERO_NAMES, plain, public_first
from .operations import method_caller
from .trials import FULL_SCORE, LEAVES, SHAPES, deep_product, deep_sum, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterable, Iterator, Mapping, Tuple

    from .adapter import Adapter
    from .entries import Entry
    from .namespace import Namespace

    Score = Tuple[int, int]

STUCK_ENOUGH: Final = 2
FUNCTION: Final = re.compile(r"\w+(?=\()")
"""The name of what is called, in the words of a way in."""
DOUBLINGS: Final = 30
USUAL: Final = 10
"""So many names at the head of a list of names are so usual that an engine means just that."""


def named_search(adapter: Adapter, space: Namespace, overrides: Mapping[str, str]) -> Search:
    """The search through the ways in whose names say that they are one."""
    search = Search(adapter)
    search.through(entries(adapter, space, overrides))
    return search


def find_backward(search: Search, space: Namespace, overrides: Mapping[str, str]) -> Score:
    """Choose the way in that gives the most leaves the right gradient, or any gradient.

    Where none that has been searched gives a right one, forward mode is tried, and what has a name
    that says nothing.

    Returns:
        how many leaves get the right gradient, in small graphs of additions and of
        multiplications, and how many get one that a new leaf does not have.

    Raises:
        Unusable: if what might be one does not come back, or an override is no gradient.
    """
    adapter = search.adapter
    if not search.best[0] and not search.stuck and "backward" not in overrides:
        if "gradient" not in overrides and find_forward(adapter, space):
            return FULL_SCORE, FULL_SCORE
        search.through(unnamed(adapter, space, overrides), at_least=search.most)
    entry = search.entry
    one_at_a_time = entry is not None and entry[1] is None and not entry[0].endswith(ALL_AT_ONCE)
    if entry is not None and one_at_a_time and "backward" not in overrides:
        entry = in_linear_time(adapter, entry)
    if entry is None and not search.stuck:
        entry = idle_entry(adapter, space, overrides)
    if entry is not None:
        use(adapter, entry)
        keep_own_reset(adapter, space)
    elif search.stuck:
        raise Unusable("endless", f"{search.stuck[0]}() does not come back, even for a*b*c")
    elif "gradient" in overrides:
        why = why_none(adapter, overrides["gradient"])
        raise Unusable("override", f"gradient = {overrides['gradient']!r}: {why}")
    else:
        adapter.guess["backward"] = "none"
        adapter.notes.append("no backward pass was found: only values can be judged")
    return search.best


def in_linear_time(adapter: Adapter, entry: Entry) -> Entry:
    """The way in, if one that returns a gradient at a time does not walk every path to get it.

    What returns all gradients of a graph is the pass that is meant: its time is the judge's affair.

    Raises:
        Unusable: if it does, which may be right, and may not be what is meant for a graph.
    """
    try:
        ALARM.call(PROBE_SECONDS, doubled, adapter, entry)
    except OutOfTime:
        raise Unusable(
            "not adapted",
            f"{entry[0]} gives right gradients, in a time that doubles with each x = x + x: it "
            "walks every path of a graph; --adapter backward=NAME says if something else is meant",
        ) from None
    except Exception:  # noqa: BLE001, S110 - no addition, say
        pass
    return entry


def doubled(adapter: Adapter, entry: Entry) -> None:
    """The gradient of ``x = x + x``, so often that it takes for ever along every path."""
    leaf = output = adapter.make(1.25)
    for _ in range(DOUBLINGS):
        output = adapter.ops["add"](output, output)
    lookup = entry[2](output)
    lookup(leaf)


class Search:
    """A search through the ways into a backward pass.

    Attributes:
        best: the score of the best way so far.
        entry: that way.
        stuck: what does not come back.
        working: functions, each with where it leaves gradients, that gave some leaf one.
        most: the score of a way that is right in all graphs that can be built.
    """

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self.best: Score = (0, 0)
        self.entry: Entry | None = None
        self.stuck: list[str] = []
        self.working: set[tuple[str | None, str | None]] = set()
        self.shapes = [each for each in SHAPES if builds(adapter, each[0])]
        self.most = max(1, len(self.shapes) * len(LEAVES))

    def through(self, ways: Iterable[Entry], at_least: int = 0) -> None:
        """Try these ways; only those count that are right for so many leaves."""
        for way in ways:
            entry = after_computing(self.adapter, way)
            if any(name in entry[0] for name in self.stuck):
                continue  # the same function in another way
            name = FUNCTION.search(entry[0])
            function = name and name.group(), entry[1]
            if entry[1] is not None and function in self.working:
                continue  # it seeds the output itself: to do so for it would be another engine
            score = self.score(entry)
            if score[1]:
                self.working.add(function)
            better = score > self.best and not self.is_part(entry, score)
            if better and score[0] >= at_least:
                self.best, self.entry = score, entry
            if self.best[0] >= self.most or len(self.stuck) == STUCK_ENOUGH:
                return

    def is_part(self, entry: Entry, score: Score) -> bool:
        """Whether a way that reaches some leaves only is one node's own rule."""
        return score[1] < self.most and is_local_rule(self.adapter, entry[0])

    def score(self, entry: Entry) -> Score:
        """How many leaves get a gradient in this way, and how many the right one."""
        right = changed = 0
        for shape, expected in self.shapes or SHAPES:
            try:
                found = ALARM.call(PROBE_SECONDS, try_entry, self.adapter, entry, shape)
            except OutOfTime:
                self.stuck += FUNCTION.findall(entry[0])[:1]
                break
            except Exception:  # noqa: BLE001, S112 - a way in that does not work
                continue
            right += sum(number(x) == y for x, y in zip(found, expected))
            changed += sum(x is not None for x in found)
        return right, changed


def builds(adapter: Adapter, shape: Callable[[Adapter, list[Any]], Any]) -> bool:
    """Whether the engine has the operations of a graph."""
    try:
        made = ALARM.call(
            PROBE_SECONDS, shape, adapter, [adapter.make(x) for x in LEAVES]
        )
        return adapter.is_node(made)
    except (Exception, OutOfTime):  # noqa: BLE001 - the engine's own code
        return False


def try_entry(
    adapter: Adapter, entry: Entry, shape: Callable[[Adapter, list[Any]], Any]
) -> list[Any]:
    """The gradients of three leaves; None for one that a new leaf has too, or that is none."""
    _, gradient, enter = entry
    leaves = [adapter.make(x) for x in LEAVES]
    output = shape(adapter, leaves)
    before = None
    stored = adapter.gradient_in(gradient) if gradient is not None else None
    if stored is not None:
        try:
            before = stored(leaves[0])
        except Exception:  # noqa: BLE001 - there may be none before the backward pass
            before = None
    lookup = enter(output)
    read: Any = adapter.unwrapped(lookup) if lookup else stored
    found = []
    for leaf in leaves:
        after = read(leaf)
        code = encode(after)
        new = code is not None and not isinstance(code, dict) and code != encode(before or 0.0)
        found.append(after if new else None)
    return found


def idle_entry(adapter: Adapter, space: Namespace, overrides: Mapping[str, str]) -> Entry | None:
    """A method with the usual name that gives no leaf a gradient: a mistake, not a lack."""
    for entry in entries(adapter, space, overrides):
        usual = [name for name in ENTRY_NAMES[:3] if entry[0] == f".{name}()"]
        if usual and entry[1] in GRADIENT_NAMES and hasattr(adapter.cls, usual[0]):
            known = may_be_read(adapter, entry[1])
            return after_computing(adapter, entry) if known else None
    return None


def may_be_read(adapter: Adapter, name: str) -> bool:
    """Whether what is there on a new leaf is nothing, a number or a node: else it is not known."""
    found = getattr(adapter.make(1.0), name, None)
    return adapter.is_node(found) or not isinstance(encode(found), dict)


def is_local_rule(adapter: Adapter, words: str) -> bool:
    """Whether a way in that reaches some leaves only is one node's own rule."""
    name = FUNCTION.search(words)
    return (
        name is not None
        and (name.group().startswith("_") or not hasattr(adapter.cls, name.group()))
        and "." in words
    )


def use(adapter: Adapter, entry: Entry) -> None:
    """Enter in this way from now on, and read and clear gradients where it leaves them."""
    words, gradient, enter = entry
    adapter.enter, adapter.gradient_name = enter, None
    adapter.guess["backward"] = f".{adapter.late}(); {words}" if adapter.late else words
    if gradient is None or gradient.startswith("."):
        adapter.enter = lambda output: adapter.unwrapped(enter(output))
        adapter.guess["gradient"] = "returned" if gradient is None else f"output{gradient}"
        adapter.gradient = lambda _node: None
        return
    adapter.gradient = adapter.gradient_in(gradient)
    adapter.guess["gradient"] = gradient
    leaf = adapter.make(1.0)
    swept = sweep(adapter, enter)
    if swept is not None:
        own = read_or_none(adapter, swept[1])
        adapter.silent = own is None and read_or_none(adapter, swept[0]) is not None
        adapter.gradient_name = slot_behind(adapter.gradient, gradient, swept[0], leaf)
        if adapter.gradient_name is not None:
            adapter.start = getattr(adapter.make(1.0), adapter.gradient_name, ABSENT)


def read_or_none(adapter: Adapter, node: Any) -> Any:
    """A node's gradient after a pass; None where none can be read."""
    try:
        return adapter.gradient(node)  # type: ignore[misc]  # there is one
    except Exception:  # noqa: BLE001 - the engine's own code
        return None


def sweep(adapter: Adapter, enter: Callable[[Any], Any]) -> tuple[Any, Any] | None:
    """A leaf with a gradient, and the output it is of; None where a backward pass fails."""
    leaves = [adapter.make(x) for x in LEAVES]
    try:
        output = deep_product(adapter, leaves)
        ALARM.call(PROBE_SECONDS, enter, output)
    except (Exception, OutOfTime):  # noqa: BLE001 - the engine's own code
        return None
    return leaves[0], output


def keep_own_reset(adapter: Adapter, space: Namespace) -> None:
    """Set gradients back by the engine's own method where nothing else lets it go backward again.

    A pass that marks the nodes it has seen may leave it to ``zero_grad()`` to take the marks away.
    """
    if adapter.gradient_name is None or repeats(adapter, of_each(adapter.clear)):
        return
    for words, reset in own_resets(adapter, space):
        if repeats(adapter, reset):
            adapter.reset = reset
            adapter.notes.append(f"gradients are set back by {words}, the engine's own way")
            return
    if not holds_gradient(adapter):
        adapter.gradient_name = None


def holds_gradient(adapter: Adapter) -> bool:
    """Whether what is set back is the gradient itself, and not the place of it on a tape.

    A node that is given the place of another one has that one's gradient, after a pass as well.
    """
    try:
        leaves = [adapter.make(x) for x in LEAVES]
        shape = deep_product if builds(adapter, deep_product) else deep_sum
        output = shape(adapter, leaves)
        ALARM.call(PROBE_SECONDS, adapter.enter, output)  # type: ignore[arg-type]  # likewise
        held = [getattr(leaf, str(adapter.gradient_name)) for leaf in leaves]
        read = [adapter.gradient(leaf) for leaf in leaves]  # type: ignore[misc]  # there is one
    except (Exception, OutOfTime):  # noqa: BLE001 - the engine's own code
        return False
    return all(same(adapter.number_in(one), other) for one, other in zip(held, read))


def own_resets(
    adapter: Adapter, space: Namespace
) -> Iterator[tuple[str, Callable[[list[Any]], None]]]:
    """Ways in which an engine may set back the gradients of a graph, told its nodes."""
    leaf = adapter.make(1.25)
    for name in ZERO_NAMES:
        if callable(getattr(leaf, name, None)) and takes(getattr(leaf, name), 0):
            call = method_caller(name)
            yield f"output.{name}()", of_output(call)
            yield f"node.{name}()", of_each(call)
        function = space.names.get(name)
        if callable(function) and space.is_own(function):
            if takes(function, 0):
                yield f"{name}()", of_nothing(function)
            if takes(function, 1):
                yield f"{name}(output)", of_output(function)
                yield f"{name}(nodes)", function


def of_output(call: Callable[[Any], Any]) -> Callable[[list[Any]], None]:
    """Calls it on the last node."""
    return lambda nodes: call(nodes[-1])


def of_each(call: Callable[[Any], Any]) -> Callable[[list[Any]], None]:
    """Calls it on each node."""

    def reset(nodes: list[Any]) -> None:
        for node in nodes:
            call(node)

    return reset


def of_nothing(call: Callable[[], Any]) -> Callable[[list[Any]], None]:
    """Calls it; it knows the nodes."""
    return lambda _nodes: call()


def repeats(adapter: Adapter, reset: Callable[[list[Any]], None]) -> bool:
    """Whether a second pass over the same nodes, all set back, gives what the first one gave."""
    try:
        return bool(ALARM.call(PROBE_SECONDS, second_pass, adapter, reset))
    except (Exception, OutOfTime):  # noqa: BLE001 - the engine's own code
        return False


def second_pass(adapter: Adapter, reset: Callable[[list[Any]], None]) -> bool:
    """Go backward twice over one product, or one sum."""
    enter, read = adapter.enter, adapter.gradient
    op = adapter.ops["mul"] if builds(adapter, deep_product) else adapter.ops["add"]
    leaves = [adapter.make(x) for x in LEAVES[:2]]
    nodes = [*leaves, op(*leaves)]
    enter(nodes[-1])  # type: ignore[misc]  # there is one
    first = [encode(read(leaf)) for leaf in leaves]  # type: ignore[misc]
    reset(nodes)
    enter(nodes[-1])  # type: ignore[misc]
    return first == [encode(read(leaf)) for leaf in leaves]  # type: ignore[misc]


def is_usual(adapter: Adapter) -> bool:
    """Whether backward pass and gradient have names that can mean nothing else."""
    name = FUNCTION.search(adapter.guess.get("backward", ""))
    usual = [plain(n) for n in ENTRY_NAMES[:USUAL]]
    gradient = adapter.guess.get("gradient")
    return (
        name is not None and plain(name.group()) in usual and gradient in GRADIENT_NAMES[:USUAL]
    )


def why_none(adapter: Adapter, gradient: str) -> str:
    """Why no gradient can be read where the user says that it is."""
    leaf = adapter.make(1.25)
    if hasattr(leaf, gradient):
        return "no backward pass that was tried changes it; name one with backward = .NAME()"
    names = [n for n in public_first(dir(leaf)) if not callable(getattr(leaf, n, None))]
    return (
        "the nodes have no such attribute or method, before or after a backward pass; "
        f"attributes: {', '.join(names[:20])}"
    )
