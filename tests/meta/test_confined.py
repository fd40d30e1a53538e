"""Faults that a case cannot show are not planted to explain it."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from verify.engines import load
from verify.expression.graph import Case, Const, Graph, Leaf, Node, Number
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE, SOURCE, module
from verify.faults.fault import SHARING, SMALL_TREE, made_of
from verify.faults.orders import ORDERS, in_order, matters
from verify.generators.random import drawn, inside
from verify.generators.scenarios import PLAIN
from verify.generators.special import single

METHODS = {
    "neg": "__neg__", "sub": "__sub__", "div": "__truediv__", "mul": "__mul__", "add": "__add__",
    "pow": "__pow__", "abs": "__abs__",
}  # fmt: skip


@pytest.mark.sample(4)
@pytest.mark.parametrize("op", dict.fromkeys(form.op for form in FORMS.values()))
def test_an_operation_runs_those_of_which_it_is_made_alone(op: str) -> None:
    """In the engine in which faults are planted, whichever way the operation is written."""
    planted = module(SOURCE)
    ran: set[str] = set()
    with load(planted) as engine:
        for other in {form.op for form in FORMS.values()}:
            for name in (METHODS.get(other, other), *(["power"] if other == "pow" else [])):
                if name in vars(planted.Value):
                    setattr(planted.Value, name, _noted(vars(planted.Value)[name], other, ran))
        for form in FORMS.values():
            if form.op == op:
                case = single(form)[0]
                engine.run(case.graph, case.point)
    assert ran <= made_of([op])


def trees(count: int) -> Iterator[Case]:
    """Small graphs in which every node is used once: each form, and random ones taken apart."""
    for form in FORMS.values():
        yield from single(form)[::3]
    for case in drawn(count, random.Random(0), max_operations=SMALL_TREE):
        nodes: list[Node] = []
        point: list[Number] = []
        _copy(case, len(case.graph.nodes) - 1, nodes, point)
        tree = Case(Graph(tuple(nodes)), tuple(point))
        if len(tree.graph.operations) <= SMALL_TREE and inside(tree.graph, tree.point):
            yield tree


def _copy(case: Case, index: int, nodes: list[Node], point: list[Number]) -> int:
    """Add a node with copies of all that it is made of; its index."""
    node = case.graph.nodes[index]
    if isinstance(node, Leaf):
        point.append(case.point[case.graph.leaves.index(index)])
        nodes.append(Leaf(f"x{len(nodes)}"))
    else:
        args = [a if isinstance(a, Const) else _copy(case, a, nodes, point) for a in node.args]
        nodes.append(replace(node, args=tuple(args)))
    return len(nodes) - 1


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", sorted(SHARING))
def test_on_a_small_tree_a_fault_of_sharing_is_right(name: str) -> None:
    """The same numbers as the right engine's, with its operands in whichever order."""
    fault = CATALOGUE[name]
    asked = list(trees(40))
    assert len(asked) > 60
    with load(module(fault.nodes)) as wrong, load(module(SOURCE)) as right:
        for case in asked:
            truth = right.run(case.graph, case.point)[-1]
            told = [wrong.run(case.graph, case.point)[-1]]
            if matters(fault):
                numbers = tuple(map(repr, case.numbers))
                orders = [in_order(name, case, numbers, PLAIN, k) for k in range(ORDERS)]
                told += [each for each in orders if each is not None]
            assert {(t.values, t.gradients) for t in told} == {(truth.values, truth.gradients)}
    case = fault.case
    assert fault.shows(case.graph)


def _noted(method: object, op: str, ran: set[str]) -> object:
    """The method, which notes that it ran."""

    def run(*args: object) -> object:
        ran.add(op)
        return method(*args)  # type: ignore[operator]

    return run


def test_a_fault_is_confined_to_operations_whose_code_it_changes() -> None:
    """Most are, and none to another operation than its code is for."""
    confined = [fault for fault in CATALOGUE.values() if fault.confined]
    some = confined[::8]
    assert [f.id for f in some if not f.confined <= f.operations | {"pow"}] == []
    assert len(confined) > len(CATALOGUE) / 3


@pytest.mark.parametrize("name", ["tanh-not-squared", "mul-of-magnitudes", "assign-in-add"])
def test_elsewhere_a_confined_fault_is_right(name: str) -> None:
    """What is not made of its operations is answered as by the right engine, bit by bit."""
    fault = CATALOGUE[name]
    with load(module(fault.nodes)) as wrong, load(module(SOURCE)) as right:
        for form in FORMS.values():
            case = single(form)[0]
            if fault.confined.isdisjoint(made_of([form.op])) and inside(case.graph, case.point):
                told = [e.run(case.graph, case.point)[-1] for e in (wrong, right)]
                assert told[0] == told[1]
        case = Case.parse(fault.witness, **dict(zip("abc", fault.point, strict=False)))
        assert wrong.run(case.graph, case.point) != right.run(case.graph, case.point)
