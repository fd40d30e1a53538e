"""docs/teachers.md: every command in it runs, in the order in which it stands there."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from verify.commands import grade, kit
from verify.faults import CATALOGUE, SOURCE
from verify.grading import kits, run
from verify.grading.criteria import MILESTONES
from verify.grading.paper import Paper
from verify.grading.rubric import parse

PAGE = (Path(__file__).parents[2] / "docs" / "teachers.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINES = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
VERBS = {"grade": grade.command, "kit": kit.command}


@pytest.mark.slow
def test_every_command_runs(
    paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A teacher who follows the page from above gets what it says."""
    for module in (kits, run):
        monkeypatch.setattr(module, "draw", lambda _: paper)  # drawing it again takes long
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "ada.py").write_text(CATALOGUE["tanh-not-squared"].source)
    (tmp_path / "submissions" / "ben.py").write_text(SOURCE)
    texts = dict(BLOCKS)
    (tmp_path / "rubric.toml").write_text(texts["toml"])
    (tmp_path / "by_hand.csv").write_text(texts["csv"])
    monkeypatch.chdir(tmp_path)
    assert len(LINES) == 12
    for program, verb, *words in map(shlex.split, LINES):
        assert program == "verify"
        more = ["--jobs", "1"] if verb == "grade" else []
        done = CliRunner().invoke(
            VERBS[verb], [*words, *more], catch_exceptions=False, standalone_mode=False
        )
        assert not done.return_value, (words, done.output)
    assert (tmp_path / "grades" / "index.html").exists()
    assert "90" in (tmp_path / "grades" / "grades.csv").read_text()
    assert len(list((tmp_path / "grades-for-platforms" / "gradescope").iterdir())) == 2


def test_the_rubric_of_the_page_is_one() -> None:
    """The rubric that the page shows is read, and is what the text says."""
    rubric = parse(dict(BLOCKS)["toml"])
    assert (rubric.hints, rubric.points["networks"], rubric.points["numbers"]) == (2, 0, 5)


def test_the_table_of_milestones_is_the_default() -> None:
    """The points in the page are those of the default rubric."""
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, re.MULTILINE)
    assert [(key, float(points)) for key, points in rows] == [
        (key, milestone.points) for key, milestone in MILESTONES.items()
    ]
