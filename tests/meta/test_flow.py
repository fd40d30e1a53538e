"""What the numbers of a wrong answer tell by themselves, without a known mistake, is said."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.meta.test_causes import engine
from verify.checking import stages
from verify.checking.arithmetic import DIFFERENCES
from verify.checking.assess import Examined, examine, finding, perform
from verify.checking.clipping import limit
from verify.checking.composed import explained
from verify.checking.culprit import coincidence, comes_back
from verify.checking.diagnose import BY_VALUE, COINCIDE
from verify.checking.findings import Findings, _Search
from verify.checking.flow import aside
from verify.checking.judging import Judging
from verify.checking.known import knows, values
from verify.checking.ladders import MAGNITUDES, _below, _listed, climb
from verify.checking.named_limits import of_scale
from verify.checking.region import LARGEST, regions
from verify.checking.rounding import Rounded, rounded
from verify.checking.run import Plan, _Check
from verify.checking.saved import ON_OPERAND
from verify.engines import Engine
from verify.expression.graph import Apply, Case, Graph, Leaf
from verify.expression.ops import FORMS
from verify.generators.compose import repeated
from verify.generators.scenarios import CAUGHT, PLAIN, SCENARIOS
from verify.grading.causes import charged
from verify.verdict.judgement import Judgement
from verify.verdict.outcome import Finding, Found

START = "        self.grad = 0.0\n        self._prev"
CLEARED = "        for v in topo:\n            v.grad = 0.0\n        self.grad = 1.0"
TANH = "self.grad += (1 - t**2) * out.grad"
CACHE = """
_made = {}
_plain = Value.__mul__


def _cached(self, other):
    key = (self.data, getattr(other, "data", other))
    if key not in _made:
        _made[key] = _plain(self, other)
    return _made[key]


