"""Losses, optimiser, toy data."""

import math
import random

import pytest

from micrograd import Value
from micrograd.datasets import moons
from micrograd.losses import (
    binary_cross_entropy,
    l2,
    max_margin,
    mean_squared_error,
    softmax,
    softmax_cross_entropy,
)
from micrograd.optim import SGD, linear_decay


def nodes(*data: float) -> list[Value]:
    """Return a leaf for each number."""
    return [Value(x) for x in data]


def test_mean_squared_error() -> None:
    """The mean of the squared differences, and its gradient 2 (p - t) / n."""
    p = nodes(1.0, 4.0)
    loss = mean_squared_error(p, [0.0, 2.0])
    loss.backward()
    assert (loss.data, [v.grad for v in p]) == (2.5, [1.0, 2.0])
    assert mean_squared_error([1.0], [3.0]).data == 4.0


def test_max_margin() -> None:
    """Nothing beyond the margin, 1 - y s within."""
    s = nodes(2.0, 0.5, 0.5)
    loss = max_margin(s, [1, 1, -1])
    loss.backward()
    assert loss.data == pytest.approx((0 + 0.5 + 1.5) / 3)
    assert [v.grad for v in s] == pytest.approx([0.0, -1 / 3, 1 / 3])


@pytest.mark.parametrize("z", [-3.0, 0.0, 0.7])
@pytest.mark.parametrize("y", [0, 1])
def test_binary_cross_entropy(z: float, y: int) -> None:
    """-log p(label), whose gradient is sigmoid(z) - y, also at z = 0."""
    node = Value(z)
    loss = binary_cross_entropy([node], [y])
    loss.backward()
    p = 1 / (1 + math.exp(-z))
    assert loss.data == pytest.approx(-math.log(p if y else 1 - p))
    assert node.grad == pytest.approx(p - y)


def test_cross_entropies_are_stable() -> None:
    """Huge logits give the loss and the gradient of their limit, not an overflow."""
    z = Value(-1e4)
    loss = binary_cross_entropy([z], [1])
    loss.backward()
    assert (loss.data, z.grad) == (1e4, -1.0)
    row = nodes(1e4, 0.0)
    loss = softmax_cross_entropy([row], [1])
    loss.backward()
    assert (loss.data, [v.grad for v in row]) == (1e4, [1.0, -1.0])


def test_softmax_cross_entropy() -> None:
    """-log softmax(row)[class], whose gradient is softmax - one_hot."""
    row = nodes(0.1, -0.4, 2.0)
    loss = softmax_cross_entropy([row], [2])
    loss.backward()
    total = sum(math.exp(v.data) for v in row)
    p = [math.exp(v.data) / total for v in row]
    assert loss.data == pytest.approx(-math.log(p[2]))
    assert [v.grad for v in row] == pytest.approx([p[0], p[1], p[2] - 1])


def test_softmax() -> None:
    """Probabilities e**s / (e**s0 + ...), whose derivatives are p_i (1 - p_i) and -p_i p_k."""
    scores = nodes(0.1, -0.4, 2.0)
    whole = sum(math.exp(s.data) for s in scores)
    p = [math.exp(s.data) / whole for s in scores]
    probabilities = softmax(scores)
    assert [q.data for q in probabilities] == pytest.approx(p)
    for i, q in enumerate(probabilities):
        for s in scores:
            s.grad = 0.0
        q.backward()
        slopes = [p[i] * ((i == k) - p[k]) for k in range(3)]
        assert [s.grad for s in scores] == pytest.approx(slopes)


def test_softmax_is_the_gradient_of_its_cross_entropy() -> None:
    """To raise the score of another class by 1 raises the loss by its probability."""
    scores = nodes(0.1, -0.4, 2.0)
    softmax_cross_entropy([scores], [2]).backward()
    p = [q.data for q in softmax([0.1, -0.4, 2.0])]
    assert [s.grad for s in scores] == pytest.approx([p[0], p[1], p[2] - 1])


def test_softmax_is_stable() -> None:
    """Scores far apart, or all far from 0, give the limit; a nan is not hidden."""
    scores = nodes(1e4, 0.0, -1e4)
    first, *others = softmax(scores)
    first.backward()
    assert [first.data, *(q.data for q in others)] == [1.0, 0.0, 0.0]
    assert [s.grad for s in scores] == [0.0, 0.0, 0.0]
    assert [q.data for q in softmax([-1e6, -1e6])] == [0.5, 0.5]
    assert [q.data for q in softmax([7.0])] == [1.0]
    assert all(math.isnan(q.data) for q in softmax([math.nan, 0.0]) + softmax([0.0, math.nan]))


