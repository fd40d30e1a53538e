"""The reducer: what it returns still fails, is never larger, and is as small as it can be."""

from collections import Counter
from collections.abc import Callable, Container

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from verify.expression.graph import Apply, Case, Graph
from verify.expression.ops import OPS
from verify.generators.random import cases
from verify.generators.shrink import apart, reduce, tidy, unshared


def uses(graph: Graph) -> Counter[int]:
    """How often each node is an operand."""
    return Counter(p for node in graph.nodes if isinstance(node, Apply) for p in node.parents)


def has(op: str) -> Callable[[Case], bool]:
    """Fails on every graph with the operation."""
    return lambda case: op in case.graph.operations


def aliased(op: str) -> Callable[[Case], bool]:
    """Fails where one node is both operands of the operation."""
    return lambda case: any(
        isinstance(node, Apply) and node.op == op and len(node.parents) == 2
        and len(set(node.parents)) == 1
        for node in case.graph.nodes
    )  # fmt: skip


def reused(case: Case) -> bool:
    """Fails where any operation's result is used twice."""
    counts = uses(case.graph)
    return any(isinstance(case.graph.nodes[i], Apply) and n > 1 for i, n in counts.items())


def fans_out(case: Case) -> bool:
    """Fails where a node is used at least three times."""
    return any(n > 2 for n in uses(case.graph).values())


FAILURES = {
    **{f"has {op}": (has(op), 1) for op in OPS},
    **{f"{op} of one node twice": (aliased(op), 1) for op in ("add", "sub", "mul", "div")},
    "a result used twice": (reused, 3),
    "a node used three times": (fans_out, 3),
}
"""A way to fail, and the operations that the smallest case of it may have."""


@given(cases(max_operations=20), st.data())
def test_reduced_to_the_minimum(case: Case, data: st.DataObject) -> None:
    """What comes back still fails, and has no more operations than it takes to fail so."""
    ways = [name for name, (fails, _) in sorted(FAILURES.items()) if fails(case)]
    assume(ways)  # not a leaf alone
    fails, most = FAILURES[data.draw(st.sampled_from(ways))]
    small = reduce(case, fails)
    assert fails(small)
    assert len(small.graph.operations) <= most


@given(cases(max_operations=20))
def test_inputs_become_simple(case: Case) -> None:
    """If any case of the kind fails, the inputs that remain are simple numbers."""
    small = reduce(case, lambda smaller: bool(smaller.graph.operations))
    assert len(small.graph.operations) == 1
    assert set(map(type, small.point)) == {float}
    assert all(x in {2.0, 3.0, 0.5, -2.0, 1.5, -1.5} for x in small.point)


@given(cases(max_operations=12), st.integers(0, 30))
def test_tries_are_bounded(case: Case, tries: int) -> None:
    """``fails`` is asked at most ``tries`` times, and no case twice."""
    asked: list[str] = []  # as text, which tells 2 from 2.0

    def fails(smaller: Case) -> bool:
        asked.append(repr(smaller))
        return len(asked) % 3 == 0

    reduce(case, fails, tries)
    assert len(asked) <= tries
    assert len(asked) == len(set(asked))
    assert repr(case) not in asked


@given(cases(max_operations=12))
def test_nothing_smaller_fails(case: Case) -> None:
    """Where nothing else fails, the case itself comes back."""
    assert reduce(case, lambda smaller: smaller == case) == case


@given(cases(max_operations=12))
def test_reducing_again_changes_nothing(case: Case) -> None:
    """The result is a fixed point."""
    small = reduce(case, reused) if reused(case) else case
    assume(reused(small))
    assert reduce(small, reused) == small


