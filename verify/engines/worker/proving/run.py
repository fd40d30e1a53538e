"""Loads an engine rewritten, and runs its graphs on numbers that are not known, watched."""

from __future__ import annotations

import ast
import builtins
import hashlib
import os
import sys
from importlib.machinery import SourceFileLoader

from ..attempt import Attempt
from ..errors import NotANode
from ..execute import Run
from ..floats import decode, encode
from ..guard import LIBRARY_FOLDER
from ..naming import CALL_NAMES, LAYER_NAMES, NETWORK_NAMES, NEURON_NAMES, plain
from ..network import PARAMETER_NAMES, Network
from ..source import REWRITE
from ..training import OPTIMIZER_NAMES
from . import formulas, interposed, opaque
from .attributes import behind, overridden
from .belongings import belongs, reached, remember_old
from .decisions import RECORD, Lost
from .instead import adopt_numpy
from .labels import of_leaf, of_operation
from .observed import STATE, group_of, is_own, note
from .rewrite import NAME, rewritten
from .unwatched import BEFORE, hooks, unwatched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterable, Iterator, Mapping

    from ..adapter import Adapter
    from ..namespace import Namespace

    Message = dict[str, Any]

HASHES: Final[dict[str, str]] = {}
"""Of each text that was rewritten."""
FRAMES: Final = 4
"""So many calls stand for one of the engine's."""
INSTALLED: Final = ("site-packages", "dist-packages")
PLAIN_CODE: Final = SourceFileLoader.get_code


def install(request: Message) -> None:
    """Rewrite whatever is imported from now on, but the standard library and installed packages."""
    formulas.install()
    sys.setrecursionlimit(FRAMES * sys.getrecursionlimit())
    setattr(builtins, NAME, interposed)
    REWRITE.append(change)
    BEFORE.extend(hooks())
    named = request["target"].partition(".")[0] if request["kind"] == "module" else ""

    def code(loader: Any, name: str) -> Any:
        path = os.path.abspath(loader.get_filename(name))
        foreign = any(part in path.split(os.sep) for part in INSTALLED)
        ours = path.startswith((LIBRARY_FOLDER, os.path.dirname(__file__) + os.sep))
        if (ours and not foreign) or (foreign and name.partition(".")[0] != named):
            return PLAIN_CODE(loader, name)
        source = loader.get_data(loader.get_filename(name))
        tree = change(ast.parse(source, path), path, name, source)
        return compile(tree, path, "exec", dont_inherit=True)

    SourceFileLoader.get_code = code  # type: ignore[method-assign, assignment]


def change(tree: ast.Module, file: str, module: str, source: bytes | None = None) -> Any:
    """A text rewritten, and remembered as the engine's."""
    RECORD.files.add(file)
    STATE.modules.add(module)
    text = source if source is not None else ast.dump(tree).encode()
    seen = HASHES.get(file, "") if source is None else ""
    HASHES[file] = hashlib.sha256(seen.encode() + text).hexdigest()
    STATE.changeable.add(tree, file)
    return rewritten(tree, STATE.changeable.names)


def adopt(space: Namespace, adapter: Adapter) -> None:
    """Take what is there now for what was there before any graph."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        adopt_numpy(numpy)
    STATE.base = adapter.cls
    others = overridden(adapter.cls, adapter.guess.values())
    STATE.overridden = next(iter(sorted(others)), "")
    remember_old([*space.modules, *sys.modules.values()])
    own = {getattr(sys.modules.get(c.__module__), "__file__", "") for c in adapter.cls.__mro__}
    own |= {code_file(c) for c in adapter.cls.__mro__}
    words = [(word, file, line) for (word, file), line in STATE.changeable.anything.items()]
    STATE.reaches = [each for each in words if each[1] not in own]
    always = [*unwatched(adapter), *[("state", f"line {line} may change anything, by {word}")
                                     for word, file, line in words if file in own]]  # fmt: skip
    STATE.always = {(kind, "", line): what for line, (kind, what) in enumerate(always)}


def code_file(cls: type) -> str:
    """The file of a class's methods."""
    codes = [f.__code__.co_filename for f in vars(cls).values() if hasattr(f, "__code__")]
    return next(iter(codes), "")


class Named:
    """Makes the symbols of constants beside nodes."""

    @staticmethod
    def made(number: Any, name: str) -> Any:
        """A whole number stays one, and so does a truth value."""
        return opaque.made(type(number), name)


