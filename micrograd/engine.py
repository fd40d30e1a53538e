"""Reverse-mode automatic differentiation of scalars (Linnainmaa, 1970; Griewank & Walther, 2008).

A `Value` is a number that remembers which operation made it, and from which operands. The formulas
of calculus stand in the tables `UNARY` and `BINARY`; `Value.backward` applies the chain rule.
No closures and no cycles: a graph is freed by reference counting, as soon as nobody holds its end.

At a kink one element of the subdifferential is chosen: relu'(0) = 0, abs'(0) = 0, and where the
operands of max or min tie, the first one takes the gradient. The derivative of a**0 at 0 is 0; one
that is infinite (sqrt at 0) is `inf`. Local derivatives are taken when `backward` runs: change
`data` after it, not between.
"""

from __future__ import annotations

from math import copysign, cos, exp, inf, isnan, log, nan, sin, sqrt, tanh
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, SupportsFloat, TypeAlias

    Number: TypeAlias = "Value | SupportsFloat"

__all__ = ["Value"]

new = object.__new__  # without `__init__`, which looks at what it is given
UNSET = float(0)  # a 0.0 of its own: "no gradient yet", told from a computed 0.0 by identity


def sigmoid(x: float) -> float:  # 1 / (1 + e**-x), without overflow
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def bell(x: float) -> float:  # sigmoid'(x) = s (1 - s), without the cancellation in 1 - s
    return exp(-abs(x)) / (1 + exp(-abs(x))) ** 2


def power(a: float, b: float) -> float:  # a**b, where that is a real number
    if (a == 0 and b < 0) or (a < 0 and b % 1 != 0):
        raise ValueError(f"{a} ** {b} is not a real number: keep the base above 0")
    try:
        return float(a**b)
    except OverflowError as error:
        raise OverflowError(f"{a} ** {b} is too large for a float: scale the base") from error


def power_slope(a: float, b: float, y: float) -> float:  # d(a**b)/da = b a**(b-1)
    if b == 0:
        return 0.0
    if a == 0 and b < 1:
        return inf
    try:
        return float(b * a ** (b - 1))
    except OverflowError:  # an infinity of the right sign
        return y / a * b


UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {  # y = f(a), dy/da
    "neg": (lambda a: -a, lambda a, y: -1.0),
    "abs": (abs, lambda a, y: copysign(1.0, a) if a else 0.0),
    "relu": (lambda a: 0.0 if a <= 0 else a, lambda a, y: 0.0 if a <= 0 else 1.0),
    "exp": (exp, lambda a, y: y),
    "log": (log, lambda a, y: 1 / a),
    "sqrt": (sqrt, lambda a, y: 0.5 / y if y else inf),
    "sin": (sin, lambda a, y: cos(a)),
    "cos": (cos, lambda a, y: -sin(a)),
    "tanh": (tanh, lambda a, y: 4 * bell(2 * a)),  # 1 - y**2, without its cancellation
    "sigmoid": (sigmoid, lambda a, y: bell(a)),
}

BINARY: dict[str, Callable[[Any, Any, Any], tuple[Any, Any]]] = {  # dy/da, dy/db of y = a op b
    "+": lambda a, b, y: (1.0, 1.0),
    "-": lambda a, b, y: (1.0, -1.0),
    "*": lambda a, b, y: (b, a),
    "/": lambda a, b, y: (1 / b, -y / b),
    "**": lambda a, b, y: (power_slope(a, b, y), y * log(a) if a > 0 else nan if a else 0.0),
    "max": lambda a, b, y: (1.0, 0.0) if a >= b else (0.0, 1.0),
    "min": lambda a, b, y: (1.0, 0.0) if a <= b else (0.0, 1.0),
}


def unary(name: str, doc: str) -> Callable[[Value], Value]:  # a method of Value, from its table
    op = name.strip("_")
    f, _ = UNARY[op]

    def method(self: Value) -> Value:
        try:
            return node(f(self.data), op, self)
        except (ValueError, OverflowError) as error:
            remedy = f"keep the argument where {op} is defined and finite"
            raise type(error)(f"{op}({self.data}): {error}; {remedy}") from error

    method.__name__, method.__qualname__, method.__doc__ = name, f"Value.{name}", doc
    return method