def test_l2() -> None:
    """Strength times the sum of squares; nothing for no parameters."""
    p = nodes(3.0, -4.0)
    loss = l2(p, strength=0.1)
    loss.backward()
    assert loss.data == pytest.approx(2.5)
    assert [v.grad for v in p] == pytest.approx([0.6, -0.8])
    assert l2([]).data == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_squared_error([], []), "0 predictions and 0 targets: give at least one"),
        (lambda: mean_squared_error([1.0], [1.0, 2.0]), "1 predictions and 2 targets"),
        (lambda: max_margin([1.0], [0]), "label 0: must be one of -1, 1"),
        (lambda: binary_cross_entropy([1.0], [-1]), "label -1: must be one of 0, 1"),
        (lambda: softmax_cross_entropy([[1.0, 2.0]], [2]), "label 2: must be one of 0, 1"),
        (lambda: softmax_cross_entropy([[1.0, 2.0]], [-2]), "label -2: must be one of 0, 1"),
        (lambda: softmax([]), "softmax of no scores: give at least one"),
        (lambda: SGD([]), "no parameters to train"),
        (lambda: SGD(nodes(1.0), momentum=1.0), "momentum is 1.0: it must be at least 0 and below"),
        (lambda: SGD(nodes(1.0), learning_rate=0), "learning rate is 0: it must be positive"),
        (lambda: linear_decay(1.0, 0.1, 0), "steps is 0: it must be positive"),
        (lambda: moons(1), "1 samples with noise 0.1: at least 2"),
        (lambda: moons(10, noise=-1), "10 samples with noise -1"),
    ],
)
def test_wrong_arguments(call: object, message: str) -> None:
    """Each wrong argument is named with its remedy."""
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]


def test_sgd() -> None:
    """A step is p <- p - rate grad."""
    p = Value(1.0)
    p.grad = 2.0
    SGD([p], 0.25).step()
    assert p.data == 0.5


def test_sgd_with_momentum_and_schedule() -> None:
    """Momentum: v <- m v + grad, p <- p - rate v; `zero_grad` forgets the gradient, not v."""
    p = Value(0.0)
    optimiser = SGD([p], linear_decay(1.0, 0.5, 2), momentum=0.5)
    path = []
    for grad in (1.0, 0.0, 0.0, 8.0):
        p.grad = grad
        optimiser.step()
        optimiser.zero_grad()
        path.append((p.data, p.grad))
    assert path == [(-1.0, 0.0), (-1.375, 0.0), (-1.5, 0.0), (-5.5625, 0.0)]
    assert optimiser.steps == 4


def test_moons() -> None:
    """Two half circles of the right radius and centre, half of the points each, the same again."""
    points, labels = moons(41, noise=0.0, seed=3)
    assert sorted(labels) == [-1] * 20 + [1] * 21
    for (x, y), label in zip(points, labels, strict=True):
        cx, cy = (0.0, 0.0) if label < 0 else (1.0, 0.5)
        assert math.hypot(x - cx, y - cy) == pytest.approx(1.0)
        assert (y - cy) * label <= 1e-15
    assert moons(41, noise=0.0, seed=3) == (points, labels)
    assert moons(41, noise=0.0, seed=4) != (points, labels)
    assert moons(2)[1] in ([-1, 1], [1, -1])


def test_noise_of_moons() -> None:
    """The noise has the standard deviation asked for."""
    noisy, _ = moons(4000, noise=0.1, seed=1)
    clean, _ = moons(4000, noise=0.0, seed=1)
    assert noisy != clean
    radii = [math.hypot(*p) for p, y in zip(*moons(4000, noise=0.1, seed=1), strict=True) if y < 0]
    spread = (sum((r - 1) ** 2 for r in radii) / len(radii)) ** 0.5
    assert spread == pytest.approx(0.1, rel=0.1)


def test_global_random_state_is_left_alone() -> None:
    """Seeded data and weights draw nothing from the module `random`."""
    before = random.getstate()
    moons(10)
    assert random.getstate() == before
