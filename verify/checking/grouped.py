"""Findings of one cause are told as one: what of several follows from which."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.checking.arithmetic import DIFFERENCES
from verify.checking.culprit import coincide
from verify.checking.diagnose import AGAIN, BY_VALUE, COINCIDE, UNKNOWN_NAME, either, repeats
from verify.checking.flow import AT_ZERO
from verify.checking.known import knows, values
from verify.checking.last_call import LAST_CALL
from verify.checking.reaching import LOADED
from verify.checking.region import LARGEST, largest_gradient
from verify.checking.saved import ON_OPERAND
from verify.checking.scaling import growth
from verify.checking.started import STARTS
from verify.checking.told import is_plain
from verify.expression.graph import Apply, Const
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE
from verify.faults.match import planted
from verify.generators.compose import depth, depth_made
from verify.generators.scenarios import CAUGHT, SCENARIOS
from verify.verdict.deep import CLIPPED
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from verify.verdict.outcome import Finding, Status

_EQUAL_BY_VALUE: Final = frozenset({"equal-by-value"})
_EVERY_PATH: Final = frozenset({"listed-twice"})
"""Mistakes that take exponential time; where they are planted the walk has an end."""
_NEARLY_ALL: Final = 0.6
"""The share of operations that are wrong by themselves from which on none of them is to blame."""
_SEVERAL: Final = 4
_MANY: Final = 12
"""Of fewer operations all have to be wrong: four of six may have a mistake each."""
_DIFFERENT: Final = 3
"""Operations that are wrong under one condition, of which none is to blame."""
_WITH_A_NUMBER: Final = frozenset({"neg", "sub", "sum", "div"})
"""Operations that may be made of others with a number beside the node: ``a * -1``, ``0 + a``."""
_USES: Final = frozenset({use.says for use in SCENARIOS})
"""Ordinary uses: what goes wrong in several of them without a name has one cause."""
EDGES: Final = "edges"
"""The stage that asks about numbers at the ends of the range."""
ALREADY: Final = "have gradients before"
"""How it is said of a network's parameters that they do not start at 0."""
_ONCE: Final = frozenset({use.says for use in SCENARIOS if use.once})
"""Of them the plainest, with one backward pass."""


def one_each(findings: Sequence[Finding], forms: Mapping[str, Status]) -> tuple[Finding, ...]:
    """The findings, those with one cause as one: silent ones first, then the smallest.

    Args:
        findings: in the order in which they were found.
        forms: status by form, where it is known.
    """
    leading = _one_depth(_one_clip(_one_state(_one_walk(_one_name(_one_step(findings))))))
    leading = _one_number(_one_pass(_one_range(_one_value(leading)), forms), forms)
    leading = _one_start(_one_last_call(leading))
    kept = _one_zero(_one_addition(_one_equality(_one_region(_one_unknown(leading)))))
    return tuple(sorted(kept, key=_order))


def single(finding: Finding) -> str:
    """The operation that a finding shows to be wrong by itself; ``""`` if it shows none."""
    operations = finding.case.graph.operations
    alone = len(operations) == 1 and not repeats(finding.case)
    return operations[0] if alone and is_plain(finding) else ""


def _one_walk(findings: Sequence[Finding]) -> list[Finding]:
    """Where a known mistake visits each path, that explains the time as well as the numbers."""
    faults = [CATALOGUE[f.diagnosis.fault] for f in findings if f.diagnosis.fault in CATALOGUE]
    grows = [f for f in findings if f.check == "growth"]
    every = any(fault.id in _EVERY_PATH for fault in faults)
    if not grows or not (every or any(growth(planted(f)) for f in faults if f.family != "cost")):
        return list(findings)
    return [f for f in findings if f.check != "growth"]


