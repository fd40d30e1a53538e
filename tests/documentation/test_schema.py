"""docs/reference: what is said of JSON, of Python and of rubrics is what the code does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import micrograd
import verify
from verify.engines import EngineError, EngineInfo, load
from verify.grading.criteria import MILESTONES
from verify.grading.rubric import Rubric
from verify.report.json import report, reports, unusable
from verify.verdict.outcome import Outcome

REFERENCE = Path(__file__).parents[2] / "docs/reference"
SCHEMA: dict[str, Any] = json.loads((REFERENCE / "report.schema.json").read_text("utf-8"))


def refused(name: str) -> Outcome:
    """The outcome for an engine that is not there."""
    error = EngineError("not found", "there is none")
    return unusable(EngineInfo(name, "", "", ""), error, seed=0, examples=8, seconds=0.0)


def test_an_engine_that_cannot_be_used_fits_the_schema() -> None:
    """One alone, and several together."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema: not installed")
    for outcomes in (refused("a"),), (refused("a"), refused("b")):
        jsonschema.validate(reports(outcomes), SCHEMA)


@pytest.mark.slow
def test_a_whole_report_fits_the_schema(shown: Outcome) -> None:
    """A finding with its line and its change, as a check with everything in it gives them."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema: not installed")
    jsonschema.validate(report(shown), SCHEMA)
    assert shown.findings[0].mend is not None


def test_the_schema_knows_every_key() -> None:
    """No key of a report is missing from the schema, and none in it was taken away."""
    data = report(refused("a"))
    assert set(data) == set(SCHEMA["$defs"]["report"]["properties"])
    assert set(data["engine"]) == set(SCHEMA["$defs"]["engine"]["properties"])
    assert set(data["counts"]) == set(SCHEMA["$defs"]["counts"]["properties"])


def test_every_public_name_is_in_the_reference() -> None:
    """What ``import verify`` and ``import micrograd`` give, and nothing else."""
    page = (REFERENCE / "api.md").read_text("utf-8")
    described = set(re.findall(r"^\.\. auto\w+:: ([\w.]+)", page, re.MULTILINE))
    given = {f"verify.{name}" for name in verify.__all__}
    given |= {f"micrograd.{name}" for name in micrograd.__all__}
    assert described == given


def test_milestones_of_the_page_are_those_of_a_rubric() -> None:
    """Points, and what comes before each."""
    page = (REFERENCE / "rubric.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.*)\|$", page, re.MULTILINE)
    shown = [(key, float(points), tuple(re.findall(r"\w+", needs))) for key, points, needs in rows]
    assert shown == [(m.key, m.points, m.needs) for m in MILESTONES.values()]


def test_what_holds_unless_told() -> None:
    """The third column is what a rubric has that says nothing."""
    page = (REFERENCE / "rubric.md").read_text("utf-8")
    usual = Rubric()
    for key, value in {
        "title": usual.title,
        "require": json.dumps(list(usual.require)),
        "hints": usual.hints,
        "not_reached": usual.not_reached,
    }.items():
        assert re.search(rf"^\| `{key}` \| .* \| `{re.escape(str(value))}` \|$", page, re.MULTILINE)


def test_what_the_pattern_of_an_operation_says_stands_there() -> None:
    """docs/howto/operation.md shows pieces of files: each is in its file."""
    page = (REFERENCE.parent / "howto/operation.md").read_text("utf-8")
    rows = re.findall(r"^\| `(verify/[^`]+)` \| `(.+)` \|$", page, re.MULTILINE)
    assert len(rows) == 9
    for file, piece in rows:
        assert piece in (REFERENCE.parents[1] / file).read_text("utf-8"), file


def test_what_the_page_on_faults_shows_is_in_the_catalogue() -> None:
    """The record that docs/howto/fault.md shows is one of the catalogue."""
    page = (REFERENCE.parent / "howto/fault.md").read_text("utf-8")
    shown = re.search(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert shown is not None
    catalogue = REFERENCE.parents[1] / "verify/faults/catalogue.toml"
    assert shown[1] in catalogue.read_text("utf-8")


def test_the_words_of_the_page_on_adapters(tmp_path: Path) -> None:
    """The oddest engine of docs/howto/adapter.md is usable with its adapter, and not without."""
    page = (REFERENCE.parent / "howto/adapter.md").read_text("utf-8")
    for text in re.findall(r"^```\w+\n(# \S+\n.*?)^```", page, re.MULTILINE | re.DOTALL):
        (tmp_path / text.split()[1]).write_text(text)
    boxes = str(tmp_path / "boxes.py")
    with load(boxes, overrides={"adapter": str(tmp_path / "adapter.py")}) as engine:
        assert engine.info.adapter["gradient"] == "by your adapter"
    with pytest.raises(EngineError):
        load(boxes)
