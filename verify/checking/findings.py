"""Findings of one run: made small, named, and each mistake reported once.

A failing case is first held against what was found already: a known mistake that would have
answered just this, an operation that is wrong by itself, uses of a node that do not add up.  What
these explain is left alone.  What is new is made small, looked into, and kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from verify.checking import started, unstable
from verify.checking.assess import finding, perform
from verify.checking.composed import (
    alike_beside,
    differs_with_nodes,
    explained,
    follows,
    one_form,
    parts,
    spelled_out,
)
from verify.checking.culprit import (
    again,
    coincidence,
    comes_back,
    depends,
    essential,
    split,
    untied,
    unused,
    without,
)
from verify.checking.cut import above
from verify.checking.diagnose import AGAIN, COINCIDE, either, moving, repeats
from verify.checking.flow import aside, to_blame
from verify.checking.grouped import one_each, single
from verify.checking.known import knowing, testified, values
from verify.checking.one_gradient import SHARED, one_gradient
from verify.checking.other_places import answers
from verify.checking.region import regions
from verify.checking.seed import ALL_BY_ONE, begins, factor
from verify.checking.telling import telling
from verify.checking.told import Told, is_plain
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE
from verify.faults.fresh import fresh
from verify.faults.kept import recognise_kept
from verify.faults.match import (
    Observation,
    explains,
    observed,
    recognise,
    recognise_chance,
    recognise_in_orders,
    recognise_noise,
    recognise_unstable,
)
from verify.generators.scenarios import PLAIN, cluttered
from verify.generators.shrink import apart, reduce, unshared
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Raised, Reading
    from verify.faults import Fault
    from verify.faults.match import Knows
    from verify.generators.scenarios import Scenario
    from verify.oracles.registry import Testimony
    from verify.verdict.outcome import Diagnosis, Finding, Status

_PATTERNS: Final = 4
ARITHMETIC: Final = "arithmetic"
"""The stage of what is wrong in all that an engine computes."""
SCALES: Final = frozenset({"depth", "fan-out", "size", "large gradients", "small gradients"})
"""Stages that compare scales: what is wrong now and then looks like a limit there."""
_SMALL: Final = 3
"""Operations at most of a case that is asked where it is wrong."""
_UNKNOWN: Final[Mapping[str, Status]] = MappingProxyType({})


@dataclass(slots=True)
class Findings(Told):
    """What a check has found so far, made small and named.

    Attributes:
        engine: the engine under test.
        usable: the forms that the engine has and that are right by themselves.
        starts: the gradient of new nodes, where that is known to be what is wrong.
        shared: whether all nodes are known to have one gradient.
    """

    engine: Engine
    usable: Collection[str] = tuple(FORMS)
    starts: float | None = None
    shared: bool = False

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
        truth = knowing(self.engine)
        search = _Search(
            engine or self.engine, truth, scenario, self.usable, self.blamed, self.seeded
        )
        new = self._new(built or seen.case, seen, search)
        if new is None:
            return
        made, fault = search.found(stage, *new)
        self.starts, self.shared = self.starts or search.starts, self.shared or search.shared
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
        return one_each(self._leading() or self.found, forms)  # what is wrong is shown

    def _leading(self) -> list[Finding]:
        """Without those whose operations are composed of others that are wrong."""
        changing = any(
            f.answers and (f.blames or f.diagnosis.fault) and f.check not in SCALES
            for f in self.found
        )
        return [
            f
            for f in self.found
            if not (changing and f.check in SCALES) and not self._consequence(f)
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
        told = [f.diagnosis.fault for f in self.found if f.diagnosis.fault in CATALOGUE]
        named = [CATALOGUE[name] for name in told if CATALOGUE[name].family != "cost"]
        if named and not finding.diagnosis.fault:
            seen = observed(self.engine, finding.case, knowing(self.engine))
            if any(explains(fault, seen) for fault in named):
                return True
        if scale:
            search = _Search(self.engine, knowing(self.engine), PLAIN, self.usable, wrong)
            there = wrong & set(finding.case.graph.operations)
            return any(depends(finding.case, op, search.asked, self.usable) for op in there)
        if op := single(finding):
            parted = bool(follows(self.engine, op, wrong))
            return parted and alike_beside(self.engine, finding.case)
        return not finding.diagnosis.fault and explained(self.engine, finding.case, wrong)

    def accounts_for(
        self, case: Case, scenario: Scenario, reading: Reading, testimony: Testimony
    ) -> bool:
        """Whether a known mistake that was found already would have been wrong in just this way."""
        if not self.faults and not self.starts:
            return False
        seen = Observation(case, scenario, reading, testimony.loosened())
        return self.explains(seen) or bool(self.starts and started.explains(self.starts, seen))

    def _new(self, case: Case, seen: Examined, search: _Search) -> tuple[Case, Examined] | None:
        """The part of a failing case that what was found already does not explain, if any."""
        raised = seen.reading.raised
        if raised is not None and raised.line and (raised.type, raised.line) in self.keys:
            return None
        if self.shared and _pattern(seen) == _GRADIENTS:
            return None
        if self.accounts_for(case, search.scenario, seen.reading, seen.testimony):
            return None
        if self.seeded and factor(seen.case, seen.judgement) is not None:
            return None
        if search.scenario is not PLAIN or not self.found:
            return case, seen
        blamed = self.blamed & set(case.graph.operations)
        if blamed and not self._another(case, blamed):
            rest = without(case, blamed, values(case))
            left = None if rest is None else search.judged(rest)
            if rest is None or left is None:
                return None
            case, seen = rest, left
        if any(not f.blames and not f.place and repeats(f.case) for f in self.found):
            parted = untied(case, values(case))
            if parted is not None and search.judged(parted) is None:
                return None
        return case, seen

    def _another(self, case: Case, blamed: frozenset[str]) -> bool:
        """Whether an operation is wrong otherwise than was found: a second mistake in it.

        With a number beside the node it says something else than with a node of that value, here or
        where it was found; or the known mistakes in it, all named, say something else.
        """
        behind = [f for f in self.found if blamed & (f.blames or frozenset())]
        if not behind or not one_form(case):  # a sum is blamed for its additions
            return False
        if all(f.diagnosis.fault in CATALOGUE and is_plain(f) for f in behind):
            return True
        beside = all(one_form(f.case) and differs_with_nodes(self.engine, f.case) for f in behind)
        return beside or differs_with_nodes(self.engine, case)


@dataclass(slots=True)
class _Search:
    """One engine after one scenario, and whether it says the same each time."""

    engine: Engine
    truth: Knows
    scenario: Scenario
    usable: Collection[str]
    wrong: frozenset[str]
    seeded: bool = False
    flaky: bool = False
    pattern: tuple[str, bool] | None = None
    starts: float | None = None
    shared: bool = False

    def found(self, stage: str, case: Case, read: Examined) -> tuple[Finding, Fault | None]:
        """The finding of a case that failed, and the known mistake behind it."""
        again = [bool(e.judgement.wrong) for e in self._among_others(case)]
        self.flaky = len(set(again)) > 1
        if not any(again) and self.judged(case) is None:
            return self._unstable(stage, case, read), None
        self.pattern = _pattern(read)
        case = self._within(case, read.reading.raised)
        raises = read.reading.raised is not None  # all operations may, for one reason
        small = reduce(case, self.fails, values=values, wrong=self.wrong, exchange=raises)
        small = unshared(small, self.fails, values=values, wrong=self.wrong)
        small = split(apart(small, self.fails), self.fails)
        seen = self.judged(small)
        if seen is None:  # it failed, and will not do so again
            small, seen = case, self.judged(case) or read
        number = seen.judgement.wrong[0]
        numbers = answers(self.engine, small, (number.quantity, number.node), self.scenario)
        if len(numbers) > 1 or self.flaky:
            return self._changing(stage, case, small, seen, numbers)
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
        if plain and (named := self._of_no_operation(small, seen)) is not None:
            made = finding(
                self.engine, seen, ARITHMETIC, case, needed=frozenset(), named=named
            )
            return made, None
        nobody = not plain or aside(small, seen.judgement) is not None
        needed = frozenset[str]() if nobody else essential(small, self.fails, self.usable)
        cut = partial(above, asked=self.asked, usable=self.usable)
        needed = to_blame(small, seen.judgement, needed, cut)
        others = fresh(small, self.usable)
        known = recognise(self.engine, small, self.truth, self.scenario, others)
        fault = next(iter(known), None)
        if fault is None and plain:
            small, seen = telling(small, seen, self.judged)
            self.pattern = _pattern(seen)
        if fault is None and (told := self._begins(small, seen)) is not None:
            made = finding(
                self.engine, seen, stage, case,
                scenario=_plain_or(self.scenario), needed=frozenset(), named=told,
            )  # fmt: skip
            return made if plain else replace(made, built=small), None
        silent = seen.reading.raised is None  # what raises may be deep inside of a composition
        if fault and silent and needed and fault.operations:
            fault = fault if fault.operations & parts(needed) else None
        where: tuple[str, ...] = ()
        own = bool(needed) and len(small.graph.operations) == 1  # of others equal nodes are right
        if fault is None and plain:
            fault = self._kept(small)
            if comes_back(small, self.asked):
                where, needed = (AGAIN,), needed if fault else frozenset()
            elif not own and coincidence(small, self.asked, values):
                where, needed = (COINCIDE,), frozenset()
            elif fault is None and len(small.graph.operations) <= _SMALL:
                where = regions(small, self.asked, self.truth, self.astray)
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
        if fault is not None:
            made = replace(made, diagnosis=either(made.diagnosis, known))
        return made, fault

    def _begins(self, small: Case, seen: Examined) -> Diagnosis | None:
        """The diagnosis where a pass begins wrongly, with the condition on the output if known."""
        where = "" if self.scenario is PLAIN else f"after {self.scenario.says}"
        told = begins(seen, self._quickly, self.usable, where)
        if told is None or where or small.graph.operations:
            return told
        found = regions(small, self.asked, self.truth, self.astray)
        return begins(seen, self._quickly, self.usable, found[0]) if found else told

    def _of_no_operation(self, small: Case, seen: Examined) -> Diagnosis | None:
        """What is said of gradients that begin wrongly, or are one number for all nodes."""
        if self._starts(small, seen) and self.starts is not None:
            return started.told(self.starts)
        self.shared = _pattern(seen) == _GRADIENTS and one_gradient(self.engine)
        return SHARED if self.shared else None

    def _starts(self, small: Case, seen: Examined) -> bool:
        """Whether what is wrong is that new nodes have a gradient."""
        gradient = started.first_gradient(self.engine)
        if gradient is None or seen.reading.raised is not None:
            return False
        noted = Observation(small, PLAIN, seen.reading, seen.testimony.loosened())
        self.starts = gradient if started.explains(gradient, noted) else None
        return self.starts is not None

    def _kept(self, small: Case) -> Fault | None:
        """The known mistake that keeps results, where a number that was never used is right.

        Not each of them need be: a table may have something nearly the same as many a number.
        """
        if len(small.graph.operations) > _SMALL or all(map(self.asked, unused(small))):
            return None
        return recognise_kept(self.engine, tuple(again(small)), self.truth)

    def _changing(
        self,
        stage: str,
        case: Case,
        small: Case,
        seen: Examined,
        numbers: tuple[float | None, ...],
    ) -> tuple[Finding, Fault | None]:
        """The finding where an answer changes: by the places of objects, or for no such reason."""
        plain = self.scenario is PLAIN
        known = recognise_in_orders(self.engine, small, self.truth, self.scenario)
        fault = next(iter(known), None) or recognise_unstable(self.engine, small, self.scenario)
        number = seen.judgement.wrong[0]
        place = (number.quantity, number.node)
        again = unstable.tally(self.engine, small, place, self.scenario)
        if fault is None and (again.noisy or len(again.wrong) not in {0, again.runs}):
            return self._unstable(stage, small if plain else case, seen), None
        if len(numbers) < 2:
            return self._named(stage, case, small, seen)
        scenario = _plain_or(self.scenario)
        made = finding(self.engine, seen, stage, case, scenario=scenario, fault=fault)
        repeated = len(again.wrong), again.runs
        named = moving(either(made.diagnosis, known), numbers)
        start = None if plain else small
        return replace(
            made, answers=numbers, repeats=repeated, diagnosis=named, built=start
        ), fault

    def _unstable(self, stage: str, case: Case, read: Examined) -> Finding:
        """The finding of what does not happen again, as it was read."""
        made = finding(self.engine, read, stage, case, scenario=_plain_or(self.scenario))
        what = unstable.nature(self.engine, case, made.wrong, self.scenario, self.usable)
        numbers = tuple(dict.fromkeys((made.wrong.got, *what.tally.answers)))
        told = unstable.told(what, made.wrong, read.case.graph.operations)
        several = len(set(read.case.graph.operations)) != 1
        if several and not what.operations and factor(read.case, read.judgement) is not None:
            told = replace(told, explanation=f"{told.explanation} {ALL_BY_ONE}")
        if fault := self._chance(what):
            evidence = f"{told.explanation} {fault.explanation}"
            title = f"unstable: {fault.title}"
            told = replace(told, fault=fault.id, title=title, explanation=evidence)
        return replace(
            made,
            answers=numbers,
            repeats=(len(what.tally.wrong), what.tally.runs),
            blames=what.operations,
            diagnosis=told,
        )

    def _chance(self, what: unstable.Nature) -> Fault | None:
        """The known mistake that changes its answers as the engine does."""
        if what.tally.noisy:
            return recognise_noise(self.engine, what.case, self.truth)
        if what.every:
            return None
        drawn = recognise_chance(self.engine, what.case, self.scenario)
        return drawn or recognise_unstable(self.engine, what.case, self.scenario)

    def fails(self, case: Case) -> bool:
        """Whether the engine is wrong on the case, and in the same way."""
        seen = self._quickly(case)
        if seen is None or not seen.judgement.wrong:
            seen = self.judged(case) if self.flaky else None
        if seen is None or self.pattern not in {None, _pattern(seen)}:
            return False
        return not self.seeded or factor(seen.case, seen.judgement) is None

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
        return perform(self.engine, case, self.scenario, testified)

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


_GRADIENTS: Final = ("", False)
"""Nothing raised, and gradients wrong alone."""


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
