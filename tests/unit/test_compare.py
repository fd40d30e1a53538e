"""Comparing engines: each kind of difference is found, classed and shrunk; same stays same."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.compare.cost import interval, slowdowns, workloads
from verify.compare.difference import Comparison, Ratio, allowance
from verify.compare.limits import chain, doubled
from verify.compare.search import Search, compare
from verify.compare.training import training
from verify.engines import load
from verify.faults import CATALOGUE, SOURCE
from verify.ops import FORMS

STEP = (Path(__file__).parents[2] / "examples/refactor/step_2_tape.py").read_text()


def compared(folder: Path, old: str, new: str, examples: int = 60) -> Comparison:
    """Two engines given as source."""
    paths = [folder / name for name in ("old_engine.py", "new_engine.py")]
    for path, source in zip(paths, (old, new), strict=True):
        path.write_text(source)
    with load(paths[0]) as one, load(paths[1]) as two:
        return compare(one, two, Search(examples=examples))


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


def test_too_little_is_inconclusive(tmp_path: Path) -> None:
    """Two engines that have nothing in common but leaves are not called the same."""
    lacking = STEP
    for name in ("__add__", "__mul__", "__pow__", "exp", "log", "tanh", "relu"):
        lacking = lacking.replace(f"def {name}(", f"def {name.strip('_')}_gone(")
    found = compared(tmp_path, lacking, lacking, examples=5)
    assert (found.numbers < found.minimum, int(found.exit_code)) == (True, 3)


def test_allowance() -> None:
    """Rounding is allowed unless bits are demanded; names that do not exist are refused."""
    assert allowance(["depth"]) == {"depth", "bits", "bounds"}
    assert allowance(["depth"], exact=True) == {"depth"}
    with pytest.raises(ValueError, match="deepness: no such class; there are operations, value"):
        allowance(["deepness"])


def test_shapes_of_the_probes() -> None:
    """A chain has as many additions as asked for; a doubling has one node a time."""
    assert chain(3).expression() == "((a + b) + b) + b"
    assert len(doubled(20).operations) == 20
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
