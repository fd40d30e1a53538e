"""The stages of a check, one function each; :data:`PLAN` says in which order they are taken.

What mistakes need most often comes first.  What would be misread later if it were not known, such
as a limit on depth, comes before what it would spoil.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from verify.checking import arithmetic, networks, other_places, rounding, scaling
from verify.checking.after_errors import after_errors
from verify.checking.assess import examine, perform
from verify.checking.first_wrong import asked_early
from verify.checking.ladders import MAGNITUDES, SCALES, climb
from verify.checking.outside import outside
from verify.checking.passes import passes
from verify.checking.reaching import LOADED, reaching
from verify.checking.told import STALE
from verify.expression.graph import Case, Graph, number_from_json, number_to_json
from verify.expression.ops import FORMS
from verify.generators import small_scope, special
from verify.generators.probes import PROBES
from verify.generators.random import cases, sample
from verify.generators.scenarios import PROGRAMS, SCENARIOS, USED_UP, random_share, used_up
from verify.networks.judge import is_own
from verify.oracles.registry import recalled_text
from verify.verdict.judgement import Verdict
from verify.verdict.outcome import CaseDone, Diagnosis, Found, StageStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from verify.checking.judging import Judging
    from verify.checking.plan import Plan
    from verify.generators.probes import Groups
    from verify.generators.random import Population
    from verify.generators.scenarios import Scenario
    from verify.verdict.outcome import Event, Finding, Status

ZERO: Final = "zero_grad"
"""How the place of a finding about zeroing begins."""
_LOOKS: Final = 6
"""So many operations are looked into after others have shown nothing new."""
_NO_NODE: Final = "a plain number, where that is right: no use with state"
_SMALL: Final = 8
"""Operations at most for an engine whose time grows exponentially."""

_STATUS: Final[dict[Verdict, Status]] = {
    Verdict.CORRECT: "correct",
    Verdict.IMPRECISE: "imprecise",
}


@dataclass(slots=True)
class Course:
    """A check on its way through the stages.

    Attributes:
        judging: the engine, and what is known of it.
        plan: how hard to look.
        quick: whether time does not grow exponentially.
        omitted: probes of the table that are left out, by name: to see what slips through.
    """

    judging: Judging
    plan: Plan
    quick: bool = True
    omitted: frozenset[str] = frozenset()

    @property
    def usable(self) -> list[str]:
        """The forms that are there, and not wrong already on their own."""
        forms = self.judging.forms
        return [text for text, status in forms.items() if status not in {"missing", "wrong"}]

    @property
    def backward(self) -> bool:
        """Whether there is a backward pass to ask more of."""
        return self.judging.engine.info.has_backward

    def drawn(self, population: Population, count: int) -> list[Case]:
        """Random cases, the same for the same seed."""
        if not count:
            return []
        size = self.plan.max_operations if self.quick else _SMALL
        return list(_drawn(population, tuple(self.usable), size, count, self.plan.seed))


@lru_cache(maxsize=16)
def _drawn(
    population: Population, usable: tuple[str, ...], size: int, count: int, seed: int
) -> tuple[Case, ...]:
    """Drawn once for all engines of a process that have the same forms, and kept on disk."""

    def drawn() -> str:
        strategy = cases(population=population, forms=usable, max_operations=size)
        found = sample(strategy, count, seed)
        return json.dumps([[c.graph.rows, [number_to_json(x) for x in c.point]] for c in found])

    text = recalled_text(f"drawn {(population, usable, size, count, seed)}", drawn)
    return tuple(
        [
            Case(Graph.from_json(rows), tuple([number_from_json(x) for x in point]))
            for rows, point in json.loads(text)
        ]
    )


@lru_cache(maxsize=64)
def _probed(
    groups: Groups, usable: tuple[str, ...], seed: int
) -> tuple[tuple[Case, ...], ...]:
    """Listed once for all engines of a process that have the same forms."""
    return tuple(map(tuple, groups(usable, seed)))


@lru_cache(maxsize=16)
def _known(usable: tuple[str, ...]) -> tuple[Case, ...]:
    return (*[case for _, case in special.cases(usable)], *special.chains(usable))


@lru_cache(maxsize=16)
def _edges(usable: tuple[str, ...]) -> tuple[Case, ...]:
    return tuple(special.edges(usable))


@lru_cache(maxsize=16)
def _small(operations: int, chosen: tuple[str, ...]) -> tuple[Case, ...]:
    return tuple(small_scope.cases(operations, chosen))


_single = lru_cache(maxsize=256)(special.single)


def program(course: Course) -> Iterator[Event]:
    """Whether its code keeps to itself."""
    if found := reaching(course.judging.engine):
        yield course.judging.count(LOADED, found[1])
        yield from _kept(course.judging, [found[0]])


def arithmetics(course: Course) -> Iterator[Event]:
    """What is wrong in all that the engine computes comes first, and is told once."""
    judging = course.judging
    for found, seen in arithmetic.shortfalls(judging.engine, course.plan.precision):
        yield judging.count("arithmetic", seen)
        yield from _kept(judging, [found])
    what = rounding.rounded(judging.engine) if course.backward else None
    shown = judging.judge(rounding.CASE) if what is not None else None
    if what is not None and shown is not None and shown.judgement.wrong:
        yield judging.count("arithmetic", shown)
        judging.causes.append(lambda other, *_: what.explains(other))
        yield from _kept(judging, [arithmetic.rounding(judging.engine, shown, what)])


def forms(course: Course) -> Iterator[Event]:
    """Which forms exist, and which are wrong already on their own."""
    judging = course.judging
    yield StageStarted("forms", len(FORMS))
    answers = asked_early(judging.engine, map(_single, FORMS.values() if judging.untold else ()))
    if answers.wrong:
        yield from judging.tell(answers.wrong)
    judging.untold = False
    op, left = "", _LOOKS
    for form in FORMS.values():
        if form.op != op and judging.findings.full and left:  # what is stale here may be new there
            judging.findings.stale = min(judging.findings.stale, STALE - 1)
            left -= 1
        op = form.op
        status: Status = "undecided"
        for case in _single(form):
            seen = judging.judge(case, answers.of(case))
            if seen is None:
                continue
            judgement = seen.judgement
            if judgement.raised is not None and judgement.raised.refused:
                judging.refusals.enter(seen)
                if judgement.raised.during == "construct":
                    continue  # it does not take such a leaf: nothing is said of the form
                status = "missing"
                break
            yield from judging.enter("forms", seen)
            if judgement.wrong and not judging.follows(seen):
                status = "wrong"
                break
            status = _STATUS.get(judgement.verdict, status)
        judging.forms[form.text] = status
        if status == "missing":
            judging.accounts.skipped["not implemented"] += 1
    judging.findings.usable = tuple(course.usable)


def growth(course: Course) -> Iterator[Event]:
    """Whether time doubles with each reuse: then only small graphs follow."""
    if course.judging.forms.get("a + b") == "missing":
        return
    yield StageStarted("growth", 1)
    if found := scaling.growth(course.judging.engine):
        course.quick = False
        yield from _kept(course.judging, [found])


def repeats(course: Course) -> Iterator[Event]:
    """One program, thousands of times."""
    if course.backward and "passes" not in course.omitted:
        yield from passes(course.judging)


def magnitudes(course: Course) -> Iterator[Event]:
    """Large and small gradients of products, before they are taken for a matter of an operation."""
    if course.backward:
        for ladder in MAGNITUDES:
            if ladder.check not in course.omitted:
                yield from climb(course.judging, ladder, ("a * 2", "a * b"))


def known(course: Course) -> Iterator[Event]:
    """Special cases, and what was read early."""
    judging = course.judging
    yield from judging.stage("known", _known(tuple(course.usable)))
    yield from judging.catch_up()


def errors(course: Course) -> Iterator[Event]:
    """Ordinary graphs after caught exceptions."""
    if course.backward and course.usable and "errors" not in course.omitted:
        yield from after_errors(course.judging, course.usable)


def ladders(course: Course) -> Iterator[Event]:
    """Depth, uses of a node, size and magnitude, as far as they go.

    What is wrong there and no matter of scale is looked into after the small graphs, which may show
    the same: to make one of thousands of nodes small takes minutes.
    """
    if course.quick and course.backward:
        for ladder in SCALES:
            if ladder.check not in course.omitted:
                yield from climb(course.judging, ladder, course.usable)


def programs(course: Course) -> Iterator[Event]:
    """Uses with state on a few programs: what is wrong without an exception is no matter of one."""
    if course.backward:
        yield from _used(course, _programs(course))


def state(course: Course) -> Iterator[Event]:
    """Uses with state, on every form alone, and on some random graphs."""
    if not course.backward:
        return
    chosen = [_single(FORMS[text])[0] for text in course.usable]
    chosen += random_share(course.drawn("tame", _tame(course.plan)) if course.usable else [])
    yield from _used(course, chosen)


def _programs(course: Course) -> list[Case]:
    programs = [Case(Graph.parse(text), point) for text, point in PROGRAMS]
    return [case for case in programs if special.uses_only(case.graph, course.usable)]


def _used(course: Course, chosen: Sequence[Case]) -> Iterator[Event]:
    judging = course.judging
    scenarios: Sequence[Scenario] = [s for s in SCENARIOS if s.name not in course.omitted]
    if used_up(judging.engine):
        judging.accounts.conventions["graphs"] = USED_UP
        scenarios = [s for s in scenarios if not s.reuses]
    yield StageStarted("state", len(scenarios) * len(chosen))
    for scenario in scenarios:
        judging.findings.stale = 0
        for case in chosen:
            yield from _performed(judging, case, scenario)


def _performed(judging: Judging, case: Case, scenario: Scenario) -> Iterator[Event]:
    seen = perform(judging.engine, case, scenario)
    if seen is None:
        judging.accounts.skipped["scenario does not apply"] += 1
        return
    if seen.judgement.wrong and seen.disputes:
        judging.dispute(seen.disputes)
        return
    plain = examine(judging.engine, seen.case) if seen.judgement.wrong else None
    if plain is not None and not plain.judgement.wrong and plain.reading.cut:
        judging.accounts.skipped[_NO_NODE] += 1  # there is nothing to zero, or to start from again
        return
    if plain is not None and plain.judgement.wrong:  # without any scenario, too
        yield from judging.enter("state", plain)
    else:
        yield from judging.enter("state", seen, scenario, built=case)


def own_networks(course: Course) -> Iterator[Event]:
    """The engine's own networks, if it has any, until one of them is wrong."""
    judging, plan = course.judging, course.plan
    if not (course.backward and plan.networks and judging.engine.info.python):
        return  # the protocol for other languages knows graphs only
    yield StageStarted("networks", len(plan.networks))
    blamed = list(judging.findings.found)
    values = all(found.wrong.quantity != "value" for found in blamed)
    waiting: list[Finding] = []
    sizes: set[tuple[int, ...]] = set()
    described = networks.Described()
    for judged in networks.networks(judging.engine, plan.networks, plan.seed):
        if judged.skipped:
            judging.accounts.skipped[judged.skipped.partition(":")[0]] += 1
        for case, judgement in judged.judgements:
            judging.accounts.enter("networks", case, judgement)
            yield CaseDone("networks", judgement.verdict)
        described.add(judged)
        if described.words:
            judging.accounts.conventions["networks"] = described.words
        # A wrong operation makes a network wrong too: that is no second mistake.
        spoilt = blamed or judging.deferred
        own = [f for f in judged.findings if not spoilt or is_own(f, values=values)]
        if own and all(found.place.startswith(ZERO) for found in own):
            waiting += own
            sizes.add(judged.sizes)
        elif own:
            yield from _kept(judging, [*_agreed(waiting), *own])
            return
    told = _at_zero if sizes == {networks.ZEROS_IN} else _agreed
    yield from _kept(judging, told(waiting))


