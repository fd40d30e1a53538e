"""All oracles asked about one case: the truth that judges, and the witnesses beside it."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

from verify.oracles import difference, interval, symbolic, torch_autograd

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from verify.expression.formats import Format
    from verify.expression.graph import Case, Number
    from verify.expression.reading import Enclosure, Reading, Truth

T = TypeVar("T")

ORACLES: Final = (interval.SOURCE, symbolic.SOURCE, difference.SOURCE, torch_autograd.SOURCE)
"""Every oracle, the judge first."""


@dataclass(frozen=True, slots=True)
class Testimony:
    """What the oracles say of one case.

    Attributes:
        case: the graph and the point.
        truth: the interval oracle's enclosures with bounds: the judge's truth.
        witnesses: the oracles that know their own error.
        floats: the oracles that answer with float64; none without torch.
    """

    case: Case
    truth: Truth
    witnesses: tuple[Truth, ...]
    floats: tuple[Reading, ...]
    made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What follows from this testimony: made once, and kept for as long as it is."""
        if key not in self.made:
            self.made[key] = make()
        found: T = self.made[key]
        return found

    def relax(self, truth: Truth, free: Sequence[int]) -> Truth:
        """See :func:`verify.oracles.interval.relax`."""
        graph, point = self.case.graph, self.case.point
        if truth is not self.truth:  # relaxed before, with other nodes free
            return interval.relax(graph, point, truth, free)
        key = ("relaxed", tuple(free))
        return self.kept(key, lambda: interval.relax(graph, point, truth, free))

    def given(self, values: Sequence[float]) -> Sequence[Enclosure]:
        """See :func:`verify.oracles.interval.given`."""
        return interval.given(self.case.graph, values, self.truth.format)

    def computed_in(self, form: Format) -> Testimony:
        """The same for an engine that computes in this format."""
        if form is self.truth.format:
            return self
        graph, point = self.case.graph, self.case.point
        return self.kept(
            ("format", form),
            lambda: replace(self, truth=interval.truth(graph, point, form), made={}),
        )


def remembered(most: int) -> Callable[[Callable[[Case], T]], Callable[[Case], T]]:
    """Keep what is said of a case for the next engine of this process.

    Cases are equal when their numbers are; their types and bits are compared too, since -0.0 is
    not 0.0, nor 2 the float 2.0.

    Args:
        most: cases that are kept; those not asked for longest go first.
    """

    def decorate(function: Callable[[Case], T]) -> Callable[[Case], T]:
        @lru_cache(maxsize=most)
        def kept(case: Case, numbers: Hashable) -> T:
            del numbers
            return function(case)

        @wraps(function)
        def asked(case: Case) -> T:
            return kept(case, _bits(case.numbers))

        _KEPT.append(kept.cache_clear)
        return asked

    return decorate


def _bits(numbers: Sequence[Number]) -> Hashable:
    """What tells numbers apart that are equal."""
    try:
        return array("d", numbers).tobytes(), tuple(map(type, numbers))
    except OverflowError:  # a whole number beyond the range
        return tuple(map(repr, numbers))


_KEPT: Final[list[Callable[[], None]]] = []


def forget() -> None:
    """Drop all that is kept: the oracles are asked again."""
    for clear in _KEPT:
        clear()


@remembered(1 << 12)
def consult(case: Case) -> Testimony:
    """Ask every oracle that is there."""
    graph, point = case.graph, case.point
    floats = (torch_autograd.reading(graph, point),) if torch_autograd.available() else ()
    witnesses = (symbolic.truth(graph, point), difference.truth(graph, point))
    return Testimony(case, interval.truth(graph, point), witnesses, floats)


@remembered(1 << 14)
def alone(case: Case) -> Testimony:
    """What the interval oracle says, without its witnesses: they are asked where it accuses."""
    return Testimony(case, interval.truth(case.graph, case.point), (), ())


def present() -> tuple[str, ...]:
    """Names of the oracles that can be asked here; torch is an extra."""
    return ORACLES if torch_autograd.available() else ORACLES[:-1]