Value.__mul__ = _cached
"""


def kept(made: Engine, *cases: Case) -> list[Finding]:
    """The findings of cases that fail, each mistake once."""
    findings = Findings(made)
    for case in cases:
        seen = examine(made, case)
        assert seen.judgement.wrong, case
        list(findings.add("known", seen))
    return findings.found


def titles(made: Engine, *cases: Case) -> list[str]:
    """What they are called."""
    return [one.diagnosis.title for one in kept(made, *cases)]


def test_a_leaf_that_is_not_used_is_no_operations_fault() -> None:
    """It has a gradient from the start, and backward does not come to it."""
    made = engine(("        self.grad = 1.0", CLEARED), (START, START.replace("0.0", "1.0")))
    case = Case(Graph((Leaf("a"), Leaf("b"), Apply("add", (0, 0)))), (2.0, 3.0))
    seen = examine(made, case)
    title = "a leaf that the output is not made of has a gradient"
    assert finding(made, seen, "known", case).diagnosis.title == title
    assert aside(Case.parse("a + b", a=2.0, b=3.0), seen.judgement) is None


def test_a_rule_that_is_stored_on_the_operand_stops_the_gradient_there() -> None:
    """Right on a leaf, which has no rule of its own."""
    made = engine((f"{TANH}\n\n        out._backward", f"{TANH}\n\n        self._backward"))
    case = Case.parse("(a + 2).tanh()", a=0.5)
    assert not examine(made, Case.parse("a.tanh()", a=0.5)).judgement.wrong
    assert finding(made, examine(made, case), "known", case).diagnosis.title == (
        "the gradient stops at the operand of tanh, where that is no leaf"
    )
    told = finding(made, examine(made, case), "known", case, needed=frozenset()).diagnosis
    assert told.title == "an inner node gets its gradient and passes nothing on"
    seen, equal = examine(made, case), (COINCIDE,)
    told = finding(made, seen, "known", case, needed=frozenset(), regions=equal).diagnosis
    assert told.title == f"numbers are wrong {COINCIDE}"


@pytest.mark.parametrize(
    ("rule", "title"),
    [
        ("self.grad += 1 - t**2", "tanh: the upstream gradient is missing"),
        (
            "self.grad += 1 - t**2 * out.grad",
            "tanh is right by itself, and wrong below another operation",
        ),
    ],
)
def test_what_comes_from_above_is_lost_or_wrongly_used(rule: str, title: str) -> None:
    """An operation that is right as the output is wrong below another one."""
    made, case = engine((TANH, rule)), Case.parse("a.tanh() * 3", a=0.5)
    assert finding(made, examine(made, case), "known", case).diagnosis.title == title


@pytest.mark.slow
def test_results_that_are_kept_by_value_are_one_finding() -> None:
    """Each first time is right, with numbers that were never used; no operation is named."""
    made = engine(append=CACHE)
    cases = [Case.parse(text, a=2.0) for text in ("a * 2", "-a")]
    for case in cases:
        examine(made, case)
    assert titles(made, *cases) == [
        "numbers are wrong where the same numbers were computed with before"
    ]


def test_other_numbers_are_new_each_time() -> None:
    """Asked twice of the same case, what is kept by value is seen twice."""
    met: set[tuple[object, ...]] = set()

    def asked(case: Case) -> bool:
        again = case.point in met
        met.add(case.point)
        return again

    case = Case.parse("a * b", a=2.0, b=3.0)
    assert [comes_back(case, asked) for _ in range(3)] == [True] * 3
    assert not comes_back(case, lambda _: True)


def test_nodes_made_alike_are_told_apart_by_leaves_of_their_own() -> None:
    """Two products of the same leaf are equal at every point, and those of two leaves are not."""

    def asked(case: Case) -> bool:
        known = [x for i, x in enumerate(values(case)) if isinstance(case.graph.nodes[i], Apply)]
        return len(set(known)) < len(known)

    case = Case.parse("b = a * a; c = a * a; b + c", a=2.0)
    assert coincidence(case, asked, values)
    assert not coincidence(case, lambda c: len(c.point) == 1, values)


@pytest.mark.parametrize(("text", "point"), [("a / b", (2.0, -2.0)), ("2 / a", (-2.0,))])
def test_the_operation_that_raises_is_named(text: str, point: tuple[float, ...]) -> None:
    """And not what is made of it: ``a / b`` is ``a * b ** -1``, and the power raises."""
    power = "out = Value(self.data**other, (self,))"
    made = engine((power, "out = Value(math.exp(other * math.log(self.data)), (self,))"))
    case = Case(Graph.parse(text), point)
    raised = examine(made, case).reading.raised
    within = _Search(made, knows, PLAIN, tuple(FORMS), frozenset())._within(case, raised)
    assert "div" not in within.graph.operations
    again = examine(made, within).reading.raised
    assert raised is not None
    assert again is not None
    assert (again.type, again.line) == (raised.type, raised.line)


IN_PLACE = """\
    def __iadd__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        self.data, before = self.data + other.data, self._backward

        def _backward():
            before()
            other.grad += self.grad

        self._prev, self._backward = {*self._prev, other}, _backward
        return self

    def __radd__"""


@pytest.mark.parametrize(
    ("form", "old", "new", "title"),
    [
        ("c = a; c += b; c", "    def __radd__", IN_PLACE, "a += b writes its result into"),
        ("a.exp()", "out = Value(math.exp(self.data), (self,))",
         "out = Value(math.exp(self.data), (self,)); self.data = out.data", "exp writes its"),
        ("a + b", "self.data + other.data", "self.data + other.data * 2", "add computes a wrong"),
    ],
)  # fmt: skip
def test_an_operand_that_becomes_the_result_is_told(
    form: str, old: str, new: str, title: str
) -> None:
    """``a + b`` is right where ``a += b`` changes what others hold."""
    made, case = engine((old, new)), Case.parse(form, a=2.0, **{"b": 3.0} if "b" in form else {})
    assert finding(made, examine(made, case), "forms", case).diagnosis.title.startswith(title)


def test_a_composition_that_is_no_number_explains_nothing() -> None:
    """A negative number has no logarithm: ``exp(b * log(a))`` is left out for ``(-2) ** a``."""
    assert not explained(engine(), Case.parse("(-2) ** a", a=2.0), {"log"})


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        ("2 - a", "return Value(other) - self", "return -(self + other)"),
        ("2 / a", "return Value(other) / self", "return self / other"),
        ("2 ** a", "return Value(other).power(self)", "return self.power(Value(other)) * 0.5"),
    ],
)
def test_a_number_beside_the_node_is_named(form: str, old: str, new: str) -> None:
    """Not the operation alone, which is right with two nodes."""
    made, case = engine((old, new)), Case.parse(form, a=1.5)
    assert finding(made, examine(made, case), "forms", case).diagnosis.title.startswith(form)


def test_each_operation_that_fails_is_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many forms of another one failed before it and showed nothing new."""
    chosen = ("a + b", "a + 2", "2 + a", "a += b", "a += 2", "a.log()")
    monkeypatch.setattr(stages, "FORMS", {text: FORMS[text] for text in chosen})
    check = _Check(engine(), Plan(examples=0, exhaust=0))
    looked: list[tuple[Graph, int]] = []

    def add(_: object, __: str, seen: Examined, *___: object, **____: object) -> Iterator[Finding]:
        findings = check.judging.findings
        looked.append((seen.case.graph, findings.stale))
        findings.stale += 1
        yield from ()

    monkeypatch.setattr(Findings, "add", add)
    monkeypatch.setattr(Judgement, "wrong", property(lambda said: said.numbers[:1]))
    for _ in stages.forms(check.course):
        pass
    assert [stale for _, stale in looked] == [0, 1, 2, 3, 4, 3]


