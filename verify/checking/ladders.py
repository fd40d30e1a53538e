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

from verify.checking import clipping
from verify.checking.assess import examine
from verify.checking.named_limits import of_magnitude, of_scale
from verify.checking.seed import beyond, factor
from verify.expression.graph import Case
from verify.generators import chains, company, compose, large
from verify.oracles.registry import alone
from verify.verdict.deep import Limit, ends, limited, works
from verify.verdict.judgement import Verdict
from verify.verdict.outcome import CaseDone, Found, StageStarted, telling

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from verify.checking.assess import Examined
    from verify.checking.judging import Cause, Judging
    from verify.faults import Fault
    from verify.verdict.outcome import Event, Finding

SHALLOW: Final = 12
"""What is wrong at so few operations or uses is not wrong because of how many there are."""
_FRAMES: Final = 60
"""Calls nearer to the recursion limit: what ends sooner then ends because of it."""
_SMALL: Final = 60
"""Nodes of a graph in which every gradient is wrong by one factor, and that is made smaller."""
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
        level: of a family whose numbers grow with it, cases of the same scale whose numbers do not.
    """

    name: str
    rungs: Sequence[int]
    build: Callable[[int], Case]
    falls: bool = False
    level: Callable[[int], Case] | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """A scale, and what grows along it.

    Attributes:
        check: the stage.
        families: in these forms and with this seed; the plainest first.
        follows: makes of scales, right and wrong ones in pairs, the test whether another wrong
            answer follows from them.
        scale: a rung as a person counts it.
        shallow: rungs that say nothing about the scale.
        plainest: whether it is a matter of scale only where the first family fails as well.
        clips: whether gradients may be clipped, at a size below all rungs too.
        others: families like one that has no order of its own, drawn otherwise.
    """

    check: str
    families: Callable[[Collection[str], int], Iterator[Family]]
    follows: Callable[[Sequence[tuple[float, float]]], Cause]
    scale: Callable[[Case, int], float] = lambda _, rung: rung
    shallow: int = SHALLOW
    plainest: bool = False
    clips: bool = False
    others: Callable[[Family], Sequence[Family]] | None = None


@dataclass(slots=True)
class _Climb:
    """One ladder, climbed with one engine."""

    judging: Judging
    ladder: Ladder
    words: str = ""
    failed: list[tuple[Family, int, int, Examined]] = field(default_factory=list)
    held: list[Family] = field(default_factory=list)
    most: int = 1 << 30
    shallow: bool = False

    def events(self, usable: Collection[str]) -> Iterator[Event]:
        families = list(self.ladder.families(usable, self.judging.seed))
        yield StageStarted(self.ladder.check, sum(1 if f.falls else len(f.rungs) for f in families))
        for family in families:
            yield from self._family(family)
        if self.failed and self._by_scale(families):
            yield from self._found()
        else:
            self.judging.deferred += [(self.ladder.check, seen) for seen in self._failing]

    def _by_scale(self, families: Sequence[Family]) -> bool:
        """Whether it is the scale that makes the difference, and not a pattern now and then.

        What fails on the first rungs in one family may be what fails later in another; and what is
        a matter of size fails in every graph beyond it, and in none below.
        """
        family, right, wrong, seen = self.failed[0]
        if self.shallow:
            return False
        if self.ladder.plainest:
            values = any(n.quantity == "value" for n in seen.judgement.wrong)
            return family is families[0] and not values and not self._by_length(family, wrong)
        if self.ladder.others is None:
            return True
        below, above = int(right / _MARGIN), int(wrong * _MARGIN)
        others = self.ladder.others(family)
        return not any(self._ask(f, below).judgement.wrong for f in others) and all(
            self._ask(f, above).judgement.wrong for f in others
        )

    def _by_length(self, family: Family, wrong: int) -> bool:
        """Whether as many products that hardly change the size are wrong too."""
        same = family.level and self._ask(replace(family, build=family.level), wrong)
        return bool(same and same.judgement.wrong)

    def _family(self, family: Family) -> Iterator[Event]:
        right, rungs = 1, [r for r in family.rungs if r <= self.most]
        held = False
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
                right, held = rung, _holds(seen)
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
        if held:
            self.held.append(family)

    def _wrong(self, family: Family, right: int, rung: int, seen: Examined) -> Iterator[Event]:
        """Find where it begins; what begins at once is a case like any other."""
        if self.judging.follows(seen):
            yield self.judging.count(self.ladder.check, seen)
            return
        right, rung, seen = self._first(family, right, rung, seen)
        small = len(seen.case.graph.nodes) <= _SMALL
        if small and factor(seen.case, seen.judgement) is not None:
            yield self.judging.count(self.ladder.check, seen)
            self.judging.deferred.append((self.ladder.check, seen))
            return
        if rung <= self.ladder.shallow:
            self.shallow = True
            if self.ladder.clips and (most := clipping.limit(self.judging.engine)) is not None:
                yield self.judging.count(self.ladder.check, seen)
                yield from self._clipped(most, family, rung, seen)
                return
            if self.ladder.plainest:  # asked before anything is known of single operations
                yield self.judging.count(self.ladder.check, seen)
                self.judging.deferred.append((self.ladder.check, seen))
            else:
                yield from self.judging.enter(self.ladder.check, seen)
            return
        yield self.judging.count(self.ladder.check, seen)
        self.failed.append((family, right, rung, seen))

    def _clipped(self, most: float, family: Family, rung: int, seen: Examined) -> Iterator[Event]:
        """The finding that gradients end at a size, however small it is."""
        limit = Limit(
            check=self.ladder.check,
            case=seen.case,
            judgement=seen.judgement,
            reading=seen.reading,
            right=most,
            wrong=self.ladder.scale(family.build(rung), rung),
            clipped=True,
        )
        self.judging.causes.append(lambda other, *_: any(x > most for x in _sizes_of(other)))
        fault = of_magnitude(self.judging.engine, seen.case)
        yield from self._kept(limited(limit, seen.testimony), fault)

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
        case = family.build(rung)
        return examine(self.judging.engine, case, alone(case))

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
            beyond=self._beyond(family, wrong),
            where=_listed([f.name for f, *_ in self.failed]),
            elsewhere=_listed([f.name for f in self.held]),
            swallowed=ladder.check == "depth" and self._swallowed(family, right),
            clipped=ladder.clips and self._ends(family, wrong, seen),
        )
        made = limited(limit, seen.testimony)
        if ladder.plainest:
            fault = of_magnitude(judging.engine, seen.case)
        else:
            limits = [(f.build(a), last.case) for f, a, _, last in self.failed]
            fault = of_scale(judging.engine, limits)
        if fault is None and (told := beyond(ladder.check, limit.right, self._failing)):
            made = replace(made, diagnosis=told)
        reached = [(scale(f.build(a), a), scale(f.build(b), b)) for f, a, b, _ in self.failed]
        if not limit.beyond and not made.diagnosis.fault and fault is None:
            # Wrong here and right further out: no limit, but what a case like any other may show.
            judging.deferred += [(ladder.check, seen) for seen in self._failing]
            return
        judging.causes.append(ladder.follows(reached))
        yield from self._kept(made, fault)

    @property
    def _failing(self) -> list[Examined]:
        return [seen for *_, seen in self.failed]

    def _beyond(self, family: Family, wrong: int) -> bool:
        """Whether what lies further out is wrong as well, or raises; no further than all rungs.

        A drawn graph of one node more may be smaller in what counts.
        """
        steps = [max(wrong // 2, 2)] if self.ladder.others else [1, max(wrong // 2, 2)]
        last = max(wrong, *family.rungs)
        further = [self._ask(family, min(wrong + step, last)).judgement for step in steps]
        return all(judged.wrong or judged.raised is not None for judged in further)

    def _ends(self, family: Family, wrong: int, seen: Examined) -> bool:
        """Whether a larger gradient is said to be as large as this one."""
        number = telling(seen.judgement, seen.case)
        larger = self._ask(family, wrong + 1).judgement
        others = {n.got for n in larger.wrong if n.node == number.node}
        return bool(number.got) and others == {number.got}

    def _swallowed(self, family: Family, right: int) -> bool:
        """Whether the longest chain that is right is wrong when little of the stack is left."""
        engine, case = self.judging.engine, family.build(right)
        if not engine.info.python:
            return False
        plain = engine.run(case.graph, case.point)[-1]
        deeper = engine.run(case.graph, case.point, (("backward", -1, _FRAMES), ("read",)))[-1]
        return deeper.raised is None and deeper.gradients != plain.gradients

    def _kept(self, made: Finding, fault: Fault | None) -> Iterator[Event]:
        """A finding, by the name of the known mistake behind it, if there is one."""
        if fault is not None:
            made = replace(made, diagnosis=fault.diagnosis)
        if self.judging.findings.keep(made):
            self.judging.findings.faults += [fault] if fault is not None else []
            yield Found(made)


def _holds(seen: Examined) -> bool:
    """Whether some leaf has a right gradient: not where nothing was told, or 0 is right."""
    leaves = {*seen.case.graph.leaves}
    return any(
        number.got and number.verdict in {Verdict.CORRECT, Verdict.IMPRECISE}
        for number in seen.judgement.numbers
        if number.quantity == "gradient" and number.node in leaves
    )


def _listed(names: Sequence[str]) -> str:
    *before, last = dict.fromkeys(names) or [""]  # a family may stand there with either sign
    head = ", ".join(before)
    return last and (f"with {head} and {last}" if head else f"with {last}")


def climb(judging: Judging, ladder: Ladder, usable: Collection[str]) -> Iterator[Event]:
    """Judge a ladder's cases in these forms; what begins at a scale is one finding."""
    climbing = _Climb(judging, ladder)
    yield from climbing.events(usable)
    if climbing.words:
        judging.accounts.conventions[ladder.check] = climbing.words


