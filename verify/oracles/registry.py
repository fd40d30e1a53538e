"""All oracles asked about one case: the truth that judges, and the witnesses beside it."""

from __future__ import annotations

from array import array
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

from verify.expression.formats import DOUBLE
from verify.expression.reading import OnDemand, Truth
from verify.oracles import interval, torch_autograd

if TYPE_CHECKING:
    from collections.abc import (
        Callable,
        Collection,
        Hashable,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )

    from verify.expression.formats import Format
    from verify.expression.graph import Case, Number
    from verify.expression.reading import Enclosure, Quantity, Reading
    from verify.oracles.stored import Entries, Stored

T = TypeVar("T")

ORACLES: Final = (interval.SOURCE, "symbolic", "difference", torch_autograd.SOURCE)
"""Every oracle, the judge first."""


@dataclass(frozen=True, slots=True)
class Testimony:
    """What the oracles say of one case: a :class:`~verify.verdict.reference.Reference`.

    Attributes:
        case: the graph and the point.
        truth: the interval oracle's enclosures with bounds: the judge's truth.
        witnesses: the oracles that know their own error.
        floats: the oracles that answer with float64; none without torch.
        recalled: whether the truth was kept on disk.
        made: what follows from it, and was worked out already.
    """

    case: Case
    truth: Truth
    witnesses: Sequence[Truth] = ()
    floats: Sequence[Reading] = ()
    recalled: bool = False
    made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What follows from this testimony: made once, and kept for as long as it is."""
        if key not in self.made:
            self.made[key] = make()
        found: T = self.made[key]
        return found

    def loosened(self, nodes: Collection[int] | None = None) -> Truth:
        """See :func:`verify.oracles.slack.loosened`; of all nodes unless told."""
        graph, point = self.case.graph, self.case.point
        chosen = tuple(range(len(graph.nodes)) if nodes is None else nodes)
        key = ("loosened", chosen)
        return self.kept(key, lambda: interval.loosened(graph, point, self.truth, chosen))

    def at_values(self, values: Sequence[float]) -> Sequence[Enclosure]:
        """See :func:`verify.oracles.slack.at_values`."""
        return interval.at_values(self.case.graph, values, self.truth.format)

    def readings(self, quantity: Quantity, node: int) -> Mapping[str, float | str]:
        """What every oracle says of one number."""
        readings: dict[str, float | str] = {
            name: "not asked" if name in present() else "not installed" for name in ORACLES
        }
        for oracle in (self.truth, *self.witnesses):
            e = oracle.column(quantity)[node]
            readings[oracle.source] = "not asked" if e is None else e.middle
        for reading in self.floats:
            got = reading.column(quantity)[node]
            readings[reading.source] = "nothing" if got is None else got
        return readings

    def afresh(self) -> Testimony:
        """The same by oracles that are asked anew, if it was kept on disk."""
        if not self.recalled:
            return self
        graph, point = self.case.graph, self.case.point
        return self.kept(
            "afresh",
            lambda: replace(self, truth=interval.truth(graph, point), recalled=False, made={}),
        )

    def computed_in(self, form: Format) -> Testimony:
        """The same for an engine that computes in this format."""
        if form is self.truth.format:
            return self
        graph, point = self.case.graph, self.case.point
        return self.kept(
            ("format", form),
            lambda: replace(
                self, truth=interval.truth(graph, point, form), recalled=False, made={}
            ),
        )


def remembered(most: int) -> Callable[[Callable[[Case], T]], Callable[[Case], T]]:
    """Keep what is said of a case for the next engine of this process.

    Cases are equal when their numbers are; their types and bits are compared too, since -0.0 is
    not 0.0, nor 2 the float 2.0.

    Args:
        most: cases that are kept; those not asked for longest go first.
    """

    def decorate(function: Callable[[Case], T]) -> Callable[[Case], T]:
        def answer(case: Case, numbers: Hashable) -> T:
            del numbers
            return function(case)

        memory = _Memory(lambda: lru_cache(maxsize=most)(answer))

        @wraps(function)
        def asked(case: Case) -> T:
            found: T = memory.kept(case, _bits(case.numbers))
            return found

        _KEPT.append(memory)
        return asked

    return decorate


class _Memory:
    """What is kept of what one function said."""

    __slots__ = ("empty", "kept")

    def __init__(self, empty: Callable[[], Callable[[Case, Hashable], Any]]) -> None:
        self.empty, self.kept = empty, empty()


def _bits(numbers: Sequence[Number]) -> Hashable:
    """What tells numbers apart that are equal."""
    try:
        return array("d", numbers).tobytes(), tuple(map(type, numbers))
    except OverflowError:  # a whole number beyond the range
        return tuple(map(repr, numbers))


_KEPT: Final[list[_Memory]] = []


def forget() -> None:
    """Drop all that is kept: the oracles are asked again."""
    for memory in _KEPT:
        memory.kept = memory.empty()


@contextmanager
def afresh() -> Iterator[None]:
    """A stretch that begins with nothing kept; after it, what was kept before is kept again."""
    before = [memory.kept for memory in _KEPT]
    forget()
    try:
        yield
    finally:
        for memory, kept in zip(_KEPT, before, strict=True):
            memory.kept = kept


def _later(case: Case, asks: Sequence[Callable[[Case], T]]) -> Sequence[T]:
    """What some oracles say of a case, each asked when somebody wants to know."""
    return OnDemand(len(asks), lambda place: asks[place](case))


@remembered(1 << 12)
def consult(case: Case) -> Testimony:
    """Every oracle that is there; the witnesses are asked when they are wanted."""
    truth, recalled = _truth(case)
    floats = _FLOATS if torch_autograd.available() else ()
    return Testimony(case, truth, _later(case, _WITNESSES), _later(case, floats), recalled)


def consult_together(cases: Iterable[Case]) -> list[Testimony]:
    """:func:`consult` for each case, with every oracle asked about all of them in turn.

    That is quicker than all oracles about each: what one of them works with stays at hand.
    """
    asked = [consult(case) for case in cases]
    for place in range(len(_WITNESSES)):
        for testimony in asked:
            testimony.witnesses[place]
    for testimony in asked:
        tuple(testimony.floats)
    return asked


@remembered(1 << 14)
def alone(case: Case) -> Testimony:
    """What the interval oracle says, without its witnesses: they are asked where it accuses."""
    truth, recalled = _truth(case)
    return Testimony(case, truth, recalled=recalled)


def without_packages(case: Case) -> Testimony:
    """What those oracles say that load no large package: the interval and the difference oracle."""
    return replace(consult(case), witnesses=_later(case, (_difference,)), floats=(), made={})


def by_interval(case: Case, form: Format = DOUBLE) -> Testimony:
    """The same, asked here and now: of cases that come once, and are kept nowhere."""
    return Testimony(case, interval.truth(case.graph, case.point, form))


def _symbolic(case: Case) -> Truth:
    from verify.oracles import symbolic

    return symbolic.truth(case.graph, case.point)


def _difference(case: Case) -> Truth:
    from verify.oracles import difference

    return difference.truth(case.graph, case.point)


def _torch(case: Case) -> Reading:
    return torch_autograd.reading(case.graph, case.point)


_WITNESSES: Final = (_symbolic, _difference)
_FLOATS: Final = (_torch,)
"""Who is asked later: those that know their own error, and those that answer in floats."""


def _truth(case: Case) -> tuple[Truth, bool]:
    """The interval oracle's truth, and whether it was kept on disk."""
    for store in _STORES:
        if (found := store.get(case)) is not None:
            return Truth(interval.SOURCE, *found[:2]), True
    truth = interval.truth(case.graph, case.point)
    keep(case, truth)
    return truth, False


