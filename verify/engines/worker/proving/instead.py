"""What is called in the place of Python's functions; one that is not here ends a run."""

from __future__ import annotations

import collections
import fractions
import functools
import itertools
import math
import operator

from . import complexes, mathematics, opaque
from .arithmetic import calculated
from .attributes import asks_class, attribute, writes
from .calls import INSTEAD, ITERATORS, followed, with_functions
from .classes import compares_classes, is_of_class
from .comparisons import truth
from .containers import asks_tape, loop
from .counts import FIRST_AND_LAST, Count, Identity, Place, counts, identity_of, no_number
from .decisions import UNDEFINED, lost, overflows
from .observed import STATE, asks_kind, consults, foreign, goes_on, is_own, note
from .opaque import Symbol
from .standins import seeming

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final


def counting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Likewise; it compares what it is given."""

    def run(*args: Any, **options: Any) -> Any:
        counts(0 if "key" in options else None)
        ready = [tuple(loop(a)) if type(a) in ITERATORS else a for a in args]
        for a in ready:
            counts(*(a if isinstance(a, (list, tuple, set)) else [a]))
        return with_functions(function)(*ready, **options)

    return run


def quantified(function: Callable[..., Any]) -> Callable[..., Any]:
    """``any`` and ``all``: each thing is asked whether it is true."""

    def run(things: Any) -> Any:
        return function(truth(thing) for thing in loop(things))

    return run


def side_by_side(function: Callable[..., Any]) -> Callable[..., Any]:
    """``zip`` and ``map``: what is run through together ends where the shortest does."""
    through = with_functions(function)

    def run(*args: Any, **options: Any) -> Any:
        if STATE.phase == "backward":
            things = [a for a in args if not callable(a)]
            lengths = {operator.length_hint(a) for a in things if hasattr(a, "__len__")
                       or hasattr(a, "__length_hint__")}  # fmt: skip
            if len(lengths) > 1:
                note("count", "the backward pass runs through things of different lengths together")
        return through(*args, **options)

    return run


def filtered(function: Any, things: Any) -> Any:
    """``filter``."""
    return filter(truth if function is None else followed(function), loop(things))


def number(kind: Any) -> Callable[..., Any]:
    """``float(x)`` and ``int(x)``: a symbol of that kind stays as it is."""

    def convert(*args: Any) -> Any:
        if len(args) == 1 and type(args[0]) is Symbol:
            if kind is float:
                return opaque.float_of(args[0])
            return whole_number(args[0])
        if args and type(args[0]) is Identity:
            no_number()
        if args and isinstance(args[0], str):
            counts(0)
        return kind(*args)

    return convert


def whole_number(x: Any) -> Any:
    """``int(x)``."""
    if issubclass(x.kind, int):
        return opaque.made(int, *x.tree)
    return opaque.truncated(x)


def truth_of(*args: Any) -> bool:
    """``bool(x)``."""
    for thing in args:
        asks_tape(thing)
    counts(*args)
    return bool(*args)


def is_instance(thing: Any, kinds: Any) -> bool:
    """``isinstance``; of a node it may be asked whether it is one."""
    asks_kind(thing)
    asked = kinds if isinstance(kinds, tuple) else (kinds,)
    if any(
        isinstance(k, type) and is_own(k) and not issubclass(STATE.base, k)
        and k not in STATE.kinds_of_leaves for k in asked
    ):
        asks_class(thing)
    if type(thing) is Symbol:
        return is_of_class(thing, asked)
    return isinstance(thing, kinds)


def is_subclass(cls: Any, kinds: Any) -> bool:
    """``issubclass``; the class may be that of a number."""
    asked = kinds if isinstance(kinds, tuple) else (kinds,)
    return issubclass(cls, kinds) or any(compares_classes(cls, k) for k in asked)


def type_of(*args: Any) -> Any:
    """``type(x)``."""
    if len(args) != 1:
        return lost("a class is made")
    asks_class(args[0])
    asks_kind(args[0])
    return seeming(args[0])


def on_symbols(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
    """A function of mathematics that extends the tree of a symbol."""
    function = mathematics.FUNCTIONS[name]

    def run(*args: Any, **options: Any) -> Any:
        if any(type(a) is Symbol for a in args) or name == "fsum":
            return function(*args, **options)
        counts(*args)
        return plain(*args, **options)

    return run


def how_many(things: Any) -> Any:
    """``len(x)``."""
    foreign(things, "the length of")
    consults(things)
    size = len(things)
    if STATE.phase in PLACING and type(things) is list and id(things) in STATE.old:
        return Place(size)
    return Count(size) if STATE.phase == "backward" else size


def numbers_to(*ends: Any) -> range:
    """``range(n)``: in a backward pass only to the end of something."""
    if STATE.phase == "backward" and any(
        type(end) not in (Count, Place) and end not in FIRST_AND_LAST for end in ends
    ):
        note("count", "a range ends at a number")
    return range(*[int.__index__(end) if isinstance(end, int) else end for end in ends])


PLACING: Final = ("construct", "build")
"""Where the length of a list that is older than the graph is a place on it."""


def read_attribute(thing: Any, name: str, *default: Any) -> Any:
    """``getattr``."""
    try:
        return attribute(thing, name)
    except AttributeError:
        if default:
            return default[0]
        raise


def has_attribute(thing: Any, name: str) -> bool:
    """``hasattr``."""
    try:
        attribute(thing, name)
    except AttributeError:
        return False
    return True


def set_attribute(thing: Any, name: str, value: Any) -> None:
    """``setattr``."""
    writes(thing, name, value)
    setattr(thing, name, value)


def set_plainly(thing: Any, name: str, value: Any) -> None:
    """``object.__setattr__``."""
    writes(thing, name, value)
    object.__setattr__(thing, name, value)


def set_new(cls: Any, *args: Any, **options: Any) -> Any:
    """``object.__new__``."""
    return object.__new__(cls, *args, **options)


def next_of(iterator: Any, *default: Any) -> Any:
    """``next``."""
    foreign(iterator, "the next of")
    goes_on(iterator)
    return next(iterator, *default)


def reduced(function: Any, things: Any, *start: Any) -> Any:
    """``functools.reduce``."""
    return functools.reduce(followed(function), loop(things), *start)


def asking(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that may tell one number from another."""

    def run(*args: Any) -> Any:
        counts(*args)
        return function(*args)

    return run


