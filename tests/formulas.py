"""What an engine computes on the paths of sample points, beside SymPy's formulas: no proof.

Symbols here are floats, which can be looked at in secret, and other paths are not explored: a proof
is in :mod:`verify.prove.proof`.  ``proven`` here means: proven on the paths that were seen.

For each way of writing an operation, the graphs ``g * op(a, b) + h * a`` and ``g * (op(a, b) * a *
b * h)`` are run on floats that carry an expression.  What comes back are the formulas that the
engine computes: its value, and its gradient by every leaf, with an upstream factor that is
arbitrary, beside and after another use of the operands (an operation that overwrites gradients
shows itself there in whatever order the engine goes).

A formula is *proven* when its difference from SymPy's derivative simplifies to 0 in real
arithmetic: then it is right for all inputs on that path of the program.  Every path that the sample
points reach is proven by itself, and stated with its conditions.

A proof is about formulas and not about rounding, and never accuses: what does not simplify is *not
proven*, and the judge decides by numbers.  An engine that loses the symbols (``float(x)`` in C,
``int(x)``) is *not provable*.  Order of traversal is covered by exhausting small graphs, not here.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import sympy

from verify.expression.graph import Apply, Case, Const, Graph, Leaf
from verify.expression.ops import FORMS
from verify.expression.reading import formula_text
from verify.generators.random import inside
from verify.oracles.symbolic import expression
from verify.prove.formulas import as_sympy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from verify.expression.graph import Node, Number, Operand
    from verify.expression.ops import Form
    from verify.expression.reading import Condition, Formulas
    from verify.prove.formulas import Symbolic

Standing = Literal["proven", "not proven", "not provable", "missing"]


@dataclass(frozen=True, slots=True)
class Theorem:
    """What is known of one way of writing an operation, on one path.

    Attributes:
        form: key of :data:`verify.expression.ops.FORMS`; with ``same operand twice`` after it
            where aliased.
        op: the operation.
        standing: ``proven``, ``not proven``, ``not provable`` or ``missing``.
        conditions: for which inputs, in words; empty is all of them.
        formula: what the engine computes for ``d/da``, as text.
        truth: what is due.
        note: why it is not proven.
    """

    form: str
    op: str
    standing: Standing
    conditions: tuple[str, ...] = ()
    formula: str = ""
    truth: str = ""
    note: str = ""


_SAMPLES: Final = (1.7, -0.7, 0.6, -2.3)
_NUMBER: Final = "c"
_NUMBERS: Final[dict[str, tuple[Number, ...]]] = {"a ** 2": (2, 3, -1, 0.5), "a **= 2": (2, 3)}
"""Exponents are proven one by one, engines choose their formula by them; 0.5 is any number."""
_ANY: Final[tuple[Number, ...]] = (1.25,)
_ABOVE_0: Final = frozenset({"log", "sqrt"})


def prove(engine: Symbolic) -> Iterator[Theorem]:
    """Prove every form that the engine has, alone and with the same operand twice.

    Args:
        engine: loaded for symbols.

    Yields:
        Theorems, in the order of the vocabulary; several where the path depends on the input.
    """
    for form in FORMS.values():
        for aliased in (False, True) if sum(form.nodes) > 1 else (False,):
            yield from prove_form(engine, form, aliased=aliased)


def prove_form(engine: Symbolic, form: Form, *, aliased: bool) -> Iterator[Theorem]:
    """Prove one form, on each path that a sample point takes."""
    seen: set[object] = set()
    shapes = itertools.product(_NUMBERS.get(form.text, _ANY), (_beside, _above))
    for number, shape in shapes:
        graph = _graph(form, number, shape, aliased=aliased)
        label = f"{form.text}, same operand twice" if aliased else _label(form, number)
        for point in itertools.product((1.25,), (0.75,), *[_SAMPLES] * (len(graph.leaves) - 2)):
            if not inside(graph, point):
                continue
            said = engine.formulas(graph, point)
            if said.raised is not None:
                standing: Standing = "missing" if said.raised.refused else "not provable"
                yield Theorem(label, form.op, standing, note=str(said.raised))
                return
            signature = (
                number,
                shape,
                tuple((c.relation, c.left, c.right, c.answer) for c in said.path),
            )
            if signature not in seen:
                seen.add(signature)
                theorem = _theorem(label, form.op, graph, Case(graph, tuple(point)), said)
                if shape is _beside or theorem.standing != "proven":
                    yield theorem


def _label(form: Form, number: Number) -> str:
    if all(form.nodes):
        return form.text
    return form.text.replace("2", _NUMBER if isinstance(number, float) else repr(number))


def _graph(form: Form, number: Number, shape: Callable[..., list[Node]], *, aliased: bool) -> Graph:
    operands = "a" if aliased else "ab"[: max(sum(form.nodes), 1)]
    leaves: list[Node] = [Leaf("g"), Leaf("h"), *[Leaf(name) for name in operands]]
    free = itertools.cycle(range(2, len(leaves)))
    args: tuple[Operand, ...] = tuple(
        [next(free) if node else Const(number) for node in form.nodes]
    )
    made = len(leaves)
    return Graph((*leaves, Apply(form.op, args, form.inplace), *shape(made)))


def _beside(made: int) -> list[Node]:
    """``g * op(a, b) + h * a``: an arbitrary factor, and a second use of ``a``."""
    return [Apply("mul", (0, made)), Apply("mul", (1, 2)), Apply("add", (made + 1, made + 2))]


def _above(made: int) -> list[Node]:
    """``g * (op(a, b) * a * b * h)``: in any order the operation comes last for its operands."""
    last = made - 1
    uses = [Apply("mul", (made, 2)), Apply("mul", (made + 1, last)), Apply("mul", (made + 2, 1))]
    return [*uses, Apply("mul", (0, made + 3))]


def _theorem(label: str, op: str, graph: Graph, case: Case, said: Formulas) -> Theorem:
    if said.leaks:
        return Theorem(
            label, op, "not provable", note=f"symbols are lost in {', '.join(said.leaks)}"
        )
    symbols, conditions = _assumed(op, graph, case, said.path)
    truth = expression(_with_symbol(graph))
    plain = {leaf: sympy.Symbol(leaf, real=True) for leaf in symbols}
    due = {leaf: sympy.diff(truth, plain[leaf]) for leaf in symbols}
    replace = {plain[leaf]: symbol for leaf, symbol in symbols.items()}
    shown = ("", "")
    for index in (len(graph.nodes) - 1, *graph.leaves):
        node = graph.nodes[index]
        tree = said.values[index] if index == len(graph.nodes) - 1 else said.gradients[index]
        target = truth if not isinstance(node, Leaf) else due[node.name]
        want = _branch(target.subs(replace, simultaneous=True))
        got = _branch(as_sympy(tree, symbols))
        if isinstance(node, Leaf) and node.name == "a":
            shown = (str(_tidy(got)), str(_tidy(want)))
        if not _equal(got, want):
            what = f"d/d{node.name}" if isinstance(node, Leaf) else "value"
            lost = not got.free_symbols and want.free_symbols
            note = (
                "the symbols are lost on the way"
                if lost
                else f"{what}: {got} is not shown to be {want}"
            )
            return Theorem(
                label, op, "not provable" if lost else "not proven", conditions, *shown, note
            )
    return Theorem(label, op, "proven", conditions, *shown)


def _with_symbol(graph: Graph) -> Graph:
    """The graph with a leaf in the place of the number that stands for any number."""
    nodes: list[Node] = [Leaf(_NUMBER)]
    for node in graph.nodes:
        if isinstance(node, Leaf):
            nodes.append(node)
        else:
            args = [
                a + 1 if isinstance(a, int) else 0 if isinstance(a.value, float) else a
                for a in node.args
            ]
            nodes.append(Apply(node.op, tuple(args)))
    return Graph(tuple(nodes))


def _assumed(
    op: str, graph: Graph, case: Case, path: Sequence[Condition]
) -> tuple[Mapping[str, sympy.Expr], tuple[str, ...]]:
    """Symbols with the signs that the path and the domain give them, and that in words."""
    inputs = {**case.inputs, _NUMBER: _ANY[0]}
    world = _World({name: sympy.Symbol(name, real=True) for name in inputs}, inputs)
    applied = next(node for node in graph.nodes if isinstance(node, Apply))
    operands = [_name(graph, operand) for operand in applied.args]
    whole = isinstance(applied.args[-1], Const) and float(applied.args[-1].value).is_integer()
    if op in _ABOVE_0 or (op == "pow" and not whole):
        world.sign(operands[0])
    for condition in path:
        world.learn(condition)
    if op in {"relu", "abs"}:
        world.sign(operands[0])
    if op in {"max", "min"} and operands[0] != operands[1]:
        world.order(operands[0], operands[1])
    return world.symbols, tuple(dict.fromkeys(world.conditions))


def _name(graph: Graph, operand: Operand) -> str:
    node = graph.nodes[operand] if isinstance(operand, int) else None
    return node.name if isinstance(node, Leaf) else _NUMBER


class _World:
    """What is known of the inputs on one path."""

    def __init__(self, symbols: dict[str, sympy.Expr], inputs: Mapping[str, Number]) -> None:
        self.symbols = symbols
        self.inputs = inputs
        self.conditions: list[str] = []

    def sign(self, name: str) -> None:
        """Let this input have the sign that it has at the sample point."""
        if self.symbols[name].is_positive or self.symbols[name].is_negative:
            return
        positive = self.inputs[name] > 0
        assumed = {"positive": True} if positive else {"negative": True}
        self.symbols[name] = sympy.Symbol(name, **assumed)
        self.conditions.append(f"{name} {'>' if positive else '<'} 0")

    def order(self, a: str, b: str) -> None:
        """Let these inputs be in the order that they have at the sample point."""
        low, high = sorted((a, b), key=lambda name: self.inputs[name])
        if (self.symbols[high] - self.symbols[low]).is_positive:
            return
        # high = low + a positive gap: then max, min and Heaviside see who is larger
        self.symbols[high] = self.symbols[low] + sympy.Symbol("gap", positive=True)
        self.conditions.append(f"{low} < {high}")

    def learn(self, condition: Condition) -> None:
        """Take in a comparison: by a sign or an order if that decides it, else by its words."""
        if condition.relation == "%" or self._holds(condition):
            return
        if condition.relation in {"==", "!="} and (condition.relation == "!=") == condition.answer:
            self.conditions.append(
                f"{formula_text(condition.left)} != {formula_text(condition.right)}"
            )
            return
        names = [n for n in self.symbols if self.symbols[n] in self._sides(condition).free_symbols]
        for name in names[:1] if len(names) == 1 else ():
            self.sign(name)
        if len(names) == 2 and not self._holds(condition):
            self.order(*names)
        if not self._holds(condition):
            self.conditions.append(str(condition))

    def _sides(self, condition: Condition) -> sympy.Expr:
        return as_sympy(condition.left, self.symbols) - as_sympy(condition.right, self.symbols)

    def _holds(self, condition: Condition) -> bool:
        relation = _RELATIONS[condition.relation](sympy.expand(self._sides(condition)), 0)
        return bool(relation == (sympy.true if condition.answer else sympy.false))


_RELATIONS: Final[dict[str, Callable[..., sympy.Basic]]] = {
    "<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge, "==": sympy.Eq, "!=": sympy.Ne,
}  # fmt: skip


def _branch(form: sympy.Expr) -> sympy.Expr:
    # With a gap between the operands max and min are one of them.
    return form.replace(sympy.Max, _larger).replace(sympy.Min, _smaller)


def _larger(*args: sympy.Expr) -> sympy.Expr:
    return next((a for a in args if all((a - b).is_nonnegative for b in args)), sympy.Max(*args))


def _smaller(*args: sympy.Expr) -> sympy.Expr:
    return next((a for a in args if all((a - b).is_nonpositive for b in args)), sympy.Min(*args))


def _tidy(form: sympy.Expr) -> sympy.Expr:
    return sympy.nsimplify(form) if form.is_number else form


def _equal(got: sympy.Expr, want: sympy.Expr) -> bool:
    """Whether the difference is 0 for all inputs; False where that could not be shown."""
    difference = got - want
    if difference is sympy.nan or difference.has(sympy.nan, sympy.zoo):
        return False
    steps: tuple[Callable[[sympy.Expr], sympy.Expr], ...] = (
        sympy.expand,
        _as_ratio,
        lambda d: sympy.simplify(sympy.expand_log(sympy.powsimp(d), force=False)),
    )
    if difference == 0:
        return True
    if not _vanishes(difference):
        return False
    return any(step(difference) == 0 for step in steps)


def _as_ratio(difference: sympy.Expr) -> sympy.Expr:
    """Hyperbolic functions as exponentials, and these as unknowns of a rational function."""
    form = sympy.expand(difference.rewrite(sympy.exp), power_exp=True)
    for symbol in form.free_symbols:
        form = form.subs(sympy.exp(symbol), sympy.Symbol(f"exp_{symbol}", positive=True))
    return sympy.cancel(sympy.together(form))


def _vanishes(difference: sympy.Expr) -> bool:
    """Whether it is 0 at a few points: what is not cannot simplify to 0, and need not be tried."""
    free = sorted(difference.free_symbols, key=str)
    for shift in (37, 119):
        values = {
            s: (-1 if s.is_negative else 1) * sympy.Rational(shift + 31 * i, 100)
            for i, s in enumerate(free)
        }
        number = sympy.N(difference.subs(values), 40)
        if not number.is_number or not abs(number) < sympy.Float("1e-25"):
            return False
    return True
