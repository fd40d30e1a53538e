"""A traced function gives what its function gives, whatever that does: or a clear error."""

import copy
import math
import pickle
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd import MLP, Value, dot
from micrograd.losses import softmax_cross_entropy
from micrograd.trace import TraceError, traced
from micrograd.trace.record import record
from tests.unit.tracing import Function, batch, eager

np = pytest.importorskip("numpy")
columns = pytest.importorskip("micrograd.trace.columns")

# --- errors that the function catches ------------------------------------------------------------


def log_or(x: Value) -> Value:
    """Catch what an operation raises."""
    try:
        return x.log()
    except ValueError:
        return -x


def quotient_or(x: Value) -> Value:
    """Catch what arithmetic with `data` raises."""
    try:
        return x * (1 / x.data)
    except ZeroDivisionError:
        return x + 7


@pytest.mark.parametrize(("function", "edge"), [(log_or, -1.0), (quotient_or, 0.0)])
def test_caught_errors_of_operations(function: Function, edge: float) -> None:
    """Where an operation has no value and the function goes on, every call does so again."""
    points = [edge, 2.0, edge, 3.0]
    wants = [eager(function, x) for x in points]
    f = traced(function)
    assert [f(x) for x in points] == wants
    assert f.recordings == 1
    assert batch(traced(function), points) == wants


def hidden_exp(x: Value) -> Value:
    """Catch what a recording raises."""
    try:
        return x * math.exp(x.data)
    except Exception:  # noqa: BLE001 - whatever a user may write
        return x


def test_a_refusal_cannot_be_caught() -> None:
    """What cannot be recorded is an error of the call, though the function catches it."""
    with pytest.raises(TraceError, match="it would be frozen"):
        traced(hidden_exp)(0.5)


# --- numbers beside floats -----------------------------------------------------------------------


def test_leaves_that_hold_numpy_scalars() -> None:
    """NumPy's scalars in leaves from outside compare and divide as the engine has it."""
    w = Value(2.0)
    f = traced(lambda x: x * w if w.data > 0 else -x)
    g = traced(lambda x: x / w)
    assert (f(1.0)[0], g(1.0)[0]) == (2.0, 0.5)
    w.data = np.float64(3.0)
    assert (f(1.0), f.recordings) == ((3.0, [3.0]), 1)
    assert type(f(1.0)[0]) is float
    w.data = np.float64(0.0)
    with pytest.raises(ZeroDivisionError, match="keep the divisor away from 0"):
        g(1.0)
    model = MLP(2, [3, 2], seed=1)
    for p in model.parameters():
        p.data = np.float64(p.data)

    def loss(a: Value, b: Value) -> Value:
        return softmax_cross_entropy([model([a, b])], [0])

    assert traced(loss)(0.5, 1.0) == eager(loss, 0.5, 1.0)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Fraction(1, 3), "mix a Fraction with data: make it a float"),
        (Decimal("0.1"), "mix a Decimal with data: make it a float"),
        (np.float32(0.1), "mix a float32 with data: make it a float"),
        (2**53 + 1, "compare with 9007199254740993: no float is equal to it"),
    ],
)
def test_numbers_that_are_not_floats(other: Any, message: str) -> None:
    """A comparison that floats cannot repeat is refused, whichever side they stand on."""
    with pytest.raises(TraceError, match=message):
        traced(lambda x: x * 10 if x.data < other else x)(float(other))
    with pytest.raises(TraceError, match=rf"{message}|it would be frozen"):
        traced(lambda x: x * 10 if other == x.data else x)(float(other))


def test_what_is_no_number() -> None:
    """Beside things that are no numbers, `data` behaves as a float does."""
    for function in (
        lambda x: x if x.data == None else x * 2,  # noqa: E711 - it is `==` that is asked
        lambda x: x if x.data != "1.0" else x * 2,
        lambda x: x * 3 if isinstance(x.data, float) else x,
        lambda x: x * +x.data,
        lambda x: x * (x.data if x.data < 10**400 else 1.0),
    ):
        assert traced(function)(1.0) == eager(function, 1.0)
    with pytest.raises(TypeError, match="'<' not supported"):
        traced(lambda x: x if x.data < None else -x)(1.0)