def test_what_is_wrong_in_every_operations_place_is_the_pass() -> None:
    """Gradients that start at 1: an operation is wrong, and every other one in its place too."""
    made, case = engine((START, START.replace("0.0", "1.0"))), Case.parse("a + b", a=2.0, b=3.0)
    one = finding(made, examine(made, case), "forms", case, needed=frozenset())
    findings = Findings(made, found=[one])
    title = "the backward pass is wrong for nearly every operation"
    assert findings.grouped(dict.fromkeys(FORMS, "wrong"))[0].diagnosis.title == title
    few = {"a + b": "wrong", "a * b": "wrong", "-a": "correct", "a.exp()": "correct"}
    assert findings.grouped(few)[0].diagnosis.title == one.diagnosis.title


def test_a_step_beyond_the_domain_is_no_second_cause() -> None:
    """An engine of finite differences raises in backward where ``x - h`` has no logarithm."""
    rule = "self.grad += 1 / self.data * out.grad"
    made = engine((rule, "self.grad += math.log(self.data - 9) * out.grad"))
    case = Case.parse("a.log()", a=2.0)
    raises = finding(made, examine(made, case), "forms", case)
    assert Findings(made, found=[raises]).grouped() == (raises,)
    told = replace(raises, diagnosis=DIFFERENCES, reading=replace(raises.reading, raised=None))
    assert Findings(made, found=[told, raises]).grouped() == (told,)


def test_a_quotient_with_a_rule_of_its_own_is_no_mistake_of_products() -> None:
    """A numerator of 0 gets no gradient; a factor of 0 does."""
    old = "    def __radd__"
    own = """    def __truediv__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data / other.data, (self, other))

        def _backward():
            if self.data != 0:
                self.grad += out.grad / other.data
                other.grad -= out.grad * self.data / other.data**2

        out._backward = _backward
        return out

"""
    (title,) = titles(engine((old, own + old)), Case.parse("a / b", a=0.0, b=2.0))
    assert "a * b" not in title
    assert "div" in title


def test_numbers_that_stop_the_gradient_are_one_cause() -> None:
    """``requires_grad`` of both operands: ``a + 2`` has none, nor what is made with a number."""
    cut = (
        "\n\ndef _cut(op):\n    return lambda a, b: op(a, b) if isinstance(b, Value) else "
        "Value(op(a, b).data)\n\n\n"
        "Value.__add__, Value.__mul__ = _cut(Value.__add__), _cut(Value.__mul__)\n"
    )
    made, found = engine((START, START), append=cut), []
    for text in ("a + 2", "-a", "a - b", "a * 2"):
        case = Case(Graph.parse(text), (2.0, 3.0)[: 1 + ("b" in text)])
        seen = examine(made, case)
        op = frozenset(case.graph.operations)
        found.append(finding(made, seen, "forms", case, needed=op))
    forms = dict.fromkeys(FORMS, "correct")
    told = Findings(made, found=found[:1] + found[3:]).grouped(forms)
    title = "no gradient arrives where a number stands beside the node"
    assert [f.diagnosis.title for f in told] == [title]
    neg = Findings(made, found=found[:2]).grouped(forms)
    assert [f.diagnosis.title for f in neg] == [title]


