"""Programs whose answers are published: the README and the tests of micrograd, and the lecture."""

from typing import Any

import pytest

from micrograd.engine import Value


def readme(a: Any, b: Any) -> tuple[Any, Any]:
    """Return g and the first c of the program in the README of karpathy/micrograd."""
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    middle = c
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g, middle


def sanity(x: Any) -> Any:
    """Return y of `test_sanity_check` of karpathy/micrograd."""
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    return h + q + q * x


def test_readme_of_micrograd() -> None:
    """README of karpathy/micrograd: 24.7041, 138.8338, 645.5773."""
    a, b = Value(-4.0), Value(2.0)
    g, _ = readme(a, b)
    g.backward()
    assert [f"{x:.4f}" for x in (g.data, a.grad, b.grad)] == ["24.7041", "138.8338", "645.5773"]


def test_readme_of_micrograd_on_the_way() -> None:
    """On the way c = -1, with dc/da = 3 and dc/db = 4."""
    a, b = Value(-4.0), Value(2.0)
    _, c = readme(a, b)
    c.backward()
    assert (c.data, a.grad, b.grad) == (-1.0, 3.0, 4.0)


def test_sanity_check_of_micrograd() -> None:
    """`test_sanity_check` of karpathy/micrograd: y = -20, dy/dx = 46 at x = -4."""
    x = Value(-4.0)
    y = sanity(x)
    y.backward()
    assert (y.data, x.grad) == (-20.0, 46.0)


def test_programs_of_micrograd_beside_torch() -> None:
    """`test_sanity_check` and `test_more_ops` of karpathy/micrograd: the numbers of torch."""
    torch = pytest.importorskip("torch", reason="torch: not installed")
    x, t = Value(-4.0), torch.tensor([-4.0], dtype=torch.float64, requires_grad=True)
    y, u = sanity(x), sanity(t)
    y.backward()
    u.backward()
    assert (y.data, x.grad) == (u.item(), t.grad.item())
    ours = Value(-4.0), Value(2.0)
    theirs = [torch.tensor([v.data], dtype=torch.float64, requires_grad=True) for v in ours]
    (g, _), (h, _) = readme(*ours), readme(*theirs)
    g.backward()
    h.backward()
    assert g.data == pytest.approx(h.item(), abs=1e-6, rel=1e-15)
    assert [v.grad for v in ours] == pytest.approx([v.grad.item() for v in theirs], rel=1e-14)


def test_slope_of_a_parabola() -> None:
    """d(x² - x - 6)/dx = 3 at 2."""
    x = Value(2.0)
    y = x**2 - x - 6
    y.backward()
    assert (y.data, x.grad) == (-4.0, 3.0)


B = 6.8813735870195432


def neuron(kind: str) -> tuple[Value, list[Value]]:
    """Return the output and (x1, w1, x2, w2) of the lecture's neuron, tanh spelled as asked."""
    x1, x2, w1, w2 = Value(2.0), Value(0.0), Value(-3.0), Value(1.0)
    n = x1 * w1 + x2 * w2 + Value(B)
    if kind == "tanh":
        return n.tanh(), [x1, w1, x2, w2]
    e = (2 * n).exp()
    return (e - 1) / (e + 1), [x1, w1, x2, w2]


@pytest.mark.parametrize("kind", ["tanh", "exponentials"])
def test_neuron_of_the_lecture(kind: str) -> None:
    """The lecture's neuron: 0.7071, and gradients -1.5, 1.0, 0.5, 0.0, tanh spelled both ways."""
    o, leaves = neuron(kind)
    o.backward()
    assert f"{o.data:.4f}" == "0.7071"
    assert [v.grad for v in leaves] == pytest.approx([-1.5, 1.0, 0.5, 0.0], abs=1e-12)


def test_neuron_of_the_lecture_beside_torch() -> None:
    """The lecture's neuron gives the numbers of torch."""
    torch = pytest.importorskip("torch", reason="torch: not installed")
    o, leaves = neuron("tanh")
    o.backward()
    x1, w1, x2, w2 = (
        torch.tensor(v.data, dtype=torch.float64, requires_grad=True) for v in leaves
    )
    t = torch.tanh(x1 * w1 + x2 * w2 + B)
    t.backward()
    assert o.data == pytest.approx(t.item(), rel=1e-15)
    want = [v.grad.item() for v in (x1, w1, x2, w2)]
    assert [v.grad for v in leaves] == pytest.approx(want, rel=1e-14)


def test_expression_of_the_lecture() -> None:
    """The lecture's first graph: L = (a b + c) f = -8, its gradients, and one step uphill."""
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    e = a * b
    d = e + c
    f = Value(-2.0, label="f")
    loss = d * f
    loss.backward()
    assert loss.data == -8.0
    assert [v.grad for v in (loss, f, d, c, e, b, a)] == [1.0, 4.0, -2.0, -2.0, -2.0, -4.0, 6.0]
    for v in (a, b, c, f):
        v.data += 0.01 * v.grad
    assert f"{((a * b + c) * f).data:.4f}" == "-7.2865"
