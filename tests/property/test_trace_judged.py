"""Each back end of the trace is an engine of its own, and is judged as one."""

from __future__ import annotations

import importlib.util
import runpy
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import verify
from verify.checking.assess import examine
from verify.cli import main
from verify.engines import Engine, load
from verify.expression.ops import FORMS

ROOT = Path(__file__).parents[2]
FORMULAS = runpy.run_path(str(ROOT / "tests/formulas.py"))
BACKENDS = ("straight", "columns", "kernel", "machine")


@pytest.fixture(params=BACKENDS)
def spec(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name each back end, as on the command line; `machine` where numba is installed."""
    monkeypatch.chdir(ROOT)
    return named(request.param)


def named(backend: str) -> str:
    """Return what a user names; skip what needs numba where that is missing."""
    if backend == "machine" and not importlib.util.find_spec("numba"):
        pytest.skip("numba: not installed; its kernel is judged uncompiled, as `kernel`")
    return f"tests.backends.{backend}"


@pytest.mark.sample(4)
@pytest.mark.slow
def test_every_back_end_is_correct(spec: str) -> None:
    """The harness finds nothing wrong, and long chains are replayed as well."""
    outcome = verify.check(spec, examples=40)
    assert (outcome.verdict, outcome.findings) == ("correct", ())
    assert "work" in outcome.accounts.conventions["depth"]


@pytest.mark.sample(4)
@pytest.mark.slow
def test_every_back_end_is_proven(spec: str) -> None:
    """Every form of every operation is proven for all inputs, and none is missing."""
    with load(spec, symbols=True) as engine:
        theorems = list(FORMULAS["prove"](engine))
    assert {t.standing for t in theorems} == {"proven"}
    assert {t.op for t in theorems} == {form.op for form in FORMS.values()}


@pytest.mark.sample(2)
@pytest.mark.slow
def test_every_back_end_replays_the_corpus(spec: str) -> None:
    """The reference corpus gives the verdict that it gives of the engine."""
    result = CliRunner().invoke(main, ["replay", "tests/reference/corpus.jsonl", spec])
    assert result.exit_code == 0, result.output


# --- planted mistakes ----------------------------------------------------------------------------

FAULTS = {
    "straight, slope of a product": (
        "straight.py",
        '"*": ("g{a} += g{y} * v{b}", "g{b} += g{y} * v{a}")',
        '"*": ("g{a} += g{y} * v{b}", "g{b} += g{y} * v{b}")',
        "a * b",
    ),
    "straight, a gradient overwritten": (
        "straight.py",
        '"g{{a}} += g{{y}} * d_{_op}(v{{a}}, v{{y}})"',
        '"g{{a}} = g{{y}} * d_{_op}(v{{a}}, v{{y}})"',
        "a.sin()",
    ),
    "columns, slope of tanh": ("columns.py", "4.0 * bell(2.0 * v{a})", "bell(v{a})", "a.tanh()"),
    "columns, a gradient summed": (
        "columns.py",
        "summed = slot in self.same and y not in self.same",
        "summed = y not in self.same",
        "a * b",
    ),
    "columns, a gradient of outside not summed": (
        "columns.py",
        "summed = slot in self.same and y not in self.same",
        "summed = False",
        "a * b",
    ),
    "columns, value of max": ("columns.py", '"np.maximum(v{a}, v{b})"', '"v{a}"', "a.max(b)"),
    "kernel, slope of tanh": ("kernel.py", "4 * bell(2 * a)", "bell(a)", "a.tanh()"),
    "kernel, a gradient overwritten": ("kernel.py", "g[i] += s * y", "g[i] = s * y", "a.exp()"),
}
CONCERNED = {"straight": {"straight"}, "columns": {"columns"}, "kernel": {"kernel", "machine"}}
INNOCENT = {
    "straight, slope of a product": "columns",
    "columns, slope of tanh": "straight",
    "kernel, slope of tanh": "columns",
}
"""A back end for each, in which nothing is noticed in every run; the other pairs are a search."""
PAIRS = [
    pytest.param(
        fault, backend,
        marks=() if backend in CONCERNED[fault.partition(",")[0]] or INNOCENT.get(fault) == backend
        else pytest.mark.search,
    )
    for fault in FAULTS
    for backend in BACKENDS
    if backend != "machine" or fault.startswith("kernel")  # it takes seconds to compile
]  # fmt: skip


@pytest.mark.sample(8)
@pytest.mark.slow
@pytest.mark.parametrize(("fault", "backend"), PAIRS)
def test_a_mistake_is_noticed_in_its_back_end(
    fault: str, backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that is broken in one back end is wrong and not proven there, and nowhere else."""
    spec = named(backend)
    file, right, wrong, text = FAULTS[fault]
    for folder in ("micrograd", "tests/backends"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    target = tmp_path / "micrograd/trace" / file
    source = target.read_text()
    assert source.count(right) == 1
    target.write_text(source.replace(right, wrong))
    monkeypatch.chdir(tmp_path)
    concerned = backend in CONCERNED[target.stem]
    with load(spec, symbols=True) as engine:
        theorems = list(FORMULAS["prove_form"](engine, FORMS[text], aliased=False))
    assert ({t.standing for t in theorems} == {"proven"}) is not concerned
    with load(spec) as engine:
        assert wrong_somewhere(engine, text) is concerned


def wrong_somewhere(engine: Engine, text: str) -> bool:
    """Return whether this form is wrong, at a few points, alone or beside another use."""
    programs = [f"{text} + a * b", f"c = a * b; d = {text.replace('a', 'c', 1)}; d + c"]
    points = [(0.5, 0.75), (0.75, 0.5)]
    cases = [
        verify.Case(verify.Graph.parse(program), point)
        for program in programs
        for point in points
    ]
    return any(examine(engine, case).judgement.wrong for case in cases)