def run(adapter: Adapter, space: Namespace, request: Message) -> Message:
    """Build one graph, go backward, and say what was computed, asked, lost and seen.

    Args:
        adapter: how the engine is used.
        space: whose code it is.
        request: ``graph``, where a constant with a ``name`` is any number of its type; ``forced``:
            the first answers; ``point``: for the others, by name, or None for a default;
            ``whole``: names of leaves that are made of an int, ``truths``: of a truth value;
            ``backwards``: whether sets are run
            through from their end; ``residues``: whether formulas are sent modulo a prime;
            ``unread``: whether no number is read before the pass; ``used``: whether the output is
            used once more before it.
    """
    tapes = len(STATE.tapes)
    rows = request.get("graph")
    point = request.get("point")
    point = None if point is None else {name: decode(x) for name, x in point.items()}
    RECORD.begin(request.get("forced") or (), point)
    STATE.begin()
    STATE.backwards = bool(request.get("backwards"))
    RECORD.residues = bool(request.get("residues"))
    STATE.values = frozenset(filter(None, (adapter.value_name, adapter.value_slot)))
    gradient = adapter.guess.get("gradient")
    STATE.gradients = frozenset(filter(None, (adapter.gradient_name, gradient)))
    STATE.notes.update(STATE.always)
    STATE.notes.update({("reach", file, line): word for word, file, line in STATE.reaches})
    if STATE.overridden:
        note("local", f"a class of nodes has a .{STATE.overridden} of its own")
    answer: Message = {"values": [], "gradients": []}
    STATE.constants = frozenset(names_of_constants(rows or ()))
    try:
        with Attempt(space) as attempt:
            if rows is None:
                read_network(adapter, space, request["network"], answer)
            else:
                made = Run(adapter, space, attempt, rows, Named)  # type: ignore[arg-type]
                kinds: dict[str, type] = dict.fromkeys(request.get("whole") or (), int)
                kinds.update(dict.fromkeys(request.get("truths") or (), bool))
                used = bool(request.get("used"))
                read(made, kinds, answer, force=not request.get("unread"), used=used)
    except Lost:
        pass
    finally:
        STATE.phase = None
    if len(STATE.tapes) > tapes:
        return run(adapter, space, request)  # with nothing on the tape but this graph
    if rows is None:
        uncovered()
    answer["raised"] = None if RECORD.lost else attempt.raised
    return {**answer, **recorded()}


def names_of_constants(rows: Iterable[Any]) -> Iterator[str]:
    """What the numbers beside nodes are called."""
    for row in rows:
        yield from (arg["name"] for arg in row[1:] if isinstance(arg, dict) and "name" in arg)


def used_again(run: Run, last: int) -> Any:
    """An operation on the output, which the pass has no business with."""
    STATE.group, STATE.phase = len(run.nodes), "build"
    made = run.adapter.ops["mul"](run.nodes[last], run.nodes[0])
    STATE.phase = None
    belongs([made], len(run.nodes))
    return made


def read(
    run: Run, kinds: Mapping[str, type], answer: Message, *, force: bool, used: bool = False
) -> None:
    """Build, go backward, read; whoever is at work is watched."""
    make(run, kinds, force=force)
    last = len(run.nodes) - 1
    if not run.is_node(run.nodes[last]):
        raise NotANode(last, type(run.nodes[last]).__name__, TypeError("no node"))
    if run.adapter.forward is not None:
        note("local", "forward mode is not watched")
    again = used_again(run, last) if used else None
    STATE.group, STATE.phase = group_of(run.nodes[last]) or last, "backward"
    run.backward(last)
    del again  # it lives until here
    run.attempt.during = "read"
    lookup = run.lookup or run.adapter.gradient
    for index, node in enumerate(run.nodes):
        STATE.group, STATE.phase = group_of(node) or index, "build"
        is_node = run.is_node(node)
        value = run.adapter.value(node) if is_node else node
        is_leaf = run.rows[index][0] == "leaf"  # theorems speak of no other gradients
        found = lookup(node) if lookup is not None and is_node and is_leaf else None
        STATE.phase = None
        answer["values"].append(encode(value))
        answer["gradients"].append(encode(found))


