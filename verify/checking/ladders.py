"""What is right on a small scale and wrong on a large one: depth, uses of a node, size, magnitude.

A ladder has families of cases that grow; each is climbed until the engine is wrong, and where it
begins to be wrong is found by halving.  An engine that raises on a large graph says so honestly:
that is a convention.  What is wrong on the first rungs has another cause than scale, and is judged
like any other case.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from verify.checking.assess import examine, said_by_oracles
from verify.faults import CATALOGUE, SIZE_BY_NATURE
from verify.faults.match import explains
from verify.expression.graph import Case
from verify.generators import chains, company, compose, large
from verify.generators.scenarios import PLAIN
from verify.oracles import interval
from verify.oracles.registry import Testimony
from verify.verdict.deep import CUT, Limit, ends, limited, telling, works
from verify.verdict.outcome import CaseDone, Diagnosis, Found, StageStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from verify.checking.assess import Examined
    from verify.checking.judging import Cause, Judging
    from verify.verdict.outcome import Event, Finding

SHALLOW: Final = 12
"""What is wrong at so few operations or uses is not wrong because of how many there are."""
_FRAMES: Final = 60
"""Calls nearer to the recursion limit: what ends sooner then ends because of it."""
_HONEST: Final = 64
"""Operations from which on an exception is a convention, whichever it is."""
_STOPS: Final = frozenset({"RecursionError", "died", "memory", "timeout", "output"})


@dataclass(frozen=True, slots=True)
class Family:
    """Cases that grow.

    Attributes:
        name: what they are made of.
        rungs: the scales that are asked, upwards.
        build: the case of a scale.
        falls: whether the largest scale is asked first, and smaller ones only where the engine
            raises: a long chain holds all shorter ones.
    """

    name: str
    rungs: Sequence[int]
    build: Callable[[int], Case]
    falls: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """A scale, and what grows along it.

    Attributes:
        check: the stage.
        families: in these forms and with this seed; the plainest first.
        follows: makes of a limit the test whether another wrong answer follows from it.
        scale: a rung as a person counts it.
        shallow: rungs that say nothing about the scale.
        plainest: whether it is a matter of scale only where the first family fails as well.
    """

    check: str
    families: Callable[[Collection[str], int], Iterator[Family]]
    follows: Callable[[float], Cause]
    scale: Callable[[Case, int], float] = lambda _, rung: rung
    shallow: int = SHALLOW
    plainest: bool = False


@dataclass(slots=True)
class _Climb:
    """One ladder, climbed with one engine."""

    judging: Judging
    ladder: Ladder
    words: str = ""
    failed: list[tuple[Family, int, int, Examined]] = field(default_factory=list)
    held: list[Family] = field(default_factory=list)
    most: int = 1 << 30

    def events(self, usable: Collection[str]) -> Iterator[Event]:
        families = list(self.ladder.families(usable, self.judging.seed))
        yield StageStarted(self.ladder.check, sum(1 if f.falls else len(f.rungs) for f in families))
        for family in families:
            yield from self._family(family)
        if self.ladder.plainest and self.failed and self.failed[0][0] is not families[0]:
            for *_, seen in self.failed:
                yield from map(Found, self.judging.findings.add(self.ladder.check, seen))
        elif self.failed:
            yield from self._found()

    def _family(self, family: Family) -> Iterator[Event]:
        right, rungs = 1, [r for r in family.rungs if r <= self.most]
        for rung in reversed(rungs) if family.falls else rungs:
            seen = self._ask(family, rung)
            raised = seen.judgement.raised
            if raised is not None and (raised.refused or rung >= _HONEST or raised.type in _STOPS):
                if family.name == "add":
                    self.words, self.most = ends(raised, rung), right
                if family.falls:
                    continue
                return
            if not seen.judgement.wrong:
                yield self.judging.count(self.ladder.check, seen)
                right = rung
                if family.falls:
                    break
                continue
            confirmed = self.judging.confirmed(seen)
            if confirmed is None:
                yield CaseDone(self.ladder.check, "dispute")
                return
            yield from self._wrong(family, right, rung, confirmed)
            return
        if family.name == "add":
            self.words = self.words or works(right)
        self.held.append(family)

    def _wrong(self, family: Family, right: int, rung: int, seen: Examined) -> Iterator[Event]:
        """Find where it begins; what begins at once is a case like any other."""
        if self.judging.follows(seen):
            yield self.judging.count(self.ladder.check, seen)
            return
        right, rung, seen = self._first(family, right, rung, seen)
        if rung <= self.ladder.shallow:
            yield from self.judging.enter(self.ladder.check, seen)
            return
        yield self.judging.count(self.ladder.check, seen)
        self.failed.append((family, right, rung, seen))

    def _first(
        self, family: Family, right: int, wrong: int, seen: Examined
    ) -> tuple[int, int, Examined]:
        while wrong - right > 1:
            middle = (right + wrong) // 2
            smaller = self._ask(family, middle)
            if smaller.judgement.wrong and smaller.judgement.raised is None:
                wrong, seen = middle, smaller
            else:
                right = middle
        return right, wrong, seen

    def _ask(self, family: Family, rung: int) -> Examined:
        return examined(self.judging, family.build(rung))

    def _found(self) -> Iterator[Event]:
        """One finding of the plainest family that failed; what else failed goes with it."""
        ladder, judging = self.ladder, self.judging
        family, right, wrong, seen = self.failed[0]
        scale = ladder.scale
        limit = Limit(
            check=ladder.check,
            case=seen.case,
            judgement=seen.judgement,
            reading=seen.reading,
            right=scale(family.build(right), right),
            wrong=scale(seen.case, wrong),
            beyond=any(
                self._ask(family, wrong + more).judgement.wrong for more in (1, max(wrong // 2, 2))
            ),
            where=_listed([f.name for f, *_ in self.failed]),
            elsewhere=_listed([f.name for f in self.held]),
            swallowed=ladder.check == "depth" and self._swallowed(family, right),
        )
        testimony = seen.testimony
        number = telling(seen.judgement, seen.case)
        made = self._named(limited(limit, said_by_oracles(number, testimony)), family, right)
        reached = [float(scale(f.build(r), r)) for f, _, r, _ in self.failed]
        least = max(reached) if ladder.check == "small gradients" else min(reached)
        judging.causes.append(ladder.follows(least))
        if judging.findings.keep(made):
            yield Found(made)

    def _swallowed(self, family: Family, right: int) -> bool:
        """Whether the longest chain that is right is wrong when little of the stack is left."""
        engine, case = self.judging.engine, family.build(right)
        if not engine.info.python:
            return False
        plain = engine.run(case.graph, case.point)[-1]
        deeper = engine.run(case.graph, case.point, (("backward", -1, _FRAMES), ("read",)))[-1]
        return deeper.raised is None and deeper.gradients != plain.gradients

    def _named(self, finding: Finding, family: Family, right: int) -> Finding:
        """With the known mistake that is right and wrong at the same scales, if there is one."""
        smaller = family.build(right)
        before = self.judging.engine.run(smaller.graph, smaller.point)[-1]
        for name in SIZE_BY_NATURE:
            fault = CATALOGUE[name]
            if name != CUT and explains(fault, finding.case, finding.reading, PLAIN):
                if not explains(fault, smaller, before, PLAIN):
                    continue
                return replace(finding, diagnosis=Diagnosis(name, fault.title, fault.explanation))
        return finding


def examined(judging: Judging, case: Case) -> Examined:
    """A large case, judged by the interval oracle alone: the others take long on many nodes."""
    truth = interval.truth(case.graph, case.point)
    return examine(judging.engine, case, Testimony(case, truth, (), ()))


def _listed(names: Sequence[str]) -> str:
    if not names:
        return ""
    head = ", ".join(names[:-1])
    return f"with {head} and {names[-1]}" if head else f"with {names[0]}"


def climb(judging: Judging, ladder: Ladder, usable: Collection[str]) -> Iterator[Event]:
    """Judge a ladder's cases in these forms; what begins at a scale is one finding."""
    climbing = _Climb(judging, ladder)
    yield from climbing.events(usable)
    if climbing.words:
        judging.accounts.conventions[ladder.check] = climbing.words


