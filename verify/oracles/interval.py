r"""The judge's truth: values and gradients enclosed in balls, and what rounding may add.

Two sweeps over the graph in ball arithmetic (python-flint's ``arb``), forward and then reverse:

**Truth.**  The formulas at high precision; the precision is doubled until every enclosure is far
narrower than its bound, or the cause of the looseness is known.

**Bound.**  The same formulas at 64 bits with the error of float64 added to every operation.  By
induction over the nodes the ball of a node contains every number that float64 code may get that
evaluates the textbook formulas, in any order of the sums.  The bound is how far that ball reaches
beyond the truth: the running error analysis (J. Wilkinson; N. Higham, *Accuracy and Stability of
Numerical Algorithms*, section 3.3) of this very graph at this very point, without a tolerance.

**An engine's own values.**  :func:`at_values` takes them for granted: what is left to go wrong is
one operation and the reverse sweep, however ill-conditioned the graph is.

**Slack.**  :func:`loosened` adds what honest formulas other than the textbook's may lose.

The derivation is written down in ``docs/bound.md``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flint import arb

from verify.expression.formats import DOUBLE
from verify.expression.reading import UNKNOWN, Column, Enclosure, Measured, Reach, Truth
from verify.oracles import special_values
from verify.oracles.balls import (
    MODEL_BITS,
    STEP,
    ZERO,
    arithmetic,
    careful,
    exact,
    forward,
    gradients,
    hull,
    on_kinks,
    precision,
    reverse,
    rounded,
    slopes,
)
from verify.oracles.exact_zeros import Zeros, zeros
from verify.oracles.slack import at_values, enclose, loosened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.expression.formats import Format
    from verify.expression.graph import Graph, Number
    from verify.oracles.balls import Ball, Rounding

__all__ = ["SOURCE", "at_values", "bounds", "loosened", "truth"]

SOURCE: Final = "interval"

_START_BITS: Final = 128
_KINK_BITS: Final = 512
_MAX_BITS: Final = 4096
_CLOSE: Final = 80
"""An enclosure with so many bits of its number is tight, whatever its bound is."""
_NARROW: Final = 36
_SHARE: Final = 2.0 ** (4 - _NARROW)
"""A ball of the model with ``_NARROW`` bits of its number makes no larger bound than that."""
_MEASURE_BITS: Final = 53
"""Radii and bounds are measured with so many bits, and rounded up."""
_TIGHT: Final = 2.0**-10
"""An enclosure is tight when it is this much narrower than its bound."""


def truth(graph: Graph, point: Sequence[Number], form: Format = DOUBLE) -> Truth:
    """Enclose every value and every gradient (of the output, by each node), with its bound.

    Args:
        graph: any graph of the vocabulary.
        point: one number a leaf.
        form: what code computes in that is to be judged.

    Returns:
        A :class:`Truth` with an enclosure for each node; ``freedom`` and ``scale`` are left to
        :func:`loosened`.
    """
    if form is not DOUBLE and not all(map(form.holds, (*point, *graph.constants))):
        nothing = (replace(UNKNOWN, note="beyond"),) * len(graph.nodes)
        return Truth(SOURCE, nothing, nothing, form)
    with arithmetic(form):
        return _truth(graph, point, form)


def _truth(graph: Graph, point: Sequence[Number], form: Format) -> Truth:
    if (plain := _plain(graph, point)) is not None:
        return Truth(SOURCE, *plain, form)
    bits, known, model = _START_BITS, None, None
    while True:
        with precision(bits):
            balls, corners = _enclosures(graph, point, known)
            adjoints = list(map(hull, corners))
            if model is None:
                sizes = map(special_values.middle, (*balls, *adjoints))
                model = _model(graph, point, extreme=not all(map(special_values.ordinary, sizes)))
                reach = model[0], list(map(hull, model[1]))
            about_values = special_values.of_values(graph, balls, model[0])
            kinks, loose = special_values.kinks(graph, balls, known)
            made = about_values
            if "edge" in made:
                made = special_values.of_values(graph, balls, model[0], made=True)
            about = special_values.of_gradients(graph, balls, adjoints, reach, made, kinks)
        done = Truth(
            SOURCE,
            tuple(
                [
                    enclose((b,), note, (m,))
                    for b, note, m in zip(balls, about_values, model[0], strict=True)
                ]
            ),
            tuple(map(enclose, corners, about, model[1])),
            form,
        )
        tight = all(map(_tight, done.values)) and all(map(_tight, done.gradients))
        if tight and not loose and (not kinks or bits >= _KINK_BITS):
            return done
        if known is None:
            known = zeros(graph, point)  # decided once, from the expression
        elif bits >= _MAX_BITS:
            return _conditioned(done)
        else:
            bits *= 2


def _plain(graph: Graph, point: Sequence[Number]) -> tuple[Column, Column] | None:
    """The enclosures as columns, where nothing about any number is special.

    ``None`` where something may be: then the notes are worked out, node by node.
    """
    with precision(_START_BITS):
        swept = _sweeps(graph, point, exact)
    if swept is None:
        return None
    balls, adjoints = swept
    values, gradients = list(map(float, balls)), list(map(float, adjoints))
    if not special_values.all_ordinary(values) or not special_values.all_ordinary(gradients):
        return None
    if special_values.delicate(graph, balls, values):
        return None
    with precision(MODEL_BITS):
        model = _sweeps(graph, point, rounded)
    if model is None:
        return None
    with precision(_MEASURE_BITS):
        column = _column(values, balls, model[0])
        other = column and _column(gradients, adjoints, model[1])
    return (column, other) if column and other else None


def _sweeps(
    graph: Graph, point: Sequence[Number], rounding: Rounding
) -> tuple[list[Ball], list[Ball]] | None:
    """Values and gradients; ``None`` where a gradient may be any of several."""
    balls = forward(graph, point, rounding)
    local = slopes(graph, balls, rounding)
    return None if on_kinks(graph, local) else (balls, reverse(local, rounding))


def _column(
    middles: Sequence[float], balls: Sequence[Ball], model: Sequence[Ball]
) -> Column | None:
    """Enclosures with bounds, if all are tight: measured only where a glance does not tell that.

    A ball of the model has the truth in it: what else it has is no further away than it is wide.
    Where it is not narrow, as around 0, only the middle is surely within the bound.
    """
    shown: list[float] = list(middles)
    within: list[Any] = list(model)  # a ball has ``in``, of which its stub does not tell
    sure, kept = True, dict[int, Enclosure]()
    bits = zip(map(arb.rel_accuracy_bits, balls), map(arb.rel_accuracy_bits, model), strict=True)
    for place in [i for i, (a, b) in enumerate(bits) if a < _CLOSE or b < _NARROW]:
        at, radius, bound = _measured(middles[place], balls[place], model[place])
        if not (radius <= _TIGHT * bound + math.ulp(at) and bound < math.inf):
            return None
        shown[place], within[place] = at, (at,)
        kept[place] = Enclosure(at, radius, bound)
        sure = sure and radius <= _TIGHT * bound

    def measure(place: int) -> Enclosure:
        if place not in kept:
            with precision(_MEASURE_BITS):
                measured = _measured(middles[place], balls[place], model[place])
            kept[place] = Enclosure(*measured)
        return kept[place]

    def measure_all() -> Measured:
        made = list(map(measure, range(len(middles))))
        return Measured([e.radius for e in made], bounds=[e.bound for e in made])

    return Column(shown, measure_all, Reach(within, _SHARE, measure) if sure else None)


def _measured(at: float, ball: Ball, reach: Ball) -> tuple[float, float, float]:
    """The middle, radius and bound as :func:`~verify.oracles.slack.enclose` has them."""
    after = math.nextafter
    away = float((ball - at).abs_upper())
    radius = after(away, math.inf) if away else 0.0
    if radius > abs(at):
        at, radius = 0.0, after(abs(at) + radius, math.inf)
    away = float((reach - at).abs_upper())
    return at, radius, max((after(away, math.inf) if away else 0.0) - radius, 0.0)


def bounds(
    graph: Graph, point: Sequence[Number], *, extreme: bool = False
) -> tuple[list[Ball], list[Ball]]:
    """The second sweep alone: a ball for each value and gradient under the standard model.

    Args:
        graph: any graph of the vocabulary.
        point: one number a leaf.
        extreme: whether intermediate results may leave the range of float64, which is checked then.
    """
    balls, corners = _model(graph, point, extreme=extreme)
    return balls, list(map(hull, corners))


def _model(
    graph: Graph, point: Sequence[Number], *, extreme: bool
) -> tuple[list[Ball], list[tuple[Ball, ...]]]:
    rounding = careful if extreme else rounded
    with precision(MODEL_BITS):
        balls = forward(graph, point, rounding)
        return balls, gradients(graph, slopes(graph, balls, rounding), rounding)


def _enclosures(
    graph: Graph, point: Sequence[Number], known: Zeros | None
) -> tuple[list[Ball], list[tuple[Ball, ...]]]:
    if known is None:
        balls = forward(graph, point, exact)
        return balls, gradients(graph, slopes(graph, balls, exact), exact)
    balls = forward(graph, point, exact, lambda i, ball: ZERO if i in known.nodes else ball)
    local = slopes(graph, balls, exact, lambda i, partial: STEP if i in known.ties else partial)
    return balls, gradients(graph, local, exact)


def _tight(e: Enclosure | None) -> bool:
    if e is None or e.note in {"kink", "domain", "overflow", "pole", "beyond"}:
        return True
    if math.isnan(e.middle):
        return False
    needed = e.bound if math.isfinite(e.bound) else abs(e.middle)
    return e.radius <= _TIGHT * needed + math.ulp(e.middle)


def _conditioned(done: Truth) -> Truth:
    def mark(e: Enclosure | None) -> Enclosure | None:
        return e if _tight(e) or e is None or e.note else replace(e, note="conditioning")

    marked = tuple(map(mark, done.values)), tuple(map(mark, done.gradients))
    return Truth(done.source, *marked, done.format)