def read_network(adapter: Adapter, space: Namespace, sizes: list[int], answer: Message) -> None:
    """Build a network, give it numbers that are not known, go backward, read.

    Only what is lost matters here: nothing is claimed of other networks, or of a second call.
    """
    network = Network(adapter, space, sizes)
    parts = list(reached([network.thing], lambda key: key in STATE.old))
    COVERED.update(base for part in parts for base in type(part).__mro__)
    enter: Any = adapter.enter
    STATE.phase = "construct"
    for index, parameter in enumerate(network.parameters):
        number: Any = opaque.made(float, f"p{index}")
        adapter.assign(parameter, number)
    inputs = [adapter.make(opaque.made(float, f"x{index}")) for index in range(sizes[0])]
    STATE.phase = "build"
    returned = network.call(list(inputs))
    (output,) = list(returned) if isinstance(returned, (list, tuple)) else [returned]
    belongs([output], 0)
    STATE.group, STATE.phase = group_of(output) or 0, "backward"
    lookup: Any = enter(output) or adapter.gradient
    STATE.phase = "build"
    answer["values"] = [encode(adapter.value(output))]
    answer["gradients"] = [encode(lookup(node)) for node in [*network.parameters, *inputs]]


COVERED: Final[set[type]] = set()
"""Classes of the networks that were run."""


def uncovered() -> None:
    """Tell of the classes that seem to be networks, or parts of them, and were not run."""
    for module in list(sys.modules.values()):
        for cls in list(vars(module).values()) if module.__name__ in STATE.modules else ():
            if isinstance(cls, type) and is_own(cls) and cls not in COVERED and is_network(cls):
                STATE.notes.setdefault(("networks", cls.__name__, 0), cls.__name__)


def is_network(cls: type) -> bool:
    """Whether a class has the name of a network, or parameters and a way to call it."""
    if issubclass(cls, STATE.base) or plain(cls.__name__) in OPTIMIZER_NAMES:
        return False
    named = plain(cls.__name__) in (*NETWORK_NAMES, *NEURON_NAMES, *LAYER_NAMES)
    has = [any(hasattr(cls, name) for name in names) for names in (PARAMETER_NAMES, CALL_NAMES)]
    return named or all(has)


def make(run: Run, kinds: Mapping[str, type], *, force: bool) -> None:
    """Make the nodes, leaves of these names of these kinds; what each reaches belongs to it.

    Where ``force``, each number is read at once: an engine may compute it only then.
    """
    for index, row in enumerate(run.rows):
        run.attempt.node, STATE.group = index, index
        if row[0] == "leaf":
            run.attempt.during, STATE.phase = "construct", "construct"
            kind = kinds.get(row[1], float)
            run.nodes.append(run.adapter.make(opaque.made(kind, row[1])))
            of_leaf(run.nodes[index], index)
            if index == 0:
                STATE.values |= behind(run.adapter.value, run.nodes[0])
                if run.adapter.gradient is not None and run.adapter.forward is None:
                    STATE.gradients |= behind(run.adapter.gradient, run.nodes[0])
        else:
            run.attempt.during, STATE.phase = "forward", "build"
            run.nodes.append(run.apply(row))
            of_operation(run.nodes[index])
            if force and run.is_node(run.nodes[index]):
                STATE.forcing = True
                run.adapter.value(run.nodes[index])
                STATE.forcing = False
        STATE.phase = None
        STATE.operands[index] = {
            arg if (group := group_of(run.nodes[arg])) is None else group
            for arg in row[1:] if type(arg) is int and row[0] != "leaf"
        }
        belongs([run.nodes[index]], index)
    run.attempt.node = None


def recorded() -> Message:
    """Questions, losses, notes and hashes as JSON."""
    asked = []
    for what, left, right, answer in RECORD.asked:
        try:
            asked.append([what, formulas.plain(left), formulas.plain(right), answer])
        except (OverflowError, RecursionError):
            RECORD.lost.append(["a question of a size that is not sent", "", 0])
            break
    name = os.path.basename
    return {
        "asked": asked,
        "lost": [[what, name(file), line] for what, file, line in RECORD.lost],
        "notes": [
            [kind, what, "" if kind in {"edges", "networks"} else name(file), line]
            for (kind, file, line), what in STATE.notes.items()
        ],
        "sources": sorted([name(file), digest] for file, digest in HASHES.items()),
    }
