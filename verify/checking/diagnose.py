"""Which mistake is behind a finding: the triage pattern, and what the graph needs to show it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict

from verify.checking.ties import at_a_tie
from verify.expression.graph import Apply, Const, Leaf
from verify.faults import CATALOGUE
from verify.generators.scenarios import PLAIN
from verify.verdict.consistency import follows
from verify.verdict.judgement import Verdict
from verify.verdict.outcome import Diagnosis, Triage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading
    from verify.faults import Fault
    from verify.generators.scenarios import Scenario
    from verify.verdict.judgement import Judged, Judgement
    from verify.verdict.outcome import Finding

_EARLY: Final = frozenset({"pre-order", "stack-pre-order", "breadth-first", "order-by-address"})
"""Mistakes after which a shared node passes on a gradient that is not whole yet."""
_SPENT: Final = frozenset({"visited-on-class", "backward-once"})
"""Mistakes after which a second pass over the same nodes finds nothing to do."""
BASIC: Final = frozenset({"add", "sub", "mul", "div", "neg", "sum"})
"""Plain arithmetic: around another operation it is exchangeable, and not what is wrong."""
_STEP: Final = 6e-6
"""About the cube root of the unit roundoff: best for central differences in float64."""
RULE: Final = "wrong local derivative of "
"""How titles begin that blame an operation's rule."""
COINCIDE: Final = "where two nodes have equal values"
_EQUAL: Final = (
    "Where all nodes have different values a program like this is right, and it is wrong where two "
    "of them have the same value: nodes of equal value are taken for one. Look at __eq__ and "
    "__hash__, at sets and dictionaries of nodes, at numbers that are compared to tell nodes "
    "apart, and at nodes that are kept by value and handed out again: a node is equal to itself "
    "alone."
)
AGAIN: Final = "where the same numbers were computed with before"
"""The region of what is right the first time and wrong the second, at any numbers."""
_AGAIN: Final = (
    "The program is right with numbers that were never used, and wrong when it is asked again: "
    "what was made for other nodes of the same values comes back, and the gradient goes to those. "
    "Look for results that are kept by value, in a dictionary or by a decorator: every operation "
    "has to make a new node."
)
BY_VALUE: Final = {COINCIDE: _EQUAL, AGAIN: _AGAIN}
"""Regions that name the cause themselves, and what is said of it."""
_AFTER: Final = (
    "One backward pass is right; after {says} {what}. {summary} Something outlives the first pass, "
    "or is lost with it: look for what is kept on the class, in the module or on a node, and is "
    "not set back, or is emptied too early."
)
_ONCE: Final = (
    "By itself the graph is right; after {says}, {what}. {summary} What was made besides takes "
    "part: look for what an operation changes on its operands, such as a count of uses or a list "
    "of users, and for a tape that is always run from its end. A pass may ask only what its output "
    "is made of."
)
_TIMES: Final = {2: "twice", 3: "three times"}
_SUMMARIES: Final[dict[tuple[bool | None, bool | None, bool | None], str]] = {
    (True, False, False): "The forward pass is right and backward is wrong.",
    (True, False, None): "The forward pass is right and backward is wrong.",
    (True, False, True): (
        "The forward pass is right here, but not near here: backward follows it faithfully."
    ),
    (False, False, True): "The forward pass is wrong; backward differentiates it faithfully.",
    (False, False, False): (
        "The forward pass is wrong, and backward does not differentiate it either."
    ),
    (False, False, None): "The forward pass is wrong, and so is the gradient.",
    (False, True, False): "The forward pass is wrong; the gradient is that of the right function.",
    (False, True, True): "The forward pass is wrong by something that has no derivative here.",
    (False, True, None): "The forward pass is wrong; the gradient is right.",
    (False, None, None): "The forward pass is wrong; there is no gradient to look at.",
}


_OPERANDS: Final = 2
"""Those of an operation; a sum of more is several additions."""
_TINY: Final = 1e-30
"""What is smaller, or larger than its inverse, is no number that a person would try."""
_ONE_OF_TWO: Final = (
    " Both operands are the same node here: a dictionary or a set that is keyed by operands keeps "
    "one of the two."
)
_NOTHING: Final = (
    "All of them stay at 0: look whether backward visits the node and runs its rule, whether the "
    "rule's result is kept, and whether a leaf has to be told that it needs a gradient."
)


_OTHERS: Final = (
    "Here it is 0, and at other numbers something arrives: look at the condition that the rule "
    "tells numbers apart by."
)


def triage(engine: Engine, case: Case, judgement: Judgement) -> Triage:
    """Forward right or wrong, gradient right or wrong, gradient consistent with the own forward."""
    if judgement.raised is not None:
        return Triage(None, None, None, f"The engine raises during {judgement.raised.during}.")
    forward = _all_right(judgement, "value")
    gradient = _all_right(judgement, "gradient")
    consistent = _consistent(engine, case, judgement) if gradient is not None else None
    summary = _SUMMARIES.get((forward, gradient, consistent), "")
    return Triage(forward, gradient, consistent, summary)


