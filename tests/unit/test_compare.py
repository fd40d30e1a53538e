"""Comparing engines: each kind of difference is found, classed and shrunk; same stays same."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.compare.classify import Seen, answer, as_rounded, overlap
from verify.compare.cost import costs, interval, slowdowns, workloads
from verify.compare.difference import (
    Comparison,
    Difference,
    Kind,
    Ratio,
    Side,
    accepted,
    allowance,
)
from verify.compare.limits import chain, doubled
from verify.compare.search import Search, compare, own_side
from verify.compare.second import second_pass
from verify.compare.training import training
from verify.engines import EngineInfo, load
from verify.expression.graph import Case
from verify.expression.ops import FORMS
from verify.expression.reading import Enclosure, Raised, Reading
from verify.faults import CATALOGUE, SOURCE
from verify.report.comparison import lines

STEP = (Path(__file__).parents[2] / "examples/refactor/step_2_tape.py").read_text()


def compared(folder: Path, old: str, new: str, examples: int = 60) -> Comparison:
    """Two engines given as source."""
    paths = [folder / name for name in ("old_engine.py", "new_engine.py")]
    for path, source in zip(paths, (old, new), strict=True):
        path.write_text(source)
    with load(paths[0]) as one, load(paths[1]) as two:
        return compare(one, two, Search(examples=examples))


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "kind", "side", "size"),
    [
        ("(y * (1.0))", "(y * (1 + 1e-12))", "gradient", "wrong-new", 1),
        (
            "y = math.exp(self.data)",
            "y = math.exp(self.data) * (1 + 1e-12)",
            "value",
            "wrong-new",
            1,
        ),
        (
            "1.0 if self.data > 0 else 0.0",
            "1.0 if self.data >= 0 else 0.0",
            "gradient",
            "convention",
            1,
        ),
        ("    def tanh", "    def tanhh", "operations", "only-old", 0),
        ('raise TypeError("the exponent', 'raise KeyError("the exponent', "", "", 0),
    ],
    ids=["1e-12 in a gradient", "1e-12 in a value", "kink", "missing", "message only"],
)
def test_differences(tmp_path: Path, old: str, new: str, kind: str, side: str, size: int) -> None:  # noqa: PLR0917
    """What was changed is what is reported, on the smallest expression, and nothing else."""
    base = STEP.replace("(self,), (y,))", "(self,), ((y * (1.0)),))")
    assert old in base
    found = compared(tmp_path, base, base.replace(old, new))
    kinds = {d.kind for d in found.refused} - {"intermediate gradient"}  # it follows from the other
    assert (kinds, {d.side for d in found.refused}) == (
        ({kind}, {side}) if kind else (set(), set())
    )
    assert found.exit_code == (1 if kind else 0)
    if size:
        assert min(len(d.case.graph.operations) for d in found.refused if d.case) == size


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("visited-on-class", "state"),
        ("backward-once", "state"),
        ("slope-cached-on-operand", "state"),
        ("every-path-visited", "growth"),
        ("cut-at-depth", "depth"),
    ],
)
def test_what_one_pass_cannot_show(tmp_path: Path, fault: str, kind: str) -> None:
    """Faults of state, cost and depth are found between an engine and the same with the fault."""
    found = compared(tmp_path, SOURCE, CATALOGUE[fault].source, examples=20)
    assert kind in {d.kind for d in found.refused}


@pytest.mark.slow
def test_networks(tmp_path: Path) -> None:
    """Every fault of a network is found between an engine and the same with it; no other is."""
    base = tmp_path / "base.py"
    base.write_text(SOURCE)
    faults = [fault for fault in CATALOGUE.values() if fault.family == "network"]
    missed = []
    with load(base) as old:
        assert list(training(old, old)) == []
        for fault in faults:
            path = tmp_path / f"{fault.id.replace('-', '_')}.py"
            path.write_text(fault.source)
            with load(path) as new:
                found = list(training(old, new))
            missed += [] if [d.kind for d in found] == ["network"] else [fault.id]
    assert missed == []
    assert len(faults) > 10


@pytest.mark.slow
def test_too_little_is_inconclusive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two engines of which too few numbers can be compared are not called the same."""
    lacking = STEP
    for name in ("__mul__", "__pow__", "exp", "log", "tanh", "relu"):
        lacking = lacking.replace(f"def {name}(", f"def {name.strip('_')}_gone(")
    monkeypatch.setattr("verify.compare.search.LEAST_COMPARED", 100_000)
    found = compared(tmp_path, lacking, lacking, examples=0)
    assert (0 < found.numbers < found.minimum, int(found.exit_code)) == (True, 3)


