"""What draws lots is named by its answers and how often they come, and by nothing less."""

from collections import Counter

import pytest

from verify.faults.match import _as_often

RIGHT, LOST, BOTH, OTHER = "right", "one share lost", "both shares lost", "another answer"


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({RIGHT: 790, LOST: 10}, {RIGHT: 795, LOST: 5}, True),
        ({RIGHT: 790, LOST: 9, BOTH: 1}, {RIGHT: 795, LOST: 5}, True),
        ({RIGHT: 790, LOST: 10}, {RIGHT: 790, OTHER: 10}, False),
        ({RIGHT: 790, LOST: 10}, {RIGHT: 600, LOST: 200}, False),
        ({RIGHT: 780, LOST: 10, OTHER: 10}, {RIGHT: 790, LOST: 10}, False),
        ({RIGHT: 800}, {RIGHT: 800}, False),
    ],
)
def test_the_same_answers_about_as_often(
    mine: dict[str, int], theirs: dict[str, int], expected: bool
) -> None:
    """Four standard deviations are allowed, another answer is not, unless it is rare."""
    assert _as_often(Counter(mine), Counter(theirs)) is expected