def _chains(forms: Collection[str], _: int) -> Iterator[Family]:
    steps = chains.steps(forms)
    for op, step in steps.items():
        yield Family(op, chains.DEPTHS, partial(chains.taken, ((op, step),)), op != "add")
    mixed = tuple([(op, steps[op]) for op in chains.MIXED if op in steps])
    if len(mixed) > 1:
        yield Family("some of them in turn", chains.DEPTHS, partial(chains.taken, mixed))


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
    for index, rungs in enumerate((large.SIZES, large.SIZES[:-1])):
        build = partial(large.large, forms=forms, seed=seed + index)
        yield Family("random graphs", rungs, build)


def _others(family: Family) -> list[Family]:
    again: Callable[..., Case] = family.build
    return [replace(family, build=partial(again, seed=10**6 + i)) for i in range(_OTHERS)]


def _products(forms: Collection[str], _: int, *, small: bool) -> Iterator[Family]:
    step = "x * 0.1" if small else "x * 10.0"
    rungs = [rung for rung in DECADES if rung <= _LONGEST]
    if "a * 2" in forms:
        grown, level = (partial(_repeated, step) for step in (step, _LEVEL))
        yield Family("products in a chain", rungs, grown, level=level)
    if "a * b" in forms:
        for sign in (1, -1):
            yield Family("one product", DECADES, partial(_product, sign=sign, small=small))