def test_numbers_that_stop_the_gradient_on_the_left_alone_are_told_so() -> None:
    """``__radd__`` gives ``Value(other + self.data)``: of ``a + 2`` nothing is said."""
    cut = (
        "\n\nValue.__radd__ = lambda self, other: Value(other + self.data)\n"
        "Value.__rsub__ = lambda self, other: other + (-self)\n"
    )
    made, found = engine((START, START), append=cut), []
    for text in ("2 + a", "2 - a"):
        case = Case(Graph.parse(text), (2.0,))
        op = frozenset(case.graph.operations)
        found.append(finding(made, examine(made, case), "forms", case, needed=op))
    forms = {text: "wrong" if text in {"2 + a", "2 - a"} else "correct" for text in FORMS}
    (told,) = Findings(made, found=found).grouped(forms)
    assert told.diagnosis.title.endswith("where a number stands on the left of the node")
    (told,) = Findings(made, found=found).grouped({**forms, "a + 2": "wrong"})
    assert told.diagnosis.title.endswith("where a number stands beside the node")


@pytest.mark.parametrize(
    ("rule", "title"),
    [
        ("self.grad += (1 - t**2) * (1 - out.grad)", "tanh: the upstream gradient is no factor"),
        ("self.grad += 0", "no gradient arrives at the operands of tanh"),
    ],
)
def test_nothing_for_1_from_above_is_not_nothing(rule: str, title: str) -> None:
    """Below another operation something arrives: that the rule is not run must not be said."""
    made, case = engine((TANH, rule)), Case.parse("a.tanh()", a=0.5)
    assert finding(made, examine(made, case), "forms", case).diagnosis.title == title


@pytest.mark.parametrize(
    ("number", "where"),
    [(0.0, "at a kink, where a slope is chosen"), (2.0, "where there is a derivative")],
)
def test_no_derivative_is_said_to_be_at_a_kink(number: float, where: str) -> None:
    """At 0 the magnitude has none, and engines choose a slope there."""
    made = engine(("math.copysign(1.0, self.data) * out.grad", "self.data / 0 * out.grad"))
    case = Case.parse("abs(a)", a=number)
    told = finding(made, examine(made, case), "forms", case).diagnosis.title
    assert told == f"abs(a) raises ZeroDivisionError in backward, {where}"


SAVED = """

def _saving(function, slope):
    def method(self):
        out = Value(function(self.data), (self,))
        self.saved = out.data

        def _backward():
            self.grad += slope(self.saved) * out.grad

        out._backward = _backward
        return out

    return method


Value.exp = _saving(math.exp, lambda y: y)
Value.tanh = _saving(math.tanh, lambda y: 1 - y * y)
"""


@pytest.mark.parametrize(
    "text", ["a.exp() + a.tanh()", "a.tanh() * a.exp()"]
)
def test_what_is_saved_on_an_operand_is_no_sum_that_does_not_add_up(text: str) -> None:
    """Each is right by itself and beside the other on another node, and they are told once."""
    made, case = engine((START, START), append=SAVED), Case.parse(text, a=2.0)
    told = finding(made, examine(made, case), "shared", case)
    assert told.diagnosis.title == ON_OPERAND.title
    assert len(Findings(made, found=[told, replace(told, check="known")]).grouped()) == 1


def test_infinity_times_what_comes_from_above_says_nothing() -> None:
    """Of 0 ** 1: that what comes from above is missing must not be said."""
    made = engine(("self.grad += other.data * out.grad", "self.grad += math.inf * out.grad"))
    case = Case.parse("(a * b).exp()", a=1.0, b=0.5)
    title = finding(made, examine(made, case), "forms", case).diagnosis.title
    assert "upstream" not in title
    assert "right by itself" not in title


ONE = """

class _One:
    number = 0.0

    def __get__(self, node, kind=None):
        return self.number

    def __set__(self, node, number):
        self.number = number


Value.grad = _One()
"""


def test_one_gradient_for_all_nodes_is_said_once() -> None:
    """It is no matter of an operation, nor of uses that do not add up."""
    findings, twice = Findings(engine((START, START), append=ONE)), Case.parse("a + a", a=2.0)
    (found,) = findings.add("known", examine(findings.engine, twice))
    assert (found.diagnosis.title, found.blames) == ("all nodes have one gradient", frozenset())
    product = Case.parse("a * b", a=2.0, b=3.0)
    assert not list(findings.add("forms", examine(findings.engine, product)))


