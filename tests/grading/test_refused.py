"""Who could not be graded reads what to do; what only the teacher can do, the teacher reads."""

from pathlib import Path

import pytest

from verify.engines import EngineError, load
from verify.faults import SOURCE
from verify.grading.examine import not_graded


@pytest.mark.parametrize(
    ("kind", "reason", "advice"),
    [
        ("syntax", "It broke. Correct that line.",
         "If it is meant for another Python, name that with --python."),
        ("import", "It broke. It has to import by itself.",
         "If it needs another Python, name that with --python."),
        ("construct", "It broke. A node has to be made from one number, as in Value(2.0).", ""),
        ("no engine", "It broke.",
         "Name the class with --class NAME, its number with --adapter value=NAME."),
    ],
)  # fmt: skip
def test_options_are_for_the_teacher(kind: str, reason: str, advice: str) -> None:
    """The words for a student name no option."""
    found = not_graded(EngineError(kind, "It broke."))
    assert (found.reason, found.advice) == (reason, advice)


@pytest.mark.parametrize(
    ("files", "reason", "advice"),
    [
        (
            ("a/engine.py", "b/engine.py", "train.py"),
            "the folder itself holds no engine; folders in it do, a, b. Hand in one of them.",
            "Judge each by itself: verify check '{0}/a' '{0}/b'",
        ),
        (
            ("one.py", "two.py"),
            ("the folder holds 2 engines, not one: one.py (class Value), two.py (class Value). "
             "Hand in one of them."),
            "Judge each by itself: verify check '{0}'/*.py",
        ),
    ],
)  # fmt: skip
def test_a_student_reads_no_place_and_no_command(
    files: tuple[str, ...], reason: str, advice: str, tmp_path: Path
) -> None:
    """Where the teacher keeps the class, and what to type there, stand on the teacher's page."""
    folder = tmp_path / "emmy noether"
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("print(1)\n" if name == "train.py" else SOURCE)
    with pytest.raises(EngineError) as caught, load(str(folder), alone=True, inner=True):
        pass
    found = not_graded(caught.value)
    assert (found.reason, found.advice) == (reason, advice.format(folder))


def test_a_package_that_is_not_there_is_the_reason() -> None:
    """Who needs torch is not told how to make a node."""
    words = "Value(1.5) raises ImportError: torch.tensor is needed, and torch is not available here"
    found = not_graded(EngineError("construct", words, 5))
    assert found.reason == f"line 5: {words}. It has to do without that package."