class Value:
    """A number in an expression graph, with its gradient; it is equal to itself only.

    Operators take a `Value` or a number on either side; `+=` and its like make a new node. Once
    `output.backward()` has run, `grad` is d(output)/d(self), a float; before that it is 0.0.

    >>> a, b = Value(3.0), Value(2.0)
    >>> y = a * b + a
    >>> y.backward()
    >>> y.data, a.grad, b.grad
    (9.0, 3.0, 3.0)

    Args:
        data: the number, kept as a float: an int, a bool, a Fraction, a NumPy scalar also serve.
        label: a name for pictures.

    Raises:
        TypeError: `data` or an operand is not a real number.
        ValueError, ZeroDivisionError, OverflowError: the operation has no value there.
    """

    __slots__ = ("_op", "data", "grad", "label", "left", "right")  # operands last: freed faster

    def __init__(self, data: SupportsFloat, label: str = "") -> None:
        if not hasattr(data, "__float__"):  # text has none, though float("2") would read it
            kind = type(data).__name__
            raise TypeError(f"{data!r} is a {kind}, not a real number: give a float or an int")
        self.data = float(data)
        self.grad: Any = UNSET
        self.label = label
        self._op = ""  # a leaf: made by no operation, from no operands
        self.left: Any = None
        self.right: Any = None

    def __add__(self, other: Number) -> Value:
        """Return self + other."""
        other = other if isinstance(other, Value) else Value(other)
        return node(self.data + other.data, "+", self, other)

    def __sub__(self, other: Number) -> Value:
        """Return self - other."""
        other = other if isinstance(other, Value) else Value(other)
        return node(self.data - other.data, "-", self, other)

    def __mul__(self, other: Number) -> Value:
        """Return self * other."""
        other = other if isinstance(other, Value) else Value(other)
        return node(self.data * other.data, "*", self, other)

    def __truediv__(self, other: Number) -> Value:
        """Return self / other."""
        other = other if isinstance(other, Value) else Value(other)
        if other.data == 0:
            raise ZeroDivisionError(f"{self.data} / {other.data}: keep the divisor away from 0")
        return node(self.data / other.data, "/", self, other)

    def __pow__(self, other: Number) -> Value:
        """Return self ** other."""
        if self.data < 0 and isinstance(other, Value):
            problem = "a negative base has no derivative with respect to its exponent"
            raise ValueError(f"({self.data}) ** {other}: {problem}; give that as a number, x ** 3")
        other = other if isinstance(other, Value) else Value(other)
        return node(power(self.data, other.data), "**", self, other)

    def max(self, other: Number) -> Value:
        """Return the larger of the two; nan if either is nan."""
        other = other if isinstance(other, Value) else Value(other)
        mine = self.data >= other.data or isnan(self.data)
        return node(self.data if mine else other.data, "max", self, other)

    def min(self, other: Number) -> Value:
        """Return the smaller of the two; nan if either is nan."""
        other = other if isinstance(other, Value) else Value(other)
        mine = self.data <= other.data or isnan(self.data)
        return node(self.data if mine else other.data, "min", self, other)

    def __radd__(self, other: SupportsFloat) -> Value:
        """Return other + self."""
        return Value(other) + self

    def __rsub__(self, other: SupportsFloat) -> Value:
        """Return other - self."""
        return Value(other) - self

    def __rmul__(self, other: SupportsFloat) -> Value:
        """Return other * self."""
        return Value(other) * self

    def __rtruediv__(self, other: SupportsFloat) -> Value:
        """Return other / self."""
        return Value(other) / self

    def __rpow__(self, other: SupportsFloat) -> Value:
        """Return other ** self."""
        return Value(other) ** self

    __neg__ = unary("__neg__", "Return -self; its derivative is -1.")
    __abs__ = abs = unary("abs", "Return |self|; its derivative is the sign of self, 0 at 0.")
    relu = unary("relu", "Return max(0, self); its derivative is 1 above 0, else 0.")
    exp = unary("exp", "Return e**self; its derivative is e**self.")
    log = unary("log", "Return the natural logarithm of self; its derivative is 1 / self.")
    sqrt = unary("sqrt", "Return the square root; its derivative is 1 / (2 sqrt(self)), inf at 0.")
    sin = unary("sin", "Return the sine of self, in radians; its derivative is cos(self).")
    cos = unary("cos", "Return the cosine of self, in radians; its derivative is -sin(self).")
    tanh = unary("tanh", "Return sinh(self) / cosh(self); its derivative is 1 - tanh(self)**2.")
    sigmoid = unary("sigmoid", "Return y = 1 / (1 + e**-self); its derivative is y (1 - y).")

    def backward(self) -> None:
        """Set the gradient of every node below to d(self)/d(node), by the chain rule.

        Leaves accumulate, as in PyTorch: a second `backward` adds to them, until they are set to 0.
        Results of operations are computed afresh each time. Any depth of graph will do.
        """
        nodes = operations(self)
        for v in nodes:
            v.grad = 0.0
        self.grad += 1.0
        for v in reversed(nodes):  # each after all that use it: its gradient is complete
            g, a, b = v.grad, v.left, v.right
            if b is None:
                a.grad += g * UNARY[v._op][1](a.data, v.data)
            elif v._op == "dot":
                weighted_sum_backward(g, a, b)
            else:
                da, db = BINARY[v._op](a.data, b.data, v.data)
                a.grad += g * da
                b.grad += g * db

    @property
    def _prev(self) -> tuple[Value, ...]:  # the operands, in order
        if self._op == "dot":
            return weighted_sum_operands(self.left, self.right)
        return tuple(v for v in (self.left, self.right) if v is not None)

    def __repr__(self) -> str:
        gradient = "" if self.grad is UNSET else f", grad={self.grad}"
        return f"Value(data={self.data}{gradient})"

    def _repr_svg_(self) -> str | None:
        """Return the graph as an SVG, which a notebook shows; None where Graphviz is not there."""
        from micrograd.draw import svg

        return svg(self)