def _one_name(findings: Sequence[Finding]) -> list[Finding]:
    """Where one of several names may explain each of two findings, the name that both have does."""
    kept: list[Finding] = []
    for finding in findings:
        names = _names(finding)
        place = next((i for i, f in enumerate(kept) if len(names) + len(_names(f)) > 2
                      and names.keys() & _names(f).keys()), None)  # fmt: skip
        if place is None:
            kept.append(finding)
            continue
        first = kept[place]
        common = [CATALOGUE[name] for name in _names(first) if name in names]
        told = replace(common[0].diagnosis, formula=first.diagnosis.formula)
        blames = first.blames if common[0].id == first.diagnosis.fault else common[0].operations
        kept[place] = replace(first, diagnosis=either(told, common), blames=blames)
    return kept


def _names(finding: Finding) -> dict[str, None]:
    """The known mistakes that may be behind a finding, the likeliest first."""
    told = finding.diagnosis
    return dict.fromkeys([n for n in (told.fault, *told.rivals) if n in CATALOGUE])


def _one_step(findings: Sequence[Finding]) -> list[Finding]:
    """Where gradients are differences, a step beyond the domain raises: that is no second cause."""
    if not any(f.diagnosis.title == DIFFERENCES.title for f in findings):
        return list(findings)
    raised = [(f, f.reading.raised) for f in findings]
    return [f for f, error in raised if error is None or error.during != "backward"]


def _one_state(findings: Sequence[Finding]) -> list[Finding]:
    """What shows after other uses with an operation that is wrong in one pass already follows.

    A case that is wrong after a scenario was made small without it, where that could be.  What has
    no name is told once, at the plainest use and the smallest case that show it.
    """
    if any(AGAIN in f.regions for f in findings):
        return [f for f in findings if not f.scenario or f.diagnosis.fault]
    blamed = frozenset[str]().union(*(f.blames or () for f in findings if is_plain(f)))
    left = [
        f
        for f in findings
        if not f.scenario or f.diagnosis.fault or not blamed & set(f.case.graph.operations)
    ]
    nameless = [f for f in left if f.scenario in _USES and not f.diagnosis.fault]
    if any(f.scenario in _USES and f.diagnosis.fault for f in left):  # it outlives a pass as well
        return _one_error([f for f in left if f not in nameless])
    first = min(nameless, key=lambda f: (f.scenario not in _ONCE, _order(f)), default=None)
    return _one_error([f for f in left if f is first or f not in nameless])


def _one_value(findings: Sequence[Finding]) -> list[Finding]:
    """What raises on the value of an operation that is wrong by itself was given a wrong number.

    By itself what raises is right there, else it would be small without the other.
    """
    wrong = {single(f) for f in findings if f.triage.forward is False and not f.regions} - {""}
    return [f for f in findings if not (_raises(f) and wrong & _handed_on(f))]


def _raises(finding: Finding) -> bool:
    return finding.reading.raised is not None and is_plain(finding) and not finding.diagnosis.fault


def _handed_on(finding: Finding) -> set[str]:
    """The operations of an expression whose results are operands of others."""
    nodes = finding.case.graph.nodes
    inner = {p for node in nodes if isinstance(node, Apply) for p in node.parents}
    return {node.op for at in inner if isinstance(node := nodes[at], Apply)}


def _one_range(findings: Sequence[Finding]) -> list[Finding]:
    """What is wrong with a form everywhere is no second mistake at the ends of the range."""
    everywhere = [f for f in findings if single(f) and not f.regions and f.check != EDGES]
    return [
        f for f in findings
        if f.check != EDGES or f.diagnosis.fault or not single(f) or f.reading.raised is not None
        or not any(_covers(other, f) for other in everywhere)
    ]  # fmt: skip


def _covers(other: Finding, finding: Finding) -> bool:
    """Whether what is wrong in a finding, value or gradient, is wrong in another of its form."""
    forms = {f.case.graph.nodes[-1].form for f in (other, finding)}  # type: ignore[union-attr]
    seen, more = other.triage, finding.triage
    value = more.forward is not False or seen.forward is False
    return len(forms) == 1 and value and (more.gradient is not False or seen.gradient is False)


