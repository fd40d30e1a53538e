"""A finding is named after its own mistake: a known one only where all that it does is seen."""

import itertools
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from verify.checking import arithmetic, culprit, rounding
from verify.checking.assess import examine, finding
from verify.checking.conventions import conventions
from verify.checking.diagnose import either
from verify.checking.findings import Findings
from verify.checking.known import knows
from verify.checking.named_limits import of_magnitude
from verify.checking.naming import UNUSABLE, Named, namings, to_json, to_markdown
from verify.checking.naming import summary as summary_of
from verify.checking.run import Plan, outcome
from verify.commands.prove import command as prove
from verify.engines import load
from verify.expression.graph import Case, Graph
from verify.faults import CATALOGUE, module
from verify.faults.base import SOURCE
from verify.faults.lecture import STYLE, in_style
from verify.faults.match import recognise, recognise_in_orders, recognise_unstable
from verify.faults.orders import ORDERS, in_order
from verify.generators.compose import repeated
from verify.generators.scenarios import CAUGHT, PLAIN, ask
from verify.prove.formulas import formula
from verify.report.facts import summary
from verify.verdict.outcome import Diagnosis

pytestmark = pytest.mark.usefixtures("in_short")

BRIEF = Plan(examples=0, exhaust=0)

DIVISION = """
    def __truediv__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data / other.data, (self, other))

        def _backward():
            self.grad += out.grad / other.data

        out._backward = _backward
        return out
"""
NEGATION = """
    def __neg__(self):
        return Value(-self.data)
"""
PRODUCT = """
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
"""


def engine(old: str, new: str) -> str:
    """The right engine with one thing changed."""
    assert old in SOURCE
    return SOURCE.replace(old, new)


NEW = {  # not in the catalogue: title and program of a finding
    "divisor gets nothing": (
        engine("    def __truediv__(self, other):\n        return self * other**-1\n", DIVISION),
        ("wrong local derivative of div", "a / b"),
    ),
    "negation is cut off": (
        engine("    def __neg__(self):\n        return self * -1\n", NEGATION),
        ("no gradient arrives at the operands of neg", "-a"),
    ),
    "a product's own derivative": (
        engine(PRODUCT, PRODUCT.replace("other.data * out.grad", "out.data * out.grad")),
        ("wrong local derivative of mul", "a * b"),
    ),
    "backward is called, not kept": (
        engine("out._backward = _backward\n", "out._backward = _backward()\n"),
        ("a + b raises TypeError in backward, where there is a derivative", "a + b"),
    ),
    "no gradient to begin with": (
        engine("self.grad = 0.0\n", "self.grad = None\n"),
        ("a + b raises TypeError in backward, where there is a derivative", "a + b"),
    ),
}


@pytest.mark.slow
@pytest.mark.sample(3)
@pytest.mark.parametrize("name", NEW)
def test_new_mistakes_have_no_old_name(name: str) -> None:
    """A mistake that is not in the catalogue gets the name of its operation, on leaves apart."""
    source, (title, program) = NEW[name]
    result = outcome(load(module(source, "student")), BRIEF)
    found = [(f.diagnosis.fault, f.diagnosis.title, f.case.graph) for f in result.findings]
    assert ("", title, Graph.parse(program)) in found


@pytest.mark.slow
def test_an_engine_that_is_right_where_a_mistake_shows_has_not_made_it() -> None:
    """Two mistakes that say the same of one graph differ on the witness of one of them."""
    source, _ = NEW["divisor gets nothing"]
    under_test = load(module(source, "student"))
    first = outcome(under_test, BRIEF).findings[0]
    assert recognise(under_test, first.case, knows) == ()


@pytest.mark.slow
def test_the_line_of_the_verdict_names_the_mistake() -> None:
    """What a teacher sees of each submission with ``--quiet``."""
    names = ("a product's own derivative", "negation is cut off")
    said = [summary(outcome(load(module(NEW[name][0], "student")), BRIEF)) for name in names]
    assert said == [
        "wrong local derivative of mul; a counterexample of 1 operation",
        "no gradient arrives at the operands of neg; a counterexample of 1 operation",
    ]


@pytest.mark.parametrize(("mask", "title"), [
    ("self.data < 0", "wrong local derivative of relu"),
    ("False", "no gradient arrives at the operands of relu"),
])  # fmt: skip
def test_where_something_arrives_elsewhere_it_is_the_derivative(mask: str, title: str) -> None:
    """The wrong half of a kink is 0 at one number, and that is not all that can be said."""
    source = engine("(out.data > 0) * out.grad", f"({mask}) * out.grad")
    case = Case.parse("a.relu()", a=2.0)
    with load(module(source, "student")) as under_test:
        seen = examine(under_test, case)
        found = finding(under_test, seen, "forms", case, needed=frozenset({"relu"}))
    assert found.diagnosis.title == title


