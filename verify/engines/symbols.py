"""Floats that remember how they were computed; sent into the worker to read an engine's formulas.

A :class:`Symbol` is a float with a tree beside its number.  It runs through an engine unchanged:
arithmetic and the functions of ``math`` extend the tree, a comparison answers by the number and is
recorded, so that what was read is known to hold on *this path* of the program only.  What would
lose the symbol without a trace (``int(x)``, ``round(x)``, ``x.hex()``…) is recorded as a leak: then
nothing that was read may be believed.

Like the worker, this file is standard library only and runs on any Python from 3.8 on; the worker
gets it as text.
"""

import math

LARGEST = 4000
"""Nodes of a tree that are sent; larger ones are leaks."""


class State:
    """What was recorded since the last graph: comparisons, and where symbols leaked."""

    path = []
    leaks = []


def tree_of(thing):
    """The tree of a symbol, the number itself for anything else."""
    return thing.tree if type(thing) is Symbol else thing


def number(thing):
    """The plain number in a symbol; everything else as it is."""
    return real(thing) if type(thing) is Symbol else thing


def real(symbol):
    """The plain float in a symbol."""
    return float.__add__(symbol, 0.0)


def made(value, *tree):
    """A symbol with this number and tree; what is no float (a complex power) is a leak."""
    if type(value) is not float:
        State.leaks.append(f"{tree[0]} gives {type(value).__name__}")
        return value
    symbol = float.__new__(Symbol, value)
    symbol.tree = tree
    return symbol


def binary(name, function):
    def forward(self, other):
        if not isinstance(other, (int, float)):
            return NotImplemented
        return made(function(real(self), number(other)), name, self.tree, tree_of(other))

    def reflected(self, other):
        if not isinstance(other, (int, float)):
            return NotImplemented
        return made(function(number(other), real(self)), name, tree_of(other), self.tree)

    return forward, reflected


def comparison(name, function):
    def compare(self, other):
        if not isinstance(other, (int, float)):
            return NotImplemented
        answer = function(real(self), number(other))
        State.path.append((name, self.tree, tree_of(other), answer))
        return answer

    return compare


def leak(name):
    def method(self, *args):
        State.leaks.append(name)
        return getattr(real(self), name)(*args)

    return method


class Symbol(float):
    """A float with a tree: a name, or an operation and its operands."""

    __slots__ = ("tree",)

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

    def __neg__(self):
        return made(-real(self), "neg", self.tree)

    def __pos__(self):
        return self

    def __abs__(self):
        return self if self >= 0 else -self

    def __bool__(self):
        return self != 0

    def __float__(self):
        return real(self)

    def __hash__(self):
        return hash(real(self))

    def __repr__(self):
        return repr(real(self))

    __str__ = __repr__

    def __mod__(self, other):
        # Only ever asked whether a number is whole: the answer is a fact about this path.
        answer = real(self) % number(other)
        State.path.append(("%", self.tree, tree_of(other), answer))
        return answer


for _name in ("__int__", "__trunc__", "__round__", "__floor__", "__ceil__", "__divmod__", "hex",
              "__floordiv__", "__rmod__", "__rdivmod__", "__rfloordiv__", "as_integer_ratio",
              "is_integer", "__getnewargs__"):  # fmt: skip
    if hasattr(float, _name):
        setattr(Symbol, _name, leak(_name))


FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "log1p", "expm1")
TESTS = ("isnan", "isinf", "isfinite")


def wrapped(name, function):
    def call(*args):
        if len(args) == 1 and type(args[0]) is Symbol:
            return made(function(real(args[0])), name, args[0].tree)
        if len(args) == 2 and name == "log" and any(type(a) is Symbol for a in args):
            return call(args[0]) / call(args[1])
        return function(*args)

    call.__name__ = name
    return call


def tested(function):
    def call(x):
        return function(number(x))

    return call


def leaking(name, function):
    def call(*args):
        if any(type(a) is Symbol for a in args):
            State.leaks.append(f"math.{name}")
        return function(*map(number, args))

    return call