def _chains(forms: Collection[str], _: int) -> Iterator[Family]:
    steps = chains.steps(forms)
    for op, step in steps.items():
        yield Family(
            op, chains.DEPTHS, lambda n, op=op, step=step: chains.taken({op: step}, n), op != "add"
        )
    mixed = {op: steps[op] for op in chains.MIXED if op in steps}
    if len(mixed) > 1:
        yield Family("all of them in turn", chains.DEPTHS, lambda n: chains.taken(mixed, n))


def _uses(forms: Collection[str], _: int) -> Iterator[Family]:
    if "a + b" not in forms:
        return
    uses = company.usable(forms)
    start = {True: "a * b" in forms, False: True}
    for inner, name in ((True, "inner nodes"), (False, "leaves")):
        if start[inner]:
            build = partial(company.used, uses, inner=inner)
            yield Family(f"{name} by all operations in turn", company.FAN_OUTS, build)
    if start[True]:
        for use in uses:
            rungs = (*company.FEW, company.FAN_OUTS[-1])
            yield Family(f"inner nodes by {use}", rungs, partial(company.used, [use], inner=True))


def _sizes(forms: Collection[str], seed: int) -> Iterator[Family]:
    for index in range(2):
        yield Family(
            "random graphs", large.SIZES, partial(large.large, forms=forms, seed=seed + index)
        )


