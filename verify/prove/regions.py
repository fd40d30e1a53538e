"""Sets of real numbers that a path of a program belongs to, and a certificate that one is empty.

A path is taken where all its questions have the answers that were given.  That no number is there
is certified by signs alone: each question says what sign a polynomial may have, and signs follow
from those of its parts (an exponential is positive, a square is not negative).  Where this does not
decide, the set counts as not empty: then the path has to be right too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.engines.wire import SEED
from verify.expression.reading import Question
from verify.prove.algebra import ONE, Forms, NoForm, Quotient, constant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from verify.expression.reading import Tree
    from verify.prove.algebra import Atom, Monomial, Polynomial

Signs: TypeAlias = frozenset[int]

ALL: Final[Signs] = frozenset({-1, 0, 1})
POSITIVE: Final[Signs] = frozenset({1})
ALLOWED: Final[dict[str, Signs]] = {
    "<": frozenset({-1}), "<=": frozenset({-1, 0}), ">": frozenset({1}), ">=": frozenset({0, 1}),
    "==": frozenset({0}), "!=": frozenset({-1, 1}),
}  # fmt: skip
_ROUNDS: Final = 3
_DEEPEST: Final = 4


def is_empty(questions: Sequence[Question]) -> bool:
    """Whether it is certified that no numbers answer all these questions so."""
    region = Region(dict(equalities(questions)), set())
    try:
        return region.contradicts(questions)
    except NoForm:
        return False


def only_rounding(
    question: Question, given: Sequence[Question], before: Sequence[Question] = ()
) -> bool:
    """Whether real numbers leave a question one answer, and floats may give the other.

    So is ``x + 1 == x``, or ``exp(x) == 0``: what the engine does there has to be right as well.

    Args:
        question: with its answer.
        given: what is known of the numbers; what is whole by it is an int, and exact.
        before: what was asked before it.
    """
    return _may_round(question, given) and is_empty((*given, *before, question))


def _may_round(question: Question, given: Sequence[Question]) -> bool:
    """Whether the answer to a question may be another one in floats."""
    whole: set[Tree] = {q.left for q in given if isinstance(q.left, str) and q.answer and (
        q.what == "whole" or (q.what == "==" and isinstance(q.right, float) and q.right % 1 == 0)
    )}  # fmt: skip
    sides = (question.left, question.right)
    rounded = any(_is_rounded(side, whole) for side in sides) and not _keeps_order(sides, whole)
    if 0.0 in sides and any(isinstance(side, tuple) and side[0] == "sqrt" for side in sides):
        rounded = False  # a root is 0 for 0 alone
    rounded = rounded and any(map(_has_variable, sides))
    return question.what in ALLOWED and rounded


def _keeps_order(sides: tuple[Tree, Tree], whole: set[Tree]) -> bool:
    """Whether what is compared is rounded, and lies on the same side as what it is rounded from.

    So does the nearest float of an int, beside a number that is not large; and so does the sum of
    two floats beside 0, which it is only where they cancel out.
    """
    known = [side for side in sides if isinstance(side, float)]
    others = [side for side in sides if not isinstance(side, float)]
    if len(known) != 1 or not isinstance(others[0], tuple):
        return False
    if others[0][0] == "rounded" and others[0][1] in whole:
        return abs(known[0]) < _ALL_INTS
    sum_of = _bare(others[0])
    if known[0] or not isinstance(sum_of, tuple) or sum_of[0] not in {"add", "sub"}:
        return False
    return all(map(_is_one_float, sum_of[1:]))


def _is_one_float(tree: Tree) -> bool:
    return isinstance(tree, (str, float))


_ALL_INTS: Final = 2.0**53
"""Up to this number every int is a float."""


def of_reals(asked: Sequence[Question], given: Sequence[Question]) -> tuple[Question, ...]:
    """The questions of a path without those that only rounding answers so, after the others.

    Where ``x > 0``, real numbers leave ``x + 1 > 1`` one answer, and floats may give the other.
    So may they the other way round, where ``x + 1 <= 1`` was answered first.
    """
    found: list[Question] = []
    for question in asked:
        before = () if _is_small_product(question) else found
        if only_rounding(question, given, before):
            continue
        exact = [q for q in found if _is_small_product(q) or not _may_round(q, given)]
        turns = len(exact) < len(found) and is_empty((*given, *found, question))
        if turns and not is_empty((*given, *exact, question)):
            found = exact
        found.append(question)
    return tuple(found)


_MOST_FACTORS: Final = 16
_USUAL: Final = 1024


def _is_small_product(question: Question) -> bool:
    """Whether a product of a few numbers is compared with 0: only underflow makes it 0 in secret.

    A sum of two numbers that were not computed is 0 in floats only if it is.
    """
    sides = [side for side in (question.left, question.right) if side != 0.0]
    return len(sides) == 1 and _factors(sides[0]) <= _MOST_FACTORS


def _factors(tree: Tree) -> int:
    """How many numbers are multiplied; more than are allowed, where something else is done."""
    if not isinstance(tree, tuple):
        usual = isinstance(tree, str) or (tree is not None and 1 / _USUAL <= abs(tree) <= _USUAL)
        return 1 if usual else _MOST_FACTORS + 1
    operation, *parts = tree
    if operation in {"exact", "rounded"}:
        return _factors(parts[0])
    if operation == "add" and 0.0 in parts:
        return sum(_factors(part) for part in parts if part != 0.0)
    if operation in {"add", "sub"} and all(isinstance(part, str) for part in parts):
        return 1
    if operation in {"mul", "neg"}:
        return sum(map(_factors, parts))
    return _MOST_FACTORS + 1


def _has_variable(tree: Tree) -> bool:
    return isinstance(tree, str) or (isinstance(tree, tuple) and any(map(_has_variable, tree[1:])))


def _is_rounded(tree: Tree, whole: set[Tree]) -> bool:
    """Whether a number is rounded while it is computed; sums and products of ints are not."""
    if not isinstance(tree, tuple):
        return False
    operation, *parts = tree
    if operation == "exact":
        return False
    if operation == "neg":
        return _is_rounded(parts[0], whole)
    if operation in {"add", "sub", "mul"}:
        neutral = (1.0, -1.0, SEED) if operation == "mul" else (0.0,)
        rest = [part for part in parts if part not in neutral]
        exact = all(part in whole or (isinstance(part, float) and part % 1 == 0) for part in rest)
        return not exact and (len(rest) == 2 or any(_is_rounded(part, whole) for part in rest))
    return True


def equalities(questions: Iterable[Question]) -> list[tuple[str, Tree]]:
    """Variables that the answers make equal to a number, or to another variable."""
    found: dict[str, Tree] = {}
    for q in _are_equal(questions):
        bare = _bare(q.left), _bare(q.right)
        sides = [found.get(side, side) if isinstance(side, str) else side for side in bare]
        for name, other in (sides, sides[::-1]):
            if isinstance(name, str) and name != other and not isinstance(other, tuple):
                found = {n: other if t == name else t for n, t in found.items()} | {name: other}
                break
        else:
            found |= solved(q.left, q.right, found)
    return list(found.items())


def _are_equal(questions: Iterable[Question]) -> Iterator[Question]:
    """Comparisons that leave nothing but equality: ``a >= 0`` and ``a <= 0``."""
    ways: dict[tuple[Tree, Tree], Signs] = {}
    for q in questions:
        if q.what not in ALLOWED:
            continue
        signs = ALLOWED[q.what] if q.answer else ALL - ALLOWED[q.what]
        sides = _bare(q.left), _bare(q.right)
        if sides[::-1] in ways:
            sides, signs = sides[::-1], frozenset(-s for s in signs)
        ways[sides] = ways.get(sides, ALL) & signs
    for (left, right), signs in ways.items():
        if signs == {0}:
            yield Question("==", left, right, answer=True)


def _bare(tree: Tree) -> Tree:
    """A number that is only rounded, or exact, as the number that it is."""
    while isinstance(tree, tuple) and tree[0] in {"exact", "rounded"}:
        tree = tree[1]
    return tree


def forms_where(questions: Sequence[Question]) -> Forms:
    """Canonical forms under what the answers make equal, and what they make 0."""
    found = Forms(dict(equalities(questions)))
    products: dict[bool, list[Monomial]] = {True: [], False: []}
    for q in questions:
        if q.what in {"==", "!="}:
            try:
                terms = list(found.minus(found.of(q.left), found.of(q.right)).top)
            except NoForm:
                continue
            if len(terms) == 1 and terms[0]:
                products[(q.what == "==") == q.answer].append(terms[0])
    never = {atom for m in products[False] for atom, power in m if power > 0}
    # What is 0 is 0 without the factors that never are.
    zeros = [
        tuple([(a, p) for a, p in m if a not in never and a[0] not in {"exp", "exp of", "pi"}])
        for m in products[True]
    ]
    found.zeros = [m for m in zeros if m and all(a[0] == "variable" and p > 0 for a, p in m)]
    return found


def solved(left: Tree, right: Tree, equal: dict[str, Tree]) -> dict[str, Tree]:
    """The number of the one variable in ``c v + d = 0``, or in ``v e**… = 0``."""
    forms = Forms(equal)
    try:
        terms = dict(forms.minus(forms.of(left), forms.of(right)).top)
    except NoForm:
        return {}
    rest = terms.pop(ONE, Fraction(0))
    if len(terms) != 1:
        return {}
    ((monomial, factor),) = terms.items()
    variables = [(atom[1], power) for atom, power in monomial if atom[0] == "variable"]
    others = [atom for atom, _ in monomial if atom[0] not in {"variable", "exp", "exp of"}]
    if len(variables) != 1 or others or variables[0][1] < 1:
        return {}
    name, power = variables[0]
    number = -rest / factor
    if (rest and (power != 1 or len(monomial) != 1)) or Fraction(float(number)) != number:
        return {}
    return {name: float(number)}


@dataclass
class Region:
    """What is known of the signs of polynomials.

    Attributes:
        equal: variables that are known to be equal to something.
        whole: variables that are whole numbers.
        known: polynomials, scaled to the first coefficient 1, and the signs they may have.
    """

    equal: dict[str, Tree]
    whole: set[str]
    known: dict[Monomialwise, Signs] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.forms = Forms(self.equal)

    def contradicts(self, questions: Sequence[Question]) -> bool:
        """Whether the answers contradict each other."""
        for q in questions:
            if q.what == "whole" and q.answer:
                self.whole |= self.names(q.left)
        constraints: list[tuple[Polynomial, Signs]] = []
        for q in questions:
            if q.what == "whole":
                if self.is_whole(q.left) not in {None, q.answer}:
                    return True
            elif q.what in ALLOWED:
                difference = self.forms.minus(self.forms.of(q.left), self.forms.of(q.right))
                signs = ALLOWED[q.what] if q.answer else ALL - ALLOWED[q.what]
                constraints.append((signed(difference), signs))
        return any(
            not self.learn(polynomial, signs)
            for _ in range(_ROUNDS)
            for polynomial, signs in constraints
        )

    def names(self, tree: Tree) -> set[str]:
        """The one variable of which a formula differs by a whole number, if it does."""
        form = self.forms.of(tree)
        rest = {m: c for m, c in form.top.items() if m != ONE}
        if set(form.bottom) != {ONE} or len(rest) != 1:
            return set()
        ((m, c),) = rest.items()
        shift = form.top.get(ONE, Fraction(0)) / form.bottom[ONE]
        if len(m) == 1 and m[0][1] == 1 and abs(c / form.bottom[ONE]) == 1 == shift.denominator:
            return {m[0][0][1]} if m[0][0][0] == "variable" else set()
        return set()

    def is_whole(self, tree: Tree) -> bool | None:
        """Whether a formula is a whole number; None where that is not known."""
        number = self.forms.of(tree).number
        if number is not None:
            return number.denominator == 1
        names = self.names(tree)
        return True if names and names <= self.whole else None

    def learn(self, polynomial: Polynomial, signs: Signs) -> bool:
        """Whether a polynomial can have one of these signs, after all that is known."""
        left = self.signs(polynomial) & signs
        if not left or set(polynomial) <= {ONE}:
            return bool(left)
        key, flip = scaled(polynomial)
        self.known[key] = frozenset(s * flip for s in left) & self.known.get(key, ALL)
        return bool(self.known[key])

    def signs(self, polynomial: Polynomial, depth: int = 0) -> Signs:
        """The signs that a polynomial may have."""
        if not polynomial:
            return frozenset({0})
        parts = [frozenset({-1 if c < 0 else 1}) for c in polynomial.values()]
        if depth < _DEEPEST:
            monomials = [self.of_monomial(m, depth) for m in polynomial]
            parts = [product(a, b) for a, b in zip(parts, monomials, strict=True)]
        elif set(polynomial) != {ONE}:
            return ALL
        found = total(parts)
        key, flip = scaled(polynomial)
        if key in self.known:
            found &= frozenset(s * flip for s in self.known[key])
        return found & self.within(polynomial)

    def of_monomial(self, monomial: Monomial, depth: int) -> Signs:
        """The signs of a product of atoms."""
        found = POSITIVE
        for atom, power in monomial:
            signs = self.of_atom(atom, depth + 1)
            if power % 2 == 0:
                signs = frozenset(s * s for s in signs)
            found = product(found, signs)
        return found

    def of_atom(self, atom: Atom, depth: int) -> Signs:
        """The signs of a variable or a primitive term."""
        if atom[0] in {"exp", "exp of", "pi"}:
            return POSITIVE
        if atom[0] == "log":
            top, bottom = (dict(part) for part in atom[1])
            minus_one = self.forms.minus(Quotient(top, bottom), constant(1))
            return self.signs(signed(minus_one), depth)
        if atom[0] == "mod" and Quotient(*(dict(p) for p in atom[2])).number == 1:
            return frozenset({0, 1})
        if atom[0] == "variable":
            single: Polynomial = {((atom, 1),): Fraction(1)}
            key, _ = scaled(single)
            found = self.known.get(key, ALL) & self.within(single)
            return found - {0} if 0 in found and self.is_factor(atom) else found
        return ALL

    def is_factor(self, atom: Atom) -> bool:
        """Whether it is a factor of a product that is not 0."""
        return any(
            len(key) == 1 and 0 not in signs and dict(key[0][0]).get(atom, 0) > 0
            for key, signs in self.known.items()
        )

    def within(self, polynomial: Polynomial) -> Signs:
        """The signs that follow from the bounds of its variables, where it is linear in them."""
        low: Fraction | None = Fraction(0)
        high: Fraction | None = Fraction(0)
        strict = False
        for m, c in polynomial.items():
            if m == ONE:
                below: Fraction | None = Fraction(1)
                above: Fraction | None = Fraction(1)
                is_open = False
            elif len(m) == 1 and m[0][1] == 1 and m[0][0][0] == "variable":
                below, above, is_open = self.bounds(m)
            else:
                return ALL
            if c < 0:
                below, above = above, below
            low = None if low is None or below is None else low + c * below
            high = None if high is None or above is None else high + c * above
            strict = strict or is_open
        signs = set(ALL)
        if low is not None and low >= 0:
            signs -= {-1, 0} if low > 0 or strict else {-1}
        if high is not None and high <= 0:
            signs -= {1, 0} if high < 0 or strict else {1}
        return frozenset(signs)

    def bounds(self, variable: Monomial) -> tuple[Fraction | None, Fraction | None, bool]:
        """Between which numbers a variable lies, and whether it is neither of them."""
        low: Fraction | None = None
        high: Fraction | None = None
        closed = False
        for key, signs in self.known.items():
            terms = dict(key)
            if terms.get(variable) != 1 or set(terms) - {variable, ONE}:
                continue
            at = -terms.get(ONE, Fraction(0))
            if -1 not in signs and (low is None or at >= low):
                closed = (closed and at == low) or 0 in signs
                low = at
            if 1 not in signs and (high is None or at <= high):
                closed = closed or 0 in signs
                high = at
        return low, high, not closed


Monomialwise: TypeAlias = "tuple[tuple[Monomial, Fraction], ...]"


def signed(form: Quotient) -> Polynomial:
    """A polynomial of the same sign as a quotient."""
    if set(form.bottom) == {ONE}:
        return form.top if form.bottom[ONE] > 0 else {m: -c for m, c in form.top.items()}
    top, bottom = (Quotient(part, {ONE: Fraction(1)}) for part in (form.top, form.bottom))
    return Forms().mul(top, bottom).top


def scaled(polynomial: Polynomial) -> tuple[Monomialwise, int]:
    """A polynomial with the first coefficient 1, and the sign of what it was divided by."""
    first = polynomial[max(polynomial)]
    key = tuple(sorted((m, c / first) for m, c in polynomial.items()))
    return key, -1 if first < 0 else 1


def product(a: Signs, b: Signs) -> Signs:
    """The signs of a product."""
    return frozenset(x * y for x in a for y in b)


def total(parts: Sequence[Signs]) -> Signs:
    """The signs of a sum."""
    if len(parts) == 1:
        return parts[0]
    found = set().union(*parts)
    if found >= {-1, 1}:
        return ALL
    if 0 in found and any(0 not in part for part in parts):
        found.discard(0)
    return frozenset(found)