def power(a, b):
    return a**b if type(a) is Symbol or type(b) is Symbol else PLAIN_POW(a, b)


def copysign(a, b):
    if type(b) is not Symbol:
        return abs(a) if math.fabs(number(a)) == PLAIN_COPYSIGN(number(a), b) else -abs(a)
    return abs(a) if b >= 0 else -abs(a)


def total(terms):
    """``math.fsum`` on symbols: the same sum, but for rounding."""
    terms = list(terms)
    return sum(terms) if any(type(t) is Symbol for t in terms) else PLAIN_FSUM(terms)


PLAIN_POW, PLAIN_COPYSIGN, PLAIN_FSUM = math.pow, math.copysign, math.fsum


def install():
    """Let the functions of ``math`` see symbols; before the engine is imported."""
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


class _AnyFloat(type):
    def __instancecheck__(cls, thing):
        return isinstance(thing, PLAIN_FLOAT)

    def __subclasscheck__(cls, other):
        return issubclass(other, PLAIN_FLOAT)


PLAIN_FLOAT = float


class KeepingFloat(float, metaclass=_AnyFloat):
    """Stands in for ``float`` in the engine's modules: ``float(x)`` of a symbol keeps it."""

    def __new__(cls, x=0.0):
        if type(x) is Symbol:
            return x
        return PLAIN_FLOAT(x)


def adopt(modules, numpy):
    """Give an engine's modules a ``float`` that keeps symbols, and numpy that sees them."""
    for module in modules:
        vars(module).setdefault("float", KeepingFloat)
    if numpy is not None:
        aliases = {"absolute": "abs", "abs": "abs", "power": "pow", "float64": "float"}
        for name in (*FUNCTIONS, *aliases):
            function = getattr(numpy, name, None)
            if function is None:
                continue
            if name in FUNCTIONS:
                setattr(numpy, name, seeing(getattr(math, name), function))
        numpy.maximum = seeing_two(max, numpy.maximum)
        numpy.minimum = seeing_two(min, numpy.minimum)
        numpy.power = seeing_two(power, numpy.power)
        numpy.abs = numpy.absolute = seeing(abs, numpy.absolute)


def seeing(on_symbols, otherwise):
    return lambda x, *more, **options: (
        on_symbols(x) if type(x) is Symbol else otherwise(x, *more, **options)
    )


def seeing_two(on_symbols, otherwise):
    def call(a, b, *more, **options):
        if type(a) is Symbol or type(b) is Symbol:
            return on_symbols(a, b)
        return otherwise(a, b, *more, **options)

    return call


def begin(numbers, names):
    """Symbols with these names for the inputs of one graph; forgets what was recorded before."""
    State.path, State.leaks = [], []
    return [made(PLAIN_FLOAT(x), name) for x, name in zip(numbers, names)]


def plain(tree):
    """A tree as JSON: names as text, numbers as hexadecimal, operations as lists."""
    count = [0]

    def walk(part):
        count[0] += 1
        if count[0] > LARGEST:
            raise OverflowError
        if type(part) is tuple:
            if len(part) == 1:
                return part[0]
            return [part[0]] + [walk(p) for p in part[1:]]
        return {"number": PLAIN_FLOAT(part).hex()} if not isinstance(part, str) else part

    return walk(tree)


def sent(symbol):
    """What the wire carries for a symbol."""
    try:
        return {"tree": plain(symbol.tree)}
    except (OverflowError, RecursionError):
        State.leaks.append(f"a formula of more than {LARGEST} parts")
        return {"tree": None}


def recorded():
    """The path that was taken, and the leaks."""
    path = []
    for name, left, right, answer in State.path[:200]:
        try:
            path.append(
                [
                    name,
                    plain(left),
                    plain(right),
                    answer if type(answer) is bool else PLAIN_FLOAT(answer),
                ]
            )
        except (OverflowError, RecursionError):
            State.leaks.append(f"a condition of more than {LARGEST} parts")
    if len(State.path) > 200:
        State.leaks.append("more than 200 comparisons")
    return {"path": path, "leaks": State.leaks[:20]}
