"""A traced function is its function: same value, same gradient, on every back end, or an error."""

import contextlib
import importlib
import io
import math
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd import MLP, Value, dot
from micrograd.engine import BINARY, UNARY
from micrograd.losses import binary_cross_entropy, max_margin, softmax_cross_entropy
from micrograd.trace import TraceError, traced
from tests.unit.tracing import Function, batch, eager

np = pytest.importorskip("numpy")


@pytest.fixture(params=["python", "numba", "numba, interpreted"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give each back end; that of numba also without numba, its kernel run by Python."""
    kind: str = request.param
    if kind == "python":
        yield kind
        return
    package = importlib.import_module("micrograd.trace")
    if kind == "numba":
        pytest.importorskip("numba", reason="numba: not installed")
    else:
        identity = SimpleNamespace(njit=lambda **_: lambda function: function)
        monkeypatch.setitem(sys.modules, "numba", identity)
    monkeypatch.delitem(sys.modules, "micrograd.trace.kernel", raising=False)
    monkeypatch.delattr(package, "kernel", raising=False)
    with np.errstate(all="ignore"):
        yield "numba"
    sys.modules.pop("micrograd.trace.kernel", None)


def close(want: tuple[float, list[float]]) -> tuple[Any, Any]:
    """Allow the rounding errors by which libraries of mathematics differ."""
    return tuple(pytest.approx(x, rel=1e-12, abs=1e-300, nan_ok=True) for x in want)  # type: ignore[return-value]


def operations() -> dict[str, Function]:
    """Return every operation of the engine as a function of two nodes."""
    table: dict[str, Function] = {"dot": lambda a, b: dot([a, b], [b, b], a)}
    for op in UNARY:
        table[op] = lambda a, b, op=op: (-a if op == "neg" else getattr(a, op)()) * b
    for op in BINARY:
        method = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow"}.get(op)
        name = f"__{method}__" if method else op
        table[op] = lambda a, b, name=name: getattr(a, name)(b)
    table["dot of numbers"] = lambda a, b: dot([2.0, 0.5], [3.0, 4.0], a) * b
    table["x**3"] = lambda a, b: a**3 + b**-1 + 2**a
    return table


OPERATIONS = operations()


@pytest.mark.parametrize("op", OPERATIONS)
def test_every_operation(op: str, backend: str) -> None:
    """Each operation gives the value and the gradient of the engine, where it was not recorded."""
    f = traced(OPERATIONS[op], backend=backend)
    f(0.3, 0.9)
    points = [(0.7, 0.4), (0.4, 0.7), (1.5, 2.0), (20.0, 0.5)]
    for a, b in points:
        want = eager(OPERATIONS[op], a, b)
        assert f(a, b) == (want if backend == "python" else close(want))
    assert batch(f, *map(list, zip(*points, strict=True))) == [
        close(eager(OPERATIONS[op], *p)) for p in points
    ]
    assert f.recordings == 1


NEGATIVE = [op for op in OPERATIONS if op not in {"log", "sqrt", "+", "-", "*", "/", "**"}]


@pytest.mark.parametrize("op", NEGATIVE)
def test_every_operation_on_the_other_side(op: str, backend: str) -> None:
    """A recording made at positive numbers holds for negative ones and for 0."""
    f = traced(OPERATIONS[op], backend=backend)
    f(0.3, 0.9)
    points = [(-0.7, 0.4), (-0.4, -0.7), (-50.0, 2.0)]
    if op != "x**3":
        points += [(0.0, 0.5), (0.5, 0.5), (-0.5, 0.0)]
    for p in points:
        want = eager(OPERATIONS[op], *p)
        assert f(*p) == (want if backend == "python" else close(want))
    assert batch(f, *map(list, zip(*points, strict=True))) == [
        close(eager(OPERATIONS[op], *p)) for p in points
    ]


MAKERS: list[Function] = [
    lambda a, b, c: a + b,
    lambda a, b, c: a - b,
    lambda a, b, c: a * b,
    lambda a, b, c: dot([a, b], [b, c], c),
    lambda a, b, c: a.max(b),
    lambda a, b, c: a.min(c),
    lambda a, b, c: a.tanh(),
    lambda a, b, c: b.relu(),
    lambda a, b, c: -c.sigmoid(),
    lambda a, b, c: abs(a),
]


@given(seed=st.integers(0, 10**6), size=st.integers(1, 60))
def test_random_graphs_to_the_last_bit(seed: int, size: int) -> None:
    """Any graph, with all its reuse: straight-line code has the engine's bits, columns agree."""

    def program(*leaves: Value) -> Value:
        rng = random.Random(seed)
        nodes = [*leaves, Value(0.5)]
        for _ in range(size):
            a, b, c = (nodes[-1 - min(int(rng.expovariate(0.3)), len(nodes) - 1)] for _ in "abc")
            nodes.append(rng.choice(MAKERS)(a, b, c))
        return nodes[-1].tanh() + nodes[len(nodes) // 2]

    f = traced(program)
    f(0.1, -0.2, 0.3)
    rng = random.Random(seed + 1)
    points = [[rng.uniform(-2, 2) for _ in range(3)] for _ in range(3)]
    wants = [eager(program, *p) for p in points]
    assert [f(*p) for p in points] == wants
    for got, want in zip(batch(f, *map(list, zip(*points, strict=True))), wants, strict=True):
        assert got[0] == pytest.approx(want[0], rel=1e-9, abs=1e-9)
        assert got[1] == pytest.approx(want[1], rel=1e-7, abs=1e-7)


# --- models --------------------------------------------------------------------------------------


def gradients(model: MLP) -> list[float]:
    """Return the gradients of the parameters, and forget them."""
    found = [p.grad for p in model.parameters()]
    model.zero_grad()
    return found


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_training_by_replay(activation: str, backend: str) -> None:
    """Parameters are read anew at every call, and their gradients accumulate as in the engine."""
    model = MLP(2, [4, 3, 1], activation=activation, seed=1)
    points, labels = [[0.5, -0.2], [0.1, 0.9], [-0.7, 0.3]], [1, -1, 1]

    def loss(*xs: Value) -> Value:
        rows = [xs[i : i + 2] for i in (0, 2, 4)]
        return max_margin([model(row) for row in rows], labels)

    flat = [x for p in points for x in p]
    f = traced(loss, backend=backend)
    for _ in range(5):
        want = *eager(loss, *flat), gradients(model)
        got = *f(*flat), gradients(model)
        assert got == (want if backend == "python" else close(want))  # type: ignore[arg-type]
        for p, g in zip(model.parameters(), want[2], strict=True):
            p.data -= 0.1 * g
    assert f.recordings == 1


def test_training_by_columns() -> None:
    """Columns give each sample's value, and the summed gradients of the parameters."""
    model = MLP(2, [5, 4, 1], seed=3)

    def loss(a: Value, b: Value, y: Value) -> Value:
        data = binary_cross_entropy([model([a, b])], [1])
        return data * y + 0.01 * sum(p * p for p in model.parameters())

    columns = [[0.5, 0.1, -0.7, 2.0], [-0.2, 0.9, 0.3, 0.0], [1.0, 2.0, 0.0, 1.0]]
    wants = [eager(loss, *p) for p in zip(*columns, strict=True)]
    want = gradients(model)
    f = traced(loss)
    assert batch(f, *columns) == [close(w) for w in wants]
    assert gradients(model) == pytest.approx(want, rel=1e-12)


def test_weights_of_its_own_for_each_sample() -> None:
    """Sums whose weights, or none of whose operands, differ by sample are right as columns."""
    w = Value(2.0)

    def function(a: Value, b: Value) -> Value:
        own = dot([a, b], [w, a], w)
        none = dot([w, 3.0], [w, w], 1.0)
        partly = dot([w, w, 2.0], [own, w, own], b)
        again = dot([w, w], [a, b]) + dot([3.0, w], [b, a]) + dot([3.0, w], [a, b], a)
        return own * none + partly * w + again

    columns = [[0.5, -1.0], [2.0, 3.0]]
    wants = [eager(function, *p) for p in zip(*columns, strict=True)]
    want, w.grad = w.grad, 0.0
    assert batch(traced(function), *columns) == [close(x) for x in wants]
    assert w.grad == pytest.approx(want)


def test_the_same_for_all_samples() -> None:
    """What does not depend on the arguments has the same value for all samples."""
    w = Value(3.0)
    f = traced(lambda a: w * w)
    assert batch(f, [1.0, 2.0]) == [(9.0, [0.0]), (9.0, [0.0])]
    assert w.grad == 12.0
    g = traced(lambda a, b: a.exp())
    values, (da, db) = g.batch(np.array([0.0, 0.0]), 5.0)
    assert (list(values), list(da), list(db)) == ([1.0, 1.0], [1.0, 1.0], [0.0, 0.0])
    assert batch(traced(lambda a: Value(4.0) + 1), [1.0]) == [(5.0, [0.0])]
    assert batch(f, []) == []


def test_trivial_functions(backend: str) -> None:
    """An argument itself, a leaf from outside, a constant, nothing at all."""
    w = Value(3.0)
    assert traced(lambda a, b: a, backend=backend)(2.0, 1.0) == (2.0, [1.0, 0.0])
    assert traced(lambda: w, backend=backend)() == (3.0, [])
    assert w.grad == 1.0
    assert traced(lambda a: Value(math.inf), backend="python")(1.0) == (math.inf, [0.0])
    assert traced(lambda a: Value(4.0) * 2, backend=backend)(1) == (8.0, [0.0])


def test_long_sums_and_deep_graphs(backend: str) -> None:
    """Neither many operands nor great depth trouble the compilers."""

    def function(*xs: Value) -> Value:
        y = dot(xs, xs)
        for _ in range(3000):
            y = y + xs[0]
        return y

    numbers = [i / 1000 for i in range(1000)]
    assert traced(function, backend=backend)(*numbers) == close(eager(function, *numbers))


# --- watched nodes -------------------------------------------------------------------------------


def watched_eagerly(function: Callable[..., Any], *numbers: float) -> list[tuple[float, float]]:
    """Return value and gradient of each further node by the engine."""
    y, *nodes = function(*map(Value, numbers))
    y.backward()
    return [(v.data, v.grad) for v in nodes]


@given(seed=st.integers(0, 10**6), size=st.integers(1, 40))
def test_every_node_can_be_watched(seed: int, size: int) -> None:
    """Of all nodes of any graph a replay gives value and gradient, to the last bit."""

    def program(*leaves: Value) -> tuple[Value, ...]:
        rng = random.Random(seed)
        nodes = list(leaves)
        for _ in range(size):
            a, b, c = (nodes[-1 - min(int(rng.expovariate(0.3)), len(nodes) - 1)] for _ in "abc")
            nodes.append(rng.choice(MAKERS)(a, b, c))
        return (nodes[-1].tanh(), *nodes)

    f = traced(program)
    f(0.1, -0.2, 0.3)
    points = [(0.7, -1.2, 0.4), (-0.3, 0.5, 1.1)]
    wants = [watched_eagerly(program, *p) for p in points]
    assert [f(*p)[2] for p in points] == wants
    _, _, seen = f.batch(*map(np.array, zip(*points, strict=True)))
    for i, want in enumerate(wants):
        for (values, gradients), (value, gradient) in zip(seen, want, strict=True):
            assert values[i] == pytest.approx(value, rel=1e-9, abs=1e-9)
            assert gradients[i] == pytest.approx(gradient, rel=1e-7, abs=1e-7)


def test_what_is_watched(backend: str) -> None:
    """An argument, a leaf from outside, constants, a side branch, one node twice, the first one."""
    w = Value(3.0)

    def function(x: Value) -> tuple[Value, ...]:
        c = Value(2.0)
        d = c * 5
        y = x * w + d.exp() * 1e-4
        return y * y, x, w, c, d, w + c, x.tanh(), y, y

    f = traced(function, backend=backend)
    for x in (0.5, -0.7):
        w.grad = 0.0
        want = watched_eagerly(function, x)
        w.grad = 10.0
        value, gradients, seen = f(x)
        assert seen == [close(pair) for pair in want]
        assert (value, gradients) == close((function(Value(x))[0].data, [want[0][1]]))
        assert w.grad == pytest.approx(10.0 + want[1][1])


def test_watched_columns() -> None:
    """Also of what is the same for all samples, a batch gives the gradient for each of them."""
    w = Value(3.0)

    def function(x: Value, y: Value) -> tuple[Value, ...]:
        c = w * 2
        z = dot([w, c], [x, y], c)
        return z * z, w, c, z, Value(7.0)

    points = [(0.5, 1.0), (-0.7, 2.0), (0.1, 0.2)]
    wants = []
    for p in points:
        before, w.grad = w.grad, 0.0
        wants.append(watched_eagerly(function, *p))
        w.grad += before
    total, w.grad = w.grad, 0.0
    _, _, seen = traced(function).batch(*map(np.array, zip(*points, strict=True)))
    got = [[(float(v[i]), float(g[i])) for v, g in seen] for i in range(len(points))]
    assert got == [[close(pair) for pair in want] for want in wants]
    assert w.grad == pytest.approx(total)


def test_watched_at_an_edge(backend: str) -> None:
    """Where the engine itself is asked, each leaf still gets its gradient once."""
    w = Value(2.0)

    def function(x: Value) -> tuple[Value, ...]:
        y = (x + w).sqrt() if x.data else x.sqrt() + w
        return (y, w, x) if x.data else (y, w)

    f = traced(function, backend=backend)
    f(2.0)
    w.grad = 5.0
    assert f(0.0) == (2.0, [math.inf], [(2.0, 1.0)])
    assert w.grad == 6.0
    _, _, seen = f.batch(np.array([2.0, 0.0]))
    pairs = [[(float(v[i]), float(g[i])) for v, g in seen] for i in (0, 1)]
    assert pairs == [[close((2.0, 0.25))] * 2, [(2.0, 1.0), close((math.nan, math.nan))]]  # type: ignore[arg-type]
    assert w.grad == pytest.approx(7.25)


# --- ways ----------------------------------------------------------------------------------------


def branchy(x: Value, y: Value) -> Value:
    """Return something else in each of five regions."""
    if x.data > y.data:
        return x.log() if x.data >= 1 else x * y
    if y.data == 2.0:
        return y * y
    if not x.data:
        return x + 7
    return (x - y) ** 2 if x.data != -1 and y.data < 9 and x.data <= 5 else -x


REGIONS = [
    (3.0, 1.0),
    (0.5, 0.1),
    (1.0, 2.0),
    (0.0, 4.0),
    (1.0, 4.0),
    (-1.0, 4.0),
    (1.0, 9.5),
    (7.0, 8.0),
]


def test_each_way_is_recorded_once(backend: str) -> None:
    """Comparisons of `data` are guards: another outcome is another recording."""
    f = traced(branchy, backend=backend)
    for _ in range(2):
        for p in REGIONS:
            assert f(*p) == close(eager(branchy, *p))
    assert f.recordings == len(REGIONS)
    assert batch(f, *map(list, zip(*REGIONS, strict=True))) == [
        close(eager(branchy, *p)) for p in REGIONS
    ]
    assert f.recordings == len(REGIONS)


def test_columns_record_the_ways_they_meet() -> None:
    """A batch whose samples go different ways is parted, without a call before."""
    f = traced(branchy)
    points = REGIONS * 3
    assert batch(f, *map(list, zip(*points, strict=True))) == [
        close(eager(branchy, *p)) for p in points
    ]
    assert f.recordings == len(REGIONS)


def test_too_many_ways() -> None:
    """More ways than the limit are an error with a remedy, not an ever growing store."""

    def function(x: Value) -> Value:
        n = 0
        while x.data > n:
            n += 1
        return x * n

    f = traced(function, limit=3)
    assert [f(x)[0] for x in (0.5, 1.5, 0.6, 2.5)] == [0.5, 3.0, 0.6, 7.5]
    with pytest.raises(TraceError, match=r"3 ways through the function .* raise `limit`"):
        f(5.0)


def test_numbers_read_out_of_nodes_are_recorded(backend: str) -> None:
    """Arithmetic with `data` is replayed, and no gradient flows through it."""

    def function(x: Value, y: Value) -> Value:
        shift = abs(-(2 * x.data + 1 - 0.5 * y.data) / 4 * 2.0)
        other = 3 - x.data + 4 / (y.data - 0.25) + (1 + y.data)
        return (x - Value(shift)) * y + other * x + softmax_cross_entropy([[x, y]], [0])

    f = traced(function, backend=backend)
    f(0.3, 0.4)
    for p in [(0.5, 0.6), (-1.0, 2.0), (5.0, -3.0)]:
        assert f(*p) == close(eager(function, *p))


REFUSED = {
    "math": lambda x: x * math.exp(x.data),
    "float": lambda x: x * float(x.data),
    "format": lambda x: x * len(f"{x.data:.2f}"),
    "print": lambda x: x * len(str(x.data)),
    "power": lambda x: x * x.data**2,
    "attribute": lambda x: x * x.data.real,
    "round": lambda x: x * round(x.data),
}


@pytest.mark.parametrize("name", REFUSED)
def test_taking_a_number_out_is_refused(name: str) -> None:
    """Whatever would freeze a number in the recording is an error that names the remedy."""
    with pytest.raises(TraceError, match=r"take the number out of a node: it would be frozen"):
        traced(REFUSED[name])(0.5)


def forget(x: Value) -> Value:
    """Differentiate inside."""
    y = x * x
    y.backward()
    return y


def assign(x: Value) -> Value:
    """Change a number inside."""
    x.data = 3.0
    return x


def clear(x: Value) -> Value:
    """Change a gradient inside."""
    x.grad = 0.0
    return x


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (forget, "may not call backward"),
        (assign, "may not assign data"),
        (clear, "may not use gradients"),
        (lambda x: x * x.grad, "may not use gradients"),
        (lambda x: 3.0, "gave a float: it must return one Value"),
        (lambda x: (x, 3.0), "gave a float: it must return one Value, or a tuple of them"),
        (lambda x: (), "gave a tuple: it must return one Value"),
        (lambda x: x * OUTSIDE, "was computed outside of the traced function"),
    ],
)
def test_what_cannot_be_replayed_is_refused(function: Function, message: str) -> None:
    """What a replay could not repeat is an error."""
    with pytest.raises(TraceError, match=message):
        traced(function)(0.5)


OUTSIDE = Value(2.0) * 3


def test_hash_of_a_probe_is_refused() -> None:
    """A dict or a set would compare numbers without a guard."""
    with pytest.raises(TypeError, match="unhashable"):
        traced(lambda x: {x.data: x}[0.5])(0.5)


def test_the_watch_ends_with_the_recording() -> None:
    """After a recording, also a failed one, nodes are as they were."""
    before = {name: vars(Value)[name] for name in ("data", "grad", "backward", "__init__")}
    with pytest.raises(TraceError):
        traced(assign)(1.0)
    traced(lambda x: x * x)(1.0)
    assert {name: vars(Value)[name] for name in before} == before
    x = Value(2.0)
    x.data += 1.0
    assert x.data == 3.0


def test_other_threads_are_not_watched() -> None:
    """While one thread records, nodes of another behave as ever."""
    seen: list[Any] = []

    def other() -> None:
        x = Value(2.0)
        y = x * x
        y.backward()
        x.data += 1.0
        seen.extend([y.data, x.grad, x.data])
        x.grad = 0.0

    def function(x: Value) -> Value:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return x + 1

    f = traced(function)
    assert f(1.0) == f(1.0) == (2.0, [1.0])
    assert seen == [4.0, 4.0, 3.0]


# --- edges ---------------------------------------------------------------------------------------

EDGES = {  # function, where it is recorded, where it is called
    "log": (lambda x: x.log(), 1.0, -1.0),
    "sqrt": (lambda x: x.sqrt(), 1.0, -1.0),
    "div": (lambda x: 1 / x, 1.0, 0.0),
    "power of 0": (lambda x: x**-1, 1.0, 0.0),
    "power of a negative": (lambda x: x**0.5, 1.0, -1.0),
    "node exponent": (lambda x: x**x, 1.0, -2.0),
    "constant node exponent": (lambda x: x ** Value(3.0), 1.0, -2.0),
    "exp": (lambda x: x.exp(), 1.0, 1000.0),
    "sin": (lambda x: (x * 10).sin(), 1.0, 1e308),
    "hidden": (lambda x: (1 / (x * x).exp()).tanh().relu(), 1.0, 100.0),
    "before a guard": (lambda x: x.log() if x.log().data > 0 else -x, 2.0, -2.0),
}


@pytest.mark.parametrize("name", EDGES)
def test_errors_of_a_replay_are_those_of_the_engine(name: str, backend: str) -> None:
    """Outside of a domain a replay raises what the engine raises, never gives a number."""
    function, fine, edge = EDGES[name]
    with pytest.raises((ValueError, ArithmeticError)) as want:
        eager(function, edge)
    f = traced(function, backend=backend)
    f(fine)
    with pytest.raises(type(want.value)) as got:
        f(edge)
    assert str(got.value) == str(want.value)
    with pytest.raises(type(want.value)) as got:
        batch(f, [fine, edge, fine])
    assert str(got.value) == str(want.value)


INFINITE = {
    "infinite slope": (lambda x: x.sqrt() * 2, 1.0, 0.0),
    "infinite slope of a dead end": (lambda x: x.relu().sqrt(), 1.0, -1.0),
    "infinite product": (lambda x: x * x * x, 1.0, 1e200),
    "infinite sum": (lambda x: dot([x, x], [x, x]).tanh(), 1.0, 1e200),
    "infinite argument": (lambda x: x.tanh() + 1, 1.0, math.inf),
    "power 0": (lambda x: x**0 + x, 1.0, 0.0),
    "nan": (lambda x: x.relu() + x.max(1.0) + x.min(1.0), 1.0, math.nan),
    "slope overflows": (lambda x: x**-0.9, 1.0, 1e-200),
}


@pytest.mark.parametrize("name", INFINITE)
def test_what_is_not_finite_is_what_the_engine_gives(name: str, backend: str) -> None:
    """Infinities and nans come out as the engine gives them."""
    function, fine, edge = INFINITE[name]
    want = close(eager(function, edge))
    f = traced(function, backend=backend)
    f(fine)
    assert f(edge) == want
    assert batch(f, [fine, edge])[1] == want


def test_gradients_of_outside_leaves_at_an_edge() -> None:
    """Where the engine itself is asked, leaves from outside still get each gradient once."""
    w = Value(2.0)
    f = traced(lambda x: (x * w).sqrt())
    f.batch(np.array([0.0, 2.0, 8.0]))
    assert w.grad == math.inf or math.isnan(w.grad)
    w.grad = 0.0
    g = traced(lambda x: x**-0.9 * w)
    g.batch(np.array([1.0, 1e-200]))
    assert w.grad == pytest.approx(1e180)


@pytest.mark.parametrize("number", ["1.0", None, 1j])
def test_arguments_are_numbers(number: object) -> None:
    """What is not a number is refused as the engine refuses it."""
    with pytest.raises(TypeError, match="not a real number"):
        traced(lambda x: x)(number)  # type: ignore[arg-type]


def test_wrong_columns() -> None:
    """Columns are equally long, one number a sample, and at least one is an array."""
    f = traced(lambda a, b: a * b)
    with pytest.raises(ValueError, match=r"columns of shapes \[\(2,\), \(3,\)\]: .* equally long"):
        f.batch(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="no column among the arguments: call the function itself"):
        f.batch(1.0, 2.0)
    with pytest.raises(ValueError, match=r"shape \(2, 2\): give one number a sample"):
        f.batch(np.zeros((2, 2)), 1.0)


def test_unknown_backend() -> None:
    """An unknown back end is refused, with those that are known."""
    with pytest.raises(ValueError, match="backend 'c' is unknown: take one of python, numba"):
        traced(lambda x: x, backend="c")


def test_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, the error names the extra."""
    package = importlib.import_module("micrograd.trace")
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "micrograd.trace.kernel", raising=False)
    monkeypatch.delattr(package, "kernel", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"pip install \"micrograd-verify\[fast\]\""):
        traced(lambda x: x * x, backend="numba")(1.0)


def test_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine code that cannot be kept is compiled again: numba refuses at once to cache it."""

    def njit(*, cache: bool, **_: object) -> Callable[[Function], Function]:
        def decorate(function: Function) -> Function:
            if cache:
                raise RuntimeError("cannot cache function: no locator available")
            return function

        return decorate

    monkeypatch.setitem(sys.modules, "numba", SimpleNamespace(njit=njit))
    monkeypatch.delitem(sys.modules, "micrograd.trace.kernel", raising=False)
    monkeypatch.delattr(importlib.import_module("micrograd.trace"), "kernel", raising=False)
    assert traced(lambda x: x * x, backend="numba")(3.0) == (9.0, [6.0])
    sys.modules.pop("micrograd.trace.kernel", None)


def test_another_number_of_arguments(backend: str) -> None:
    """A call with another number of arguments is never a replay of the old one."""
    f = traced(lambda x, y: x * y, backend=backend)
    f(1.0, 2.0)
    with pytest.raises(TypeError):
        f(1.0)
    with pytest.raises(TypeError):
        f.batch(np.zeros(1))
    total = traced(lambda *xs: dot(xs, xs), backend=backend)
    assert [total(*range(n))[0] for n in (1, 4, 2)] == [0.0, 14.0, 1.0]


def test_documented_examples() -> None:
    """The programs of docs/trace.md print what stands beside."""
    text = (Path(__file__).parents[2] / "docs/trace.md").read_text()
    for program in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(program, {})  # noqa: S102 - our own
        said = re.findall(r"^print\(.*?#\s*(.*)$", program, re.MULTILINE)
        assert out.getvalue().splitlines() == said != []