def own_difference(engine: Engine, case: Case, leaf: int) -> float | None:
    """Central difference of the engine's own output by one leaf, in float64; ``None`` if it fails.

    A witness, not a truth: it shares the engine's forward pass.
    """
    place = case.graph.leaves.index(leaf)
    at = float(case.point[place])
    step = _STEP * max(abs(at), 1.0)
    ends = []
    for moved in (at - step, at + step):
        point = (*case.point[:place], moved, *case.point[place + 1 :])
        reading = engine.run(case.graph, point, (("read",),))[-1]
        value = reading.values[-1] if reading.values else None
        if value is None:
            return None
        ends.append(value)
    difference = (ends[1] - ends[0]) / (2 * step)
    return difference if math.isfinite(difference) else None


UNKNOWN_NAME: Final = re.compile(r"\bname '(\w{1,40})' is not defined")
"""What Python says of a global that is not there: the cause itself."""


class Clues(TypedDict, total=False):
    """What was found out about a wrong answer, besides the answer.

    Attributes:
        scenario: what was done besides one backward pass.
        fault: the mistake of the catalogue that would have said the same.
        needed: the operations without which the case is right; ``None`` if that is not known.
        regions: where it is wrong, see :class:`~verify.verdict.outcome.Finding`.
        named: the diagnosis, where it is known already.
        elsewhere: whether gradients arrive at other numbers, where none does here.
    """

    scenario: Scenario
    fault: Fault | None
    needed: frozenset[str] | None
    regions: tuple[str, ...]
    named: Diagnosis | None
    elsewhere: bool


def diagnose(
    case: Case, wrong: Judged, found: Triage, reading: Reading, clues: Clues
) -> Diagnosis:
    """Name the mistake: the known one that fits, or what the triage and the smallest graph say.

    Args:
        case: the smallest case.
        wrong: its most telling number.
        found: the triage.
        reading: what the engine said.
        clues: what else is known.
    """
    fault, scenario = clues.get("fault"), clues.get("scenario", PLAIN)
    needed, region = clues.get("needed"), next(iter(clues.get("regions", ())), "")
    if fault is not None:
        line = reading.raised.line if reading.raised else None
        return Diagnosis(fault.id, fault.title, fault.explanation, line)
    if scenario is not PLAIN:
        return _after_errors(case, scenario, reading) or _after(scenario, wrong, found, reading)
    names = _written(case) or " and ".join(_suspects(case, needed)) or "a single leaf"
    line = reading.raised.line if reading.raised else None
    where = f" {region}" if region else _far_out(wrong)
    if reading.raised is not None:
        unknown = UNKNOWN_NAME.search(reading.raised.message)
        about = f": {unknown[0]}" if unknown else ""
        title = f"{names} raises {reading.raised.type}{where}{about}"
        return Diagnosis("", title, f"{found.summary} {reading.raised}", line)
    if wrong.truth is not None and not wrong.truth.known:
        explanation = (
            f"There is no finite number here ({wrong.truth.note}), and the engine gives one: look "
            "for an argument that is clamped or shifted. Raising, inf or nan would be honest."
        )
        return Diagnosis("", f"{names}: a finite number where there is none", explanation, line)
    if special := at_a_tie(case, wrong) or _written_over(names, case, wrong, reading):
        return special
    if region in BY_VALUE:
        return Diagnosis("", f"numbers are wrong {region}", BY_VALUE[region], line)
    if found.forward is False:
        return Diagnosis("", f"{names} computes a wrong value{where}", found.summary, line)
    if len(case.graph.operations) == 1 and not repeats(case):
        return (
            _unserved(f"{names}{where}", case, wrong, found, reading)
            or (_here(names, found) if clues.get("elsewhere") and not where else None)
            or _alone(f"{names}{where}", case, found, reading, needed)
        )
    if repeats(case):
        return _shared(case, found, needed, where)
    return Diagnosis("", f"wrong gradient through {names}{where}", found.summary, line)


def _far_out(wrong: Judged) -> str:
    """That it was seen at a number far out alone, if so: of others nothing is known."""
    size = abs(wrong.truth.middle) if wrong.truth is not None and wrong.truth.known else 0.0
    if 0 < size < _TINY:
        return f" where the {wrong.quantity} is as small as {size:.0e}"
    return f" where the {wrong.quantity} is as large as {size:.0e}" if size > 1 / _TINY else ""


