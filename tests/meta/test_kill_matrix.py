"""The harness against its own catalogue: every planted mistake is caught, named and shown small."""

import json
import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

from verify.checking.findings import SCALES
from verify.checking.kill_matrix import Row, matrix, summary, to_json, to_markdown
from verify.checking.run import Plan, outcome
from verify.cli import main
from verify.engines import load
from verify.faults import CATALOGUE, SIZE_BY_NATURE, SOURCE, module
from verify.faults.fault import UNSTABLE

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """The whole catalogue, planted and checked once, with a seed that no figure was made with."""
    return list(matrix(seed=20_261))


@pytest.mark.search
def test_every_fault_is_caught(rows: list[Row]) -> None:
    """Planted in a right engine, each mistake of the catalogue makes the verdict wrong."""
    assert [row.fault for row in rows] == list(CATALOGUE)
    assert summary(rows)["missed"] == []


@pytest.mark.search
def test_no_mistake_is_found_by_luck(rows: list[Row]) -> None:
    """What every check tries, whatever its seed and its number of examples, catches all of them."""
    by_luck = [row.fault for row in rows if row.check in {"random", "wide"}]
    assert summary(list(matrix(ids=[*by_luck, "default-list-shared"], examples=0)))["missed"] == []


@pytest.mark.search
def test_counterexamples_are_small(rows: list[Row]) -> None:
    """At most three operations for 95 % of those not large by nature; five for all of these.

    What is seen first on a scale, or in the five-thousandth pass of a program, is shown there; what
    happens by chance is shown as it was read.
    """
    large = {*SCALES, "passes"}
    other = {*SIZE_BY_NATURE, *UNSTABLE}
    small = [row for row in rows if row.check not in large and row.fault not in other]
    sizes = {row.fault: row.operations for row in small}
    assert sum(size <= 3 for size in sizes.values()) >= 0.95 * len(sizes)
    assert {name for name, size in sizes.items() if size > 5} == set()


@pytest.mark.search
def test_diagnosis_names_the_planted_fault(rows: list[Row]) -> None:
    """No mistake is called by another one's name; nine of ten are called by their own.

    What a name does not predict is described plainly. What shows of an unstable one, and so its
    name, is up to chance.
    """
    alike = runpy.run_path(str(Path(__file__).parents[2] / "bench/faults.py"))["ALIKE"]
    stable = [row for row in rows if row.fault not in {*alike, *UNSTABLE}]
    plain = {"", "exponential"}
    assert {row.fault: row.named for row in stable if row.named not in {row.fault, *plain}} == {}
    assert sum(row.named == row.fault for row in stable) >= 0.9 * len(stable)


@pytest.mark.search
def test_right_base_engine_is_not_accused() -> None:
    """The engine that the faults are planted in is correct, its networks included."""
    found = outcome(load(module(SOURCE, "base")), Plan(examples=60, seed=3))
    assert (found.verdict, found.findings) == ("correct", ())
    assert found.accounts.cases["networks"] > 0


@pytest.mark.sample(7)
@pytest.mark.usefixtures("in_short")
@pytest.mark.parametrize(
    "name",
    ["assign-everywhere", "neg-sign", "pre-order", "upstream-missing-mul", "closure-not-stored",
     "operand-copied", "recursion-without-order"],
)  # fmt: skip
def test_one_mistake_is_one_finding(name: str) -> None:
    """A mistake that makes many expressions wrong is reported once."""
    found = outcome(load(module(CATALOGUE[name].source, name)), Plan(examples=60, seed=1))
    assert [finding.diagnosis.fault for finding in found.findings] == [name]


def test_unstable_engine_shows_both_answers() -> None:
    """An engine whose answers depend on memory addresses is reported with more than one answer."""
    fault = CATALOGUE["order-by-address"]
    found = outcome(load(module(fault.source, fault.id)), Plan(examples=60)).findings
    assert len(found) == 1
    assert len(set(found[0].answers)) > 1
    assert "different runs" in found[0].diagnosis.explanation


@pytest.mark.search
def test_json_and_page_come_from_the_same_run(rows: list[Row]) -> None:
    """Each fault has a row and an explanation on the page, and an object in the JSON."""
    data, page = to_json(rows, 1), to_markdown(rows, 1)
    assert json.loads(json.dumps(data))["summary"]["faults"] == len(CATALOGUE)
    for fault in CATALOGUE.values():
        assert f"| {fault.id} |" in page
        assert fault.explanation in page


def test_page_in_the_repository_has_the_whole_catalogue() -> None:
    """docs/faults.md was written with this catalogue."""
    page = PAGE.read_text(encoding="utf-8")
    assert [f.id for f in CATALOGUE.values() if f"**{f.id}**: {f.title}." not in page] == []


def test_missed_fault_is_a_failure_of_the_harness(monkeypatch: pytest.MonkeyPatch) -> None:
    """``verify faults`` ends with code 4 when a planted mistake is not caught."""
    right = "verify.checking.kill_matrix.module"
    monkeypatch.setattr(right, lambda _source, name: module(SOURCE, name))
    said = CliRunner().invoke(main, ["faults", "exp-gives-input"])
    assert said.exit_code == 4
    assert "MISSED" in said.output


def test_unknown_fault_is_refused() -> None:
    """A name that is not in the catalogue is one message and code 2."""
    said = CliRunner().invoke(main, ["faults", "no-such"])
    assert said.exit_code == 2
    assert "no mistake 'no-such'" in said.output