def test_allowance() -> None:
    """Rounding is allowed unless bits are demanded; names that do not exist are refused."""
    assert allowance(["depth"]) == {"depth", "bits", "bounds"}
    assert allowance(["depth"], exact=True) == {"depth"}
    with pytest.raises(ValueError, match="deepness: no such class; there are operations, value"):
        allowance(["deepness"])


def test_a_kind_accepts_nothing_wrong() -> None:
    """A kind accepts what nobody did wrong; a wrong side has to be named itself."""
    told = [
        accepted("state", side, allowance([name]))
        for side in ("convention", "only-old", "wrong-new")
        for name in ("state", "wrong-new")
    ]
    assert told == [True, False, True, False, False, True]


def shown(*differences: Difference, ratios: tuple[Ratio, ...] = ()) -> str:
    """What is reported of these differences."""
    one = EngineInfo("one.py", "", "", "")
    tally = {(d.kind, d.side): 1 for d in differences}
    whole = Comparison(one, one, 1, 1, 0, tally, differences, allowance(()), ratios)
    return "\n".join(str(line) for line in lines(whole, 80))


def difference(kind: Kind, side: Side, text: str = "") -> Difference:
    """A difference on an expression at 2."""
    return Difference(kind, side, text, "", "", Case.parse(text, a=2.0) if text else None)


def test_one_operation_is_one_entry() -> None:
    """What is larger and holds the operation stands with it; another side does not."""
    said = shown(
        difference("gradient", "wrong-new", "a.tanh()"),
        difference("value", "wrong-new", "a.tanh() + a"),
        difference("gradient", "wrong-new", "a * a"),
        difference("state", "convention", "a.tanh() * a"),
    )
    assert re.findall(r"^(\d)\. (\w+)", said, re.MULTILINE) == [
        ("1", "gradient"), ("2", "gradient"), ("3", "state"),
    ]  # fmt: skip
    assert "also   1 more with tanh: value" in re.sub(" +also +", "also   ", said)


def test_only_what_nobody_did_wrong_may_be_accepted() -> None:
    """An allowance is proposed where both are right; for a slowdown the limit that fits."""
    slow = Ratio("chain", "time", 1.0, 1.5, 1.5, 1.41, 1.8, 36, 200)
    assert "accept by" not in shown(difference("gradient", "wrong-new", "a * a"))
    assert "accept by" not in shown(difference("growth", "only-old"))
    assert "--allow convention" in shown(difference("gradient", "convention", "a.relu()"))
    said = shown(difference("slowdown", "only-new"), ratios=(slow,))
    assert ("--max-slowdown 1.5" in said, "--allow" in said) == (True, False)


@pytest.mark.parametrize(
    ("replaced", "side"),
    [("", "convention"), ("            v._backward = lambda: None\n", "wrong-new")],
    ids=["none", "freed"],
)
def test_a_second_pass(tmp_path: Path, replaced: str, side: str) -> None:
    """A graph that a pass takes apart in silence is wrong in the second one, as a check says."""
    last = "            v._backward()\n"
    assert last in TEXTBOOK
    paths = [tmp_path / "one.py", tmp_path / "two.py"]
    paths[0].write_text(TEXTBOOK)
    paths[1].write_text(TEXTBOOK.replace(last, last + replaced))
    with load(paths[0]) as one, load(paths[1]) as two:
        found, told = second_pass(one, two)
    assert found == side
    if told is not None:
        assert (str(told.case), told.old, told.new) == ("a + a  at  a=2.0", "2.0", "0.0")
        assert "a second backward pass" in told.note


def test_shapes_of_the_probes() -> None:
    """A chain has as many additions as asked for; a doubling has one node a time."""
    assert chain(3).graph.expression() == "((a + a) + a) + a"
    assert len(doubled(20).graph.operations) == 20
    assert {name for name, _ in workloads(FORMS)} == {"chain", "sum of products", "shared"}
    assert list(workloads(())) == []


