"""What a pass begins with is blamed where that is wrong, and no operation then."""

from functools import partial

import pytest

from verify.checking import known
from verify.checking.assess import Examined, perform
from verify.checking.run import Plan, outcome
from verify.checking.seed import BEGINS, begins, factor
from verify.engines import Engine, load
from verify.expression.graph import Case
from verify.expression.ops import FORMS
from verify.faults import SOURCE, module
from verify.generators.scenarios import PLAIN, SCENARIOS

pytestmark = pytest.mark.usefixtures("in_short")

SEED = "        self.grad = 1.0\n        for"
AGAIN = next(s for s in SCENARIOS if s.reuses)
COUNTED = SEED.replace("1.0", "self.ran = getattr(self, 'ran', 0.0) + 1.0")


def engine(old: str, new: str) -> Engine:
    """The right engine with one text in the place of another."""
    assert old in SOURCE
    return load(module(SOURCE.replace(old, new)))


def seen(under_test: Engine, case: Case, scenario: object = PLAIN) -> Examined:
    """What the engine says of a case, judged."""
    found = perform(under_test, case, scenario, known.testified)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("line", "case", "by"),
    [
        ("1.0 if len(topo) % 7 else 1.5", Case.parse("(a + b) * c + a + b", a=2, b=3, c=4), 1.5),
        ("1.0 if self.data >= 0 else -1.0", Case.parse("a * b", a=2.0, b=-3.0), -1.0),
        ("min(1.0, 10 / abs(self.data))", Case.parse("a * b", a=5.0, b=8.0), 0.25),
        ("1.0 if len(topo) != 4 else 0.0", Case.parse("(a * b).tanh()", a=0.5, b=0.25), 0.0),
        ("1.0 if self._prev else 2.0", Case.parse("a", a=5.0), 2.0),
        ("0.5", Case.parse("a / b", a=5.0, b=3.0), 0.5),
    ],
)
def test_where_all_gradients_are_wrong_by_one_factor_it_is_the_seed(
    line: str, case: Case, by: float
) -> None:
    """Whatever the first gradient depends on: it is blamed, and no operation is."""
    under_test = engine(SEED, f"        self.grad = {line}\n        for")
    told = seen(under_test, case)
    assert factor(told.case, told.judgement) == by
    named = begins(told, partial(seen, under_test), tuple(FORMS))
    assert named is not None
    assert named.title.startswith(BEGINS)


def test_a_seed_that_counts_passes_is_one_too() -> None:
    """After a second pass over the same graph as well, and this is said."""
    under_test = engine(SEED, COUNTED)
    told = seen(under_test, Case.parse("a * b", a=2.0, b=3.0), AGAIN)
    assert factor(told.case, told.judgement) == 2.0
    ask = partial(perform, under_test, scenario=AGAIN, known=known.testified)
    named = begins(told, ask, tuple(FORMS), "after it")
    assert named is not None
    assert named.title == f"{BEGINS} after it"


@pytest.mark.parametrize(
    ("op", "case"),
    [("__mul__", Case.parse("a * b", a=2.0, b=3.0)), ("tanh", Case.parse("a.tanh()", a=2.0))],
)
def test_a_rule_that_changes_what_it_is_given_is_no_seed(op: str, case: Case) -> None:
    """With the operation last all gradients are wrong by one factor; it is still to blame."""
    start = SOURCE.index(f"def {op}")
    rule = "        def _backward():\n"
    at = SOURCE.index(rule, start) + len(rule)
    text = f"{SOURCE[:at]}            out.grad *= 1.5\n{SOURCE[at:]}"
    under_test = load(module(text))
    told = seen(under_test, case)
    assert factor(told.case, told.judgement) == 1.5
    assert begins(told, partial(seen, under_test), tuple(FORMS)) is None


def test_a_right_output_is_no_seed() -> None:
    """Clipped or lost gradients leave the output's own as it is."""
    under_test = engine("(1 - t**2) * out.grad", "(1 - t) * out.grad")
    told = seen(under_test, Case.parse("a.tanh()", a=2.0))
    assert factor(told.case, told.judgement) is None


@pytest.mark.parametrize("line", [
    pytest.param("1.0 if len(topo) % 7 else 1.5", marks=pytest.mark.slow),
    pytest.param("1.0 if len(topo) < 400 else 2.0", marks=pytest.mark.search),
])  # fmt: skip
def test_a_seed_that_depends_on_the_size_is_told_once(line: str) -> None:
    """A whole check has one finding of it, though graphs of every kind are wrong."""
    told = outcome(engine(SEED, f"        self.grad = {line}\n        for"), Plan(examples=100))
    assert [f.diagnosis.title.startswith(BEGINS) for f in told.findings] == [True]
    (found,) = told.findings
    assert (found.blames or frozenset(), found.diagnosis.formula) == (frozenset(), "")
    assert "wrong" not in told.operations.values()
