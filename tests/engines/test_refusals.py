"""Missing, refused and wrong are three things, and each reading says which it is."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from verify.checking.assess import examine
from verify.checking.no_answer import told
from verify.checking.refusals import Refusals
from verify.engines import load
from verify.engines.worker.near_misses import is_near
from verify.expression.graph import Case, Graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from verify.expression.reading import Reading

TANH = "        t = math.tanh(self.data)"
POWERS = 'assert isinstance(other, (int, float)), "only int and float powers"'
NEG = "    def __neg__(self):\n        return self * -1\n"
RADD = "    def __radd__(self, other):\n        return self + other\n"


def reading(path: Path, case: Case) -> Reading:
    """What the engine in a file says of a case."""
    with load(str(path)) as engine:
        return engine.run(case.graph, case.point)[-1]


@pytest.mark.parametrize("name", ["a_package:Value", "a_package.engine:Value", "a_package"])
def test_a_refusal_is_one_by_whatever_name_the_class_is_found(
    name: str, textbook: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A class that a package offers is defined in another of its files, and refuses there."""
    package = tmp_path / "a_package"
    package.mkdir()
    (package / "engine.py").write_text(textbook)
    (package / "__init__.py").write_text("from .engine import Value\n")
    monkeypatch.chdir(tmp_path)
    case = Case(Graph.parse("a ** b"), (2.0, 3.0))
    with load(name) as engine:
        raised = engine.run(case.graph, case.point)[-1].raised
    assert raised is not None
    assert (raised.kind, raised.line is None) == ("refused", False)


def test_a_helper_of_the_package_refuses_for_the_class_in_this_process(
    textbook: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a process of its own: what raises by itself lies in another file of the package."""
    package = tmp_path / "b_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "helper.py").write_text("def check(x):\n    assert not hasattr(x, 'data')\n")
    text = f"from .helper import check\n{textbook.replace(POWERS, 'check(other)')}"
    (package / "engine.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    case = Case(Graph.parse("a ** b"), (2.0, 3.0))
    engine = load(importlib.import_module("b_package.engine").Value)
    raised = engine.run(case.graph, case.point)[-1].raised
    assert raised is not None
    assert raised.kind == "refused"


@pytest.mark.parametrize(
    ("change", "program", "kind"),
    [
        ((NEG, ""), "-a", "missing"),
        ((RADD, ""), "2 + a", "missing"),
        (("    def tanh", "    def other"), "a.tanh()", "missing"),
        (("", ""), "a ** b", "refused"),
        ((POWERS, "check(other)"), "a ** b", "refused"),
        ((POWERS, "if hasattr(other, 'data'): return NotImplemented"), "a ** b", "refused"),
        ((POWERS, ""), "a ** b", "refused"),
        (("    def log(self)", "    def log(self, base)"), "a.log()", "refused"),
        ((TANH, "        raise NotImplementedError"), "a.tanh()", "refused"),
        (("math.tanh(self.data)", "math.tanh(self)"), "a.tanh()", "raised"),
        (("def __neg__(self)", "def __neg__(self, other)"), "-a", "raised"),
        (("def __neg__", "def _neg__"), "-a", "misspelt"),
        (("def __neg__", "def _neg__"), "a - b", "misspelt"),
        (("def __radd__", "def __radd"), "2 + a", "misspelt"),
        (("def __radd__", "def __radd"), "sum([a, b])", "misspelt"),
        (("def __rmul__", "def __rmull__"), "2 * a", "misspelt"),
        (("def __truediv__", "def __div__"), "a / b", "misspelt"),
        ((TANH, "        return self.data"), "a.tanh().exp()", "not a node"),
    ],
)
def test_an_exception_says_what_it_means(
    change: tuple[str, str], program: str, kind: str, textbook: str, write: Callable[..., Path]
) -> None:
    """Only what is missing or refused is no mistake."""
    helper = "\n\ndef check(x):\n    if hasattr(x, 'data'):\n        raise TypeError('no')\n"
    path = write(textbook.replace(*change, 1) + helper)
    graph = Graph.parse(program)
    raised = reading(path, Case(graph, (2.0, 0.5)[: len(graph.leaves)])).raised
    assert raised is not None
    assert (raised.kind, raised.refused) == (kind, kind in {"missing", "refused"})


@pytest.mark.parametrize(
    ("body", "cut", "title"),
    [
        ("return self.data", {1: "float"}, "tanh() returns a number: the graph is cut"),
        ("return None", {1: "NoneType"}, "tanh() gives None"),
        ("return [self]", {1: "list"}, "tanh() returns a list: the graph is cut"),
    ],
)
def test_an_operation_that_gives_no_node_is_named(
    body: str, cut: dict[int, str], title: str, textbook: str, write: Callable[..., Path]
) -> None:
    """The pass is not tried on what has none, and the reading says what came back."""
    path = write(textbook.replace(TANH, f"        {body}"))
    case = Case.parse("a.tanh()", a=0.5)
    got = reading(path, case)
    named = told(case, got)
    assert (got.raised, got.cut, named and named.title) == (None, cut, title)


@pytest.mark.parametrize(
    ("name", "dunder", "near"),
    [
        ("_neg__", "__neg__", True),
        ("__neg_", "__neg__", True),
        ("__radd", "__radd__", True),
        ("__rmull__", "__rmul__", True),
        ("__truedv__", "__truediv__", True),
        ("__subtract__", "__sub__", True),
        ("__rdiv__", "__rtruediv__", True),
        ("_neg", "__neg__", False),
        ("neg", "__neg__", False),
        ("__rmul__", "__mul__", False),
        ("__mod__", "__mul__", False),
        ("__sum__", "__sub__", False),
        ("__exp__", "__neg__", False),
        ("__and__", "__add__", False),
        ("__pos__", "__pow__", False),
    ],
)
def test_a_near_miss_is_a_name_that_was_meant_to_be_special(
    name: str, dunder: str, *, near: bool
) -> None:
    """Helpers, other special methods and other operations are none."""
    assert is_near(name, dunder) is near


def test_a_refusal_of_what_is_done_elsewhere_is_told(
    textbook: str, write: Callable[..., Path]
) -> None:
    """Where a product is used once it is done; where it is used twice it is refused."""
    check = "        if len(topo) > 4:\n            raise NotImplementedError('too many nodes')\n"
    path = write(textbook.replace("        self.grad = 1.0\n", f"{check}        self.grad = 1.0\n"))
    refusals = Refusals()
    with load(str(path)) as engine:
        for program in ("a * b", "a.tanh()", "c = a * b; d = c.tanh(); d * c"):
            graph = Graph.parse(program)
            refusals.enter(examine(engine, Case(graph, (0.5, 2.0)[: len(graph.leaves)])))
    assert refusals.contradicted == ("a shared node",)


def test_a_refusal_of_a_kind_of_operand_is_none(textbook: str, write: Callable[..., Path]) -> None:
    """Whole powers only: that is said each time."""
    path = write(textbook.replace("isinstance(other, (int, float))", "isinstance(other, int)"))
    refusals = Refusals()
    with load(str(path)) as engine:
        for program in ("a ** 2", "a ** 3", "a ** 0.5", "a ** b", "a * a ** 2.5"):
            graph = Graph.parse(program)
            refusals.enter(examine(engine, Case(graph, (0.5, 2.0)[: len(graph.leaves)])))
    assert (refusals.contradicted, sum(refusals.counts.values())) == ((), 3)
