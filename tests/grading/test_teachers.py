"""docs/teachers.md: every command in it runs, in the order in which it stands there."""

import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from verify.commands import grade, kit
from verify.expression.ops import FORMS, OPS
from verify.faults import CATALOGUE, SOURCE
from verify.grading import kits, run
from verify.grading.criteria import CRITERIA, DEMANDS, MILESTONES
from verify.grading.paper import Paper
from verify.grading.rubric import parse

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "teachers.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINES = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
VERBS = {"grade": grade.command, "kit": kit.command}


@pytest.mark.search
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
    assert (tmp_path / "marks" / "index.html").exists()
    assert "90" in (tmp_path / "marks" / "grades.csv").read_text()
    assert len(list((tmp_path / "marks-for-platforms" / "gradescope").iterdir())) == 2


def test_the_rubric_of_the_page_is_one() -> None:
    """The rubric that the page shows is read, and is what the text says."""
    rubric = parse(dict(BLOCKS)["toml"])
    assert (rubric.hints, rubric.points["networks"], rubric.points["numbers"]) == (2, 0, 10)


@pytest.mark.parametrize("page", ["teachers.md", "tutorials/class.md", "reference/rubric.md"])
def test_rubrics_of_the_pages_make_100(page: str) -> None:
    """Who copies one has points that a student can read."""
    text = (DOCS / page).read_text("utf-8")
    (toml,) = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert parse(toml).total == 100


def test_the_reference_lists_what_words_demand() -> None:
    """Each word with all its forms, in the order of the table of forms."""
    text = (DOCS / "reference" / "rubric.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (`.*`) \|$", text, re.MULTILINE)
    said = {word: re.findall(r"`(.*?)`", forms) for word, forms in rows if word in OPS}
    demanded = {
        op: [form for form in FORMS if any(
            form in forms and (CRITERIA[key].op or "sum") == op for key, forms in DEMANDS.items()
        )]
        for op in OPS
    }  # fmt: skip
    assert said == demanded


def test_the_reference_lists_the_criteria() -> None:
    """Each criterion, in words, with its share of the default points."""
    text = (DOCS / "reference" / "rubric.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `([\w ]+)` \| (.*) \| ([\d.]+) \|$", text, re.MULTILINE)
    counts = Counter(c.milestone for c in CRITERIA.values())
    assert [(f"{m}/{name}", title, points) for m, name, title, points in rows] == [
        (key, c.title, f"{MILESTONES[c.milestone].points / counts[c.milestone]:.3g}")
        for key, c in CRITERIA.items()
    ]


def test_the_table_of_milestones_is_the_default() -> None:
    """The points in the page are those of the default rubric."""
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, re.MULTILINE)
    assert [(key, float(points)) for key, points in rows] == [
        (key, milestone.points) for key, milestone in MILESTONES.items()
    ]
