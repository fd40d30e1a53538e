"""Numbers that nobody can look at in secret.

A :class:`Symbol` is no float of C's, so that no C function finds a number in it.  It says it is one
to ``isinstance``.  Arithmetic extends its tree, comparisons are questions (:mod:`.decisions`), and
whatever else is done to it ends the run and says where.
"""

from __future__ import annotations

import contextlib
import fractions
import math

from .decisions import (
    UNDEFINED,
    compared,
    is_whole,
    lost,
    overflows,
    settled,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

    Function = Callable[..., Any]
    Tree = Any

def tree_of(thing: Any) -> Tree:
    """The tree of a symbol, the number itself for anything else."""
    return thing.tree if type(thing) is Symbol else thing


def kind_of(thing: Any) -> type:
    """Which number of Python's it stands for."""
    return thing.kind if type(thing) is Symbol else type(thing)


def is_number(thing: Any) -> bool:
    """Whether it is a number that symbols calculate with."""
    kind = type(thing)
    return kind in (Symbol, float, int, bool, fractions.Fraction) or kind in MORE or (
        kind.__module__ == "numpy" and issubclass(kind, float)
    )


MORE: Final[list[type]] = []
"""Further kinds of numbers: how many there are of something."""


def checked(number: Any) -> Any:
    """A number as a part of a tree; one that is not finite is no real number."""
    tree = tree_of(number)
    if type(tree) is tuple:
        return tree
    if type(tree) is fractions.Fraction:
        return of_fraction(tree)
    value = float(tree) if isinstance(tree, float) else tree
    if value != value or value in (math.inf, -math.inf):  # noqa: PLR0124 - nan
        return UNDEFINED
    return float(value) if type(value) is not int else value


def of_fraction(number: fractions.Fraction) -> Tree:
    """A fraction as a part of a tree: a float where it is one, else an exact quotient."""
    if number.denominator == 1:
        return number.numerator
    with contextlib.suppress(OverflowError):
        if float(number) == number:
            return float(number)
    return ("exact", ("div", number.numerator, number.denominator))


def made(kind: type, *tree: Tree) -> Symbol:
    """A symbol with this tree that stands for a number of this kind."""
    symbol = object.__new__(Symbol)
    tree = UNDEFINED if UNDEFINED in tree else tree
    object.__setattr__(symbol, "tree", tree)
    object.__setattr__(symbol, "kind", kind)
    return symbol


NUMPY: Final[list[type]] = []
"""numpy's own floats, of 64 and of 16 bits: they do not raise where those of Python do."""


def of_numpy(kind: type) -> bool:
    """Whether numbers of a kind become infinite, or nan, where those of Python raise."""
    return kind in NUMPY


FRACTION: Final = fractions.Fraction


def is_floating(kind: type) -> bool:
    """Whether numbers of a kind are floats, of Python's or numpy's."""
    return issubclass(kind, float) or of_numpy(kind)


def joint(a: Any, b: Any) -> type:
    """The kind of a sum."""
    kinds = kind_of(a), kind_of(b)
    if any(map(of_numpy, kinds)):
        if FRACTION in kinds:
            lost("a Fraction and a number of numpy")
        of_both: type = type(kinds[0](1) + kinds[1](1))  # numpy itself is asked
        return of_both
    if float in kinds:
        return float
    return FRACTION if FRACTION in kinds else int


def known(number: Any) -> Symbol:
    """A symbol that is known to be a number."""
    tree = checked(number)
    return made(type(number), *(tree if type(tree) is tuple else ("neg", -tree)))


def is_exact(number: Any) -> bool:
    """Whether nothing was rounded where a number was computed."""
    tree = settled(tree_of(number))
    return type(tree) is not tuple or len(tree) == 1 or tree[0] == "exact"


def bare(tree: Tree) -> Tree:
    """A tree without the word that it is exact."""
    return tree[1] if type(tree) is tuple and tree[0] == "exact" else tree


def calculated(kind: type, name: str, *operands: Any) -> Symbol:
    """A result of arithmetic.

    Fractions are exact as far as their parts are.  Whatever else meets a float is one, and so is
    rounded first: an int, or a fraction.
    """
    if kind is FRACTION and all(map(is_exact, operands)):
        return made(kind, "exact", (name, *[bare(checked(x)) for x in operands]))
    if kind is not int and kind is not FRACTION:
        operands = tuple([float_of(x) if is_wide(x) else x for x in operands])
    return made(kind, name, *map(checked, operands))


def is_wide(number: Any) -> bool:
    """Whether a number that is not known may lie between two floats: an int, or a fraction."""
    return type(number) is Symbol and number.kind in (int, FRACTION)


def undefined(kind: type, error: Exception) -> Any:
    """What comes of a number that is none: numpy has it, where Python raises."""
    if of_numpy(kind):
        return made(kind, *UNDEFINED)
    raise error


def computed(tree: Tree) -> bool:
    """Whether a number is the result of arithmetic, which may become infinite."""
    return type(tree) is tuple and len(tree) > 1 and tree[0] not in {"exact", "rounded"}


def without_bound(tree: Tree) -> bool:
    """Whether a number that was computed is infinite in floats, or nan."""
    return computed(tree) and overflows(tree)


def add(a: Any, b: Any) -> Any:
    """``a + b``."""
    return calculated(joint(a, b), "add", a, b)


def sub(a: Any, b: Any) -> Any:
    """``a - b``."""
    return calculated(joint(a, b), "sub", a, b)


def mul(a: Any, b: Any) -> Any:
    """``a * b``."""
    return calculated(joint(a, b), "mul", a, b)


def div(a: Any, b: Any) -> Any:
    """``a / b``; ZeroDivisionError where b is 0."""
    kind = joint(a, b)
    of_ints = kind is int
    kind = float if of_ints else kind
    if compared("==", checked(b), 0.0):
        return undefined(kind, ZeroDivisionError("float division by zero"))
    if not of_ints:
        return calculated(kind, "div", a, b)
    found = made(float, "div", *[checked(nearest(x)) for x in (a, b)])
    if (is_wide(a) or is_wide(b)) and overflows(found.tree):
        raise OverflowError(TOO_LARGE[FRACTION])
    return found


def power(a: Any, b: Any) -> Any:
    """``a ** b`` of real numbers; the cases are those in which Python does different things."""
    if FRACTION in (kind_of(a), kind_of(b)):
        return of_fractions(a, b)
    base, exponent = checked(a), checked(b)
    kind = joint(a, b)
    if kind is int and (type(exponent) is tuple or exponent < 0):
        kind = float
    if type(exponent) is not tuple and exponent >= 0 and float(exponent).is_integer():
        return made(kind, "pow", base, exponent)
    if not compared(">", base, 0.0):
        if compared("==", base, 0.0):
            if compared("<", exponent, 0.0):
                error = ZeroDivisionError("0.0 cannot be raised to a negative power")
                return undefined(kind, error)
            return kind(1) if compared("==", exponent, 0.0) else kind(0)
        if not is_whole(exponent):
            return undefined(kind, ComplexPower())
    made_of = made(kind, "pow", base, exponent)
    if not of_numpy(kind) and overflows(made_of.tree):
        raise OverflowError(34, "Numerical result out of range")
    return made_of


def of_fractions(a: Any, b: Any) -> Any:
    """``a ** b`` where one of them is a fraction: a fraction, if the exponent is whole."""
    joint(a, b)
    if issubclass(kind_of(b), float):
        return power(float_of(a), b)
    if not issubclass(kind_of(b), int):
        if not is_whole(checked(b)):
            return power(float_of(a), float_of(b))
        b = whole_of(b)
    if issubclass(kind_of(a), float):
        return power(a, b)
    if kind_of(a) is not FRACTION and compared(">=", checked(b), 0.0):
        return power(a, b)
    if not compared("==", checked(a), 0.0):
        return calculated(FRACTION, "pow", a, b)
    if compared("<", checked(b), 0.0):
        raise ZeroDivisionError("Fraction(1, 0)")
    return FRACTION(int(compared("==", checked(b), 0.0)))


def whole_of(b: Any) -> Any:
    """A fraction that is whole as an int."""
    return made(int, *b.tree) if type(b) is Symbol else int(b)


class ComplexPower(Exception):
    """A power of a negative number that is complex."""


def python_power(a: Any, b: Any) -> Any:
    """``a ** b`` as the operator."""
    try:
        return power(a, b)
    except ComplexPower:
        return lost("a power of a negative number that is complex")


def math_power(a: Any, b: Any) -> Any:
    """``math.pow``, which raises ValueError wherever a power is no real number."""
    try:
        return float_of(power(float_of(a), float_of(b)))
    except (ComplexPower, ZeroDivisionError):
        raise ValueError("math domain error") from None


def float_of(a: Any) -> Any:
    """``float(a)``; an int and a fraction are rounded, and may be too large."""
    if type(a) is Symbol and is_rounded(a):
        within_floats(a)
    return nearest(a)


def nearest(a: Any) -> Any:
    """The float next to a number, be it as large as it may."""
    if type(a) is not Symbol:
        return float(a)
    if is_rounded(a):
        return made(float, "rounded", bare(a.tree))
    return made(float, *a.tree)


def is_rounded(a: Symbol) -> bool:
    """Whether a number may become another one where it becomes a float."""
    return is_wide(a) and type(settled(a.tree)) is tuple and not is_float(a)


def within_floats(a: Symbol) -> None:
    """Raise what Python raises where an int, or a fraction, is larger than all floats."""
    if overflows(bare(a.tree)):
        raise OverflowError(TOO_LARGE[a.kind])


TOO_LARGE: Final = {
    int: "int too large to convert to float",
    FRACTION: "integer division result too large for a float",
}


def is_float(a: Symbol) -> bool:
    """Whether a fraction is a float that was not computed with."""
    return a.kind is FRACTION and len(a.tree) == 1


def plain_kind(a: Any) -> type:
    """The kind of ``-a``: that of a truth value is an int."""
    return int if kind_of(a) is bool else kind_of(a)


def pos(a: Any) -> Any:
    """``+a``."""
    return made(int, *a.tree) if kind_of(a) is bool else a


def neg(a: Any) -> Any:
    """``-a``."""
    return calculated(plain_kind(a), "neg", a)


def modulo(a: Any, b: Any) -> Any:
    """``a % b``: whether a number is whole is understood, the rest is a function of its own."""
    if joint(a, b) is FRACTION:
        return lost("what a Fraction leaves when it is divided")
    if compared("==", checked(b), 0.0):
        return undefined(joint(a, b), ZeroDivisionError("float modulo"))
    if checked(b) == 1 and type(a) is Symbol and is_whole(a.tree):
        return joint(a, b)(0)
    return made(joint(a, b), "mod", checked(a), checked(b))


def floor(a: Any) -> Any:
    """The largest whole number that is not above ``a``."""
    finite(a)
    return made(int, "floor", checked(a))


def finite(a: Any) -> None:
    """Raise what Python raises where a number that was computed is infinite in floats."""
    if type(a) is Symbol and is_floating(a.kind) and without_bound(a.tree):
        raise OverflowError("cannot convert float infinity to integer")


def quotient(a: Any, b: Any) -> Any:
    """``a // b``."""
    if joint(a, b) is FRACTION:
        return lost("how often a Fraction goes into another one")
    return made(joint(a, b), "floor", checked(div(a, b)))


def truncated(a: Any) -> Any:
    """The whole number next to ``a`` on the way to 0."""
    finite(a)
    if is_whole(a.tree):
        return made(int, *a.tree)
    return floor(a) if compared(">=", a.tree, 0.0) else neg(floor(neg(a)))


def ceiling(a: Any) -> Any:
    """The smallest whole number that is not below ``a``."""
    return neg(floor(neg(a)))


class Denominator:
    """The denominator of a number that is not known: it can only be asked whether it is 1."""

    __slots__ = ("tree",)

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # what isinstance asks after the type itself
        return int

    def __eq__(self, other: object) -> bool:
        known_to_be_1 = type(other) is int and other == 1
        return is_whole(self.tree) if known_to_be_1 else bool(lost("the denominator of a number"))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return int(lost("the denominator of a number"))


def asked_of(name: str, number: Symbol, *args: Any) -> Any:
    """A method of a number by its name: an int does not know what to do with a float.

    Of which kinds a number says ``NotImplemented``, is asked of one that is known.
    """
    if len(args) == 1 and is_number(args[0]):
        kind = int if kind_of(args[0]) in MORE else kind_of(args[0])
        with contextlib.suppress(ArithmeticError, ValueError, TypeError):
            if getattr(number.kind(1), name)(kind(1)) is NotImplemented:
                return NotImplemented
    return getattr(number, name)(*args)


def binary(function: Function) -> tuple[Function, Function]:
    """An operator of two numbers, and its reflected form."""

    def forward(self: Any, other: Any, *more: Any) -> Any:
        if type(other) is complex:
            return COMPLEX[function](self, other)
        return function(self, other) if is_number(other) and not more else foreign(other, *more)

    def reflected(self: Any, other: Any, *more: Any) -> Any:
        if type(other) is complex:
            return COMPLEX[function](other, self)
        return function(other, self) if is_number(other) and not more else foreign(other, *more)

    return forward, reflected


COMPLEX: Final[dict[Function, Function]] = {}
"""What each operator is on complex numbers; :mod:`.complexes` fills it."""


def foreign(other: Any, *more: Any) -> Any:
    """What another class makes of a symbol beside its own is its own code, or not followed."""
    if more:
        lost("pow() of three numbers")
    kind = type(other)
    if issubclass(kind, (int, float)) and kind.__radd__ in {int.__radd__, float.__radd__}:
        lost(f"a {kind.__name__} takes part, which is a number of a class of its own")
    if type(other).__module__.partition(".")[0] in {"numpy", "decimal", "fractions"}:
        if getattr(other, "shape", None) == () and hasattr(other, "item"):
            lost(f"a number of {type(other).__name__} takes part")
        if type(other).__name__ != "ndarray":
            lost(f"a {type(other).__name__} takes part")
    return NotImplemented


def comparison(relation: str) -> Function:
    """A comparison, which is a question."""

    def compare(self: Any, other: Any) -> Any:
        if type(other) is complex:
            is_equality = relation in {"==", "!="}
            return unlike_complex(self, other, relation) if is_equality else NotImplemented
        if not is_number(other):
            return foreign(other)
        if self.tree != UNDEFINED and type(other) is not Symbol and other - other != 0:
            like = other if without_bound(self.tree) else 0.0  # 0 is like any finite number
            return bool(getattr(like, UNLIKE[relation])(other))
        if self.tree == tree_of(other) and without_bound(self.tree):
            return relation == "!="  # as nan is
        return compared(relation, self.tree, checked(other))

    return compare


def unlike_complex(a: Symbol, z: complex, relation: str) -> bool:
    """``a == z``, or ``a != z``; a real number is no complex one with another imaginary part."""
    return compared(relation, a.tree, checked(z.real)) if z.imag == 0 else relation == "!="


UNLIKE: Final = {
    "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__", "==": "__eq__", "!=": "__ne__",
}  # fmt: skip


def losing(what: str) -> Function:
    """A method that no symbol survives."""

    def method(*_args: Any, **_options: Any) -> Any:
        return lost(what)

    return method


class Symbol:
    """A number that is not known: a name, or an operation and its operands.

    Attributes:
        tree: how it was computed.
        kind: ``float``, or ``int``: which it says it is.
    """

    __slots__ = ("kind", "tree")
    tree: Tree
    kind: type

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # what isinstance asks after the type itself
        return self.kind

    __add__, __radd__ = binary(add)
    __sub__, __rsub__ = binary(sub)
    __mul__, __rmul__ = binary(mul)
    __truediv__, __rtruediv__ = binary(div)
    __pow__, __rpow__ = binary(python_power)
    __mod__, __rmod__ = binary(modulo)
    __floordiv__, __rfloordiv__ = binary(quotient)
    __lt__, __le__, __gt__, __ge__, __eq__, __ne__ = map(
        comparison, ("<", "<=", ">", ">=", "==", "!=")
    )
    __neg__, __pos__ = neg, pos
    __floor__ = floor

    def __abs__(self) -> Any:
        return pos(self) if compared(">=", self.tree, 0.0) else neg(self)

    def __bool__(self) -> bool:
        return compared("!=", self.tree, 0.0)

    def is_integer(self) -> bool:
        """Whether it is whole."""
        return is_whole(self.tree)

    @property
    def denominator(self) -> Any:
        """That of a fraction."""
        return Denominator(self.tree)

    def conjugate(self) -> Any:
        """A real number's own."""
        return pos(self)

    @property
    def real(self) -> Any:
        """Likewise."""
        return pos(self)

    @property
    def imag(self) -> Any:
        """Likewise: an int, where it is one or a fraction."""
        return self.kind(0) if is_floating(self.kind) else 0

    @property
    def numerator(self) -> Any:
        """That of a whole number."""
        return made(int, *self.tree) if is_whole(self.tree) else lost("the numerator of a number")

    def __setattr__(self, name: str, _value: Any) -> None:
        lost(f"an attribute {name} of a number")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__array") or name in {"dtype", "shape", "item"}:
            raise AttributeError(name)
        return lost(f".{name} of a number")


LOSING: Final = (
    "__hash__", "__repr__", "__str__", "__format__", "__int__", "__index__", "__float__",
    "__trunc__", "__round__", "__ceil__", "__divmod__", "__rdivmod__", "__complex__", "__reduce__",
    "__reduce_ex__", "__getstate__", "__copy__",
    "__deepcopy__", "__bytes__", "__sizeof__", "__dir__", "__and__", "__or__", "__xor__",
    "__rand__", "__ror__", "__rxor__", "__lshift__", "__rshift__", "__invert__", "__matmul__",
)  # fmt: skip
for _name in LOSING:
    setattr(Symbol, _name, losing(_name))
for _name in (
    *LOSING, "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__",
    "__rtruediv__", "__floordiv__", "__rfloordiv__", "__mod__", "__rmod__", "__pow__", "__rpow__",
    "__neg__", "__pos__", "__abs__", "__bool__", "__lt__", "__le__", "__gt__", "__ge__",
    "__floor__", "__getattr__",
):  # fmt: skip
    setattr(Denominator, _name, losing("the denominator of a number"))