def test_a_convention_that_nobody_has() -> None:
    """A number that stands for no convention is not left to speak for itself."""
    odd = engine("        self.grad = 1.0\n", "        self.grad = 1.5\n")
    said = dict(conventions(load(module(odd, "student"))))
    assert said["two outputs, nothing zeroed"].startswith("something else: gives ")
    assert said["tanh(1000)"] == "1"  # where any number is its own answer


QUOTIENT = """
class Value:
    def __init__(self, data, parts=()):
        self.data, self.grad, self.parts = data, 0.0, parts

    def __truediv__(self, other):
        return Value(self.data / other.data, ((self, 1 / other.data), (other, 0.0)))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for part, _ in node.parts:
                    visit(part)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for part, slope in node.parts:
                part.grad += slope * node.grad
"""


@pytest.mark.slow
def test_a_proof_shows_formulas_that_differ(tmp_path: Path) -> None:
    """Of an operation that is not proven, only what differs is shown."""
    path = tmp_path / "student.py"
    path.write_text(QUOTIENT, encoding="utf-8")
    output = CliRunner().invoke(prove, [str(path)], standalone_mode=False).output
    text = " ".join(output.split())
    pairs = re.findall(r"d/d\w is (.+?) and should be (.+?) (?=wrong: |refuted |proven )", text)
    assert pairs
    assert all(computed != due for computed, due in pairs)
    assert "d/db is (0 * seed) and should be (-(a / (b * b)))" in text


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("0.5", "1/2"),
        (  # a mistake of 3e-11 is not rounded away
            "1.00000000003 * (1 - t**2)", "1.00000000003 - 1.00000000003*tanh(a)**2",
        ),
        ("1.23456789", "1.23457"),
        ("out.data", "tanh(a)"),
        ("float(repr(t))", ""),
    ],
)
def test_a_constant_is_a_formula_and_a_lost_symbol_none(
    rule: str, expected: str, tmp_path: Path
) -> None:
    """A constant is the same at another point; a number that lost its symbol is another one."""
    path = tmp_path / "student.py"
    path.write_text(engine("(1 - t**2) * out.grad", f"{rule} * out.grad"), encoding="utf-8")
    with load(str(path)) as plainly:
        reader = plainly.again(symbols=True)
        assert reader is not None
        with reader:
            said = formula(reader, Case.parse("a.tanh()", a=2.0), 0, gradient=True)  # type: ignore[arg-type]
    assert (said[0] if said else "") == expected


def test_a_formula_that_overflows_far_out_has_its_name_all_the_same() -> None:
    """``1 - t`` of a tanh that is composed of exponentials: beyond 355 these leave the range."""
    composed = engine("t = math.tanh(self.data)", (
        "e = math.exp(2 * self.data)\n        t = (e - 1) / (e + 1)"
    )).replace("(1 - t**2)", "(1 - t)")  # fmt: skip
    case = Case(Graph.parse("a.tanh()"), (2.0,))
    student = load(module(composed, "student").Value)
    assert [fault.id for fault in recognise(student, case, knows)] == ["tanh-not-squared"]


@pytest.mark.parametrize(
    "name",
    ["assign-everywhere", "assign-in-add", "assign-in-mul", "assign-in-pow", "subtract-assigns",
     "pre-order", "operands-forgotten"],
)  # fmt: skip
def test_operands_in_a_set_hide_no_name(name: str) -> None:
    """The lecture keeps operands in a set, and the order of a set decides what is answered."""
    fault = CATALOGUE[name]
    row = "self._prev = tuple(children)"
    assert row in fault.source
    student = load(module(fault.source.replace(row, "self._prev = set(children)"), "student").Value)
    assert [found.id for found in recognise(student, fault.case, knows)][:1] == [name]


def test_a_fault_is_asked_in_several_orders() -> None:
    """Of two gradients that are assigned the last one stays: which one, the order decides."""
    case = Case(Graph.parse("b = a * 2; c = a + 1; b + c"), (2.0,))
    asked = [in_order("assign-in-add", case, (), PLAIN, k) for k in range(ORDERS)]
    assert {reading.gradients[0] for reading in asked if reading is not None} == {1.0, 3.0}
    assert in_order("equal-without-hash", case, (), PLAIN, 0) is None  # goes into no set


def test_an_order_that_changes_hides_no_name() -> None:
    """Answers that change with the order of a set are those of a known mistake in some order."""
    fault = CATALOGUE["breadth-first"]
    shuffled = fault.source.replace(
        "self._prev = tuple(children)", "self._prev = tuple(CHANCE.sample(children, len(children)))"
    ).replace("import random\n", "import random\n\nCHANCE = random.Random(3)\n")
    student = load(module(shuffled, "student").Value)
    found = recognise_in_orders(student, fault.case, knows)
    assert found == (fault,)
    assert recognise_in_orders(load(module(SOURCE, "right").Value), fault.case, knows) == ()