def _one_clip(findings: Sequence[Finding]) -> list[Finding]:
    """Where gradients are clipped, what is wrong without a name where one is larger follows."""
    ends = [abs(f.wrong.got or 0) for f in findings if f.diagnosis.title.startswith(CLIPPED)]
    return [
        f
        for f in findings
        if not ends or not is_plain(f) or f.diagnosis.fault
        or largest_gradient(f.case, knows) <= min(ends)
    ]


def _one_depth(findings: Sequence[Finding]) -> list[Finding]:
    """Where nothing is passed below a depth, what is wrong without a name as deep down follows."""
    ends = [depth(f.case.graph) for f in findings if f.check == "depth" and f.place]
    return [
        f for f in findings
        if not ends or f.check == "depth" or f.diagnosis.fault
        or depth_made(f.case.graph) < min(ends)
    ]  # fmt: skip


def _one_error(findings: Sequence[Finding]) -> list[Finding]:
    """What is wrong in several operations after one exception is no matter of an operation."""
    kept = list(findings)
    for use in CAUGHT:
        group = [f for f in kept if f.scenario == use.says and not f.diagnosis.fault]
        if len({f.case.graph.operations for f in group}) < _DIFFERENT:
            continue
        first, *rest = sorted(group, key=_order)
        told = replace(first.diagnosis, title=f"numbers are wrong after {use.says}")
        kept[kept.index(first)] = replace(first, diagnosis=told)
        kept = [f for f in kept if f not in rest]
    return kept


def _one_region(findings: Sequence[Finding]) -> list[Finding]:
    """Operations that are wrong under the same condition are not to blame, if they are several."""
    by_region: dict[str, list[Finding]] = {}
    for one in findings:
        for where in one.regions if single(one) else ():
            by_region.setdefault(where, []).append(one)
    kept = list(findings)
    for where, group in by_region.items():
        if len({single(one) for one in group if one in kept}) < _DIFFERENT:
            continue
        first, *rest = [one for one in group if one in kept]
        title = f"numbers are wrong {where}, whatever the operation"
        named = replace(first.diagnosis, title=title)
        kept[kept.index(first)] = replace(first, diagnosis=named, blames=frozenset())
        kept = [one for one in kept if one not in rest]
        if where.startswith(f"where {LARGEST} is above"):
            edge = float(where.rpartition(" ")[2])
            kept = [o for o in kept if o is kept[0] or not _beyond(o, edge)]
    return kept


def _one_equality(findings: Sequence[Finding]) -> list[Finding]:
    """Where nodes are told apart by value, all that is wrong only where values coincide."""
    equal = [f for f in findings if COINCIDE in f.regions or f.diagnosis.fault in _EQUAL_BY_VALUE]
    if not equal:
        return list(findings)
    return [equal[0], *[f for f in findings if f not in equal and not _equal_too(f)]]


def _equal_too(finding: Finding) -> bool:
    """Whether a finding is one of equal values: where it was found, and where it is small.

    What raises before any gradient is asked for does so whatever the values, and so is wrong what
    has the name of a mistake in an operation.
    """
    raised, known = finding.reading.raised, CATALOGUE.get(finding.diagnosis.fault)
    if known is not None and known.operations:
        return False
    if not is_plain(finding) or (raised is not None and raised.during != "backward"):
        return False
    return coincide(finding.case, values) and coincide(finding.original, values)


def _one_unknown(findings: Sequence[Finding]) -> list[Finding]:
    """A name that is not defined is told once, with all operations that use it."""
    groups: dict[str, list[Finding]] = {}
    for one in findings:
        raised = one.reading.raised
        if raised is not None and single(one) and (match := UNKNOWN_NAME.search(raised.message)):
            groups.setdefault(match[1], []).append(one)
    kept = list(findings)
    for name, (first, *rest) in groups.items():
        if not rest:
            continue
        uses = " and ".join(dict.fromkeys(single(one) for one in (first, *rest)))
        title = f"{uses} raise NameError: name {name!r} is not defined"
        told = replace(first.diagnosis, title=title)
        every = frozenset[str]().union(*(one.blames or () for one in (first, *rest)))
        kept[kept.index(first)] = replace(first, diagnosis=told, blames=every)
        kept = [one for one in kept if one not in rest]
    return kept