@given(cases(max_operations=12))
def test_tidy_keeps_the_function(case: Case) -> None:
    """``tidy`` drops what the output does not need; values and inputs of the rest stay."""
    tidied = tidy(case.graph.nodes, case.point)
    last = len(tidied.graph.nodes) - 1
    assert all(uses(tidied.graph)[i] for i in range(last))
    assert tidy(tidied.graph.nodes, tidied.point) == tidied
    assert [x for x in tidied.point if x not in case.point] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("c = a * b; d = c + a; e = d * c; (e + c).tanh()", "a.tanh()"),
        ("((a + b) * 3).tanh() - 7", "a.tanh()"),
        ("(2 - a.tanh()) ** 2", "a.tanh()"),
    ],
)
def test_known_reductions(text: str, expected: str) -> None:
    """A mistake in ``tanh`` is shown by ``a.tanh()``, wherever it was found."""
    graph = Graph.parse(text)
    case = Case(graph, (0.7, 1.3)[: len(graph.leaves)])
    small = reduce(case, has("tanh"))
    assert (small.graph.expression(), small.point) == (expected, (2.0,))


@pytest.mark.parametrize("text", ["2 - a", "a.relu()", "a / b"])
def test_an_operation_that_fails_by_itself_is_none_other(text: str) -> None:
    """Others may fail as well, of another mistake: this one is shown by itself."""
    graph = Graph.parse(text)
    case = Case(graph, (0.7, 1.3)[: len(graph.leaves)])
    small = reduce(case, lambda c: bool(c.graph.operations), exchange=False)
    assert small.graph.operations == graph.operations


@given(cases())
def test_operands_come_apart(case: Case) -> None:
    """Every operand that is a leaf is one of its own, where that fails as well; nothing else."""
    parted = apart(case, lambda _: True)
    assert parted.graph.operations == case.graph.operations
    used = uses(parted.graph)
    if parted is not case:
        assert {used[i] for i in parted.graph.leaves} == {1}
    assert apart(case, lambda _: False) is case
    assert len(parted.point) >= len(case.point)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a * a", "a * b"),
        ("b = a; b **= a; b", "c = a; c **= b; c"),
        ("a * 2 + a", "(a * 2) + b"),
        ("b = a.tanh(); b * b", "c = a.tanh(); c * c"),
        ("a / b", "a / b"),
        ("a", "a"),
    ],
)
def test_known_partings(text: str, expected: str) -> None:
    """Leaves part, results of operations do not."""
    graph = Graph.parse(text)
    case = Case(graph, (2.0,) * len(graph.leaves))
    assert apart(case, lambda _: True).graph == Graph.parse(expected)


@pytest.mark.parametrize(("leaf", "wrong"), [(16.0, range(10, 99)), (-0.01, (-0.0075, -0.005))])
def test_operands_come_apart_where_only_some_numbers_fail(
    leaf: float, wrong: Container[float]
) -> None:
    """The new leaf is of the size and sign for which the rule is wrong, if a simple one is not."""

    def fails(case: Case) -> bool:
        return case.point[-1] in wrong

    parted = apart(Case.parse("a * a", a=leaf), fails)
    assert (parted.graph, parted.point[0]) == (Graph.parse("a * b"), leaf)


def test_numbers_that_are_apart() -> None:
    """The leaves get numbers that tell them apart, the first one keeps its own."""
    parted = apart(Case.parse("a * a + a", a=0.7), lambda _: True)
    assert parted.point == (0.7, 2.0, 3.0)


@given(cases(max_operations=12), st.data())
def test_copies_of_an_inner_node_show_as_much(case: Case, data: st.DataObject) -> None:
    """What fails without shared results is shown without them; what needs them is left as it is."""
    assume(reused(case))
    op = data.draw(st.sampled_from(sorted(set(case.graph.operations))))
    assert unshared(case, reused) is case
    tree = unshared(case, has(op))
    if tree is not case:  # a tree of more than 64 nodes is not spelled out
        assert has(op)(tree)
        assert not reused(tree)


def test_a_copy_for_each_use_is_made_small() -> None:
    """A product of products needs no shared one, and one of its operands becomes a leaf."""
    case = Case.parse("c = a * b; c * c", a=1.5, b=3.0)
    small = unshared(case, lambda c: c.graph.operations.count("mul") > 1)
    assert small.graph.operations == ("mul", "mul")
    assert not reused(small)
