"""What is known of a case has one shape, whoever knows it."""

import pytest

from verify.corpus.entry import Known, Recorded
from verify.expression.graph import Case
from verify.expression.reading import QUANTITIES, Enclosure, Reading
from verify.oracles.registry import by_interval
from verify.verdict.judge import judge
from verify.verdict.reference import Part

CASE = Case.parse("c = a * b; c + a", a=2.0, b=3.0)
RECORDED = Recorded(
    (Known(Enclosure(2.0)), Known(Enclosure(6.0, bound=1.0), 2.0, 2.0)),
    (Known(Enclosure(3.0, bound=1.0), 2.0, 4.0, note="edge"), None),
)


def test_of_what_was_not_read_nothing_is_known() -> None:
    """A part of a case is judged by what the whole case grants, and says nothing of the rest."""
    part = Part(by_interval(CASE), {3}, range(2))
    for truth in (part.truth, part.loosened()):
        known = [[e is not None for e in truth.column(quantity)] for quantity in QUANTITIES]
        assert known == [[False, False, False, True], [True, True, False, False]]
    reading = Reading("engine", (None, None, None, 8.0), (4.0, 2.5, None, None))
    assert [(n.quantity, n.node) for n in judge(reading, part).wrong] == [("gradient", 1)]
    assert part.readings("gradient", 1)["interval"] == 2.0


@pytest.mark.parametrize(("nodes", "freedom"), [((), 2.0), ((0,), 4.0), (None, 4.0)])
def test_a_file_grants_what_was_recorded(nodes: tuple[int, ...] | None, freedom: float) -> None:
    """Where the values may be made by other formulas, gradients may lose what they lose then."""
    slope = RECORDED.loosened(nodes).gradients[0]
    assert slope == Enclosure(3.0, bound=1.0, freedom=freedom, note="edge")
    assert RECORDED.truth.gradients == (Enclosure(3.0, bound=1.0), None)


def test_a_file_is_spread_over_the_graph() -> None:
    """Short rows of a network stand at the nodes that are shown, and at the first leaves."""
    spread = RECORDED.spread(4, (1, 3))
    assert spread.values == (None, RECORDED.values[0], None, RECORDED.values[1])
    assert spread.gradients == (RECORDED.gradients[0], None, None, None)
    assert spread.readings("value", 3) == {"corpus": 6.0}
    assert spread.readings("value", 0) == {}