def _one_addition(findings: Sequence[Finding]) -> list[Finding]:
    """A sum begins with ``0 + a``: where that is no node, or raises, so does the sum."""
    told = {_failure(one) for one in findings if {*one.case.graph.operations} == {"add"}} - {None}
    return [
        one
        for one in findings
        if {*one.case.graph.operations} != {"sum"} or _failure(one) not in told
    ]


def _one_zero(findings: Sequence[Finding]) -> list[Finding]:
    """Nodes that pass nothing on where they are 0, below several operations: of none the fault."""
    group = [one for one in findings if one.diagnosis.title == AT_ZERO]
    if len(group) < 2:
        return list(findings)
    told = replace(group[0], blames=frozenset())
    return [told if one is group[0] else one for one in findings if one not in group[1:]]


def _one_start(findings: Sequence[Finding]) -> list[Finding]:
    """Where nodes start with a gradient, so do the parameters of a network."""
    known = any(f.diagnosis.title.startswith(STARTS) for f in findings)
    return [f for f in findings if not (known and f.place and f.wrong.reason.startswith(ALREADY))]


def _one_last_call(findings: Sequence[Finding]) -> list[Finding]:
    """Where several operations use the numbers of a later call, it is one place they are in.

    A call in another graph is a call as well: what has no name in other uses follows.
    """
    titles = {one.diagnosis.title for one in findings} & {LAST_CALL, ON_OPERAND.title}
    group = [one for one in findings if one.diagnosis.title in titles]
    if len(titles) != 1:
        return list(findings)
    blames = frozenset[str]().union(*(one.blames or () for one in group))
    told = replace(group[0], blames=blames)
    left = [f for f in findings if f.diagnosis.fault or f.scenario not in _USES]
    return [told if one is group[0] else one for one in left if one not in group[1:]]


def _failure(finding: Finding) -> Hashable:
    """How an answer fails that holds no number to be wrong; ``None`` where all do."""
    raised, cut = finding.reading.raised, finding.reading.cut
    if raised is not None:
        return raised.type, raised.line, raised.returned
    return frozenset(cut.values()) or None


def _beyond(finding: Finding, edge: float) -> bool:
    """Whether a finding without a name is at gradients that are wrong whatever the operation."""
    named = finding.diagnosis.fault or not finding.regions
    return not named or largest_gradient(finding.case, knows) > edge


def _one_pass(findings: Sequence[Finding], forms: Mapping[str, Status]) -> list[Finding]:
    """Where the gradient of nearly every operation is wrong, it is the pass that is wrong."""
    group = [one for one in findings if single(one) and not (one.diagnosis.fault or _by_value(one))]
    silent = [one for one in group if one.reading.raised is None and one.triage.forward]
    wrong = {single(one) for one in silent}
    known = forms or dict.fromkeys(FORMS, "correct")
    statuses = {FORMS[text].op: status for text, status in known.items()}
    if any(one.blames == frozenset() for one in silent):  # others in its place are wrong as well
        told = {op for one in findings for op in (one.blames or one.case.graph.operations)}
        wrong |= {op for op, status in statuses.items() if status == "wrong"} - told
    right = {op for op, status in statuses.items() if status in {"correct", "imprecise"}} - wrong
    share = _NEARLY_ALL if len(right) + len(wrong) >= _MANY else 1
    if len(wrong) < _SEVERAL or len(wrong) < share * len(wrong | right):
        return list(findings)
    first, *rest = silent
    explanation = (
        "Values are right, and the gradients of nearly every operation are wrong: not its rule is "
        "at fault, but what all of them share. Look at where backward begins (the output's own "
        "gradient is 1, every other one starts at 0), at the order, and at what each rule is "
        "multiplied by."
    )
    title = "the backward pass is wrong for nearly every operation"
    named = Diagnosis("", title, explanation + _constant(silent), formula=first.diagnosis.formula)
    told_once = replace(first, diagnosis=named, blames=frozenset())
    return [told_once if one is first else one for one in findings if one not in rest]


