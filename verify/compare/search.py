"""The search for the smallest expressions on which two engines differ."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from verify.compare.classify import FORWARD, ONCE, STEPS, WHEN, Seen, answer, overlap, seen
from verify.compare.difference import (
    CHANGES,
    ROUNDING,
    SIDES,
    STEADY,
    WRONG,
    Comparison,
    Difference,
    accepted,
    allowance,
)
from verify.compare.limits import limits
from verify.compare.second import second_pass
from verify.compare.training import training
from verify.corpus.population import draw
from verify.expression.graph import Apply, Case
from verify.expression.ops import FORMS
from verify.expression.reading import same_bits
from verify.generators import special
from verify.generators.random import inside
from verify.generators.shrink import reduce

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from verify.compare.difference import Kind, Side
    from verify.engines import Engine, Steps
    from verify.expression.reading import Reading

EXAMPLES: Final = 2000
LEAST_COMPARED: Final = 1000
"""Numbers that must be compared before two engines may be called the same."""
_SHRUNK: Final = 3
"""Examples of one kind and side that are reduced; of rounding, one is shown as it is."""
_PATTERNS: Final = 16
"""Runs among other objects that tell the order of addresses from a difference: each of two that
say one thing or the other by chance says the same 16 times once in 65,536."""
_REPEATED: Final = 500
"""Random cases that are run again in another process, besides the special ones."""


@dataclass(frozen=True, slots=True)
class Search:
    """How hard to look.

    Attributes:
        examples: random cases, a quarter of them on the wide population.
        seed: reproduces them.
        max_operations: size of the random graphs, spread evenly from 1 on.
        allow: kinds and sides of differences that are accepted.
        exact: accept no rounding either.
    """

    examples: int = EXAMPLES
    seed: int = 0
    max_operations: int = 30
    allow: tuple[str, ...] = ()
    exact: bool = False


def compare(old: Engine, new: Engine, search: Search | None = None) -> Comparison:
    """Compare two engines on special, random and edge cases, in limits and in repetition.

    Args:
        old: loaded, and closed by the caller.
        new: likewise.
        search: how hard to look, and what is accepted.

    Raises:
        ValueError: for a class of differences that there is not.
    """
    search = search or Search()
    allowed = allowance(search.allow, exact=search.exact)
    return _Comparison(old, new, search, allowed).run()


@dataclass(slots=True)
class _Comparison:
    old: Engine
    new: Engine
    search: Search
    allowed: frozenset[str]
    cases: int = 0
    numbers: int = 0
    same: int = 0
    tally: Counter[tuple[Kind, Side]] = field(default_factory=Counter)
    found: list[Difference] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    itself: set[tuple[Kind, Side]] = field(default_factory=set)
    """What both do otherwise than themselves: of that, nothing is a difference between them."""
    again: Side = "convention"
    """Of what two passes over the same nodes add up to."""

    @property
    def backward(self) -> bool:
        return self.old.info.has_backward and self.new.info.has_backward

    @property
    def steps(self) -> Steps:
        return STEPS if self.backward else FORWARD

    def run(self) -> Comparison:
        begun = time.perf_counter()
        search = self.search
        common = self._operations()
        cases = list(self._cases(common))
        some = cases[: len(cases) - max(search.examples - _REPEATED, 0)]
        if common:
            self._passes(common)
            self._repeat(some)
        for case, old, new in self._both(cases):
            self._case(case, old, new)
        if common:
            self._limits()
            self._anew(some)
        return Comparison(
            old=self.old.info,
            new=self.new.info,
            cases=self.cases,
            numbers=self.numbers,
            same=self.same,
            tally=dict(self.tally),
            differences=tuple(sorted(self.found, key=_gravest)),
            allowed=self.allowed,
            skipped=self.skipped,
            itself=frozenset(self.itself),
            minimum=LEAST_COMPARED,
            seed=search.seed,
            examples=search.examples,
            seconds=time.perf_counter() - begun,
        )

    # --- operations -------------------------------------------------------------------------------

    def _operations(self) -> tuple[str, ...]:
        """The forms that both have; what only one has is a difference."""
        if self.old.info.has_backward != self.new.info.has_backward:
            self._lacks("backward()", self.old.info.has_backward)
        has = [usable(engine) for engine in (self.old, self.new)]
        for text in FORMS:
            if (text in has[0]) != (text in has[1]):
                self._lacks(text, text in has[0])
            elif text not in has[0]:
                self.skipped["neither has it"] += 1
        return tuple(text for text in FORMS if all(text in each for each in has))

    def _lacks(self, what: str, old_has: bool) -> None:
        words = ["has it" if has else "has not" for has in (old_has, not old_has)]
        side: Side = "only-old" if old_has else "only-new"
        self.tally["operations", side] += 1
        self.found.append(Difference("operations", side, what, words[0], words[1]))

    def _passes(self, common: Collection[str]) -> None:
        """Whether one of them is wrong in a second pass, however right in the first."""
        if not {"a + b", "a * b"} <= set(common):
            return
        self.again, found = second_pass(self.old, self.new)
        if found is not None:
            self.tally[found.kind, found.side] += 1
            self.found.append(found)

    # --- expressions ------------------------------------------------------------------------------

    def _cases(self, common: Collection[str]) -> Iterator[Case]:
        if not common:
            return
        search, forms = self.search, tuple(FORMS[text] for text in common)
        yield from dict.fromkeys(case for _, case in special.cases(common))
        yield from dict.fromkeys(special.edges(common))
        wide, most = search.examples // 4, search.max_operations
        yield from draw(
            search.examples - wide, search.seed, "tame", forms=forms, max_operations=most
        )
        yield from draw(wide, search.seed, "wide", forms=forms, max_operations=most)

    def _both(
        self, cases: Sequence[Case]
    ) -> Iterator[tuple[Case, Sequence[Reading], Sequence[Reading]]]:
        old, new = (engine.run_many(cases, self.steps) for engine in (self.old, self.new))
        return zip(cases, old, new, strict=True)

    def _case(self, case: Case, old: Sequence[Reading], new: Sequence[Reading]) -> None:
        self.cases += 1
        self._count(old, new)
        what = self._between(case, old, new, case, self.steps)
        if what is None:
            return
        key = (what.kind, what.side)
        self.tally[key] += 1
        if self.tally[key] > _SHRUNK or self._shown(what):
            return
        if what.side in {"bits", "bounds"} & self.allowed:
            if self.tally[key] == 1:
                self.found.append(_difference(case, case, what))
            return
        small, what = self._reduced(case, what)
        if not any(
            d.case and d.case.graph == small.graph and d.kind == what.kind for d in self.found
        ):
            self.found.append(_difference(small, case, what))

    def _shown(self, what: Seen) -> bool:
        """Whether it is what :meth:`_passes` has shown."""
        told = any(d.kind == "state" and d.side == what.side for d in self.found)
        return told and what.place == 1 and what.side in WRONG and what.side == self.again

    def _count(self, old: Sequence[Reading], new: Sequence[Reading]) -> None:
        for a, b in zip(old, new, strict=False):
            if a.raised is None and b.raised is None:
                pairs = (
                    *zip(a.values, b.values, strict=False),
                    *zip(a.gradients, b.gradients, strict=False),
                )
                self.numbers += len(pairs)
                self.same += sum(same_bits(x, y) for x, y in pairs)

    def _seen(self, case: Case) -> Seen | None:
        old, new = (
            engine.run(case.graph, case.point, self.steps) for engine in (self.old, self.new)
        )
        return self._between(case, old, new, case, self.steps)

    def _between(
        self, judged: Case, old: Sequence[Reading], new: Sequence[Reading], run: Case, steps: Steps
    ) -> Seen | None:
        """The gravest difference, without what lies in the order of addresses alone.

        Where both engines differ from themselves, they are run again among other objects; a number
        that both might give, in some order or other, is no difference between them.
        """
        answers: tuple[list[Sequence[Reading]], list[Sequence[Reading]]] = ([old], [new])

        def explained(found: Seen) -> bool:
            if accepted(found.kind, found.side, self.allowed):
                return False
            for pattern in range(_PATTERNS):
                if pattern + 1 >= len(answers[0]):
                    for engine, readings in zip((self.old, self.new), answers, strict=True):
                        cluttered = (("clutter", pattern), *steps)
                        readings.append(engine.run(run.graph, run.point, cluttered))
                if overlap(*([answer(r, found) for r in readings] for readings in answers)):
                    return True
            return False

        asked = explained if self.itself else lambda _: False
        found = seen(
            judged, old, new, gradients=self.backward, explained=asked, again=self.again
        )
        if found is not None and found.place == 1 and self._spoiled(found, judged):
            return replace(found, side="undecided")
        return found

    def _spoiled(self, what: Seen, case: Case) -> bool:
        """Whether what two passes add up to is made of an operation that is wrong in one pass.

        Then it is no matter of convention alone, and nobody can tell how much of it is.
        """
        return what.side == "convention" and any(
            d.side in WRONG and d.kind != "state" and d.case is not None
            and operations_of(d.case) <= operations_of(case) for d in self.found
        )

    def _reduced(self, case: Case, what: Seen) -> tuple[Case, Seen]:
        """The smallest case found that differs in the same way."""

        def differs(smaller: Case) -> bool:
            other = self._seen(smaller)
            return other is not None and (other.kind, other.side) == (what.kind, what.side)

        small = reduce(case, differs)
        return small, self._seen(small) or what  # an engine may answer otherwise the next time

    # --- the same leaves with another number ------------------------------------------------------

    def _anew(self, cases: Iterable[Case]) -> None:
        """A leaf gets another number after a backward pass, and the graph is made again from it."""
        if not self.backward:
            return
        for case in cases:
            what = self._seen_anew(case)
            if what is None or what.side in ROUNDING:
                continue
            self.tally["state", what.side] += 1
            if any(d.kind == "state" and d.side == what.side for d in self.found):
                continue

            def differs(smaller: Case, side: Side = what.side) -> bool:
                other = self._seen_anew(smaller)
                return other is not None and other.side == side

            small = reduce(case, differs)
            what = self._seen_anew(small) or what
            found = _difference(small, case, replace(what, kind="state"))
            self.found.append(replace(found, note=ANEW))

    def _seen_anew(self, case: Case) -> Seen | None:
        if self._seen(case) is not None:  # it differs without that
            return None
        moved = _moved(case)
        if moved is None:
            return None
        leaf = case.graph.leaves[0]
        steps = (*ONCE[:1], ("zero", "all"), ("set", leaf, moved.point[0]), ("rebuild",), *ONCE)
        old, new = (e.run(case.graph, case.point, steps) for e in (self.old, self.new))
        return self._between(moved, old, new, case, steps)

    # --- limits and repetition --------------------------------------------------------------------

    def _limits(self) -> None:
        for found in (*limits(self.old, self.new), *training(self.old, self.new)):
            self.tally[found.kind, found.side] += 1
            self.found.append(found)

    def _repeat(self, cases: Sequence[Case]) -> None:
        """Run the same cases in another process: sets and addresses come out otherwise there.

        What one engine does otherwise than itself is judged as what two do otherwise: where the
        order of a set moves the last bits within what rounding explains, nobody is wrong.
        """
        own: dict[str, Side] = {}
        for name, engine in (("old", self.old), ("new", self.new)):
            unstable = _unstable(engine, cases, self.steps)
            if unstable is None:
                continue
            case, what = unstable
            side = own[name] = own_side(what.side, name)
            names = case.graph.names
            self.tally["reproducibility", side] += 1
            where = f"{what.quantity} of {names[what.node]}"
            note = f"the {name} engine, in two processes: {what.old} and {what.new}"
            old, new = [CHANGES if name == which else STEADY for which in ("old", "new")]
            self.found.append(
                Difference("reproducibility", side, where, old, new, case, case, note=note)
            )
        if len(own) > 1 and not any(
            accepted("reproducibility", side, self.allowed) for side in own.values()
        ):
            self.itself = {("reproducibility", side) for side in own.values()}


def own_side(side: Side, name: str) -> Side:
    """Whose fault it is that an engine differs from itself: nobody's, or its own."""
    kind, _, of_one = side.partition("-")
    if not of_one:
        return side
    own: dict[tuple[str, str], Side] = {
        ("imprecise", "old"): "imprecise-old",
        ("imprecise", "new"): "imprecise-new",
    }
    return own.get((kind, name), "wrong-old" if name == "old" else "wrong-new")


