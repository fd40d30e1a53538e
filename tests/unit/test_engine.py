"""The engine does what its docstrings promise: operators, formulas, edges, messages."""

import doctest
import math
import re
from fractions import Fraction

import pytest

from micrograd import engine
from micrograd.engine import BINARY, UNARY, Value

INF, NAN = math.inf, math.nan


def gradients(y: Value, *leaves: Value) -> tuple[float, ...]:
    """Return the gradients of leaves after y.backward()."""
    y.backward()
    return tuple(leaf.grad for leaf in leaves)


# --- operators ---------------------------------------------------------------------------------

OPERATORS = {  # expression in a and b: value, da, db at a = 3, b = 2
    "a + b": (5.0, 1.0, 1.0),
    "a - b": (1.0, 1.0, -1.0),
    "a * b": (6.0, 2.0, 3.0),
    "a / b": (1.5, 0.5, -0.75),
    "a ** b": (9.0, 6.0, 9 * math.log(3)),
    "a.max(b)": (3.0, 1.0, 0.0),
    "a.min(b)": (2.0, 0.0, 1.0),
}


@pytest.mark.parametrize("expression", OPERATORS)
def test_operator_of_two_nodes(expression: str) -> None:
    """Each operator of two nodes gives its value and both partial derivatives."""
    a, b = Value(3.0), Value(2.0)
    y = eval(expression, {"a": a, "b": b})  # noqa: S307
    assert (y.data, *gradients(y, a, b)) == OPERATORS[expression]


@pytest.mark.parametrize("expression", OPERATORS)
def test_number_on_the_right(expression: str) -> None:
    """A number may be the right operand."""
    a = Value(3.0)
    y = eval(expression, {"a": a, "b": 2})  # noqa: S307
    assert (y.data, *gradients(y, a)) == OPERATORS[expression][:2]


@pytest.mark.parametrize("expression", [e for e in OPERATORS if "." not in e])
def test_number_on_the_left(expression: str) -> None:
    """A number may be the left operand of an operator."""
    b = Value(2.0)
    y = eval(expression, {"a": 3, "b": b})  # noqa: S307
    assert (y.data, *gradients(y, b)) == OPERATORS[expression][::2]


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "**"])
def test_in_place_makes_a_new_node(operator: str) -> None:
    """`a += b` binds the name to a new node; the old node keeps its number."""
    names = {"a": Value(3.0), "b": Value(2.0)}
    old = names["a"]
    exec(f"a {operator}= b", names)  # noqa: S102
    assert (names["a"].data, *gradients(names["a"], old, names["b"])) == OPERATORS[
        f"a {operator} b"
    ]
    assert names["a"] is not old
    assert old.data == 3.0


@pytest.mark.parametrize(
    ("operator", "value", "gradient"),
    [("+", 6.0, 2.0), ("-", 0.0, 0.0), ("*", 9.0, 6.0), ("/", 1.0, 0.0)],
)
def test_same_operand_twice(operator: str, value: float, gradient: float) -> None:
    """`a + a`, `a - a`, `a * a`, `a / a` add up what arrives by both ways."""
    a = Value(3.0)
    y = eval(f"a {operator} a", {"a": a})  # noqa: S307
    assert (y.data, *gradients(y, a)) == (value, pytest.approx(gradient, abs=1e-16))


def test_sum() -> None:
    """`sum` of a list of nodes works, as it begins with the number 0."""
    nodes = [Value(i) for i in range(4)]
    y = sum(nodes)
    assert (y.data, *gradients(y, *nodes)) == (6.0, 1.0, 1.0, 1.0, 1.0)


X = 0.7
UNARY_POINTS = {  # derivative at 0.7, by textbook formulas
    "neg": (-X, -1.0),
    "abs": (X, 1.0),
    "relu": (X, 1.0),
    "exp": (math.exp(X), math.exp(X)),
    "log": (math.log(X), 1 / X),
    "sqrt": (math.sqrt(X), 0.5 / math.sqrt(X)),
    "sin": (math.sin(X), math.cos(X)),
    "cos": (math.cos(X), -math.sin(X)),
    "tanh": (math.tanh(X), 1 - math.tanh(X) ** 2),
    "sigmoid": (1 / (1 + math.exp(-X)), math.exp(-X) / (1 + math.exp(-X)) ** 2),
}


