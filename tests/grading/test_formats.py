"""Files for platforms: each is what its format says, whatever a submission wrote."""

import csv
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from verify.grading import formats
from verify.grading.formats import csv as table
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
            most = test.get("max_score", test.get("max_points"))
            assert test.get("score", test.get("points")) <= most


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


def test_json_lines_hold_everything(tmp_path: Path) -> None:
    """A line a student, with marks and evidence."""
    write("jsonl", tmp_path)
    found = [json.loads(line) for line in (tmp_path / "grades.jsonl").read_text().splitlines()]
    assert [row["marks"]["verdict"] for row in found] == [
        "correct", "wrong", "not graded", "incomplete",
    ]  # fmt: skip
    assert found[1]["student"] == classes.EVIL