def node(data: float, op: str, a: Any, b: Any = None) -> Value:  # the result of an operation
    v = new(Value)
    v.data, v.grad, v.label = data, UNSET, ""
    v._op, v.left, v.right = op, a, b
    return v


def operations(root: Value) -> list[Value]:  # all nodes below but leaves, operands first
    mark = object()  # put into the `grad` of each node that was met
    opened: set[int] = set()  # the tuples of weighted sums that were met: sums share them
    order: list[Value] = []
    stack: list[Any] = [root]
    push, pop = stack.append, stack.pop
    while stack:
        v = pop()
        if v is None:  # all that the next one is made of is in `order`
            order.append(pop())
        elif v.__class__ is tuple:
            if id(v) not in opened:
                opened.add(id(v))
                stack += v
        else:
            while v._op and v.grad is not mark:  # down one operand; the other waits on the stack
                v.grad = mark
                push(v)
                push(None)
                if v._op == "dot":
                    stack += v.left, v.right
                elif v.right is None or not v.right._op:
                    v = v.left
                else:
                    push(v.left)
                    v = v.right
    return order


# The weighted sum y = bias + w0 x0 + w1 x1 + ... has operands without number, so its node keeps two
# tuples: left is the row (bias, w0, w1, ...), the same at each call of a neuron; right is the
# inputs (x0, x1, ...), the same for all neurons of a layer.


def weighted_sum(row: tuple[Value, ...], xs: tuple[Value, ...]) -> Value:
    weights = iter(row)
    y = next(weights).data
    for w, x in zip(weights, xs):  # not `sum`, which rounds otherwise from Python 3.12 on
        y += w.data * x.data
    return node(y, "dot", row, xs)


def weighted_sum_backward(g: float, row: tuple[Value, ...], xs: tuple[Value, ...]) -> None:
    if g:  # a dead relu above makes this 0: then there is nothing to add
        weights = iter(row)
        next(weights).grad += g
        for w, x in zip(weights, xs):
            w.grad += g * x.data
            x.grad += g * w.data


def weighted_sum_operands(row: tuple[Value, ...], xs: tuple[Value, ...]) -> tuple[Value, ...]:
    bias, *weights = row
    return (bias, *(v for pair in zip(weights, xs) for v in pair))
