"""Faults that a case cannot show are not planted to explain it."""

import pytest

from verify.engines import load
from verify.expression.graph import Case
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE, SOURCE, module
from verify.faults.fault import made_of
from verify.generators.random import inside
from verify.generators.special import single

METHODS = {
    "neg": "__neg__", "sub": "__sub__", "div": "__truediv__", "mul": "__mul__", "add": "__add__",
    "pow": "__pow__", "abs": "__abs__",
}  # fmt: skip


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
