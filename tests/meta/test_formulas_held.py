"""A formula is told with what it holds for: everywhere, or on some inputs, counted."""

from pathlib import Path

import pytest

from verify.checking.assess import examine, finding
from verify.engines import load
from verify.expression.graph import Case
from verify.expression.reading import Formulas, Tree
from verify.faults import SOURCE, module
from verify.prove.formulas import formula_held

CASE = Case.parse("a.log()", a=12.0)
SHIFTED: Tree = ("div", 1.0, ("add", "a", 0.5))


class Reader:
    """An engine that computes 1 / (a + 0.5) for the slope of log, as far as symbols tell."""

    def formulas(self, *_: object, **__: object) -> Formulas:
        """Of the leaf and the output."""
        return Formulas(("a", ("log", "a")), (SHIFTED, 1.0))


@pytest.mark.parametrize(
    ("numbers", "counted"),
    [
        ({2.0: 0.4, 3.5: 0.25, 12.0: 0.08}, (3, 3)),
        ({2.0: 0.5, 3.5: 0.25, 12.0: 0.08}, (2, 3)),
        ({2.0: 0.5, 4.0: 0.25}, (0, 2)),
        ({}, (0, 0)),
        ({1e12: 1e-12}, (0, 0)),
    ],
)
def test_it_is_counted_where_a_formula_holds(
    numbers: dict[float, float], counted: tuple[int, int]
) -> None:
    """Fresh answers that are what it says, of those that tell it from the right one."""
    fresh = [((x,), number) for x, number in numbers.items()]
    said = formula_held(Reader(), CASE, 0, fresh, gradient=True)  # type: ignore[arg-type]
    assert said is not None
    assert (said.got, said.expected) == ("1/(a + 1/2)", "1/a")
    assert (said.held, said.asked) == counted


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("1 / (self.data + 0.5)", "it should be 1/a"),
        ("1 / (self.data + (0.5 if self.data > 3 else 0))", " on some inputs ("),
        ("1 / (self.data + (0.5 if len(str(self.data)) > 9 else 0))", " on some inputs ("),
        ("1 / (self.data + (0.5 if self.data == 12 else 0))", " here, and on none of "),
    ],
)
def test_a_formula_is_claimed_for_what_it_holds_for(rule: str, told: str, tmp_path: Path) -> None:
    """A slope that is wrong under a condition: the formula is not said to be what is computed."""
    path = tmp_path / "student.py"
    path.write_text(SOURCE.replace("1 / self.data * out.grad", f"{rule} * out.grad"))
    case = Case.parse("a.log()", a=12.0 if "str" not in rule else 12.123456789)
    with load(str(path)) as engine:
        found = finding(engine, examine(engine, case), "forms", case)
    formula = found.diagnosis.formula
    assert formula.startswith("d/da is computed as ")
    assert told in formula
    assert (" on some inputs" in formula, " on none" in formula) == (
        "some" in told, "none" in told,
    )  # fmt: skip


def test_an_engine_without_symbols_has_no_formula() -> None:
    """In this process nothing can be run on symbols."""
    engine = load(module(SOURCE.replace("1 / self.data", "2 / self.data")))
    found = finding(engine, examine(engine, CASE), "forms", CASE)
    assert found.diagnosis.formula == ""
