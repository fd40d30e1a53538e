"""The table of probes: what is tried of each operation and each shape, one row a kind of mistake.

``bench/effort.py`` makes ``docs/probes.md`` of it.  For every row ``tests/meta/test_probes.py`` has
a mistake that is missed, or taken for another, without it: no row is there for nothing, and none
goes unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.generators import chains, company, large, operands
from verify.generators.scenarios import CAUGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from verify.expression.graph import Case

Groups: TypeAlias = "Callable[[Collection[str], int], Iterator[list[Case]]]"
"""``(forms, seed)``: cases in these forms, in groups; the same for the same seed."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A row of the table.

    Attributes:
        name: how it is called, and the stage of a check in whose account it is.
        of: what it is tried on.
        tried: what is tried, in words.
        missed: a mistake that it finds, in words.
        cases: makes its cases; ``None`` where a stage of its own does.
    """

    name: str
    of: str
    tried: str
    missed: str
    cases: Groups | None = None


def _texts(values: Collection[object]) -> str:
    listed = [f"{value:,}" if isinstance(value, int) else str(value) for value in values]
    return f"{', '.join(listed[:-1])} and {listed[-1]}"


PROBES: Final = (
    Probe(
        "factors", "each form",
        f"with something after it: {', '.join(f'`{tail}`' for tail in operands.FACTORS)}",
        "tanh passes nothing on if more than 10**6 comes back", operands.factors,
    ),
    Probe(
        "signs", "each form",
        "operands that are 0, negative, equal, opposite, whole numbers and fractions, results 0 and"
        f" 1: {len(operands.PAIRS)} pairs, {len(operands.ONES)} single ones, alone and scaled",
        "sigmoid of a leaf that is 0 passes nothing on", operands.signs,
    ),
    Probe(
        "numbers", "each form with a number",
        f"the numbers and exponents {_texts([round(x, 3) for x in operands.NUMBERS])}",
        "`a ** 5` alone is wrong", operands.numbers,
    ),
    Probe(
        "magnitudes", "each form",
        "operands log-uniform through the whole range of floats, drawn in strata, in both signs",
        "exp is wrong between 100 and 600", operands.magnitudes,
    ),
    Probe(
        "each on each", "each pair of operations",
        "one on the result of the other", "sin of a cos passes nothing on",
        company.each_on_each,
    ),
    Probe(
        "two on one", "each pair of operations",
        "both on one inner node, and twice the same",
        "a node used by sin and cos alone", company.two_on_one,
    ),
    Probe(
        "operand of operand", "each pair of operations",
        "an operand that is an operand of the other operand too, in either place",
        "the base of a power whose exponent is made of it",
        company.operand_of_operand,
    ),
    Probe(
        "equal in value", "each operation",
        "different nodes of the same value, as operands and beside each other",
        "a power of inner nodes that are equal", company.equal_in_value,
    ),
    Probe(
        "result zero", "each operation",
        "on an inner node whose value is 0", "sin of an inner node of value 0",
        company.result_zero,
    ),
    Probe(
        "fan-out", "each operation, all of them in turn",
        f"an inner node and a leaf used {_texts(company.FAN_OUTS)} times",
        "a node used 129 times loses its gradient",
    ),
    Probe(
        "depth", "each operation, some in turn",
        f"chains of {_texts(chains.DEPTHS)} operations, as deep as the engine goes",
        "nothing is passed below a depth of 200, except by additions",
    ),
    Probe(
        "size", "all forms",
        f"random graphs of about {_texts(large.SIZES)} operations, wide and not deep",
        "no more than 2,500 nodes are visited",
    ),
    Probe(
        "large gradients", "products",
        "gradients of 10**2 to 10**290, in both signs", "gradients are clipped at 10**6",
    ),
    Probe(
        "small gradients", "products",
        "gradients of 10**-2 to 10**-290, in both signs", "gradients below 10**-9 count as 0",
    ),
    Probe(
        "passes", "a program", "run 5,000 times in one process, every answer compared",
        "every 1,500th pass is wrong",
    ),
    Probe(
        "errors", "each form, and some programs",
        f"after exceptions that were caught: {_texts([s.name[8:] for s in CAUGHT])}",
        "a flag that an exception leaves set",
    ),
    Probe(
        "a second graph on the same leaves", "each form, and some programs",
        "a second graph on the same leaves while the first is alive",
        "nodes remember what was made of them",
    ),
)  # fmt: skip
"""What is tried besides single operations, known shapes, all small graphs and random ones."""