@pytest.mark.parametrize("other", [False, True], ids=["it is all", "there is another"])
def test_what_changes_and_was_met_on_a_scale_is_told_unless_it_shows_elsewhere(
    *, other: bool
) -> None:
    """It looks like a limit there: that is no reason to tell nothing where nothing else is told."""
    made = engine(("self.grad += other.data * out.grad", "self.grad += out.grad"))
    case = Case.parse("a * b", a=2.0, b=3.0)
    seen, mul = examine(made, case), frozenset({"mul"})
    changes = replace(finding(made, seen, "fan-out", case, needed=mul), answers=(1.0, 3.0))
    plain = [replace(changes, check="shared")] if other else []
    told = Findings(made, found=[changes, *plain]).grouped()
    assert [f.check for f in told] == (["shared"] if other else ["fan-out"])


def test_a_number_that_comes_back_is_no_number_that_stops_the_gradient() -> None:
    """``2 - a`` gives a float, as ``abs(a)`` does: what is made a node is not the number."""
    cut = "\n\nValue.__abs__ = lambda a: abs(a.data)\nValue.__rsub__ = lambda a, b: b - a.data\n"
    made, found = engine((START, START), append=cut), []
    for text in ("2 - a", "abs(a)"):
        case = Case.parse(text, a=2.0)
        op = frozenset(case.graph.operations)
        found.append(finding(made, examine(made, case), "forms", case, needed=op))
    told = Findings(made, found=found).grouped(dict.fromkeys(FORMS, "correct"))
    titles = [f"{text} returns a number: the graph is cut" for text in ("2 - a", "abs(a)")]
    assert [f.diagnosis.title for f in told] == titles


WALK = "            v._backward()\n"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("round(c.grad, 4)", Rounded("gradient", 4)),
        ("c.grad", None),
        ("max(min(c.grad, 1.0), -1.0)", None),
    ],
)
def test_what_all_gradients_are_rounded_to(rule: str, expected: Rounded | None) -> None:
    """A number of decimals, and nothing where they are right, or wrong in another way."""
    made = engine((WALK, f"{WALK}            for c in v._prev:\n                c.grad = {rule}\n"))
    assert rounded(made) == expected


def test_what_all_values_are_rounded_to() -> None:
    """Values are told before the gradients, which follow from them."""
    made = engine(("self.data = float(data)", "self.data = round(float(data), 6)"))
    assert rounded(made) == Rounded("value", 6)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("max(min(c.grad, 1.0), -1.0)", 1.0),
        ("max(min(c.grad, 7.5), -7.5)", 7.5),
        ("c.grad", None),
        ("c.grad if abs(c.grad) < 9 else c.grad / 2", None),
        ("min(c.grad, 2.0)", None),
    ],
)
def test_where_gradients_are_clipped(rule: str, expected: float | None) -> None:
    """Both gradients of a product stop at one size, and are right below: nothing else is a clip."""
    made = engine((WALK, f"{WALK}            for c in v._prev:\n                c.grad = {rule}\n"))
    assert limit(made) == expected


def test_nodes_that_come_back_with_old_values_are_told_once() -> None:
    """A pool of sums by operands: values are wrong when leaves move, and gradients add up."""
    pool = (
        "\n\n_made, _add = {}, Value.__add__\n\n\ndef _pooled(self, other):\n"
        "    return _made.setdefault((id(self), id(other)), _add(self, other))\n\n\n"
        "Value.__add__ = _pooled\n"
    )
    made = engine((START, START), append=pool)
    looped = [use for use in SCENARIOS if use.name.startswith("training loop")]
    found = []
    for use, text in zip(looped, ("a + b + c", "a + b"), strict=True):
        built = Case(Graph.parse(text), (2.0, 3.0, 0.5)[: text.count("+") + 1])
        seen = perform(made, built, use)
        assert seen is not None
        assert seen.judgement.wrong
        found.append(finding(made, seen, "state", built, scenario=use))
    (told,) = Findings(made, found=found).grouped()
    assert told.diagnosis.title == f"a value is wrong after {looped[1].says}"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("a.log()",), ["log is wrong after a ValueError that was raised elsewhere and caught"]),
        (
            ("a.exp()", "a.log()", "a.tanh()"),
            ["numbers are wrong after a ValueError that was raised elsewhere and caught"],
        ),
    ],
)
def test_what_is_wrong_after_an_exception_is_not_said_to_outlive_a_pass(
    texts: tuple[str, ...], expected: list[str]
) -> None:
    """The operation by its name if it is one, no operation if several are wrong."""
    (use,) = [use for use in CAUGHT if "ValueError" in use.says]
    broken = (
        "\n\n_log = Value.log\n\n\ndef _refused(a):\n    Value._bad |= a.data <= 0\n"
        "    return _log(a)\n\n\nValue.log, Value._bad = _refused, False\n"
    )
    seed = "        self.grad = 1.0"
    made = engine((seed, seed.replace("1.0", "1.0 + self._bad")), append=broken)
    found = []
    for text in texts:
        case = Case.parse(text, a=2.0)
        seen = perform(made, case, use)
        assert seen is not None
        found.append(finding(made, seen, "errors", case, scenario=use))
    assert [f.diagnosis.title for f in Findings(made, found=found).grouped()] == expected