def _kept(judging: Judging, findings: Sequence[Finding]) -> Iterator[Event]:
    yield from [Found(finding) for finding in findings if judging.findings.keep(finding)]


def _at_zero(findings: Sequence[Finding]) -> list[Finding]:
    """What zeroing leaves behind in the one network that has a parameter of 0, and in no other."""
    title = "zero_grad leaves the gradients of parameters that are 0"
    told = (
        "Where no parameter is 0 all gradients are zeroed: look for a condition that takes a "
        "number for an answer, as `if p.data` does. A bias is 0 to begin with."
    )
    return [replace(found, diagnosis=Diagnosis("", title, told)) for found in findings[:1]]


def _agreed(findings: Sequence[Finding]) -> list[Finding]:
    """The first of what zeroing leaves behind, by its name if every network calls it so.

    Of two parameters the one that is left may stand for anything.
    """
    if len({finding.diagnosis.fault for finding in findings}) < 2:
        return list(findings[:1])
    first = findings[0]
    title = f"zero_grad {first.wrong.reason}"
    told = Diagnosis("", title, f"{title}, and in larger networks others too.")
    return [replace(first, diagnosis=told)]


def small(course: Course) -> Iterator[Event]:
    """Every graph of a few operations, over those of the usual ones that the engine has."""
    has = {FORMS[text].op for text in course.usable if all(FORMS[text].nodes)}
    chosen = [op for op in small_scope.OPERATIONS if op in has]
    if chosen and course.plan.exhaust:
        yield from course.judging.stage("small", _small(course.plan.exhaust, tuple(chosen)))


