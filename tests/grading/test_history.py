"""An engine that keeps something from one graph to the next is graded for that, and for no luck."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from verify.engines import Engine, load
from verify.expression.graph import Case
from verify.faults import SOURCE
from verify.generators.scenarios import PLAIN, SCENARIOS
from verify.grading.criteria import CRITERIA
from verify.grading.evidence import GRADED, Evidence, Seen, Told
from verify.grading.examine import examine
from verify.grading.history import Anew, remembered
from verify.grading.marks import marks
from verify.grading.pages import HALF, Row, class_page, student_html, student_markdown
from verify.grading.paper import Paper
from verify.grading.rubric import Rubric
from verify.grading.submission import Submission

OWN = """
    def build(self, topo=[], visited=set()):
        if self not in visited:
            visited.add(self)
            for child in self._prev:
                child.build(topo, visited)
            topo.append(self)
        return topo

    def backward(self):
        self.grad = 1.0
        for v in reversed(self.build()):
            v._backward()

"""
"""A list that is made once, when the method is defined."""
_FROM, _TO = SOURCE.index("    def backward(self):"), SOURCE.index("    def __repr__(self):")
KEEPS = f"{SOURCE[:_FROM]}{OWN.lstrip(chr(10))}{SOURCE[_TO:]}"
SPOILS = Case.parse("2 / a", a=-1e-200)
"""After this every pass of it raises: what is kept is run again."""
SUM = Case.parse("a + b", a=2.0, b=-3.0)
PIPES = Path("/proc/self/fd")
TURNS = next(s for s in SCENARIOS if "three turns" in s.says)


@pytest.fixture
def keeps(tmp_path: Path) -> Iterator[Engine]:
    """The engine that keeps its nodes, loaded."""
    (tmp_path / "engine.py").write_text(KEEPS)
    with load(str(tmp_path / "engine.py")) as engine:
        yield engine


def test_what_was_asked_before_is_told_from_what_is_asked(keeps: Engine) -> None:
    """Right where nothing was asked, wrong ever after: that is a matter of what came before."""
    with ExitStack() as stack:
        new = keeps.again()
        assert new is not None
        stack.enter_context(new)
        assert remembered(keeps, new, [(SUM, PLAIN)]) is None
        keeps.run(SPOILS.graph, SPOILS.point)
        assert remembered(keeps, new, [(SUM, PLAIN)]) is not None
        anew = Anew(keeps, stack)
        assert anew.wrong(SUM) is None
        assert anew.wrong(SUM, TURNS) is not None


@pytest.mark.skipif(not PIPES.is_dir(), reason="the system does not list open files")
def test_whoever_errs_all_along_has_one_process_at_a_time(keeps: Engine) -> None:
    """As many as there are questions would be more than a process may have pipes to."""
    with ExitStack() as stack:
        anew, opened = Anew(keeps, stack), []
        for _ in range(4):
            assert anew.reading(SUM, PLAIN, lambda _: True) is not None
            opened.append(len(list(PIPES.iterdir())))
        assert anew.begun == 4
        assert opened[1:] == opened[:-1]


@pytest.mark.slow
def test_state_that_outlives_a_graph_leaves_single_graphs_judged(
    keeps: Engine, paper: Paper
) -> None:
    """It is named as that, costs what it is about, and one pass by itself is seen to be right."""
    far = [q.entry for q in paper.questions if q.entry.case.graph == SPOILS.graph]
    first = min(far, key=lambda entry: abs(entry.case.point[0]))
    chains = [q.entry for q in paper.questions if q.criterion == "backward/chain"]
    turns = [q.entry for q in paper.questions if q.scenario is TURNS and q.size == 1]
    basics = [q.entry for q in paper.questions if q.basic]
    asked = *basics[:4], first, *paper.lines[5:1500:300], *chains[:9], *turns
    evidence = examine(keeps, Paper(paper.seed, paper.text, asked))
    (found,) = evidence.found
    assert found.criterion == "training/state"
    assert found.fault == "order-on-class"
    assert found.program.splitlines()[-1].startswith("print(")
    steps = {step.key: step for step in marks(evidence, Rubric()).steps}
    earned = {key for key, step in steps.items() if step.standing == "earned"}
    assert {"values", "graph", "backward", "order"} <= earned
    assert steps["training"].standing == "lost"


def unjudged(criterion: str) -> Evidence:
    """Values are right, one criterion is wrong, and nothing else could be judged."""
    said: dict[str, Seen] = dict.fromkeys(CRITERIA, "not reached")
    said |= {key: "right" for key in CRITERIA if key.startswith("values/")}
    told = Told(criterion, "", "a mistake", "", "", (), "a", {}, "value of a", "1", "2", "")
    return Evidence(GRADED, criteria={**said, criterion: "wrong"}, found=(told,))


def test_a_grade_rests_on_half_of_the_points() -> None:
    """Points for what was not seen right are not made from what little was."""
    found = marks(unjudged("backward/chain"), Rubric())
    assert found.judged < 0.3
    there = 22 / found.judged  # values and backward, of all points there are
    assert found.points == pytest.approx(100 * 10 / (there / 2), abs=0.01)
    assert sum(round(100 * s.possible) for s in found.steps) == 10000
    assert [s.key for s in found.steps if s.points] == ["values"]


def test_what_is_to_be_mended_first_is_wrong() -> None:
    """A milestone that is earned is not named as what is in the way."""
    found = marks(unjudged("backward/chain"), Rubric())
    for step in found.steps:
        if step.standing == "not reached":
            assert step.why.endswith("(first: backward: the chain rule).")


def test_who_is_mostly_unjudged_is_listed() -> None:
    """The student's page says why points are few, and the teacher's asks to look."""
    evidence = unjudged("backward/chain")
    bob = Submission("s-1", "Bob", "1", "/x/bob.py", "bob.py", "00", ())
    row = Row(bob, evidence, marks(evidence, Rubric()))
    page = "".join(class_page(lambda: [row], Rubric(), {}, []))
    assert "Bob</a>: not judged; 7" in page
    assert "1 submission: " in page
    for text in (student_html(row, Rubric()), student_markdown(row, Rubric())):
        assert HALF in text
    right = Evidence(GRADED, criteria=dict.fromkeys(CRITERIA, "right"))
    row = replace(row, evidence=right, marks=marks(right, Rubric()))
    assert "not judged" not in "".join(class_page(lambda: [row], Rubric(), {}, []))
