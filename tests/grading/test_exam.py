"""Every grade is right: no false accusation, no miss, no point lost twice for one cause."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from verify.engines import EngineError, load
from verify.expression.reading import Raised, Reading
from verify.faults import CATALOGUE, SOURCE
from verify.faults.fault import UNSTABLE, _applied
from verify.faults.lecture import in_style
from verify.grading.answered import as_bits
from verify.grading.evidence import Evidence
from verify.grading.examine import examine
from verify.grading.marks import lacking, marks
from verify.grading.paper import Paper
from verify.grading.rubric import Rubric, required

ROOT = Path(__file__).parents[1]
WHERE = {
    "assign-in-mul": "accumulation/reuse",
    "not-reversed": "order/shared",
    "upstream-missing-mul": "local/mul",
    "sub-sign": "arithmetic/sub",
    "rsub-swapped": "numbers/sub",
    "tanh-saturates": "activations/tanh",
    "closure-not-stored": "activations/tanh",
    "div-cuts-graph": "arithmetic/div",
    "rule-stored-as-backward": "graph/kept",
    "inplace-overwrites": "numbers/in place",
    "equal-by-value": "backward/chain",
    "visited-on-class": "training/state",
    "update-uphill": "training/step",
    "zero-grad-does-nothing": "training/zero_grad",
    "bias-twice": "networks/neuron",
    "every-path-visited": "robustness/time",
    "fan-out-129": "robustness/reuse",
}
"""To which criterion a mistake is charged."""
BEYOND = {"stops-after-5000-passes", "default-list-shared"}
"""Mistakes that show only in a longer run than an exam: ``--thorough`` finds them."""


def sat(source: str, paper: Paper, folder: Path) -> Evidence:
    """What the exam shows of an engine."""
    (folder / "engine.py").write_text(source)
    with load(str(folder / "engine.py")) as engine:
        return examine(engine, paper)


def accused(evidence: Evidence) -> list[str]:
    """The criteria to which something is charged."""
    return [key for key, said in evidence.criteria.items() if said == "wrong"]


@pytest.mark.slow
def test_right_engine_is_accused_of_nothing(paper: Paper, tmp_path: Path) -> None:
    """The base engine has all points, and nothing is found."""
    evidence = sat(SOURCE, paper, tmp_path)
    assert (accused(evidence), evidence.found, evidence.wrong) == ([], (), 0)
    assert marks(evidence, Rubric()).points == 100.0


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["", "2 - a", "2 / a"])
def test_the_lecture_is_all_that_is_demanded(paper: Paper, tmp_path: Path, missing: str) -> None:
    """An engine without ``2 ** a`` has all points; a number on the left that is missing is told."""
    source = (ROOT.parent / "examples" / "refactor" / "step_0_closures.py").read_text()
    method = {"2 - a": "__rsub__", "2 / a": "__rtruediv__"}.get(missing)
    evidence = sat(source.replace(f"def {method}(", "def unused("), paper, tmp_path)
    found = marks(evidence, Rubric())
    assert accused(evidence) == []
    assert found.points == (pytest.approx(99.3, abs=0.05) if missing else 100.0)
    assert lacking(found) == ((f"not there: {missing}",) if missing else ())


def test_answers_are_the_same_to_the_bit_or_judged_again() -> None:
    """0 and -0 are told apart; what is not numbers alone is judged each time."""
    said = [Reading("engine", (x,), (1.0,)) for x in (0.0, -0.0, math.nan)]
    assert len({as_bits(reading) for reading in said}) == 3
    assert as_bits(said[0]) == as_bits(Reading("engine", (0.0,), (1.0,)))
    for odd in (
        Reading("engine", (1.0,), (None,)), Reading("engine", raised=Raised("ValueError", "")),
        Reading("engine", (1.0,), (1.0,), None, {("value", 0): "int"}),
        Reading("engine", (1.0,), (1.0,), same=frozenset({0})),
        Reading("engine", (1.0,), (1.0,), cut={0: "float"}),
    ):  # fmt: skip
        assert as_bits(odd) is None


@pytest.mark.search
def test_who_came_before_changes_no_evidence(paper: Paper, tmp_path: Path) -> None:
    """What is worked out once for the class says of each the same as if it were the first."""
    new = [replace(q, right={}, testimony=replace(q.testimony, made={})) for q in paper.questions]
    fresh = Paper(paper.seed, paper.text, paper.lines)
    vars(fresh)["questions"] = tuple(new)
    first = sat(CATALOGUE["tanh-not-squared"].source, fresh, tmp_path)
    sat(SOURCE, fresh, tmp_path)
    assert sat(CATALOGUE["tanh-not-squared"].source, fresh, tmp_path) == first


@pytest.mark.slow
@pytest.mark.sample(6)
@pytest.mark.parametrize("fault", WHERE)
def test_a_mistake_is_charged_where_it_is(fault: str, paper: Paper, tmp_path: Path) -> None:
    """A planted mistake costs the criterion that it is about, and no other."""
    evidence = sat(CATALOGUE[fault].source, paper, tmp_path)
    assert accused(evidence) == [WHERE[fault]]
    assert len(evidence.found) == 1


@pytest.mark.slow
def test_each_path_is_followed_where_operands_are_a_set(paper: Paper, tmp_path: Path) -> None:
    """The lecture keeps operands in a set, where ``x + x`` has one path: time is charged there."""
    source = in_style(CATALOGUE["every-path-visited"])
    assert "set(children)" in source
    evidence = sat(source, paper, tmp_path)
    assert accused(evidence) == [WHERE["every-path-visited"]]
    assert len(evidence.found) == 1


@pytest.mark.search
@pytest.mark.slow
def test_every_mistake_costs_one_criterion(paper: Paper, tmp_path: Path) -> None:
    """Each mistake of the catalogue is found, and charged once; a sixth of them in each run."""
    names = [name for name in CATALOGUE if name not in BEYOND and name not in UNSTABLE]
    charged = {n: accused(sat(CATALOGUE[n].source, paper, tmp_path)) for n in names[::6]}
    assert {name: keys for name, keys in charged.items() if len(keys) != 1} == {}


@pytest.mark.slow
def test_two_mistakes_cost_two_criteria(paper: Paper, tmp_path: Path) -> None:
    """Mistakes in different operations are told and charged each by itself."""
    source = SOURCE
    for name in ("sub-sign", "tanh-not-squared"):
        for edit in CATALOGUE[name].edits:
            source = _applied(source, edit, name)
    evidence = sat(source, paper, tmp_path)
    assert accused(evidence) == ["arithmetic/sub", "activations/tanh"]


@pytest.mark.slow
def test_half_a_homework(paper: Paper, tmp_path: Path) -> None:
    """What is right as far as it goes is incomplete where more is demanded, and what is named."""
    source = (ROOT / "kinds" / "right_add_and_mul_only.py").read_text()
    half = marks(sat(source, paper, tmp_path), required(Rubric(), "add,mul"))
    assert (half.verdict, lacking(half)) == ("incomplete", ("not there: 2 + a, 2 * a",))
    whole = source.rstrip() + "\n    __radd__, __rmul__ = __add__, __mul__\n"
    evidence = sat(whole, paper, tmp_path)
    assert accused(evidence) == []
    assert marks(evidence, Rubric()).verdict == "incomplete"
    assert marks(evidence, required(Rubric(), "add,mul")).verdict == "correct"


UNREAD = {"right_but_backward_not_guessed.py", "right_forward_accumulation_tree.py"}
"""Right engines that may be refused."""


@pytest.mark.slow
@pytest.mark.sample(4)
@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / "kinds").glob("right_*")))
def test_right_kinds_are_accused_of_nothing(name: str, paper: Paper) -> None:
    """Unusual engines that are right lose no point for what they do otherwise."""
    try:
        with load(str(ROOT / "kinds" / name)) as engine:
            assert accused(examine(engine, paper)) == []
    except EngineError:
        assert name in UNREAD


@pytest.mark.slow
def test_what_is_half_wrong_for_another_reason_is_not_called_right(
    paper: Paper, tmp_path: Path
) -> None:
    """``2 - a`` is wrong since ``-a`` is: nothing is lost there, and nothing earned."""
    source = SOURCE.replace("return Value(other) - self", "return (-self) + other")
    source = source.replace("return self * -1", "return self * 1")
    evidence = sat(source, paper, tmp_path)
    assert accused(evidence) == ["arithmetic/neg"]
    seen = dict(evidence.criteria)
    assert (seen["numbers/sub"], seen["arithmetic/sub"]) == ("not reached", "not reached")
