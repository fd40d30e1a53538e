"""How much of what is wrong is mended: catalogue, random wrong formulas, and pairs of them.

    python bench/mend.py                            # 200 random formulas, 100 pairs, the catalogue
    python bench/mend.py --random 30 --pairs 0 --faults 0 --seed 5

A random mistake is a formula in the place of one local derivative: drawn from a grammar over the
numbers of that rule, or the right one with one change.  It is planted in an engine of one of three
styles of source: closures as in the lecture, a class for each operation, a tuple of local
derivatives.  A mend counts if the copy is right on other cases than those of the search as well;
one that is not is a false mend.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.engines import EngineError, load
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE
from verify.mending.quick import searched, wrong_in

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
CATALOGUE_ROW: Final = "the catalogue"
Formulas = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Planted:
    """An engine with mistakes: its source, and the operations and lines that are wrong."""

    source: str
    operations: tuple[str, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Result:
    """What came of one engine."""

    operation: bool
    line: bool
    mended: bool
    false: bool
    seconds: float
    tried: int


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


STYLES: Final = {"closures": closures, "classes": classes, "tuples": tuples}


def wrong_formula(chance: random.Random, op: str, place: int) -> str:
    """A formula that is not the right one, over the numbers of the rule."""
    right = RULES[op][place]
    atoms = ["{a}", "{r}", "1", "2", "0.5", *(["{b}"] if len(RULES[op]) == 2 else [])]
    atoms += ["n"] if op == "pow" else []
    while True:
        one_change = chance.random() < 0.6
        made = changed(chance, right, atoms) if one_change else drawn(chance, atoms, 2)
        if differs(op, right, made):
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
    for op in operations:
        rows = list(RULES[op])
        place = chance.randrange(len(rows))
        rows[place] = wrong_formula(chance, op, place)
        formulas[op] = tuple(rows)
    right, wrong = write(dict(RULES)).splitlines(), write(formulas).splitlines()
    lines = [i for i, (x, y) in enumerate(zip(right, wrong, strict=True), 1) if x != y]
    return Planted("\n".join(wrong) + "\n", tuple(operations), tuple(lines))


def tried(source: str, name: str, seconds: float) -> tuple[list[tuple[str, int]], Result] | None:
    """What a search makes of an engine; ``None`` if it cannot be used."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.py")
        path.write_text(source, encoding="utf-8")
        try:
            engine = load(str(path))
        except EngineError:
            return None
        with engine:
            steps, texts = searched(engine, seconds=seconds)
            left = wrong_in(engine, texts, 99) if steps else -1
    groups = [(step.group, step.edit.line) for step in steps]
    whole = bool(steps) and all(step.whole for step in steps[-1:])
    result = Result(
        False, False, whole and left == 0, whole and left > 0,
        sum(step.seconds for step in steps), sum(step.tried for step in steps),
    )  # fmt: skip
    return groups, result


def scored(engine: Planted, name: str, seconds: float) -> Result | None:
    """One engine with planted mistakes."""
    said = tried(engine.source, name, seconds)
    if said is None:
        return None
    groups, result = said
    named = {FORMS[group].op for group, _ in groups if group in FORMS}
    lines = {line for _, line in groups}
    mended = result.mended and result.seconds <= seconds * len(engine.operations)
    return Result(
        set(engine.operations) <= named, set(engine.lines) <= lines, mended, result.false,
        result.seconds, result.tried,
    )  # fmt: skip


def show(name: str, results: Sequence[Result]) -> None:
    """One row of the table."""
    if not results:
        return
    count = len(results)
    keys = ("operation", "line", "mended", "false")
    shares = [100 * sum(getattr(r, key) for r in results) / count for key in keys]
    if name == CATALOGUE_ROW:  # where its mistakes are is not recorded line by line
        shares[:2] = [math.nan, math.nan]
    times = sorted(r.seconds for r in results if r.mended) or [0.0]
    tries = sorted(r.tried for r in results if r.mended) or [0]
    print(
        f"{name:24} {count:5}  " + "  ".join(f"{share:6.1f} %" for share in shares)
        + f"   {statistics.median(times):5.2f} / {times[-1]:5.2f} s"
        + f"   {statistics.median(tries):5.0f} / {tries[-1]}"
    )  # fmt: skip


def random_engines(count: int, mistakes: int, seed: int) -> Iterator[tuple[str, Planted]]:
    """Engines in each style in turn."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    styles = list(STYLES)
    for index in range(count):
        style = styles[index % len(styles)]
        yield style, planted(chance, style, mistakes)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; exit code 1 if a change only seemed to mend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--faults", type=int, default=len(CATALOGUE))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    print(f"{'':24} {'':5}  operation   line right   mended   false mends   seconds   tried")
    rows: dict[str, list[Result]] = {}
    try:
        run(options, rows)
    finally:  # also of a run that is ended early
        for name, results in rows.items():
            show(name, results)
    return int(any(r.false for results in rows.values() for r in results))


def run(options: argparse.Namespace, rows: dict[str, list[Result]]) -> None:
    """Everything that was asked for, entered in the table as it is done."""
    for kind, count, mistakes in (("one", options.random, 1), ("two", options.pairs, 2)):
        for index, (style, engine) in enumerate(random_engines(count, mistakes, options.seed)):
            result = scored(engine, f"engine_{index}", options.seconds)
            if result is None:
                continue
            rows.setdefault(f"{kind} wrong formula, {style}", []).append(result)
            rows.setdefault(f"{kind}, all styles", []).append(result)
            if options.verbose and not (result.mended and result.line and result.operation):
                shown = [engine.source.splitlines()[n - 1].strip() for n in engine.lines]
                print("  ", style, engine.operations, shown, result, flush=True)
    for index, fault in enumerate(list(CATALOGUE.values())[: options.faults]):
        said = tried(fault.source, f"fault_{index}", options.seconds)
        if said is not None:
            groups, result = said
            rows.setdefault(CATALOGUE_ROW, []).append(result)
            if options.verbose and not result.mended:
                print("  ", fault.id, groups, result, flush=True)


if __name__ == "__main__":
    sys.exit(main())
