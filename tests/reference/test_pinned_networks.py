"""Networks whose training is known: worked by hand, from the lecture, from micrograd's demo."""

from typing import Any

import pytest

from micrograd.datasets import moons
from micrograd.engine import Value
from micrograd.losses import mean_squared_error
from micrograd.nn import MLP
from micrograd.optim import SGD

# --- a 2-2-2 network of sigmoids, worked by hand in a course note --------------------------------

INPUTS, TARGETS, RATE = (0.5, 0.8), (0.7, 0.6), 0.1
BEFORE = (  # weights, then bias, of each neuron: two hidden, two of the output
    *(0.3, 0.4, 0.1),
    *(-0.1, 0.2, -0.1),
    *(0.5, -0.2, 0.2),
    *(-0.3, 0.6, 0.3),
)
AFTER = (
    *(0.3001, 0.4002, 0.1003),
    *(-0.1001, 0.1999, -0.1001),
    *(0.5015, -0.1988, 0.2023),
    *(-0.3000, 0.6000, 0.3000),
)


def two_two_two() -> MLP:
    """Return the network before the step."""
    model = MLP(2, [2, 2], activation="sigmoid", output="sigmoid")
    for p, number in zip(model.parameters(), BEFORE, strict=True):
        p.data = number
    return model


def half_squares(outputs: list[Any]) -> Any:
    """Return half the sum of squared differences from the targets."""
    return sum((o - t) ** 2 for o, t in zip(outputs, TARGETS, strict=True)) / 2


def test_two_two_two_worked_by_hand() -> None:
    """One step of descent gives the weights of the note, to its four decimals."""
    model = two_two_two()
    half_squares(model(INPUTS)).backward()
    SGD(model.parameters(), RATE).step()
    assert tuple(round(p.data, 4) for p in model.parameters()) == AFTER


def test_two_two_two_beside_torch() -> None:
    """Every gradient is that of torch in float64, within a few rounding errors."""
    torch = pytest.importorskip("torch", reason="torch: not installed")
    model = two_two_two()
    loss = half_squares(model(INPUTS))
    loss.backward()
    p = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in BEFORE]
    x = INPUTS
    for i in (0, 6):
        x = tuple(torch.sigmoid(p[k] * x[0] + p[k + 1] * x[1] + p[k + 2]) for k in (i, i + 3))
    truth = half_squares(list(x))
    truth.backward()
    assert loss.data == pytest.approx(truth.item(), rel=1e-14)
    want = [q.grad.item() for q in p]
    assert [q.grad for q in model.parameters()] == pytest.approx(want, rel=1e-13)


# --- the lecture's four samples ------------------------------------------------------------------

XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


def test_training_of_the_lecture() -> None:
    """The lecture's MLP(3, [4, 4, 1]) of tanh learns its four samples."""
    model = MLP(3, [4, 4, 1], activation="tanh", output="tanh", seed=1)
    for _ in range(100):
        loss = sum((out - y) ** 2 for y, out in zip(YS, map(model, XS), strict=True))
        for p in model.parameters():
            p.grad = 0.0
        loss.backward()
        for p in model.parameters():
            p.data += -0.1 * p.grad
    assert loss.data < 0.02


def test_forgetting_zero_grad_is_the_sum_of_two_steps() -> None:
    """Without `zero_grad`, the gradient of the second step has that of the first added to it."""

    def gradients(*, forget: bool) -> list[list[float]]:
        model = MLP(3, [4, 1], activation="tanh", seed=2)
        history = []
        start = [p.data for p in model.parameters()]
        for shift in (0.0, 0.01):  # the same two points in both runs
            for p, number in zip(model.parameters(), start, strict=True):
                p.data = number + shift
            if not forget:
                model.zero_grad()
            mean_squared_error([model(x) for x in XS], YS).backward()
            history.append([p.grad for p in model.parameters()])
        return history

    (first, second), (_, forgotten) = gradients(forget=False), gradients(forget=True)
    assert all(first)
    want = [a + b for a, b in zip(first, second, strict=True)]
    assert forgotten == pytest.approx(want, rel=1e-12)
    assert forgotten != pytest.approx(second, rel=1e-3)


# --- micrograd's demo: two moons -----------------------------------------------------------------


def test_moons_reach_all_right() -> None:
    """The demo of micrograd: 2-16-16-1, max-margin and L2, 100 % within its 100 steps.

    Written as the demo writes it, down to `parameters()`, `relu` and `p.data -= ...`.
    """
    points, labels = moons(100, noise=0.1, seed=1)
    model = MLP(2, [16, 16, 1], seed=2)
    accuracy = 0.0
    for k in range(100):
        inputs = [list(map(Value, row)) for row in points]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        right = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(labels, scores, strict=True)]
        accuracy = sum(right) / len(right)
        if accuracy == 1.0:
            break
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
    assert accuracy == 1.0
