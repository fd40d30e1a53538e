"""What may be done with a graph once it is built, and that both sides of the wall do it alike."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from verify.engines import load
from verify.expression.graph import Case, Graph
from verify.generators.random import cases
from verify.generators.scenarios import CAUGHT, PLAIN, PROGRAMS, SCENARIOS, ask, ask_many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from verify.engines import Engine
    from verify.generators.scenarios import Scenario

BACKWARD, READ = ["backward", -1], ["read"]
PRODUCT = Case.parse("a * b", a=2.0, b=-3.0)


@pytest.fixture(scope="module")
def engines(
    textbook: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, Engine]]:
    """The same engine in a process of its own and in this one; the same sums at any addresses."""
    textbook = textbook.replace("set(_children)", "tuple(_children)")
    path = tmp_path_factory.mktemp("engine") / "textbook.py"
    path.write_text(textbook)
    module = ModuleType("textbook_here")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(textbook, str(path), "exec"), vars(module))  # noqa: S102 - it is ours
    with load(str(path)) as outside, load(module.Value) as inside:
        yield outside, inside
    del sys.modules[module.__name__]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_both_sides_of_the_wall_say_the_same(case: Case, engines: tuple[Engine, Engine]) -> None:
    """To the bit, exceptions included: there is one adapter, wherever it runs."""
    outside, inside = (str(e.run(case.graph, case.point)) for e in engines)
    assert outside == inside


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([BACKWARD, READ], [(-3.0, 2.0, 1.0)]),
        ([READ, BACKWARD, READ], [(0.0, 0.0, 0.0), (-3.0, 2.0, 1.0)]),
        ([BACKWARD, BACKWARD, READ], [(-6.0, 4.0, 1.0)]),
        ([BACKWARD, ["zero", "all"], BACKWARD, READ], [(-3.0, 2.0, 1.0)]),
        ([BACKWARD, ["zero", "leaves"], READ], [(0.0, 0.0, 1.0)]),
        ([BACKWARD, ["zero", [1]], READ], [(-3.0, 0.0, 1.0)]),
        ([BACKWARD, ["rebuild"], BACKWARD, READ], [(-6.0, 4.0, 1.0)]),
        ([["set", 0, 5.0], ["rebuild"], BACKWARD, READ], [(-3.0, 5.0, 1.0)]),
        ([["backward", 0], READ], [(1.0, 0.0, 0.0)]),
        ([], []),
    ],
)
def test_steps_are_taken_in_order(
    steps: list[Any], expected: list[tuple[float, ...]], engines: tuple[Engine, Engine]
) -> None:
    """One reading for each "read", after all the steps before it."""
    for engine in engines:
        readings = engine.run(PRODUCT.graph, PRODUCT.point, steps)
        assert [r.gradients for r in readings] == expected


def test_many_graphs_are_answered_in_order(engines: tuple[Engine, Engine]) -> None:
    """The answers belong to their questions; an exception spoils only its own."""
    asked = [Case(Graph.parse("a * 2"), (float(i),)) for i in range(300)]
    asked[150] = Case.parse("a.log()", a=-1.0)
    for engine in engines:
        answers = list(engine.run_many(asked))
        assert len(answers) == 300
        assert answers[150][0].raised is not None
        assert [a[0].values[-1] for i, a in enumerate(answers) if i != 150] == [
            2.0 * i for i in range(300) if i != 150
        ]


@pytest.mark.parametrize("scenario", [PLAIN, *SCENARIOS, CAUGHT[0]], ids=lambda s: s.name)
def test_uses_of_many_graphs_are_as_of_each(
    scenario: Scenario, engines: tuple[Engine, Engine]
) -> None:
    """Asked ahead, a scenario says of each case what it says by itself, if it applies."""
    asked = [Case(Graph.parse(text), point) for text, point in PROGRAMS]
    for engine in engines:
        many = list(ask_many(engine, asked, scenario))
        assert many == [(case, ask(engine, case, scenario)) for case in asked]


def test_an_exception_says_where(engines: tuple[Engine, Engine]) -> None:
    """The node, the phase, and the line of the engine's file."""
    case = Case.parse("(a + b).log()", a=-1.0, b=0.5)
    for engine in engines:
        (reading,) = engine.run(case.graph, case.point)
        assert reading.raised is not None
        assert (reading.raised.type, reading.raised.during, reading.raised.node) == (
            "ValueError",
            "forward",
            3,
        )
        assert reading.raised.line == 79


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("    def tanh(self): raise NotImplementedError", True),
        ("    def tanh(self): raise TypeError('not for this engine')", True),
        ("    def tanh(self): assert False, 'not yet'", True),
        ("    def tanh(self): return NotImplemented + 1", False),
        ("    def tanh(self): return math.tanh(self)", False),
        ("    def tanh(self): return self.x", False),
        ("    def tanh(self): return undefined", False),
        ("    def tanh(self): return self.tanh()", False),
        ("    def tanh(self, x): return self", False),
        ("    tanh_ = None", True),
    ],
)
def test_refusing_is_not_crashing(
    text: str, refused: bool, textbook: str, write: Callable[..., Path]
) -> None:
    """What an engine says it does not support is missing; what it trips over is a finding."""
    head, _, rest = textbook.partition("    def tanh(self):")
    path = write(f"{head}{text}\n\n    def exp(self):{rest.partition('    def exp(self):')[2]}")
    case = Case.parse("a.tanh()", a=0.5)
    with load(str(path)) as engine:
        (reading,) = engine.run(case.graph, case.point)
    assert reading.raised is not None
    assert reading.raised.refused is refused


@pytest.mark.parametrize(
    ("program", "refused"), [("a ** b", True), ("a **= b; a", True), ("a ** 2", False)]
)
@pytest.mark.parametrize("line", ["self.data ** other", "math.pow(self.data, other)"])
def test_an_exponent_that_is_a_node(
    line: str, program: str, refused: bool, textbook: str, write: Callable[..., Path]
) -> None:
    """An engine that takes numbers for exponents need not say so: Python does, and it is missing.

    A number that `**` trips over is a mistake all the same.
    """
    head, asserted, rest = textbook.partition("        assert isinstance(other, (int, float))")
    _, power, rest = rest.partition("        out = Value(self.data**other")
    assert asserted
    assert power
    wrapped = "" if refused else "        other = Value(other)\n"
    source = f"{head}{wrapped}        out = Value({line}{rest}"
    case = Case.parse(program, a=2.0, b=3.0) if refused else Case.parse(program, a=2.0)
    with load(str(write(source))) as engine:
        (reading,) = engine.run(case.graph, case.point)
    assert reading.raised is not None
    assert reading.raised.refused is refused