def test_a_plain_number_that_is_not_made_a_node_is_named() -> None:
    """Whatever the operation, and whatever its parts are called."""
    wrap = "        other = other if isinstance(other, Value) else Value(other)\n"
    made = engine((wrap, ""))
    for text in ("a + 2", "a.max(2)"):
        case = Case.parse(text, a=1.0)
        told = finding(made, examine(made, case), "forms", case).diagnosis
        form = "a + 2" if "+" in text else "max()"
        assert told.title == f"{form} fails: a plain number is not made a node"


def test_a_magnitude_above_nothing_is_no_condition() -> None:
    """Where a gradient is 0 nothing can be seen to be wrong: that says nothing."""
    case = Case.parse("a.max(b)", a=2.0, b=1.0)
    told = regions(case, lambda c: c.point != (0.0, 0.0), knows)
    assert not [text for text in told if text.startswith(f"where {LARGEST} is above 0")]


def test_a_bound_next_to_nothing_is_nothing() -> None:
    """Not the rounding at which a bisection between both signs ends."""
    case = Case.parse("abs(a)", a=1e-7)
    found = regions(case, lambda c: 0 < c.point[0] < 1e-4, knows)
    assert found[0] == "where a is between 0 and 0.0001"


def test_an_exponent_of_0_hides_no_condition() -> None:
    """The gradient is 0 there, right or not."""

    def wrong(case: Case) -> bool:
        (node,) = [n for n in case.graph.nodes if isinstance(n, Apply)]
        return not isinstance(node.args[1], int) and node.args[1].value <= 1 and bool(
            node.args[1].value
        )

    assert "exponent is below" in regions(Case.parse("a ** -1", a=2.0), wrong, knows)[0]


def test_an_operation_that_is_wrong_at_equal_values_is_named() -> None:
    """With others in its place equal nodes are right: not how nodes are told apart, but ``sub``."""
    cut = """        other = other if isinstance(other, Value) else Value(other)
        return Value(0.0) if self.data == other.data else self + (-other)"""
    flawed = engine(("        return self + (-other)", cut))
    case = Case.parse("a - b", a=1.5, b=1.5)
    search = _Search(flawed, knows, PLAIN, tuple(FORMS), frozenset())
    found, _ = search.found("forms", case, examine(flawed, case))
    assert found.diagnosis.title == "no gradient arrives at the operands of sub where a - b is 0"


def test_equal_nodes_need_not_be_equal_by_chance() -> None:
    """``a * a + a * a`` is wrong at all numbers, so that none are called the right ones."""
    assert "other numbers" not in BY_VALUE[COINCIDE]
    assert "happen" not in BY_VALUE[COINCIDE]


@pytest.mark.parametrize(
    ("old", "new", "case", "title"),
    [
        (
            "self.grad += s * (1 - s) * out.grad",
            "self.grad += 0.0 if out.grad > 17 else s * (1 - s) * out.grad",
            Case.parse("a.sigmoid() * 10000000.0", a=2.0),
            "sigmoid passes nothing on where its gradient is 10000000.0",
        ),
        (
            "in reversed(topo):",
            "in sorted(reversed(topo), key=lambda v: 'exp' not in v._backward.__qualname__):",
            Case.parse("a.exp() + 3.0", a=2.0),
            "exp passes nothing on below another operation",
        ),
        (
            "self.grad += out.grad\n            other.grad += out.grad",
            "self.grad += abs(out.grad)\n            other.grad += out.grad",
            Case.parse("(a + b) * c", a=-2.0, b=2.0, c=-2.5),
            "add is right by itself, and wrong below another operation",
        ),
        (
            "self.grad += math.copysign(1.0, self.data) * out.grad",
            "self.grad += math.copysign(1.0, self.data) * out.grad * (2 if out.grad > 27 else 1)",
            Case.parse("abs(a) * 100.0", a=2.0),
            "abs is right by itself, and wrong below another operation",
        ),
    ],
)
def test_what_only_enlarges_the_gradient_is_not_blamed(
    old: str, new: str, case: Case, title: str
) -> None:
    """Its operand's gradient is right: it has done its part."""
    (found,) = kept(engine((old, new)), case)
    assert found.diagnosis.title == title
    assert found.blames == {title.partition(" ")[0]}