def apply(op: str, x: Value) -> Value:
    """Return the operation called op of x."""
    return -x if op == "neg" else getattr(x, op)()


@pytest.mark.parametrize("op", UNARY)
def test_operation_of_one_node(op: str) -> None:
    """Each operation of one node gives its value and its derivative."""
    x = Value(X)
    y = apply(op, x)
    assert (y.data, *gradients(y, x)) == pytest.approx(UNARY_POINTS[op], rel=1e-15)


def test_abs_is_a_builtin_and_a_method() -> None:
    """`abs(x)` and `x.abs()` are one."""
    x = Value(-2.0)
    assert abs(x).data == x.abs().data == 2.0
    assert gradients(abs(x), x) == (-1.0,)


@pytest.mark.parametrize("op", [*UNARY, *BINARY])
def test_every_node_names_its_operation_and_operands(op: str) -> None:
    """`_op` is the name in the table, `_prev` the operands in order."""
    a, b = Value(0.5), Value(0.25)
    if op in UNARY:
        assert (apply(op, a)._op, apply(op, a)._prev) == (op, (a,))
    else:
        y = getattr(a, op)(b) if op.isalpha() else eval(f"a {op} b", {"a": a, "b": b})  # noqa: S307
        assert (y._op, y._prev) == (op, (a, b))


# --- nodes -------------------------------------------------------------------------------------


def test_repr() -> None:
    """`repr` shows the number, and the gradient once there is one, be it 0."""
    x = Value(2)
    assert repr(x) == "Value(data=2.0)"
    gradients(x * 3, x)
    assert repr(x) == "Value(data=2.0, grad=3.0)"
    dead = Value(-1.0)
    gradients(dead.relu(), dead)
    assert repr(dead) == "Value(data=-1.0, grad=0.0)"


def test_leaf() -> None:
    """A fresh node has gradient 0.0, an empty label, no operation, no operands."""
    x = Value(1.0)
    assert (x.data, x.grad, x.label, x._op, x._prev) == (1.0, 0.0, "", "", ())
    assert Value(1.0, label="a").label == "a"


@pytest.mark.parametrize("data", [2, True, Fraction(1, 4), 2.5])
def test_numbers_become_floats(data: float) -> None:
    """Ints, bools and fractions are kept as the float they stand for."""
    assert type(Value(data).data) is float
    assert Value(data).data == float(data)


def test_numpy_scalars() -> None:
    """NumPy scalars serve as data and on either side, and give nodes of Python floats."""
    numpy = pytest.importorskip("numpy")
    x = Value(numpy.float64(2.0))
    assert type(x.data) is float
    for y in (x * numpy.float32(3), numpy.float64(3) * x, numpy.int64(3) * x):
        assert repr(y) == "Value(data=6.0)"
        assert type(y.data) is float


def test_equality_is_identity() -> None:
    """Equal numbers do not make equal nodes, so that sets and dicts keep them apart."""
    assert Value(1.0) != Value(1.0)
    assert len({Value(1.0), Value(1.0)}) == 2


def test_no_stray_attributes() -> None:
    """A misspelt attribute is an error, not a new attribute."""
    with pytest.raises(AttributeError):
        Value(1.0).gard = 1.0  # type: ignore[attr-defined]


METHODS = [name for name, thing in vars(Value).items() if callable(thing)]


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_its_own_name_and_docstring(name: str) -> None:
    """`help` and error messages call a method `Value.relu`; no two of them share a docstring."""
    method = vars(Value)[name]
    own = "abs" if name == "__abs__" else name
    assert (method.__name__, method.__qualname__) == (own, f"Value.{own}")
    if name not in {"__init__", "__repr__"}:  # the class tells what these take and show
        texts = [vars(Value)[other].__doc__ for other in METHODS if other != "__abs__"]
        assert texts.count(method.__doc__) == 1
        assert method.__doc__.startswith("Return " if name != "backward" else "Set ")


def test_radians_are_spoken_of_where_there_are_angles() -> None:
    """The docstrings of sin and cos name the unit; no other method has an angle."""
    speaking = {name for name in METHODS if "radians" in (vars(Value)[name].__doc__ or "")}
    assert speaking == {"sin", "cos"}


def test_the_example_of_the_docstring() -> None:
    """What the docstring of `Value` shows is what happens."""
    assert doctest.testmod(engine) == (0, 4)


