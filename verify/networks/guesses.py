"""Every known mistake in the outputs of a network, as a function of its inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from verify.generators.architectures import USUAL
from verify.generators.flaws import FLAWS, swapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from verify.generators.architectures import Architecture
    from verify.networks.questions import Row


@dataclass(frozen=True, slots=True)
class Guess:
    """A network that makes a mistake.

    Attributes:
        fault: its id in the catalogue.
        architecture: how the network would compute without it.
        outputs: what it gives, in plain floats.
    """

    fault: str
    architecture: Architecture
    outputs: Callable[[Sequence[float]], list[float]]


def guesses(
    shapes: Sequence[Architecture], sizes: tuple[int, ...], p: Row, count: int | None = None
) -> Iterator[Guess]:
    """Each mistake in each of the architectures, the likeliest first.

    Args:
        shapes: what the network may be without the mistake.
        sizes: inputs and each layer's outputs.
        p: its parameters, and as many more as one likes.
        count: how many it has, if that is known.
    """
    for fault, flaw in FLAWS.items():
        for a in shapes if len(sizes) > 2 or not flaw.deep else ():
            if count in {None, a.count(sizes)}:
                yield Guess(fault, a, partial(flaw.outputs, a, sizes, p))
    for usual, guess in _miscounted(shapes, sizes, p, wide=count is not None):
        if count in {None, usual} and usual <= len(p):
            yield guess


def _miscounted(
    shapes: Sequence[Architecture], sizes: tuple[int, ...], p: Row, *, wide: bool
) -> Iterator[tuple[int, Guess]]:
    """Mistakes that change how many parameters there are, each with that number.

    ``wide``: without those that make no difference to layers of one neuron.
    """
    one = sum(n * m + 1 for n, m in pairwise(sizes))
    inside_out = sum((m + 1) * n for n, m in pairwise(sizes))
    for a in shapes:
        if a.order == USUAL[-1] and one <= len(p) and not (wide and max(sizes[1:]) == 1):
            outputs = partial(a.outputs, sizes, _written_out(sizes, p))
            yield one, Guess("one-bias-for-layer", a, outputs)
        if a.order == USUAL[0] and a.biased and any(n != m for n, m in pairwise(sizes)):
            yield inside_out, Guess("sizes-swapped", a, partial(swapped, a, sizes, p))
        if len(sizes) > 2:
            cut = replace(a, last=a.hidden)
            outputs = partial(cut.outputs, sizes[:-1], p)
            yield a.count(sizes[:-1]), Guess("last-layer-not-made", a, outputs)


def _written_out(sizes: Sequence[int], p: Row) -> Row:
    """One bias a layer, after its weights, written out for each neuron."""
    full: list[float] = []
    start = 0
    for nin, nout in pairwise(sizes):
        end = start + nin * nout
        full += [*p[start:end], *[p[end]] * nout]
        start = end + 1
    return tuple(full)
