"""Findings of one run: made small, named, and each mistake reported once.

A failing case is first held against what was found already: a known mistake that would have
answered just this, an operation that is wrong by itself, uses of a node that do not add up.  What
these explain is left alone.  What is new is made small, looked into, and kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from verify.checking import unstable
from verify.checking.arithmetic import DIFFERENCES
from verify.checking.assess import finding, perform
from verify.checking.composed import explained, follows, parts, spelled_out
from verify.checking.culprit import (
    coincide,
    coincidence,
    comes_back,
    depends,
    essential,
    split,
    untied,
    without,
)
from verify.checking.diagnose import AGAIN, COINCIDE, moving, repeats
from verify.checking.flow import aside, stopped
from verify.checking.region import LARGEST, largest_gradient, regions
from verify.checking.scaling import growth
from verify.checking.stability import answers
from verify.checking.told import Told, is_plain
from verify.expression.graph import Apply, Const
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE
from verify.faults.match import (
    Observation,
    explains,
    fresh,
    observed,
    planted,
    recognise,
    recognise_chance,
    recognise_in_orders,
    recognise_noise,
    recognise_unstable,
)
from verify.generators.scenarios import CAUGHT, PLAIN, SCENARIOS, cluttered
from verify.generators.shrink import apart, reduce
from verify.oracles.registry import by_interval, remembered
from verify.verdict.deep import CLIPPED
from verify.verdict.judge import Verdict
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Raised, Reading, Truth
    from verify.faults import Fault
    from verify.generators.scenarios import Scenario
    from verify.oracles.registry import Testimony
    from verify.verdict.outcome import Finding, Status

_PATTERNS: Final = 4
SCALES: Final = frozenset({"depth", "fan-out", "size", "large gradients", "small gradients"})
"""Stages that compare scales: what is wrong now and then looks like a limit there."""
_EQUAL_BY_VALUE: Final = frozenset({"equal-by-value"})
_SMALL: Final = 3
"""Operations at most of a case that is asked where it is wrong."""
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
_BESIDE: Final = next(u.says for u in SCENARIOS if u.name == "a second graph on the same leaves")
"""Of them the plainest, with one backward pass."""
_UNKNOWN: Final[Mapping[str, Status]] = MappingProxyType({})


@dataclass(slots=True)
class Findings(Told):
    """What a check has found so far, made small and named.

    Attributes:
        engine: the engine under test.
        usable: the forms that the engine has and that are right by themselves.
    """

    engine: Engine
    usable: Collection[str] = tuple(FORMS)

    def add(
        self,
        stage: str,
        seen: Examined,
        scenario: Scenario = PLAIN,
        *,
        built: Case | None = None,
        engine: Engine | None = None,
    ) -> Iterator[Finding]:
        """Reduce and name what was judged wrong; yields the finding if it is a new one.

        Args:
            stage: that found it.
            seen: the evidence, as it was read: it stands, whether it happens again or not.
            scenario: after which it was read.
            built: the case that the scenario starts from, if not the one that was judged.
            engine: the process in which it is, if not the first one.
        """
        if self.full:
            return
        look = _Look(engine or self.engine, scenario, self.usable, self.blamed)
        new = self._new(built or seen.case, seen, look)
        if new is None:
            return
        made, fault = look.found(stage, *new)
        alone = not made.scenario and not made.place
        if alone and explained(self.engine, made.case, self.blamed):
            self.stale += 1
        elif self.enter(made, fault):
            yield made

    def grouped(self, forms: Mapping[str, Status] = _UNKNOWN) -> tuple[Finding, ...]:
        """The findings, those with one cause as one: silent ones first, then the smallest.

        Args:
            forms: status by form, where it is known.
        """
        leading = _one_clip(_one_state(_one_walk(_one_step(self._leading()))))
        leading = _one_number(_one_pass(leading, forms), forms)
        kept = _one_addition(_one_equality(_one_region(leading)))
        return tuple(sorted(kept, key=_order))

    def _leading(self) -> list[Finding]:
        """Without those whose operations are composed of others that are wrong."""
        changing = any(f.answers and (f.blames or f.diagnosis.fault) for f in self.found)
        return [
            f
            for f in self.found
            if not self._consequence(f) and not (changing and f.check in SCALES)
        ]

    def _consequence(self, finding: Finding) -> bool:
        """Whether what other findings blame explains this one."""
        if finding.answers and not finding.blames and not finding.diagnosis.fault:
            wrong = frozenset[str]().union(*(f.blames or () for f in self.found if is_plain(f)))
            case, repeats = finding.case, finding.repeats
            return unstable.from_others(self.engine, case, repeats, wrong, values)
        scale = finding.check in SCALES and not finding.answers and not finding.diagnosis.fault
        if not is_plain(finding) and not scale:
            return False
        others = [f.blames or frozenset() for f in self.found if f is not finding and is_plain(f)]
        wrong = frozenset[str]().union(*others) - set(finding.blames or ())
        named = [CATALOGUE[f.diagnosis.fault] for f in self.found if f.diagnosis.fault in CATALOGUE]
        if named and not finding.diagnosis.fault:
            seen = observed(self.engine, finding.case, knows)
            if any(explains(fault, seen) for fault in named):
                return True
        if scale:
            look = _Look(self.engine, PLAIN, self.usable, wrong)
            there = wrong & set(finding.case.graph.operations)
            return any(depends(finding.case, op, look.asked, self.usable) for op in there)
        if op := _single(finding):
            return bool(follows(self.engine, op, wrong))
        return not finding.diagnosis.fault and explained(self.engine, finding.case, wrong)

    def accounts_for(
        self, case: Case, scenario: Scenario, reading: Reading, testimony: Testimony
    ) -> bool:
        """Whether a known mistake that was found already would have been wrong in just this way."""
        if not self.faults:
            return False
        return self.explains(Observation(case, scenario, reading, testimony.loosened()))

    def _new(self, case: Case, seen: Examined, look: _Look) -> tuple[Case, Examined] | None:
        """The part of a failing case that what was found already does not explain, if any."""
        raised = seen.reading.raised
        if raised is not None and raised.line and (raised.type, raised.line) in self.keys:
            return None
        if self.accounts_for(case, look.scenario, seen.reading, seen.testimony):
            return None
        if look.scenario is not PLAIN or not self.found:
            return case, seen
        blamed = self.blamed & set(case.graph.operations)
        if blamed:
            rest = without(case, blamed, values(case))
            left = None if rest is None else look.judged(rest)
            if rest is None or left is None:
                return None
            case, seen = rest, left
        if any(not f.blames and not f.place and repeats(f.case) for f in self.found):
            parted = untied(case, values(case))
            if parted is not None and look.judged(parted) is None:
                return None
        return case, seen


@dataclass(slots=True)
class _Look:
    """One engine after one scenario, and whether it says the same each time."""

    engine: Engine
    scenario: Scenario
    usable: Collection[str]
    wrong: frozenset[str]
    flaky: bool = False
    pattern: tuple[str, bool] | None = None

    def found(self, stage: str, case: Case, read: Examined) -> tuple[Finding, Fault | None]:
        """The finding of a case that failed, and the known mistake behind it."""
        again = [bool(e.judgement.wrong) for e in self._among_others(case)]
        self.flaky = len(set(again)) > 1
        if not any(again) and self.judged(case) is None:
            return self._unstable(stage, case, read), None
        self.pattern = _pattern(read)
        case = self._within(case, read.reading.raised)
        small = reduce(case, self.fails, values=values, wrong=self.wrong)
        small = split(apart(small, self.fails), self.fails)
        seen = self.judged(small)
        if seen is None:  # it failed, and will not do so again
            small, seen = case, self.judged(case) or read
        number = seen.judgement.wrong[0]
        said = answers(self.engine, small, (number.quantity, number.node), self.scenario)
        if len(said) > 1 or self.flaky:
            return self._changing(stage, case, small, seen, said)
        return self._named(stage, case, small, seen)

    def _within(self, case: Case, raised: Raised | None) -> Case:
        """The case without operations that raise only because one of which they are made does."""
        if raised is None or not raised.line:
            return case
        for other in spelled_out(case):
            seen = self._quickly(other)
            wrong = seen is not None and seen.judgement.wrong
            if wrong and seen is not None and _at(seen.reading.raised) == _at(raised):
                return self._within(other, raised)
        return case

    def _named(
        self, stage: str, case: Case, small: Case, seen: Examined
    ) -> tuple[Finding, Fault | None]:
        """The finding of a small case that is wrong each time, with all that names its cause."""
        plain = self.scenario is PLAIN
        nobody = not plain or aside(small, seen.judgement) is not None
        needed = frozenset[str]() if nobody else essential(small, self.fails, self.usable)
        if needed and stopped(small, seen.judgement) is not None:
            needed = needed & {small.graph.operations[-1]} or needed
        others = fresh(small, self.usable)
        known = recognise(self.engine, small, knows, self.scenario, others)
        fault = next(iter(known), None)
        silent = seen.reading.raised is None  # what raises may be deep inside of a composition
        if fault and silent and needed and fault.operations:
            fault = fault if fault.operations & parts(needed) else None
        where: tuple[str, ...] = ()
        if fault is None and plain:
            if comes_back(small, self.asked):
                where, needed = (AGAIN,), frozenset()
            elif coincidence(small, self.asked, values):
                where, needed = (COINCIDE,), frozenset()
            elif len(small.graph.operations) <= _SMALL:
                where = regions(small, self.asked, knows, self.astray)
        made = finding(
            self.engine,
            seen,
            stage,
            case,
            scenario=_plain_or(self.scenario),
            fault=fault,
            needed=needed,
            regions=where,
        )
        made = made if plain else replace(made, built=small)
        if fault is not None and len(known) > 1:
            named = replace(
                made.diagnosis,
                title=f"either {fault.title}, or {known[1].title}",
                explanation=f"{fault.explanation} Or: {known[1].explanation} Nothing that was "
                "tried tells the two apart.",
                rivals=tuple([other.id for other in known[1:]]),
            )
            made = replace(made, diagnosis=named)
        return made, fault

    def _changing(
        self,
        stage: str,
        case: Case,
        small: Case,
        seen: Examined,
        said: tuple[float | None, ...],
    ) -> tuple[Finding, Fault | None]:
        """The finding where an answer changes: by the places of objects, or for no such reason."""
        plain = self.scenario is PLAIN
        fault = recognise_in_orders(self.engine, small, knows, self.scenario)
        fault = fault or recognise_unstable(self.engine, small, self.scenario)
        number = seen.judgement.wrong[0]
        place = (number.quantity, number.node)
        again = unstable.tally(self.engine, small, place, self.scenario)
        if fault is None and (again.noisy or len(again.wrong) not in {0, again.runs}):
            return self._unstable(stage, small if plain else case, seen), None
        if len(said) < 2:
            return self._named(stage, case, small, seen)
        scenario = _plain_or(self.scenario)
        made = finding(self.engine, seen, stage, case, scenario=scenario, fault=fault)
        repeated = len(again.wrong), again.runs
        named = moving(made.diagnosis, said)
        start = None if plain else small
        return replace(
            made, answers=said, repeats=repeated, diagnosis=named, built=start
        ), fault

    def _unstable(self, stage: str, case: Case, read: Examined) -> Finding:
        """The finding of what does not happen again, as it was read."""
        made = finding(self.engine, read, stage, case, scenario=_plain_or(self.scenario))
        what = unstable.nature(self.engine, case, made.wrong, self.scenario, self.usable)
        said = tuple(dict.fromkeys((made.wrong.got, *what.tally.answers)))
        told = unstable.told(what, made.wrong, read.case.graph.operations)
        if fault := self._chance(what):
            evidence = f"{told.explanation} {fault.explanation}"
            title = f"unstable: {fault.title}"
            told = replace(told, fault=fault.id, title=title, explanation=evidence)
        return replace(
            made,
            answers=said,
            repeats=(len(what.tally.wrong), what.tally.runs),
            blames=what.operations,
            diagnosis=told,
        )

    def _chance(self, what: unstable.Nature) -> Fault | None:
        """The known mistake that draws lots, or adds noise, as the engine does."""
        if what.tally.noisy:
            return recognise_noise(self.engine, what.case, knows)
        return None if what.every else recognise_chance(self.engine, what.case, self.scenario)

    def fails(self, case: Case) -> bool:
        """Whether the engine is wrong on the case, and in the same way."""
        seen = self._quickly(case)
        if seen is None or not seen.judgement.wrong:
            seen = self.judged(case) if self.flaky else None
        return seen is not None and self.pattern in {None, _pattern(seen)}

    def asked(self, case: Case) -> bool | None:
        """Whether the engine is wrong on the case; ``None`` where that cannot be told."""
        seen = self._quickly(case)
        if seen is None or seen.judgement.verdict is Verdict.UNDECIDED:
            return None
        return bool(seen.judgement.wrong)

    def astray(self, case: Case) -> float:
        """How many bounds the furthest wrong number is from the truth; 0 if none is wrong."""
        seen = self._quickly(case)
        pairs = [] if seen is None else [(n.got, n.truth) for n in seen.judgement.wrong]
        away = [
            abs(got - e.middle) / e.bound
            for got, e in pairs
            if got is not None and e is not None and e.bound
        ]
        return max(away, default=0.0 if not pairs else math.inf)

    def _quickly(self, case: Case) -> Examined | None:
        """What the interval oracle alone says: what is kept in the end is held before all."""
        return perform(self.engine, case, self.scenario, _known)

    def judged(self, case: Case) -> Examined | None:
        """What was read and judged, where the engine is wrong; now and then, if it is so."""
        seen = perform(self.engine, case, self.scenario)
        if seen is not None and _accuses(seen):
            return seen
        if self.flaky:
            return next(filter(_accuses, self._among_others(case)), None)
        return None

    def _among_others(self, case: Case) -> Iterator[Examined]:
        for pattern in range(_PATTERNS):
            seen = perform(self.engine, case, cluttered(pattern, self.scenario))
            if seen is not None:
                yield seen


def knows(case: Case) -> Truth:
    """The truth about a case, with what honest formulas may lose."""
    return _known(case).loosened()


def values(case: Case) -> Sequence[float | None]:
    """The true value of each node; ``None`` where there is no such float."""
    return [e.middle if e is not None and e.known else None for e in _known(case).truth.values]


@remembered(1 << 12)
def _known(case: Case) -> Testimony:
    """What the interval oracle alone says of a case, for all engines that are asked about it."""
    return by_interval(case)


def _pattern(seen: Examined) -> tuple[str, bool]:
    """How a case is wrong: what is raised, and whether a value is wrong or gradients alone."""
    raised = seen.reading.raised
    if raised is not None:
        return raised.type, False
    return "", any(number.quantity == "value" for number in seen.judgement.wrong)


def _at(raised: Raised | None) -> tuple[str, int | None] | None:
    return None if raised is None else (raised.type, raised.line)


def _accuses(seen: Examined) -> bool:
    """Whether the engine is wrong: where the oracles contradict each other, they are."""
    return bool(seen.judgement.wrong) and not seen.disputes


def _plain_or(scenario: Scenario) -> Scenario:
    return scenario if scenario.says else PLAIN


def _single(finding: Finding) -> str:
    """The operation that a finding shows to be wrong by itself; ``""`` if it shows none."""
    operations = finding.case.graph.operations
    alone = len(operations) == 1 and not repeats(finding.case)
    return operations[0] if alone and is_plain(finding) else ""


def _one_walk(findings: Sequence[Finding]) -> list[Finding]:
    """Where a known mistake visits each path, that explains the time as well as the numbers."""
    faults = [CATALOGUE[f.diagnosis.fault] for f in findings if f.diagnosis.fault in CATALOGUE]
    grows = [f for f in findings if f.check == "growth"]
    if not grows or not any(growth(planted(fault)) for fault in faults if fault.family != "cost"):
        return list(findings)
    return [f for f in findings if f.check != "growth"]


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
    first = min(nameless, key=lambda f: (f.scenario != _BESIDE, _order(f)), default=None)
    return _one_error([f for f in left if f is first or f not in nameless])


def _one_clip(findings: Sequence[Finding]) -> list[Finding]:
    """Where gradients are clipped, what is wrong without a name where one is larger follows."""
    ends = [abs(f.wrong.got or 0) for f in findings if f.diagnosis.title.startswith(CLIPPED)]
    return [
        f
        for f in findings
        if not ends or not is_plain(f) or f.diagnosis.fault
        or largest_gradient(f.case, knows) <= min(ends)
    ]


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
        for where in one.regions if _single(one) else ():
            by_region.setdefault(where, []).append(one)
    kept = list(findings)
    for where, group in by_region.items():
        if len({_single(one) for one in group if one in kept}) < _DIFFERENT:
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
    others = [f for f in findings if f not in equal]
    return [equal[0], *[f for f in others if not is_plain(f) or not coincide(f.case, values)]]


def _one_addition(findings: Sequence[Finding]) -> list[Finding]:
    """A sum begins with ``0 + a``: where that is no node, or raises, so does the sum."""
    told = {_failure(one) for one in findings if {*one.case.graph.operations} == {"add"}} - {None}
    return [
        one
        for one in findings
        if {*one.case.graph.operations} != {"sum"} or _failure(one) not in told
    ]


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
    group = [one for one in findings if _single(one) and not one.diagnosis.fault]
    silent = [one for one in group if one.reading.raised is None and one.triage.forward]
    wrong = {_single(one) for one in silent}
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


def _one_number(findings: Sequence[Finding], forms: Mapping[str, Status]) -> list[Finding]:
    """Where a number beside a node stops the gradient, all operations with one are one finding.

    With two nodes they are right.
    """
    group = [f for f in findings if _single(f) and not f.diagnosis.fault and _stops(f)]
    beside = [f for f in group if _beside(f)]
    pairs = {FORMS[text].op for text, status in forms.items() if status == "correct"
             and all(FORMS[text].nodes)}  # fmt: skip
    if len(group) < 2 or not beside or not {_single(f) for f in beside} <= pairs:
        return list(findings)
    group = [f for f in group if _beside(f) or _single(f) in _WITH_A_NUMBER]
    first = min(beside, key=_order)
    told = Diagnosis(
        "",
        "no gradient arrives where a number stands beside the node",
        "With two nodes the same operations are right. If the number is made a node that needs no "
        "gradient, the result may take after it: look for `and` or all() where one operand that "
        "needs a gradient is enough. Negation, differences and sums may be made with a number.",
    )
    one = replace(first, diagnosis=told, blames=frozenset())
    return [one if f is first else f for f in findings if f is first or f not in group]


def _stops(finding: Finding) -> bool:
    """Whether values are right, and no leaf gets any gradient."""
    gradients = finding.reading.gradients
    silent = finding.reading.raised is None and bool(finding.triage.forward)
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


def _order(finding: Finding) -> tuple[bool, int, int]:
    """Silent wrong numbers before errors, the smallest first."""
    graph = finding.case.graph
    return finding.reading.raised is not None, len(graph.operations), len(graph.nodes)