ANEW: Final = "after a backward pass, the first leaf became a quarter more, the graph was made anew"


def operations_of(case: Case) -> frozenset[str]:
    """Which operations an expression has."""
    return frozenset(node.op for node in case.graph.nodes if isinstance(node, Apply))


def _moved(case: Case) -> Case | None:
    """The case with another number in its first leaf; ``None`` where it is not defined there."""
    first, *rest = case.point
    moved = Case(case.graph, (1.25 * first, *rest))
    return moved if inside(moved.graph, moved.point) else None


def usable(engine: Engine) -> set[str]:
    """The forms that an engine has: it does not refuse all of the ordinary points."""
    singles = [(text, case) for text, form in FORMS.items() for case in special.single(form)]
    readings = engine.run_many([case for _, case in singles], FORWARD)
    return {
        text
        for (text, _), answers in zip(singles, readings, strict=True)
        if answers[-1].raised is None or not answers[-1].raised.refused
    }


def _unstable(engine: Engine, cases: Iterable[Case], steps: Steps) -> tuple[Case, Seen] | None:
    """The gravest of what an engine does otherwise in another process, and the case."""
    held = list(cases)
    if (another := engine.again()) is None:
        return None
    found: list[tuple[Case, Seen]] = []
    with another as other:
        for case, one, two in zip(
            held, engine.run_many(held, steps), other.run_many(held, steps), strict=True
        ):
            what = seen(case, one, two, gradients=engine.info.has_backward)
            if what is not None:
                found.append((case, what))
    return max(found, key=lambda each: SIDES.index(each[1].side), default=None)


def _difference(case: Case, original: Case, what: Seen) -> Difference:
    name = case.graph.names[what.node]
    return Difference(
        kind=what.kind,
        side=what.side,
        where=f"{what.quantity} of {name}",
        old=what.old,
        new=what.new,
        case=case,
        original=original,
        truth=what.truth,
        note=WHEN[what.place] if what.kind == "state" and what.place < len(WHEN) else "",
    )


def _gravest(found: Difference) -> tuple[int, int]:
    size = len(found.case.graph.nodes) if found.case else 0
    return -SIDES.index(found.side), size
