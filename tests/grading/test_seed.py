"""Who sets the first gradient of a pass is seen by a teacher, and may be demanded."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from verify.engines import load
from verify.faults import SOURCE
from verify.grading.agreed import agreed
from verify.grading.criteria import CRITERIA
from verify.grading.evidence import GRADED, Evidence
from verify.grading.marks import marks
from verify.grading.rubric import RubricError, parse

DEMANDED = "[conventions]\npoints = 5\nseed = 'backward sets it'\n"
LEFT = SOURCE.replace("        self.grad = 1.0\n", "")
WAYS = {
    "backward sets it": SOURCE,
    "the caller sets it": LEFT,
    "the caller passes it": SOURCE.replace("def backward(self)", "def backward(self, seed)")
    .replace("        self.grad = 1.0\n", "        self.grad = seed\n"),
}  # fmt: skip


@pytest.mark.parametrize("words", WAYS)
def test_who_sets_it_may_be_demanded(words: str, tmp_path: Path) -> None:
    """In words that are the same whatever the pass is called."""
    (tmp_path / "engine.py").write_text(WAYS[words])
    with load(str(tmp_path / "engine.py")) as engine:
        found = agreed(engine)
    assert found["seed"] == words
    evidence = Evidence(GRADED, criteria=dict.fromkeys(CRITERIA, "right"), conventions=found)
    earned = marks(evidence, parse(DEMANDED)).points
    assert earned == (105.0 if words == "backward sets it" else 100.0)


def test_other_words_are_refused() -> None:
    """There are three, and one of them was meant."""
    told = "line 2: 'backward set it' is not who sets .*: did you mean 'backward sets it'"
    with pytest.raises(RubricError, match=told):
        parse("[conventions]\nseed = 'backward set it'\n")


@pytest.mark.slow
def test_a_pass_that_its_caller_begins_is_pointed_at(
    tmp_path: Path, graded: Callable[..., Result]
) -> None:
    """On the class page, and in the student's row of ``backward``; it costs nothing by itself."""
    folder, out = tmp_path / "class", tmp_path / "out"
    folder.mkdir()
    (folder / "peano_10001.py").write_text(LEFT)
    graded(folder, out)
    words = "backward leaves it to its caller to set the gradient of the result to 1"
    assert f"seed; {words}" in (out / "index.html").read_text()
    (page,) = (out / "students").glob("*.md")
    (row,) = [s for s in page.read_text().splitlines() if s.startswith("| backward: the chain")]
    assert "whoever calls it has to" in row
    assert "earned" in row
