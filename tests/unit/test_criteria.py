"""What there is to show, by milestone."""

from verify.grading.criteria import CRITERIA, SHOWN


def test_every_criterion_is_shown_by_its_milestone() -> None:
    """Once, and along the course."""
    assert [c for shown in SHOWN.values() for c in shown] == list(CRITERIA.values())
    assert all(c.milestone == key for key, shown in SHOWN.items() for c in shown)
