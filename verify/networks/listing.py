"""Whether the parameters that a network lists are those that it computes with."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from verify.generators.architectures import Architecture
from verify.networks.influence import influence, without_effect
from verify.networks.mistake import Mistake
from verify.networks.questions import ask, moved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import Engine
    from verify.expression.reading import NetworkReading
    from verify.networks.task import Exercise

_TELLING = (2, 3, 1)
_LAST_LAYER = (3, 4)
"""What its last layer has, without a bias and with one."""
_EXCHANGED = (
    ": others took their place after the list was made, and what computes the output is never "
    "updated. A list that is made anew at every call holds what is there then."
)
_NEVER_LEARNED = "What parameters() does not list is never updated and never set to zero."


def mislisted(engine: Engine, exercise: Exercise, reading: NetworkReading) -> Mistake | None:
    """What is wrong with the list; ``None`` if nothing is.

    Args:
        engine: asked again where the number of parameters does not tell.
        exercise: what the network did.
        reading: what it said.
    """
    sizes, n, hidden = exercise.layers, reading.parameters, reading.hidden
    usual, weights = Architecture().count(sizes), Architecture(biased=False).count(sizes)
    if reading.shared:
        return _shared(sizes, reading)
    if not hidden:
        return None
    if n == hidden == usual or (n == hidden == weights and n + hidden != usual):
        reason = "parameters() lists copies, not what the network computes with"
        return _listing(reason, "parameters-copied")
    if n in {usual, weights} and (stale := _stale(engine, exercise, n, hidden)):
        return stale
    return _left_out(engine, exercise, n, hidden) if n + hidden in {usual, weights} else None


def _left_out(engine: Engine, exercise: Exercise, n: int, hidden: int) -> Mistake:
    """Which of the parameters are not listed, where all of them together are a usual number."""
    sizes, weights = exercise.layers, Architecture(biased=False).count(exercise.layers)
    reason = f"parameters() lists {n} of {n + hidden}"
    if not n:
        return _listing(reason, "", _nothing(engine, sizes, hidden), _NEVER_LEARNED)
    if len(sizes) > 2:
        if engine.network(_TELLING, ()).parameters in _LAST_LAYER:
            return _listing(reason, "layers-not-registered")
        return _listing(reason, "", f"parameters() lists only {n} of {n + hidden}", _NEVER_LEARNED)
    if sizes[-1] == 1:
        if n == weights and _no_bias(engine, exercise, n):
            return _listing(reason, "biases-not-registered")
        return _listing(reason, "", f"parameters() lists only {n} of {n + hidden}", _NEVER_LEARNED)
    if n == sizes[0] + 1:
        return _one_neuron(engine, exercise, n, reason)
    return _listing(reason, "biases-not-registered" if n == weights else "", reason)


def _stale(engine: Engine, exercise: Exercise, n: int, hidden: int) -> Mistake | None:
    """As many listed nodes have no effect as the network holds others that it does not list."""
    found = influence(engine, exercise.sizes, n)
    if found is None or found.again or found.constant:
        return None
    idle = [i for i, used in enumerate(found.parameters) if not used]
    if len(without_effect(engine, exercise.sizes, n, idle)) != hidden:
        return None
    what = "1 node" if hidden == 1 else f"{hidden} nodes"
    title = f"parameters() lists {what} that the network does not compute with"
    reason = f"{hidden} of {n} have no effect, and the network holds {hidden} that are not listed"
    return _listing(reason, "", title, f"{title}{_EXCHANGED}")


def _no_bias(engine: Engine, exercise: Exercise, n: int) -> bool:
    """Whether it is the biases that are left out: here, and in a larger network if there is one.

    Where all inputs are 0, weights have no effect.
    """
    p, x = exercise.parameters[:n], (0.0,) * len(exercise.inputs)
    outputs = ask(engine, exercise.sizes, [(p, x), *[(moved(p, i, 0.25), x) for i in range(n)]])
    more = engine.network(_TELLING, ()).parameters
    same = len(outputs) > n and all(row == outputs[0] for row in outputs)
    return same and more in {0, Architecture(biased=False).count(_TELLING)}


def _nothing(engine: Engine, sizes: Sequence[int], hidden: int) -> str:
    """What to say where nothing is listed: of one layer that may be the last, of one neuron too."""
    more = engine.network(_TELLING, ()).parameters if len(sizes) == 2 else 0
    each = _TELLING[0] + (hidden == Architecture().count(sizes))  # of a neuron in its first layer
    if more == each * _TELLING[1]:
        return "parameters() leaves out the last layer"
    if more == each * (_TELLING[1] - 1) and (which := _left_neuron(engine, sizes[0], 2)):
        return f"parameters() of a layer leaves out its {which} neuron"
    return "parameters() leaves out a layer" if more else "parameters() lists nothing"


def _left_neuron(engine: Engine, inputs: int, wide: int) -> str:
    """Which neuron of a layer is not listed, where it is one: the first, or the last.

    Of two the other one is listed, and moves its output alone; of three two are.
    """
    sizes = inputs, wide
    n = engine.network(sizes, ()).parameters
    if not n or engine.network((inputs, wide + 1), ()).parameters * (wide - 1) != n * wide:
        return ""
    p, x = (0.5,) * n, (0.5,) * inputs
    outputs = ask(engine, sizes, [(p, x), *[(moved(p, i, 0.25), x) for i in range(n)]])
    moves = {
        k for row in outputs[1:] for k, (y, z) in enumerate(zip(row, outputs[0], strict=False))
        if y != z
    }  # fmt: skip
    return {(*range(1, wide),): "first", (*range(wide - 1),): "last"}.get(tuple(sorted(moves)), "")


def _shared(sizes: Sequence[int], reading: NetworkReading) -> Mistake:
    """One object at several places of the list: it is there more often, or listed more often."""
    n, distinct = reading.parameters, reading.parameters - reading.shared
    usual, weights = Architecture().count(sizes), Architecture(biased=False).count(sizes)
    reason = f"{reading.shared} of {n} parameters are listed more than once"
    small = (n, distinct) == (usual, weights) == (2, 1)
    if n > usual or distinct + reading.hidden >= usual or small:
        if n == 2 * distinct:
            return _listing(reason, "parameters-twice")
        title = f"parameters() lists {reading.shared} of its parameters more than once"
        why = "What is listed more than once is updated more than once at each step."
        return _listing(reason, "", title, why)
    if len(sizes) > 2:
        shapes = list(pairwise(sizes))
        if distinct == sum([a * b + b for a, b in set(shapes)]) and len(set(shapes)) < len(shapes):
            title = "layers share their parameters: several are one object"
            return _listing(reason, "", title, f"{title}. Each layer needs parameters of its own.")
        title = "several parameters are one object"
        why = "Each needs an object of its own: [x] * n lists the same one n times."
        return _listing(reason, "", title, f"{title}. {why}")
    nin, nout = sizes
    if nout > 1:
        if distinct == nin + (n == usual):
            return _listing(reason, "neurons-shared")
        if n == usual and distinct == usual - nout + 1:
            return _listing(reason, "one-bias-for-layer")
    return _listing(reason, "weights-shared")


def _one_neuron(engine: Engine, exercise: Exercise, n: int, reason: str) -> Mistake:
    """Which neuron of a layer is the one that is listed: that whose output its numbers move."""
    p, x, wide = exercise.parameters[:n], exercise.inputs, exercise.layers[-1]
    if wide == 2 and (which := _left_neuron(engine, exercise.sizes[0], wide)):
        title = f"parameters() of a layer leaves out its {which} neuron"
        return _listing(reason, "", title, _NEVER_LEARNED)
    outputs = ask(engine, exercise.sizes, [(p, x), *[(moved(p, i, 0.25), x) for i in range(n)]])
    if len(outputs) == n + 1:
        pairs = [(row, outputs[0]) for row in outputs[1:]]
        moves = {k for row, base in pairs for k in range(len(base)) if row[k] != base[k]}
        if moves == {wide - 1}:
            return _listing(reason, "parameters-of-last-neuron")
        if moves == {0}:
            title = "parameters() of a layer lists its first neuron's only"
            return _listing(reason, "", title, _NEVER_LEARNED)
    return _listing(reason, "biases-not-registered" if n == wide else "", reason)


def _listing(reason: str, fault: str, title: str = "", explanation: str = "") -> Mistake:
    return Mistake("parameters", reason, fault, title, explanation)