def test_arithmetic_that_has_no_node() -> None:
    """What the engine has no operation for is refused with the remedy."""
    for function in (
        lambda x: x * (2 // x.data),
        lambda x: x * (x.data // 2),
        lambda x: x * (2 % x.data),
        lambda x: x * divmod(x.data, 2)[0],
        lambda x: x * divmod(2, x.data)[0],
        lambda x: x * abs(complex(x.data)),
    ):
        with pytest.raises(TraceError, match="take the number out of a node: it would be frozen"):
            traced(function)(1.5)


def test_a_debugger_may_look() -> None:
    """The `repr` of a number that is being recorded shows it, but is no number itself."""
    seen: list[Any] = []
    traced(lambda x: seen.append(x.data) or x)(0.5)
    assert repr(seen[0]) == "<the number of a node: 0.5>"


# --- the ways of a batch -------------------------------------------------------------------------


def ordered_sum(a: Value, b: Value, c: Value) -> Value:
    """Compare a weighted sum, which matrices would round otherwise."""
    y = dot([0.1, 0.2, 0.3], [a, b, c], 0.4)
    return y * 10 if y.data >= 1 else y


SUMS = [(-1.6, 1.4, 1.6), (0.7, 0.7, 1.3), (2.0, -1.1, 2.0), (1.0, 1.0, 1.0), (6.0, 0.0, 0.0)]


def test_a_batch_goes_the_ways_of_calls() -> None:
    """However near a sample is to a guard, a batch decides as a call."""
    wants = [eager(ordered_sum, *p) for p in SUMS]
    assert any(value == 10.0 for value, _ in wants)
    found = batch(traced(ordered_sum), *map(list, zip(*SUMS, strict=True)))
    # Values that no guard compares, and gradients, are rounded as NumPy does it.
    assert found == [(pytest.approx(v), pytest.approx(g)) for v, g in wants]
    late = Value(1e16)
    f = traced(lambda a, b, c: (y := dot([1.0] * 3, [a, b, c], late)) * (2 if y.data > 1 else 3))
    assert batch(f, [1.0] * 2, [1.0] * 2, [-1e16] * 2) == [(0.0, [3.0] * 3)] * 2


@given(
    op=st.sampled_from(["exp", "log", "sin", "cos", "tanh", "sigmoid", "sqrt"]),
    xs=st.lists(st.floats(0.01, 5), min_size=1, max_size=30),
    at=st.integers(0, 29),
)
def test_ways_that_hang_on_the_last_bit(op: str, xs: list[float], at: int) -> None:
    """Also at the very value of an elementary function."""
    edge = getattr(Value(xs[at % len(xs)]), op)().data

    def function(x: Value) -> Value:
        y = getattr(x, op)()
        return y * 10 if y.data == edge else y + x**1.7 if (x**1.7).data > edge else y

    f = traced(function)
    wants = [eager(function, x)[0] for x in xs]
    assert [v for v, _ in batch(f, xs)] == pytest.approx(wants, rel=1e-12)
    assert f.recordings <= 3


def test_a_guard_on_parameters_alone() -> None:
    """What is the same for all samples is computed as the engine does it, too."""
    w = Value(0.7)
    edge = w.exp().data
    f = traced(lambda x: x * 10 if w.exp().data == edge else x)
    assert batch(f, [1.0, 2.0]) == [(10.0, [10.0]), (20.0, [10.0])]


def test_whatever_numpy_rounds_a_batch_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample that columns send another way than a call goes is computed by a call."""
    monkeypatch.setitem(columns.NAMES, "each", lambda f, *xs: np.vectorize(f)(*xs) * 2)
    f = traced(lambda x: (y := x.exp()) * (10 if y.data < 2 else 1))
    assert batch(f, [0.5, 0.6]) == [eager(f.function, x) for x in (0.5, 0.6)]
    assert f.recordings == 1


def test_sums_of_parameters_beside_sums_of_samples() -> None:
    """A weighted sum that is the same for all samples may share its inputs with one that is not."""
    w, c, u, k = map(Value, (2.0, 3.0, 4.0, 5.0))

    def function(x: Value) -> Value:
        return dot([w], [c], x) + dot([w], [c], u) * k

    xs = [1.0, 2.0, 3.0]
    wants = [eager(function, x) for x in xs]
    due = [p.grad for p in (w, c, u, k)]
    for p in (w, c, u, k):
        p.grad = 0.0
    assert batch(traced(function), xs) == wants
    assert [p.grad for p in (w, c, u, k)] == due == [54.0, 36.0, 15.0, 30.0]


@pytest.mark.parametrize("samples", [0, 1, 4])
def test_long_sums_in_columns(samples: int) -> None:
    """Thousands of terms of each sample's own are no trouble for the parser."""
    f = traced(lambda x, y: dot([x] * 5000, [y] * 5000) + dot([W] * 5000, [W] * 5000))
    column = [float(i) for i in range(samples)]
    assert batch(f, column, column) == [
        (5000.0 * i * i + 5000.0, [5000.0 * i] * 2) for i in range(samples)
    ]


W = Value(1.0)
NOT_FINITE: dict[str, Function] = {
    "abs": abs,
    "power 0": lambda x: x**0,
    "min": lambda x: dot([2.0, 2.0], [x, x]).min(1.0),
    "constant": lambda x: x * 0.0 + abs(Value(math.nan) * x),
    "leaf": lambda x: x * 0.0 + abs(NAN * x),
}
NAN = Value(math.nan)


@pytest.mark.parametrize("name", NOT_FINITE)
@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_columns_that_are_not_finite(name: str, x: float) -> None:
    """Nan and infinities in a column, a constant or a leaf give what the engine gives."""
    function = NOT_FINITE[name]
    points = [0.5, x, 2.0]
    wants = [eager(function, p) for p in points]
    assert str(batch(traced(function), points)) == str(wants)


@pytest.mark.parametrize("column", [[None, 1.0], ["1", "2"], [1j, 2.0], [[], []]], ids=str)
def test_columns_hold_real_numbers(column: list[Any]) -> None:
    """What a call refuses, a batch refuses too."""
    f = traced(lambda x: x * 2)
    with pytest.raises((TypeError, ValueError), match=r"not a real number|one number a sample"):
        f.batch(column)


def test_columns_of_other_types() -> None:
    """Fractions, bools, ints and float32 are numbers."""
    f = traced(lambda x: x * 2)
    for column in ([Fraction(1, 2)], [True], [3], np.array([0.5], np.float32)):
        assert batch(f, column) == [(2.0 * float(column[0]), [2.0])]
    with pytest.raises(ValueError, match=r"columns of shapes \[\(1,\), \(3,\)\]"):
        traced(lambda x, y: x * y).batch(np.zeros(1), np.zeros(3))


# --- copies, methods, threads, recordings in recordings ------------------------------------------


class Model:
    """A function with a parameter."""

    def __init__(self) -> None:
        """Begin with a 2."""
        self.w = Value(2.0)

    def __call__(self, x: Value) -> Value:
        """Return a product."""
        return x * self.w


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])  # noqa: S301 - our own
def test_copies_have_leaves_of_their_own(copied: Callable[[Any], Any]) -> None:
    """A copy records anew: it never replays the parameters of the original."""
    f = traced(Model())
    f(1.0)
    g = copied(f)
    g.function.w.data = 5.0
    assert (g(3.0)[0], f(3.0)[0], g.recordings) == (15.0, 6.0, 1)
    assert (g.function.w.grad, f.function.w.grad) == (1.0 + 3.0, 1.0 + 3.0)


