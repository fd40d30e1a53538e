"""Random mistakes: one formula in the place of a local derivative, in engines of several styles.

A formula is drawn from a grammar over the numbers of its rule, or is the right one with one change.
It differs from the right one where both can be computed.  The styles of source: closures as in the
lecture, a class for each operation, a tuple of local derivatives, and one function with all rules.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RULES: Final[dict[str, tuple[str, ...]]] = {
    "mul": ("{b}", "{a}"),
    "div": ("1 / {b}", "-{a} / {b}**2"),
    "pow": ("n * {a}**(n - 1)",),
    "exp": ("{r}",),
    "log": ("1 / {a}",),
    "tanh": ("1 - {r}**2",),
    "sigmoid": ("{r} * (1 - {r})",),
    "relu": ("({a} > 0)",),
    "sin": ("math.cos({a})",),
    "sqrt": ("0.5 / {r}",),
}
"""The right local derivatives, by operation and operand."""

VALUES: Final = {
    "mul": "{a} * {b}", "div": "{a} / {b}", "pow": "{a}**n", "exp": "math.exp({a})",
    "log": "math.log({a})", "tanh": "math.tanh({a})", "sigmoid": "1 / (1 + math.exp(-{a}))",
    "relu": "max(0.0, {a})", "sin": "math.sin({a})", "sqrt": "math.sqrt({a})",
}  # fmt: skip
KNOWN: Final = {
    "mul": (("{a}", "abs({b})"), ("{b}", "abs({a})")),
    "div": (("1 // {b}", "-1 / {b}"), ("{a} / {b}**2", "-{a} / {b}")),
    "pow": (("n * {a}**n", "{a}**(n - 1)", "(n - 1) * {a}**(n - 1)", "2 * {a}"),),
    "exp": (("{a}", "{a} * math.exp({a} - 1)"),),
    "log": (("1 / {r}",),),
    "tanh": (("1 - {a}**2", "1 - {r}"),),
    "sigmoid": (("1 - {r}", "{a} * (1 - {a})", "1 - {r}**2"),),
    "relu": (("1", "{r}"),),
    "sin": (("-math.cos({a})",),),
    "sqrt": (("1 / {r}",),),
}
"""Wrong ones that are in the catalogue, by operation and operand: they are not drawn."""
NAMES: Final = {"mul": "__mul__", "div": "__truediv__", "pow": "__pow__"}
REST: Final = """
    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + (-other)

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return (-self) + other

    def __rtruediv__(self, other):
        return Value(other) / self

    def backward(self):
        topo, seen = [], set()

        def build(v):
            if v not in seen:
                seen.add(v)
                for child in v._prev:
                    build(child)
                topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            {step}