def _by_value(finding: Finding) -> bool:
    """Whether what is wrong is right with other numbers: no matter of a rule, nor of the pass."""
    return not BY_VALUE.keys().isdisjoint(finding.regions)


def _one_number(findings: Sequence[Finding], forms: Mapping[str, Status]) -> list[Finding]:
    """Where a number beside a node stops the gradient, all operations with one are one finding.

    With two nodes they are right.
    """
    group = [f for f in findings if single(f) and not f.diagnosis.fault and _stops(f)]
    beside = [f for f in group if _beside(f)]
    pairs = {FORMS[text].op for text, status in forms.items() if status == "correct"
             and all(FORMS[text].nodes)}  # fmt: skip
    if len(group) < 2 or not beside or not {single(f) for f in beside} <= pairs:
        return list(findings)
    group = [f for f in group if _beside(f) or single(f) in _WITH_A_NUMBER]
    first = min(beside, key=_order)
    told = _ON_THE_LEFT if _on_the_left(beside, forms) else _BESIDE
    one = replace(first, diagnosis=told, blames=frozenset())
    return [one if f is first else f for f in findings if f is first or f not in group]


_BESIDE: Final = Diagnosis(
    "",
    "no gradient arrives where a number stands beside the node",
    "With two nodes the same operations are right. If the number is made a node that needs no "
    "gradient, the result may take after it: look for `and` or all() where one operand that "
    "needs a gradient is enough. Negation, differences and sums may be made with a number.",
)
_ON_THE_LEFT: Final = Diagnosis(
    "",
    "no gradient arrives where a number stands on the left of the node",
    "With two nodes, and with the number on the right, the same operations are right. What Python "
    "calls for a number on the left (__radd__, __rmul__ and the like) has to give a node that "
    "remembers self: one that is made of self.data alone does not. sum() begins with 0 + a.",
)


def _on_the_left(beside: Sequence[Finding], forms: Mapping[str, Status]) -> bool:
    """Whether a number stops the gradient on the left alone: on the right it is known not to."""
    there = [(FORMS[text].op, status) for text, status in forms.items()
             if FORMS[text].nodes == (True, False)]  # fmt: skip
    right = {op for op, status in there if status == "correct"}
    right -= {op for op, status in there if status == "wrong"}
    nodes = [f.case.graph.nodes[-1] for f in beside]
    lefts = [n for n in nodes if isinstance(n, Apply) and isinstance(n.args[0], Const)]
    return len(lefts) == len(nodes) and {n.op for n in lefts} <= right


def _stops(finding: Finding) -> bool:
    """Whether values are right, and no leaf gets any gradient though the result is a node."""
    gradients, cut = finding.reading.gradients, finding.reading.cut
    silent = finding.reading.raised is None and bool(finding.triage.forward) and not cut
    return silent and not any(gradients[leaf] for leaf in finding.case.graph.leaves)


def _beside(finding: Finding) -> bool:
    node = finding.case.graph.nodes[-1]
    return isinstance(node, Apply) and any(isinstance(arg, Const) for arg in node.args)


def _constant(findings: Sequence[Finding]) -> str:
    """What to say where all of several gradients are off by the same number."""
    pairs = [(one.wrong.got, one.wrong.truth) for one in findings]
    off = {got - truth.middle for got, truth in pairs if got is not None and truth is not None}
    if len(pairs) < 2 or len(off) != 1:
        return ""
    return f" Here they are off by {off.pop():g} each: does a gradient start at that?"


def _order(finding: Finding) -> tuple[bool, bool, int, int]:
    """What casts doubt on all answers first, then silent ones before errors, then small ones."""
    graph, raised = finding.case.graph, finding.reading.raised is not None
    return finding.check != LOADED, raised, len(graph.operations), len(graph.nodes)