@pytest.mark.parametrize(
    ("name", "step", "times"),
    [
        ("gradient-clipped", "x * 10.0", 4),
        ("gradients-clipped-at-a-million", "x * 10.0", 7),
        ("small-gradients-dropped", "x * 0.1", 11),
    ],
)
def test_gradients_that_are_lost_at_a_size_have_their_own_name(
    name: str, step: str, times: int
) -> None:
    """A limit is that of a known mistake if it is so after every operation."""
    student = load(module(CATALOGUE[name].source, "student").Value)
    case = repeated(step, times, {"x": 1.5})
    assert of_magnitude(student, case) is CATALOGUE[name]


def test_a_limit_of_two_operations_is_not_that_of_one() -> None:
    """``a * b`` clips, and so does ``a + b``: whoever blames the product alone is wrong."""
    source = CATALOGUE["gradient-clipped"].source.replace(
        "self.grad += out.grad\n            other.grad += out.grad\n",
        "self.grad += max(-100.0, min(100.0, out.grad))\n"
        "            other.grad += max(-100.0, min(100.0, out.grad))\n",
    )
    assert source != CATALOGUE["gradient-clipped"].source
    student = load(module(source, "student").Value)
    assert of_magnitude(student, repeated("x * 10.0", 4, {"x": 1.5})) is None


def test_errors_leave_behind_what_they_leave() -> None:
    """Of what is run before, nothing that engines may come through comes after an error."""
    student = load(module(CATALOGUE["product-off-after-error"].source, "student").Value)
    (use,) = [scenario for scenario in CAUGHT if "ZeroDivisionError" in scenario.says]
    answer = ask(student, Case(Graph.parse("a * b"), (2.0, 3.0)), use)
    assert answer is not None
    assert answer[1].gradients[:2] == (0.0, 0.0)


def test_a_mistake_in_the_lectures_style() -> None:
    """Operands in a set, a composed tanh, a relu that asks for less: and the mistake as it is."""
    right, half = SOURCE, in_style(CATALOGUE["tanh-half-argument"])
    assert all(plain in right for plain in STYLE)
    assert "set(children)" in half
    assert STYLE["t = math.tanh(self.data)"] not in half  # there the mistake is
    whole = in_style(CATALOGUE["neg-sign"])
    assert all(lecture in whole for lecture in STYLE.values())


@pytest.mark.slow
def test_zeros_in_a_set_are_no_order_by_address() -> None:
    """A loop that ends at a gradient of 0 answers this and that where operands are in a set."""
    fault = CATALOGUE["stops-at-zero"]
    student = load(module(in_style(fault), "student").Value)
    case = Case(Graph.parse("(a - 2) * 2"), (2.0,))
    assert recognise_unstable(student, case) is None
    assert recognise_in_orders(student, case, knows) == (fault,)


@pytest.mark.slow
@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("stops-at-leaf", ("stops-at-leaf",)),
        # once for each path either way: these two say the same of every small graph
        ("listed-twice", ("recursion-without-order", "listed-twice")),
    ],
)
def test_operands_in_a_set_are_tried_in_all_orders(name: str, names: tuple[str, ...]) -> None:
    """Of a few operations; a mistake is then no order by address, and rivals are told."""
    student = load(module(in_style(CATALOGUE[name]), "student").Value)
    (finding,) = outcome(student, BRIEF).findings
    told = finding.diagnosis
    assert (told.fault, *told.rivals) == names
    assert told.title.startswith("either ") == (len(names) > 1)


def test_a_mistake_in_the_lectures_style_is_the_only_one() -> None:
    """A leak of a hundredth begins like the 0 that the style writes otherwise."""
    assert "else 0.01 * self.data" in in_style(CATALOGUE["relu-leaks"])


def test_the_page_has_a_column_for_each_style() -> None:
    """Named first, named second, in plain words, in either style."""
    rows = [Named("pre-order", "wrong", ("pre-order",), 1)]
    others = [Named("pre-order", "wrong", ("in words",), 2)]
    alone, both = to_markdown(rows, 7), to_markdown(rows, 7, others)
    assert "| named rightly, and first | 1 | 100.0 % |\n" in alone
    assert "| named rightly, and first | 1 | 100.0 % | 0 | 0.0 % |\n" in both
    assert "| pre-order | 2 | in words |\n" in both
    assert to_json(rows, 7, others)["lecture"]["summary"]["plain"] == ["pre-order"]


def test_an_engine_that_cannot_be_used_is_a_row_like_others() -> None:
    """Nodes without a hash go into no set: said, and the run goes on."""
    (row,) = namings(ids=["equal-without-hash"], lecture=True)
    assert (row.verdict, row.findings, row.rank) == (UNUSABLE, 0, 0)
    assert "unhashable type" in row.names[0]
    told = summary_of([row])
    assert (told["unusable"], told["plain"], told["false"]) == (["equal-without-hash"], [], {})