def probes(course: Course) -> Iterator[Event]:
    """Each row of the table of probes that lists cases."""
    for probe in PROBES:
        if probe.cases is not None and probe.name not in course.omitted:
            groups = _probed(probe.cases, tuple(course.usable), course.plan.seed)
            yield from course.judging.groups(probe.name, groups)
    yield from course.judging.catch_up()


def tame(course: Course) -> Iterator[Event]:
    """Random graphs at ordinary points."""
    yield from course.judging.stage("random", course.drawn("tame", _tame(course.plan)))


def wide(course: Course) -> Iterator[Event]:
    """Random graphs at points far out and near 0."""
    yield from course.judging.stage("wide", course.drawn("wide", course.plan.examples // 4))


def edges(course: Course) -> Iterator[Event]:
    """Each operation at and beyond the edges of its domain."""
    yield from course.judging.stage("edges", _edges(tuple(course.usable)))


def elsewhere(course: Course) -> Iterator[Event]:
    """The same graphs among other objects and in other processes; only if all was right."""
    judging = course.judging
    if judging.findings.found or not course.backward:
        return
    usable = course.usable
    chosen = [c for c in other_places.programs() if special.uses_only(c.graph, usable)]
    yield StageStarted("stability", len(chosen))
    for seen, engine, scenario in other_places.asked(judging.engine, chosen):
        yield from judging.enter("stability", seen, scenario, engine=engine)
        if judging.findings.found:
            return
    if {"a + b", "a - b", "a * b"} <= set(usable):
        for seen in outside(judging.engine, course.plan.seed, usable):
            if seen.judgement.wrong:  # what is right was judged before
                yield from judging.enter("stability", seen)


def _tame(plan: Plan) -> int:
    return plan.examples - plan.examples // 4


BEFORE: Final[tuple[Callable[[Course], Iterator[Event]], ...]] = (
    program, arithmetics, repeats, magnitudes, forms, growth,
)  # fmt: skip
"""What is asked of every engine, before the control."""
GRAPHS: Final[tuple[Callable[[Course], Iterator[Event]], ...]] = (
    known, programs, errors, ladders, state, own_networks, small, probes, tame, wide, edges,
)  # fmt: skip
"""What is asked where some form is usable."""
AFTER: Final[tuple[Callable[[Course], Iterator[Event]], ...]] = (elsewhere,)