def _written_over(
    names: str, case: Case, wrong: Judged, reading: Reading
) -> Diagnosis | None:
    """The diagnosis where an operand is the result afterwards, and was another number before."""
    node = case.graph.nodes[-1]
    became = wrong.got == reading.values[-1] and wrong.got not in case.point
    if wrong.quantity != "value" or wrong.node not in case.graph.leaves or not became:
        return None
    name = case.graph.names[wrong.node]
    explanation = (
        "An operation makes a new node and leaves its operands alone. Here "
        f"{name} is the result afterwards, and whatever else uses {name} computes with another "
        "number."
    )
    if isinstance(node, Apply) and node.inplace:
        explanation += " Without a method of its own for this, Python makes a new node."
    return Diagnosis("", f"{names} writes its result into its operand", explanation)


def _unserved(
    names: str, case: Case, wrong: Judged, found: Triage, reading: Reading
) -> Diagnosis | None:
    """The diagnosis where one operand has a gradient, and another one has none at all."""
    leaves = [i for i in case.graph.leaves if i != wrong.node]
    served = any(reading.gradients[i] is not None for i in leaves)
    if wrong.got is not None or wrong.node not in case.graph.leaves or not served:
        return None
    name = case.graph.names[wrong.node]
    explanation = (
        f"{found.summary} Another operand has its gradient: look whether {name} is kept with its "
        "share, as that one is."
    )
    return Diagnosis("", f"{names} gives {name} no gradient", explanation)


def _here(names: str, found: Triage) -> Diagnosis:
    """The diagnosis where nothing arrives at these numbers, and something at others."""
    return Diagnosis("", f"{RULE}{names}", f"{found.summary} {_OTHERS}")


def _alone(
    names: str, case: Case, found: Triage, reading: Reading, needed: frozenset[str] | None
) -> Diagnosis:
    """The diagnosis of one operation by itself."""
    if needed is not None and not needed and len(case.graph.leaves) > _OPERANDS:
        explanation = f"{found.summary} With other operations in its place it is wrong as well."
        return Diagnosis("", f"wrong gradients in a graph with {names}", explanation)
    if any(reading.gradients[leaf] for leaf in case.graph.leaves):
        return Diagnosis("", f"{RULE}{names}", found.summary)
    title = f"no gradient arrives at the operands of {names}"
    return Diagnosis("", title, f"{found.summary} {_NOTHING}")


def _written(case: Case) -> str:
    """The only operation as it is written, if that is no matter of it alone; ``""`` otherwise.

    With a number beside the node, or in place, another method computes it.
    """
    node = case.graph.nodes[-1]
    if not isinstance(node, Apply) or len(case.graph.operations) != 1:
        return ""
    if node.inplace:
        return node.form
    beside = node.args[:1] if node.op == "pow" else node.args  # a number is the usual exponent
    return node.form if any(isinstance(arg, Const) for arg in beside) else ""


def _shared(case: Case, found: Triage, needed: frozenset[str] | None, where: str) -> Diagnosis:
    """The diagnosis where a node is used more than once."""
    node, most = max(case.graph.uses.items(), key=lambda item: item[1])
    times = _TIMES.get(most, f"{most} times")
    which = "a leaf" if isinstance(case.graph.nodes[node], Leaf) else "an inner node"
    through = f" through {' and '.join(sorted(needed))}" if needed else ""
    explanation = (
        f"{found.summary} The gradient of a node is the sum over its uses, and here {which} is "
        f"used {times}: look for `=` where `+=` belongs, or for a node visited too early, twice or "
        f"not at all.{_ONE_OF_TWO if len(case.graph.operations) == 1 else ''}"
    )
    title = f"gradients of {which} used {times}{through} do not add up{where}"
    return Diagnosis("", title, explanation)


def _after_errors(case: Case, scenario: Scenario, reading: Reading) -> Diagnosis | None:
    """The diagnosis of what is wrong once the engine has raised; ``None`` where it had not to."""
    if not scenario.before:
        return None
    names = case.graph.operations[0] if len(case.graph.operations) == 1 else "what follows"
    what = f"raises {reading.raised}" if reading.raised else "is wrong"
    explanation = (
        f"It is right before, and {what} after {scenario.says}: something was changed on the way "
        "to the exception, and never set back. Look for what is kept outside of the nodes, in the "
        "module or on the class."
    )
    line = reading.raised.line if reading.raised else None
    what = f"raises {reading.raised.type}" if reading.raised else "is wrong"
    return Diagnosis("", f"{names} {what} after {scenario.says}", explanation, line)


