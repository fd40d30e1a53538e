"""What a finding blames is nowhere called correct: the row of operations, and the JSON of it."""

from dataclasses import replace

import pytest

from micrograd.engine import Value
from verify.checking.assess import examine, finding
from verify.checking.diagnose import blamed
from verify.checking.run import Plan, of_findings, outcome
from verify.engines import load
from verify.expression.graph import Case, Graph
from verify.expression.ops import FORMS, OPS
from verify.faults import CATALOGUE, Fault, module
from verify.generators.scenarios import PLAIN, SCENARIOS
from verify.report.json import report
from verify.verdict.outcome import Finding

pytestmark = pytest.mark.usefixtures("in_short")

OURS = load(Value)
FAULTS = list(CATALOGUE.values())
BRIEF = Plan(examples=0, exhaust=0)


def found(text: str, *, fault: Fault | None = None, after: bool = False) -> Finding:
    """A finding on a program, as if the engine were wrong there."""
    graph = Graph.parse(text)
    case = Case(graph, (0.5,) * len(graph.leaves))
    scenario = SCENARIOS[0] if after else PLAIN
    return finding(OURS, examine(OURS, case), "known", case, fault=fault, scenario=scenario)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_what_the_catalogue_changes_is_not_correct(fault: Fault) -> None:
    """A finding that names a known mistake: the operations whose code it changes are wrong.

    Also where each of them, alone, is right in every form.
    """
    case = fault.case
    made = finding(OURS, examine(OURS, case), "known", case, fault=fault)
    statuses = of_findings(dict.fromkeys(FORMS, "correct"), [made])
    edited = {edit.where.rpartition(".")[2] for edit in fault.edits}
    assert edited & set(OPS) <= fault.operations
    assert {statuses[op] for op in fault.operations} <= {"wrong"}
    shown = set(case.graph.operations)
    assert {op for op in OPS if statuses[op] == "wrong"} <= fault.operations | shown


@pytest.mark.parametrize(
    ("name", "operations"),
    [
        ("rtruediv-swapped", {"div"}),
        ("radd-ignores-number", {"add"}),
        ("pow-exponent-gets-nothing", {"pow"}),
        ("assign-in-tanh", {"tanh"}),
        ("operands-forgotten", {"tanh"}),
        ("inplace-overwrites", {"add"}),
        ("breadth-first", set()),
        ("equal-by-value", set()),
        ("bias-missing", set()),
    ],
)
def test_operations_of_a_mistake(name: str, operations: set[str]) -> None:
    """Those whose own code it changes, however the method is called; none for what all share."""
    assert CATALOGUE[name].operations == operations


@pytest.mark.parametrize(
    ("text", "after", "operations"),
    [
        ("a.tanh()", False, {"tanh"}),
        ("a + b", False, {"add"}),
        ("a + a", False, {"add"}),
        ("a.tanh() * b", False, {"tanh"}),
        ("a * b + c", False, {"mul", "add"}),
        ("a * b + a", False, set()),  # how they add up is neither's fault
        ("a * b + a.exp()", False, {"exp"}),
        ("a + b", True, set()),
        ("a.exp()", True, {"exp"}),
    ],
)
def test_operations_of_an_unknown_mistake(text: str, after: bool, operations: set[str]) -> None:
    """What the smallest graph cannot do without; plain arithmetic only where it is all there is."""
    assert blamed(found(text, after=after)) == operations


def test_a_network_blames_no_operation() -> None:
    """What is wrong at a place that is no number of a graph is wrong there."""
    assert blamed(replace(found("a.tanh()"), place="zero_grad of MLP(2, [1])")) == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["assign-in-tanh", "assign-in-relu", "upstream-missing-sigmoid"])
def test_wrong_only_together_is_wrong(name: str) -> None:
    """Right alone, wrong beside others: the report and its JSON call that operation wrong."""
    fault = CATALOGUE[name]
    with load(module(fault.source, fault.id)) as engine:
        said = outcome(engine, BRIEF)
    (op,) = fault.operations
    assert said.findings[0].diagnosis.fault == name
    assert len(said.findings[0].case.graph.operations) > 1
    assert [o for o, status in said.operations.items() if status == "wrong"] == [op]
    assert report(said)["operations"][op] == "wrong"
