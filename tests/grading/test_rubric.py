"""Rubrics and marks: nothing is run here."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.generators.scenarios import CONVENTIONS
from verify.grading.criteria import CRITERIA, MILESTONES
from verify.grading.evidence import GRADED, NOT_GRADED, Evidence, Seen, Told
from verify.grading.marks import lacking, marks
from verify.grading.rubric import Rubric, RubricError, dumps, load, loads, parse, required, text


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
    words = "[milestones]\nvalues = 3.14159265358979\n[milestones.order]\nneeds = ['graph']\n"
    assert parse(text(parse(words))) == parse(words)


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
        ("[milestones]\norder = { needs = ['order'] }\n", "line 2: order would have to come"),
        ("[milestones.backward]\nneeds = ['order']\n", "would have to come before itself"),
        ("[milestones]\norder = 9\n\nhints = 2\n", "line 4: 'hints' stands in the table [mil"),
        ("[conventions]\nshow = ['points']\n", "line 2: 'show' stands in the table [conventions]"),
        ("[conventions]\n\"relu'(0)\" = 'zero'\n", "line 2: relu'(0) must be a number in quota"),
        ("[conventions]\n'max of equal operands' = 'half'\n", "did you mean 'half each'?"),
    ],
)  # fmt: skip
def test_wrong_rubric_is_refused(words: str, told: str) -> None:
    """A wrong rubric is refused with line, reason, and the nearest right word."""
    with pytest.raises(RubricError) as refused:
        parse(words, "r.toml")
    assert str(refused.value).startswith(("r.toml, line ", "r.toml:"))
    assert told in str(refused.value)


def test_what_a_convention_has_to_be_is_what_reports_say() -> None:
    """Each of their words is read, and a number however it is written."""
    for name, words in [(c.name, c.meanings.values()) for c in CONVENTIONS]:
        for said in (*words, "raises ValueError"):
            assert parse(f"[conventions]\n{name!r} = {said!r}\n").conventions == {name: said}
    assert parse("[conventions]\n\"relu'(0)\" = '0.0'\n").conventions == {"relu'(0)": "0"}


def test_an_editor_may_mark_a_file_as_unicode(tmp_path: Path) -> None:
    """Some put three bytes before the text."""
    path = tmp_path / "rubric.toml"
    path.write_text("hints = 2\n", "utf-8-sig")
    assert load(path).hints == 2


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


def test_without_a_backward_pass_nobody_says_what_is_not_there() -> None:
    """What a pass would show is not seen; the pass itself is not there."""
    absent = [key for key in CRITERIA if key.partition("/")[0] in {"graph", "backward", "order"}]
    found = marks(seen(**{key.replace("/", "__"): "missing" for key in absent}), Rubric())
    why = {mark.criterion: mark.why for step in found.steps for mark in step.marks}
    assert why["graph/kept"].endswith(": not seen, as there is no backward pass")
    assert why["backward/chain"] == f"{CRITERIA['backward/chain'].title}: not there"
    assert CRITERIA["graph/kept"].title not in " ".join(lacking(found))
    assert CRITERIA["backward/chain"].title in " ".join(lacking(found))


def test_networks_are_demanded_by_name() -> None:
    """Networks that are not there are left out, unless they are demanded."""
    evidence = seen(networks__neuron="missing", networks__mlp="missing")
    assert marks(evidence, Rubric()).points == 100.0
    assert marks(evidence, required(Rubric(), "add,networks")).points == 96.0


def test_a_convention_may_be_demanded() -> None:
    """It costs points where it is another, and nothing where there is nothing that has it."""
    rubric = parse("[conventions]\npoints = 5\n\"relu'(0)\" = '0'\n")
    found = {
        said: marks(replace(seen(), conventions={"relu'(0)": said} if said else {}), rubric)
        for said in ("0", "1", "")
    }
    assert [one.points for one in found.values()] == [105.0, 100.0, 105.0]
    assert [one.steps[-1].standing for one in found.values()] == ["earned", "lost", "left out"]
    assert lacking(found["1"]) == ("relu'(0): demanded 0, here 1",)
    assert lacking(found[""]) == ()


def test_what_the_lecture_writes_is_all_that_is_demanded() -> None:
    """A power has a number as its exponent there: nobody needs another one for all points."""
    evidence = replace(seen(numbers__pow="missing"), absent=("a ** b", "2 ** a", "a **= b"))
    found = marks(evidence, Rubric())
    assert (found.points, found.verdict) == (100.0, "correct")


@pytest.mark.parametrize("op", ["add", "mul", "sub", "div"])
def test_a_missing_form_costs_its_part(op: str) -> None:
    """A number on the left costs the same for each operation, and is told."""
    form = {"add": "2 + a", "mul": "2 * a", "sub": "2 - a", "div": "2 / a"}[op]
    found = marks(replace(seen(), absent=(form,)), Rubric())
    assert (found.points, found.verdict) == (round(100 - 8 / 7 / 2, 2), "incomplete")
    assert lacking(found) == (f"not there: {form}",)
    assert marks(replace(seen(), absent=(form,)), required(Rubric(), "neg")).points == 100.0


@given(data=st.data())
def test_milestones_add_up_to_the_whole(data: st.DataObject) -> None:
    """Whatever was seen: and who earned all of a milestone has all of it."""
    said = st.sampled_from(("right", "wrong", "missing", "not reached", "undecided"))
    few = st.sampled_from(("right", "right", "right", "right", data.draw(said)))
    points = data.draw(st.lists(st.sampled_from((0, 1, 3, 7.77, 10 / 3)), min_size=20))
    rubric = Rubric(points=dict(zip(MILESTONES, [1, *points], strict=False)))
    evidence = Evidence(GRADED, criteria={key: data.draw(few) for key in CRITERIA})
    found = marks(evidence, rubric)
    if any(step.possible for step in found.steps):
        assert sum(round(100 * s.points) for s in found.steps) == round(100 * found.points)
        assert sum(round(100 * s.possible) for s in found.steps) == round(100 * rubric.total)
    assert [s.key for s in found.steps if not 0 <= s.points <= s.possible] == []
    assert [s.key for s in found.steps if s.standing == "lost" and s.points] == []


@pytest.mark.parametrize("criterion", ["graph/kept", "order/shared", "backward/chain"])
def test_a_milestone_that_is_lost_has_no_rest(criterion: str) -> None:
    """A hundredth that is left over by rounding is no point for what is wrong."""
    absent = ["log", "sigmoid", "sqrt", "abs", "sin", "cos", "max", "min"]
    missing = ["networks/neuron", "networks/mlp", *[f"activations/{op}" for op in absent]]
    evidence = seen(criterion)
    evidence.criteria.update(dict.fromkeys(missing, "missing"))
    found = marks(evidence, Rubric())
    lost = [(s.points, s.standing) for s in found.steps if s.key == criterion.partition("/")[0]]
    assert lost == [(0.0, "lost")]
    assert sum(round(100 * s.points) for s in found.steps) == round(100 * found.points)


def test_sum_can_be_demanded() -> None:
    """Each operation that is named is demanded, the built-in sum too."""
    evidence = replace(seen(numbers__sum="missing"), absent=("sum([a, b])",))
    assert marks(evidence, Rubric()).verdict == "correct"
    assert marks(evidence, required(Rubric(), "add,sum")).verdict == "incomplete"


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