def _repeated(step: str, times: int) -> Case:
    return compose.repeated(step, times, {"x": 1.5})


def _product(decades: int, *, sign: int, small: bool) -> Case:
    return Case(compose.parsed("a * b"), (1.5, sign * 10.0 ** (-decades if small else decades)))


def _deep(scales: Sequence[tuple[float, float]]) -> Cause:
    least = min(wrong for _, wrong in scales)
    return lambda seen, *_: compose.depth(seen.case.graph) >= least


def _often(scales: Sequence[tuple[float, float]]) -> Cause:
    least = min(wrong for _, wrong in scales)
    return lambda seen, *_: compose.fan_out(seen.case.graph) >= least


def _many(scales: Sequence[tuple[float, float]]) -> Cause:
    least = min(right for right, _ in scales) / _MADE_OF
    return lambda seen, *_: len(seen.case.graph.nodes) > least


def _beyond(scales: Sequence[tuple[float, float]]) -> Cause:
    right = min(right for right, _ in scales)
    return lambda seen, *_: any(size > _NEAR * right for size in _sizes_of(seen))


def _below(scales: Sequence[tuple[float, float]]) -> Cause:
    right = max(right for right, _ in scales)
    return lambda seen, *_: any(0 < size < right / _NEAR for size in _sizes_of(seen))


def _sizes_of(seen: Examined) -> list[float]:
    """Gradients, and what those of nodes may be that an engine makes of its own.

    A quotient may be a product with a power -1: then a gradient of it is as large as the dividend.
    """
    truth = seen.testimony.truth
    gradients = [abs(e.middle) for e in truth.gradients if e is not None]
    values = [abs(e.middle) for e in truth.values if e is not None]
    return [*gradients, *values, *[1 / size for size in values if size > _SMALLEST]]


_MADE_OF: Final = 3
"""Nodes that an engine may make of one, a quotient of a product and a power."""
_NEAR: Final = 0.09
"""What is within ten times of where it begins, whichever way that was rounded, goes with it."""
_SMALLEST: Final = 1e-300
DECADES: Final = (2, 4, 6, 8, 12, 20, 30, 50, 100, 200, 290)
"""Powers of 10 of a gradient's magnitude."""
_LONGEST: Final = 30
"""Products in a chain."""
_LEVEL: Final = "x * 1.01"
"""Thirty of these make a gradient larger by a third."""
_OTHERS: Final = 5
_MARGIN: Final = 1.2

SCALES: Final = (
    Ladder("size", _sizes, _many, lambda case, _: len(case.graph.nodes), others=_others),
    Ladder("fan-out", _uses, _often),
    Ladder("depth", _chains, _deep, lambda case, _: compose.depth(case.graph)),
)
"""In the order in which they are climbed: what another scale would bring out too comes first."""

MAGNITUDES: Final = (
    Ladder(
        "large gradients", partial(_products, small=False), _beyond,
        lambda _, n: 10.0**n, 2, plainest=True, clips=True,
    ),
    Ladder(
        "small gradients", partial(_products, small=True), _below,
        lambda _, n: 10.0**-n, 2, plainest=True,
    ),
)  # fmt: skip
"""Asked before anything else is: a gradient of any operation may be large or small."""