class Decorated:
    """A class whose method is decorated."""

    @traced
    def loss(self, x: Value) -> Value:
        """Return something."""
        return x


def test_methods() -> None:
    """A decorated method says how to write it."""
    with pytest.raises(TypeError, match=r"write self\.loss = traced\(self\.loss\) in __init__"):
        Decorated().loss(1.0)
    assert Decorated.loss.recordings == 0


def test_traced_inside_traced() -> None:
    """A replay inside of a recording is refused, recorded before or not, called or as a batch."""
    inner = traced(lambda x: x * x)
    for call in (lambda: inner(2.0)[0], lambda: inner.batch([2.0])[0][0]):
        with pytest.raises(TraceError, match="call another one: call its `function`, which is re"):
            traced(lambda x, call=call: x * call())(1.5)
        assert call() == 4.0
    assert traced(lambda x: x * inner.function(x))(2.0) == (8.0, [12.0])


def test_nodes_in_another_thread() -> None:
    """What another thread does with the nodes of a recording is refused."""
    with ThreadPoolExecutor(1) as pool:
        for leaf in (lambda x: x, lambda x: x * 2, lambda _: Value(2.0)):
            with pytest.raises(TraceError, match="use its nodes in another thread"):
                traced(lambda x, f=leaf: x * pool.submit(lambda v: v.data, f(x)).result())(1.0)


def test_errors_in_another_thread() -> None:
    """What goes wrong elsewhere during a recording is no matter of it."""
    with ThreadPoolExecutor(1) as pool:
        f = traced(lambda x: x * 2 if pool.submit(lambda: log_or(Value(-3.0))).result() else x)
        assert f(1.0) == f(1.0) == (2.0, [2.0])
    assert f.recordings == 1


def test_many_threads_record_each_way_once() -> None:
    """Threads that meet new ways at the same time record each of them once."""

    def function(x: Value) -> Value:
        n = 0
        while x.data > n:
            n += 1
        return x * n

    f = traced(function, limit=6)
    numbers = [k + 0.5 for k in range(6)] * 20
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda x: f(x)[0], numbers))
    finally:
        sys.setswitchinterval(before)
    assert found == [eager(function, x)[0] for x in numbers]
    assert f.recordings == 6


def test_a_thread_that_records_what_another_just_did() -> None:
    """Whoever waited for a recording looks whether it is the one that is due."""
    started, go = threading.Event(), threading.Event()

    def function(x: Value) -> Value:
        started.set()
        assert go.wait(10)
        return x * x

    f = traced(function)
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(f, 3.0)]
        assert started.wait(10)
        calls.append(pool.submit(f, 4.0))
        go.set()
        assert [c.result()[0] for c in calls] == [9.0, 16.0]
    assert f.recordings == 1


def test_functions_without_a_module() -> None:
    """A function whose globals have no name is recorded as any other."""
    names: dict[str, Any] = {}
    exec("def f(x): return x * 2 if x.data > 0 else x", names)  # noqa: S102 - our own
    del names["__builtins__"]
    assert traced(names["f"])(1.0) == (2.0, [2.0])


def test_nodes_that_the_function_keeps() -> None:
    """A recording leaves no marks in nodes that live on."""
    kept: list[Value] = []
    record(lambda x: kept.append(x * x) or kept[0] + 1, [3.0])
    assert (kept[0].grad, repr(kept[0])) == (0.0, "Value(data=9.0)")