# --- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["2.0", b"2", None, 1 + 2j, [1.0], object(), Value(1.0)])
def test_not_a_number(data: object) -> None:
    """What is not a real number is refused with its type and a remedy, also as an operand."""
    message = re.escape(f"is a {type(data).__name__}, not a real number: give a float or an int")
    with pytest.raises(TypeError, match=message):
        Value(data)  # type: ignore[arg-type]
    if isinstance(data, Value):
        return
    for expression in ("a + b", "b + a", "a * b", "a - b", "a / b", "a ** b", "a.max(b)"):
        with pytest.raises(TypeError):
            eval(expression, {"a": Value(1.0), "b": data})  # noqa: S307


OUTSIDE = {
    "Value(0.0).log()": (ValueError, r"log\(0.0\): .*; keep the argument where log is defined"),
    "Value(-1.0).log()": (ValueError, r"log\(-1.0\): .* defined and finite"),
    "Value(-1.0).sqrt()": (ValueError, r"sqrt\(-1.0\): "),
    "Value(INF).sin()": (ValueError, r"sin\(inf\): "),
    "Value(1000.0).exp()": (OverflowError, r"exp\(1000.0\): .* defined and finite"),
    "Value(1.0) / 0": (ZeroDivisionError, r"1.0 / 0.0: keep the divisor away from 0"),
    "1 / Value(0.0)": (ZeroDivisionError, r"1.0 / 0.0: keep"),
    "Value(0.0) ** -1": (ValueError, r"0.0 \*\* -1.0 is not a real number: keep the base above 0"),
    "Value(-8.0) ** (1/3)": (ValueError, r"-8.0 \*\* 0.333\d* is not a real number"),
    "Value(-2.0) ** Value(3.0)": (ValueError, r"negative base .* give that as a number, x \*\* 3"),
    "(-2) ** Value(3.0)": (ValueError, r"\(-2.0\) \*\* Value\(data=3.0\): a negative base"),
    "Value(10.0) ** 400": (OverflowError, r"10.0 \*\* 400.0 is too large for a float: scale"),
}


@pytest.mark.parametrize("expression", OUTSIDE)
def test_outside_the_domain(expression: str) -> None:
    """Outside the domain there is an error that names the numbers and the remedy."""
    kind, message = OUTSIDE[expression]
    with pytest.raises(kind, match=message):
        eval(expression, {"Value": Value, "INF": INF})  # noqa: S307


def test_a_node_is_no_number_for_math() -> None:
    """`math.exp(node)` is an error: it would cut the graph and lose the gradient."""
    with pytest.raises(TypeError):
        math.exp(Value(1.0))  # type: ignore[arg-type]


# --- edges -------------------------------------------------------------------------------------