def with_complex(function: Any) -> Callable[..., Any]:
    """``complex``, or a function of ``cmath``, where a number is not known."""
    instead: Callable[..., Any] = complexes.FUNCTIONS.get(function, complexes.made)

    def run(*args: Any) -> Any:
        counts(*args)
        if any(type(a) in (Symbol, complexes.Complex) for a in args):
            return instead(*args)
        return function(*args)

    return run


def iterator_of(things: Any, *sentinel: Any) -> Any:
    """``iter``."""
    return iter(followed(things), *sentinel) if sentinel else iter(loop(things))


def queue(things: Any = (), maxlen: Any = None) -> Any:
    """``collections.deque``; a longest length is a count."""
    counts(maxlen)
    return collections.deque(loop(things), maxlen)


def fraction(*args: Any) -> Any:
    """``Fraction(x)``: the number that a float is, if it is one."""
    if not any(type(x) is Symbol for x in args):
        return fractions.Fraction(*args)
    if len(args) != 1:
        return lost("a Fraction of two numbers")
    (x,) = args
    if x.tree == UNDEFINED:
        return lost("a Fraction of what is no number")
    opaque.finite(x)
    leaf = x.kind is int and len(x.tree) == 1
    return opaque.made(opaque.FRACTION, *(("exact", x.tree) if leaf else x.tree))


def size_of(thing: Any) -> Any:
    """``abs``."""
    return abs(thing)


def table() -> dict[int, Callable[..., Any]]:
    """By the ``id`` of a function what is called in its place; a function that is not here ends."""
    same = (
        callable, functools.partial, object.__init__, slice, operator.neg, operator.pos,
        operator.abs, property, staticmethod,
    )  # fmt: skip
    passing = (
        list, tuple, set, frozenset, dict, reversed, sum,
        itertools.chain, itertools.zip_longest, itertools.starmap, str.join,
        collections.defaultdict, collections.OrderedDict, dict.fromkeys,
        itertools.chain.from_iterable,
    )  # fmt: skip
    found: dict[Any, Callable[..., Any]] = {f: f for f in same}
    found.update({f: with_functions(f) for f in passing})
    found.update({f: counting(f) for f in (sorted, min, max)})
    found.update({f: quantified(f) for f in (any, all)})
    found[filter] = filtered
    found.update({f: side_by_side(f) for f in (zip, map)})
    found.update({f: asking(f) for f in (
        divmod, pow, round, operator.lt, operator.le, operator.gt, operator.ge, operator.eq,
        operator.ne, operator.not_, operator.mod, operator.floordiv,
    )})  # fmt: skip
    found.update({f: functools.partial(calculated, name) for f, name in (
        (operator.add, "Add"), (operator.sub, "Sub"), (operator.mul, "Mult"),
        (operator.truediv, "Div"), (operator.pow, "Pow"),
    )})  # fmt: skip
    found.update({
        isinstance: is_instance, issubclass: is_subclass, float: number(float), int: number(int),
        bool: truth_of, type: type_of, id: identity_of,
        len: how_many, range: numbers_to, enumerate: with_functions(enumerate),
        getattr: read_attribute, hasattr: has_attribute, setattr: set_attribute,
        object.__setattr__: set_plainly, object.__new__: set_new, object: object, next: next_of,
        fractions.Fraction: fraction, functools.reduce: reduced, abs: size_of,
        operator.truth: truth_of, iter: iterator_of, collections.deque: queue,
    })  # fmt: skip
    found.update({f: with_complex(f) for f in (complex, *complexes.FUNCTIONS)})
    for name in mathematics.FUNCTIONS:
        plain = getattr(math, name, None)
        if plain is not None:
            found[plain] = on_symbols(name, plain)
    KEPT.append(found)
    return {id(f): instead for f, instead in found.items()}


