"""Canonical forms: when two formulas are the same function, in exact arithmetic.

A formula becomes a quotient of two polynomials over *atoms*: variables, and the primitive terms
``exp``, ``log``, ``sin``, ``cos``, each of a canonical form.  Coefficients are exact fractions.
Whatever is written with exponentials (tanh, sigmoid, powers, roots) becomes exponentials first:

    x ** y = exp(y log x)     exp(s + t) = exp(s) exp(t)     exp(log x) = x     exp(t) = exp(t/4)**4
    sin(t)**2 = 1 - cos(t)**2     sin(-t) = -sin(t)     cos(-t) = cos(t)     log(exp(t)) = t

Two formulas are equal if their difference has the numerator 0: that is a proof, by the rules above
and those of rational functions, wherever no denominator is 0.  The other way round nothing follows.
No floating-point number is computed here, and nothing is simplified by anybody's judgement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.expression.reading import Tree

Atom: TypeAlias = tuple[Any, ...]
"""``("variable", name)``, ``("exp", monomial)``, ``("log", key)``, and so on."""
Monomial: TypeAlias = tuple[tuple[Atom, int], ...]
"""Atoms with their exponents, which may be negative, in a fixed order."""
Polynomial: TypeAlias = dict[Monomial, Fraction]

_PARTS: Final = 4
"""An exponential is a power of ``exp(t / 4)``: halves and quarters of exponents are exact."""
_MOST_TERMS: Final = 4000
_LARGEST_POWER: Final = 64
ONE: Final[Monomial] = ()
CONSTANTS: Final[dict[float, Tree]] = {
    math.log(2): ("log", 2.0),
    math.log(10): ("log", 10.0),
    1 / math.log(2): ("div", 1.0, ("log", 2.0)),
    1 / math.log(10): ("div", 1.0, ("log", 10.0)),
    math.e: ("exp", 1.0),
    math.pi: ("pi", 1.0),
    math.pi / 2: ("div", ("pi", 1.0), 2.0),
}
"""Floats that stand for the real number next to them; where one is used, that is an assumption."""


class NoForm(Exception):  # noqa: N818 - what is so, not that it is an error
    """A formula that has no canonical form: it divides by 0, or is too large."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """A rational function: numerator and denominator, which is not 0."""

    top: Polynomial
    bottom: Polynomial

    @property
    def number(self) -> Fraction | None:
        """The number that it is, where it is one."""
        if not self.top:
            return Fraction(0)
        if set(self.top) == {ONE} and set(self.bottom) == {ONE}:
            return self.top[ONE] / self.bottom[ONE]
        return None

    @property
    def key(self) -> tuple[Any, ...]:
        """The same for the same numerator and denominator, up to a common number."""
        scale = self.bottom[max(self.bottom)]
        return _frozen(self.top, scale), _frozen(self.bottom, scale)


def _frozen(polynomial: Polynomial, scale: Fraction) -> tuple[tuple[Monomial, Fraction], ...]:
    return tuple(sorted((m, c / scale) for m, c in polynomial.items()))


def _of(polynomial: Polynomial) -> Quotient:
    return Quotient(polynomial, {ONE: Fraction(1)})


def constant(number: Fraction | int) -> Quotient:
    """A number."""
    return _of({ONE: Fraction(number)} if number else {})


def _atom(atom: Atom, power: int = 1) -> Quotient:
    return _of({((atom, power),): Fraction(1)})


def _times(a: Monomial, b: Monomial) -> Monomial:
    if not a or not b:
        return a or b
    powers = dict(a)
    for atom, power in b:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted((atom, power) for atom, power in powers.items() if power))


def _product(a: Polynomial, b: Polynomial) -> Polynomial:
    if len(a) * len(b) > _MOST_TERMS:
        raise NoForm("a polynomial of too many terms")
    found: Polynomial = {}
    for m, c in a.items():
        for n, d in b.items():
            both = _times(m, n)
            found[both] = found.get(both, Fraction(0)) + c * d
    return {m: c for m, c in found.items() if c}


def _sum(a: Polynomial, b: Polynomial) -> Polynomial:
    found = dict(a)
    for m, c in b.items():
        found[m] = found.get(m, Fraction(0)) + c
    return {m: c for m, c in found.items() if c}


@dataclass
class Forms:
    """Canonical forms where some variables are known to be equal to something.

    Attributes:
        equal: variables, and the formula that each is equal to.
        constants: floats that were taken for the real number next to them.
        zeros: products of variables that are known to be 0.
        bases: of the atoms ``exp(log(x) / 4)``, the polynomial that ``x`` is.
    """

    equal: Mapping[str, Tree] = field(default_factory=dict)
    zeros: Sequence[Monomial] = ()
    constants: set[float] = field(default_factory=set)
    bases: dict[Atom, Polynomial] = field(default_factory=dict)
    seen: dict[Tree, Quotient] = field(default_factory=dict)

    def same(self, first: Tree, second: Tree) -> bool:
        """Whether two formulas are proven to be the same function."""
        try:
            difference = self.minus(self.of(first), self.of(second)).top
        except NoForm:
            return False
        return all(any(_divides(zero, m) for zero in self.zeros) for m in difference)

    def of(self, tree: Tree) -> Quotient:
        """The canonical form of a formula.

        Raises:
            NoForm: if it has none.
        """
        if tree not in self.seen:
            self.seen[tree] = self._of(tree)
        return self.seen[tree]

    def _of(self, tree: Tree) -> Quotient:
        if tree is None:
            raise NoForm("an unknown number")
        if isinstance(tree, str):
            if tree in self.equal:
                return self.of(self.equal[tree])
            return _atom(("variable", tree))
        if not isinstance(tree, tuple):
            return self.number(tree)
        return getattr(self, tree[0])(*[self.of(part) for part in tree[1:]])  # type: ignore[no-any-return]

    def number(self, number: float) -> Quotient:
        """A float is the fraction that it is, or the real number that it stands for."""
        if not math.isfinite(number):
            raise NoForm(f"{number} is no real number")
        if -number in CONSTANTS:
            return self.neg(self.number(-number))
        if number in CONSTANTS:
            self.constants.add(number)
            return self.of(CONSTANTS[number])
        return constant(Fraction(number))

    # --- arithmetic ------------------------------------------------------------------------------

    def add(self, a: Quotient, b: Quotient) -> Quotient:
        """``a + b``."""
        if a.bottom == b.bottom:
            return self.reduced(_sum(a.top, b.top), a.bottom)
        crossed = _sum(_product(a.top, b.bottom), _product(b.top, a.bottom))
        return self.reduced(crossed, _product(a.bottom, b.bottom))

    def sub(self, a: Quotient, b: Quotient) -> Quotient:
        """``a - b``."""
        return self.add(a, self.neg(b))

    minus = sub

    def neg(self, a: Quotient) -> Quotient:
        """``-a``."""
        return Quotient({m: -c for m, c in a.top.items()}, a.bottom)

    def mul(self, a: Quotient, b: Quotient) -> Quotient:
        """``a * b``."""
        return self.reduced(_product(a.top, b.top), _product(a.bottom, b.bottom))

    def div(self, a: Quotient, b: Quotient) -> Quotient:
        """``a / b``; what is divided by is not 0 on the path."""
        if not b.top:
            raise NoForm("a division by 0")
        return self.reduced(_product(a.top, b.bottom), _product(a.bottom, b.top))

    def reduced(self, top: Polynomial, bottom: Polynomial) -> Quotient:
        """By the rules for exponentials of logarithms and for sines; one term below goes above."""
        for _ in range(_PARTS):
            atom = self.reducible(top) or self.reducible(bottom)
            if atom is None:
                break
            lowest = min(dict(m).get(atom, 0) for part in (top, bottom) for m in part)
            parts = 2 if atom[0] == "sin" else _PARTS
            shift = -(lowest // parts) * parts if lowest < 0 else 0
            top, bottom = (self.replaced(part, atom, shift) for part in (top, bottom))
        if len(bottom) == 1:
            ((m, c),) = bottom.items()
            if m or c != 1:
                inverse = {tuple((atom, -power) for atom, power in m): 1 / c}
                top, bottom = _product(top, inverse), {ONE: Fraction(1)}
                if self.reducible(top):
                    return self.reduced(top, bottom)
        return Quotient(top, bottom)

    def reducible(self, part: Polynomial) -> Atom | None:
        """An atom of which there is a power that is something simpler."""
        for m in part:
            for atom, power in m:
                if atom[0] == "sin" and (power > 1 or power < 0):
                    return atom
                if atom in self.bases and (power >= _PARTS or power < 0):
                    return atom
        return None

    def replaced(self, part: Polynomial, atom: Atom, shift: int) -> Polynomial:
        """Powers of an atom replaced, after all of its exponents were raised by ``shift``."""
        found: Polynomial = {}
        for m, c in part.items():
            power = dict(m).get(atom, 0)
            rest = tuple([pair for pair in m if pair[0] != atom])
            parts, base = self.power_of(atom)
            whole, left = divmod(power + shift, parts)
            factor = _to_the(base, whole)
            single = {_times(rest, ((atom, left),) if left else ONE): c}
            found = _sum(found, _product(single, factor))
        return found

    def power_of(self, atom: Atom) -> tuple[int, Polynomial]:
        """Which power of an atom is something simpler, and what."""
        if atom[0] == "sin":
            return 2, {((("cos", atom[1]), 2),): Fraction(-1), ONE: Fraction(1)}
        return _PARTS, self.bases[atom]

    # --- primitive terms -------------------------------------------------------------------------

    def exp(self, a: Quotient) -> Quotient:
        """``exp(a)`` as a product of exponentials of single terms."""
        if set(a.bottom) != {ONE}:
            first = a.top[max(a.top)] / a.bottom[max(a.bottom)] if a.top else Fraction(0)
            power = first * _PARTS
            if power.denominator != 1 or not 0 < abs(power) <= _LARGEST_POWER * _PARTS:
                return _atom(("exp of", a.key))
            return _atom(("exp of", self.div(a, constant(first)).key), int(power))
        found = constant(1)
        for m, c in a.top.items():
            power = c / a.bottom[ONE] * _PARTS
            if power.denominator != 1 or abs(power) > _LARGEST_POWER * _PARTS:
                return _atom(("exp of", a.key))
            atom: Atom = ("exp", m)
            if len(m) == 1 and m[0][0][0] == "log" and m[0][1] == 1:
                top, bottom = (dict(part) for part in m[0][0][1])
                whole, left = divmod(int(power), _PARTS)
                found = self.mul(found, self.to_the(Quotient(top, bottom), whole))
                if set(bottom) == {ONE}:
                    self.bases[atom] = {n: d / bottom[ONE] for n, d in top.items()}
                found = self.mul(found, _atom(atom, left)) if left else found
                continue
            found = self.mul(found, _atom(atom, int(power)))
        return found

    def log(self, a: Quotient) -> Quotient:
        """``log(a)``, of what is positive."""
        if a.number == 1:
            return constant(0)
        if not a.top:
            raise NoForm("the logarithm of 0")
        if set(a.bottom) == {ONE} and len(a.top) == 1:
            ((m, c),) = a.top.items()
            if c == a.bottom[ONE] and all(x[0] == "exp" and x not in self.bases for x, _ in m):
                return _of({x[1]: Fraction(power, _PARTS) for x, power in m})
        return _atom(("log", a.key))

    def pow(self, a: Quotient, b: Quotient) -> Quotient:
        """``a ** b``: repeated multiplication, or an exponential."""
        number = b.number
        if number is not None and number.denominator == 1 and abs(number) <= _LARGEST_POWER:
            return self.to_the(a, int(number))
        if not a.top:
            if number is not None and number > 0:
                return constant(0)
            raise NoForm("a power of 0")
        return self.exp(self.mul(b, self.log(a)))

    def to_the(self, a: Quotient, power: int) -> Quotient:
        """A whole power."""
        if power < 0:
            return self.div(constant(1), self.to_the(a, -power))
        found = constant(1)
        for _ in range(power):
            found = self.mul(found, a)
        return found

    def sin(self, a: Quotient) -> Quotient:
        """``sin(a)``; a quarter turn makes it the cosine."""
        turned, turns = _without_turns(a)
        if turns:
            return self.rotated(turned, turns)
        if not a.top:
            return constant(0)
        if _leads_negative(a):
            return self.neg(_atom(("sin", self.neg(a).key)))
        return _atom(("sin", a.key))

    def cos(self, a: Quotient) -> Quotient:
        """``cos(a)``."""
        turned, turns = _without_turns(a)
        if turns:
            return self.rotated(turned, turns + 1)
        if not a.top:
            return constant(1)
        return _atom(("cos", (self.neg(a) if _leads_negative(a) else a).key))

    def rotated(self, a: Quotient, turns: int) -> Quotient:
        """``sin(a + turns * pi / 2)``."""
        found = self.cos(a) if turns % 2 else self.sin(a)
        return self.neg(found) if turns % 4 in {2, 3} else found

    def tan(self, a: Quotient) -> Quotient:
        """``tan(a)``."""
        return self.div(self.sin(a), self.cos(a))

    def tanh(self, a: Quotient) -> Quotient:
        """``(e**2a - 1) / (e**2a + 1)``."""
        square = self.exp(self.add(a, a))
        return self.div(self.sub(square, constant(1)), self.add(square, constant(1)))

    def sinh(self, a: Quotient) -> Quotient:
        """``(e**a - e**-a) / 2``."""
        return self.div(self.sub(self.exp(a), self.exp(self.neg(a))), constant(2))

    def cosh(self, a: Quotient) -> Quotient:
        """``(e**a + e**-a) / 2``."""
        return self.div(self.add(self.exp(a), self.exp(self.neg(a))), constant(2))

    def sqrt(self, a: Quotient) -> Quotient:
        """``a ** (1/2)``."""
        if not a.top:
            return constant(0)
        return self.exp(self.div(self.log(a), constant(2)))

    def log1p(self, a: Quotient) -> Quotient:
        """``log(1 + a)``."""
        return self.log(self.add(constant(1), a))

    def expm1(self, a: Quotient) -> Quotient:
        """``exp(a) - 1``."""
        return self.sub(self.exp(a), constant(1))

    def mod(self, a: Quotient, b: Quotient) -> Quotient:
        """``a % b``, of which nothing is known but that it is a function."""
        return _atom(("mod", a.key, b.key))

    def floor(self, a: Quotient) -> Quotient:
        """Likewise the largest whole number below."""
        return _atom(("floor", a.key))

    def exact(self, a: Quotient) -> Quotient:
        """``a``, in floats too."""
        return a

    def rounded(self, a: Quotient) -> Quotient:
        """``a``; in floats it is the next one to it."""
        return a

    def pi(self, _: Quotient) -> Quotient:
        """The number."""
        return _atom(("pi",))


def _divides(a: Monomial, b: Monomial) -> bool:
    powers = dict(b)
    return all(powers.get(atom, 0) >= power for atom, power in a)


def _to_the(part: Polynomial, power: int) -> Polynomial:
    found: Polynomial = {ONE: Fraction(1)}
    for _ in range(power):
        found = _product(found, part)
    return found


def _leads_negative(a: Quotient) -> bool:
    return bool(a.top) and a.top[max(a.top)] / a.bottom[max(a.bottom)] < 0


def _without_turns(a: Quotient) -> tuple[Quotient, int]:
    """An angle less its quarter turns, and how many these are."""
    turn: Monomial = ((("pi",), 1),)
    if set(a.bottom) != {ONE} or turn not in a.top:
        return a, 0
    quarters = 2 * a.top[turn] / a.bottom[ONE]
    if quarters.denominator != 1:
        return a, 0
    return Quotient({m: c for m, c in a.top.items() if m != turn}, a.bottom), int(quarters)
