"""Floats that remember how they were computed, to read an engine's formulas.

A :class:`Symbol` is a float with a tree beside its number.  It runs through an engine unchanged:
arithmetic and the functions of ``math`` extend the tree, a comparison answers by the number and is
recorded, so that what was read is known to hold on *this path* of the program only.  What would
lose the symbol without a trace (``int(x)``, ``round(x)``, ``x.hex()``…) is recorded as a leak: then
nothing that was read may be believed.

Only a session that runs on symbols imports this module, before anything of the engine.
"""

from __future__ import annotations

import math

from .floats import LARGEST, SENT, encode_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Final, Iterable

    Function = Callable[..., Any]
    Tree = Any
    """A name alone in a tuple, an operation and its operands in a tuple, or a number."""

LONGEST: Final = 200
"""Comparisons of a path that are sent; more are a leak."""
MOST_LEAKS: Final = 20
FUNCTIONS: Final = (
    "exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "log1p", "expm1",
)  # fmt: skip
TESTS: Final = ("isnan", "isinf", "isfinite")
LEAKS: Final = (
    "__int__", "__trunc__", "__round__", "__floor__", "__ceil__", "__divmod__", "hex",
    "__floordiv__", "__rmod__", "__rdivmod__", "__rfloordiv__", "as_integer_ratio",
    "is_integer", "__getnewargs__",
)  # fmt: skip
"""Methods of a float whose result knows nothing of the tree."""
PLAIN_FLOAT: Final = float
PLAIN_POW, PLAIN_COPYSIGN, PLAIN_FSUM = math.pow, math.copysign, math.fsum


class Record:
    """What was recorded since the last graph: comparisons, and where symbols leaked."""

    def __init__(self) -> None:
        self.path: list[tuple[str, Tree, Tree, Any]] = []
        self.leaks: list[str] = []


RECORD: Final = Record()


def tree_of(thing: Any) -> Tree:
    """The tree of a symbol, the number itself for anything else."""
    return thing.tree if type(thing) is Symbol else thing


def number(thing: Any) -> Any:
    """The plain number in a symbol; everything else as it is."""
    return real(thing) if type(thing) is Symbol else thing


def real(symbol: Symbol) -> float:
    """The plain float in a symbol."""
    return PLAIN_FLOAT.__add__(symbol, 0.0)


def made(value: Any, *tree: Tree) -> Any:
    """A symbol with this number and tree; what is no float (a complex power) is a leak."""
    if type(value) is not float:
        RECORD.leaks.append(f"{tree[0]} gives {type(value).__name__}")
        return value
    symbol = float.__new__(Symbol, value)
    symbol.tree = tree
    return symbol


def binary(name: str, function: Function) -> tuple[Any, Any]:
    """The operator of two numbers, and its reflected form."""

    def forward(self: Symbol, other: Any) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        return made(function(real(self), number(other)), name, self.tree, tree_of(other))

    def reflected(self: Symbol, other: Any) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        return made(function(number(other), real(self)), name, tree_of(other), self.tree)

    return forward, reflected


def comparison(name: str, function: Function) -> Any:
    """A comparison, which answers by the number and is recorded."""

    def compare(self: Symbol, other: Any) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        answer = function(real(self), number(other))
        RECORD.path.append((name, self.tree, tree_of(other), answer))
        return answer

    return compare


def leak(name: str) -> Function:
    """A method that answers as a float does, and is recorded as a leak."""

    def method(self: Symbol, *args: Any) -> Any:
        RECORD.leaks.append(name)
        return getattr(real(self), name)(*args)

    return method


class Symbol(float):
    """A float with a tree: a name, or an operation and its operands."""

    __slots__ = ("tree",)
    tree: Tree

    __add__, __radd__ = binary("add", lambda a, b: a + b)
    __sub__, __rsub__ = binary("sub", lambda a, b: a - b)
    __mul__, __rmul__ = binary("mul", lambda a, b: a * b)
    __truediv__, __rtruediv__ = binary("div", lambda a, b: a / b)
    __pow__, __rpow__ = binary("pow", lambda a, b: a**b)
    __lt__ = comparison("<", lambda a, b: a < b)
    __le__ = comparison("<=", lambda a, b: a <= b)
    __gt__ = comparison(">", lambda a, b: a > b)
    __ge__ = comparison(">=", lambda a, b: a >= b)
    __eq__ = comparison("==", lambda a, b: a == b)
    __ne__ = comparison("!=", lambda a, b: a != b)

    def __neg__(self) -> Any:
        return made(-real(self), "neg", self.tree)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self

    def __bool__(self) -> bool:
        answer: bool = self != 0
        return answer

    def __float__(self) -> float:
        return real(self)

    def __hash__(self) -> int:
        return hash(real(self))

    def __repr__(self) -> str:
        return repr(real(self))

    __str__ = __repr__

    def __mod__(self, other: Any) -> Any:
        # Only ever asked whether a number is whole: the answer is a fact about this path.
        answer = real(self) % number(other)
        RECORD.path.append(("%", self.tree, tree_of(other), answer))
        return answer


for _name in LEAKS:
    if hasattr(float, _name):
        setattr(Symbol, _name, leak(_name))


# --- the functions of math -----------------------------------------------------------------------