KEPT: Final[list[Any]] = []
"""Functions that are found by their ``id`` must live."""
OF_NUMPY: Final = {
    "exp": "exp", "expm1": "expm1", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "sin": "sin",
    "cos": "cos", "tan": "tan", "sqrt": "sqrt", "log": "log", "log1p": "log1p", "log2": "log2",
    "log10": "log10", "exp2": "exp2", "fabs": "fabs",
    "copysign": "copysign", "floor": "floor", "isnan": "isnan", "isinf": "isinf",
    "isfinite": "isfinite",
}  # fmt: skip
"""Functions of numpy, and those of ``math`` that they are on one number."""


def sign(x: Any) -> Any:
    """``numpy.sign``."""
    return 1.0 if x > 0 else -1.0 if x < 0 else 0.0


def clipped(x: Any, low: Any, high: Any) -> Any:
    """``numpy.clip``."""
    return mathematics.smaller(mathematics.larger(x, low), high)


ON_ONE_OR_TWO: Final[dict[str, Callable[..., Any]]] = {
    "power": opaque.power, "float_power": opaque.power,
    "maximum": mathematics.larger, "minimum": mathematics.smaller, "absolute": abs, "clip": clipped,
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
    "divide": operator.truediv, "true_divide": operator.truediv, "negative": operator.neg,
    "square": lambda x: x * x, "sign": sign, "reciprocal": lambda x: 1.0 / x,
}  # fmt: skip
"""Functions of numpy that are operators."""
TESTS: Final = frozenset({"isnan", "isinf", "isfinite"})


def of_numpy(function: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numpy: it makes what is no real number, where that of Python raises.

    Of which kind its result is, numpy itself is asked.  Of a truth value it makes 16 bits, with
    the same formula: rounding, which is noted.
    """

    def run(*args: Any, **options: Any) -> Any:
        if not any(type(a) is Symbol for a in args):
            counts(*args)
            return plain(*args, **options)
        if options or not all(opaque.is_number(a) for a in args):
            return lost(f"numpy.{getattr(plain, '__name__', '')}() of this is not followed")
        for a in args:
            asks_kind(a)
        kinds = tuple(map(opaque.kind_of, args))
        kind = kind_made(plain, kinds)
        if kind not in opaque.NUMPY:
            return lost(
                "what numpy makes of a truth value" if bool in kinds
                else "whole numbers of numpy have a largest one"
            )  # fmt: skip
        if any(type(a) is Symbol and a.kind is int and overflows(a.tree) for a in args):
            raise TypeError("numpy has no loop for an int that is too large")
        if kind is not opaque.NUMPY[0]:
            note("half", "numpy computes in 16 bits with a leaf that is True or False")
        try:
            found = function(*map(of_numpy_number, args))
        except (ValueError, ArithmeticError):
            found = opaque.made(float, *UNDEFINED)
        return opaque.made(kind, *found.tree) if type(found) is Symbol else kind(found)

    return run


def kind_made(plain: Callable[..., Any], kinds: tuple[type, ...]) -> Any:
    """Of which kind a function's result is, by numbers of the same kinds; None where it raises."""
    ones = [1 if k in opaque.MORE else k(1) for k in kinds]
    try:
        return type(plain(*ones))
    except TypeError:
        return None


def of_numpy_number(x: Any) -> Any:
    """``numpy.float64(x)``."""
    kind = opaque.NUMPY[0]
    return opaque.made(kind, *x.tree) if type(x) is Symbol else kind(x)


def float_of_numpy(*args: Any) -> Any:
    """``numpy.float64``; of a text, or of nothing, it is a number that is known."""
    if len(args) == 1 and type(args[0]) is Symbol:
        return of_numpy_number(args[0])
    return opaque.NUMPY[0](number(float)(*args))


def errors_of_numpy(plain: Callable[..., Any]) -> Callable[..., Any]:
    """``numpy.errstate``: what numpy makes of an error is known, if it does not raise."""

    def run(**options: Any) -> Any:
        quiet = all(what in {"ignore", "warn"} for what in options.values())
        return plain(**options) if quiet else lost("numpy is told to raise")

    return run


def adopt_numpy(numpy: Any) -> None:
    """Let functions of numpy follow symbols."""
    opaque.NUMPY[:] = [numpy.float64, numpy.float16]
    functions: dict[Any, Callable[..., Any]] = {}
    for name, of_math in OF_NUMPY.items():
        plain = getattr(numpy, name, None)
        if plain is not None:
            test = name in TESTS
            followed_by = on_symbols if test else lambda m, p: of_numpy(mathematics.FUNCTIONS[m], p)
            functions[plain] = followed_by(of_math, plain)
    for name, function in ON_ONE_OR_TWO.items():
        plain = getattr(numpy, name)
        functions[plain] = of_numpy(function, plain)
    functions[numpy.float64] = float_of_numpy
    functions[numpy.errstate] = errors_of_numpy(numpy.errstate)
    KEPT.append(functions)
    INSTEAD.update({id(f): instead for f, instead in functions.items()})