"""
Formulas = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Planted:
    """An engine with mistakes.

    Attributes:
        source: its text.
        operations: that are wrong.
        lines: that are wrong.
        places: which local derivative of each operation, from 0.
        formulas: that stand there, over ``{a}``, ``{b}``, ``{r}`` and ``n``.
    """

    source: str
    operations: tuple[str, ...]
    lines: tuple[int, ...]
    places: tuple[int, ...]
    formulas: tuple[str, ...]


def closures(formulas: Formulas) -> str:
    """As in the lecture: each operation keeps its rule as a closure."""
    rows = [
        "import math", "", "", "class Value:",
        "    def __init__(self, data, _children=()):",
        "        self.data, self.grad, self._prev = data, 0.0, tuple(_children)",
        "        self._backward = lambda: None", "",
        "    def __add__(self, other):",
        "        other = other if isinstance(other, Value) else Value(other)",
        "        out = Value(self.data + other.data, (self, other))", "",
        "        def _backward():",
        "            self.grad += out.grad", "            other.grad += out.grad", "",
        "        out._backward = _backward", "        return out", "",
    ]  # fmt: skip
    spelled = {"a": "self.data", "b": "other.data", "r": "out.data"}
    for op, partials in formulas.items():
        second = len(partials) == 2
        extra = ", other" if second else ", n" if op == "pow" else ""
        rows.append(f"    def {NAMES.get(op, op)}(self{extra}):")
        if second:
            rows.append("        other = other if isinstance(other, Value) else Value(other)")
        children = "(self, other)" if second else "(self,)"
        rows += [f"        out = Value({VALUES[op].format(**spelled)}, {children})", ""]
        rows.append("        def _backward():")
        for owner, formula in zip(("self", "other"), partials, strict=False):
            text = formula.format(**spelled)
            rows.append(f"            {owner}.grad += ({text}) * out.grad")
        rows += ["", "        out._backward = _backward", "        return out", ""]
    return "\n".join(rows) + REST.format(step="v._backward()")


def classes(formulas: Formulas) -> str:
    """A class for each operation, whose ``pull`` is the rule."""
    rows = [
        "import math", "", "", "class Value:",
        "    def __init__(self, data, _prev=()):",
        "        self.data, self.grad, self._prev = data, 0.0, tuple(_prev)", "",
        "    def pull(self):", "        pass", "",
        "    def __add__(self, other):",
        "        return Add(self, other if isinstance(other, Value) else Value(other))", "",
    ]  # fmt: skip
    for op, partials in formulas.items():
        second = len(partials) == 2
        extra = ", other" if second else ", n" if op == "pow" else ""
        rows.append(f"    def {NAMES.get(op, op)}(self{extra}):")
        given = "self, other if isinstance(other, Value) else Value(other)" if second else (
            "self, n" if op == "pow" else "self"
        )
        rows += [f"        return {op.capitalize()}({given})", ""]
    rows += REST.format(step="v.pull()").splitlines()
    rows += [
        "", "", "class Add(Value):",
        "    def __init__(self, a, b):",
        "        super().__init__(a.data + b.data, (a, b))", "",
        "    def pull(self):", "        a, b = self._prev",
        "        a.grad += self.grad", "        b.grad += self.grad",
    ]  # fmt: skip
    spelled = {"a": "a.data", "b": "b.data", "r": "self.data"}
    for op, partials in formulas.items():
        second = len(partials) == 2
        rows += ["", "", f"class {op.capitalize()}(Value):"]
        extra = ", b" if second else ", n" if op == "pow" else ""
        rows.append(f"    def __init__(self, a{extra}):")
        children = "(a, b)" if second else "(a,)"
        rows.append(f"        super().__init__({VALUES[op].format(**spelled)}, {children})")
        if op == "pow":
            rows.append("        self.n = n")
        rows += ["", "    def pull(self):", f"        {'a, b' if second else 'a,'} = self._prev"]
        if op == "pow":
            rows.append("        n = self.n")
        for owner, formula in zip("ab", partials, strict=False):
            rows.append(f"        {owner}.grad += ({formula.format(**spelled)}) * self.grad")
    return "\n".join(rows) + "\n"


def tuples(formulas: Formulas) -> str:
    """Each node keeps its local derivatives as plain numbers."""
    rows = [
        "import math", "", "", "class Value:",
        "    def __init__(self, data, prev=(), local=()):",
        "        self.data, self.grad, self._prev, self._local = data, 0.0, prev, local", "",
        "    def __add__(self, other):",
        "        other = other if isinstance(other, Value) else Value(other)",
        "        return Value(self.data + other.data, (self, other), (1.0, 1.0))", "",
    ]  # fmt: skip
    spelled = {"a": "self.data", "b": "other.data", "r": "t"}
    for op, partials in formulas.items():
        second = len(partials) == 2
        extra = ", other" if second else ", n" if op == "pow" else ""
        rows.append(f"    def {NAMES.get(op, op)}(self{extra}):")
        if second:
            rows.append("        other = other if isinstance(other, Value) else Value(other)")
        children = "(self, other)" if second else "(self,)"
        local = ", ".join(formula.format(**spelled) for formula in partials)
        rows += [
            f"        t = {VALUES[op].format(**spelled)}",
            f"        return Value(t, {children}, ({local},))", "",
        ]  # fmt: skip
    text = "\n".join(rows) + REST.replace(
        "            {step}",
        "            for child, local in zip(v._prev, v._local):\n"
        "                child.grad += local * v.grad",
    )
    return text  # noqa: RET504 - named for what it is


def dispatch(formulas: Formulas) -> str:
    """Each node keeps the name of its operation; one function has all rules and is told which."""
    rows = [
        "import math", "", "", "class Value:",
        "    def __init__(self, data, op='', prev=(), n=None):",
        "        self.data, self.grad, self.op, self._prev, self.n = data, 0.0, op, prev, n",
        "",
        "    def __add__(self, other):",
        "        other = other if isinstance(other, Value) else Value(other)",
        "        return Value(self.data + other.data, 'add', (self, other))", "",
    ]  # fmt: skip
    spelled = {"a": "self.data", "b": "other.data"}
    for op, partials in formulas.items():
        second = len(partials) == 2
        extra = ", other" if second else ", n" if op == "pow" else ""
        rows.append(f"    def {NAMES.get(op, op)}(self{extra}):")
        if second:
            rows.append("        other = other if isinstance(other, Value) else Value(other)")
        made = "(self, other)" if second else "(self,), n" if op == "pow" else "(self,)"
        rows += [f"        return Value({VALUES[op].format(**spelled)}, '{op}', {made})", ""]
    rows += REST.format(step="pull(v)").splitlines()
    rows += [
        "", "", "def pull(v):",
        "    if v.op == 'add':", "        a, b = v._prev",
        "        a.grad += v.grad", "        b.grad += v.grad",
    ]  # fmt: skip
    spelled = {"a": "a.data", "b": "b.data", "r": "v.data"}
    for op, partials in formulas.items():
        rows += [f"    elif v.op == '{op}':"]
        rows += [f"        {'a, b' if len(partials) == 2 else '(a,)'} = v._prev"]
        rows += ["        n = v.n"] if op == "pow" else []
        for owner, formula in zip("ab", partials, strict=False):
            rows.append(f"        {owner}.grad += ({formula.format(**spelled)}) * v.grad")
    return "\n".join(rows) + "\n"


STYLES: Final = {"closures": closures, "classes": classes, "tuples": tuples, "dispatch": dispatch}


def wrong_formula(chance: random.Random, op: str, place: int) -> str:
    """A formula that is not the right one, over the numbers of the rule."""
    right = RULES[op][place]
    atoms = ["{a}", "{r}", "1", "2", "0.5", *(["{b}"] if len(RULES[op]) == 2 else [])]
    atoms += ["n"] if op == "pow" else []
    while True:
        one_change = chance.random() < 0.6
        made = changed(chance, right, atoms) if one_change else drawn(chance, atoms, 2)
        if all(differs(op, other, made) for other in (right, *KNOWN[op][place])):
            return made


def drawn(chance: random.Random, atoms: Sequence[str], depth: int) -> str:
    """A formula from the grammar."""
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(atoms)
    kind = chance.random()
    inner = drawn(chance, atoms, depth - 1)
    if kind < 0.12:
        return f"-({inner})"
    if kind < 0.24:
        return f"({inner})**2"
    sign = chance.choice(["+", "-", "*", "/"])
    return f"({inner}) {sign} ({drawn(chance, atoms, depth - 1)})"


def changed(chance: random.Random, right: str, atoms: Sequence[str]) -> str:
    """The right formula with one change."""
    swaps = [("**2", ""), ("1 - ", ""), ("1 - ", "1 + "), (" * ", " + "), (" - 1", ""),
             (" / ", " * "), ("{b}", "{a}"), ("{a}", "{b}"), ("{r}", "{a}"), ("{a}", "{r}"),
             ("cos", "sin"), ("> 0", ">= 1"), ("0.5", "2"), ("1", "2"),
             ("-{a}", "{a}")]  # fmt: skip
    fits = [(old, new) for old, new in swaps if old in right]
    fits = [(old, new) for old, new in fits if not new.startswith("{") or new in atoms]
    choice = chance.random()
    if fits and choice < 0.6:
        old, new = chance.choice(fits)
        return right.replace(old, new, 1)
    return chance.choice([
        f"-({right})", f"2 * ({right})", f"({right})**2", f"({right}) * {chance.choice(atoms)}",
        f"({right}) + {chance.choice(atoms)}", f"({right}) / 2",
    ])  # fmt: skip


def differs(op: str, right: str, made: str) -> bool:
    """Whether two formulas differ at some of a few points, and the second can be computed."""
    different = 0
    for a, b, n in ((0.7, 1.3, 3), (1.9, -0.6, 2), (0.4, 2.2, -1), (2.5, 0.8, 0.5)):
        names = {"a": a, "b": b, "n": n, "math": math}
        try:
            r = eval(VALUES[op].format(a="a", b="b"), dict(names))  # noqa: S307 - ours
            both = [
                eval(f.format(a="a", b="b", r="r"), {**names, "r": r})  # noqa: S307 - ours
                for f in (right, made)
            ]
        except (ArithmeticError, ValueError):
            return False
        if isinstance(both[1], complex):
            return False
        different += abs(both[0] - both[1]) > 1e-9 * max(1.0, abs(both[0]))
    return different > 0


def planted(chance: random.Random, style: str, count: int) -> Planted:
    """An engine of a style with so many wrong formulas, each in another operation."""
    write = STYLES[style]
    formulas: Formulas = dict(RULES)
    operations = chance.sample(sorted(RULES), count)
    places, drawn_ones = [], []
    for op in operations:
        rows = list(RULES[op])
        place = chance.randrange(len(rows))
        rows[place] = wrong_formula(chance, op, place)
        formulas[op] = tuple(rows)
        places.append(place)
        drawn_ones.append(rows[place])
    right, wrong = write(dict(RULES)).splitlines(), write(formulas).splitlines()
    lines = [i for i, (x, y) in enumerate(zip(right, wrong, strict=True), 1) if x != y]
    return Planted(
        "\n".join(wrong) + "\n", tuple(operations), tuple(lines), tuple(places), tuple(drawn_ones)
    )


def random_engines(count: int, mistakes: int, seed: int) -> Iterator[tuple[str, Planted]]:
    """Engines in each style in turn."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    styles = list(STYLES)
    for index in range(count):
        style = styles[index % len(styles)]
        yield style, planted(chance, style, mistakes)