def _after(scenario: Scenario, wrong: Judged, found: Triage, reading: Reading) -> Diagnosis:
    line = reading.raised.line if reading.raised else None
    if reading.raised is None and wrong.quantity == "value":
        explanation = (
            f"One pass is right; after {scenario.says} a value is wrong: what was computed before "
            "comes back. Look for nodes or numbers that are kept, in a dictionary or by a "
            "decorator, and used again though their operands have changed."
        )
        return Diagnosis("", f"a value is wrong after {scenario.says}", explanation)
    what = f"raises {reading.raised}" if reading.raised else "gradients are wrong"
    told = _ONCE if scenario.once else _AFTER
    explanation = told.format(says=scenario.says, what=what, summary=found.summary)
    what = f"raises {reading.raised.type}" if reading.raised else "gradients are wrong"
    return Diagnosis("", f"{what} after {scenario.says}", explanation, line)


def moving(found: Diagnosis, answers: Sequence[float | None]) -> Diagnosis:
    """The diagnosis of an engine whose answers change with the places of objects in memory.

    Args:
        found: the diagnosis of the wrong answer.
        answers: different answers of the same program.
    """
    shown = " and ".join("nothing" if x is None else repr(x) for x in answers[:2])
    note = (
        f"The same program says {shown} in different runs: where nodes lie in memory, a hash seed "
        "or chance decides. "
    )
    title = found.title if found.fault else "unstable: another answer from run to run"
    return replace(found, title=title, explanation=note + found.explanation)


def either(found: Diagnosis, known: Sequence[Fault]) -> Diagnosis:
    """The diagnosis with the other mistakes that say the same of all that was tried, if any.

    In which wrong order an engine goes, numbers do not always tell; that it is wrong, they do.
    """
    if len(known) < 2:
        return found
    first, second, *_ = known
    rivals = tuple([other.id for other in known[1:]])
    title = f"either {first.title}, or {second.title}"
    text = (
        f"{first.explanation} Or: {second.explanation} Nothing that was tried tells the two apart."
    )
    if _EARLY.issuperset(fault.id for fault in known):
        title = "a node passes its gradient on before all that use it have handed theirs down"
        text = (
            "Nodes have to be handled in an order in which each one comes after everything that "
            "uses it, and here a shared node comes too early. So it would where "
            f"{first.title}, and where {second.title}: nothing that was tried tells these apart."
        )
    if _SPENT.issuperset(fault.id for fault in known):
        title = "a node passes its gradient on in one backward pass, and in no later one"
        text = (
            "A graph may be differentiated more than once, and here the second pass over the same "
            f"nodes leaves 0. So it would where {first.title}, where {second.title}, and where the "
            "pass takes apart what it goes through: rules or operands that are set to nothing, or "
            "kept in something that can be gone through once, as a generator. Nothing that was "
            "tried tells these apart."
        )
    return replace(found, title=title, explanation=text, rivals=rivals)


def blamed(finding: Finding) -> frozenset[str]:
    """The operations that a finding calls wrong.

    The one that is wrong by itself; those whose code the known mistake changes; where none is
    known, what the smallest graph cannot do without.
    """
    if finding.blames is not None:
        return finding.blames
    case, known = finding.case, CATALOGUE.get(finding.diagnosis.fault)
    plain = not finding.place and not finding.scenario
    operations = frozenset(case.graph.operations)
    alone = operations if plain and len(operations) == 1 else frozenset()
    if known is not None:
        return known.operations | alone
    if finding.place:
        return frozenset()
    suspects = frozenset(_suspects(case))
    # How plain operations work together, or are used again, is none of them's fault.
    return alone | suspects if plain and not repeats(case) else alone | (suspects - BASIC)


def _suspects(case: Case, needed: frozenset[str] | None = None) -> list[str]:
    """The operations of a reduced case, once each: those it needs, or all but plain arithmetic."""
    operations = list(case.graph.kinds)
    if needed:
        return [op for op in operations if op in needed]
    return [op for op in operations if op not in BASIC] or operations


def repeats(case: Case) -> bool:
    """Whether a node is an operand more than once."""
    return any(count > 1 for count in case.graph.uses.values())


def _all_right(judgement: Judgement, quantity: str) -> bool | None:
    verdicts = [n.verdict for n in judgement.numbers if n.quantity == quantity]
    if not verdicts:
        return None
    return Verdict.WRONG not in verdicts


def _consistent(engine: Engine, case: Case, judgement: Judgement) -> bool | None:
    leaves = set(case.graph.leaves)
    told = []
    for number in judgement.numbers:
        if number.quantity != "gradient" or number.node not in leaves:
            continue
        if number.got is None:  # where one is due, what is not there follows from nothing
            told += [False] * (number.verdict is Verdict.WRONG)
            continue
        difference = own_difference(engine, case, number.node)
        if difference is None or not math.isfinite(number.got):
            return None
        told.append(follows(number.got, difference))
        truth = number.truth if number.verdict is Verdict.WRONG else None
        if told[-1] and truth is not None and truth.known and follows(truth.middle, difference):
            return None  # right and wrong are nearer to each other than the difference is sure
    return all(told) if told else None