EDGES = {  # expression: value, dx
    "relu 0": (lambda x: x.relu(), 0.0, 0.0, 0.0),
    "relu -0": (lambda x: x.relu(), -0.0, 0.0, 0.0),
    "abs 0": (abs, 0.0, 0.0, 0.0),
    "x**0 at 0": (lambda x: x**0, 0.0, 1.0, 0.0),
    "x**1 at 0": (lambda x: x**1, 0.0, 0.0, 1.0),
    "x**2 at 0": (lambda x: x**2, 0.0, 0.0, 0.0),
    "x**0.5 at 0": (lambda x: x**0.5, 0.0, 0.0, INF),
    "sqrt 0": (lambda x: x.sqrt(), 0.0, 0.0, INF),
    "x**3, x < 0": (lambda x: x**3, -2.0, -8.0, 12.0),
    "x**-1, x < 0": (lambda x: x**-1, -2.0, -0.5, -0.25),
    "0**x": (lambda x: 0**x, 2.0, 0.0, 0.0),
    "slope overflows": (lambda x: x**-1, -1e-200, -1e200, -INF),
    "slope overflows, fraction": (lambda x: x**-0.9, 1e-200, 1e180, -INF),
    "max tie": (lambda x: x.max(1.0), 1.0, 1.0, 1.0),
    "max tie, second": (lambda x: Value(1.0).max(x), 1.0, 1.0, 0.0),
    "min tie": (lambda x: x.min(1.0), 1.0, 1.0, 1.0),
    "max with itself": (lambda x: x.max(x), 1.0, 1.0, 1.0),
    "tanh 1000": (lambda x: x.tanh(), 1000.0, 1.0, 0.0),
    "tanh -1000": (lambda x: x.tanh(), -1000.0, -1.0, 0.0),
    "tanh 20": (lambda x: x.tanh(), 20.0, 1.0, 4 * math.exp(-40)),
    "sigmoid 1000": (lambda x: x.sigmoid(), 1000.0, 1.0, 0.0),
    "sigmoid -1000": (lambda x: x.sigmoid(), -1000.0, 0.0, 0.0),
    "sigmoid 40": (lambda x: x.sigmoid(), 40.0, 1.0, math.exp(-40)),
    "exp -1000": (lambda x: x.exp(), -1000.0, 0.0, 0.0),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges(name: str) -> None:
    """Kinks, zeros and extremes follow the convention of the module's docstring."""
    function, at, value, slope = EDGES[name]
    x = Value(at)
    y = function(x)
    steep = pytest.approx(slope, rel=1e-12, abs=0)
    assert (y.data, *gradients(y, x)) == (pytest.approx(value), steep)


def test_nan_is_never_hidden() -> None:
    """A nan among the operands of relu, abs, max and min comes out as nan."""
    nan, one = Value(NAN), Value(1.0)
    results = [nan.relu(), abs(nan), nan.max(one), one.max(nan), nan.min(one), one.min(nan)]
    assert all(math.isnan(y.data) for y in results)


def test_exponent_of_a_negative_base_has_no_slope() -> None:
    """The constant exponent of a negative base gets nan: it has no derivative there."""
    y = Value(-2.0) ** 3
    y.backward()
    assert math.isnan(y._prev[1].grad)


# --- backward ----------------------------------------------------------------------------------


def test_diamond() -> None:
    """What arrives by several ways is added up, before it is passed on."""
    x = Value(3.0)
    u = 2 * x
    v = u + x
    w = v * u
    y = w + u
    assert gradients(y, x) == (38.0,)
    assert (w.grad, v.grad, u.grad, y.grad) == (1.0, 6.0, 16.0, 1.0)


def test_backward_twice() -> None:
    """A second backward doubles the leaves and leaves results of operations as they are."""
    a, b, c = Value(2.0), Value(3.0), Value(4.0)
    product = a * b
    y = product * c
    assert gradients(y, a, b, c) == (12.0, 8.0, 6.0)
    assert gradients(y, a, b, c) == (24.0, 16.0, 12.0)
    assert (product.grad, y.grad) == (4.0, 1.0)


def test_backward_of_a_leaf() -> None:
    """d(x)/d(x) = 1, and a leaf accumulates."""
    x = Value(2.0)
    assert gradients(x, x) == (1.0,)
    assert gradients(x, x) == (2.0,)


def test_two_outputs_share_a_graph() -> None:
    """Each backward gives the shared nodes their own gradients; leaves take both."""
    x = Value(3.0)
    shared = x * x
    first, second = shared * 2, shared * 5
    assert gradients(first, shared, x) == (2.0, 12.0)
    assert gradients(second, shared, x) == (5.0, 42.0)


def test_built_out_of_order_and_partly_freed() -> None:
    """The order of the sweep comes from the graph, whatever was made or freed in between."""
    x, y = Value(2.0), Value(5.0)
    late = [y * i for i in range(5)]
    u = x * 3
    del late[::2]
    v = late[1] * u  # 3 y * 3 x
    del late, u
    assert gradients(v + x, x, y) == (46.0, 18.0)


def test_backward_from_the_middle_leaves_the_rest_alone() -> None:
    """Nodes above the one that backward is called on are not touched."""
    x = Value(3.0)
    middle = x * x
    top = middle * 7
    assert gradients(middle, x, top) == (6.0, 0.0)


def test_shared_subgraphs_take_linear_time() -> None:
    """60 doublings of one node are 60 nodes, not 2**60 paths."""
    x = Value(1.0)
    y = x
    for _ in range(60):
        y = y + y
    assert gradients(y, x) == (2.0**60,)


def test_infinite_slopes_are_infinite_not_errors() -> None:
    """Backward never raises half way: an infinite local derivative is passed on as inf."""
    x = Value(0.0)
    assert gradients(x.sqrt() + 2 * x, x) == (INF,)


def test_backward_survives_an_interruption() -> None:
    """Marks that an interrupted walk left behind do not mislead the next one."""
    x = Value(3.0)
    u = x * x
    y = u * u
    u.grad = object()
    y.grad = object()
    assert gradients(y, x, u) == (108.0, 18.0)
