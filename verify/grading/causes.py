"""To which criterion a mistake is charged: one cause, one criterion."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.checking.scaling import IN_BACKWARD
from verify.checking.seed import BEGINS
from verify.corpus.population import milestone as step
from verify.expression.graph import Apply
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE, SIZE_BY_NATURE
from verify.grading.criteria import BASE, CRITERIA, asked, beside, own
from verify.grading.evidence import IDLE
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from verify.expression.graph import Case
    from verify.faults import Fault
    from verify.verdict.outcome import Finding

_FAMILIES: Final = {
    "accumulation": "accumulation/reuse",
    "order": "order/shared",
    "graph": "graph/kept",
    "state": "training/state",
    "cost": "robustness/time",
}
"""Where the mistakes of a family are charged, whichever operation shows them.

One about the graph that is in a single operation, and none of the first, is a mistake in that
operation: the graph is asked for with the first operations alone.
"""
_OTHERWISE: Final = {
    "equal-by-value": "backward/chain", "equal-without-hash": "backward/chain",
    "root-not-seeded": "backward/chain",
}  # fmt: skip
"""Where a mistake is charged that is not about what its family is: a graph whose nodes are equal by
value, or go into no set, remembers all, and the pass leaves out nodes of it, or raises; and what a
pass begins with is no matter of its order."""
_ALONG_PATHS: Final = frozenset({
    "", "recursion-without-order", "breadth-first", "pre-order", "stack-pre-order", "listed-twice",
})  # fmt: skip
"""Mistakes in the order, ``""`` for one without a name, of which to follow each path is a part."""
_ORDER: Final = "order/shared"
_PLACES: Final = (
    ("zero_grad", "training/zero_grad"), ("parameter after an update", "training/step"),
    ("training", "training/step"), ("time", "robustness/time"),
)  # fmt: skip
"""Where a finding about no number of a graph is charged, by how its place begins."""
_SCALES: Final = {
    "depth": "robustness/depth", "fan-out": "robustness/reuse", "size": "robustness/size",
    "growth": "robustness/time", "edges": "robustness/edges",
}  # fmt: skip
_SHARED: Final = ("graph/kept", "accumulation/reuse", "order/shared")
_FOLLOWING: Final = ("training/state", "robustness/")
"""Where a mistake is charged that shows by what was done before, or by size."""
_LARGE: Final = 12
"""Operations from which on an expression is about size and not about how it is built."""
_SELDOM: Final = 0.25
"""The share of wrong answers up to which what changes is a matter of being steady alone."""
_ENDS: Final = 50.0
"""Beyond this, and below one in as many, numbers are large or small."""


_IDLE: Final = Diagnosis(
    "",
    IDLE,
    "After the pass all gradients are 0, that of the result itself too, whatever is asked. Either "
    "nothing sets the gradient of the result to 1, or the pass does nothing yet, or it sets all of "
    "them back to 0. Nobody sees so whether operations hand on what they should.",
)


def charged(finding: Finding, right: Collection[str] = (), by_numbers: str = "") -> str:
    """The criterion that a finding is charged to.

    Args:
        finding: small and named.
        right: the forms that are right by themselves.
        by_numbers: the operation that is wrong beside numbers alone; ``""`` where it is none.
    """
    if by_numbers:
        return beside(by_numbers)
    if finding.check == "arithmetic":  # in all that it computes
        return "backward/chain"
    fault = CATALOGUE.get(finding.diagnosis.fault)
    found = _placed(finding) or (_known(fault, finding) if fault else "") or _read(finding, right)
    return found if found in CRITERIA else "backward/chain"


def _placed(finding: Finding) -> str:
    if not finding.place:
        return ""
    if finding.check in _SCALES:
        return _SCALES[finding.check]
    for words, criterion in _PLACES:
        if finding.place.startswith(words):
            return criterion
    alone = "neuron" in finding.place.lower()
    return "networks/neuron" if alone else "networks/mlp"


def _known(fault: Fault, finding: Finding) -> str:
    if fault.id in SIZE_BY_NATURE:
        uses = fault.family == "accumulation"
        depth = "depth" in fault.id
        return f"robustness/{'reuse' if uses else 'depth' if depth else 'size'}"
    ops = sorted(fault.operations)
    if any(isinstance(n, Apply) and n.inplace for n in fault.case.graph.nodes):
        return "numbers/in place"  # whatever goes wrong there, and whatever shows it
    if fault.id in _OTHERWISE:
        return _OTHERWISE[fault.id]
    if fault.family == "graph" and len(ops) == 1 and ops[0] not in BASE:
        return own(ops[0])
    if fault.family in _FAMILIES:
        return _FAMILIES[fault.family]
    if fault.family == "operands":
        op = ops[0] if len(ops) == 1 else _last(finding)
        return beside(op)
    if len(ops) == 1:
        return _by_itself(ops[0], finding)
    return "backward/chain" if len(ops) > 1 or not ops else ""


def _read(finding: Finding, right: Collection[str]) -> str:
    """Where no known mistake says it: from the smallest expression."""
    case = finding.case
    if finding.scenario:
        return "training/state"
    size = len(case.graph.operations)
    if finding.answers and (size > _LARGE or not _often(finding)):
        return "robustness/steady"
    if finding.check in _SCALES and (size > _LARGE or finding.check in {"growth", "edges"}):
        return _SCALES[finding.check]
    if size > _LARGE:
        return "robustness/size"
    blamed = finding.blames or frozenset()
    found = asked(case)
    if size == 1 and step(case) not in {"accumulation", "in place"}:
        (node,) = [n for n in case.graph.nodes if isinstance(n, Apply)]
        usual = next(f.text for f in FORMS.values() if f.op == node.op and all(f.nodes))
        if not all(FORMS[node.form].nodes) and usual not in right:
            found = beside(node.op) if node.form != "a ** 2" else own("pow")
        elif not all(FORMS[node.form].nodes):
            return found
        return _ranged(finding, _by_itself(node.op, finding) if found == own(node.op) else found)
    if len(blamed) == 1 and step(case) in {"chain rule", "numbers", "local derivatives"}:
        return _by_itself(next(iter(blamed)), finding)
    if not case.graph.operations:
        return "backward/chain"
    return found


def _often(finding: Finding) -> bool:
    """Whether so many answers are wrong that what is asked for cannot be relied on."""
    wrong, runs = finding.repeats
    return wrong > _SELDOM * runs


def _ranged(finding: Finding, found: str) -> str:
    """Where numbers far out alone are wrong, it is a matter of their range."""
    far = any(x and not 1 / _ENDS <= abs(x) <= _ENDS for x in finding.case.point)
    return "robustness/range" if far and finding.regions else found


def _by_itself(op: str, finding: Finding) -> str:
    if op in BASE and finding.wrong.quantity == "value":
        return f"values/{op}"
    return own(op)


def _last(finding: Finding) -> str:
    operations = finding.case.graph.operations
    return operations[-1] if operations else "add"


def one_walk(found: Sequence[tuple[Finding, str]]) -> list[tuple[Finding, str]]:
    """Where the pass follows each path, its time is no second mistake beside its order."""
    slow = [made for made, _ in found if made.check == "growth"
            and IN_BACKWARD in made.diagnosis.explanation]  # fmt: skip
    behind = [made for made, criterion in found
              if criterion == _ORDER and made.diagnosis.fault in _ALONG_PATHS]  # fmt: skip
    if not slow or not behind:
        return list(found)
    return [
        (_slow_too(made) if made is behind[0] else made, criterion)
        for made, criterion in found if made not in slow
    ]  # fmt: skip


def _slow_too(finding: Finding) -> Finding:
    told = finding.diagnosis
    more = ("The pass follows each path, too: its time doubles where paths double, though there "
            "are few more nodes.")  # fmt: skip
    return replace(finding, diagnosis=replace(told, explanation=f"{told.explanation} {more}"))


def told_operations(finding: Finding) -> Finding:
    """With those operations alone that are to blame, as far as a known mistake says it.

    The smallest expression needs some operation: that it is wrong with that one and right with
    another says nothing of either where the mistake is in none.
    """
    told = finding.diagnosis
    known = [CATALOGUE[name] for name in (told.fault, *told.rivals) if name in CATALOGUE]
    if told.fault not in CATALOGUE or finding.place:
        return finding
    every = frozenset[str]().union(*(fault.operations for fault in known))
    return replace(finding, blames=(finding.blames or frozenset()) & every or every)


def one_charge(found: Sequence[tuple[Finding, str]]) -> list[tuple[Finding, str]]:
    """What may follow from how nodes work together is charged where that is.

    A pass that is wrong where a node is shared is wrong after a second pass, too, and on large
    graphs; whether there is a second mistake cannot be told before the first is mended.
    """
    shared = [criterion for _, criterion in found if criterion in _SHARED]
    if not shared:
        return list(found)
    return [
        (made, shared[0]) if not made.diagnosis.fault and criterion.startswith(_FOLLOWING) else
        (made, criterion)
        for made, criterion in found
    ]  # fmt: skip


def idle(finding: Finding) -> Finding:
    """Where no graph gets any gradient the pass begins with none, and does nothing that is seen.

    That no operation is wrong cannot be said of it.
    """
    told, reading = finding.diagnosis, finding.reading
    known = told.title == f"{BEGINS} in every graph" or told.fault == "root-not-seeded"
    if not known or reading.raised or any(reading.gradients):
        return finding
    return replace(finding, diagnosis=_IDLE)


def told_once(found: Sequence[tuple[Finding, str]]) -> list[tuple[Finding, str]]:
    """The first of those that say the same, and are charged to the same."""
    first: dict[tuple[str, str], tuple[Finding, str]] = {}
    for made, criterion in found:
        first.setdefault((made.diagnosis.title, criterion), (made, criterion))
    return list(first.values())


def outliving(found: Sequence[tuple[Finding, str]]) -> list[tuple[Finding, str]]:
    """What was found where something outlives a graph.

    What no known mistake says is another sight of the one that is known.

    Args:
        found: each finding with the criterion that it is charged to.
    """
    after = [made for made, criterion in found if criterion.startswith(_FOLLOWING)]
    known = any(made.diagnosis.fault for made in after)
    return [
        (made, criterion)
        for made, criterion in found
        if made not in after or made.diagnosis.fault or not known
    ]


def by_scale(case: Case, criterion: str) -> Diagnosis:
    """What is said where small expressions are right and a large one is not."""
    uses = Counter(p for n in case.graph.nodes if isinstance(n, Apply) for p in n.parents)
    size = len(case.graph.operations)
    where = {
        "robustness/reuse": f"where a node is used {max(uses.values()):,} times",
        "robustness/depth": f"in a chain of {size:,} operations",
    }.get(criterion, f"in a graph of {size:,} operations")
    explanation = (
        f"All that was asked on a small scale is right, and gradients are wrong {where}: look for "
        "a fixed number in the traversal, a list that is cut, or an error that is swallowed."
    )
    return Diagnosis("", f"gradients are wrong {where}, and right on a smaller scale", explanation)
