"""Which graphs a backward pass is tried on, and how large ones are compared."""

from __future__ import annotations

from collections import Counter

import pytest

from verify.expression.graph import Apply, Graph
from verify.expression.ops import FORMS
from verify.expression.reading import Question
from verify.prove.operations import ONE_SEED
from verify.prove.regions import forms_where, is_empty, only_rounding
from verify.prove.residues import PRIME, due_residues
from verify.prove.wirings import large, small

FEW = {op: FORMS[text] for op, text in (
    ("add", "a + b"), ("mul", "a * b"), ("neg", "-a"), ("exp", "a.exp()"), ("tanh", "a.tanh()"),
)}  # fmt: skip


def test_every_operation_is_at_every_place() -> None:
    """In graphs of up to three operations each has been first, inside, and the output."""
    places: Counter[tuple[str, int, int]] = Counter()
    for graph in small(FEW, 3):
        made = [node.op for node in graph.nodes if isinstance(node, Apply)]
        places.update((op, len(made), at) for at, op in enumerate(made))
    wanted = {(op, size, at) for op in FEW for size in (2, 3) for at in range(size)}
    assert wanted - set(places) == set()


def test_the_number_of_wirings_is_known() -> None:
    """One operation on a leaf, then two, then three, each wiring once."""
    sizes = Counter(
        sum(isinstance(node, Apply) for node in graph.nodes)
        for graph in small({"mul": FEW["mul"], "neg": FEW["neg"]}, 3) if len(graph.leaves) == 2
    )  # fmt: skip
    assert (sizes[1] >= 2, sizes[2] >= 8, sizes[3] >= 52) == (True, True, True)


def test_large_gradients_modulo_a_prime() -> None:
    """For ``a * b + a`` the derivatives are ``b + 1`` and ``a``."""
    graph = Graph.parse("a * b + a")
    assert due_residues(graph, {"a": 5.0, "b": 7.0}) == [8.0, 5.0]
    assert due_residues(graph, {"a": 5.0, "b": float(PRIME)}) == [1.0, 5.0]


def test_large_graphs_are_large() -> None:
    """Chains, diamonds, fans and a tree, of a hundred operations and more."""
    sizes = [len(graph.nodes) for graph in large(FEW)]
    assert (len(sizes) >= 6, min(sizes) > 100) == (True, True)


ROUNDED = [
    (Question("==", ("add", "x", 1.0), "x", answer=True), True),
    (Question("==", ("exp", "x"), 0.0, answer=True), True),
    (Question("==", "x", 0.0, answer=True), False),
    (Question("==", ("sqrt", "x"), 0.0, answer=True), False),
    (Question("<=", ("exp", 1.0), 0.0, answer=True), False),
    (Question("!=", ("add", 0.0, ("mul", 1.0, "seed")), 1.0, answer=True), False),
]


@pytest.mark.parametrize(("question", "is_rounding"), ROUNDED, ids=str)
def test_what_only_rounding_answers(question: Question, is_rounding: bool) -> None:
    """Real numbers leave it one answer, floats may give the other."""
    assert only_rounding(question, (ONE_SEED,)) == is_rounding


def test_a_product_that_is_0_makes_its_multiples_0() -> None:
    """Where ``a b = 0`` so is ``a b c``; where ``b != 0`` as well, ``a c`` too, but not ``b c``."""
    product = Question("==", ("mul", "a", "b"), 0.0, answer=True)
    nonzero = Question("!=", "b", 0.0, answer=True)
    one, two = forms_where((product,)), forms_where((product, nonzero))
    abc, ac, bc = ("mul", ("mul", "a", "b"), "c"), ("mul", "a", "c"), ("mul", "b", "c")
    assert [one.same(abc, 0.0), one.same(ac, 0.0), one.same(bc, 0.0)] == [True, False, False]
    assert [two.same(abc, 0.0), two.same(ac, 0.0), two.same(bc, 0.0)] == [True, True, False]


def test_factors_of_what_is_not_0_are_not_0() -> None:
    """``a b != 0`` and ``a c = 0`` leave ``c = 0``: that ``c > 0`` is impossible."""
    given = (
        Question("!=", ("mul", "a", "b"), 0.0, answer=True),
        Question("==", ("mul", "a", "c"), 0.0, answer=True),
    )
    assert is_empty((*given, Question(">", "c", 0.0, answer=True)))
    assert not is_empty((*given, Question("==", "c", 0.0, answer=True)))
