"""Files for platforms: each is what its format says, whatever a submission wrote."""

import csv
import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.grading import formats
from verify.grading.cents import divided
from verify.grading.criteria import CRITERIA, MILESTONES
from verify.grading.evidence import GRADED, Evidence
from verify.grading.formats import csv as table
from verify.grading.formats import gradescope, prairielearn
from verify.grading.marks import marks, overridden
from verify.grading.pages import Row
from verify.grading.rubric import Rubric

_SPEC = importlib.util.spec_from_file_location("classes", Path(__file__).with_name("classes.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
classes: Any = importlib.util.module_from_spec(_SPEC)
sys.modules["classes"] = classes
_SPEC.loader.exec_module(classes)

jsonschema = pytest.importorskip("jsonschema", reason="validates formats; pip install jsonschema")

TEXT, NUMBER = {"type": "string"}, {"type": "number", "minimum": 0}
VISIBLE = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
GRADESCOPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["tests"],
    "properties": {
        "score": NUMBER, "execution_time": NUMBER, "output": TEXT, "output_format": FORMAT,
        "test_output_format": FORMAT, "test_name_format": FORMAT, "visibility": VISIBLE,
        "stdout_visibility": VISIBLE, "extra_data": {"type": "object"},
        "leaderboard": {"type": "array"},
        "tests": {"type": "array", "items": {
            "type": "object", "additionalProperties": False,
            "properties": {
                "score": NUMBER, "max_score": NUMBER, "status": {"enum": ["passed", "failed"]},
                "name": TEXT, "name_format": FORMAT, "number": TEXT, "output": TEXT,
                "output_format": FORMAT, "tags": {"type": "array", "items": TEXT},
                "visibility": VISIBLE, "extra_data": {"type": "object"},
            },
        }},
    },
}  # fmt: skip
"""Gradescope, "Autograder specifications": results.json."""
PRAIRIELEARN = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score"],
    "properties": {
        "gradable": {"type": "boolean"}, "score": {"type": "number", "minimum": 0, "maximum": 1},
        "message": TEXT, "output": TEXT, "images": {"type": "array"},
        "format_errors": {"type": ["array", "string"]},
        "tests": {"type": "array", "items": {
            "type": "object", "additionalProperties": False,
            "properties": {
                "name": TEXT, "description": TEXT, "points": NUMBER, "max_points": NUMBER,
                "message": TEXT, "output": TEXT, "images": {"type": "array"},
            },
        }},
    },
}  # fmt: skip
"""PrairieLearn, "External grading": results.json."""
CTRF = {
    "type": "object",
    "additionalProperties": False,
    "required": ["reportFormat", "specVersion", "results"],
    "properties": {
        "reportFormat": {"const": "CTRF"}, "specVersion": {"pattern": r"^\d+\.\d+\.\d+$"},
        "results": {
            "type": "object", "required": ["tool", "summary", "tests"],
            "additionalProperties": False,
            "properties": {
                "tool": {"type": "object", "required": ["name"]},
                "summary": {
                    "type": "object",
                    "required": ["tests", "passed", "failed", "pending", "skipped", "other",
                                 "start", "stop"],
                    "patternProperties": {".*": {"type": "integer", "minimum": 0}},
                },
                "tests": {"type": "array", "items": {
                    "type": "object", "required": ["name", "status", "duration"],
                    "additionalProperties": False,
                    "properties": {
                        "name": TEXT, "duration": {"type": "integer"},
                        "status": {"enum": ["passed", "failed", "skipped", "pending", "other"]},
                        "suite": {"type": "array", "items": TEXT}, "message": TEXT,
                        "filePath": TEXT, "extra": {"type": "object"},
                    },
                }},
            },
        },
    },
}  # fmt: skip
"""ctrf.io, the schema's closed part."""


def write(name: str, folder: Path) -> None:
    """The class in one format."""
    formats.write(name, classes.rows(), Rubric(hints=3), folder)


@pytest.mark.parametrize(
    ("name", "schema"), [("gradescope", GRADESCOPE), ("prairielearn", PRAIRIELEARN)]
)
def test_results_of_a_student_are_valid(name: str, schema: dict[str, Any], tmp_path: Path) -> None:
    """Each student's file is what the platform says, and the points fit together."""
    write(name, tmp_path)
    files = sorted((tmp_path / name).iterdir())
    assert len(files) == 4
    for file in files:
        data = json.loads(file.read_text())
        jsonschema.validate(data, schema)
        assert file.stat().st_size < 1 << 20
        for test in data.get("tests", []):
            most = test.get("max_score", test.get("max_points", 0))
            assert test.get("score", test.get("points", 0)) <= most


def test_could_not_grade_is_not_zero_points(tmp_path: Path) -> None:
    """PrairieLearn is told that nothing could be graded, which is no mark."""
    write("prairielearn", tmp_path)
    data = json.loads((tmp_path / "prairielearn" / "s-2.json").read_text())
    assert data["gradable"] is False


def test_ctrf_is_valid(tmp_path: Path) -> None:
    """The report is what CTRF's schema says; own data stand in extra."""
    write("ctrf", tmp_path)
    data = json.loads((tmp_path / "ctrf-report.json").read_text())
    jsonschema.validate(data, CTRF)
    summary = data["results"]["summary"]
    assert summary["tests"] == len(data["results"]["tests"])
    assert (summary["failed"], summary["skipped"], summary["other"]) == (2, 1, 1)


