"""Losses: what training makes small. Each takes nodes (numbers also serve) and returns one node.

`softmax` is no loss: it makes the probabilities whose logarithm `softmax_cross_entropy` takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from micrograd.engine import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Sized

    from micrograd.engine import Number

__all__ = [
    "binary_cross_entropy",
    "l2",
    "max_margin",
    "mean_squared_error",
    "softmax",
    "softmax_cross_entropy",
]


def mean_squared_error(predictions: Sequence[Number], targets: Sequence[Number]) -> Value:
    """Return the mean of (p - t)**2, in the square of the predictions' unit (Gauss, 1809).

    Raises:
        ValueError: there are none, or not as many targets as predictions.
    """
    check(predictions, targets)
    return mean([(as_value(p) - t) ** 2 for p, t in zip(predictions, targets)])


def max_margin(scores: Sequence[Number], labels: Sequence[float]) -> Value:
    """Return the mean of relu(1 - y s), the hinge loss (Cortes & Vapnik, 1995); dimensionless.

    Args:
        scores: s, one a sample; its sign is the prediction.
        labels: y, each -1 or 1.

    Raises:
        ValueError: there are none, not as many labels as scores, or a label is not -1 or 1.
    """
    check(scores, labels)
    require(labels, (-1, 1))
    return mean([(1 - as_value(s) * y).relu() for s, y in zip(scores, labels)])


def binary_cross_entropy(logits: Sequence[Number], labels: Sequence[float]) -> Value:
    """Return the mean of -log p(label), p(1) = sigmoid(z), in nats; finite for every finite z.

    As log(1 + e**z) - y z, the form that does not overflow (Goodfellow et al., 2016, 6.2.2.2).

    Args:
        logits: z, one a sample.
        labels: y, each 0 or 1.

    Raises:
        ValueError: there are none, not as many labels as logits, or a label is not 0 or 1.
    """
    check(logits, labels)
    require(labels, (0, 1))
    nodes = [as_value(z) for z in logits]
    return mean([logsumexp([Value(0.0), z]) - z * y for z, y in zip(nodes, labels)])


def softmax_cross_entropy(logits: Sequence[Sequence[Number]], classes: Sequence[int]) -> Value:
    """Return the mean of -log softmax(row)[class], in nats; finite for every finite row.

    As logsumexp(row) - row[class] (Bridle, 1990; Blanchard, Higham & Higham, 2021).

    Args:
        logits: a row a sample, a number a class.
        classes: the index of the right class of each sample, from 0.

    Raises:
        ValueError: there are none, not as many classes as rows, or a class is not in its row.
    """
    check(logits, classes)
    rows = [[as_value(z) for z in row] for row in logits]
    for row, k in zip(rows, classes):
        require([k], range(len(row)))
    return mean([logsumexp(row) - row[k] for row, k in zip(rows, classes)])


def softmax(scores: Iterable[Number]) -> list[Value]:
    """Return the probabilities e**s / (e**s0 + e**s1 + ...), one for each score s; their sum is 1.

    None overflows, as the largest score is subtracted from all before (Bridle, 1990; Blanchard,
    Higham & Higham, 2021). For a loss take `softmax_cross_entropy` of the scores themselves: the
    logarithm of a probability that has become 0 does not exist.

    Args:
        scores: one a class, any numbers, also called logits.

    Raises:
        ValueError: there are no scores.
    """
    nodes = [as_value(s) for s in scores]
    if not nodes:
        raise ValueError("softmax of no scores: give at least one")
    _, powers = exponentials(nodes)
    whole = total(powers)
    return [power / whole for power in powers]


def l2(parameters: Iterable[Value], strength: float = 1e-4) -> Value:
    """Return strength * (p0**2 + p1**2 + ...), the penalty of ridge regression (Tikhonov, 1943)."""
    return strength * total([p * p for p in parameters])


def logsumexp(nodes: Sequence[Value]) -> Value:  # log(e**z0 + e**z1 + ...), no overflow
    peak, powers = exponentials(nodes)
    return total(powers).log() + peak


def exponentials(nodes: Sequence[Value]) -> tuple[float, list[Value]]:  # peak, each e**(z - peak)
    peak = max(z.data for z in nodes)  # a number: its choice leaves value and gradient alone
    return peak, [(z - peak).exp() for z in nodes]


def total(nodes: Sequence[Value]) -> Value:
    return sum(nodes[1:], nodes[0]) if nodes else Value(0.0)


def mean(nodes: Sequence[Value]) -> Value:
    return total(nodes) * (1.0 / len(nodes))


def as_value(x: Number) -> Value:
    return x if isinstance(x, Value) else Value(x)


def check(predictions: Sized, targets: Sized) -> None:
    if not len(predictions) or len(predictions) != len(targets):
        raise ValueError(
            f"{len(predictions)} predictions and {len(targets)} targets: "
            "give at least one, and as many of each"
        )


def require(labels: Sequence[float], allowed: Sequence[int]) -> None:
    for y in labels:
        if y not in allowed:
            raise ValueError(f"label {y!r}: must be one of {', '.join(map(str, allowed))}")