@given(st.lists(st.floats(0.1, 10.0), min_size=1, max_size=60))
def test_interval_holds_the_median(ratios: list[float]) -> None:
    """The interval lies around the median, and is the whole range where there are few numbers."""
    ordered = sorted(ratios)
    low, high = interval(ordered)
    assert low <= ordered[len(ordered) // 2] <= high
    if len(ordered) <= 10:
        assert (low, high) == (ordered[0], ordered[-1])


def test_interval_has_its_confidence() -> None:
    """For 36 pairs, the sign test's interval at 99.9 % is from the 8th to the 29th ratio."""
    assert interval([float(i) for i in range(1, 37)]) == (8.0, 29.0)


@pytest.mark.parametrize(("low", "slower"), [(1.19, 0), (1.21, 1)])
def test_only_a_clear_slowdown_counts(low: float, slower: int) -> None:
    """A slowdown counts when its whole interval lies above what is allowed."""
    ratio = Ratio("chain", "time", 1.0, 1.5, 1.5, low, 1.8, 36, 200)
    memory = Ratio("chain", "memory", 1.0, 9.0, 9.0, 9.0, 9.0, 3, 200)
    assert len(list(slowdowns([ratio, memory], 1.2))) == slower


# --- engines that differ from themselves ----------------------------------------------------------

TEXTBOOK = (Path(__file__).parents[1] / "zoo/textbook.py").read_text()
SHUFFLED = TEXTBOOK.replace(
    "        self._prev = set(_children)", "        self._prev = set(_children)\n        DRAW(self)"
).replace(
    "class Value:",
    """import random

CHANCE = random.SystemRandom()


def DRAW(node):  # what an address does to a set, in every process and on every machine
    node.mark = CHANCE.getrandbits(60)


class Value:
    def __hash__(self):
        return self.mark
""",
)
"""The lecture's engine, operands in a set whose order nothing determines."""


@pytest.mark.slow
def test_an_engine_does_not_differ_from_itself(tmp_path: Path) -> None:
    """The order of a set moves last bits: that is reported, accepted, and nobody is wrong."""
    found = compared(tmp_path, SHUFFLED, SHUFFLED)
    assert found.refused == ()
    assert int(found.exit_code) == 0
    sides = {d.side for d in found.differences if d.kind == "reproducibility"}
    assert sides <= {"bits", "bounds"}
    assert sides


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("self.grad += (1 - t**2) * out.grad", "self.grad += (1 - t) * out.grad"),
        ("self.grad += other.data * out.grad", "self.grad = other.data * out.grad"),
    ],
    ids=["slope", "assigned, so that the order tells"],
)
def test_a_wrong_engine_does_not_differ_from_itself(tmp_path: Path, right: str, wrong: str) -> None:
    """Nor does one with a mistake whose wrong numbers change with the order of a set."""
    assert right in SHUFFLED
    source = SHUFFLED.replace(right, wrong)
    found = compared(tmp_path, source, source)
    assert found.refused == ()
    assert found.tally


@pytest.mark.slow
def test_an_order_that_is_new_is_a_difference(tmp_path: Path) -> None:
    """Where only the new one is wrong now and then, it is: the old one never was."""
    found = compared(
        tmp_path,
        TEXTBOOK.replace("set(_children)", "_children"),
        SHUFFLED.replace("self.grad += other.data * out.grad", "self.grad = other.data * out.grad"),
    )
    assert {"wrong-new"} <= {d.side for d in found.refused if d.kind == "reproducibility"}
    assert int(found.exit_code) == 1


@pytest.mark.slow
def test_a_difference_shows_between_shuffled_engines(tmp_path: Path) -> None:
    """Two engines that both differ from themselves still differ where no order explains it."""
    flawed = SHUFFLED.replace(
        "self.grad += other.data * out.grad", "self.grad = other.data * out.grad"
    )
    found = compared(
        tmp_path, flawed, flawed.replace("(1 - t**2) * out.grad", "(1 - t**3) * out.grad")
    )
    sizes = [
        len(d.case.graph.operations)
        for d in found.refused
        if d.case and (d.kind, d.side) == ("gradient", "wrong-new")
    ]
    assert min(sizes) == 1


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ((1.0, 2.0), (2.0, 3.0), True),
        ((1.0, 3.0), (2.0, 2.5), True),
        ((1.0, 2.0), (3.0, 4.0), False),
        ((None,), (0.0,), False),
        (("('ValueError', 1)", 1.0), ("('ValueError', 1)",), True),
    ],
)
def test_answers_that_overlap(
    old: tuple[float | str | None, ...], new: tuple[float | str | None, ...], same: bool
) -> None:
    """Two engines might say the same if an answer is shared, or their ranges overlap."""
    assert (overlap(old, new), overlap(new, old)) == (same, same)


