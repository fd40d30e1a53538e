"""The table of probes: every row is tried, and finds what is missed or misread without it."""

import re
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from verify.checking import run
from verify.checking.plan import Plan
from verify.engines import Engine, load
from verify.expression.graph import Case
from verify.expression.ops import FORMS, OPS
from verify.faults import SOURCE, module
from verify.generators import chains, company, compose, large, operands, small_scope, special
from verify.generators.probes import PROBES, Probe
from verify.verdict.outcome import Finished, Outcome

ROOT = Path(__file__).parents[2]
LISTED = [probe for probe in PROBES if probe.cases is not None]

EDITS = {
    "factors": ("(1 - t**2) * out.grad", "(1 - t**2) * (out.grad if abs(out.grad) < 1e6 else 0.0)"),
    "signs": ("s * (1 - s) * out.grad", "s * (1 - s) * out.grad * bool(self._prev or self.data)"),
    "numbers": ("(other - 1) * out.grad", "(other - 1) * (out.grad if other != 5 else 0.0)"),
    "magnitudes": ("out.data * out.grad\n", "out.data * out.grad * (not 100 < self.data < 600)\n"),
    "each on each": (
        "math.cos(self.data) * out.grad",
        'math.cos(self.data) * out.grad * ("cos" not in self._backward.__qualname__)',
    ),
    "two on one": (
        "math.cos(self.data) * out.grad",
        "math.cos(self.data) * out.grad * (not (self._uses == 2 and self._cos))",
    ),
    "operand of operand": (
        "(other.data - 1) * out.grad", "(other.data - 1) * out.grad * (other._prev != (self,))",
    ),
    "equal in value": (
        "math.log(self.data) * out.data * out.grad",
        "math.log(self.data) * out.data * out.grad * _apart(self, other)",
    ),
    "result zero": (
        "math.cos(self.data) * out.grad",
        "math.cos(self.data) * out.grad * (not (self._prev and self.data == 0))",
    ),
    "fan-out": ("self.grad = 1.0\n", "self.grad = 1.0\n        _most(topo, 129)\n"),
    "depth": ("v._backward()", "(self._depth - v._depth < 200 or v._add) and v._backward()"),
    "size": ("reversed(topo):", "reversed(topo[-2500:]):"),
    "large gradients": ("v._backward()", "v.grad = max(-1e6, min(1e6, v.grad)); v._backward()"),
    "small gradients": ("v._backward()", "v.grad *= abs(v.grad) > 1e-9; v._backward()"),
    "passes": ("self.grad = 1.0\n", "self.grad = 1.0 + _count(1500)\n"),
    "errors": ("math.log(self.data), (self,)", "_logged(self.data), (self,)"),
    "a second graph on the same leaves": (
        "self.grad = 1.0\n", "self.grad = 1.0\n        _users(topo)\n",
    ),
}
"""For each row a mistake in the right engine: what is replaced by what."""

COUNTED = """
_init = Value.__init__


def _counted(self, data, children=()):
    _init(self, data, children)
    self._uses, self._cos, self._add = 0, False, False
    self._depth = 1 + max((c._depth for c in self._prev), default=-1)
    for child in self._prev:
        child._uses += 1


Value.__init__ = _counted
_cosine, _sum, _product, _passes, _failed = Value.cos, Value.__add__, Value.__mul__, [0], []


def _cos(self):
    self._cos = True
    return _cosine(self)


def _add(self, other):
    out = _sum(self, other)
    out._add = True
    return out


def _mul(self, other):
    return _product(self, other) if not _failed else _sum(_product(self, other), 1.0)


def _most(nodes, limit):
    for node in nodes:
        if node._uses >= limit:
            node._backward = lambda: None


def _count(period):
    _passes[0] += 1
    return float(_passes[0] % period == 0)


def _logged(x):
    try:
        return math.log(x)
    except ValueError:
        _failed.append(x)
        raise


def _apart(a, b):
    return not (a._prev and b._prev and a.data == b.data)


def _users(nodes):
    within = {}
    for node in nodes:
        for child in node._prev:
            within[child] = within.get(child, 0) + 1
    for node in nodes:
        if node._prev and any(c._uses > within[c] + 1 for c in node._prev if not c._prev):
            node._backward = lambda: None


Value.cos, Value.__add__ = _cos, _add
"""
"""What the mistakes count, added to the right engine; it is right with it."""


def planted(name: str = "") -> Engine:
    """The right engine with a row's mistake, or with none."""
    text = SOURCE + COUNTED
    if name == "errors":
        text += "\nValue.__mul__ = Value.__rmul__ = _mul\n"
    if name:
        old, new = EDITS[name]
        assert old in text
        text = text.replace(old, new)
    return load(module(text, "planted"))


def said(engine: Engine, case: Case) -> str:
    """What an engine says of a case."""
    reading = engine.run(case.graph, case.point)[-1]
    return repr((reading.values, reading.gradients))


@cache
def right() -> Engine:
    """The engine without a mistake, once."""
    return planted()


@cache
def rightly(case: Case) -> str:
    """What it says of a case, asked once for all rows."""
    return said(right(), case)


def of_row(probe: Probe) -> Iterator[Case]:
    """The cases of a row."""
    assert probe.cases is not None
    return (case for group in probe.cases(FORMS, 0) for case in group)