def test_a_quotient_of_gradients_that_nobody_sees_is_no_second_mistake() -> None:
    """Small ones are not passed on, whatever the operation: that shows once it is made small."""
    loop = "            v._backward()\n"
    made = engine((loop, f"            if abs(v.grad) > 1e-6:\n    {loop}"))
    case = Case.parse("(a / b) * 0.001 + 1", a=5e-4, b=0.1)
    judging = Judging(made, causes=[_below([(1e-7, 1e-8)])])
    seen = examine(made, case)
    assert seen.judgement.wrong
    assert not judging.follows(seen)
    assert [e for e in judging.enter("random", seen) if isinstance(e, Found)] == []
    assert judging.findings.found == []


@pytest.mark.parametrize(
    ("reached", "expected"),
    [("self.data < 1e8", ["large gradients are lost above 1e+07"]), ("at < 12", [])],
)
def test_a_chain_that_is_too_deep_is_no_large_gradient(reached: str, expected: list[str]) -> None:
    """As many products by 1.01 are wrong as well, where it is the depth."""
    every = "for v in reversed(topo):\n            "
    some = f"for at, v in enumerate(reversed(topo)):\n            if {reached}: "
    judging = Judging(engine((f"{every}v._backward()", f"{some}v._backward()")))
    events = climb(judging, MAGNITUDES[0], ("a * 2", "a * b"))
    assert [e.finding.diagnosis.title for e in events if isinstance(e, Found)] == expected


def test_a_family_of_graphs_is_told_once() -> None:
    """Products with a number of either sign are one."""
    assert [_listed(names) for names in ([], ["a", "a"], ["a", "b", "b"], ["a", "b", "c"])] == [
        "", "with a", "with a and b", "with a, b and c",
    ]  # fmt: skip


NEGATED = """        out = Value(-self.data, (self,))

        def _backward():
            self.grad -= out.grad

        out._backward = _backward
        return out
"""
DEEP = """        seen, stack = set(), [(self, 0)]
        while stack:
            v, depth = stack.pop(0)
            if v not in seen:
                seen.add(v)
                v.grad = 0.0 if depth > {limit} else v.grad
                stack += [(child, depth + 1) for child in v._prev]
"""


@pytest.mark.parametrize("limit", [42, 64])
def test_a_limit_on_depth_is_none_on_nodes(limit: int) -> None:
    """A list that holds 64 nodes: not as written here, and shuffled there; and not on chains alone.

    With constants first the 64 nodes are those of 64 sums; but what is wide is right here.
    """
    loop = "            v._backward()\n"
    made = engine((loop, loop + DEEP.format(limit=limit)))
    right, wrong = [repeated("x + 0.001", n, {"x": 0.9}) for n in (limit, limit + 1)]
    assert not examine(made, right).judgement.wrong
    assert examine(made, wrong).judgement.wrong
    assert of_scale(made, [(right, wrong)]) is None


KEEPS = "Value(self.data * other.data, (self, other))"
POWER = "Value(self.data**other, (self,))"
FORMER = ("a + b", "a * b", "a ** 2", "-a", "a - b", "a / b", "a.tanh()", "a * 2", "a + 2", "2 * a")


@pytest.mark.parametrize(
    ("edits", "case", "title", "blames"),
    [
        (
            [(KEEPS, "Value(self.data * other.data, (self,))")],
            Case.parse("c * (a + b)", a=2.0, b=3.0, c=0.5),
            "the result of mul does not keep its right operand",
            "mul",
        ),
        (
            [(KEEPS, "Value(self.data * other.data, (other,))")],
            Case.parse("(a + b) * c", a=2.0, b=3.0, c=0.5),
            "the result of mul does not keep its left operand",
            "mul",
        ),
    ],
)
def test_what_keeps_no_operand_is_told_and_who_made_that_is_innocent(
    edits: list[tuple[str, str]], case: Case, title: str, blames: str
) -> None:
    """Also where no other operation of two operands is there to stand in its place."""
    findings = Findings(engine(*edits), FORMER)
    seen = examine(findings.engine, case)
    (found,) = findings.add("known", seen)
    assert (found.diagnosis.title, found.blames) == (title, {blames})