def test_answer_in_words() -> None:
    """Where there is no number, an answer is what was raised, or that the readings end."""
    place = Seen("state", "undecided", 0, "gradient", "", "", place=1)
    whole = Reading("engine", (1.0,), (2.0,))
    raised = Reading("engine", raised=Raised("ValueError", "no", "backward", node=1))
    assert answer([whole], place) == "stops"
    assert answer([whole, whole], place) == 2.0
    assert answer([whole, raised], place) == "('ValueError', 1)"
    assert answer([whole, whole], replace(place, quantity="value")) == 1.0


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("power", "side"),
    [("(1 - t**2) * 1.1", "bounds"), ("(1 - t**2) * (1.1 + 1e-12)", "wrong-both")],
)
def test_one_mistake_in_both(tmp_path: Path, power: str, side: str) -> None:
    """The same wrong number, rounded in another order, is one mistake in both: no difference."""
    tanh = "(1 - t**2) * out.grad"
    tuples = TEXTBOOK.replace("set(_children)", "_children")
    found = compared(
        tmp_path,
        tuples.replace(tanh, "1.1 * (out.grad - t*t * out.grad)"),
        tuples.replace(tanh, f"{power} * out.grad"),
    )
    assert side in {which for kind, which in found.tally if "gradient" in kind}
    assert {d.side for d in found.refused} == ({side} - {"bounds"})


@pytest.mark.slow
def test_report_of_one_that_differs_from_itself(tmp_path: Path) -> None:
    """A line says which one does, and why it counts or does not; that it shows at all is chance."""
    flawed = SHUFFLED.replace("self.grad += other.data", "self.grad = other.data")
    width = 200
    rounding = [str(line) for line in lines(compared(tmp_path, SHUFFLED, SHUFFLED), width)]
    own = [line for line in rounding if "one differs from itself from run to run" in line]
    assert {line.endswith("rounding explains (accepted)") for line in own} == {True}
    mistaken = [str(line) for line in lines(compared(tmp_path, flawed, flawed), width)]
    said = "one differs from itself from run to run: both do: no difference (accepted)"
    assert sum(said in line for line in mistaken) == 2
    assert mistaken[-1].startswith("SAME")


@pytest.mark.parametrize(
    ("x", "y", "enclosure", "side"),
    [
        (None, 2.0, Enclosure(1.0), None),
        (2.0, math.inf, Enclosure(1.0), None),
        (2.0, 2.0 + 2**-51, Enclosure(1.0), "bits"),
        (2.0, 2.0 + 2**-40, Enclosure(1.0, bound=2**-40), "bounds"),
        (2.0, 2.0 + 2**-40, Enclosure(0.0), None),
        (2.0, 2.0 + 2**-46, Enclosure(0.0), "bounds"),
        (2.0, 2.001, Enclosure(1e-9, bound=1e-12), None),
    ],
)
def test_wrong_numbers_that_are_one(
    x: float | None, y: float, enclosure: Enclosure, side: str | None
) -> None:
    """Two wrong numbers are one mistake if rounding explains how far apart they are."""
    assert as_rounded(x, y, enclosure) == side


@pytest.mark.parametrize(
    ("side", "name", "own"),
    [
        ("bounds", "old", "bounds"),
        ("convention", "new", "convention"),
        ("imprecise-old", "new", "imprecise-new"),
        ("imprecise-new", "old", "imprecise-old"),
        ("wrong-new", "old", "wrong-old"),
        ("only-old", "new", "wrong-new"),
    ],
)
def test_whose_fault_it_is(side: Side, name: str, own: str) -> None:
    """What one engine does otherwise than itself is nobody's fault, or its own."""
    assert own_side(side, name) == own


# --- cost -----------------------------------------------------------------------------------------