@cache
def listed() -> dict[str, list[Case]]:
    """The cases of each row; and those of single forms, known shapes and small graphs."""
    cases = {probe.name: list(of_row(probe)) for probe in LISTED}
    cases["no row"] = [
        *(case for form in FORMS.values() for case in special.single(form)),
        *(case for _, case in special.cases(FORMS)),
        *small_scope.cases(3),
    ]
    return cases


def test_every_row_has_its_mistake() -> None:
    """No row stands in the table for nothing."""
    assert [probe.name for probe in PROBES] == list(EDITS)


def test_the_page_is_the_table() -> None:
    """``docs/probes.md`` says what the code does."""
    page = runpy.run_path(str(ROOT / "bench/effort.py"))["page"]
    assert (ROOT / "docs/probes.md").read_text(encoding="utf-8") == page()


@pytest.mark.slow
@pytest.mark.xdist_group("rows")
@pytest.mark.parametrize("probe", LISTED, ids=lambda probe: probe.name)
def test_a_row_finds_what_the_others_miss(probe: Probe) -> None:
    """Some case of the row shows its mistake, and no case of any other row does, nor of none."""
    engine = planted(probe.name)
    shown = [
        name
        for name, cases in listed().items()
        if any(said(engine, case) != rightly(case) for case in cases)
    ]
    assert shown == [probe.name]


@pytest.mark.parametrize("probe", LISTED, ids=lambda probe: probe.name)
def test_the_same_seed_lists_the_same_cases(probe: Probe) -> None:
    """Twice the same seed: the same cases."""
    assert list(of_row(probe)) == list(of_row(probe))


def checked(name: str, omitted: str = "") -> Outcome:
    """The whole check of a row's mistake, with a row left out."""
    check = run._Check(planted(name), Plan(examples=24), frozenset({omitted}))
    return next(e.outcome for e in check.events() if isinstance(e, Finished))


@pytest.mark.sample(8)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fan-out", "a node used 129 times or more"),
        ("depth", "below a depth of 200 operations"),
        ("size", "graphs of 1,[0-9]{3} nodes or more"),
        ("large gradients", r"large gradients are clipped at 1e\+06"),
        ("small gradients", "small gradients are lost below 1e-09"),
        ("passes", "unstable: every 1,500th backward pass is wrong"),
        ("errors", "after a ValueError that was raised elsewhere"),
        ("a second graph on the same leaves", "building a second graph on the same leaves"),
    ],
)
def test_a_matter_of_scale_or_state_is_named(name: str, said: str) -> None:
    """A finding says what it is; without the row nothing says so."""
    with_row, without = (
        [f"{f.diagnosis.title} {f.where}" for f in checked(name, omitted=out).findings]
        for out in ("", name)
    )
    assert any(re.search(said, text) for text in with_row)
    assert not any(re.search(said, text) for text in without)


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("name", ["fan-out", "size"])
def test_nothing_else_goes_so_far(name: str) -> None:
    """Without the row the engine passes for right."""
    assert checked(name, omitted=name).verdict == "correct"


@pytest.mark.slow
def test_the_engine_that_counts_is_right() -> None:
    """What is planted is the mistake, and nothing besides."""
    assert checked("").verdict == "correct"


@pytest.mark.parametrize("size", large.SIZES)
def test_large_graphs_are_wide_and_not_deep(size: int) -> None:
    """About so many operations, short paths, few uses of each node: size and nothing else."""
    graph = large.large(size, FORMS, 0).graph
    assert 0.8 * size <= len(graph.operations) <= 1.2 * size
    assert compose.depth(graph) <= 14
    assert compose.fan_out(graph) <= 8


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("depth", chains.DEPTHS)
def test_a_chain_is_as_deep_as_it_says(op: str, depth: int) -> None:
    """A chain of each operation has the depth that was asked for, give or take a step."""
    step = chains.steps(FORMS)[op]
    found = compose.depth(chains.taken(((op, step),), depth).graph)
    assert depth - 3 < found <= max(depth, 3)


@pytest.mark.parametrize("times", company.FAN_OUTS)
@pytest.mark.parametrize("inner", [True, False])
def test_a_node_is_used_as_often_as_it_says(times: int, inner: bool) -> None:
    """The most used node is used so many times, and no path is long."""
    graph = company.used(company.usable(FORMS), times, inner=inner).graph
    index = 2 if inner else 0
    assert sum(n.parents.count(index) for n in graph.nodes if hasattr(n, "parents")) == times
    assert compose.depth(graph) <= 12


@pytest.mark.parametrize("text", ["abs(a)", "a.max(b)", "a.min(b)", "a.max(2)", "a.min(2)"])
def test_each_factor_is_asked_on_both_sides_of_a_choice(text: str) -> None:
    """Whichever operand gets all of the gradient, what comes after may make a difference."""
    asked = dict(zip(FORMS, operands.factors(tuple(FORMS)), strict=True))[text]
    firsts = {case.point[0] for case in asked}
    assert len(firsts) == 2
    assert len(asked) == 2 * len(operands.FACTORS)
    beside = {case.point[1] if text.endswith("(b)") else 2.0 * ("2" in text) for case in asked}
    assert {first > other for first in firsts for other in beside} == {True, False}


def test_whole_powers_of_0_are_asked() -> None:
    """The first has slope 1, the others 0: a rule that guards the base may take one for another."""
    (found,) = operands.numbers(["a ** 2"])
    assert {Case.parse(f"a ** {n}", a=0.0) for n in (1, 2, 3)} <= set(found)
