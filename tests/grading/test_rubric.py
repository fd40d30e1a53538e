"""Rubrics and marks: nothing is run here."""

from dataclasses import replace

import pytest

from verify.grading.criteria import CRITERIA, MILESTONES
from verify.grading.evidence import GRADED, NOT_GRADED, Evidence, Seen, Told
from verify.grading.marks import marks
from verify.grading.rubric import Rubric, RubricError, dumps, loads, parse, required, text


def seen(found: str = "", **others: Seen) -> Evidence:
    """All right, but what is named; a mistake is charged to ``found``."""
    criteria: dict[str, Seen] = dict.fromkeys(CRITERIA, "right")
    criteria |= {key.replace("__", "/"): said for key, said in others.items()}
    told: tuple[Told, ...] = ()
    if found:
        criteria[found] = "wrong"
        told = (Told(found, "", "a mistake", "", "", (), "a", {}, "value of a", "1", "2", ""),)
    return Evidence(GRADED, criteria=criteria, found=told)


def test_default_rubric_is_out_of_100() -> None:
    """The default rubric goes along the course, and has 100 points."""
    assert list(Rubric().points) == list(MILESTONES)
    assert Rubric().total == 100


def test_rubric_reads_back() -> None:
    """A rubric that is written is the rubric that is read."""
    rubric = required(Rubric(title='a "b"\\', conventions={"relu'(0)": "0"}), "add,mul,networks")
    assert parse(text(rubric)) == rubric


def test_a_rubric_is_kept_whole() -> None:
    """What is kept with the results is the rubric to the last digit, prerequisites too."""
    words = "[milestones]\nvalues = 3.14159265358979\n[milestones.order]\nneeds = ['graph']\n"
    rubric = replace(required(parse(words), "add,networks"), hints=0, show=("points",))
    assert loads(dumps(rubric)) == rubric


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("[milestones]\nvalues = 3\naccumulaton = 2\n", "line 3: 'accumulaton' is not a milestone"),
        ("hints = 4\n", "line 1: hints must be a whole number from 0 to 3"),
        ("title = 3\n", "line 1: title must be text, not a number"),
        ("\nrequire = ['add', 'tahn']\n", "line 2: 'tahn' is nothing to demand: did you mean"),
        ("not_reached = 'left ut'\n", "did you mean 'left out'?"),
        ("milestons = 1\n", "'milestons' is not a key of a rubric: did you mean 'milestones'?"),
        ("[milestones]\norder = -1\n", "line 2: order must be a number of points, 0 or more"),
        ("[milestones.order]\npoint = 1\n", "line 2: 'point' is not a key of a milestone"),
        ("[conventions]\n'relu(0)' = '0'\n", "line 2: 'relu(0)' is not a convention"),
        ("title = \n", "line 1: Invalid value"),
    ],
)  # fmt: skip
def test_wrong_rubric_is_refused(words: str, told: str) -> None:
    """A wrong rubric is refused with line, reason, and the nearest right word."""
    with pytest.raises(RubricError) as refused:
        parse(words, "r.toml")
    assert str(refused.value).startswith(("r.toml, line ", "r.toml:"))
    assert told in str(refused.value)


def test_right_engine_earns_all() -> None:
    """An engine that is right in all earns all points."""
    found = marks(seen(), Rubric())
    assert (found.points, found.verdict) == (100.0, "correct")


@pytest.mark.parametrize("key", CRITERIA)
def test_a_cause_costs_its_criterion_alone(key: str) -> None:
    """A mistake costs the share of the criterion that it is charged to, and nothing else."""
    milestone = CRITERIA[key].milestone
    share = sum(c.milestone == milestone for c in CRITERIA.values())
    found = marks(seen(key), Rubric())
    assert found.points == pytest.approx(100 - MILESTONES[milestone].points / share, abs=0.01)
    assert [step.key for step in found.steps if step.points < step.possible] == [milestone]


def test_what_is_not_reached_is_left_out() -> None:
    """Consequences cost nothing: what is not reached is no part of the sum."""
    found = marks(seen("accumulation/reuse", order__shared="not reached"), Rubric())
    assert found.points == pytest.approx(100 * (100 - 12 - 12) / (100 - 12), abs=0.01)
    (order,) = (step for step in found.steps if step.key == "order")
    assert (order.standing, order.possible) == ("not reached", 0)


def test_a_rubric_may_give_or_take_those_points() -> None:
    """A rubric may give all points for what is not reached, or none."""
    evidence = seen("accumulation/reuse", order__shared="not reached")
    scores = {way: marks(evidence, parse(f"not_reached = '{way}'")).points
              for way in ("all points", "no points")}  # fmt: skip
    assert scores == {"all points": 88.0, "no points": 76.0}


def test_what_is_demanded_and_missing_costs_points() -> None:
    """Half a homework is not correct; what nobody demands may be missing."""
    evidence = seen(arithmetic__pow="missing", activations__sin="missing")
    half = marks(evidence, Rubric())
    assert (half.points, half.verdict) == (97.0, "incomplete")
    whole = marks(evidence, required(Rubric(), "add,mul"))
    assert (whole.points, whole.verdict) == (100.0, "correct")
    more = marks(evidence, required(Rubric(), "add,mul,sin"))
    assert more.verdict == "incomplete"


def test_networks_are_demanded_by_name() -> None:
    """Networks that are not there are left out, unless they are demanded."""
    evidence = seen(networks__neuron="missing", networks__mlp="missing")
    assert marks(evidence, Rubric()).points == 100.0
    assert marks(evidence, required(Rubric(), "add,networks")).points == 96.0


def test_a_convention_may_be_demanded() -> None:
    """A convention costs points where it is demanded, and is left free otherwise."""
    rubric = parse("[conventions]\npoints = 5\n\"relu'(0)\" = '0'\n")
    assert marks(seen(), rubric).points == 100.0
    assert marks(Evidence(GRADED, criteria=seen().criteria, conventions={"relu'(0)": "0"}),
                 rubric).points == 105.0  # fmt: skip


def test_could_not_grade_is_no_mark() -> None:
    """A submission that could not be graded has the verdict that says so."""
    assert marks(Evidence(NOT_GRADED, reason="no"), Rubric()).verdict == "not graded"


@pytest.mark.parametrize("title", ["\0\x1f\x7f", 'a "b" \\ c', "two\nlines\r\t", "Übung 😀"])
def test_a_title_of_any_characters_is_read_back(title: str) -> None:
    """Control characters are escaped as TOML has them."""
    assert parse(text(Rubric(title=title))).title == title


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 2000 + "]" * 2000, "{a=" * 500 + "}" * 500])
def test_a_text_that_python_cannot_read_is_refused(value: str) -> None:
    """A number of too many digits and lists in lists are no TOML, and no accident."""
    with pytest.raises(RubricError, match="exam"):
        parse(f"hints = {value}", "exam")