def test_junit_is_read_back(tmp_path: Path) -> None:
    """A wrong milestone is a failure, what could not be graded an error, the rest skipped."""
    junitparser = pytest.importorskip("junitparser", reason="reads JUnit; pip install junitparser")
    write("junit", tmp_path)
    suites = list(junitparser.JUnitXml.fromfile(str(tmp_path / "junit.xml")))
    assert [(s.failures, s.errors, s.skipped) for s in suites] == [
        (0, 0, 0), (1, 0, 1), (0, 1, 0), (1, 0, 0),
    ]  # fmt: skip
    for suite in suites:
        results = [case.result[0] for case in suite if case.result]
        kinds = [type(result).__name__ for result in results]
        assert kinds.count("Failure") == suite.failures
        assert kinds.count("Skipped") == suite.skipped
        assert {p.name for p in suite.properties()} >= {"student", "points", "total"}
    ET.parse(tmp_path / "junit.xml")  # noqa: S314 - our own file


def test_csv_is_a_table_without_formulas(tmp_path: Path) -> None:
    """Each line has all columns; no cell is a formula to a spreadsheet."""
    table.write([*classes.rows("=1+1"), *classes.rows("@x")], Rubric(), tmp_path)
    with (tmp_path / "grades.csv").open(newline="") as file:
        head, *lines = list(csv.reader(file))
    assert {len(line) for line in lines} == {len(head)}
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@"))]
    assert lines[0][head.index("points")] == "100"
    assert lines[2][head.index("points")] == ""
    assert lines[1][head.index("order")] == ""


def test_csv_adds_up_and_says_what_is_missing(tmp_path: Path) -> None:
    """The milestones of a line are its points; a note says what is not there."""
    table.write(classes.rows("x"), Rubric(), tmp_path)
    with (tmp_path / "grades.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    sums = [sum(round(100 * float(line[key] or 0)) for key in MILESTONES) for line in lines]
    assert sums == [round(100 * float(line["points"] or 0)) for line in lines]
    assert "not there: a ** b" in lines[3]["note"]


def test_json_lines_hold_everything(tmp_path: Path) -> None:
    """A line a student, with marks and evidence."""
    write("jsonl", tmp_path)
    found = [json.loads(line) for line in (tmp_path / "grades.jsonl").read_text().splitlines()]
    assert [row["marks"]["verdict"] for row in found] == [
        "correct", "wrong", "not graded", "incomplete",
    ]  # fmt: skip
    assert found[1]["student"] == classes.EVIL


@given(
    whole=st.integers(0, 30_000),
    parts=st.lists(st.floats(0, 1e6).filter(lambda x: x == 0 or x > 1e-6), min_size=1, max_size=14),
    room=st.lists(st.integers(0, 3), min_size=14, max_size=14),
)
def test_rounded_parts_add_up_to_the_whole(whole: int, parts: list[float], room: list[int]) -> None:
    """However points are divided, hundredths add up, none is negative, none above its most."""
    if not any(parts):
        parts = [*parts, 1.0]
    free = divided(whole / 100, parts)
    assert (sum(free), min(free) >= 0) == (whole, True)
    most = [a + b for a, b in zip(free, [*room, 0], strict=False)]
    found = divided(whole / 100, parts[::-1], most)
    assert sum(found) == whole
    assert all(0 <= a <= b for a, b in zip(found, most, strict=True))


@given(data=st.data())
def test_gradescope_scores_add_up(data: st.DataObject) -> None:
    """Whatever was seen, the scores of the tests are the score, and what is most is the total."""
    said = st.sampled_from(("right", "wrong", "missing", "not reached", "undecided"))
    seen: dict[str, Any] = {key: data.draw(said) for key in CRITERIA}
    points = data.draw(st.lists(st.sampled_from((0, 1, 3, 7.77, 10 / 3)), min_size=20))
    rubric = Rubric(points=dict(zip(MILESTONES, [1, *points], strict=False)))
    evidence = Evidence(GRADED, criteria=seen)
    row = Row(classes.who(1, "Ada"), evidence, marks(evidence, rubric))
    found = gradescope.data(row, rubric)
    tests = [test for test in found["tests"] if "score" in test]
    assert sum(round(100 * test["score"]) for test in tests) == round(100 * found["score"])
    if tests:
        most = sum(round(100 * test["max_score"]) for test in tests)
        assert most == round(100 * rubric.total)


def test_what_was_not_reached_has_not_passed() -> None:
    """Nor has it failed, unless it counts: Gradescope takes 0 of 0 for passed."""
    ben = classes.rows("x")[1]
    tests = {test["tags"][0]: test for test in gradescope.data(ben, Rubric())["tests"]}
    assert (tests["values"]["status"], tests["local"]["status"]) == ("passed", "failed")
    assert not {"status", "score", "max_score"} & set(tests["order"])
    rubric = Rubric(not_reached="no points")
    counted = replace(ben, marks=marks(ben.evidence, rubric))
    tests = {test["tags"][0]: test for test in gradescope.data(counted, rubric)["tests"]}
    assert (tests["order"]["status"], tests["order"]["score"]) == ("failed", 0.0)


def test_points_set_by_hand_reach_every_platform() -> None:
    """Also of who could not be graded; and no test says otherwise."""
    ada, _, cy, _ = classes.rows("x")
    rows = [replace(row, marks=overridden(row.marks, 55.0, "spoke")) for row in (ada, cy)]
    found = [gradescope.data(row, Rubric()) for row in rows]
    assert [data["score"] for data in found] == [55.0, 55.0]
    assert not [test for data in found for test in data["tests"] if "score" in test]
    assert [prairielearn.data(row, Rubric())["score"] for row in rows] == [0.55, 0.55]
