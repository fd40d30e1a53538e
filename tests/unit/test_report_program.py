"""The program of a finding is what a person pastes: it runs, and shows the number in question."""

import contextlib
import io
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import verify
from verify.checking.assess import examine, finding
from verify.checking.scaling import growth
from verify.engines import Engine, EngineError, EngineInfo
from verify.expression.ops import FORMS, OPS
from verify.expression.reading import Raised, Reading
from verify.faults import CATALOGUE, module
from verify.generators.special import single
from verify.report.program import program, respell
from verify.verdict.judgement import Judged, Verdict
from verify.verdict.outcome import Diagnosis, Finding, Triage

ZOO = Path(__file__).parents[1] / "zoo"
ENGINES = sorted(path.stem for path in ZOO.glob("*.py"))


def printed(told: str, file: Path) -> float:
    """What a program prints, pasted below the engine's own file."""
    lines = told.splitlines()
    assert lines[-1].startswith("print(")
    text = "\n".join(line for line in lines if not line.startswith("from "))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(text, runpy.run_path(str(file)))  # noqa: S102 - that it runs is the promise
    return float(out.getvalue().split()[-1])


def findings(engine: Engine, case: verify.Case) -> list[Finding]:
    """The value of the output and the gradient of the first leaf as if they were wrong."""
    examined = examine(engine, case)
    if examined.reading.raised is not None:
        return []
    found = finding(engine, examined, "test", case)
    last = len(case.graph.nodes) - 1
    wanted = {("value", last), ("gradient", 0)}
    numbers = [n for n in examined.judgement.numbers if (n.quantity, n.node) in wanted]
    assert len(numbers) == 2
    return [replace(found, wrong=number) for number in numbers]


@pytest.mark.slow
@pytest.mark.sample(3)
@pytest.mark.parametrize("name", ENGINES)
def test_every_spelling_runs(name: str) -> None:
    """Whatever class, gradient, operations and backward are called: it prints what was got."""
    file = ZOO / f"{name}.py"
    try:
        engine = verify.load(str(file))
    except EngineError:
        pytest.skip(f"{name} needs another Python than {sys.version_info[:2]}")
    with engine:
        if not engine.info.has_backward:
            pytest.skip(f"{name} has no backward pass")
        compared = 0
        for op in OPS:
            form = next(form for form in FORMS.values() if form.op == op)
            for found in findings(engine, single(form)[0]):
                assert printed(program(found, engine.info), file) == found.wrong.got
                compared += 1
        assert compared >= 4


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("__add__", "a + b"),
        ("", "a + b"),
        (".plus()", "a.plus(b)"),
        ("add()", "add(a, b)"),
        ("Add.apply()", "Add.apply(a, b)"),
        ("Add()()", "Add()(a, b)"),
    ],
)
def test_respelled(spelling: str, expected: str) -> None:
    """An operation as the adapter says that the engine spells it."""
    assert respell("add", ["a", "b"], spelling) == expected


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ("micrograd.engine:Value", "from micrograd.engine import Value"),
        ("micrograd.engine", "from micrograd.engine import Value"),
        (str(ZOO / "functions_only.py"), "from functions_only import Num, tanh, grad"),
        (str(ZOO / "lecture.ipynb"), "# in a cell at the end of the notebook"),
    ],
)
def test_first_line_says_where_the_names_come_from(spec: str, line: str) -> None:
    """The names are imported where that is known; in a notebook they are there already."""
    case = verify.Case.parse("a.tanh()", a=2.0)
    with verify.load(spec) as engine:
        found = finding(engine, examine(engine, case), "test", case)
        assert program(found, engine.info).splitlines()[0] == line


@pytest.mark.parametrize(("written", "line"), [
    ("from . import helper", "from a_package.engine import Value"),
    ("import math", "from engine import Value"),
])  # fmt: skip
def test_a_file_that_imports_its_neighbours_by_dots_is_one_of_a_package(
    written: str, line: str, tmp_path: Path
) -> None:
    """By its own name it cannot be imported; where it can, that is the plainest."""
    file = tmp_path / "a_package" / "engine.py"
    file.parent.mkdir()
    (file.parent / "__init__.py").touch()
    (file.parent / "helper.py").touch()
    file.write_text(f"{written}\n{CATALOGUE['tanh-half-argument'].source}")
    case = verify.Case.parse("a.tanh()", a=2.0)
    with verify.load(str(file)) as engine:
        found = finding(engine, examine(engine, case), "test", case)
        assert program(found, engine.info).splitlines()[0] == line


def test_what_raises_is_the_last_line() -> None:
    """Nothing stands behind the operation that raises: the error would be read as that line's."""
    case = verify.Case.parse("b = a.log(); c = b.tanh(); a + c + b", a=2.0)
    reading = Reading("engine", raised=Raised("ValueError", node=1))
    number, nothing = Judged(1, "value", Verdict.WRONG, ""), Triage(None, None, None, "")
    found = Finding("x", case, case, number, {}, nothing, Diagnosis("", "", ""), reading)
    told = program(found, EngineInfo("engine.py", "engine.py", "Value", "3.11"))
    assert told.splitlines()[-1] == "b = a.log()  # ValueError"


@pytest.mark.slow
def test_what_takes_exponential_time_is_a_loop() -> None:
    """The graph that does not come back, not the small one, on which everything is right."""
    fault = CATALOGUE["every-path-visited"]
    engine = verify.load(module(fault.source, fault.id))
    found = growth(engine)
    assert found is not None
    told = program(found, engine.info)
    assert told.splitlines()[-1] == "x.backward()  # does not come back"
    assert "range(40)" in told
    names = dict(vars(module(fault.source, fault.id)))
    exec(told.replace("range(40)", "range(5)"), names)  # noqa: S102 - that it runs is the promise
    assert names["x"].data == 2.0**5