@pytest.mark.slow
def test_a_table_with_nearly_every_number_hides_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of some numbers that were never used, a table has something that is nearly the same."""
    monkeypatch.setattr(culprit, "_NEVER", itertools.count())  # the same numbers each time
    fault = CATALOGUE["value-cached-by-rounded-key"]
    with load(module(fault.source)) as engine:
        for i in range(0, 4000, 3):
            engine.run(Graph.parse("a.exp()"), (i / 1000,))
        used = Case.parse("a.exp()", a=0.3842)
        assert examine(engine, used).judgement.wrong
        findings = Findings(engine)
        list(findings.add("depth", examine(engine, used)))
    assert [f.diagnosis.fault for f in findings.found] == [fault.id]


@pytest.mark.slow
@pytest.mark.parametrize(("places", "name"), [("6", "gradients-rounded"), ("4", "")])
def test_numbers_that_are_rounded_have_a_name_where_they_are_the_same(
    places: str, name: str
) -> None:
    """Six decimals are those of a known mistake, and four are described."""
    source = CATALOGUE["gradients-rounded"].source.replace(", 6)", f", {places})")
    student = load(module(source, "student").Value)
    what = rounding.rounded(student)
    assert what is not None
    found = arithmetic.rounding(student, examine(student, rounding.CASE), what)
    assert found.diagnosis.fault == name
    assert name or found.diagnosis.title == "gradients are rounded to 4 decimals"


def test_a_quotient_is_no_power_where_there_is_none() -> None:
    """Divided by b alone: `a / b` is named, and `a**n` only where the engine has powers."""
    rule = "            other.grad -= self.data / other.data * out.grad\n"
    shares = "            self.grad += out.grad / other.data\n"
    source = NEW["divisor gets nothing"][0].replace(shares, shares + rule)
    start, end = source.index("    def __pow__"), source.index("    def __neg__")
    assert shares + rule in source
    case = Case(Graph.parse("a / b"), (2.0, 3.0))
    student = load(module(source[:start] + source[end:], "student").Value)
    assert [fault.id for fault in recognise(student, case, knows)] == ["div-square"]


@pytest.mark.search
def test_what_is_swapped_is_seen_where_numbers_differ() -> None:
    """`2 / a` is `a / 2` where a is 2, and no wrong derivative: another mistake hides the name."""
    swapped = engine("        return Value(other) / self\n", "        return self / other\n")
    assert "            if v not in visited:\n" in swapped
    source = swapped.replace("            if v not in visited:\n", "            if True:\n")
    told = outcome(load(module(source, "student")), BRIEF).findings
    (found,) = [f for f in told if f.case.graph == Graph.parse("2 / a")]
    assert "computes a wrong value" in found.diagnosis.title
    assert found.case.point != (2.0,)


def test_orders_that_nothing_tells_apart_have_one_name() -> None:
    """Neither is called the engine's own: a heap that gives the oldest node first is no stack."""
    found = Diagnosis("pre-order", "", "")
    orders = [CATALOGUE["pre-order"], CATALOGUE["stack-pre-order"]]
    told = either(found, orders)
    assert told.title.startswith("a node passes its gradient on before all that use it")
    assert told.rivals == ("stack-pre-order",)
    others = either(found, [CATALOGUE["div-square"], CATALOGUE["pre-order"]])
    assert others.title.startswith("either a / b")


@pytest.mark.search
def test_beside_gradients_in_32_bits_a_mistake_has_its_name() -> None:
    """What rounding explains is that of 32 bits; another mistake is told by its own name, once."""
    names = "gradients-in-32-bits", "stops-at-zero"
    source = CATALOGUE[names[0]].source
    for edit in CATALOGUE[names[1]].edits:
        assert source.count(edit.old) == 1
        source = source.replace(edit.old, edit.new)
    with load(module(source)) as engine:
        told = outcome(engine, BRIEF)
    assert tuple([f.diagnosis.fault for f in told.findings]) == names


@pytest.mark.parametrize(
    ("fault", "never"),
    [
        ("neurons-shared", r"^\[|Multiplying"),
        ("weights-shared", r"^\[|Multiplying"),
        ("zero-grad-wipes-weights", r"[Bb]oth .data and .grad"),
    ],
)
def test_a_name_says_only_what_numbers_can_show(fault: str, never: str) -> None:
    """A list of one object may be a product or a comprehension; .grad may be left as it is."""
    known = CATALOGUE[fault]
    assert not any(re.search(never, text) for text in (known.title, known.explanation))
    assert not any(re.search(r"\[x\] \* 3", hint) for hint in known.hints)
