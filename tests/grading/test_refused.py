"""Who could not be graded reads what to do; what only the teacher can do, the teacher reads."""

import pytest

from verify.engines import EngineError
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