def keep(case: Case, truth: Truth, *, agreed: bool = False) -> None:
    """Keep a truth on disk, where that is wanted; ``agreed``: all oracles say the same."""
    for store in _STORES:
        store.put(case, truth, agreed=agreed)


def is_kept(case: Case) -> bool:
    """Whether the truth of a case is kept on disk, or was told by a helper."""
    return any(store.get(case) is not None for store in _STORES)


def take(entries: Entries) -> None:
    """Take over what a helper found out."""
    for store in _STORES:
        store.take(entries)


@contextmanager
def collected() -> Iterator[Stored]:
    """A stretch in which all that is found out is collected, to be handed to another process."""
    from verify.oracles.stored import Stored

    store = Stored(None, collects=True)
    before, _STORES[:] = list(_STORES), [store]
    try:
        yield store
    finally:
        _STORES[:] = before


def recalled_text(name: str, make: Callable[[], str]) -> str:
    """A text that is the same in every run, made only if it is not kept on disk."""
    for store in _STORES:
        if (found := store.text(name)) is not None:
            return found
    text = make()
    for store in _STORES:
        store.put_text(name, text)
    return text


def agreed(case: Case) -> bool:
    """Whether it is kept on disk that all oracles say the same of a case."""
    return any((found := store.get(case)) is not None and found[2] for store in _STORES)


_STORES: Final[list[Stored]] = []
"""What is kept on disk at present: one, within :func:`stored`."""


@contextmanager
def stored() -> Iterator[None]:
    """A stretch in which truths are kept on disk between runs; see :mod:`.stored`."""
    if _STORES:
        yield
        return
    from verify.oracles.stored import Stored

    store = Stored.of_user()
    _STORES.append(store)
    try:
        yield
    finally:
        _STORES.remove(store)
        store.save()


def present() -> tuple[str, ...]:
    """Names of the oracles that can be asked here; torch is an extra."""
    return ORACLES if torch_autograd.available() else ORACLES[:-1]