def install() -> None:
    """Let the functions of ``math``, and the wire, see symbols; before the engine is imported."""
    SENT.append((Symbol, sent))
    special = {"pow": power, "copysign": copysign, "fsum": total, "fabs": abs}
    for name in dir(math):
        function = getattr(math, name)
        if name.startswith("_") or not callable(function):
            continue
        if name in special:
            setattr(math, name, special[name])
        elif name in FUNCTIONS:
            setattr(math, name, wrapped(name, function))
            setattr(Symbol, name, getattr(math, name))  # numpy asks the elements of object arrays
        elif name in TESTS:
            setattr(math, name, tested(function))
        else:
            setattr(math, name, leaking(name, function))


def wrapped(name: str, function: Function) -> Function:
    """A function that extends the tree; ``log`` to a base is a quotient."""

    def call(*args: Any) -> Any:
        if len(args) == 1 and type(args[0]) is Symbol:
            return made(function(real(args[0])), name, args[0].tree)
        if len(args) == 2 and name == "log" and any(type(a) is Symbol for a in args):
            return call(args[0]) / call(args[1])
        return function(*args)

    call.__name__ = name
    return call


def tested(function: Function) -> Function:
    """A test of what no formula depends on: whether a number is finite."""

    def call(x: Any) -> Any:
        return function(number(x))

    return call


def leaking(name: str, function: Function) -> Function:
    """Any other function: it answers by the numbers, and is recorded as a leak."""

    def call(*args: Any) -> Any:
        if any(type(a) is Symbol for a in args):
            RECORD.leaks.append(f"math.{name}")
        return function(*map(number, args))

    return call


def power(a: Any, b: Any) -> Any:
    """``math.pow``."""
    return a**b if type(a) is Symbol or type(b) is Symbol else PLAIN_POW(a, b)


def copysign(a: Any, b: Any) -> Any:
    """``math.copysign``."""
    if type(b) is not Symbol:
        return abs(a) if math.fabs(number(a)) == PLAIN_COPYSIGN(number(a), b) else -abs(a)
    return abs(a) if b >= 0 else -abs(a)


def total(terms: Iterable[Any]) -> Any:
    """``math.fsum`` on symbols: the same sum, but for rounding."""
    terms = list(terms)
    return sum(terms) if any(type(t) is Symbol for t in terms) else PLAIN_FSUM(terms)


# --- the engine's modules and numpy --------------------------------------------------------------


class AnyFloat(type):
    """The type of a class of which every float is an instance."""

    def __instancecheck__(cls, thing: object) -> bool:
        return isinstance(thing, PLAIN_FLOAT)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, PLAIN_FLOAT)


class KeepingFloat(float, metaclass=AnyFloat):
    """Stands in for ``float`` in the engine's modules: ``float(x)`` of a symbol keeps it."""

    def __new__(cls, x: Any = 0.0) -> Any:
        """The symbol itself, or a plain float."""
        if type(x) is Symbol:
            return x
        return PLAIN_FLOAT(x)


def adopt(modules: Iterable[ModuleType], numpy: Any) -> None:
    """Give an engine's modules a ``float`` that keeps symbols, and numpy that sees them."""
    for module in modules:
        vars(module).setdefault("float", KeepingFloat)
    if numpy is not None:
        for name in FUNCTIONS:
            function = getattr(numpy, name, None)
            if function is not None:
                setattr(numpy, name, seeing(getattr(math, name), function))
        numpy.maximum = seeing_two(max, numpy.maximum)
        numpy.minimum = seeing_two(min, numpy.minimum)
        numpy.power = seeing_two(power, numpy.power)
        numpy.abs = numpy.absolute = seeing(abs, numpy.absolute)


def seeing(on_symbols: Function, otherwise: Function) -> Function:
    """A function of numpy that does the right thing with a symbol."""
    return lambda x, *more, **options: (
        on_symbols(x) if type(x) is Symbol else otherwise(x, *more, **options)
    )


def seeing_two(on_symbols: Function, otherwise: Function) -> Function:
    """Likewise a function of two numbers."""

    def call(a: Any, b: Any, *more: Any, **options: Any) -> Any:
        if type(a) is Symbol or type(b) is Symbol:
            return on_symbols(a, b)
        return otherwise(a, b, *more, **options)

    return call


# --- one graph -----------------------------------------------------------------------------------


def begin(numbers: Iterable[Any], names: Iterable[str]) -> list[Any]:
    """Symbols with these names for the inputs of one graph; forgets what was recorded before."""
    RECORD.path, RECORD.leaks = [], []
    return [made(PLAIN_FLOAT(x), name) for x, name in zip(numbers, names)]


def sent(symbol: Symbol) -> dict[str, Any]:
    """What the wire carries for a symbol."""
    try:
        return {"tree": encode_tree(symbol.tree, PLAIN_FLOAT)}
    except (OverflowError, RecursionError):
        RECORD.leaks.append(f"a formula of more than {LARGEST} parts")
        return {"tree": None}


def recorded() -> dict[str, Any]:
    """The path that was taken, and the leaks."""
    path = []
    for name, left, right, answer in RECORD.path[:LONGEST]:
        try:
            known = answer if type(answer) is bool else PLAIN_FLOAT(answer)
            sides = [encode_tree(side, PLAIN_FLOAT) for side in (left, right)]
            path.append([name, *sides, known])
        except (OverflowError, RecursionError):
            RECORD.leaks.append(f"a condition of more than {LARGEST} parts")
    if len(RECORD.path) > LONGEST:
        RECORD.leaks.append(f"more than {LONGEST} comparisons")
    return {"path": path, "leaks": RECORD.leaks[:MOST_LEAKS]}