def test_two_that_keep_no_operand_are_both_told() -> None:
    """A power of a sum is not taken for what follows from products."""
    edits = (KEEPS, "Value(self.data * other.data, (other,))"), (POWER, "Value(self.data**other)")
    findings = Findings(engine(*edits), FORMER)
    for case in (
        Case.parse("(a + b) * c", a=2.0, b=3.0, c=0.5), Case.parse("(a + b) ** 3", a=2.0, b=3.0),
    ):  # fmt: skip
        list(findings.add("known", examine(findings.engine, case)))
    assert sorted(found.diagnosis.title for found in findings.grouped()) == [
        "the result of mul does not keep its left operand",
        "the result of pow does not keep its operand",
    ]


def test_a_result_that_keeps_all_has_lost_no_operand() -> None:
    """A rule that is stored on the operand stops the gradient there on every way."""
    made = engine((f"{TANH}\n\n        out._backward", f"{TANH}\n\n        self._backward"))
    findings = Findings(made, FORMER)
    (found,) = findings.add("known", examine(made, Case.parse("(a + b).tanh()", a=0.5, b=0.1)))
    assert found.diagnosis.fault == ""
    assert found.blames == {"tanh"}
    assert "self._backward = ..." in found.diagnosis.explanation


@pytest.mark.parametrize("first", ["1.0", "0.5"])
@pytest.mark.parametrize("composed", [True, False])
def test_nodes_that_do_not_start_at_0_are_one_cause(first: str, *, composed: bool) -> None:
    """Of every operation, of leaves aside, and of what is composed of others."""
    edits = [(START, START.replace("0.0", first))]
    if not composed:
        edits.append(("        return self * -1\n", NEGATED))
    made = engine(*edits)
    aside_too = Case(Graph((Leaf("a"), Leaf("b"), Apply("add", (0, 0)))), (2.0, 3.0))
    graphs = map(Graph.parse, ("-a", "a * b", "a / b", "(a * b).tanh() + a", "a - b"))
    found = kept(made, aside_too, *[Case(g, (2.0, 3.0)[: len(g.leaves)]) for g in graphs])
    title = f"new nodes start with gradient {float(first):g}, not with 0"
    assert [(one.diagnosis.title, one.blames) for one in found] == [(title, frozenset())]
    assert charged(found[0]) == "backward/chain"  # in a class too it may spoil anything


def test_nodes_that_are_set_back_may_start_with_anything() -> None:
    """What is wrong in such an engine is something else."""
    made = engine(
        ("        self.grad = 1.0", CLEARED),
        (START, START.replace("0.0", "1.0")),
        ("(1 - t**2)", "(1 - t)"),
    )
    (found,) = kept(made, Case.parse("a.tanh()", a=0.5))
    assert found.blames == {"tanh"}


OF_ONE = """            if other is self:
                self.grad += {}
            else:
                self.grad += other.data * out.grad
                other.grad += self.data * out.grad
"""
RULE = """            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
"""


def test_an_upstream_gradient_that_is_missing_is_no_matter_of_sharing() -> None:
    """Of ``a * a`` both shares are added up, whatever comes from above."""
    made = engine((RULE, OF_ONE.format("self.data + other.data")))
    for text in ("b = a * a; b + b", "(a * a) * 3"):
        (found,) = kept(made, Case.parse(text, a=2.0))
        title = "mul: the upstream gradient is missing where both operands are the same node"
        assert (found.diagnosis.title, found.blames) == (title, {"mul"})


def test_a_node_that_is_handled_too_early_misses_no_upstream_gradient() -> None:
    """Its number is that of one use alone as well: but with one use it is right."""
    early = OF_ONE.replace("other is self", "other is self and out.grad == 2.0")
    made = engine((RULE, early.format("self.data + other.data")))
    case = Case.parse("b = a * a; b + b", a=2.0)
    told = finding(made, examine(made, case), "known", case).diagnosis
    assert "upstream" not in told.title