def _products(forms: Collection[str], _: int, *, small: bool) -> Iterator[Family]:
    step = "x * 0.1" if small else "x * 10.0"
    if "a * 2" in forms:
        yield Family(
            "products in a chain", _TENTHS[:5],
            lambda k: compose.repeated(step, max(k // 10, 1), {"x": 1.5}),
        )  # fmt: skip
    elif "a + b" in forms and not small:
        yield Family("sums in a chain", _TENTHS[:5], lambda k: chains.doubled(int(k / 3)))
    if "a * b" in forms:
        for sign in (1, -1):
            yield Family("one product", _TENTHS, partial(_product, sign=sign, small=small))


def _product(tenths: int, *, sign: int, small: bool) -> Case:
    return Case(compose.parsed("a * b"), (1.5, sign * 10 ** (tenths / (-10 if small else 10))))


def _deep(least: float) -> Cause:
    return lambda seen, *_: compose.depth(seen.case.graph) >= least


def _often(least: float) -> Cause:
    return lambda seen, *_: compose.fan_out(seen.case.graph) >= least


def _many(least: float) -> Cause:
    return lambda seen, *_: len(seen.case.graph.nodes) >= least


def _beyond(least: float) -> Cause:
    return lambda seen, *_: any(size >= 0.99 * least for size in _gradients(seen))


def _below(most: float) -> Cause:
    return lambda seen, *_: any(0 < size <= 1.01 * most for size in _gradients(seen))


def _gradients(seen: Examined) -> list[float]:
    return [abs(e.middle) for e in seen.testimony.truth.gradients if e is not None]


_TENTHS: Final = (20, 40, 60, 80, 120, 200, 300, 500, 1000, 2000, 2900)
"""Powers of 10 of a gradient's magnitude, in tenths."""

LADDERS: Final = (
    Ladder("fan-out", _uses, _often),
    Ladder("depth", _chains, _deep, lambda case, _: compose.depth(case.graph)),
    Ladder("size", _sizes, _many, lambda case, _: len(case.graph.nodes)),
    Ladder(
        "large gradients", partial(_products, small=False), _beyond,
        lambda _, k: 10 ** (k / 10), 19, plainest=True,
    ),
    Ladder(
        "small gradients", partial(_products, small=True), _below,
        lambda _, k: 10 ** (-k / 10), 19, plainest=True,
    ),
)  # fmt: skip
"""In the order in which they are climbed: what another scale would bring out too comes first."""