def cost_of(folder: Path, tanh: str) -> tuple[set[str], str]:
    """The workloads that are measured on the lecture's engine with this tanh; why not the rest."""
    path = folder / "engine.py"
    path.write_text(TEXTBOOK.replace("math.tanh(self.data)", tanh))
    with load(path) as engine:
        ratios, reason = costs(engine, engine, pairs=1, processes=1)
    return {each.workload for each in ratios}, reason


@pytest.mark.slow
def test_workloads_suit_a_tanh_written_with_exp(tmp_path: Path) -> None:
    """All three run on the lecture's own tanh, which overflows from 355 on."""
    lectured = "(math.exp(2 * self.data) - 1) / (math.exp(2 * self.data) + 1)"
    assert cost_of(tmp_path, lectured) == ({"chain", "sum of products", "shared"}, "")


@pytest.mark.slow
def test_a_workload_that_fails_is_named(tmp_path: Path) -> None:
    """What was measured before it stays."""
    assert cost_of(tmp_path, "1 / 0") == (
        {"chain", "sum of products"},
        "shared: ZeroDivisionError: division by zero",
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([("state", "convention")], "--allow state"),
        ([("state", "wrong-new"), ("state", "convention")], "--allow state"),
        ([("state", "convention"), ("gradient", "convention")], "--allow convention"),
        (
            [("gradient", "convention"), ("value", "imprecise-old"), ("value", "imprecise-new")],
            "--allow convention --allow imprecise-new --allow imprecise-old",
        ),
    ],
)
def test_no_more_is_proposed_to_be_accepted_than_differs(
    found: list[tuple[Kind, Side]], expected: str
) -> None:
    """A second pass that adds up otherwise is accepted by its kind: no other convention is."""
    refused = tuple([Difference(kind, side, "gradient of a", "4.0", "2.0") for kind, side in found])
    info = EngineInfo("engine.py", "engine.py", "Value", "3.11")
    made = Comparison(info, info, 1, 1, 0, {}, refused, frozenset())
    text = " ".join(" ".join(str(line) for line in lines(made, 200)).split())
    assert f"accept by {expected} took" in text


def test_what_was_counted_alone_is_proposed_to_be_accepted() -> None:
    """One line holds all that is needed: also for what has no example of its own yet."""
    info = EngineInfo("engine.py", "engine.py", "Value", "3.11")
    told: tuple[tuple[Kind, Side], ...] = (("error", "convention"), ("value", "imprecise-old"))
    refused = (Difference("error", "convention", "value of b", "raises OverflowError", "1.0"),)
    made = Comparison(info, info, 1, 1, 0, dict.fromkeys(told, 2), refused, frozenset())
    text = " ".join(" ".join(str(line) for line in lines(made, 200)).split())
    assert "accept by --allow convention --allow imprecise-old took" in text


ADDING_UP = """
import math


class Value:
    def __init__(self, data, parts=()):
        self.data, self.parts, self.grad = data, parts, 0.0

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __sub__(self, other):
        return self + other * -1.0

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, ((self, 1 - y * y),))

    def backward(self):
        order, met = [], set()

        def visit(v):
            if v not in met:
                met.add(v)
                for part, _ in v.parts:
                    visit(part)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for part, slope in v.parts:
                part.grad += slope * v.grad
"""
"""A right engine, whose second pass over one graph adds to what the first left on all its nodes."""


def test_two_passes_of_a_wrong_operation_are_no_convention(tmp_path: Path) -> None:
    """``b - b`` is 0 after one pass whatever tanh' is: after two, nobody can tell who is right."""
    wrong = ADDING_UP.replace("1 - y * y", "1 - y")
    found = compared(tmp_path, ADDING_UP, wrong)
    sides = {d.side for d in found.differences if d.kind == "state"}
    assert any(d.side == "wrong-new" and d.kind == "gradient" for d in found.differences)
    assert "undecided" in sides
    assert "convention" not in sides
    assert ("state", "convention") not in found.tally


def test_what_two_passes_add_up_to_is_a_convention_where_neither_is_wrong(tmp_path: Path) -> None:
    """One engine sets its results back before a pass, and is right as well."""
    other = ADDING_UP.replace(
        "        self.grad = 1.0", "        for v in order:\n            v.grad = 0.0 if v.parts "
        "else v.grad\n        self.grad = 1.0",
    )  # fmt: skip
    found = compared(tmp_path, ADDING_UP, other)
    assert {d.side for d in found.differences if d.kind == "state"} == {"convention"}
