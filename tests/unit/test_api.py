"""``import verify``: light, typed, and what it offers for a notebook and for tests of one's own."""

import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd.engine
import verify
from micrograd.engine import Value
from verify import api
from verify.engines import DEFAULT
from verify.engines.in_process import ObjectEngine
from verify.expression.reading import Enclosure, Truth
from verify.oracles import registry, symbolic

pytestmark = pytest.mark.usefixtures("in_short")

ROOT = Path(__file__).parents[2]
HEAVY = ("sympy", "hypothesis", "flint", "rich", "click", "numpy", "torch", "mpmath", "asyncio")


def python(program: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_import_is_light() -> None:
    """``import verify`` imports none of the heavy packages, and of ours only itself."""
    program = f"import sys, verify\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    assert python(program) == "[]"
    program = "import sys, verify\nprint([m for m in sys.modules if m.startswith('verify.')])"
    assert python(program) == "[]"


def test_graphs_are_light() -> None:
    """Graphs as data need none of the heavy packages either."""
    program = (
        "import sys, verify\nverify.Case.parse('a * b + a', a=2, b=3)\nverify.EngineError\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    assert python(program) == "[]"


@pytest.mark.parametrize("name", verify.__all__)
def test_every_name_is_there(name: str) -> None:
    """What ``__all__`` promises exists, has a docstring, and is listed by ``dir``."""
    thing = getattr(verify, name)
    assert thing.__doc__
    assert name in dir(verify)


def test_other_names_are_not() -> None:
    """Any other name is an ``AttributeError``, as for every module."""
    with pytest.raises(AttributeError, match="module 'verify' has no attribute 'nonsense'"):
        verify.nonsense  # noqa: B018 - the access is the test


@pytest.mark.slow
@pytest.mark.parametrize("engine", [Value, micrograd.engine, str(ROOT / "micrograd/engine.py")])
def test_check_takes_a_class_a_module_or_text(engine: object) -> None:
    """A class, a module or a path: the same verdict on the same engine."""
    outcome = verify.check(engine, examples=8)
    assert (outcome.verdict, outcome.findings, outcome.exit_code) == ("correct", (), 0)
    assert outcome.engine.class_name == "Value"


@pytest.mark.slow
def test_check_takes_a_loaded_engine_and_leaves_it_open() -> None:
    """An engine that the caller loaded is the caller's to close."""
    with verify.load(str(ROOT / "micrograd/engine.py")) as engine:
        assert verify.check(engine, examples=4).verdict == "correct"
        case = verify.Case.parse("a * a", a=3)
        assert engine.run(case.graph, case.point)[-1].gradients == (6.0, 1.0)


@pytest.mark.slow
def test_check_prints_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """In a script nothing is printed; ``report=True`` prints the report, its verdict last."""
    verify.check(Value, examples=4)
    assert capsys.readouterr().out == ""
    verify.check(Value, examples=4, report=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("CORRECT  Value  class Value")
    assert any(line.startswith("CORRECT  Value") for line in lines[-3:])


@pytest.mark.slow
def test_check_prints_at_a_prompt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At Python's prompt, as in a notebook, the report is printed unless it is refused."""
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    verify.check(Value, examples=4)
    assert "CORRECT" in capsys.readouterr().out
    verify.check(Value, examples=4, report=False)
    assert capsys.readouterr().out == ""


@pytest.mark.slow
@pytest.mark.parametrize("ends_with_it", [True, False])
def test_a_cell_shows_an_outcome_once(
    monkeypatch: pytest.MonkeyPatch, *, ends_with_it: bool
) -> None:
    """In a notebook ``report=True`` shows what the cell would not show by itself."""
    shown: list[object] = []
    hooks: list[Any] = []
    shell = types.SimpleNamespace(
        kernel=object(),
        events=types.SimpleNamespace(
            register=lambda _name, hook: hooks.append(hook),
            unregister=lambda _name, hook: hooks.remove(hook),
        ),
    )
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)  # type: ignore[arg-type]  # as one
    display = types.SimpleNamespace(display=shown.append)
    monkeypatch.setitem(sys.modules, "IPython.display", display)  # type: ignore[arg-type]
    outcome: Any = object()
    assert (api._in_notebook(), api._at_prompt()) == (True, False)
    api._show(outcome, verbose=False)
    (hook,) = hooks
    hook(types.SimpleNamespace(result=outcome if ends_with_it else None))
    assert (hooks, shown) == ([], [] if ends_with_it else [outcome])


def test_a_loaded_engine_has_its_options() -> None:
    """Options that could have no effect are refused, not passed over."""
    with verify.load(Value) as engine, pytest.raises(TypeError, match="isolation: an engine that"):
        verify.check(engine, isolation="weak")


@pytest.mark.slow
def test_outcome_shows_itself_in_a_line() -> None:
    """What a notebook shows of an outcome is one line, not everything it holds."""
    outcome = verify.check(Value, examples=4)
    assert repr(outcome) == f"Outcome('correct', findings=0, judged={outcome.accounts.judged})"


def test_check_refuses_what_is_no_engine() -> None:
    """Neither a number nor a file that is not there is an engine: one error, no outcome."""
    with pytest.raises(verify.EngineError, match="int is no engine"):
        verify.check(3)
    with pytest.raises(verify.EngineError, match="there is no file nope"):
        verify.check("nope.py")


@given(verify.graphs(max_operations=10))
def test_gradients_of_our_engine(graph: Any) -> None:
    """The README's test: any graph, one point; it passes, or says that nothing can be judged."""
    try:
        judgement = verify.assert_gradients(Value, graph, point=[0.5] * len(graph.leaves))
    except verify.NotJudgedError:
        return
    assert judgement.wrong == ()


def test_assert_gradients_takes_text_and_names() -> None:
    """A graph may be text, a point may name its leaves."""
    by_name = verify.assert_gradients(Value, "a * b + a", {"b": -3, "a": 2})
    by_order = verify.assert_gradients(Value, "a * b + a", [2, -3])
    assert by_name == by_order
    assert [n.got for n in by_name.numbers if n.quantity == "gradient"][:2] == [-2.0, 2.0]


def test_assert_gradients_says_who_says_what() -> None:
    """The message names the number, shows every oracle's, and ends with a program."""
    flawed = str(ROOT / "examples/lecture_flawed.ipynb")
    with pytest.raises(AssertionError) as caught:
        verify.assert_gradients(flawed, "a.tanh() + a", [2.0])
    text = str(caught.value)
    for part in ("gradient of a", "0.07065082485316443", "1.0706508248531645", "c.backward()"):
        assert part in text
    for oracle in ("interval arithmetic", "symbolic (SymPy)", "differences, 640 bits", "torch"):
        assert oracle in text


def test_what_hypothesis_drew_is_made_smaller() -> None:
    """The message shows an expression with nothing in it that the mistake does not need."""
    flawed = str(ROOT / "examples/lecture_flawed.ipynb")
    drawn = verify.Case.parse("b = a + a; c = b.tanh(); d = c + c; d + d + d * d + b", a=3.0)

    @hypothesis.settings(max_examples=1, database=None)
    @hypothesis.given(st.just(drawn))
    def test(case: verify.Case) -> None:
        verify.assert_gradients(flawed, case.graph, case.point)

    with pytest.raises(verify.WrongGradientError) as caught:
        test()
    assert re.search(r"where a = \d", str(caught.value))
    shown = str(caught.value).partition("To try it again:")[2]
    assert len(verify.Graph.parse(shown.split("'")[1]).operations) <= 2


def test_nobody_pays_for_a_message_that_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is made when it is first read, and once: shrinking meets many such errors."""
    made: list[object] = []
    monkeypatch.setattr(api, "_told", lambda *what: made.append(what) or "told")
    flawed = str(ROOT / "examples/lecture_flawed.ipynb")
    with pytest.raises(verify.WrongGradientError) as caught:
        verify.assert_gradients(flawed, "a.tanh() + a", [2.0])
    assert made == []
    assert (str(caught.value), str(caught.value), len(made)) == ("told", "told", 1)


@pytest.mark.parametrize(
    ("text", "point", "reason"),
    [
        ("a.log()", [-2.0], "math domain error"),
        ("a.log() * 0 + b", [-2.0, 1.0], "math domain error"),
    ],
)
def test_assert_gradients_is_never_silent(text: str, point: list[float], reason: str) -> None:
    """Where nothing can be judged it does not pass: it says why."""
    with pytest.raises(verify.NotJudgedError, match=reason):
        verify.assert_gradients(Value, text, point)


def test_what_cannot_be_judged_is_rejected_in_a_test_of_hypothesis() -> None:
    """As by ``assume``: it neither fails a right engine nor counts as an example that passed."""
    judged = []

    @hypothesis.settings(max_examples=20, database=None)
    @hypothesis.given(st.sampled_from([-2.0, 2.0]))
    def test(x: float) -> None:
        verify.assert_gradients(Value, "a.log()", [x])
        judged.append(x)

    test()
    assert set(judged) == {2.0}


def test_where_nearly_nothing_can_be_judged_the_health_check_fails() -> None:
    """A test of Hypothesis that judges nothing does not pass."""

    @hypothesis.settings(database=None)
    @hypothesis.given(st.floats(-3.0, -1.0))
    def test(x: float) -> None:
        verify.assert_gradients(Value, "a.log()", [x])

    with pytest.raises((hypothesis.errors.FailedHealthCheck, hypothesis.errors.Unsatisfiable)):
        test()


@pytest.mark.parametrize("seed", range(3))
def test_the_test_of_the_readme_passes_on_a_right_engine(seed: int) -> None:
    """Wide populations too: an example at an edge is no failure."""

    @hypothesis.seed(seed)
    @hypothesis.settings(max_examples=60, database=None, deadline=None)
    @hypothesis.given(verify.cases(forms=verify.forms(Value), population="wide"))
    def test(case: verify.Case) -> None:
        verify.assert_gradients(Value, case.graph, case.point)

    test()


@pytest.mark.slow
def test_the_oracles_are_loaded_before_the_clock_runs() -> None:
    """In the README's test, run in a fresh process, they are there when its first case begins."""
    program = (
        "import hypothesis, verify\nfrom micrograd.engine import Value\n"
        "@hypothesis.settings(max_examples=2, database=None, deadline=None)\n"
        "@hypothesis.given(verify.cases(forms=verify.forms(Value)))\n"
        "def test(case):\n"
        "    import sys\n"
        "    assert 'sympy' in sys.modules\n"
        "    verify.assert_gradients(Value, case.graph, case.point)\n"
        "test()\nprint('passed')"
    )
    assert python(program) == "passed"


def test_a_missing_operation_is_not_judged() -> None:
    """An engine without the operation is not wrong; :func:`verify.forms` says what it has."""
    flawed = str(ROOT / "examples/lecture_flawed.ipynb")
    with pytest.raises(verify.NotJudgedError, match="sigmoid"):
        verify.assert_gradients(flawed, "a.sigmoid()", [1.0])
    forms = verify.forms(flawed)
    assert ("a.tanh()" in forms, "a.sigmoid()" in forms, "a ** b" in forms) == (True, False, False)


def test_assert_gradients_refuses_a_point_that_does_not_fit() -> None:
    """Too few numbers, or a name that is not there, is a ``GraphError``."""
    with pytest.raises(verify.GraphError, match="2 leaves need as many numbers, not 1"):
        verify.assert_gradients(Value, "a * b", [1.0])
    with pytest.raises(verify.GraphError, match="leaves are a, b; numbers given for a"):
        verify.assert_gradients(Value, "a * b", {"a": 1.0})


def test_assert_gradients_refuses_what_is_no_number() -> None:
    """Text at a leaf is told as such, in order or by name."""
    for point in ({"a": "x"}, ["x"]):
        with pytest.raises(verify.GraphError, match="point: 'x' is a str, not a real number"):
            verify.assert_gradients(Value, "a * a", point)  # type: ignore[arg-type]


def test_a_dispute_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracles that contradict each other are our fault: ``HarnessError`` names the oracle."""

    def lies(graph: Any, _: Any) -> Truth:
        nodes = len(graph.nodes)
        return Truth(symbolic.SOURCE, (Enclosure(7.0),) * nodes, (Enclosure(7.0),) * nodes)

    monkeypatch.setattr(symbolic, "truth", lies)
    with registry.afresh(), pytest.raises(verify.HarnessError, match="symbolic"):
        verify.assert_gradients(Value, "a * b", [2.0, 3.0])


def test_engines_are_kept_and_the_oldest_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each engine is loaded once; beyond a few, the oldest is closed and loaded again if needed."""
    monkeypatch.setattr(api, "_kept", [])
    closed: list[object] = []
    monkeypatch.setattr(ObjectEngine, "close", lambda self: closed.append(self))  # noqa: PLW0108 - a bound append takes no self
    first = api._loaded(Value)
    assert api._loaded(Value) is first
    others = [type("Value", (Value,), {"__slots__": ()}) for _ in range(api._MOST_KEPT)]
    for other in others:
        api._loaded(other)
    assert closed == [first]
    assert api._loaded(Value) is not first


def test_an_engine_is_told_from_a_class() -> None:
    """A class with the methods of an engine is a class to be checked, its instance an engine."""
    engine = verify.load(Value)
    assert api._is_engine(engine)
    assert not api._is_engine(type(engine))
    assert engine.run(verify.Graph.parse("a + a"), (1.0,), DEFAULT)[-1].gradients == (2.0, 1.0)
